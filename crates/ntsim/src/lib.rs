//! A user-mode NT kernel with a verifier.

pub mod sys;
