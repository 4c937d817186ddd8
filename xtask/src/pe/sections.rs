//! The sections: only known names, each with the attributes that its kind needs.

use object::pe;

use super::expected::{Expected, Presence};
use super::image::{Image, Section};
use super::report::Report;

pub fn check(image: &Image<'_>, expected: &Expected, report: &mut Report) {
    for rule in expected.sections {
        let what = format!("section {}", rule.name);
        let section = image
            .sections
            .iter()
            .find(|section| section.name == rule.name);
        let wanted = describe(rule.characteristics);
        match (section, rule.presence) {
            (Some(section), _) => report.row(
                &what,
                wanted,
                describe(section.characteristics),
                section.characteristics == rule.characteristics,
            ),
            (None, Presence::Required) => report.row(&what, wanted, "missing", false),
            (None, Presence::Optional) => {}
        }
    }

    let known = |section: &&Section| {
        expected
            .sections
            .iter()
            .any(|rule| rule.name == section.name)
    };
    let unknown: Vec<&str> = image
        .sections
        .iter()
        .filter(|section| !known(section))
        .map(|section| section.name.as_str())
        .collect();
    report.row_with(
        "other sections",
        "none",
        if unknown.is_empty() {
            "none".to_owned()
        } else {
            unknown.join(" ")
        },
        unknown.is_empty(),
        vec!["a section that belongs there gets a line in xtask/src/pe/expected.rs, with its attributes".into()],
    );

    const BOTH: u32 = pe::IMAGE_SCN_MEM_WRITE | pe::IMAGE_SCN_MEM_EXECUTE;
    let open: Vec<&str> = image
        .sections
        .iter()
        .filter(|section| section.characteristics & BOTH == BOTH)
        .map(|section| section.name.as_str())
        .collect();
    report.row(
        "writable and executable sections",
        "none",
        if open.is_empty() {
            "none".to_owned()
        } else {
            open.join(" ")
        },
        open.is_empty(),
    );
}

/// The attributes in words, with the number for those who know them by heart.
fn describe(characteristics: u32) -> String {
    const NAMES: &[(u32, &str)] = &[
        (pe::IMAGE_SCN_CNT_CODE, "code"),
        (pe::IMAGE_SCN_CNT_INITIALIZED_DATA, "data"),
        (pe::IMAGE_SCN_CNT_UNINITIALIZED_DATA, "zeroes"),
        (pe::IMAGE_SCN_MEM_READ, "read"),
        (pe::IMAGE_SCN_MEM_WRITE, "write"),
        (pe::IMAGE_SCN_MEM_EXECUTE, "execute"),
        (pe::IMAGE_SCN_MEM_SHARED, "shared"),
        (pe::IMAGE_SCN_MEM_DISCARDABLE, "discardable"),
        (pe::IMAGE_SCN_MEM_NOT_PAGED, "not paged"),
    ];
    let set = NAMES.iter().filter(|(bit, _)| characteristics & bit != 0);
    let words: Vec<&str> = set.map(|(_, name)| *name).collect();
    format!("{characteristics:#010x} {}", words.join(" "))
}
