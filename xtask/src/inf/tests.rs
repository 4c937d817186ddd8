//! The package keeps the rules, and each rule notices when it is broken.

use super::project::Facts;
use super::rules::{self, Rule};
use super::{INX, check, stamp};
use crate::step;

fn package() -> String {
    let text = std::fs::read_to_string(step::workspace().join(INX)).unwrap();
    stamp(&text, "amd64")
}

fn facts() -> Facts {
    Facts {
        device: "\\Device\\OxSmb".into(),
        provider: "OxSMB Network".into(),
        service: "oxsmb".into(),
        library: "oxsmbnp.dll".into(),
        settings: vec![("RequireSigning".into(), 1)],
    }
}

/// The rules that the package breaks once `from` is `to` in it.
fn broken(from: &str, to: &str) -> Vec<Rule> {
    let text = package();
    assert!(text.contains(from), "the package has no {from}");
    check(&text.replace(from, to), &facts())
        .into_iter()
        .map(|finding| finding.rule)
        .collect()
}

#[track_caller]
fn breaks(rule: Rule, from: &str, to: &str) {
    let found = broken(from, to);
    assert!(found.contains(&rule), "{} gave {found:?}", rule.title);
}

#[test]
fn the_package_keeps_every_rule_for_both_architectures() {
    let text = std::fs::read_to_string(step::workspace().join(INX)).unwrap();
    for architecture in super::ARCHITECTURES {
        assert_eq!(check(&stamp(&text, architecture), &facts()), []);
    }
}

#[test]
fn without_its_architecture_the_package_is_none() {
    let text = std::fs::read_to_string(step::workspace().join(INX)).unwrap();
    let found = check(&text, &facts());
    assert!(found.iter().all(|f| f.rule == rules::ARCHITECTURE) && !found.is_empty());
}

#[test]
fn each_rule_of_the_version_section_notices() {
    breaks(rules::SIGNATURE, "$Windows NT$", "$Chicago$");
    breaks(rules::SIGNATURE, "[Version]", "[Versions]");
    breaks(
        rules::PROVIDER,
        "ProviderName       = \"OxSMB\"",
        "ProviderName = \"Microsoft\"",
    );
    breaks(rules::FOR_SIGNATURE, "CatalogFile = oxsmb.cat", "");
    breaks(rules::FOR_SIGNATURE, "Class       = System", "");
    breaks(rules::FOR_SIGNATURE, "{4d36e97d-", "{4d36e97-");
    breaks(rules::FOR_SIGNATURE, "01/01/2026,0.1.0.0", "2026-01-01,0.1");
    breaks(rules::CLASS, "Class       = System", "Class = Sample");
    breaks(rules::CLASS, "{4d36e97d-", "{4d36e97e-");
    breaks(rules::LOCKDOWN, "PnpLockdown = 1", "PnpLockdown = 0");
}

#[test]
fn each_rule_of_text_notices() {
    breaks(rules::SYNTAX, "[Strings]", "[Strings");
    breaks(
        rules::ENCODING,
        "OxSMB redirector",
        "OxSMB-Umleitung f\u{fc}r alle",
    );
    breaks(rules::TOKEN, "%DiskName%", "%Disk%");
    breaks(
        rules::TOKEN,
        "%13%\\oxsmbnp.dll",
        "%SystemRoot%\\oxsmbnp.dll",
    );
}

#[test]
fn each_rule_of_sections_notices() {
    breaks(rules::MISSING_SECTION, "[OxSmb.Files]", "[Files]");
    breaks(rules::MISSING_SECTION, "[OxSmb.Service]", "[Service]");
    breaks(rules::UNUSED, "[OxSmb.Files]", "[Files]");
    breaks(
        rules::SHARED_SECTION,
        "CopyFiles = OxSmb.Files",
        "CopyFiles = OxSmb.Files\nAddReg = OxSmb.Files",
    );
    breaks(rules::TWO_KINDS, "[Strings]", "[Manufacturer]\n[Strings]");
    breaks(
        rules::CLASS_INSTALL,
        "[Strings]",
        "[ClassInstall32]\n[Strings]",
    );
    breaks(
        rules::LEGACY,
        "CopyFiles = OxSmb.Files",
        "CopyFiles = OxSmb.Files\nDelFiles = OxSmb.Files",
    );
    breaks(
        rules::LEGACY,
        "[Strings]",
        "[DefaultInstall.NTamd64.CoInstallers]\n[Strings]",
    );
}

#[test]
fn each_rule_of_installing_notices() {
    breaks(
        rules::ARCHITECTURE,
        "[DefaultInstall.NTamd64]",
        "[DefaultInstall]",
    );
    breaks(
        rules::PRIMITIVE,
        "[Strings]",
        "[DefaultUninstall.NTamd64]\n[Strings]",
    );
    breaks(rules::SOURCE_FILE, "oxsmb.sys   = 1", "");
    breaks(rules::SOURCE_FILE, "1 = %DiskName%", "2 = %DiskName%");
    breaks(rules::STORE, "DefaultDestDir = 13", "DefaultDestDir = 12");
    breaks(
        rules::TARGET,
        "DefaultDestDir = 13",
        "DefaultDestDir = 16422",
    );
    breaks(rules::STORE_NAME, "oxsmb.sys   = 1", "oxsmb.sys   = 1, x64");
    breaks(
        rules::STORE_NAME,
        "[OxSmb.Files]\noxsmb.sys",
        "[OxSmb.Files]\nox.sys, oxsmb.sys",
    );
    breaks(rules::SERVICE_BINARY, "%13%\\oxsmb.sys", "%12%\\oxsmb.sys");
    let allowed = "[DefaultUninstall.NTamd64]\nLegacyUninstall = 1\n[Strings]";
    assert_eq!(broken("[Strings]", allowed), []);
}

#[test]
fn each_rule_of_the_registry_notices() {
    let add = |line: &str| format!("{line}\n[Strings]");
    breaks(rules::ROOT, "HKR, Parameters", "HKLM, Parameters");
    breaks(
        rules::SERVICES_KEY,
        "HKR, Parameters",
        "HKLM, SYSTEM\\CurrentControlSet\\Services\\oxsmb",
    );
    breaks(
        rules::MULTI_SZ,
        "[Strings]",
        &add("HKR, Parameters, List, 0x00010008, \"a\""),
    );
    breaks(rules::PARAMETERS, "HKR, Parameters", "HKR, Other");
    breaks(
        rules::SAME_VALUE,
        "[Strings]",
        &add("HKR, NetworkProvider, Name, 0, \"Other\""),
    );
}

#[test]
fn each_name_and_number_of_the_program_is_compared() {
    for (from, to) in [
        ("\\Device\\OxSmb", "\\Device\\OxSmb2"),
        ("\"OxSMB Network\"", "\"Ox Network\""),
        ("\"%13%\\oxsmbnp.dll\"", "\"%13%\\np.dll\""),
        ("AddService = oxsmb,", "AddService = ox,"),
        ("ServiceType    = 2", "ServiceType    = 1"),
        ("StartType      = 3", "StartType      = 1"),
        ("ErrorControl   = 1", "ErrorControl   = 3"),
        ("LoadOrderGroup = Network", "LoadOrderGroup = Base"),
    ] {
        assert_eq!(broken(from, to), [rules::DRIVER], "{from}");
    }
}

#[test]
fn a_value_below_parameters_must_be_a_setting_with_its_default() {
    let add = |line: &str| format!("HKR, Parameters, {line}\n[Strings]");
    let known = add("RequireSigning, 0x00010001, 1");
    assert_eq!(broken("[Strings]", &known), []);
    let other = add("RequireSigning, 0x00010001, 0");
    assert_eq!(broken("[Strings]", &other), [rules::SETTINGS]);
    let unknown = add("RequireSinging, 0x00010001, 1");
    assert_eq!(broken("[Strings]", &unknown), [rules::SETTINGS]);
}
