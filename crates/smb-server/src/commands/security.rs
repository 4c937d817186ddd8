//! The security descriptor of every file here (MS-DTYP 2.4.6): everybody may do everything.

use smb_wire::Writer;
use smb_wire::smb2::SecurityInformation;

use super::Result;
use crate::fs::access;
use crate::session::OpenFile;

/// The well-known SID of the Administrators, S-1-5-32-544 (MS-DTYP 2.4.2.4).
const ADMINISTRATORS: [u8; 16] = [1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0];
/// The well-known SID of everyone, S-1-1-0.
const EVERYONE: [u8; 12] = [1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0];

const HEADER: u32 = 20;
const DACL_PRESENT: u16 = 0x0004;
const SELF_RELATIVE: u16 = 0x8000;
const ROOM: usize = 128;

/// The parts of the descriptor that are asked for, in self-relative form.
pub(super) fn query(file: &OpenFile, wanted: SecurityInformation) -> Result<Vec<u8>> {
    file.open.require(access::READ_CONTROL)?;
    let mut end = HEADER;
    let mut place = |part: SecurityInformation, len: usize| {
        let present = wanted.contains(part);
        let offset = if present { end } else { 0 };
        end += if present { len as u32 } else { 0 };
        offset
    };
    let acl = acl()?;
    let owner = place(SecurityInformation::OWNER, ADMINISTRATORS.len());
    let group = place(SecurityInformation::GROUP, ADMINISTRATORS.len());
    let dacl = place(SecurityInformation::DACL, acl.len());
    let control = SELF_RELATIVE | if dacl == 0 { 0 } else { DACL_PRESENT };

    let mut descriptor = vec![0; ROOM];
    let mut w = Writer::new(&mut descriptor);
    w.u16(1)?;
    w.u16(control)?;
    for offset in [owner, group, 0, dacl] {
        w.u32(offset)?;
    }
    for (offset, bytes) in [
        (owner, &ADMINISTRATORS[..]),
        (group, &ADMINISTRATORS),
        (dacl, &acl),
    ] {
        if offset != 0 {
            w.bytes(bytes)?;
        }
    }
    let len = w.position();
    descriptor.truncate(len);
    Ok(descriptor)
}

/// An access list with one entry, by which everyone has all rights (MS-DTYP 2.4.4.2, 2.4.5).
fn acl() -> Result<Vec<u8>> {
    const ACL_REVISION: u16 = 2;
    const ACCESS_ALLOWED_ACE: u16 = 0;
    let ace_len = 8 + EVERYONE.len() as u16;
    let mut acl = vec![0; 8 + usize::from(ace_len)];
    let mut w = Writer::new(&mut acl);
    w.u16(ACL_REVISION)?;
    w.u16(8 + ace_len)?;
    w.u16(1)?;
    w.u16(0)?;
    w.u16(ACCESS_ALLOWED_ACE)?;
    w.u16(ace_len)?;
    w.u32(access::ALL)?;
    w.bytes(&EVERYONE)?;
    Ok(acl)
}
