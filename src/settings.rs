//! What an administrator can set, under the service's `Parameters` key: `docs/settings.md` is the page about it. Every value is
//! a REG_DWORD with bounds. What is out of them, or of another type, cannot be taken, and the log says so: the default takes its
//! place, or where that may be less safe than what was meant, the strictest there is.

use core::fmt;
use core::time::Duration;

use nt::Status;
use smb_client::Ciphers;
use smb_crypto::Cipher;

/// [`Settings::transport`]: Winsock Kernel.
pub const TRANSPORT_WSK: u32 = 0;
/// [`Settings::transport`]: the Transport Driver Interface.
pub const TRANSPORT_TDI: u32 = 1;

/// What a setting may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Allowed {
    /// From the first to the second.
    Range(u32, u32),
    /// One of these.
    Values(&'static [u32]),
    /// Different ciphers, each a hexadecimal digit, the preferred one first.
    Ciphers,
}

const SWITCH: Allowed = Allowed::Range(0, 1);
/// As MS-SMB2 writes dialects.
const DIALECT: Allowed = Allowed::Values(&[0x0202, 0x0210, 0x0300, 0x0302, 0x0311]);

/// One setting: its registry name, the value it has when nothing is set, what may be set, and the value it has when something
/// else is.
struct Rule {
    name: &'static str,
    default: u32,
    allowed: Allowed,
    instead: u32,
}

/// What the registry has for a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing.
    Nothing,
    /// A REG_DWORD.
    Value(u32),
    /// Something of another type or length, or what cannot be read.
    Unusable(Status),
}

/// Something that an administrator should know of what he has set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Warning {
    /// It was not taken.
    Refused {
        /// The setting's registry name.
        name: &'static str,
        /// Why not.
        why: Why,
        /// What is used instead.
        instead: u32,
    },
    /// The oldest dialect to accept is newer than the newest to offer.
    NoDialect {
        /// The oldest.
        min: u32,
        /// The newest.
        max: u32,
    },
}

/// Why a setting was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It is no REG_DWORD, or cannot be read.
    Unusable(Status),
    /// It is out of bounds.
    OutOfBounds(u32),
}

impl fmt::Display for Warning {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { name, why, instead } => {
                match why {
                    Why::Unusable(status) => {
                        write!(out, "setting {name} is no REG_DWORD ({status:?})")?;
                    }
                    Why::OutOfBounds(value) => write!(out, "setting {name} cannot be {value:#x}")?,
                }
                write!(out, ": {instead:#x} is used")
            }
            Self::NoDialect { min, max } => write!(
                out,
                "setting MinDialect {min:#x} is newer than MaxDialect {max:#x}: no server can be connected to"
            ),
        }
    }
}

macro_rules! settings {
    ($($(#[doc = $doc:literal])* $field:ident: $name:literal = $default:expr, $allowed:expr $(, strictest $strictest:expr)?;)*) => {
        /// The driver's settings, read once at start.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct Settings {
            $($(#[doc = $doc])* #[doc = concat!("\n\nRegistry: `", $name, "`.")] pub $field: u32,)*
        }

        impl Settings {
            /// Reads every setting with `read`, by its name, and tells `warn` what is wrong with them.
            pub fn load(mut read: impl FnMut(&'static str) -> Found, mut warn: impl FnMut(Warning)) -> Self {
                let settings = Self {
                    $($field: settings!(rule $name, $default, $allowed $(, $strictest)?).value(&mut read, &mut warn),)*
                };
                settings.look_for_contradictions(warn);
                settings
            }
        }

        impl Default for Settings {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }

        /// Every setting there is.
        #[cfg(test)]
        const RULES: &[Rule] = &[$(settings!(rule $name, $default, $allowed $(, $strictest)?),)*];
    };
    (rule $name:literal, $default:expr, $allowed:expr) => {
        settings!(rule $name, $default, $allowed, $default)
    };
    (rule $name:literal, $default:expr, $allowed:expr, $instead:expr) => {
        Rule { name: $name, default: $default, allowed: $allowed, instead: $instead }
    };
}

settings! {
    /// What carries connections: [`TRANSPORT_WSK`] or [`TRANSPORT_TDI`].
    transport: "Transport" = TRANSPORT_WSK, Allowed::Values(&[TRANSPORT_WSK, TRANSPORT_TDI]);
    /// Oldest dialect to accept, as MS-SMB2 writes dialects.
    min_dialect: "MinDialect" = 0x0202, DIALECT, strictest 0x0311;
    /// Newest dialect to offer.
    max_dialect: "MaxDialect" = 0x0311, DIALECT;
    /// Refuse sessions that cannot be signed.
    require_signing: "RequireSigning" = 1, SWITCH;
    /// Refuse sessions that cannot be encrypted.
    require_encryption: "RequireEncryption" = 0, SWITCH, strictest 1;
    /// The ciphers to offer, as MS-SMB2 numbers them, each a hexadecimal digit, the preferred one first: [`Self::ciphers`].
    cipher_order: "Ciphers" = 0x2143, Allowed::Ciphers, strictest 0x43;
    /// Accept that a server makes a named user its guest.
    allow_guest: "AllowGuest" = 0, SWITCH;
    /// Connect without a user where none was given.
    allow_anonymous: "AllowAnonymous" = 0, SWITCH;
    /// Answer for plain `\\server\share` too, not only for `\\server@OX\share`.
    claim_plain_names: "ClaimPlainNames" = 0, SWITCH;
    /// Milliseconds a server has to take a connection.
    connect_timeout: "ConnectTimeoutMs" = 10_000, Allowed::Range(100, 300_000);
    /// Milliseconds a server has to answer a request.
    request_timeout: "RequestTimeoutMs" = 30_000, Allowed::Range(100, 600_000);
    /// Seconds a server has to answer a request of which it said that it would take longer (STATUS_PENDING); at least
    /// [`Self::request_timeout`] in any case.
    pended_timeout: "PendedTimeoutSeconds" = 1000, Allowed::Range(1, 86_400);
    /// Milliseconds of silence after which an ECHO asks whether the server still lives.
    echo_after: "EchoAfterMs" = 30_000, Allowed::Range(100, 600_000);
    /// Credits to ask for in all.
    credits: "Credits" = 512, Allowed::Range(1, 8192);
    /// Largest single READ or WRITE on the wire, in bytes; a larger one is split.
    max_io: "MaxIoBytes" = 1_048_576, Allowed::Range(4096, 8_388_608);
    /// How many requests one large read or write keeps in flight.
    io_depth: "IoDepth" = 8, Allowed::Range(1, 64);
}

impl Settings {
    /// Warns of what is sensible by itself but not together. It stays as it is: no server has a dialect that fits.
    fn look_for_contradictions(&self, mut warn: impl FnMut(Warning)) {
        let (min, max) = (self.min_dialect, self.max_dialect);
        if min > max {
            warn(Warning::NoDialect { min, max });
        }
    }

    /// [`Self::cipher_order`] as the protocol engine takes it.
    pub fn ciphers(&self) -> Ciphers {
        cipher_order(self.cipher_order).unwrap_or(Ciphers::DEFAULT)
    }

    /// [`Self::connect_timeout`] as a duration.
    pub fn connect_time(&self) -> Duration {
        Duration::from_millis(self.connect_timeout.into())
    }

    /// [`Self::request_timeout`] as a duration.
    pub fn request_time(&self) -> Duration {
        Duration::from_millis(self.request_timeout.into())
    }
}

impl Allowed {
    fn contains(self, value: u32) -> bool {
        match self {
            Self::Range(least, most) => (least..=most).contains(&value),
            Self::Values(values) => values.contains(&value),
            Self::Ciphers => cipher_order(value).is_some(),
        }
    }
}

/// The ciphers that the hexadecimal digits of a number stand for: at least one, and none twice.
fn cipher_order(digits: u32) -> Option<Ciphers> {
    let significant = 8u32.checked_sub(digits.leading_zeros().checked_div(4)?)?;
    let digit = |place: u32| {
        digits
            .checked_shr(place.checked_mul(4)?)
            .map(|rest| rest & 0xF)
    };
    let mut chosen = [None; 4];
    if !(1..=4).contains(&significant) {
        return None;
    }
    for (slot, place) in chosen.iter_mut().zip((0..significant).rev()) {
        let id = u16::try_from(digit(place)?).ok()?;
        *slot = Some(Cipher::from_wire_id(id)?);
    }
    Ciphers::new(chosen.into_iter().flatten())
}

impl Rule {
    fn value(
        &self,
        read: &mut impl FnMut(&'static str) -> Found,
        warn: &mut impl FnMut(Warning),
    ) -> u32 {
        let why = match read(self.name) {
            Found::Nothing => return self.default,
            Found::Value(value) if self.allowed.contains(value) => return value,
            Found::Value(value) => Why::OutOfBounds(value),
            Found::Unusable(status) => Why::Unusable(status),
        };
        warn(Warning::Refused {
            name: self.name,
            why,
            instead: self.instead,
        });
        self.instead
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::{String, ToString};
    use std::vec::Vec;

    /// Loads settings of which only some are set.
    fn load(set: &[(&str, Found)]) -> (Settings, Vec<Warning>) {
        let mut warnings = Vec::new();
        let find = |name| set.iter().find(|(set, _)| *set == name);
        let settings = Settings::load(
            |name| find(name).map_or(Found::Nothing, |&(_, found)| found),
            |warning| warnings.push(warning),
        );
        (settings, warnings)
    }

    #[test]
    fn an_empty_registry_gives_the_defaults() {
        let (settings, refused) = load(&[]);
        assert_eq!(settings, Settings::default());
        assert_eq!(refused, []);
        assert_eq!(settings.require_signing, 1);
        assert_eq!(settings.allow_guest, 0);
        assert_eq!(settings.transport, TRANSPORT_WSK);
    }

    #[test]
    fn every_default_is_allowed_and_every_name_is_its_own() {
        for (index, rule) in RULES.iter().enumerate() {
            for value in [rule.default, rule.instead] {
                assert!(rule.allowed.contains(value), "{}", rule.name);
            }
            let same = RULES.iter().filter(|other| other.name == rule.name);
            assert_eq!(same.count(), 1, "{index}");
        }
    }

    #[test]
    fn the_bounds_of_every_setting_are_taken_and_what_is_beyond_is_refused_and_named() {
        let beyond = |rule: &Rule| match rule.allowed {
            Allowed::Range(least, most) => ([least, most], least.checked_sub(1), most + 1),
            Allowed::Values(values) => {
                let most = *values.last().unwrap();
                ([values[0], most], values[0].checked_sub(1), most + 1)
            }
            Allowed::Ciphers => ([1, 0x4321], Some(0), 0x4322),
        };
        for rule in RULES {
            let (taken, below, above) = beyond(rule);
            for value in taken {
                let (_, refused) = load(&[(rule.name, Found::Value(value))]);
                assert_eq!(refused, [], "{} = {value}", rule.name);
            }
            for value in below.into_iter().chain([above, u32::MAX]) {
                let (settings, warnings) = load(&[(rule.name, Found::Value(value))]);
                let (strict, _) = load(&[(rule.name, Found::Value(rule.instead))]);
                assert_eq!(settings, strict);
                let refused = Warning::Refused {
                    name: rule.name,
                    why: Why::OutOfBounds(value),
                    instead: rule.instead,
                };
                assert_eq!(warnings, [refused]);
            }
        }
    }

    #[test]
    fn a_value_of_another_type_is_refused_and_named() {
        let (settings, refused) =
            load(&[("Credits", Found::Unusable(Status::OBJECT_TYPE_MISMATCH))]);
        assert_eq!(settings.credits, 512);
        assert_eq!(
            refused[0].to_string(),
            "setting Credits is no REG_DWORD (OBJECT_TYPE_MISMATCH): 0x200 is used"
        );
    }

    #[test]
    fn a_dialect_that_does_not_exist_is_refused() {
        let (settings, refused) = load(&[("MaxDialect", Found::Value(0x0301))]);
        assert_eq!(settings.max_dialect, 0x0311);
        assert_eq!(
            refused[0].to_string(),
            "setting MaxDialect cannot be 0x301: 0x311 is used"
        );
    }

    #[test]
    fn an_oldest_dialect_newer_than_the_newest_leaves_none() {
        let set = [
            ("MinDialect", Found::Value(0x0311)),
            ("MaxDialect", Found::Value(0x0210)),
        ];
        let (settings, warnings) = load(&set);
        assert_eq!(settings.min_dialect, 0x0311);
        assert_eq!(settings.max_dialect, 0x0210);
        assert_eq!(
            warnings[0].to_string(),
            "setting MinDialect 0x311 is newer than MaxDialect 0x210: no server can be connected to"
        );
    }

    #[test]
    fn what_cannot_be_taken_of_what_protects_is_taken_for_the_strictest() {
        let text = Found::Unusable(Status::OBJECT_TYPE_MISMATCH);
        for found in [text, Found::Value(0x1_0000)] {
            let of = |name| load(&[(name, found)]).0;
            assert_eq!(of("RequireSigning").require_signing, 1);
            assert_eq!(of("RequireEncryption").require_encryption, 1);
            assert_eq!(of("MinDialect").min_dialect, 0x0311);
            assert_eq!(
                of("Ciphers").ciphers().as_slice(),
                [Cipher::Aes256Gcm, Cipher::Aes256Ccm]
            );
            assert_eq!(of("AllowGuest").allow_guest, 0);
            assert_eq!(of("AllowAnonymous").allow_anonymous, 0);
        }
    }

    #[test]
    fn the_digits_of_a_cipher_order_are_ciphers_the_first_one_first() {
        let ciphers = |digits| load(&[("Ciphers", Found::Value(digits))]).0.ciphers();
        assert_eq!(Settings::default().ciphers(), Ciphers::DEFAULT);
        assert_eq!(ciphers(0x2143), Ciphers::DEFAULT);
        assert_eq!(ciphers(3).as_slice(), [Cipher::Aes256Ccm]);
        assert_eq!(
            ciphers(0x41).as_slice(),
            [Cipher::Aes256Gcm, Cipher::Aes128Ccm]
        );
        for wrong in [0, 5, 0x11, 0x20, 0x121, 0x5143, 0x1_2143, 0x2143_2143] {
            assert_eq!(cipher_order(wrong), None, "{wrong:#x}");
        }
    }

    #[test]
    fn a_value_within_bounds_is_taken() {
        let (settings, _) = load(&[("MaxDialect", Found::Value(0x0210))]);
        assert_eq!(settings.max_dialect, 0x0210);
    }

    /// How the page for administrators writes a value of a setting.
    fn written(rule: &Rule, value: u32) -> String {
        if rule.allowed == DIALECT || rule.allowed == Allowed::Ciphers {
            std::format!("{value:#06x}")
        } else {
            value.to_string()
        }
    }

    #[test]
    fn the_page_for_administrators_has_every_setting_as_it_is() {
        const PAGE: &str = include_str!("../docs/settings.md");
        let rows: Vec<Vec<&str>> = PAGE
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.strip_suffix(" |"))
            .map(|row| row.split(" | ").collect())
            .collect();
        assert_eq!(rows.len(), RULES.len());
        for (row, rule) in rows.iter().zip(RULES) {
            let allowed = match rule.allowed {
                Allowed::Range(least, most) => {
                    std::format!("{} to {}", written(rule, least), written(rule, most))
                }
                Allowed::Values(values) => {
                    let values: Vec<_> = values.iter().map(|&one| written(rule, one)).collect();
                    values.join(", ")
                }
                Allowed::Ciphers => "different digits of 1 to 4".into(),
            };
            let expected = [
                std::format!("{}`", rule.name),
                "REG_DWORD".into(),
                written(rule, rule.default),
                allowed,
            ];
            assert_eq!(row[..4], expected);
            assert!(row.len() == 5 && row[4].ends_with('.'), "{}", rule.name);
        }
    }
}
