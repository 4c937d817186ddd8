//! The link map that lld writes with `/MAP`: the name of everything in the image, statics included.

use std::collections::BTreeMap;

/// The names at each address of the image. Several names share an address when the linker folded equal functions.
#[derive(Default)]
pub struct LinkMap {
    names: BTreeMap<u32, Vec<String>>,
}

impl LinkMap {
    /// Reads a map; an error when it is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        const BASE: &str = "Preferred load address is ";
        let base = text
            .lines()
            .find_map(|line| line.trim().strip_prefix(BASE))
            .and_then(|address| u64::from_str_radix(address.trim(), 16).ok())
            .ok_or("no load address in the link map")?;
        let mut map = Self::default();
        for (address, name) in text.lines().filter_map(symbol) {
            let rva = address
                .checked_sub(base)
                .and_then(|rva| u32::try_from(rva).ok());
            if let Some(rva) = rva {
                let names = map.names.entry(rva).or_default();
                let name = readable(name);
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        if map.names.is_empty() {
            return Err("no symbols in the link map".into());
        }
        Ok(map)
    }

    /// The names at an address.
    pub fn at(&self, rva: u32) -> &[String] {
        self.names.get(&rva).map_or(&[], Vec::as_slice)
    }

    /// The addresses with names in a range.
    pub fn addresses(&self, range: std::ops::Range<u32>) -> impl Iterator<Item = u32> {
        self.names.range(range).map(|(&rva, _)| rva)
    }

    /// All names.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        self.names.values().flatten().map(String::as_str)
    }
}

/// A line `section:offset  name  address  object`, as address and name; names of sections are not symbols.
fn symbol(line: &str) -> Option<(u64, &str)> {
    let mut words = line.split_whitespace();
    let (place, name, address) = (words.next()?, words.next()?, words.next()?);
    let (section, offset) = place.split_once(':')?;
    let is_place = section.len() == 4 && offset.len() == 8;
    // A heading line has a length ending in H where a symbol has its name.
    if !is_place || address.len() != 16 || name.starts_with('.') {
        return None;
    }
    Some((u64::from_str_radix(address, 16).ok()?, name))
}

/// A Rust name without its hashes; other names as they are.
fn readable(name: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = " oxsmb\n\n Timestamp is 00000000 (Repro mode)\n\n Preferred load address is 0000000140000000\n\n \
        Start         Length     Name                   Class\n \
        0001:00000000 00002670H .text                   CODE\n\n \
        Address         Publics by Value              Rva+Base               Lib:Object\n\n \
        0001:00000000       DriverEntry                0000000140001000     a.o\n \
        0001:00000360       _RNvCs3T10bAm94xD_5wdkx26unload 0000000140001360     a.o\n \
        0001:00000360       folded                     0000000140001360     a.o\n \
        0001:00002588       .text                      0000000140003588     b.o\n";

    #[test]
    fn a_map_names_addresses_with_readable_names_and_leaves_out_sections() {
        let map = LinkMap::parse(TEXT).unwrap();
        assert_eq!(map.at(0x1000), ["DriverEntry"]);
        assert_eq!(map.at(0x1360), ["wdkx2::unload", "folded"]);
        assert_eq!(
            map.addresses(0..u32::MAX).collect::<Vec<_>>(),
            [0x1000, 0x1360]
        );
    }

    #[test]
    fn a_text_that_is_no_map_is_refused() {
        assert!(LinkMap::parse("hello").is_err());
        assert!(LinkMap::parse("Preferred load address is 0000000140000000").is_err());
    }
}
