//! What [Version] must say, and that nothing old stands in the file.

use super::parse::Inf;
use super::rules::{self, Finding};

/// Directives that a universal package may not have (1300 to 1303 in InfVerif).
const LEGACY_DIRECTIVES: &[&str] = &[
    "LogConfig",
    "CoInstallers32",
    "UpdateInis",
    "UpdateIniFields",
    "Ini2Reg",
    "BitReg",
    "DelReg",
    "DelFiles",
    "RenFiles",
    "RegisterDlls",
    "UnregisterDlls",
    "ProfileItems",
    "DelService",
];

/// Sections that a universal package may not have.
const LEGACY_SECTIONS: &[&str] = &["CoInstallers", "LogConfigOverride", "FactDef"];

/// Classes that a driver without a device of its own may have, from the page "System-Defined Device Setup Classes
/// Available to Vendors".
const CLASSES: &[(&str, &str)] = &[
    ("System", "{4d36e97d-e325-11ce-bfc1-08002be10318}"),
    ("NetService", "{4d36e974-e325-11ce-bfc1-08002be10318}"),
];

/// Checks [Version].
pub fn check(inf: &Inf, findings: &mut Vec<Finding>) {
    let Some(version) = inf.section("Version") else {
        findings.push(Finding::new(rules::SIGNATURE, 0, "there is no [Version]"));
        return;
    };
    let value = |key: &str| {
        let line = version.first(key);
        let text = line.map_or(String::new(), |line| inf.expand(&line.values.join(",")));
        (line.map_or(version.number, |line| line.number), text)
    };
    let mut require = |rule, key: &str, holds: &dyn Fn(&str) -> bool| {
        let (line, text) = value(key);
        if !holds(&text) {
            findings.push(Finding::new(rule, line, format!("{key} is \"{text}\"")));
        }
    };
    require(rules::SIGNATURE, "Signature", &|text| {
        text.eq_ignore_ascii_case("$Windows NT$")
    });
    require(rules::PROVIDER, "Provider", &|text| {
        !text.is_empty() && !text.eq_ignore_ascii_case("Microsoft")
    });
    require(rules::FOR_SIGNATURE, "CatalogFile", &|text| {
        text.to_ascii_lowercase().ends_with(".cat")
    });
    require(rules::FOR_SIGNATURE, "Class", &|text| !text.is_empty());
    require(rules::FOR_SIGNATURE, "ClassGuid", &is_guid);
    require(rules::FOR_SIGNATURE, "DriverVer", &is_driver_version);
    let (_, guid) = value("ClassGuid");
    require(rules::CLASS, "Class", &|text| {
        CLASSES
            .iter()
            .any(|(name, own)| text.eq_ignore_ascii_case(name) && guid.eq_ignore_ascii_case(own))
    });
    require(rules::LOCKDOWN, "PnpLockdown", &|text| text == "1");
}

/// Looks for what a universal package may not have.
pub fn legacy(inf: &Inf, findings: &mut Vec<Finding>) {
    if let Some(section) = inf.section("ClassInstall32") {
        let text = "a class installer's section";
        findings.push(Finding::new(rules::CLASS_INSTALL, section.number, text));
    }
    for section in inf.sections() {
        let suffix = section.name.rsplit('.').next().unwrap_or_default();
        if LEGACY_SECTIONS
            .iter()
            .any(|legacy| suffix.eq_ignore_ascii_case(legacy))
        {
            let text = format!("[{}]", section.name);
            findings.push(Finding::new(rules::LEGACY, section.number, text));
        }
        for directive in LEGACY_DIRECTIVES {
            for line in section.all(directive) {
                findings.push(Finding::new(rules::LEGACY, line.number, *directive));
            }
        }
    }
}

fn is_guid(text: &str) -> bool {
    let Some(inner) = text
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
    else {
        return false;
    };
    let groups: Vec<&str> = inner.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && inner.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}

/// `mm/dd/yyyy,w.x.y.z`, as the page "INF DriverVer Directive" has it.
fn is_driver_version(text: &str) -> bool {
    let Some((date, version)) = text.split_once(',') else {
        return false;
    };
    let date: Vec<Option<u32>> = date.split('/').map(|part| part.parse().ok()).collect();
    let date_holds = matches!(
        date.as_slice(),
        [Some(1..=12), Some(1..=31), Some(1980..=9999)]
    );
    let parts: Vec<Option<u16>> = version.split('.').map(|part| part.parse().ok()).collect();
    date_holds && parts.len() == 4 && parts.iter().all(Option::is_some)
}
