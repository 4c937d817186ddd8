//! A user of the driver: what a program's thread does, by the services that it calls, and what a test asks of the harness
//! besides.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use smb_wire::NtStatus;
use smb_wire::smb2::{AccessMask, CreateDisposition, CreateOptions};
use wine_protocol::{Handle, Report, Request, VERSION};

use crate::file::File;
use crate::line::{Answer, Line};
use crate::report::Held;

/// How long the agent may take to listen once its driver runs.
const LISTEN_LIMIT: Duration = Duration::from_secs(60);

/// A user thread. Its requests are one after the other, unless they are overlapped.
#[derive(Clone, Debug)]
pub struct User {
    line: Arc<Line>,
    agent: SocketAddr,
    logon: u64,
}

/// What to open or create, and how. The fields are NtCreateFile's arguments.
#[derive(Clone, Copy, Debug)]
pub struct Create<'a> {
    /// The name below the driver's device.
    pub path: &'a str,
    /// Access wanted.
    pub access: AccessMask,
    /// What to do when the file exists or does not.
    pub disposition: CreateDisposition,
    /// Options.
    pub options: CreateOptions,
    /// What others may do meanwhile, `FILE_SHARE_*`.
    pub share: u32,
    /// Attributes of a file that is created.
    pub attributes: u32,
}

/// Everybody may do everything (FILE_SHARE_READ, WRITE and DELETE).
pub const SHARE_ALL: u32 = 7;
/// FILE_ATTRIBUTE_NORMAL
const NORMAL: u32 = 0x80;

impl<'a> Create<'a> {
    /// Opens a file that is there, to read and write it, sharing everything.
    pub fn open(path: &'a str) -> Self {
        Self {
            path,
            access: AccessMask::GENERIC_READ | AccessMask::GENERIC_WRITE | AccessMask::DELETE,
            disposition: CreateDisposition::OPEN,
            options: CreateOptions::NON_DIRECTORY_FILE,
            share: SHARE_ALL,
            attributes: NORMAL,
        }
    }
}

impl User {
    /// Begins to talk to an agent.
    ///
    /// # Panics
    /// When nobody listens, or speaks another version.
    pub(crate) fn connect(agent: SocketAddr, logon: u64) -> Self {
        let deadline = Instant::now() + LISTEN_LIMIT;
        let line = loop {
            match Line::connect(agent) {
                Ok(line) => break line,
                Err(error) if Instant::now() > deadline => {
                    panic!("the harness does not listen at {agent}: {error}")
                }
                Err(_) => thread::sleep(Duration::from_millis(10)),
            }
        };
        let hello = line.ask(Request::Hello {
            version: VERSION,
            logon,
        });
        assert_eq!(hello.status, NtStatus::SUCCESS, "the harness's version");
        Self {
            line: Arc::new(line),
            agent,
            logon,
        }
    }

    /// Another thread of the same user, which does not wait for this one's requests.
    ///
    /// # Panics
    /// When the harness does not take it.
    pub fn another_thread(&self) -> Self {
        Self::connect(self.agent, self.logon)
    }

    /// Loads a driver by its service's name.
    ///
    /// # Errors
    /// What its DriverEntry says.
    pub fn load(&self, name: &str) -> Result<(), NtStatus> {
        let request = Request::LoadService { name };
        self.line.ask(request).ok().map(drop)
    }

    /// Unloads a driver by its service's name.
    ///
    /// # Errors
    /// Why it stays.
    pub fn unload(&self, name: &str) -> Result<(), NtStatus> {
        let request = Request::UnloadService { name };
        self.line.ask(request).ok().map(drop)
    }

    /// Sets a REG_DWORD among a service's parameters.
    ///
    /// # Errors
    /// What the registry says.
    pub fn set(&self, service: &str, name: &str, value: u32) -> Result<(), NtStatus> {
        let request = Request::SetSetting {
            service,
            name,
            value: Some(value),
        };
        self.line.ask(request).ok().map(drop)
    }

    /// Takes all of a service's parameters away.
    ///
    /// # Errors
    /// What the registry says.
    pub fn clear_settings(&self, service: &str) -> Result<(), NtStatus> {
        let request = Request::ClearSettings { service };
        self.line.ask(request).ok().map(drop)
    }

    /// What the driver holds now, as the harness has counted it.
    ///
    /// # Panics
    /// When the answer is not what wine-protocol says.
    pub fn held(&self) -> Held {
        let data = self.line.ask(Request::Status).data().expect("a report");
        Held::new(&Report::parse(&data).expect("a report as wine-protocol has it"))
    }

    /// Opens or creates a file. Gives it and what was done (FILE_OPENED, FILE_CREATED, ...).
    ///
    /// # Errors
    /// What the driver says.
    ///
    /// # Panics
    /// When a success comes without a file.
    pub fn create(&self, create: &Create<'_>) -> Result<(File, u64), NtStatus> {
        let request = wine_protocol::Create {
            path: create.path,
            access: create.access.bits(),
            attributes: create.attributes,
            share: create.share,
            disposition: create.disposition.0,
            options: create.options.bits(),
            allocation_size: 0,
            extended_attributes: &[],
        };
        let answer = self.line.ask(Request::Create(request)).ok()?;
        let handle = Handle::parse(&answer.data).expect("a handle");
        Ok((File::new(&self.line, handle), answer.information))
    }

    /// Sends a control to the driver's device itself.
    pub fn control(&self, code: u32, input: &[u8], output: u32) -> Answer {
        self.line.ask(Request::DeviceControl {
            file: None,
            code,
            output,
            input,
        })
    }
}
