//! A user-mode NT kernel with a verifier.
