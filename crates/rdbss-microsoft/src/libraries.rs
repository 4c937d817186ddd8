//! The libraries, in the order in which they need one another.

#[link(name = "rdbsslib", kind = "static", modifiers = "-bundle")]
#[link(name = "rxce", kind = "static", modifiers = "-bundle")]
#[link(name = "ksecdd", kind = "static", modifiers = "-bundle")]
unsafe extern "C" {}
