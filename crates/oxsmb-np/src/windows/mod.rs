//! The edge to Windows: the functions that mpr.dll calls, and the system as they see it.

mod caller;
mod entry;
mod exports;
mod imports;
mod system;
