//! What the provider's functions do (npapi.h's DDI pages), over a [`System`] that may be Windows or a test.

mod caps;
mod code;
mod connect;
mod connections;
mod disconnect;
mod enumeration;
mod format_name;
mod local;
mod names;
mod pack;
mod remote;
mod resource;
mod status;
mod system;
#[cfg(test)]
mod testing;
mod text;
mod user;

pub use caps::get_caps;
pub use code::{Code, Failure};
pub use connect::{Credentials, add_connection};
pub use disconnect::cancel_connection;
pub use enumeration::{Enumerations, Handle, close_enum, enum_resource, open_enum};
pub use format_name::format_network_name;
pub use names::{get_connection, get_universal_name};
pub use pack::Room;
pub use resource::{get_resource_information, get_resource_parent};
pub use system::{ControlError, NtName, System, Targets, UserName};
pub use text::Text;
pub use user::get_user;

/// The provider's name, as the registry has it too (`Services\oxsmb\NetworkProvider`, value `Name`).
pub const PROVIDER_NAME: &str = "OxSMB Network";

/// Longest path that a caller may ask about, in UTF-16 units (MAXIMUM_FILENAME_LENGTH).
pub const MAX_PATH: usize = 0x7fff;

/// A network resource as a caller names it: what is used of `NETRESOURCEW`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Resource<'a> {
    /// `dwType`, RESOURCETYPE_*.
    pub kind: u32,
    /// `lpLocalName`.
    pub local: Option<&'a [u16]>,
    /// `lpRemoteName`.
    pub remote: Option<&'a [u16]>,
}
