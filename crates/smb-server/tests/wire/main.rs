//! The server as a client sees it that speaks the protocol by hand.

mod client;
mod faults;
mod hostile_client;
mod lies;
mod member;
mod negotiation;
mod seals;
