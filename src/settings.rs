//! What an administrator can set, under the service's `Parameters` key. Every value is a REG_DWORD with bounds; a value
//! outside them is as good as absent, and the log says so.

use core::time::Duration;

/// One setting: its registry name, the value it has when nothing is set, and the bounds of what may be set.
struct Rule {
    name: &'static str,
    default: u32,
    least: u32,
    most: u32,
}

/// A value that was set but not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The setting's registry name.
    pub name: &'static str,
    /// What was set.
    pub value: u32,
    /// What is used instead.
    pub default: u32,
}

macro_rules! settings {
    ($($(#[doc = $doc:literal])* $field:ident: $name:literal = $default:literal in $least:literal..=$most:literal;)*) => {
        /// The driver's settings, read once at start.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct Settings {
            $($(#[doc = $doc])* #[doc = concat!("\n\nRegistry: `", $name, "`, ", $default, " unless set, ", $least, " to ", $most, ".")] pub $field: u32,)*
        }

        impl Settings {
            /// Reads every setting with `read` (name to value, if one is set), and tells `refused` of each value out of bounds.
            pub fn load(mut read: impl FnMut(&'static str) -> Option<u32>, mut refused: impl FnMut(Refused)) -> Self {
                Self {
                    $($field: Rule { name: $name, default: $default, least: $least, most: $most }.value(&mut read, &mut refused),)*
                }
            }
        }

        impl Default for Settings {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }
    };
}

settings! {
    /// Oldest dialect to accept, as MS-SMB2 writes dialects (0x0202, 0x0210, 0x0300, 0x0302, 0x0311).
    min_dialect: "MinDialect" = 0x0202 in 0x0202..=0x0311;
    /// Newest dialect to offer.
    max_dialect: "MaxDialect" = 0x0311 in 0x0202..=0x0311;
    /// Refuse sessions that cannot be signed.
    require_signing: "RequireSigning" = 1 in 0..=1;
    /// Accept that a server makes a named user its guest.
    allow_guest: "AllowGuest" = 0 in 0..=1;
    /// Connect without a user where none was given.
    allow_anonymous: "AllowAnonymous" = 0 in 0..=1;
    /// Answer for plain `\\server\share` too, not only for `\\server@OX\share`.
    claim_plain_names: "ClaimPlainNames" = 0 in 0..=1;
    /// Milliseconds a server has to take a connection.
    connect_timeout: "ConnectTimeoutMs" = 10_000 in 100..=300_000;
    /// Milliseconds a server has to answer a request.
    request_timeout: "RequestTimeoutMs" = 30_000 in 100..=600_000;
    /// Milliseconds of silence after which an ECHO asks whether the server still lives.
    echo_after: "EchoAfterMs" = 30_000 in 100..=600_000;
    /// Credits to ask for in all.
    credits: "Credits" = 512 in 1..=8192;
    /// Largest single READ or WRITE on the wire, in bytes; a larger one is split.
    max_io: "MaxIoBytes" = 1_048_576 in 4096..=8_388_608;
    /// How many requests one large read or write keeps in flight.
    io_depth: "IoDepth" = 8 in 1..=64;
    /// Seconds that a closed file's handle may stay open on the server, to serve a quick reopen.
    close_delay: "CloseDelaySeconds" = 10 in 1..=120;
}

impl Settings {
    /// [`Self::connect_timeout`] as a duration.
    pub fn connect_time(&self) -> Duration {
        Duration::from_millis(self.connect_timeout.into())
    }

    /// [`Self::request_timeout`] as a duration.
    pub fn request_time(&self) -> Duration {
        Duration::from_millis(self.request_timeout.into())
    }

    /// [`Self::echo_after`] as a duration.
    pub fn echo_time(&self) -> Duration {
        Duration::from_millis(self.echo_after.into())
    }
}

impl Rule {
    fn value(
        &self,
        read: &mut impl FnMut(&'static str) -> Option<u32>,
        refused: &mut impl FnMut(Refused),
    ) -> u32 {
        match read(self.name) {
            None => self.default,
            Some(value) if (self.least..=self.most).contains(&value) => value,
            Some(value) => {
                refused(Refused {
                    name: self.name,
                    value,
                    default: self.default,
                });
                self.default
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn an_empty_registry_gives_the_defaults() {
        let settings = Settings::load(|_| None, |refused| panic!("{refused:?}"));
        assert_eq!(settings, Settings::default());
        assert_eq!(settings.require_signing, 1);
        assert_eq!(settings.allow_guest, 0);
    }

    #[test]
    fn a_value_out_of_bounds_is_refused_and_named() {
        let mut refused = Vec::new();
        let settings = Settings::load(
            |name| (name == "Credits").then_some(0),
            |refusal| refused.push(refusal),
        );
        assert_eq!(settings.credits, 512);
        assert_eq!(refused.len(), 1);
        assert_eq!((refused[0].name, refused[0].value), ("Credits", 0));
    }

    #[test]
    fn a_value_within_bounds_is_taken() {
        let settings = Settings::load(|name| (name == "MaxDialect").then_some(0x0210), |_| ());
        assert_eq!(settings.max_dialect, 0x0210);
    }
}
