//! RDBSS as safe Rust.
