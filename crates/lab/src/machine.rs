//! A desk with the driver on it: the simulated kernel, and the driver loaded into it.

use ntsim::RegistryValue;
use ntsim::user::{Create, Process};
use ntsim::{Config, Driver, Kernel, sys};
use oxsmb::control;
use smb_wire::NtStatus;
use zeroize::Zeroizing;

use crate::arguments::Connect;
use crate::credentials::Credentials;
use crate::drive::Drive;
use crate::failure::Failure;
use crate::location::ShareName;
use crate::protocol::Protocol;

/// The driver's service.
const SERVICE: &str = "oxsmb";
/// Where the driver looks for its settings.
const PARAMETERS: &str = r"\Registry\Machine\System\CurrentControlSet\Services\oxsmb\Parameters";
/// The driver's control device.
const CONTROL: &str = r"\??\OxSmb";
/// The device below which the driver's connections are.
const DEVICE: &str = r"\Device\OxSmb";

/// What the driver finds in its registry key; what is not set has the driver's own default.
#[derive(Clone, Debug, Default)]
pub struct Settings(Vec<(&'static str, u32)>);

impl Settings {
    /// The same with one setting more, by its registry name.
    pub fn set(mut self, name: &'static str, value: u32) -> Self {
        self.0.push((name, value));
        self
    }

    /// The same with one dialect only, as MS-SMB2 2.2.3 numbers it.
    pub fn dialect(self, wire: u16) -> Self {
        self.set("MinDialect", wire.into())
            .set("MaxDialect", wire.into())
    }

    /// The same with signing demanded of servers, or left to them.
    pub fn require_signing(self, required: bool) -> Self {
        self.set("RequireSigning", required.into())
    }
}

impl From<&Connect> for Settings {
    fn from(connect: &Connect) -> Self {
        let mut settings = Self::default();
        if let Some(dialect) = connect.dialect {
            settings = settings.dialect(dialect.wire());
        }
        if connect.sign || connect.no_sign {
            settings = settings.require_signing(connect.sign);
        }
        if connect.encrypts() {
            settings = settings.set("RequireEncryption", 1);
        }
        if let Some(cipher) = connect.cipher {
            settings = settings.set("Ciphers", cipher.wire().into());
        }
        if connect.guest {
            settings = settings.set("AllowGuest", 1).set("AllowAnonymous", 1);
        }
        settings
    }
}

/// What was left behind when the driver had gone. All of it should be zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Remains {
    /// Bytes of pool.
    pub pool_bytes: usize,
    /// Kernel objects of all kinds.
    pub objects: usize,
    /// System threads.
    pub threads: usize,
}

/// A kernel that runs, with the driver loaded.
#[derive(Debug)]
pub struct Machine {
    process: Process,
    driver: Driver,
    /// The last, so that it stops after everything above is gone.
    kernel: Kernel,
}

impl Machine {
    /// Boots a kernel and loads the driver, which starts its redirector. While another machine runs in this process, it waits.
    ///
    /// # Errors
    /// Whatever the driver's entry says.
    pub fn boot(settings: &Settings) -> Result<Self, Failure> {
        let kernel = Kernel::boot(Config::default());
        for (name, value) in &settings.0 {
            kernel.set_registry(PARAMETERS, name, &RegistryValue::Dword(*value));
        }
        let driver = kernel
            .load_driver(SERVICE, oxsmb::driver_entry)
            .map_err(|status| Failure::new("load", "the driver", status))?;
        Ok(Self {
            process: Process::new(),
            driver,
            kernel,
        })
    }

    /// Connects to a share, as a drive letter or without one. Nobody as `who` is an anonymous user.
    ///
    /// # Errors
    /// Whatever the driver says, or that the letter is in use.
    pub fn connect(
        &self,
        share: &ShareName,
        who: Option<&Credentials>,
        letter: Option<char>,
    ) -> Result<Drive<'_>, Failure> {
        let failed = |status: NtStatus| Failure::new("connect to", share, status);
        let name = connection_name(share, letter);
        let code = control::IOCTL_OXSMB_ADD_CONNECTION;
        let request = add_connection(&name, who).map_err(failed)?;
        self.control(code, &request, &mut []).map_err(failed)?;
        let root = match letter {
            None => name,
            Some(letter) => {
                let device = format!("{letter}:");
                if let Err(status) = self.process.define_dos_device(&device, &name) {
                    self.disconnect(share, None)?;
                    return Err(Failure::new("map", device, status));
                }
                format!(r"\??\{letter}:")
            }
        };
        Ok(Drive::new(self, share.clone(), root, letter))
    }

    /// Unloads the driver, and tells what it left.
    ///
    /// # Errors
    /// That the driver cannot go yet: a file is open.
    pub fn shut_down(self) -> Result<Remains, Failure> {
        drop(self.process);
        self.driver
            .unload()
            .map_err(|status| Failure::new("unload", "the driver", status))?;
        let left = self.kernel.leaks();
        Ok(Remains {
            pool_bytes: left.pool.iter().map(|leak| leak.bytes).sum(),
            objects: left.objects.iter().map(|(_, count)| count).sum(),
            threads: left.threads,
        })
    }

    pub(crate) fn process(&self) -> &Process {
        &self.process
    }

    pub(crate) fn disconnect(
        &self,
        share: &ShareName,
        letter: Option<char>,
    ) -> Result<(), Failure> {
        let failed = |status: NtStatus| Failure::new("disconnect from", share, status);
        if let Some(letter) = letter {
            self.process
                .remove_dos_device(&format!("{letter}:"))
                .map_err(|status| failed(status.into()))?;
        }
        let name = connection_name(share, letter);
        let mut buffer = [0; control::MAX_BUFFER];
        let length = control::encode_delete_connection(&mut buffer, &utf16(&name), false)
            .map_err(|_| failed(NtStatus::NAME_TOO_LONG))?;
        let request = buffer.get(..length).unwrap_or_default();
        let code = control::IOCTL_OXSMB_DELETE_CONNECTION;
        self.control(code, request, &mut [])
            .map(drop)
            .map_err(failed)
    }

    /// How a connected share is spoken to; nothing while its server is lost.
    pub(crate) fn protocol(
        &self,
        share: &ShareName,
        letter: Option<char>,
    ) -> Result<Option<Protocol>, NtStatus> {
        let name = utf16(&connection_name(share, letter));
        let mut answer = vec![0; control::MAX_CONNECTION];
        let mut after = 0;
        loop {
            let request = control::NextConnection { after }.encode();
            let code = control::IOCTL_OXSMB_NEXT_CONNECTION;
            let length = self.control(code, &request, &mut answer)?;
            let told = answer.get(..length).unwrap_or(&answer);
            let connection =
                control::Connection::parse(told).map_err(|_| NtStatus::INVALID_NETWORK_RESPONSE)?;
            if connection.name.units().eq(name.iter().copied()) {
                return Ok(connection.protocol.map(Protocol::new));
            }
            after = connection.serial;
        }
    }

    /// Sends a device control to the driver, as its network provider does, and gives the length of the answer.
    fn control(&self, code: u32, input: &[u8], output: &mut [u8]) -> Result<usize, NtStatus> {
        let create = Create {
            access: sys::FILE_GENERIC_READ | sys::FILE_GENERIC_WRITE,
            ..Create::open(CONTROL)
        };
        let (device, _) = self.process.nt_create_file(&create)?;
        let done = device.nt_device_io_control_file(code, input, output);
        let length = done.ok().map_err(NtStatus::from)?;
        Ok(length as usize)
    }
}

/// `\Device\OxSmb\;Z:0\server@OX@port\share`; without a letter there is nothing after the semicolon.
fn connection_name(share: &ShareName, letter: Option<char>) -> String {
    let drive = letter
        .map(|letter| format!("{letter}:0"))
        .unwrap_or_default();
    format!(r"{DEVICE}\;{drive}{}", share.tagged())
}

/// The control's input. It holds the password, so it is wiped when dropped.
fn add_connection(name: &str, who: Option<&Credentials>) -> Result<Zeroizing<Vec<u8>>, NtStatus> {
    let mut buffer = Zeroizing::new(vec![0; control::MAX_BUFFER]);
    let user = who.map(|who| utf16(&who.user));
    let domain = who
        .filter(|who| !who.domain.is_empty())
        .map(|who| utf16(&who.domain));
    let password = who.map(|who| Zeroizing::new(utf16(&who.password)));
    let length = control::encode_add_connection(
        &mut buffer,
        &utf16(name),
        user.as_deref(),
        domain.as_deref(),
        password.as_ref().map(|password| password.as_slice()),
    )
    .map_err(|_| NtStatus::NAME_TOO_LONG)?;
    buffer.truncate(length);
    Ok(buffer)
}

fn utf16(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}
