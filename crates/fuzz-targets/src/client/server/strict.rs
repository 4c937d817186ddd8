//! What a strict server checks of all that a client sends.

use smb_wire::netbios::FrameHeader;
use smb_wire::smb1;
use smb_wire::smb2::compound::Chain;
use smb_wire::smb2::{Cancel, Command, Header, HeaderFlags, ReadRequest, WriteRequest, transform};

use super::{Asked, Cover, Server};

/// What one credit pays for.
const CREDIT: u64 = 65536;

impl Server {
    /// Takes a frame that the client sent.
    pub fn receive(&mut self, frame: &[u8]) {
        let (prefix, contents) = frame.split_first_chunk().expect("a frame header");
        let prefix = FrameHeader::parse(*prefix);
        assert_eq!(usize::try_from(prefix.length), Ok(contents.len()));
        if contents.starts_with(&smb1::PROTOCOL_ID) {
            smb1::NegotiateRequest::parse(contents).expect("a sound opener");
            // It stands for a message with the id 0.
            self.take(
                Header::request(Command::NEGOTIATE, 0),
                contents,
                Cover::None,
            );
            return;
        }
        let opened;
        let mut sealer = None;
        let messages = if contents.starts_with(&transform::PROTOCOL_ID) {
            let header = transform::TransformHeader::parse(contents).expect("a sound header");
            sealer = Some(header.session_id);
            let mut accounts = self.authority.accounts(header.session_id);
            opened = accounts.find_map(|account| account.open(contents));
            opened.as_deref().expect("sealed with our key")
        } else {
            contents
        };
        for (index, message) in Chain::new(messages).enumerate() {
            let message = message.expect("a sound chain");
            let header = Header::parse(message).expect("a sound header");
            assert!(!header.is_response());
            let is_related = header.flags.contains(HeaderFlags::RELATED_OPERATIONS);
            assert_eq!(is_related, index > 0, "a compound goes on with its handle");
            let cover = if let Some(session_id) = sealer {
                assert_eq!(header.session_id, session_id, "sealed with another's key");
                Cover::Sealed
            } else if header.flags.contains(HeaderFlags::SIGNED) {
                let mut has_key = self.honest;
                let mut accounts = self.authority.accounts(header.session_id);
                let is_signed = accounts.any(|account| {
                    has_key |= account.has_keys();
                    account.verify(&header, message)
                });
                // Below 3.0 somebody in between can have a client believe in a logon that failed.
                assert!(is_signed || !has_key, "a wrong signature");
                Cover::Signed
            } else {
                Cover::None
            };
            self.take(header, message, cover);
        }
    }

    fn take(&mut self, header: Header, message: &[u8], cover: Cover) {
        if header.command == Command::CANCEL {
            Cancel::parse(message).expect("a sound CANCEL");
            if self.honest {
                let known = self.find(header.message_id).expect("something to cancel");
                assert_eq!(header.async_id(), known.async_id, "a CANCEL of another");
                assert_eq!(
                    cover, known.cover,
                    "protected otherwise than what it cancels"
                );
            }
            return;
        }
        if self.honest {
            self.check_cover(&header, cover);
        }
        assert!(
            self.last_message_id.is_none_or(|last| header.message_id > last)
                // After the opener, SMB2's NEGOTIATE may begin anew.
                || header.command == Command::NEGOTIATE,
            "message id {} after {:?}",
            header.message_id,
            self.last_message_id
        );
        self.last_message_id = Some(header.message_id);
        if self.honest {
            self.check_credits(&header, message);
        }
        self.asked.push(Asked {
            header,
            message: message.to_vec(),
            cover,
            answered: false,
            async_id: None,
        });
    }

    /// What has to be protected is (MS-SMB2 3.3.5.2.4, 3.3.5.2.9, 3.3.5.2.11).
    fn check_cover(&mut self, header: &Header, cover: Cover) {
        let command = header.command;
        if matches!(command, Command::SESSION_SETUP | Command::NEGOTIATE) || header.session_id == 0
        {
            return;
        }
        let tree = header.tree_id().map(|tree| (header.session_id, tree));
        let is_sealed_tree = tree.is_some_and(|tree| self.sealed_trees.contains(&tree));
        let demands_signing = self.demands_signing;
        let Some(account) = self.authority.accounts(header.session_id).next() else {
            return;
        };
        if account.has_keys() {
            let must_seal = account.seals_all || is_sealed_tree && account.can_seal();
            assert!(
                !must_seal || cover == Cover::Sealed,
                "{command:?} in the clear"
            );
            assert!(
                !demands_signing || cover != Cover::None,
                "{command:?} unsigned"
            );
        }
    }

    /// Nothing is spent that was not granted, and enough is spent (MS-SMB2 3.3.5.2.3, 3.3.5.2.5).
    fn check_credits(&self, header: &Header, message: &[u8]) {
        let charge = u64::from(header.credit_charge.max(1));
        let end = header.message_id + charge;
        assert!(
            end <= self.granted,
            "message ids up to {end} of {} granted",
            self.granted
        );
        let payload = match header.command {
            Command::READ => ReadRequest::parse(message).map_or(0, |read| read.length.into()),
            Command::WRITE => {
                WriteRequest::parse(message).map_or(0, |write| write.data.len() as u64)
            }
            _ => 0,
        };
        assert!(
            payload <= charge * CREDIT,
            "{payload} bytes for {charge} credits"
        );
    }
}
