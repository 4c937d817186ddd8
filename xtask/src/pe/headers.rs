//! The headers: what kind of image it is and what it asks of the loader.

use object::LittleEndian as LE;
use object::pe;
use object::read::pe::ImageOptionalHeader;

use super::expected::Expected;
use super::image::Image;
use super::report::Report;

/// Names of the bits in `DllCharacteristics`.
const LOADER_FLAGS: &[(u16, &str)] = &[
    (
        pe::IMAGE_DLLCHARACTERISTICS_HIGH_ENTROPY_VA,
        "high-entropy VA",
    ),
    (pe::IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE, "dynamic base"),
    (
        pe::IMAGE_DLLCHARACTERISTICS_FORCE_INTEGRITY,
        "force integrity",
    ),
    (pe::IMAGE_DLLCHARACTERISTICS_NX_COMPAT, "NX"),
    (pe::IMAGE_DLLCHARACTERISTICS_NO_ISOLATION, "no isolation"),
    (pe::IMAGE_DLLCHARACTERISTICS_NO_SEH, "no SEH"),
    (pe::IMAGE_DLLCHARACTERISTICS_NO_BIND, "no bind"),
    (pe::IMAGE_DLLCHARACTERISTICS_APPCONTAINER, "app container"),
    (pe::IMAGE_DLLCHARACTERISTICS_WDM_DRIVER, "WDM driver"),
    (pe::IMAGE_DLLCHARACTERISTICS_GUARD_CF, "guard CF"),
    (
        pe::IMAGE_DLLCHARACTERISTICS_TERMINAL_SERVER_AWARE,
        "terminal server aware",
    ),
];

pub fn check(image: &Image<'_>, expected: &Expected, report: &mut Report) {
    let optional = &image.optional_header;
    let machine = image.file_header.machine.get(LE);
    report.row(
        "machine",
        "x64 (0x8664)",
        format_args!("{machine:#06x}"),
        machine == pe::IMAGE_FILE_MACHINE_AMD64,
    );

    let characteristics = image.file_header.characteristics.get(LE);
    report.row(
        "image characteristics",
        format_args!("{:#06x}", expected.characteristics),
        format_args!("{characteristics:#06x}"),
        characteristics == expected.characteristics,
    );

    let (number, name) = expected.subsystem;
    report.row(
        "subsystem",
        format_args!("{name} ({number})"),
        optional.subsystem(),
        optional.subsystem() == number,
    );
    for (what, major, minor) in [
        (
            "subsystem version",
            optional.major_subsystem_version(),
            optional.minor_subsystem_version(),
        ),
        (
            "operating system version",
            optional.major_operating_system_version(),
            optional.minor_operating_system_version(),
        ),
    ] {
        let (wanted_major, wanted_minor) = expected.version;
        report.row(
            what,
            format_args!("{wanted_major}.{wanted_minor}"),
            format_args!("{major}.{minor}"),
            (major, minor) == expected.version,
        );
    }

    let flags = optional.dll_characteristics();
    report.row(
        "loader flags",
        flag_names(expected.loader_flags),
        flag_names(flags),
        flags == expected.loader_flags,
    );

    let (written, right) = (optional.check_sum(), checksum(image));
    report.row(
        "checksum",
        format_args!("{right:#x}"),
        format_args!("{written:#x}"),
        written == right,
    );
    relocations(image, report);
    build_traces(image, report);
}

fn flag_names(flags: u16) -> String {
    let known = LOADER_FLAGS.iter().filter(|(bit, _)| flags & bit != 0);
    let names: Vec<&str> = known.map(|(_, name)| *name).collect();
    format!("{flags:#06x} {}", names.join(", "))
}

/// The sum over the file's 16-bit words with end-around carry, the checksum's own field left out, plus the file's length.
pub fn checksum(image: &Image<'_>) -> u32 {
    // After the signature (4) and the file header (20), the field is 64 bytes into the optional header.
    let field = image.pe_offset + 4 + 20 + 64;
    let mut sum = 0u32;
    for (index, pair) in image.bytes.chunks(2).enumerate() {
        if (field..field + 4).contains(&(index * 2)) {
            continue;
        }
        let high = pair.get(1).copied().unwrap_or(0);
        sum += u32::from(u16::from_le_bytes([pair[0], high]));
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum.wrapping_add(u32::try_from(image.bytes.len()).unwrap_or(u32::MAX))
}

fn relocations(image: &Image<'_>, report: &mut Report) {
    let stripped = image.file_header.characteristics.get(LE) & pe::IMAGE_FILE_RELOCS_STRIPPED != 0;
    let present = image
        .directory(pe::IMAGE_DIRECTORY_ENTRY_BASERELOC)
        .is_some();
    let found = match (stripped, present) {
        (false, true) => format!("{} pointers", image.relocations.len()),
        (true, _) => "stripped".to_owned(),
        (false, false) => "none".to_owned(),
    };
    report.row("base relocations", "present", found, present && !stripped);
}

/// Nothing in the image may tell when or where it was built: equal sources make equal images.
fn build_traces(image: &Image<'_>, report: &mut Report) {
    let hashed = image
        .debug
        .iter()
        .any(|entry| entry.kind == pe::IMAGE_DEBUG_TYPE_REPRO);
    report.row(
        "time stamp",
        "a hash of the image",
        if hashed {
            "a hash of the image"
        } else {
            "a time"
        },
        hashed,
    );

    let pdbs: Vec<&str> = image
        .debug
        .iter()
        .filter_map(|entry| entry.pdb.as_deref())
        .collect();
    let bare = pdbs.iter().all(|name| !name.contains(['/', '\\', ':']));
    let one = pdbs.len() == 1;
    report.row(
        "PDB's name",
        "one, without a path",
        pdbs.join(" "),
        one && bare,
    );

    let paths = building_machine_paths(image.bytes);
    report.row_with(
        "paths of the building machine",
        "none",
        if paths.is_empty() {
            "none".to_owned()
        } else {
            paths.len().to_string()
        },
        paths.is_empty(),
        paths,
    );
}

/// Strings in the image that begin like a directory of a developer's machine. Those that `trim-paths` leaves
/// (`/rustc/<hash>/library`, a registry's package) name the source, not the machine.
fn building_machine_paths(bytes: &[u8]) -> Vec<String> {
    const ROOTS: &[&[u8]] = &[
        b"/home/",
        b"/root/",
        b"/usr/",
        b"/tmp/",
        b"/work/",
        b"/build/",
        b"/mnt/",
        b"/opt/",
        b"/var/",
        b":\\Users\\",
    ];
    let printable = |byte: &u8| (0x20..0x7f).contains(byte);
    bytes
        .split(|byte| !printable(byte))
        .filter(|text| {
            ROOTS
                .iter()
                .any(|root| text.windows(root.len()).any(|window| window == *root))
        })
        .map(|text| String::from_utf8_lossy(text).into_owned())
        .collect()
}
