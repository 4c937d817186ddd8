//! The program oxsmb: the driver on a desk.
