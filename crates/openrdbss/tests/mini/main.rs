//! The library under a toy mini-redirector that is written against the raw layouts, in ntsim.

mod connections;
mod files;
mod overlapped;
mod rules;
mod toy;
