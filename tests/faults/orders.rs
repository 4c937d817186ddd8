//! Four requests are in flight, and are answered in each of the 24 orders.

use ntsim::user::{File, Pending};
use smb_server::When;
use smb_wire::NtStatus;
use smb_wire::smb2::Command;

use crate::case::with_share;
use crate::flavour::{FLAVOURS, Flavour};
use crate::scripted::{Answers, bytes, count, server, share, start};
use crate::sweep::{Sample, Sweep};
use crate::work::Findings;

const FOUR: usize = 4;
const ORDERS: u64 = 24;
/// Of different lengths, so that none can pass for another.
const PARTS: [(usize, usize); FOUR] = [(0, 1000), (1000, 900), (1900, 1), (1901, 500)];
const SIZE: usize = 2401;

/// What the four requests are, by their place: reads, writes, and both by turns.
const KINDS: [fn(usize) -> Kind; 4] = [
    |_| Kind::Read,
    |_| Kind::Write,
    |index| [Kind::Read, Kind::Write][index % 2],
    |index| [Kind::Write, Kind::Read][index % 2],
];

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Read,
    Write,
}

impl Kind {
    fn start(self, file: &File, content: &[u8], index: usize) -> Pending<Vec<u8>> {
        let (offset, length) = PARTS[index];
        match self {
            Self::Read => file.nt_read_file_overlapped(vec![0; length], offset as u64),
            Self::Write => {
                let part = content[offset..][..length].to_vec();
                file.nt_write_file_overlapped(part, offset as u64)
            }
        }
    }
}

/// Brings things into the order of this number, each number into another: one after the other goes to the end of what is
/// left to choose from.
fn permute<T>(things: &mut [T], mut order: u64) {
    for left in (1..=things.len()).rev() {
        things.swap((order % left as u64) as usize, left - 1);
        order /= left as u64;
    }
}

#[test]
fn orders() {
    let sweep = Sweep {
        name: "orders",
        places: FLAVOURS.each_ref().map(|_| ORDERS * KINDS.len() as u64),
        varies: 0,
        sample: Sample::About(40),
    };
    sweep.run(|place, flavour| in_order(flavour, place % ORDERS, KINDS[(place / ORDERS) as usize]));
}

fn in_order(flavour: &Flavour, order: u64, kind: fn(usize) -> Kind) -> Findings {
    let share = share();
    // What is written is not what was there before.
    let (before, after) = (bytes(SIZE), bytes(2 * SIZE).split_off(SIZE));
    share.write_file("file", &before).expect("a file");
    let answers = Answers::gather(FOUR, move |answers| permute(answers, order));
    let reads_and_writes =
        When::any().filter(|seen| matches!(seen.header.command, Command::READ | Command::WRITE));
    let server = start(server(&share).fault(reads_and_writes, answers.fault()));
    let mut findings = with_share(flavour.settings, server, |bench, findings| {
        let file = bench.mount.open("file").expect("the file opens");
        let flights: Vec<_> = (0..FOUR)
            .map(|index| kind(index).start(&file, &after, index))
            .collect();
        for (index, flight) in flights.into_iter().enumerate() {
            let (offset, length) = PARTS[index];
            let (part, status) = flight.wait();
            let met = count(status);
            findings.tally.add(met.err().unwrap_or(NtStatus::SUCCESS));
            if met != Ok(length) {
                findings.complain(format!("request {index}: {met:?}"));
            }
            if kind(index) == Kind::Read && part != before[offset..][..length] {
                findings.complain(format!("request {index} has read something else"));
            }
        }
    });
    findings.met = answers.most() == FOUR;
    let stored = share.read_file("file").expect("the file is there");
    for (index, (offset, length)) in PARTS.into_iter().enumerate() {
        let wanted = match kind(index) {
            Kind::Read => &before,
            Kind::Write => &after,
        };
        if stored[offset..][..length] != wanted[offset..][..length] {
            findings.complain(format!("part {index} is not what it must be"));
        }
    }
    findings
}
