//! The program `oxsmb`.
fn main() {}
