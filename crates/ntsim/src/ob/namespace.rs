//! The name space: devices, and links to other names.

use crate::io::Entered;
use crate::rtl;
use crate::sys::*;
use parking_lot::RwLock;
use std::collections::HashMap;

#[derive(Clone)]
enum Node {
    Device(usize),
    Link(Vec<u16>),
    Mup,
}

/// What a path leads to.
#[derive(Debug)]
pub(crate) enum Target {
    /// A device.
    Device(Entered),
    /// The multiple UNC provider.
    Mup,
}

/// Links that one path may pass through.
const MOST_LINKS: usize = 32;

static NODES: RwLock<Option<HashMap<Vec<u16>, Node>>> = RwLock::new(None);

const BACKSLASH: u16 = b'\\' as u16;

fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

/// The name as a key: upper case, and all names of the DOS device directory as one.
fn key(name: &[u16]) -> Vec<u16> {
    let upper: Vec<u16> = name.iter().map(|&unit| rtl::upcase(unit)).collect();
    for alias in [r"\DOSDEVICES\", r"\GLOBAL??\"] {
        if let Some(rest) = upper.strip_prefix(wide(alias).as_slice()) {
            return [wide(r"\??\").as_slice(), rest].concat();
        }
    }
    upper
}

fn insert(name: &[u16], node: Node) -> NTSTATUS {
    if name.first() != Some(&BACKSLASH) {
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    }
    let mut nodes = NODES.write();
    let nodes = nodes.get_or_insert_with(HashMap::new);
    match nodes.entry(key(name)) {
        std::collections::hash_map::Entry::Occupied(_) => STATUS_OBJECT_NAME_COLLISION,
        std::collections::hash_map::Entry::Vacant(entry) => {
            entry.insert(node);
            STATUS_SUCCESS
        }
    }
}

/// Starts anew, for a new kernel.
pub(crate) fn reset() {
    let nodes = [
        (wide(r"\DEVICE\MUP"), Node::Mup),
        (wide(r"\??\UNC"), Node::Link(wide(r"\Device\Mup"))),
        (wide(r"\??\MUP"), Node::Link(wide(r"\Device\Mup"))),
    ];
    *NODES.write() = Some(nodes.into_iter().collect());
}

/// Names a device.
pub(crate) fn add_device(name: &[u16], device: PDEVICE_OBJECT) -> NTSTATUS {
    insert(name, Node::Device(device as usize))
}

/// Takes a device's name away.
pub(crate) fn remove_device(device: PDEVICE_OBJECT) {
    if let Some(nodes) = NODES.write().as_mut() {
        nodes.retain(
            |_, node| !matches!(node, Node::Device(address) if *address == device as usize),
        );
    }
}

/// Makes a link.
pub(crate) fn add_link(name: &[u16], target: &[u16]) -> NTSTATUS {
    insert(name, Node::Link(target.to_vec()))
}

/// Removes a link.
pub(crate) fn remove_link(name: &[u16]) -> NTSTATUS {
    let mut nodes = NODES.write();
    let Some(nodes) = nodes.as_mut() else {
        return STATUS_OBJECT_NAME_NOT_FOUND;
    };
    let key = key(name);
    if matches!(nodes.get(&key), Some(Node::Link(_))) {
        nodes.remove(&key);
        STATUS_SUCCESS
    } else {
        STATUS_OBJECT_NAME_NOT_FOUND
    }
}

/// Follows a path to a device. What is left of the path is for the device.
pub(crate) fn resolve(path: &[u16]) -> Result<(Target, Vec<u16>), NTSTATUS> {
    if path.first() != Some(&BACKSLASH) {
        return Err(STATUS_OBJECT_PATH_SYNTAX_BAD);
    }
    let nodes = NODES.read();
    let nodes = nodes.as_ref().ok_or(STATUS_OBJECT_NAME_NOT_FOUND)?;
    let mut path = path.to_vec();
    for _ in 0..MOST_LINKS {
        let (node, rest) = longest_prefix(nodes, &path)?;
        match node {
            // A device is in the table as long as it is there.
            Node::Device(device) => {
                let device = Entered::new(device as PDEVICE_OBJECT)?;
                return Ok((Target::Device(device), rest));
            }
            Node::Mup => return Ok((Target::Mup, rest)),
            Node::Link(target) => path = [target, rest].concat(),
        }
    }
    Err(STATUS_OBJECT_NAME_INVALID)
}

/// The node that the path's first components name.
fn longest_prefix(
    nodes: &HashMap<Vec<u16>, Node>,
    path: &[u16],
) -> Result<(Node, Vec<u16>), NTSTATUS> {
    let ends = (1..=path.len())
        .rev()
        .filter(|&end| end == path.len() || path[end] == BACKSLASH);
    for end in ends {
        if let Some(node) = nodes.get(&key(&path[..end])) {
            return Ok((node.clone(), path[end..].to_vec()));
        }
    }
    let components = path.iter().filter(|&&unit| unit == BACKSLASH).count();
    Err(if components > 2 {
        STATUS_OBJECT_PATH_NOT_FOUND
    } else {
        STATUS_OBJECT_NAME_NOT_FOUND
    })
}
