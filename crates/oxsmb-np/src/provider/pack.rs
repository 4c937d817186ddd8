//! Structures with pointers to strings, packed into a caller's buffer: the structures at its start, the strings at its end.

use super::{Failure, PROVIDER_NAME};

/// A caller's buffer, and the address that it has for the caller.
pub struct Room<'b> {
    bytes: &'b mut [u8],
    address: usize,
}

/// A string in parts.
pub type Parts<'t> = [&'t [u16]; 3];

/// Bytes of a pointer.
const POINTER: usize = size_of::<usize>();
/// Bytes of a NETRESOURCEW: four numbers, four pointers.
pub const NET_RESOURCE: usize = 4 * 4 + 4 * POINTER;

/// What a NETRESOURCEW says. The provider is always this one, and there is no comment.
#[derive(Clone, Copy, Debug)]
pub struct NetResource<'t> {
    /// RESOURCE_*.
    pub scope: u32,
    /// RESOURCETYPE_*.
    pub kind: u32,
    /// RESOURCEDISPLAYTYPE_*.
    pub display: u32,
    /// RESOURCEUSAGE_*.
    pub usage: u32,
    /// `Z:`.
    pub local: Option<Parts<'t>>,
    /// `\\server@OX\share`.
    pub remote: Option<Parts<'t>>,
}

impl<'b> Room<'b> {
    /// A buffer at an address.
    pub fn new(bytes: &'b mut [u8], address: usize) -> Self {
        // Strings are packed from the end, and are of two bytes a unit.
        let odd = address.wrapping_add(bytes.len()) & 1;
        let length = bytes.len().saturating_sub(odd);
        Self {
            bytes: bytes.get_mut(..length).unwrap_or_default(),
            address,
        }
    }

    /// Writes a structure that is nothing but pointers to these strings.
    ///
    /// # Errors
    /// [`Failure::MoreData`] with the needed bytes.
    pub fn pointers<const N: usize>(self, strings: [Parts<'_>; N]) -> Result<(), Failure> {
        let head = N.saturating_mul(POINTER);
        let needed = strings
            .iter()
            .fold(head, |sum, string| sum.saturating_add(bytes_of(string)));
        let mut packer = Packer::new(self);
        packer.check(needed)?;
        for string in &strings {
            packer.string(string);
        }
        Ok(())
    }

    /// Writes one NETRESOURCEW, and a string that no field of it points to, whose address is given back.
    ///
    /// # Errors
    /// [`Failure::MoreData`] with the needed bytes.
    pub fn resource(
        self,
        resource: &NetResource<'_>,
        more: Option<&[u16]>,
    ) -> Result<Option<usize>, Failure> {
        let more = more.map(|string| [string, &[], &[]]);
        let more_bytes = more.as_ref().map_or(0, bytes_of);
        let mut packer = Packer::new(self);
        packer.check(resource.needed().saturating_add(more_bytes))?;
        packer.resource(resource);
        Ok(more.map(|string| packer.place(&string)))
    }

    /// For an array of NETRESOURCEWs, one by one.
    pub fn array(self) -> Packer<'b> {
        Packer::new(self)
    }
}

impl NetResource<'_> {
    fn needed(&self) -> usize {
        let strings = [self.local, self.remote, None];
        let strings = strings.iter().flatten().map(bytes_of);
        let provider = bytes_of_units(PROVIDER_NAME.len());
        strings.fold(NET_RESOURCE.saturating_add(provider), usize::saturating_add)
    }
}

/// A buffer that is being filled from both ends.
pub struct Packer<'b> {
    room: Room<'b>,
    front: usize,
    back: usize,
}

impl<'b> Packer<'b> {
    fn new(room: Room<'b>) -> Self {
        Self {
            back: room.bytes.len(),
            front: 0,
            room,
        }
    }

    /// Adds a NETRESOURCEW, or nothing.
    ///
    /// # Errors
    /// [`Failure::MoreData`] with the bytes that it alone needs.
    pub fn add(&mut self, resource: &NetResource<'_>) -> Result<(), Failure> {
        self.check(resource.needed())?;
        self.resource(resource);
        Ok(())
    }

    /// Whether there is room for so many bytes more.
    fn check(&self, needed: usize) -> Result<(), Failure> {
        if needed <= self.back.saturating_sub(self.front) {
            return Ok(());
        }
        // One byte may be lost to alignment.
        let asked = needed.saturating_add(self.room.address & 1);
        Err(Failure::MoreData(u32::try_from(asked).unwrap_or(u32::MAX)))
    }

    fn resource(&mut self, resource: &NetResource<'_>) {
        let numbers = [
            resource.scope,
            resource.kind,
            resource.display,
            resource.usage,
        ];
        for number in numbers {
            self.put(&number.to_ne_bytes());
        }
        for string in [resource.local, resource.remote, None] {
            match string {
                Some(string) => self.string(&string),
                None => self.put(&0usize.to_ne_bytes()),
            }
        }
        let address = self.place_units(PROVIDER_NAME.encode_utf16());
        self.put(&address.to_ne_bytes());
    }

    /// Adds a pointer to a string.
    fn string(&mut self, string: &Parts<'_>) {
        let address = self.place(string);
        self.put(&address.to_ne_bytes());
    }

    /// Adds bytes at the front.
    fn put(&mut self, bytes: &[u8]) {
        let end = self.front.saturating_add(bytes.len());
        let place = self.room.bytes.get_mut(self.front..end);
        for (place, byte) in place.unwrap_or_default().iter_mut().zip(bytes) {
            *place = *byte;
        }
        self.front = end;
    }

    /// Adds a string with its NUL at the back, and gives its address.
    fn place(&mut self, string: &Parts<'_>) -> usize {
        self.place_units(string.iter().copied().flatten().copied())
    }

    fn place_units(&mut self, units: impl Iterator<Item = u16> + Clone) -> usize {
        let bytes = bytes_of_units(units.clone().count());
        let start = self.back.saturating_sub(bytes);
        let place = self
            .room
            .bytes
            .get_mut(start..self.back)
            .unwrap_or_default();
        let (pairs, _) = place.as_chunks_mut::<2>();
        for (pair, unit) in pairs.iter_mut().zip(units.chain([0])) {
            *pair = unit.to_ne_bytes();
        }
        self.back = start;
        self.room.address.wrapping_add(start)
    }
}

/// Bytes of a string with its NUL.
fn bytes_of(string: &Parts<'_>) -> usize {
    bytes_of_units(
        string
            .iter()
            .map(|part| part.len())
            .fold(0, usize::saturating_add),
    )
}

fn bytes_of_units(units: usize) -> usize {
    units.saturating_add(1).saturating_mul(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::testing::utf16;
    use std::vec;

    #[test]
    fn the_room_that_is_asked_for_is_enough_wherever_the_buffer_is() {
        let remote = utf16("\\\\s@OX\\x");
        let resource = NetResource {
            scope: 1,
            kind: 1,
            display: 3,
            usage: 1,
            local: None,
            remote: Some([&remote, &[], &[]]),
        };
        for address in [0x7000, 0x7001, usize::MAX - 500] {
            let fill = |bytes: usize| {
                let mut buffer = vec![0; bytes];
                Room::new(&mut buffer, address).resource(&resource, Some(&remote))
            };
            let Err(Failure::MoreData(needed)) = fill(0) else {
                panic!("nothing fits into nothing")
            };
            let needed = usize::try_from(needed).unwrap();
            let below = fill(needed).unwrap().unwrap();
            assert!(below.wrapping_sub(address) < needed && below % 2 == 0);
            assert_eq!(fill(needed - 1), Err(Failure::MoreData(needed as u32)));
        }
    }
}
