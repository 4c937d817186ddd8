//! What AddReg sections write.

use std::collections::BTreeMap;

use super::parse::{Inf, Line};
use super::rules::{self, Finding};

/// FLG_ADDREG_APPEND: add to a REG_MULTI_SZ.
const APPEND: u32 = 0x8;
/// FLG_ADDREG_KEYONLY: make the key, set nothing.
const KEY_ONLY: u32 = 0x10;
/// Where Windows looks for a network provider: the one key beside Parameters that the package must write.
const PROVIDER: &str = "NetworkProvider";

/// One line of an AddReg section.
pub struct Value<'a> {
    /// The line itself.
    pub line: &'a Line,
    /// `HKR`, `HKLM`...
    pub root: &'a str,
    /// Below the root.
    pub key: &'a str,
    /// The value's name.
    pub name: &'a str,
    /// `FLG_ADDREG_*` and the type.
    pub flags: u32,
}

impl<'a> Value<'a> {
    fn new(line: &'a Line) -> Self {
        Self {
            line,
            root: line.value(0),
            key: line.value(1),
            name: line.value(2),
            flags: number(line.value(3)).unwrap_or(0),
        }
    }

    /// Whether it only makes its key.
    pub fn is_key_only(&self) -> bool {
        self.flags & KEY_ONLY != 0
    }

    /// What is written, its tokens replaced.
    pub fn data(&self, inf: &Inf) -> String {
        let values = self.line.values.get(4..).unwrap_or_default();
        inf.expand(&values.join(","))
    }
}

/// A number as INF files write it.
pub fn number(text: &str) -> Option<u32> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// What the AddReg sections of a service write.
pub fn values_of_services(inf: &Inf) -> Vec<Value<'_>> {
    let services = inf.sections().flat_map(|section| section.all("AddService"));
    let sections = services.filter_map(|line| inf.section(line.value(2)));
    sections
        .flat_map(|service| service.all("AddReg"))
        .flat_map(|line| &line.values)
        .filter_map(|name| inf.section(name))
        .flat_map(|section| section.lines.iter().map(Value::new))
        .collect()
}

/// Checks every AddReg section, and those of services more closely.
pub fn check(inf: &Inf, findings: &mut Vec<Finding>) {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    let lists = inf.sections().flat_map(|section| section.all("AddReg"));
    let sections = lists
        .flat_map(|line| &line.values)
        .filter_map(|name| inf.section(name));
    for line in sections.flat_map(|section| &section.lines) {
        let value = Value::new(line);
        if !value.root.eq_ignore_ascii_case("HKR") {
            let text = format!("{} is not relative", value.root);
            findings.push(Finding::new(rules::ROOT, line.number, text));
            let key = value.key.to_ascii_lowercase();
            if key.contains("currentcontrolset\\services\\") {
                let text = format!("{}\\{}", value.root, value.key);
                findings.push(Finding::new(rules::SERVICES_KEY, line.number, text));
            }
        }
        if value.flags & APPEND != 0 {
            let text = format!("{} is appended to", value.name);
            findings.push(Finding::new(rules::MULTI_SZ, line.number, text));
        }
        let place = format!("{}\\{}\\{}", value.root, value.key, value.name).to_ascii_lowercase();
        let data = value.data(inf);
        if let Some(other) = seen.insert(place, data.clone())
            && other != data
        {
            let text = format!("{} is both \"{other}\" and \"{data}\"", value.name);
            findings.push(Finding::new(rules::SAME_VALUE, line.number, text));
        }
    }
    for value in values_of_services(inf) {
        let top = value.key.split('\\').next().unwrap_or_default();
        if !top.eq_ignore_ascii_case("Parameters") && !top.eq_ignore_ascii_case(PROVIDER) {
            let text = format!("{}\\{} is not below Parameters", value.key, value.name);
            findings.push(Finding::new(rules::PARAMETERS, value.line.number, text));
        }
    }
}
