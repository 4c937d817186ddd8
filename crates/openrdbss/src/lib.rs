//! The routines of rdbsslib.lib and rxce.lib in Rust.
