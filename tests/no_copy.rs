//! Without signing, data goes between the network and the caller's memory with no stop on the way; and a read or write in
//! steady state costs the driver no memory.

mod scripted;

use std::sync::{Mutex, mpsc};

use ntsim::user::SharedMemory;
use scripted::{
    Answers, BY_TDI, Settings, bytes, count, server, share, start, wait_until, with_driver,
};
use smb_server::{Fault, When};
use smb_wire::netbios::FrameHeader;
use smb_wire::smb2::Command;

const UNSIGNED: &Settings<'static> = &[("RequireSigning", 0)];
const UNSIGNED_BY_TDI: &Settings<'static> = &[("RequireSigning", 0), BY_TDI];
const SIGNED: &Settings<'static> = &[("RequireSigning", 1)];
const SEALED: &Settings<'static> = &[("RequireEncryption", 1)];
/// The largest READ and WRITE there are.
const MOST: usize = 8 << 20;

/// Sends the first half of the first answer, and the rest of it with the next one.
fn in_halves() -> Fault {
    let rest = Mutex::new(None::<Vec<u8>>);
    Fault::raw(move |message| {
        let head = FrameHeader::message(message.len()).unwrap().to_bytes();
        let mut frame = [&head, message].concat();
        let mut rest = rest.lock().unwrap();
        match rest.take() {
            None => {
                *rest = Some(frame.split_off(frame.len() / 2));
                frame
            }
            Some(rest) => [rest, frame].concat(),
        }
    })
}

/// What has arrived of a read is in the caller's memory before the rest is sent.
fn reads_go_to_the_callers_memory(settings: &Settings<'_>) {
    let share = share();
    let content = bytes(MOST + 1);
    share.write_file("file", &content).unwrap();
    let server = start(server(&share).fault(When::command(Command::READ).first(2), in_halves()));
    let settings = [settings, &[("MaxIoBytes", MOST as u32)]].concat();
    with_driver(&settings, |desk| {
        let file = desk.mount(&server).open("file").unwrap();
        let memory = SharedMemory::new(&vec![0; MOST]);
        let read = file.nt_read_file_shared(&memory, 0);
        wait_until("half of it is there", || {
            memory.holds(0, &content[..MOST / 2 - 1024])
        });
        assert!(read.try_wait().is_none());
        let mut last = [0];
        assert_eq!(
            count(file.nt_read_file(&mut last, Some(MOST as u64))),
            Ok(1)
        );
        assert_eq!(count(read.wait().1), Ok(MOST));
        assert!(memory.holds(0, &content[..MOST]));
        let peak = desk.kernel().stats().pool_peak;
        assert!(
            peak < MOST as u64 / 2,
            "{peak} bytes of pool would hold what was read"
        );
    });
}

#[test]
fn what_has_arrived_of_a_read_is_in_the_callers_memory_before_the_rest_is_sent() {
    reads_go_to_the_callers_memory(UNSIGNED);
}

#[test]
fn what_has_arrived_of_a_read_by_tdi_is_in_the_callers_memory_before_the_rest_is_sent() {
    reads_go_to_the_callers_memory(UNSIGNED_BY_TDI);
}

/// A write is taken from the caller's memory at the moment when it is sent.
fn writes_are_taken_from_the_callers_memory(settings: &Settings<'_>) {
    // More than the sockets between the two hold.
    const SIZE: usize = 5 * MOST;
    const LATE: usize = 1 << 20;
    let share = share();
    let (goes_on, waits) = mpsc::channel::<()>();
    let waits = Mutex::new(waits);
    let server = start(server(&share));
    // The server reads nothing behind the first WRITE before it is told to.
    server.faults().add(
        When::command(Command::WRITE).filter(move |_| {
            let _ = waits.lock().unwrap().recv();
            false
        }),
        Fault::Swallow,
    );
    let settings = [settings, &[("MaxIoBytes", MOST as u32)]].concat();
    with_driver(&settings, |desk| {
        let file = desk.mount(&server).make("file").unwrap();
        let content = bytes(SIZE);
        let memory = SharedMemory::new(&content);
        let write = file.nt_write_file_shared(&memory, 0);
        wait_until("the first part has arrived", || {
            server.stats().requests_of(Command::WRITE) == 1
        });
        memory.put(SIZE - LATE, &content[..LATE]);
        drop(goes_on);
        assert_eq!(count(write.wait().1), Ok(SIZE));
        let written = share.read_file("file").unwrap();
        assert!(written[..SIZE - LATE] == content[..SIZE - LATE]);
        assert!(written[SIZE - LATE..] == content[..LATE]);
        let peak = desk.kernel().stats().pool_peak;
        assert!(
            peak < MOST as u64 / 2,
            "{peak} bytes of pool would hold what was written"
        );
    });
}

#[test]
fn a_write_is_taken_from_the_callers_memory_at_the_moment_when_it_is_sent() {
    writes_are_taken_from_the_callers_memory(UNSIGNED);
}

#[test]
fn a_write_by_tdi_is_taken_from_the_callers_memory_at_the_moment_when_it_is_sent() {
    writes_are_taken_from_the_callers_memory(UNSIGNED_BY_TDI);
}

/// Reads and writes of several sizes, one after the other, succeed while any allocation of the driver's would fail.
fn the_driver_allocates_nothing(settings: &Settings<'_>) {
    const ROUNDS: usize = 10;
    const AT_ONCE: usize = 8;
    const SIZES: [usize; 3] = [1, 4096, 1 << 20];
    let share = share();
    let content = bytes(1 << 20);
    share.write_file("file", &content).unwrap();
    let (reads, writes) = (
        Answers::gather(AT_ONCE, |_| ()),
        Answers::gather(AT_ONCE, |_| ()),
    );
    let server = start(
        server(&share)
            .fault(When::command(Command::READ), reads.fault())
            .fault(When::command(Command::WRITE), writes.fault()),
    );
    with_driver(settings, |desk| {
        let file = desk.mount(&server).open("file").unwrap();
        // Warming up: some at once, so that something is in stock.
        let flights: Vec<_> = (0..AT_ONCE)
            .map(|_| file.nt_read_file_overlapped(vec![0; 4096], 0))
            .collect();
        flights.into_iter().for_each(|read| drop(read.wait()));
        let flights: Vec<_> = (0..AT_ONCE)
            .map(|_| file.nt_write_file_overlapped(content[..4096].to_vec(), 0))
            .collect();
        flights.into_iter().for_each(|write| drop(write.wait()));
        let mut buffer = content.clone();
        let mut work = || {
            for size in SIZES {
                let written = file.nt_write_file(&content[..size], Some(0));
                assert_eq!(count(written), Ok(size));
                let read = file.nt_read_file(&mut buffer[..size], Some(0));
                assert_eq!(count(read), Ok(size));
            }
        };
        work();
        // The IRP and the MDL of the caller's memory are the I/O manager's and RDBSS's; the rest would be ours.
        let tags = desk.kernel().leaks().pool.into_iter().map(|used| used.tag);
        let ours = tags.filter(|tag| tag.starts_with("Ox") || tag.starts_with("Nt"));
        let ours: Vec<String> = ours.chain(["rust".to_owned()]).collect();
        assert!(ours.len() > 5, "{ours:?}");
        for tag in &ours {
            let tag: &[u8; 4] = tag.as_bytes().try_into().unwrap();
            desk.kernel().faults().fail_nth_of(tag, 1);
            (0..ROUNDS).for_each(|_| work());
            let allocated = desk.kernel().faults().struck();
            desk.kernel().faults().clear();
            assert_eq!(allocated, 0, "{}", String::from_utf8_lossy(tag));
        }
    });
}

#[test]
fn reads_and_writes_in_steady_state_allocate_nothing_of_the_drivers() {
    the_driver_allocates_nothing(UNSIGNED);
}

#[test]
fn signed_reads_and_writes_in_steady_state_allocate_nothing_of_the_drivers() {
    the_driver_allocates_nothing(SIGNED);
}

#[test]
fn encrypted_reads_and_writes_in_steady_state_allocate_nothing_of_the_drivers() {
    the_driver_allocates_nothing(SEALED);
}

#[test]
fn reads_and_writes_by_tdi_in_steady_state_allocate_nothing_of_the_drivers() {
    the_driver_allocates_nothing(UNSIGNED_BY_TDI);
}
