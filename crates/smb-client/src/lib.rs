//! The SMB client as a state machine without I/O.
