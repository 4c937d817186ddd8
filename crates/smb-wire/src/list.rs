//! Lists inside of messages, received or to be sent.

use core::fmt;

use crate::{EmitError, ParseError, Reader, Writer};

/// One element of a [`List`].
pub trait Element<'a>: Copy + PartialEq + fmt::Debug {
    /// Reads one element and leaves the reader at the next, or empty after the last. Always consumes something.
    fn read(r: &mut Reader<'a>) -> Result<Self, ParseError>;

    /// Appends the element; unless it is the `last`, with the padding and the link that lead to the next.
    fn write(&self, w: &mut Writer<'_>, last: bool) -> Result<(), EmitError>;
}

/// A list of elements: as received (its bytes, walked once when the message was parsed), or as given by the sender.
/// Two lists are equal when their elements are.
#[derive(Clone, Copy)]
pub struct List<'a, T>(Source<'a, T>);

#[derive(Clone, Copy)]
enum Source<'a, T> {
    Wire(Reader<'a>),
    Items(&'a [T]),
}

impl<'a, T: Element<'a>> List<'a, T> {
    /// The list of these elements.
    pub const fn new(items: &'a [T]) -> Self {
        Self(Source::Items(items))
    }

    /// The list that fills `bytes`. Every element is looked at, so that a broken list is refused as a whole.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        let mut r = Reader::new(bytes);
        while !r.is_empty() {
            T::read(&mut r)?;
        }
        Ok(Self(Source::Wire(Reader::new(bytes))))
    }

    /// The first `count` elements from the reader, which may hold more. The reader is left behind them.
    pub fn parse_counted(r: &mut Reader<'a>, count: u16) -> Result<Self, ParseError> {
        let all = r.rest();
        for _ in 0..count {
            T::read(r)?;
        }
        let taken = all.len().saturating_sub(r.len());
        Ok(Self(Source::Wire(Reader::new(
            all.get(..taken).unwrap_or_default(),
        ))))
    }

    /// The elements.
    pub fn iter(&self) -> ListIter<'a, T> {
        ListIter(self.0)
    }

    /// How many elements there are. Walks the list.
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether there are no elements.
    pub const fn is_empty(&self) -> bool {
        match self.0 {
            Source::Wire(r) => r.is_empty(),
            Source::Items(items) => items.is_empty(),
        }
    }

    /// Appends all elements.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        let mut items = self.iter().peekable();
        while let Some(item) = items.next() {
            item.write(w, items.peek().is_none())?;
        }
        Ok(())
    }
}

/// The elements of a [`List`], which was found sound when it was parsed.
#[derive(Clone, Debug)]
pub struct ListIter<'a, T>(Source<'a, T>);

impl<'a, T: Element<'a>> Iterator for ListIter<'a, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        match &mut self.0 {
            Source::Wire(r) if r.is_empty() => None,
            Source::Wire(r) => T::read(r).ok(),
            Source::Items(items) => {
                let (first, rest) = items.split_first()?;
                *items = rest;
                Some(*first)
            }
        }
    }
}

impl<'a, T: Element<'a>> IntoIterator for List<'a, T> {
    type Item = T;
    type IntoIter = ListIter<'a, T>;

    fn into_iter(self) -> ListIter<'a, T> {
        ListIter(self.0)
    }
}

impl<T> Default for List<'_, T> {
    fn default() -> Self {
        Self(Source::Items(&[]))
    }
}

impl<'a, T: Element<'a>> PartialEq for List<'a, T> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<'a, T: Element<'a>> fmt::Debug for List<'a, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<T> fmt::Debug for Source<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wire(r) => write!(f, "{} bytes", r.len()),
            Self::Items(items) => write!(f, "{} items", items.len()),
        }
    }
}

/// Makes open enums over 16-bit integers elements of packed lists (dialects, ciphers, hashes...).
macro_rules! packed_u16 {
    ($($name:ident: $field:literal),* $(,)?) => {$(
        impl<'a> $crate::Element<'a> for $name {
            fn read(r: &mut $crate::Reader<'a>) -> Result<Self, $crate::ParseError> {
                r.u16($field).map(Self)
            }

            fn write(&self, w: &mut $crate::Writer<'_>, _last: bool) -> Result<(), $crate::EmitError> {
                w.u16(self.0)
            }
        }
    )*};
}
pub(crate) use packed_u16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smb2::Dialect;

    #[test]
    fn a_received_list_equals_the_one_that_was_sent() {
        let sent = [Dialect::SMB2_1, Dialect(0x1234)];
        let received = List::<Dialect>::parse(&[0x10, 2, 0x34, 0x12]).unwrap();
        assert_eq!(received, List::new(&sent));
        assert_ne!(received, List::new(&sent[..1]));
        assert_eq!((received.len(), received.is_empty()), (2, false));
        assert!(List::<Dialect>::default().is_empty());
    }

    #[test]
    fn a_broken_list_is_refused_as_a_whole() {
        assert_eq!(
            List::<Dialect>::parse(&[0x10, 2, 0x34]),
            Err(ParseError::truncated("Dialects"))
        );
    }

    #[test]
    fn a_counted_list_leaves_what_is_behind_it() {
        let mut r = Reader::new(&[0x10, 2, 0x34, 0x12]);
        let list = List::<Dialect>::parse_counted(&mut r, 1).unwrap();
        assert_eq!(list, List::new(&[Dialect::SMB2_1]));
        assert_eq!(r.rest(), [0x34, 0x12]);
        assert_eq!(
            List::<Dialect>::parse_counted(&mut r, 2),
            Err(ParseError::truncated("Dialects"))
        );
    }
}
