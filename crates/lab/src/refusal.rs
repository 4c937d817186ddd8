//! What it means when a share cannot be connected, in the light of the options that it was tried with.

use smb_wire::NtStatus;

use crate::advice::Advice;
use crate::arguments::{Connect, DialectArgument, word};
use crate::failure::Failure;

/// A failure to connect, with advice that knows the options.
pub fn explain(failure: Failure, options: &Connect) -> Failure {
    let advice = match failure.status() {
        Some(NtStatus::ACCESS_DENIED) => denied(options),
        Some(NtStatus::NOT_SUPPORTED) => unsupported(options),
        _ => return failure,
    };
    failure.advise(advice)
}

/// The server said no, or made the user its guest.
fn denied(options: &Connect) -> Advice {
    match options.dialect {
        _ if options.user.is_none() => Advice::new(
            "the server lets nobody in without a name",
            "name a user with --user",
        ),
        Some(dialect @ (DialectArgument::Smb202 | DialectArgument::Smb210)) => Advice::new(
            "the server does not let the user in, or not without encryption",
            format!(
                "leave out --dialect {}, which knows no encryption, or take another user",
                word(&dialect)
            ),
        ),
        _ if options.guest => Advice::new(
            "the server does not let the user in",
            "ask for the right to use the share, or take another user",
        ),
        _ => Advice::new(
            "the server does not let the user in, or as a guest only",
            "check the user's name, or ask for the right to use the share; a guest on a network you trust takes --guest --no-sign",
        ),
    }
}

/// The server has not what was demanded.
fn unsupported(options: &Connect) -> Advice {
    let dialect = options.dialect.map(|dialect| word(&dialect));
    let cipher = options.cipher.map(|cipher| word(&cipher));
    let speak = dialect.map(|dialect| (format!("speak SMB {dialect}"), "--dialect"));
    let encrypt = match cipher {
        Some(cipher) => Some((format!("encrypt by {cipher}"), "--cipher")),
        None => options
            .encrypt
            .then(|| ("encrypt as --encrypt demands".to_owned(), "--encrypt")),
    };
    let demands: Vec<_> = speak.into_iter().chain(encrypt).collect();
    if demands.is_empty() {
        return Advice::new(
            "the server and OxSMB have no dialect or cipher in common",
            "ask the server's administrator which dialects of SMB it speaks",
        );
    }
    let lacks: Vec<_> = demands.iter().map(|(lack, _)| lack.as_str()).collect();
    let without: Vec<_> = demands.iter().map(|&(_, option)| option).collect();
    let warning = if options.encrypts() {
        "; what is not encrypted, others on the network can read"
    } else {
        ""
    };
    Advice::new(
        format!("the server does not {}", lacks.join(", or does not ")),
        format!("try without {}{warning}", without.join(" or ")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::Arguments;
    use clap::Parser;

    fn explained(status: NtStatus, options: &[&str]) -> String {
        let line = ["oxsmb"].iter().chain(options);
        let options = Arguments::try_parse_from(line).unwrap().connect;
        let failure = explain(Failure::new("connect to", "//h/s", status), &options);
        let said = failure.to_string();
        let (_, why) = said.split_once(": ").unwrap();
        why.to_owned()
    }

    #[test]
    fn what_the_server_lacks_is_told_by_the_options_that_demand_it() {
        let lacking = |options: &[&str]| explained(NtStatus::NOT_SUPPORTED, options);
        assert_eq!(
            lacking(&["--dialect=3.0.2"]),
            "the server does not speak SMB 3.0.2 (STATUS_NOT_SUPPORTED); try without --dialect"
        );
        assert!(lacking(&["--encrypt"]).starts_with("the server does not encrypt as --encrypt"));
        assert_eq!(
            lacking(&["--dialect=3.1.1", "--cipher=aes-256-gcm"]),
            "the server does not speak SMB 3.1.1, or does not encrypt by aes-256-gcm (STATUS_NOT_SUPPORTED); \
             try without --dialect or --cipher; what is not encrypted, others on the network can read"
        );
        assert!(lacking(&[]).contains("no dialect or cipher in common"));
    }

    #[test]
    fn who_is_denied_learns_which_options_may_be_to_blame() {
        let denied = |options: &[&str]| explained(NtStatus::ACCESS_DENIED, options);
        assert!(denied(&["--user=a"]).contains("or as a guest only"));
        assert!(denied(&["--user=a", "--dialect=2.1"]).contains("leave out --dialect 2.1"));
        assert!(!denied(&["--user=a", "--guest", "--no-sign"]).contains("--guest"));
        assert!(denied(&["--guest", "--no-sign"]).contains("name a user with --user"));
    }
}
