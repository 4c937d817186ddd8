//! When something goes wrong, and what.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use smb_wire::NtStatus;
use smb_wire::smb2::transform::TransformHeader;
use smb_wire::smb2::{Command, Fsctl, Header, IoctlRequest};

use crate::protection::Protection;

type Filter = Arc<dyn Fn(&Seen<'_>) -> bool + Send + Sync>;

/// Which requests a rule is about: all conditions must hold.
#[derive(Clone, Default)]
pub struct When {
    command: Option<Command>,
    message_id: Option<u64>,
    connection: Option<u64>,
    filter: Option<Filter>,
    /// How many matching requests to let pass.
    skip: u64,
    /// How many of those after them to hit; all if `None`.
    take: Option<u64>,
}

impl When {
    /// Every request.
    pub fn any() -> Self {
        Self::default()
    }

    /// Every request with this command.
    pub fn command(command: Command) -> Self {
        Self {
            command: Some(command),
            ..Self::default()
        }
    }

    /// Every IOCTL with this control code.
    pub fn fsctl(code: Fsctl) -> Self {
        Self::command(Command::IOCTL).filter(move |seen| {
            IoctlRequest::parse(seen.message).is_ok_and(|ioctl| ioctl.ctl_code == code)
        })
    }

    /// Only the request with this message id.
    pub fn message_id(self, message_id: u64) -> Self {
        Self {
            message_id: Some(message_id),
            ..self
        }
    }

    /// Only requests on the connection of this number, from 1 in the order of accepting.
    pub fn connection(self, connection: u64) -> Self {
        Self {
            connection: Some(connection),
            ..self
        }
    }

    /// Only requests that `filter` approves of, such as a READ at one offset.
    pub fn filter(self, filter: impl Fn(&Seen<'_>) -> bool + Send + Sync + 'static) -> Self {
        Self {
            filter: Some(Arc::new(filter)),
            ..self
        }
    }

    /// Only the `n`th match, from 1.
    pub fn nth(self, n: u64) -> Self {
        Self {
            skip: n.saturating_sub(1),
            take: Some(1),
            ..self
        }
    }

    /// Only the first `n` matches.
    pub fn first(self, n: u64) -> Self {
        Self {
            skip: 0,
            take: Some(n),
            ..self
        }
    }

    /// All matches but the first `n`.
    pub fn after(self, n: u64) -> Self {
        Self {
            skip: n,
            take: None,
            ..self
        }
    }
}

/// What a rule sees of a request.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The connection's number, from 1.
    pub connection: u64,
    /// The request's header.
    pub header: Header,
    /// The whole request, from its header on.
    pub message: &'a [u8],
    /// Whether it came sealed.
    pub sealed: bool,
}

/// Changes the bytes of a reply, from its SMB2 header on.
pub type Rewrite = Arc<dyn Fn(&mut Vec<u8>) + Send + Sync>;

/// Changes a transform header before the seal is made over it and the messages. The signature, its bytes 4 to 20, is not made
/// yet.
pub type HeaderChange = Arc<dyn Fn(&mut [u8; TransformHeader::LEN]) + Send + Sync>;

/// Builds the bytes to send in place of a reply, NetBIOS framing included, from the reply that would have been sent (from
/// its SMB2 header on, or from its transform header if it is sealed).
pub type RawReply = Arc<dyn Fn(&[u8]) -> Vec<u8> + Send + Sync>;

/// What goes wrong with a reply.
#[derive(Clone)]
pub enum Fault {
    /// It is sent this much later, and can be cancelled meanwhile. Other replies overtake it.
    Delay(Duration),
    /// It is sent only after this many later replies of the connection.
    Hold(u32),
    /// It is never sent, although the request was executed.
    Swallow,
    /// It is sent twice.
    Duplicate,
    /// The request is not executed, and answered with this status.
    Status(NtStatus),
    /// An interim STATUS_PENDING is sent at once, and the reply this much later; it can be cancelled meanwhile. Not for
    /// members of a compound.
    Interim(Duration),
    /// It grants exactly this many credits; 0 from some request on starves the client.
    Credits(u16),
    /// The connection is closed in its place.
    Disconnect,
    /// The connection is closed after it.
    DisconnectAfter,
    /// Its bytes are changed before it is signed or sealed.
    Rewrite(Rewrite),
    /// Its bytes are changed after it was signed, and before it is sealed.
    Tamper(Rewrite),
    /// Other bytes are sent in its place. Not for members of a compound.
    Raw(RawReply),
    /// It is protected like this, whatever the session demands. Where the session has no keys for it, it is signed, or plain.
    /// A compound is sealed as a whole if one reply in it is.
    Protect(Protection),
    /// Its transform header is changed, and the seal is made so that it holds for the lie: a session id, flags, a size; or a
    /// nonce that was used before. Does nothing to a frame that is not sealed.
    Transform(HeaderChange),
    /// Its frame is changed by somebody between server and client, who has no keys: what is sealed stays closed to him, and
    /// the server's pre-authentication hash knows nothing of it. Not along with [`Fault::Raw`].
    OnTheWay(Rewrite),
    /// The request, from its SMB2 header on, is changed by somebody between client and server before it is looked at, but for
    /// its header, and before it enters the pre-authentication hash.
    Mishear(Rewrite),
}

impl Fault {
    /// [`Fault::Rewrite`] by a closure.
    pub fn rewrite(change: impl Fn(&mut Vec<u8>) + Send + Sync + 'static) -> Self {
        Self::Rewrite(Arc::new(change))
    }

    /// [`Fault::Tamper`] by a closure.
    pub fn tamper(change: impl Fn(&mut Vec<u8>) + Send + Sync + 'static) -> Self {
        Self::Tamper(Arc::new(change))
    }

    /// [`Fault::Transform`] by a closure.
    pub fn transform(
        change: impl Fn(&mut [u8; TransformHeader::LEN]) + Send + Sync + 'static,
    ) -> Self {
        Self::Transform(Arc::new(change))
    }

    /// [`Fault::OnTheWay`] by a closure.
    pub fn on_the_way(change: impl Fn(&mut Vec<u8>) + Send + Sync + 'static) -> Self {
        Self::OnTheWay(Arc::new(change))
    }

    /// [`Fault::Mishear`] by a closure.
    pub fn mishear(change: impl Fn(&mut Vec<u8>) + Send + Sync + 'static) -> Self {
        Self::Mishear(Arc::new(change))
    }

    /// [`Fault::Raw`] by a closure.
    pub fn raw(build: impl Fn(&[u8]) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self::Raw(Arc::new(build))
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delay(by) => write!(f, "Delay({by:?})"),
            Self::Hold(replies) => write!(f, "Hold({replies})"),
            Self::Swallow => f.write_str("Swallow"),
            Self::Duplicate => f.write_str("Duplicate"),
            Self::Status(status) => write!(f, "Status({status:?})"),
            Self::Interim(by) => write!(f, "Interim({by:?})"),
            Self::Credits(credits) => write!(f, "Credits({credits})"),
            Self::Disconnect => f.write_str("Disconnect"),
            Self::DisconnectAfter => f.write_str("DisconnectAfter"),
            Self::Rewrite(_) => f.write_str("Rewrite(..)"),
            Self::Tamper(_) => f.write_str("Tamper(..)"),
            Self::Raw(_) => f.write_str("Raw(..)"),
            Self::Protect(protection) => write!(f, "Protect({protection:?})"),
            Self::Transform(_) => f.write_str("Transform(..)"),
            Self::OnTheWay(_) => f.write_str("OnTheWay(..)"),
            Self::Mishear(_) => f.write_str("Mishear(..)"),
        }
    }
}

/// A rule of the script and how often it matched.
pub(super) struct Rule {
    when: When,
    pub(super) fault: Fault,
    matched: AtomicU64,
}

impl Rule {
    pub(super) fn new(when: When, fault: Fault) -> Self {
        Self {
            when,
            fault,
            matched: AtomicU64::new(0),
        }
    }

    /// Whether the rule applies to this request; a request that fits is counted.
    pub(super) fn matches(&self, seen: &Seen<'_>) -> bool {
        let fits = self
            .when
            .command
            .is_none_or(|command| command == seen.header.command)
            && self
                .when
                .message_id
                .is_none_or(|id| id == seen.header.message_id)
            && self
                .when
                .connection
                .is_none_or(|connection| connection == seen.connection)
            && self.when.filter.as_ref().is_none_or(|filter| filter(seen));
        if !fits {
            return false;
        }
        let turn = self.matched.fetch_add(1, Ordering::Relaxed);
        turn >= self.when.skip
            && self
                .when
                .take
                .is_none_or(|take| turn - self.when.skip < take)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(when: When, requests: &[(Command, u64)]) -> Vec<bool> {
        let rule = Rule::new(when, Fault::Swallow);
        let seen = |(command, id): &(Command, u64)| Seen {
            connection: 1,
            header: Header::request(*command, *id),
            message: &[],
            sealed: false,
        };
        requests
            .iter()
            .map(|request| rule.matches(&seen(request)))
            .collect()
    }

    #[test]
    fn only_fitting_requests_are_counted() {
        let requests = [
            (Command::READ, 1),
            (Command::WRITE, 2),
            (Command::READ, 3),
            (Command::READ, 4),
        ];
        assert_eq!(
            hits(When::command(Command::READ).nth(2), &requests),
            [false, false, true, false]
        );
        assert_eq!(
            hits(When::command(Command::READ).after(1), &requests),
            [false, false, true, true]
        );
        assert_eq!(
            hits(When::any().first(2), &requests),
            [true, true, false, false]
        );
        assert_eq!(
            hits(When::any().message_id(2), &requests),
            [false, true, false, false]
        );
        assert_eq!(hits(When::any().connection(2), &requests), [false; 4]);
        let even = When::any().filter(|seen| seen.header.message_id % 2 == 0);
        assert_eq!(hits(even, &requests), [false, true, false, true]);
    }
}
