//! The rules that are checked here: InfVerif's, by its own error numbers, and the project's own.

use std::fmt;

/// Where a rule counts as an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// In every mode of InfVerif.
    Always,
    /// For a universal or declarative package: `/u`, `/k` and `/h`.
    Universal,
    /// For a package isolated to the driver store: `/w`.
    Isolated,
    /// InfVerif only warns.
    Warning,
    /// Not InfVerif's: the package and the program must agree.
    Project,
}

/// One rule. InfVerif's numbers and meanings are from the page "INF Validation Errors and Warnings" of the WDK's
/// documentation, or from the messages quoted in microsoft/Windows-driver-samples#892, roshkins/IddSampleDriver#53.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// InfVerif's error number; 0 for the project's own rules.
    pub number: u16,
    /// What must hold.
    pub title: &'static str,
    /// In which mode.
    pub level: Level,
}

macro_rules! rules {
    ($($name:ident: $number:literal $level:ident $title:literal;)*) => {
        $(pub const $name: Rule = Rule { number: $number, title: $title, level: Level::$level };)*
        /// Every rule, in the order of the numbers.
        pub const ALL: &[Rule] = &[$($name),*];
    };
}

rules! {
    SIGNATURE: 1001 Always "[Version] is there and has the signature \"$Windows NT$\"";
    SYNTAX: 1002 Always "every line can be read";
    ENCODING: 1003 Always "the file is ANSI, here plain ASCII";
    STORE_NAME: 1100 Always "files keep their name and place in the driver store";
    MISSING_SECTION: 1203 Always "every section that is named exists";
    PROVIDER: 1204 Always "the provider is named and is not Microsoft";
    SHARED_SECTION: 1205 Warning "no section serves two kinds of directive";
    TWO_KINDS: 1212 Always "[DefaultInstall] and [Manufacturer] do not stand in one file";
    SERVICES_KEY: 1221 Always "the services key is reached by HKR only";
    SOURCE_FILE: 1230 Always "every file copied is in [SourceDisksFiles], and its disk in [SourceDisksNames]";
    FOR_SIGNATURE: 1233 Always "[Version] has what a signature needs: CatalogFile, Class, ClassGuid, DriverVer";
    TOKEN: 1235 Always "every %token% is in [Strings]";
    CLASS: 1284 Always "the class is one that vendors may use, with its own ClassGuid";
    CLASS_INSTALL: 1285 Always "no [ClassInstall32]: the class is Microsoft's";
    LEGACY: 1300 Universal "no legacy sections and directives (1300 to 1303)";
    ROOT: 1304 Universal "registry values are relative to HKR (also 1320, 1321)";
    MULTI_SZ: 1305 Universal "nothing is added to a REG_MULTI_SZ or taken from it";
    TARGET: 1306 Universal "files go to no place outside of Windows";
    STORE: 1322 Isolated "files stay in the driver store (directory id 13)";
    PARAMETERS: 1323 Isolated "a service's values are below Parameters, but for NetworkProvider: /w reports that one";
    LOCKDOWN: 1324 Isolated "PnpLockdown is 1";
    SAME_VALUE: 1330 Universal "no value or service is set twice (133x)";
    PRIMITIVE: 1420 Always "the package can be a primitive driver: no undo of its own but for old systems";
    ARCHITECTURE: 1421 Always "[DefaultInstall] names its architecture (also 1423)";
    UNUSED: 2083 Warning "every section is used";
    SERVICE_BINARY: 2084 Warning "the service's binary is a file that the package copies";
    DRIVER: 0 Project "names and numbers are those in the driver's and the provider's code";
    SETTINGS: 0 Project "each value below Parameters is a setting of the driver, with its default";
}

/// A rule that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which.
    pub rule: Rule,
    /// Where, counted from 1; 0 for the file as a whole.
    pub line: usize,
    /// What is wrong there.
    pub text: String,
}

impl Finding {
    /// A finding at a line.
    pub fn new(rule: Rule, line: usize, text: impl Into<String>) -> Self {
        Self {
            rule,
            line,
            text: text.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "line {}: {}: {}", self.line, self.rule, self.text)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number {
            0 => out.write_str("oxsmb"),
            number => write!(out, "{number}"),
        }
    }
}
