//! Where control enters the image: the entry point and the exports.

use std::fmt;

use object::pe;
use object::read::pe::ImageOptionalHeader;

use super::expected::Expected;
use super::image::Image;
use super::link_map::LinkMap;
use super::report::Report;

pub fn check(image: &Image<'_>, map: &LinkMap, expected: &Expected, report: &mut Report) {
    let rva = image.optional_header.address_of_entry_point();
    let names = map.at(rva);
    let in_code = image
        .section_of(rva)
        .is_some_and(|section| section.is_code());
    let (wanted, ok) = match expected.entry {
        Some(name) => (name, in_code && names.iter().any(|known| known == name)),
        None => ("none", rva == 0),
    };
    report.row(
        "entry point",
        wanted,
        if rva == 0 {
            "none".to_owned()
        } else {
            format!("{} at {rva:#x}", names.join(" "))
        },
        ok,
    );

    let lists =
        |names: &mut dyn Iterator<Item = &str>| names.map(str::to_owned).collect::<Vec<_>>();
    let missing = lists(
        &mut expected
            .exports
            .iter()
            .copied()
            .filter(|name| !exports(image, name)),
    );
    let more = lists(
        &mut image
            .exports
            .iter()
            .map(String::as_str)
            .filter(|name| !expected.exports.contains(name)),
    );
    let ok = missing.is_empty() && more.is_empty();
    report.row_with(
        "exports",
        format_args!("{} names", expected.exports.len()),
        format_args!("{} names", image.exports.len()),
        ok,
        vec![
            format!("missing: {}", missing.join(" ")),
            format!("not expected: {}", more.join(" ")),
        ],
    );
    guard(image, expected, report);
}

fn exports(image: &Image<'_>, name: &str) -> bool {
    image.exports.iter().any(|export| export == name)
}

/// Control flow guard as the load configuration has it (`IMAGE_LOAD_CONFIG_DIRECTORY64`).
struct Guard {
    flags: u32,
    functions: u64,
}

impl Guard {
    fn read(image: &Image<'_>) -> Option<Self> {
        const COUNT: u32 = 0x88;
        const FLAGS: u32 = 0x90;
        let (rva, _) = image.directory(pe::IMAGE_DIRECTORY_ENTRY_LOAD_CONFIG)?;
        Some(Self {
            flags: image.u32_at(rva + FLAGS)?,
            functions: image.u64_at(rva + COUNT)?,
        })
    }

    /// `IMAGE_GUARD_CF_INSTRUMENTED`, `IMAGE_GUARD_CF_FUNCTION_TABLE_PRESENT`.
    fn complete(&self) -> bool {
        const NEEDED: u32 = 0x100 | 0x400;
        self.flags & NEEDED == NEEDED && self.functions > 0
    }
}

impl fmt::Display for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "flags {:#x}, {} functions", self.flags, self.functions)
    }
}

/// A header flag without the tables would make the loader believe what is not there, and the other way round.
fn guard(image: &Image<'_>, expected: &Expected, report: &mut Report) {
    let wanted = expected.loader_flags & pe::IMAGE_DLLCHARACTERISTICS_GUARD_CF != 0;
    let guard = Guard::read(image);
    let found = guard
        .as_ref()
        .map_or_else(|| "no load configuration".to_owned(), ToString::to_string);
    report.row(
        "control flow guard",
        if wanted {
            "instrumented, with a table"
        } else {
            "no load configuration"
        },
        found,
        guard
            .as_ref()
            .map_or(!wanted, |guard| wanted && guard.complete()),
    );
}
