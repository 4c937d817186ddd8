//! NPGetResourceInformation and NPGetResourceParent: what a remote name is, and what is above it.

use super::pack::{NetResource, Room};
use super::remote::Remote;
use super::{Code, Failure, Resource, System, connections};

const RESOURCETYPE_ANY: u32 = 0;
const RESOURCETYPE_DISK: u32 = 1;
const RESOURCETYPE_PRINT: u32 = 2;
const RESOURCEDISPLAYTYPE_SERVER: u32 = 2;
const RESOURCEDISPLAYTYPE_SHARE: u32 = 3;
const RESOURCEDISPLAYTYPE_NETWORK: u32 = 6;
const RESOURCEUSAGE_CONNECTABLE: u32 = 1;
const RESOURCEUSAGE_CONTAINER: u32 = 2;

const BACKSLASH: &[u16] = &[b'\\' as u16];

/// Writes a NETRESOURCE for the server or the share in a remote name, and the part of the name below the share, whose address is
/// given back; the buffer's size is in bytes. The server is not asked: a name with OxSMB's tag is nobody else's.
///
/// # Errors
/// WN_BAD_NETNAME for a name that is not OxSMB's, or that may be somebody else's; WN_BAD_DEV_TYPE, WN_BAD_VALUE for its type.
pub fn get_resource_information(
    system: &impl System,
    resource: Resource<'_>,
    room: Room<'_>,
) -> Result<Option<usize>, Failure> {
    let remote = recognise(system, resource)?;
    match remote.share {
        None => room.resource(&server(&remote), None),
        Some(name) => {
            check_type(resource, RESOURCETYPE_DISK)?;
            let below = Some(remote.rest).filter(|rest| !rest.is_empty());
            room.resource(&share(name), below)
        }
    }
}

/// Writes a NETRESOURCE for what is above a remote name: the share above a path, the server above a share, and above a server the
/// network, which has no name. The buffer's size is in bytes.
///
/// # Errors
/// As [`get_resource_information`].
pub fn get_resource_parent(
    system: &impl System,
    resource: Resource<'_>,
    room: Room<'_>,
) -> Result<(), Failure> {
    let remote = recognise(system, resource)?;
    let parent = match remote.share {
        None => NetResource {
            scope: 0,
            kind: RESOURCETYPE_ANY,
            display: RESOURCEDISPLAYTYPE_NETWORK,
            usage: RESOURCEUSAGE_CONTAINER,
            local: None,
            remote: None,
        },
        Some(name) if !remote.rest.is_empty() => share(name),
        Some(_) => server(&remote),
    };
    room.resource(&parent, None).map(drop)
}

fn recognise<'a>(system: &impl System, resource: Resource<'a>) -> Result<Remote<'a>, Code> {
    match resource.kind {
        RESOURCETYPE_ANY | RESOURCETYPE_DISK | RESOURCETYPE_PRINT => {}
        _ => return Err(Code::BAD_VALUE),
    }
    let name = resource.remote.ok_or(Code::BAD_NETNAME)?;
    let remote = Remote::parse(system, name).ok_or(Code::BAD_NETNAME)?;
    if !remote.is_tagged {
        // Others may know a plain name; it is ours once we are connected there.
        let is_there = |known: &connections::Known| match remote.share {
            Some(share) => system.eq_ignore_case(known.path(), share),
            None => is_below(system, known.path(), remote.server),
        };
        connections::find(system, is_there).map_err(|_| Code::BAD_NETNAME)?;
    }
    Ok(remote)
}

fn check_type(resource: Resource<'_>, actual: u32) -> Result<(), Code> {
    if matches!(resource.kind, RESOURCETYPE_ANY) || resource.kind == actual {
        Ok(())
    } else {
        Err(Code::BAD_DEVICE_TYPE)
    }
}

/// Whether a share's path begins with a server's name.
fn is_below(system: &impl System, path: &[u16], server: &[u16]) -> bool {
    path.split_at_checked(server.len())
        .is_some_and(|(head, rest)| {
            rest.starts_with(BACKSLASH) && system.eq_ignore_case(head, server)
        })
}

fn server<'a>(remote: &Remote<'a>) -> NetResource<'a> {
    NetResource {
        scope: 0,
        kind: RESOURCETYPE_ANY,
        display: RESOURCEDISPLAYTYPE_SERVER,
        usage: RESOURCEUSAGE_CONTAINER,
        local: None,
        remote: Some([BACKSLASH, remote.server, &[]]),
    }
}

fn share(name: &[u16]) -> NetResource<'_> {
    NetResource {
        scope: 0,
        kind: RESOURCETYPE_DISK,
        display: RESOURCEDISPLAYTYPE_SHARE,
        usage: RESOURCEUSAGE_CONNECTABLE,
        local: None,
        remote: Some([BACKSLASH, name, &[]]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::testing::{Packed, Scripted, utf16, with_room};
    use std::string::String;

    fn information(
        system: &Scripted,
        name: &str,
        kind: u32,
        bytes: usize,
    ) -> (Result<Option<usize>, Failure>, Packed) {
        let remote = utf16(name);
        with_room(bytes, |room| {
            let resource = Resource {
                kind,
                local: None,
                remote: Some(&remote),
            };
            get_resource_information(system, resource, room)
        })
    }

    fn parent(system: &Scripted, name: &str) -> (Result<(), Failure>, Packed) {
        let remote = utf16(name);
        with_room(300, |room| {
            let resource = Resource {
                kind: 0,
                local: None,
                remote: Some(&remote),
            };
            get_resource_parent(system, resource, room)
        })
    }

    /// Type, display type and usage, and the remote name.
    fn said(packed: &Packed) -> ([u32; 3], Option<String>) {
        let (local, remote) = packed.names(0);
        assert_eq!(local, None);
        ([4, 8, 12].map(|at| packed.number(at)), remote)
    }

    #[test]
    fn a_share_is_told_apart_from_the_path_below_it() {
        let system = Scripted::default();
        let (result, packed) = information(&system, "\\\\s@OX\\x\\d\\f", 1, 300);
        let below = result.unwrap().unwrap();
        assert_eq!(packed.string_at(below), "\\d\\f");
        assert_eq!(said(&packed), ([1, 3, 1], Some("\\\\s@OX\\x".into())));
        let (result, _) = information(&system, "\\\\s@OX\\x", 0, 300);
        assert_eq!(result, Ok(None));
    }

    #[test]
    fn a_server_is_a_container() {
        let system = Scripted::default();
        let (result, packed) = information(&system, "\\\\s@OX@1445", 0, 300);
        assert_eq!(result, Ok(None));
        assert_eq!(said(&packed), ([0, 2, 2], Some("\\\\s@OX@1445".into())));
    }

    #[test]
    fn the_needed_room_is_enough_and_nothing_less_is() {
        let system = Scripted::default();
        let name = "\\\\s@OX\\x\\d";
        let (result, _) = information(&system, name, 0, 0);
        let Err(Failure::MoreData(needed)) = result else {
            panic!("{result:?}")
        };
        // The structure, and 9, 3 and 14 characters.
        assert_eq!(needed, 48 + 2 * (9 + 3 + 14));
        let enough = usize::try_from(needed).unwrap();
        assert!(information(&system, name, 0, enough).0.is_ok());
        assert!(information(&system, name, 0, enough - 1).0.is_err());
    }

    #[test]
    fn a_type_that_is_none_or_not_the_shares_is_refused() {
        let system = Scripted::default();
        for (kind, code) in [(2, Code::BAD_DEVICE_TYPE), (9, Code::BAD_VALUE)] {
            let (result, _) = information(&system, "\\\\s@OX\\x", kind, 300);
            assert_eq!(result, Err(code.into()));
        }
    }

    #[test]
    fn a_plain_name_is_ours_only_once_we_are_connected_there() {
        let system = Scripted::default();
        system.plain_names.set(true);
        let ask = |name: &str| information(&system, name, 0, 300).0;
        let not_ours = Err(Code::BAD_NETNAME.into());
        assert_eq!(ask("\\\\s\\x"), not_ours);
        system.has("\\Device\\OxSmb\\;\\s\\x", "", "ann");
        assert_eq!(ask("\\\\S\\X"), Ok(None));
        assert_eq!(ask("\\\\s"), Ok(None));
        assert_eq!(ask("\\\\s\\y"), not_ours);
        assert_eq!(ask("\\\\ss"), not_ours);
        assert_eq!(ask("\\\\s@SSL\\x"), not_ours);
    }

    #[test]
    fn above_a_path_is_its_share_then_its_server_then_the_network() {
        let system = Scripted::default();
        for (name, numbers, above) in [
            ("\\\\s@OX\\x\\d\\f", [1, 3, 1], Some("\\\\s@OX\\x")),
            ("\\\\s@OX\\x", [0, 2, 2], Some("\\\\s@OX")),
            ("\\\\s@OX", [0, 6, 2], None),
        ] {
            let (result, packed) = parent(&system, name);
            assert_eq!(result, Ok(()));
            assert_eq!(said(&packed), (numbers, above.map(String::from)));
        }
        assert_eq!(parent(&system, "\\\\s\\x").0, Err(Code::BAD_NETNAME.into()));
    }
}
