//! A private smbd: its own port, state, user and share, and an end that leaves nothing behind.

use std::fs;
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use socket2::{Domain, Socket, Type};
use tempfile::TempDir;

use crate::client::SmbClient;
use crate::config::Config;
use crate::program;
use crate::session_keys::SessionKeys;

/// The user that every server here knows.
pub const USER: &str = "ox";
/// The user's password.
pub const PASSWORD: &str = "Drei-Ochsen_7";
/// The name of the one share.
pub const SHARE: &str = "share";
/// The workgroup, which serves as the user's domain.
pub const WORKGROUP: &str = "OXTEST";

/// How long a server may take to listen. It takes a tenth of a second; a busy machine gets a minute.
const START_LIMIT: Duration = Duration::from_secs(60);

/// A running smbd. Dropping it ends it and removes all it had.
pub struct Samba {
    child: Option<Child>,
    port: u16,
    root: TempDir,
    /// Keeps the port ours from before smbd binds it until after it is gone, kills and restarts included.
    _reserved: Socket,
}

impl Samba {
    /// Starts a server and waits until it listens.
    ///
    /// # Panics
    /// When smbd is missing or does not come up; the message has the end of its log.
    pub fn start(config: &Config) -> Self {
        let root = tempfile::Builder::new()
            .prefix("ox-samba-")
            .tempdir()
            .expect("a temporary directory");
        let (reserved, port) = reserve_port().expect("a port on 127.0.0.1");
        let mut samba = Self {
            child: None,
            port,
            root,
            _reserved: reserved,
        };
        for directory in [
            "share", "state", "private", "cache", "lock", "pid", "ncalrpc",
        ] {
            fs::create_dir(samba.place(directory)).expect("a directory for the server");
        }
        let unix_user = program::output_of(program::command("id").arg("-un"));
        let unix_user = unix_user.trim();
        fs::write(samba.place("users"), format!("!{unix_user} = {USER}\n")).expect("a user map");

        fs::write(samba.place("smb.conf"), samba.settings(config, unix_user))
            .expect("the server's settings");
        samba.add_user(unix_user);
        samba.launch();
        samba
    }

    /// The port on 127.0.0.1 that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address that it listens on.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// The directory behind the share.
    pub fn directory(&self) -> PathBuf {
        self.place("share")
    }

    /// Samba's own client, set to this server's user and share.
    pub fn client(&self) -> SmbClient {
        SmbClient::new(self.address())
    }

    /// What the server has logged so far.
    pub fn log(&self) -> String {
        fs::read(self.place("log.smbd"))
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    /// The keys of all sessions so far, in a server that was started with the setting `debug encryption`.
    pub fn session_keys(&self) -> Vec<SessionKeys> {
        SessionKeys::all_in(&self.log())
    }

    /// Ends the server and the processes of its connections at once, as a power cut would. The files stay.
    pub fn kill_hard(&mut self) {
        let Some(mut child) = self.child.take() else {
            return;
        };
        // smbd leads a process group of its own, so this reaches the process of every connection.
        let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        if let Some(group) = group {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = child.wait();
    }

    /// Starts a killed server again: same port, settings, user and files.
    ///
    /// # Panics
    /// When it does not come up.
    pub fn restart(&mut self) {
        self.kill_hard();
        self.launch();
    }

    fn place(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn settings(&self, config: &Config, unix_user: &str) -> String {
        let root = self.root.path().display();
        let port = self.port;
        let chosen = config.lines();
        let of_share = config.share_lines();
        format!(
            "[global]\n\
             workgroup = {WORKGROUP}\n\
             netbios name = GROUND\n\
             server role = standalone server\n\
             interfaces = lo\n\
             bind interfaces only = yes\n\
             smb ports = {port}\n\
             disable netbios = yes\n\
             disable spoolss = yes\n\
             load printers = no\n\
             printcap name = /dev/null\n\
             state directory = {root}/state\n\
             private dir = {root}/private\n\
             cache directory = {root}/cache\n\
             lock directory = {root}/lock\n\
             pid directory = {root}/pid\n\
             ncalrpc dir = {root}/ncalrpc\n\
             passdb backend = tdbsam:{root}/private/passdb.tdb\n\
             username map = {root}/users\n\
             log level = 1\n\
             max log size = 0\n\
             idmap config * : range = 100000-199999\n\
             map to guest = never\n\
             {chosen}\n\
             [{SHARE}]\n\
             path = {root}/share\n\
             read only = no\n\
             force user = {unix_user}\n\
             {of_share}"
        )
    }

    /// Gives the user a password, in this server's own database.
    fn add_user(&self, unix_user: &str) {
        // pdbedit, not smbpasswd: the latter refuses `-c` to all but root.
        let mut child = program::command("pdbedit")
            .arg("-s")
            .arg(self.place("smb.conf"))
            .args(["-d0", "-t", "-a", "-u", unix_user])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("pdbedit starts");
        let mut input = child.stdin.take().expect("a pipe to pdbedit");
        write!(input, "{PASSWORD}\n{PASSWORD}\n").expect("pdbedit reads the password");
        drop(input);
        let output = child.wait_with_output().expect("pdbedit ends");
        assert!(
            output.status.success(),
            "pdbedit made no user: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    fn launch(&mut self) {
        let output = fs::File::create(self.place("output")).expect("a file for smbd's output");
        let child = program::command("smbd")
            .arg("-s")
            .arg(self.place("smb.conf"))
            .arg("-l")
            .arg(self.root.path())
            .args(["--foreground", "--no-process-group"])
            // In the foreground smbd ends when this pipe does: it cannot outlive a test that was killed.
            .stdin(Stdio::piped())
            .stdout(output.try_clone().expect("the same file for both"))
            .stderr(output)
            .process_group(0)
            .spawn()
            .expect("smbd starts");
        let child = self.child.insert(child);

        let deadline = Instant::now() + START_LIMIT;
        let reason = loop {
            if let Ok(Some(status)) = child.try_wait() {
                break format!("smbd ended with {status}");
            }
            if TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok() {
                return;
            }
            if Instant::now() > deadline {
                break format!("smbd did not listen within {START_LIMIT:?}");
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        self.kill_hard();
        let output = fs::read_to_string(self.place("output")).unwrap_or_default();
        panic!("{reason}\n{output}{}", self.log());
    }
}

impl Drop for Samba {
    fn drop(&mut self) {
        self.kill_hard();
    }
}

/// A port that nobody has, and the bound socket that keeps it so. smbd binds with SO_REUSEPORT, which lets it in beside
/// this one; without it, two servers that chose the same port would share it and take each other's connections.
fn reserve_port() -> io::Result<(Socket, u16)> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(true)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
    let address = socket.local_addr()?.as_socket();
    Ok((socket, address.map_or(0, |address| address.port())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_whose_test_was_killed_ends_by_itself() {
        let mut samba = Samba::start(&Config::default());
        let mut child = samba.child.take().unwrap();
        // What the death of the test's process does to the pipe.
        drop(child.stdin.take());
        let deadline = Instant::now() + START_LIMIT;
        while child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < deadline, "smbd outlives its pipe");
            std::thread::sleep(Duration::from_millis(10));
        }
        assert!(TcpStream::connect(samba.address()).is_err());
    }
}
