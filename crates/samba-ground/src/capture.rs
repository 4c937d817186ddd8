//! Capturing the traffic of one port on the loopback interface, by dumpcap.

use std::fs;
use std::net::{Ipv4Addr, UdpSocket};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::captured::Captured;
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
            .args(["-i", "lo", "-q", "-P", "-B", "64"])
            .args(["-f", &format!("port {port}")])
            .arg("-w")
            .arg(directory.path().join("traffic.pcap"))
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
        let traffic = fs::read(self.directory.path().join("traffic.pcap"));
        Captured::new(traffic.expect("the capture's file"), self.port)
    }

    /// Sends a datagram to the captured port until it is seen in the file: what was sent before it is there too.
    fn wait_for(&mut self, mark: &[u8]) {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket on 127.0.0.1");
        let file = self.directory.path().join("traffic.pcap");
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
