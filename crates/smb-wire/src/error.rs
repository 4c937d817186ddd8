//! What can be wrong with a message, in either direction.

use core::fmt;

/// Why received bytes are not the message they should be: the field, by its name in the specification, and its fault.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ParseError {
    /// The offending field, named as the specification names it.
    pub field: &'static str,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// The bytes end before the field does.
    Truncated,
    /// An offset or length names bytes outside of the message, or inside its fixed part.
    OutOfBounds,
    /// An offset or length breaks the alignment that the specification demands.
    Misaligned,
    /// The value is not one that the field may have.
    Value,
}

impl ParseError {
    pub(crate) const fn truncated(field: &'static str) -> Self {
        Self {
            field,
            fault: Fault::Truncated,
        }
    }

    pub(crate) const fn out_of_bounds(field: &'static str) -> Self {
        Self {
            field,
            fault: Fault::OutOfBounds,
        }
    }

    pub(crate) const fn misaligned(field: &'static str) -> Self {
        Self {
            field,
            fault: Fault::Misaligned,
        }
    }

    pub(crate) const fn value(field: &'static str) -> Self {
        Self {
            field,
            fault: Fault::Value,
        }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fault = match self.fault {
            Fault::Truncated => "is cut short",
            Fault::OutOfBounds => "points outside of its message",
            Fault::Misaligned => "is misaligned",
            Fault::Value => "has a forbidden value",
        };
        write!(f, "{} {fault}", self.field)
    }
}

impl core::error::Error for ParseError {}

/// Why a message could not be written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum EmitError {
    /// The buffer is too small for the message.
    BufferFull,
    /// A part is longer than its length field, named here, can say.
    TooLong(&'static str),
    /// The field, named here, contradicts another part of the same message.
    Contradiction(&'static str),
}

impl fmt::Display for EmitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BufferFull => f.write_str("the buffer is too small for the message"),
            Self::TooLong(field) => write!(f, "{field} cannot express so long a part"),
            Self::Contradiction(field) => {
                write!(f, "{field} contradicts another part of the message")
            }
        }
    }
}

impl core::error::Error for EmitError {}

// Derived ones would print the names as literals, and what escapes a literal's characters can panic, as far as a checker of
// images sees.
impl fmt::Debug for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for EmitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    #[test]
    fn an_error_names_its_field() {
        assert_eq!(
            ParseError::out_of_bounds("NameOffset").to_string(),
            "NameOffset points outside of its message"
        );
        assert_eq!(
            EmitError::TooLong("NameLength").to_string(),
            "NameLength cannot express so long a part"
        );
    }
}
