//! Access rights and share modes (MS-DTYP 2.4.3, MS-SMB2 2.2.13.1).

/// Read data, or list a directory.
pub const READ_DATA: u32 = 0x0000_0001;
/// Write data, or add a file to a directory.
pub const WRITE_DATA: u32 = 0x0000_0002;
/// Append data, or add a directory to a directory.
pub const APPEND_DATA: u32 = 0x0000_0004;
/// Read extended attributes.
pub const READ_EA: u32 = 0x0000_0008;
/// Write extended attributes.
pub const WRITE_EA: u32 = 0x0000_0010;
/// Execute a file, or traverse a directory.
pub const EXECUTE: u32 = 0x0000_0020;
/// Delete a directory's children.
pub const DELETE_CHILD: u32 = 0x0000_0040;
/// Read attributes.
pub const READ_ATTRIBUTES: u32 = 0x0000_0080;
/// Write attributes.
pub const WRITE_ATTRIBUTES: u32 = 0x0000_0100;
/// Delete or rename.
pub const DELETE: u32 = 0x0001_0000;
/// Read the security descriptor.
pub const READ_CONTROL: u32 = 0x0002_0000;
/// Change the access list.
pub const WRITE_DAC: u32 = 0x0004_0000;
/// Change the owner.
pub const WRITE_OWNER: u32 = 0x0008_0000;
/// Wait on the handle.
pub const SYNCHRONIZE: u32 = 0x0010_0000;
/// Reach the system access list; needs a privilege that nobody has here.
pub const SYSTEM_SECURITY: u32 = 0x0100_0000;
/// Whatever the caller may have.
pub const MAXIMUM_ALLOWED: u32 = 0x0200_0000;
/// Everything.
pub const GENERIC_ALL: u32 = 0x1000_0000;
/// Execute, by its generic name.
pub const GENERIC_EXECUTE: u32 = 0x2000_0000;
/// Write, by its generic name.
pub const GENERIC_WRITE: u32 = 0x4000_0000;
/// Read, by its generic name.
pub const GENERIC_READ: u32 = 0x8000_0000;

/// Every right of a file object.
pub const ALL: u32 = 0x001F_01FF;
/// Every right that changes nothing.
pub const READ_ONLY: u32 =
    READ_DATA | READ_EA | EXECUTE | READ_ATTRIBUTES | READ_CONTROL | SYNCHRONIZE;

const FILE_GENERIC_READ: u32 = READ_DATA | READ_EA | READ_ATTRIBUTES | READ_CONTROL | SYNCHRONIZE;
const FILE_GENERIC_WRITE: u32 =
    WRITE_DATA | APPEND_DATA | WRITE_EA | WRITE_ATTRIBUTES | READ_CONTROL | SYNCHRONIZE;
const FILE_GENERIC_EXECUTE: u32 = EXECUTE | READ_ATTRIBUTES | READ_CONTROL | SYNCHRONIZE;

/// Others may read.
pub const SHARE_READ: u32 = 1;
/// Others may write.
pub const SHARE_WRITE: u32 = 2;
/// Others may delete.
pub const SHARE_DELETE: u32 = 4;

/// The specific rights that `desired` asks for, of which `maximal` is the most that can be had.
pub fn map_generic(desired: u32, maximal: u32) -> u32 {
    const MAPPING: [(u32, u32); 4] = [
        (GENERIC_READ, FILE_GENERIC_READ),
        (GENERIC_WRITE, FILE_GENERIC_WRITE),
        (GENERIC_EXECUTE, FILE_GENERIC_EXECUTE),
        (GENERIC_ALL, ALL),
    ];
    let mut specific =
        desired & !(MAXIMUM_ALLOWED | GENERIC_ALL | GENERIC_EXECUTE | GENERIC_READ | GENERIC_WRITE);
    for (generic, rights) in MAPPING {
        if desired & generic != 0 {
            specific |= rights;
        }
    }
    if desired & MAXIMUM_ALLOWED != 0 {
        specific |= maximal;
    }
    specific
}
