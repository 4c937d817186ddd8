//! OxSMB: an SMB mini-redirector for Windows.
#![no_std]

use nt as _;
