//! Extended attributes (MS-FSA 2.1.5.15.5): small named values beside a file's content.

use super::content::Space;
use super::node::Node;
use super::{FsError, Open, access};

/// What all attributes of one file may take, in bytes.
const MOST: u32 = 65_535;

/// One attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtendedAttribute {
    /// The name, in upper case.
    pub name: Vec<u8>,
    /// The value; an attribute without one does not exist.
    pub value: Vec<u8>,
}

impl ExtendedAttribute {
    /// A length and flags, the name and its end, the value.
    fn size(&self) -> u32 {
        const FIXED: usize = 5;
        u32::try_from(FIXED + self.name.len() + self.value.len()).unwrap_or(u32::MAX)
    }
}

/// What EaSize says: 0 without attributes, else their sizes and four bytes (MS-FSCC 2.4.13).
pub(super) fn size(attributes: &[ExtendedAttribute]) -> u32 {
    const HEAD: u32 = 4;
    attributes
        .iter()
        .map(ExtendedAttribute::size)
        .reduce(u32::saturating_add)
        .map_or(0, |sum| sum.saturating_add(HEAD))
}

pub(super) fn give_back(attributes: &[ExtendedAttribute], space: &Space) {
    space.give_back(size(attributes).into());
}

impl Node {
    /// Sets attributes; one with an empty value is taken away.
    pub(super) fn set_extended(&self, changes: &[ExtendedAttribute]) -> Result<(), FsError> {
        let mut metadata = self.metadata.lock();
        let mut attributes = metadata.extended.clone();
        for change in changes {
            let name = change.name.to_ascii_uppercase();
            attributes.retain(|attribute| attribute.name != name);
            if !change.value.is_empty() {
                attributes.push(ExtendedAttribute {
                    name,
                    value: change.value.clone(),
                });
            }
        }
        if size(&attributes) > MOST {
            return Err(FsError::ExtendedAttributesTooLarge);
        }
        self.space.take(size(&attributes).into())?;
        give_back(&metadata.extended, &self.space);
        metadata.extended = attributes;
        Ok(())
    }

    pub(super) fn drop_extended(&self) {
        let dropped = std::mem::take(&mut self.metadata.lock().extended);
        give_back(&dropped, &self.space);
    }
}

impl Open {
    /// All extended attributes, in the order in which they were set.
    pub fn extended_attributes(&self) -> Result<Vec<ExtendedAttribute>, FsError> {
        self.require(access::READ_EA)?;
        Ok(self.owner().metadata.lock().extended.clone())
    }

    /// Sets extended attributes; one with an empty value is taken away.
    pub fn set_extended_attributes(&self, changes: &[ExtendedAttribute]) -> Result<(), FsError> {
        self.require(access::WRITE_EA)?;
        self.owner().set_extended(changes)
    }
}
