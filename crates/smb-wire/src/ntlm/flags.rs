//! What the sides agree on.

use crate::{EmitError, ParseError, Reader, Writer};

wire_flags! {
    /// NegotiateFlags (MS-NLMP 2.2.2.5).
    pub struct NegotiateFlags: u32 {
        const UNICODE = 0x0000_0001;
        const OEM = 0x0000_0002;
        const REQUEST_TARGET = 0x0000_0004;
        const SIGN = 0x0000_0010;
        const SEAL = 0x0000_0020;
        const DATAGRAM = 0x0000_0040;
        const LM_KEY = 0x0000_0080;
        const NTLM = 0x0000_0200;
        const ANONYMOUS = 0x0000_0800;
        const OEM_DOMAIN_SUPPLIED = 0x0000_1000;
        const OEM_WORKSTATION_SUPPLIED = 0x0000_2000;
        const ALWAYS_SIGN = 0x0000_8000;
        const TARGET_TYPE_DOMAIN = 0x0001_0000;
        const TARGET_TYPE_SERVER = 0x0002_0000;
        const EXTENDED_SESSION_SECURITY = 0x0008_0000;
        const IDENTIFY = 0x0010_0000;
        const REQUEST_NON_NT_SESSION_KEY = 0x0040_0000;
        const TARGET_INFO = 0x0080_0000;
        const VERSION = 0x0200_0000;
        const KEY_128 = 0x2000_0000;
        const KEY_EXCHANGE = 0x4000_0000;
        const KEY_56 = 0x8000_0000;
    }
}

/// Which system speaks (MS-NLMP 2.2.2.10). For debugging; nothing depends on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Version {
    /// Major version of the system.
    pub major: u8,
    /// Minor version of the system.
    pub minor: u8,
    /// Build of the system.
    pub build: u16,
    /// Revision of NTLM; 15 everywhere.
    pub revision: u8,
}

impl Version {
    /// NTLMSSP_REVISION_W2K3, the one revision there is.
    pub const REVISION_W2K3: u8 = 15;

    pub(super) const LEN: usize = 8;

    pub(super) fn read(r: &mut Reader<'_>) -> Result<Self, ParseError> {
        let major = r.u8("Version")?;
        let minor = r.u8("Version")?;
        let build = r.u16("Version")?;
        let [_, _, _, revision] = r.array("Version")?;
        Ok(Self {
            major,
            minor,
            build,
            revision,
        })
    }

    pub(super) fn write(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        w.bytes(&[self.major, self.minor])?;
        w.u16(self.build)?;
        w.bytes(&[0, 0, 0, self.revision])
    }
}
