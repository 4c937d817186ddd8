//! A request's token: which request it is, how it is protected, and the buffer of a READ between its guards.

use std::cell::RefCell;
use std::rc::Rc;

use smb_client::{Protection, Session, Token};

/// How a request is protected, as the driver tells it.
#[derive(Clone, Debug)]
pub enum Guard {
    None,
    /// As the session's ordinary requests.
    Session(Rc<Session>),
    /// Whenever there is a key.
    Always(Rc<Session>),
    /// Encrypted, if the session can be.
    Sealed(Rc<Session>),
}

impl Guard {
    pub fn protection(&self) -> Protection<'_> {
        match self {
            Self::None => Protection::None,
            Self::Session(session) => session.protection(),
            Self::Always(session) => session.full_protection(),
            Self::Sealed(session) => match session.sealing() {
                Ok(sealing) => Protection::Sealed(sealing),
                Err(_) => session.full_protection(),
            },
        }
    }

    pub fn is_protected(&self) -> bool {
        !matches!(self.protection(), Protection::None)
    }

    pub fn session_id(&self) -> u64 {
        match self {
            Self::None => 0,
            Self::Session(session) | Self::Always(session) | Self::Sealed(session) => session.id,
        }
    }
}

/// What nobody may write over.
const MARK: u8 = 0xA5;
/// How much of it lies on each side of a buffer.
const MARGIN: usize = 64;
const MARKS: [u8; MARGIN] = [MARK; MARGIN];

/// Where a READ's data goes: exactly as long as was asked for, with marks around it.
#[derive(Debug)]
pub struct Buffer {
    len: usize,
    bytes: RefCell<Vec<u8>>,
}

impl Buffer {
    pub fn new(len: usize) -> Self {
        Self {
            len,
            bytes: RefCell::new(vec![MARK; len + 2 * MARGIN]),
        }
    }

    /// Does what a transport does that was told to receive here.
    pub fn place(&self, offset: usize, data: &[u8]) {
        let start = MARGIN + offset;
        let mut bytes = self.bytes.borrow_mut();
        let place = bytes.get_mut(start..start + data.len());
        place.expect("far outside the buffer").copy_from_slice(data);
    }

    /// The first `len` bytes.
    pub fn front(&self, len: usize) -> Vec<u8> {
        assert!(len <= self.len, "more was received than was asked for");
        self.bytes.borrow()[MARGIN..MARGIN + len].to_vec()
    }

    /// Nothing but the first `len` bytes was written to.
    pub fn check(&self, len: usize) {
        let bytes = self.bytes.borrow();
        // Compared piece by piece: byte by byte, the fuzzer would watch each of them.
        let is_untouched = |part: &[u8]| part.chunks(MARGIN).all(|piece| MARKS.starts_with(piece));
        assert!(
            is_untouched(&bytes[..MARGIN]) && is_untouched(&bytes[MARGIN + len..]),
            "written outside of the {len} bytes"
        );
    }

    /// Nothing outside of the buffer was written to.
    pub fn check_margins(&self) {
        self.check(self.len);
    }

    pub const fn len(&self) -> usize {
        self.len
    }
}

/// Not to be copied: whoever has it has the request.
#[derive(Debug)]
pub struct Tok {
    pub number: usize,
    pub guard: Guard,
    pub buffer: Rc<Buffer>,
}

impl Token for Tok {
    fn protection(&self) -> Protection<'_> {
        self.guard.protection()
    }

    fn data(&self, len: usize, each: &mut dyn FnMut(&[u8])) {
        // Two pieces, as a buffer in two chained MDLs shows.
        let data = self.buffer.front(len);
        let (a, b) = data.split_at(len / 2);
        each(a);
        each(b);
    }
}
