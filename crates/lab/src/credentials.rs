//! Who connects: user, domain and password, and where the password comes from.

use std::convert::Infallible;
use std::env::{self, VarError};
use std::fmt;
use std::io;

use zeroize::Zeroizing;

use crate::failure::Failure;

/// The environment variable that may hold the password.
pub const PASSWORD_VARIABLE: &str = "OXSMB_PASSWORD";

/// A user with domain and password. The password is wiped from memory when this is dropped, and `Debug` leaves it out.
#[derive(Clone)]
pub struct Credentials {
    /// The user's domain; empty for the server's own.
    pub domain: String,
    /// The user's name.
    pub user: String,
    /// The user's password.
    pub password: Zeroizing<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}\\{} with a password", self.domain, self.user)
    }
}

/// What `--user` said: all of it, or all but the password.
#[derive(Clone)]
pub struct UserArgument {
    domain: String,
    user: String,
    password: Option<Zeroizing<String>>,
}

impl fmt::Debug for UserArgument {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}\\{}", self.domain, self.user)
    }
}

impl UserArgument {
    /// Reads `[DOMAIN\]name[%password]`; the domain may be set off by a slash too.
    ///
    /// # Errors
    /// Never: the command line's parser would repeat a refused argument, and with it the password. An empty name is
    /// refused by [`Self::complete`].
    pub fn parse(text: &str) -> Result<Self, Infallible> {
        let (account, password) = match text.split_once('%') {
            Some((account, password)) => (account, Some(password)),
            None => (text, None),
        };
        let (domain, user) = account.split_once(['\\', '/']).unwrap_or(("", account));
        Ok(Self {
            domain: domain.into(),
            user: user.into(),
            password: password.map(|password| Zeroizing::new(password.into())),
        })
    }

    /// Finds the password: on the command line, in [`PASSWORD_VARIABLE`], or by asking without echo.
    ///
    /// # Errors
    /// When the name is empty, the variable is no text, or there is nobody to ask.
    pub fn complete(self) -> Result<Credentials, Failure> {
        if self.user.is_empty() {
            let missing = "the name is missing; it is [DOMAIN\\]NAME[%PASSWORD]";
            return Err(Failure::new("use", "--user", missing));
        }
        let password = match self.password {
            Some(password) => password,
            None => password_from_elsewhere(&self.user)?,
        };
        Ok(Credentials {
            domain: self.domain,
            user: self.user,
            password,
        })
    }
}

fn password_from_elsewhere(user: &str) -> Result<Zeroizing<String>, Failure> {
    match env::var(PASSWORD_VARIABLE) {
        Ok(password) => Ok(Zeroizing::new(password)),
        Err(VarError::NotPresent) => rpassword::prompt_password(format!("Password of {user}: "))
            .map(Zeroizing::new)
            .map_err(|error| not_asked(user, &error)),
        Err(VarError::NotUnicode(password)) => {
            drop(Zeroizing::new(password.into_encoded_bytes()));
            Err(Failure::new("use", PASSWORD_VARIABLE, "it is not UTF-8"))
        }
    }
}

fn not_asked(user: &str, error: &io::Error) -> Failure {
    let words = format!("{error}; without a terminal, set {PASSWORD_VARIABLE}");
    Failure::new("ask for", format!("the password of {user}"), words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> (String, String, Option<String>) {
        let argument = UserArgument::parse(text).unwrap();
        let password = argument.password.map(|password| password.to_string());
        (argument.domain, argument.user, password)
    }

    #[test]
    fn domain_and_password_may_be_left_out() {
        assert_eq!(
            parse("D\\u%p%q"),
            ("D".into(), "u".into(), Some("p%q".into()))
        );
        assert_eq!(parse("D/u"), ("D".into(), "u".into(), None));
        assert_eq!(
            parse("u%"),
            (String::new(), "u".into(), Some(String::new()))
        );
    }

    #[test]
    fn neither_an_error_nor_debug_shows_the_password() {
        let nameless = UserArgument::parse("%secret").unwrap();
        let said = nameless.complete().unwrap_err().to_string();
        assert!(said.contains("the name is missing"), "{said}");
        assert!(!said.contains("secret"), "{said}");
        let argument = UserArgument::parse("u%secret").unwrap();
        assert!(!format!("{argument:?}").contains("secret"));
        assert!(!format!("{:?}", argument.complete().unwrap()).contains("secret"));
    }

    #[test]
    fn nobody_to_ask_is_told_with_the_way_without_a_terminal() {
        let said = not_asked("ann", &io::Error::other("no terminal")).to_string();
        assert_eq!(
            said,
            "cannot ask for the password of ann: no terminal; without a terminal, set OXSMB_PASSWORD"
        );
    }
}
