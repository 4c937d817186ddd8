//! What a test says to the harness driver in Wine's kernel, as bytes.
#![no_std]
#![forbid(unsafe_code)]
