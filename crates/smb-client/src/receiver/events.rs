//! What the receiver asks for and what it hands out.

use smb_wire::smb2::Header;

/// Where the next received bytes should go.
#[derive(Debug)]
pub enum Want<'a, T> {
    /// Here, at most as many as fit.
    Inline(&'a mut [u8]),
    /// Into the caller's buffer of this READ, from `offset` on, at most `len` bytes.
    Data {
        /// The READ.
        token: &'a T,
        /// Where in its buffer.
        offset: usize,
        /// How many bytes are missing.
        len: usize,
    },
}

/// What the received bytes brought.
#[derive(Debug)]
pub enum Event<'a, T> {
    /// A request is answered.
    Answer(Answer<'a, T>),
    /// A READ whose data, in the caller's buffer, does not fit its signature. The message counts as not received (MS-SMB2
    /// 3.2.5.1.3); the connection goes on.
    Forged(T),
    /// The server breaks an oplock or a lease: the message, for [`smb_wire::smb2::BreakNotification::parse`].
    Break(&'a [u8]),
}

/// The answer to a request, checked against the request and for its protection.
#[derive(Debug)]
pub struct Answer<'a, T> {
    /// The request's token.
    pub token: T,
    /// The answer's header. Its status is the server's.
    pub header: Header,
    /// The whole message from the header on; of a READ whose data went elsewhere, the part before the data.
    pub message: &'a [u8],
    /// A READ's data.
    pub data: Data<'a>,
}

/// Where a READ's data is. What was not a READ, or failed, has placed no byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Data<'a> {
    /// In the caller's buffer, so many bytes.
    Placed(u32),
    /// Here, to be copied to the caller's buffer, which it fits: it was encrypted, or came in a compound.
    Here(&'a [u8]),
}
