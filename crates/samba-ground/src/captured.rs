//! A finished capture, judged by tshark.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::program;
use crate::session_keys::SessionKeys;

const SMB_PORT: u16 = 445;
/// OPLOCK_BREAK, the highest command that SMB2 has (MS-SMB2 2.2.1.2).
const LAST_COMMAND: u16 = 18;

/// A finished capture.
pub struct Captured {
    file: PathBuf,
    /// What tshark decrypts with, as a preference.
    keys: Vec<String>,
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

impl Captured {
    /// Takes what dumpcap wrote in pcap's format.
    pub(crate) fn new(mut traffic: Vec<u8>, port: u16) -> Self {
        // On a port that is not SMB's own, Wireshark takes no message over 128 KiB for one.
        move_port(&mut traffic, port, SMB_PORT);
        let directory = tempfile::Builder::new()
            .prefix("ox-capture-")
            .tempdir()
            .expect("a temporary directory");
        let file = directory.path().join("traffic.pcap");
        fs::write(&file, traffic).expect("a file for the capture");
        Self {
            file,
            keys: Vec::new(),
            _directory: directory,
        }
    }

    /// The same, decrypted with these keys.
    pub fn with_keys(mut self, keys: &[SessionKeys]) -> Self {
        self.keys = keys.iter().map(SessionKeys::preference).collect();
        self
    }

    /// The capture's file, in pcap.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// What Wireshark's dissectors have to complain of, above TCP, in what one side sent: malformed packets, and expert
    /// findings of severity warning or error. One line each; a test wants none.
    pub fn complaints(&self, about: Sender) -> Vec<String> {
        let side = match about {
            Sender::Client => "tcp.dstport == 445",
            Sender::Server => "tcp.srcport == 445",
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

    /// The numbers of the SMB2 commands that can be read in the packets that pass a display filter.
    ///
    /// Now and then, on a busy machine, tshark takes a piece of ciphertext for a header, with a command that does not exist: that
    /// is no command that could be read.
    pub fn commands(&self, filter: &str) -> BTreeSet<u16> {
        let known = format!("smb2.cmd <= {LAST_COMMAND}");
        self.values(&format!("{known} && {filter}"), "smb2.cmd")
            .iter()
            .flat_map(|packet| packet.split(','))
            .filter_map(|command| command.parse().ok())
            .filter(|&command| command <= LAST_COMMAND)
            .collect()
    }

    /// Whether these bytes went over the wire, one behind the other, in one packet.
    pub fn contains(&self, bytes: &[u8]) -> bool {
        let traffic = fs::read(&self.file).expect("the capture's file");
        traffic.windows(bytes.len()).any(|window| window == bytes)
    }

    fn tshark(&self, arguments: &[&str]) -> String {
        program::output_of(
            program::command("tshark")
                .arg("-r")
                .arg(&self.file)
                .arg("-n")
                .args(self.keys.iter().flat_map(|keys| ["-o", keys.as_str()]))
                .args(arguments),
        )
    }
}

/// Sizes of pcap's headers, of Ethernet's, and where things are in an IPv4 header.
const FILE_HEADER: usize = 24;
const RECORD_HEADER: usize = 16;
const ETHERNET: usize = 14;
const PROTOCOL: usize = 9;
const TCP: u8 = 6;

/// Writes another port wherever a TCP packet has this one.
fn move_port(pcap: &mut [u8], from: u16, to: u16) {
    let mut rest = pcap.get_mut(FILE_HEADER..).unwrap_or_default();
    while let Some((header, packets)) = rest.split_first_chunk_mut::<RECORD_HEADER>() {
        // The second-last word is the number of bytes that follow, in this machine's order.
        let length = u32::from_ne_bytes([header[8], header[9], header[10], header[11]]) as usize;
        let (packet, after) = packets.split_at_mut(length.min(packets.len()));
        if let Some(ip) = packet.get_mut(ETHERNET..)
            && ip.get(PROTOCOL) == Some(&TCP)
        {
            // The low half of the first byte counts the header's words.
            let header = usize::from(ip[0] & 15) * 4;
            for port in ip[header..].chunks_exact_mut(2).take(2) {
                if port == from.to_be_bytes() {
                    port.copy_from_slice(&to.to_be_bytes());
                }
            }
        }
        rest = after;
    }
}
