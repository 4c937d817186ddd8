//! This machine, as servers know it.

use nt::pool::{PoolArc, PoolVec, Tag};
use nt::registry::Key;
use nt::{Result, Status, random};
use smb_client::Identity;
use smb_wire::Guid;

use crate::driver::utf16;

const TAG: Tag = Tag::new(b"OxMa");

/// Where Windows keeps the name: the one in use, and the one that it will have after the next start.
const NAMES: [&str; 2] = [
    r"\Registry\Machine\System\CurrentControlSet\Control\ComputerName\ActiveComputerName",
    r"\Registry\Machine\System\CurrentControlSet\Control\ComputerName\ComputerName",
];

/// What tells this machine from others.
pub struct Machine {
    guid: Guid,
    name: PoolVec<u16>,
}

impl Machine {
    /// This machine. IRQL: PASSIVE.
    pub fn new() -> Result<PoolArc<Self>> {
        let mut guid = Guid([0; 16]);
        random::fill(&mut guid.0)?;
        PoolArc::new(
            TAG,
            Self {
                guid,
                name: name()?,
            },
        )
    }

    /// Names this machine to all servers, until the driver is loaded anew (MS-SMB2 3.2.1.1, ClientGuid).
    pub fn guid(&self) -> Guid {
        self.guid
    }

    /// Its NetBIOS name; empty where it has none. A server that calls itself so is no server, but somebody who sends our own
    /// logon back to us (CVE-2025-33073).
    pub fn name(&self) -> &[u16] {
        &self.name
    }
}

fn name() -> Result<PoolVec<u16>> {
    let mut units = PoolVec::new(TAG);
    let value = utf16("ComputerName")?;
    for key in NAMES {
        let found = Key::open(&utf16(key)?).and_then(|key| key.read_string(&value));
        match found {
            // A longer one is no machine's, and would be in the way of every logon.
            Ok(name) if name.len() <= Identity::MAX_UNITS => {
                units.extend_from_slice(&name)?;
                break;
            }
            // Without it, nobody would notice that a logon comes back.
            Err(Status::INSUFFICIENT_RESOURCES) => return Err(Status::INSUFFICIENT_RESOURCES),
            _ => {}
        }
    }
    Ok(units)
}
