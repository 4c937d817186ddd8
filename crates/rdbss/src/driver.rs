//! Loading and unloading a driver that is a mini-redirector.
