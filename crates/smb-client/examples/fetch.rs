//! The smallest caller: logs on to a server by TCP, reads one file, and tells how it went.
//!
//! `cargo run -p smb-client --example fetch -- HOST:PORT SHARE FILE USER PASSWORD [required|enabled|encrypted|opener|2.0.2|2.1|3.0|3.0.2]`

use std::cell::RefCell;
use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::rc::Rc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use smb_client::{
    Config, Connection, Data, DialectCheck, Direction, EncryptionPolicy, Event, Identity, Interval,
    Logon, LogonStep, Negotiation, NegotiationStep, NtlmRandom, Outcome, Protection, Receiver,
    Reply, Request, Sealing, ServerName, Session, SharedTable, SigningPolicy, Submitted, Ticket,
    Time, Token, Transfer, TreeConnect, Want, credit_charge, encode,
};
use smb_crypto::{Key128, NtHash};
use smb_wire::smb2::{
    AccessMask, CloseFlags, CloseRequest, Command, CreateDisposition, CreateOptions, CreateRequest,
    CreateResponse, Dialect, FileId, Header, ImpersonationLevel, OplockLevel, ReadFlags,
    ReadRequest, ShareAccess,
};
use smb_wire::{Guid, List, NtStatus, Utf16};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// A request's own data: its keys, and for a READ the place for its data.
#[derive(Clone)]
struct Own {
    session: Option<Rc<Session>>,
    always_signed: bool,
    buffer: Rc<RefCell<Vec<u8>>>,
    chunk: Option<smb_client::Chunk>,
}

impl Token for Own {
    fn protection(&self) -> Protection<'_> {
        match &self.session {
            None => Protection::None,
            Some(session) if self.always_signed => session.full_protection(),
            Some(session) => session.protection(),
        }
    }

    fn data(&self, len: usize, each: &mut dyn FnMut(&[u8])) {
        each(&self.buffer.borrow()[..len]);
    }
}

struct Table {
    connection: RefCell<Connection<Own>>,
    session: RefCell<Option<Rc<Session>>>,
}

impl SharedTable<Own> for Table {
    fn with<R>(&self, work: impl FnOnce(&mut Connection<Own>) -> R) -> R {
        work(&mut self.connection.borrow_mut())
    }

    fn with_sealing<R>(&self, session_id: u64, work: impl FnOnce(Option<&Sealing>) -> R) -> R {
        let session = self.session.borrow();
        let session = session.as_ref().filter(|session| session.id == session_id);
        work(session.and_then(|session| session.sealing().ok()))
    }
}

struct Client {
    socket: TcpStream,
    table: Table,
    receiver: Receiver<Own>,
    start: Instant,
    out: Vec<u8>,
}

/// An answer: token, message, and the count of bytes that went into the token's buffer.
type Answered = (Own, Vec<u8>, u32);

impl Client {
    fn now(&self) -> Time {
        Time(u64::try_from(self.start.elapsed().as_nanos() / 100).expect("a short run"))
    }

    fn submit(&mut self, request: Request<Own>) -> Result<Ticket> {
        let now = self.now();
        match self.table.connection.borrow_mut().submit(request, now) {
            Ok(Submitted::Send(ticket)) => Ok(ticket),
            Ok(Submitted::Queued(_)) => Err("no credits".into()),
            Err(refused) => Err(format!("{:?}", refused.why).into()),
        }
    }

    fn send(&mut self, len: usize) -> Result<()> {
        Ok(self.socket.write_all(&self.out[..len])?)
    }

    fn receive(&mut self) -> Result<Answered> {
        loop {
            let now = self.now();
            match self.receiver.next_event(&self.table, now)? {
                Some(Event::Answer(answer)) => {
                    let count = match answer.data {
                        Data::Placed(count) => count,
                        Data::Here(data) => {
                            answer.token.buffer.borrow_mut()[..data.len()].copy_from_slice(data);
                            u32::try_from(data.len())?
                        }
                    };
                    return Ok((answer.token, answer.message.to_vec(), count));
                }
                Some(Event::Break(_)) => continue,
                Some(Event::Forged(_)) => return Err(smb_client::ClientError::BadSignature.into()),
                None => {}
            }
            let count = match self.receiver.want() {
                Want::Inline(place) => self.socket.read(place)?,
                Want::Data { token, offset, len } => self
                    .socket
                    .read(&mut token.buffer.borrow_mut()[offset..offset + len])?,
            };
            if count == 0 {
                return Err("the server hung up".into());
            }
            self.receiver.received(count)?;
        }
    }
}

fn request(command: Command, session: Option<&Rc<Session>>, tree_id: u32) -> Request<Own> {
    Request {
        command,
        token: Own {
            session: session.cloned(),
            always_signed: false,
            buffer: Rc::default(),
            chunk: None,
        },
        charge: 1,
        timeout: Interval::from_secs(10),
        pended_timeout: Some(Interval::from_secs(60)),
        session_id: session.map_or(0, |session| session.id),
        tree_id,
        reply: Reply::Message { max: 65536 },
    }
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, share, file, user, password, modes @ ..] = &arguments[..] else {
        return Err("HOST:PORT SHARE FILE USER PASSWORD [MODE...]".into());
    };
    let host = address.split(':').next().unwrap_or_default();
    let utf16 = |text: &str| text.encode_utf16().collect::<Vec<_>>();
    let mut config = Config::new(ServerName::new(&utf16(host))?, Guid([0x42; 16]));
    for mode in modes {
        match mode.as_str() {
            "enabled" => config.signing = SigningPolicy::Enabled,
            "encrypted" => config.encryption = EncryptionPolicy::Required,
            "opener" => config.multi_protocol = true,
            "2.0.2" => config.max_dialect = Dialect::SMB2_0_2,
            "2.1" => config.max_dialect = Dialect::SMB2_1,
            "3.0" => config.max_dialect = Dialect::SMB3_0,
            "3.0.2" => config.max_dialect = Dialect::SMB3_0_2,
            other => return Err(format!("no such mode: {other}").into()),
        }
    }

    let socket = TcpStream::connect(address)?;
    socket.set_nodelay(true)?;
    let mut client = Client {
        socket,
        table: Table {
            connection: RefCell::new(Connection::new(&config, Time(0))?),
            session: RefCell::default(),
        },
        receiver: Receiver::new()?,
        start: Instant::now(),
        out: vec![0; Logon::MAX_REQUEST],
    };

    let mut negotiation = Negotiation::new([0x5A; 32]);
    let negotiated = loop {
        let ticket = client.submit(request(Command::NEGOTIATE, None, 0))?;
        let len = negotiation.request(&config, &ticket, &mut client.out)?;
        client.send(len)?;
        let (_, message, _) = client.receive()?;
        if let NegotiationStep::Done(negotiated) = negotiation.reply(&config, &message)? {
            break negotiated;
        }
    };
    client
        .table
        .connection
        .borrow_mut()
        .set_multi_credit(negotiated.multi_credit);
    client.receiver.set_limits(&negotiated);
    println!(
        "{:?}, {:?}, {:?}, reads of {}",
        negotiated.dialect, negotiated.signing_algorithm, negotiated.cipher, negotiated.max_read
    );

    let session = log_on(&mut client, &config, &negotiated, user, password)?;
    println!("session {:#x}, guest: {}", session.id, session.guest);
    client.table.session.replace(Some(Rc::clone(&session)));

    let mut connect = request(Command::TREE_CONNECT, Some(&session), 0);
    connect.token.always_signed = true;
    let ticket = client.submit(connect)?;
    let path = format!(r"\\{host}\{share}");
    let len = TreeConnect::request(
        Utf16::from_str(&path),
        &ticket,
        session.full_protection(),
        &mut client.out,
    )?;
    client.send(len)?;
    let tree = TreeConnect::reply(&client.receive()?.1)?;
    println!("{tree:?}");

    if DialectCheck::is_needed(&negotiated) && session.keys().is_some() {
        let mut check = request(Command::IOCTL, Some(&session), tree.id);
        check.token.always_signed = true;
        let ticket = client.submit(check)?;
        let len =
            DialectCheck::request(&config, &ticket, session.full_protection(), &mut client.out)?;
        client.send(len)?;
        DialectCheck::reply(&negotiated, &client.receive()?.1)?;
        println!("the negotiation was what both sides believe");
    }

    read_file(&mut client, &session, tree.id, negotiated.max_read, file)
}

fn log_on(
    client: &mut Client,
    config: &Config,
    negotiated: &smb_client::Negotiated,
    user: &str,
    password: &str,
) -> Result<Rc<Session>> {
    let utf16 = |text: &str| text.encode_utf16().collect::<Vec<_>>();
    let hash = NtHash::from_password(&utf16(password))?;
    let identity = Identity::user(&utf16(user), &[], &[], hash)?;
    // Not random: a demonstration, not a client to trust.
    let clock = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos();
    let random = NtlmRandom {
        client_challenge: [0x11; 8],
        session_key: Key128::new(clock.to_le_bytes()),
        filetime: i64::try_from(clock / 100)? + 116_444_736_000_000_000,
    };
    let mut logon = Logon::new(config, negotiated, identity, random)?;
    loop {
        let mut setup = request(Command::SESSION_SETUP, None, 0);
        setup.session_id = logon.session_id();
        let ticket = client.submit(setup)?;
        let len = logon.request(config, &ticket, &mut client.out)?;
        client.send(len)?;
        let (_, message, _) = client.receive()?;
        if let LogonStep::Done(session) = logon.reply(config, &message)? {
            return Ok(Rc::new(session));
        }
    }
}

fn read_file(
    client: &mut Client,
    session: &Rc<Session>,
    tree_id: u32,
    max_read: u32,
    name: &str,
) -> Result<()> {
    let ticket = client.submit(request(Command::CREATE, Some(session), tree_id))?;
    let create = CreateRequest {
        oplock_level: OplockLevel::NONE,
        impersonation_level: ImpersonationLevel::IMPERSONATION,
        desired_access: AccessMask::from_bits_retain(0x0012_0089),
        file_attributes: smb_wire::fscc::FileAttributes::empty(),
        share_access: ShareAccess::all(),
        disposition: CreateDisposition::OPEN,
        options: CreateOptions::empty(),
        name: Utf16::from_str(name),
        contexts: List::default(),
    };
    let len = encode::request(&mut client.out, &ticket, session.protection(), |w| {
        create.emit(w)
    })?;
    client.send(len)?;
    let (_, message, _) = client.receive()?;
    succeeded(&message)?;
    let opened = CreateResponse::parse(&message)?;
    let size = u64::try_from(opened.end_of_file)?;

    let begin = Instant::now();
    let mut transfer: Transfer<NtStatus> = Transfer::new(Direction::Read, 0, size, max_read);
    let mut checksum = 0u64;
    loop {
        while transfer.in_flight() < 4
            && let Some(chunk) = transfer.next_chunk()
        {
            let mut read = request(Command::READ, Some(session), tree_id);
            read.token.buffer = Rc::new(RefCell::new(vec![0; chunk.len as usize]));
            read.token.chunk = Some(chunk);
            read.charge = credit_charge(chunk.len);
            read.reply = Reply::Data { len: chunk.len };
            let ticket = client.submit(read)?;
            let body = ReadRequest {
                flags: ReadFlags::empty(),
                length: chunk.len,
                offset: chunk.offset,
                file_id: opened.file_id,
                minimum_count: 0,
                remaining_bytes: 0,
            };
            let len = encode::request(&mut client.out, &ticket, session.protection(), |w| {
                body.emit(w)
            })?;
            client.send(len)?;
        }
        if transfer.is_finished() {
            break;
        }
        let (token, message, count) = client.receive()?;
        let chunk = token.chunk.ok_or("an answer to something else")?;
        transfer.done(
            chunk,
            match Header::parse(&message)?.status {
                NtStatus::SUCCESS => Outcome::Done(count),
                NtStatus::END_OF_FILE => Outcome::EndOfFile,
                status => Outcome::Failed(status),
            },
        );
        let sum: u64 = token.buffer.borrow()[..count as usize]
            .iter()
            .map(|byte| u64::from(*byte))
            .sum();
        checksum += sum;
    }
    if let Some(status) = transfer.error() {
        return Err(format!("reading: {status}").into());
    }
    let seconds = begin.elapsed().as_secs_f64();
    println!(
        "{} bytes, sum of bytes {checksum}, {:.0} MiB/s",
        transfer.transferred(),
        transfer.transferred() as f64 / seconds / f64::from(1 << 20)
    );
    close(client, session, tree_id, opened.file_id)
}

fn close(client: &mut Client, session: &Rc<Session>, tree_id: u32, file_id: FileId) -> Result<()> {
    let ticket = client.submit(request(Command::CLOSE, Some(session), tree_id))?;
    let body = CloseRequest {
        flags: CloseFlags::empty(),
        file_id,
    };
    let len = encode::request(&mut client.out, &ticket, session.protection(), |w| {
        body.emit(w)
    })?;
    client.send(len)?;
    succeeded(&client.receive()?.1)
}

fn succeeded(message: &[u8]) -> Result<()> {
    match Header::parse(message)?.status {
        NtStatus::SUCCESS => Ok(()),
        status => Err(status.to_string().into()),
    }
}
