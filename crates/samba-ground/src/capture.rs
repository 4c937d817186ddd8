//! The traffic of one port on the loopback interface, captured by dumpcap and judged by tshark.

use std::fs;
use std::net::{Ipv4Addr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::program;

/// How long dumpcap may take to write what it has seen. It takes some milliseconds; a busy machine gets a minute.
const LIMIT: Duration = Duration::from_secs(60);
const OPENING_MARK: &[u8] = b"samba-ground: the capture begins";
const CLOSING_MARK: &[u8] = b"samba-ground: the capture ends";

/// A capture under way.
pub struct Capture {
    dumpcap: Child,
    port: u16,
    directory: TempDir,
}

/// A finished capture.
pub struct Captured {
    port: u16,
    file: PathBuf,
    _directory: TempDir,
}

/// Which side of a connection sent a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// The one that connected
    Client,
    /// The one that listens on the captured port
    Server,
}

impl Capture {
    /// Begins to capture what goes to and from `port` of 127.0.0.1; when it returns, nothing is missed any more.
    ///
    /// # Panics
    /// When this user may not capture.
    pub fn start(port: u16) -> Self {
        let directory = tempfile::Builder::new()
            .prefix("ox-capture-")
            .tempdir()
            .expect("a temporary directory");
        let errors = fs::File::create(directory.path().join("errors")).expect("a file for errors");
        let dumpcap = program::command("dumpcap")
            .args(["-i", "lo", "-q", "-B", "64"])
            .args(["-f", &format!("port {port}")])
            .arg("-w")
            .arg(directory.path().join("traffic.pcapng"))
            .stdout(Stdio::null())
            .stderr(errors)
            .spawn()
            .expect("dumpcap starts");
        let mut capture = Self {
            dumpcap,
            port,
            directory,
        };
        capture.wait_for(OPENING_MARK);
        capture
    }

    /// Ends the capture, with everything in it that was sent before.
    ///
    /// # Panics
    /// When dumpcap fails, or dropped packets.
    pub fn finish(mut self) -> Captured {
        self.wait_for(CLOSING_MARK);
        self.stop();
        let errors = self.errors();
        // dumpcap's last line: "Packets received/dropped on interface 'lo': 24/0 (...)".
        let dropped = errors
            .lines()
            .filter_map(|line| line.split_once("received/dropped"))
            .filter_map(|(_, counts)| counts.split_once('/'))
            .find(|(_, dropped)| !dropped.starts_with('0'));
        assert!(dropped.is_none(), "the capture is not complete: {errors}");
        let directory = std::mem::replace(
            &mut self.directory,
            tempfile::tempdir().expect("a directory"),
        );
        Captured {
            port: self.port,
            file: directory.path().join("traffic.pcapng"),
            _directory: directory,
        }
    }

    /// Sends a datagram to the captured port until it is seen in the file: what was sent before it is there too.
    fn wait_for(&mut self, mark: &[u8]) {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket on 127.0.0.1");
        let file = self.directory.path().join("traffic.pcapng");
        let deadline = Instant::now() + LIMIT;
        loop {
            // Nobody listens there for datagrams, so from the second on sending may say "refused".
            let _ = socket.send_to(mark, (Ipv4Addr::LOCALHOST, self.port));
            std::thread::sleep(Duration::from_millis(20));
            if ends_with_mark(&file, mark) {
                return;
            }
            if let Ok(Some(status)) = self.dumpcap.try_wait() {
                panic!("dumpcap ended with {status}: {}", self.errors());
            }
            assert!(
                Instant::now() < deadline,
                "dumpcap sees nothing: {}",
                self.errors()
            );
        }
    }

    fn errors(&self) -> String {
        fs::read_to_string(self.directory.path().join("errors")).unwrap_or_default()
    }

    fn stop(&mut self) {
        if let Some(pid) = i32::try_from(self.dumpcap.id())
            .ok()
            .and_then(Pid::from_raw)
        {
            let _ = kill_process(pid, Signal::INT);
        }
        let _ = self.dumpcap.wait();
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        // After `finish` this finds it ended.
        if let Ok(None) = self.dumpcap.try_wait() {
            self.stop();
        }
    }
}

/// The mark is looked for in the file's last part only: a capture may be gigabytes.
fn ends_with_mark(file: &Path, mark: &[u8]) -> bool {
    use std::os::unix::fs::FileExt;
    const LAST_PART: u64 = 4096;
    let Ok(file) = fs::File::open(file) else {
        return false;
    };
    let length = file.metadata().map_or(0, |metadata| metadata.len());
    let mut part = vec![0; LAST_PART as usize];
    let count = file
        .read_at(&mut part, length.saturating_sub(LAST_PART))
        .unwrap_or(0);
    part[..count]
        .windows(mark.len())
        .any(|window| window == mark)
}

impl Captured {
    /// The capture's file, in pcapng.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// What Wireshark's dissectors have to complain of, above TCP, in what one side sent: malformed packets, and expert
    /// findings of severity warning or error. One line each; a test wants none.
    ///
    /// The sides are judged apart because Wireshark 4.0 takes the negHints of a server's first SPNEGO token
    /// (MS-SPNG 2.2.1), which every Samba and Windows sends, for a broken mechListMIC.
    pub fn complaints(&self, about: Sender) -> Vec<String> {
        let side = match about {
            Sender::Client => format!("tcp.dstport == {}", self.port),
            Sender::Server => format!("tcp.srcport == {}", self.port),
        };
        let mut complaints = Vec::new();
        let text = self.tshark(&["-q", "-z", &format!("expert,warn,{side}")]);
        // Rows of "frequency group protocol summary" below headings; other lines do not begin with a number.
        for line in text.lines() {
            let mut words = line.split_whitespace();
            let counted = words.next().is_some_and(|word| word.parse::<u64>().is_ok());
            let protocol = words.nth(1).unwrap_or_default();
            // TCP's own findings (a reset at the end, a full window) tell of the machine, not of the protocol.
            if counted && protocol != "TCP" {
                complaints.push(line.split_whitespace().collect::<Vec<_>>().join(" "));
            }
        }
        for frame in self.values(&format!("_ws.malformed && {side}"), "frame.number") {
            complaints.push(format!("malformed: frame {frame}"));
        }
        complaints
    }

    /// The values of one field in all packets that pass a display filter, in order.
    pub fn values(&self, filter: &str, field: &str) -> Vec<String> {
        let text = self.tshark(&["-Y", filter, "-T", "fields", "-e", field]);
        text.lines().map(str::to_owned).collect()
    }

    fn tshark(&self, arguments: &[&str]) -> String {
        program::output_of(
            program::command("tshark")
                .arg("-r")
                .arg(&self.file)
                // The port is not one that Wireshark knows for SMB.
                .args(["-d", &format!("tcp.port=={},nbss", self.port), "-n"])
                .args(arguments),
        )
    }
}
