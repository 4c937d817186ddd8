//! Keys and values.

use crate::rtl;
use crate::sys::*;
use parking_lot::Mutex;
use std::collections::BTreeMap;

/// A registry value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// REG_DWORD.
    Dword(u32),
    /// REG_SZ.
    Text(String),
    /// REG_MULTI_SZ.
    Texts(Vec<String>),
    /// Any type, as bytes.
    Raw(u32, Vec<u8>),
}

fn terminated(text: &str) -> impl Iterator<Item = u8> {
    text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes)
}

impl Value {
    pub(super) fn encode(&self) -> (u32, Vec<u8>) {
        match self {
            Self::Dword(number) => (REG_DWORD, number.to_le_bytes().to_vec()),
            Self::Text(text) => (REG_SZ, terminated(text).collect()),
            Self::Texts(texts) => (
                REG_MULTI_SZ,
                texts
                    .iter()
                    .flat_map(|text| terminated(text))
                    .chain([0, 0])
                    .collect(),
            ),
            Self::Raw(kind, bytes) => (*kind, bytes.clone()),
        }
    }
}

#[derive(Clone, Default)]
pub(super) struct Key {
    pub(super) name: Vec<u16>,
    pub(super) values: BTreeMap<Vec<u16>, (u32, Vec<u8>)>,
}

type Tree = BTreeMap<Vec<u16>, Key>;

static TREE: Mutex<Tree> = Mutex::new(BTreeMap::new());

const BACKSLASH: u16 = b'\\' as u16;

/// A name as it is compared.
pub(super) fn fold(name: &[u16]) -> Vec<u16> {
    name.iter().map(|&unit| rtl::upcase(unit)).collect()
}

pub(super) fn with<R>(action: impl FnOnce(&mut Tree) -> R) -> R {
    action(&mut TREE.lock())
}

/// Starts anew, for a new kernel.
pub(crate) fn reset() {
    TREE.lock().clear();
}

/// Makes a key and all keys above it. Returns whether the key itself is new.
pub(super) fn create(tree: &mut Tree, path: &[u16]) -> bool {
    let mut new = false;
    let ends = (1..=path.len()).filter(|&end| end == path.len() || path[end] == BACKSLASH);
    for end in ends {
        new = false;
        tree.entry(fold(&path[..end])).or_insert_with(|| {
            new = true;
            let start = path[..end]
                .iter()
                .rposition(|&unit| unit == BACKSLASH)
                .map_or(0, |at| at + 1);
            Key {
                name: path[start..end].to_vec(),
                ..Key::default()
            }
        });
    }
    new
}

/// Sets a value, making its key.
pub(crate) fn set(path: &str, name: &str, value: &Value) {
    let path: Vec<u16> = path.encode_utf16().collect();
    let name: Vec<u16> = name.encode_utf16().collect();
    with(|tree| {
        create(tree, &path);
        if let Some(key) = tree.get_mut(&fold(&path)) {
            key.values.insert(fold(&name), value.encode());
        }
    });
}

/// A value's type and bytes.
pub(crate) fn get(path: &str, name: &str) -> Option<(u32, Vec<u8>)> {
    let path: Vec<u16> = path.encode_utf16().collect();
    let name: Vec<u16> = name.encode_utf16().collect();
    with(|tree| tree.get(&fold(&path))?.values.get(&fold(&name)).cloned())
}
