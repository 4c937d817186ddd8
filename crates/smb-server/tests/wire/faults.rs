//! What the fault script does, as a client sees it.

use std::io::ErrorKind;
use std::time::Duration;

use crate::client::Client;
use smb_server::{Builder, Fault, RunningServer, Share, StreamFault, When, builder};
use smb_wire::NtStatus;
use smb_wire::smb2::{
    Cancel, ChangeNotifyFlags, ChangeNotifyRequest, Command, CompletionFilter, EchoRequest, FileId,
    Header, HeaderFlags, LockElement, LockFlags, LockRequest, ReadResponse, Target,
};

fn serve(configure: impl FnOnce(Builder) -> Builder) -> (RunningServer, Client, FileId) {
    let share = Share::new("data").unwrap();
    share.write_file("file", b"0123456789").unwrap();
    let server = configure(builder().share(&share).allow_anonymous())
        .bind("127.0.0.1:0")
        .unwrap();
    let mut client = Client::connect(server.address()).unwrap();
    let file = client.open("file").unwrap();
    (server, client, file)
}

fn reads() -> When {
    When::command(Command::READ)
}

#[test]
fn a_reply_can_be_held_until_others_have_overtaken_it() {
    let (_server, mut client, file) =
        serve(|builder| builder.fault(reads().nth(1), Fault::Hold(2)));
    let sent: Vec<u64> = (0..3)
        .map(|i| client.send_read(file, i, 1).unwrap())
        .collect();
    let got: Vec<u64> = (0..3)
        .map(|_| client.receive().unwrap().header.message_id)
        .collect();
    assert_eq!(got, [sent[1], sent[2], sent[0]]);
}

#[test]
fn a_reply_can_be_late_swallowed_or_sent_twice() {
    let (_server, mut client, file) = serve(|builder| {
        builder
            .fault(reads().nth(1), Fault::Delay(Duration::from_millis(1)))
            .fault(reads().nth(2), Fault::Swallow)
            .fault(reads().nth(3), Fault::Duplicate)
    });
    let late = client.send_read(file, 0, 1).unwrap();
    client.send_read(file, 0, 1).unwrap();
    let twice = client.send_read(file, 0, 1).unwrap();
    let mut got: Vec<u64> = (0..3)
        .map(|_| client.receive().unwrap().header.message_id)
        .collect();
    // When a delay ends is for the clock to say, so the order is not looked at.
    got.sort_unstable();
    assert_eq!(got, [late, twice, twice]);
}

#[test]
fn a_status_replaces_the_execution() {
    let (server, mut client, file) = serve(|builder| {
        builder.fault(
            reads().nth(2),
            Fault::Status(NtStatus::INSUFFICIENT_RESOURCES),
        )
    });
    let statuses: Vec<NtStatus> = (0..3)
        .map(|_| {
            client.send_read(file, 0, 1).unwrap();
            client.receive().unwrap().header.status
        })
        .collect();
    assert_eq!(
        statuses,
        [
            NtStatus::SUCCESS,
            NtStatus::INSUFFICIENT_RESOURCES,
            NtStatus::SUCCESS
        ]
    );
    assert_eq!(server.stats().requests_of(Command::READ), 3);
}

#[test]
fn an_interim_reply_announces_a_read_that_can_be_cancelled() {
    let (_server, mut client, file) =
        serve(|builder| builder.fault(reads().nth(1), Fault::Interim(Duration::from_secs(3600))));
    let id = client.send_read(file, 0, 1).unwrap();
    let interim = client.receive().unwrap().header;
    assert_eq!(
        (interim.status, interim.message_id),
        (NtStatus::PENDING, id)
    );
    assert!(interim.flags.contains(HeaderFlags::ASYNC_COMMAND) && interim.credits > 0);
    let mut cancel = Header::request(Command::CANCEL, id);
    cancel.target = Target::Async(interim.async_id().unwrap());
    client.send_as(cancel, |w| Cancel.emit(w)).unwrap();
    let last = client.receive().unwrap().header;
    assert_eq!(
        (last.status, last.message_id, last.credits),
        (NtStatus::CANCELLED, id, 0)
    );
    assert_eq!(last.async_id(), interim.async_id());
}

#[test]
fn an_interim_reply_is_followed_by_the_data() {
    let (_server, mut client, file) =
        serve(|builder| builder.fault(reads().nth(1), Fault::Interim(Duration::from_millis(1))));
    client.send_read(file, 3, 4).unwrap();
    assert_eq!(client.receive().unwrap().header.status, NtStatus::PENDING);
    let last = client.receive().unwrap();
    assert_eq!(ReadResponse::parse(&last.message).unwrap().data, b"3456");
    assert!(last.header.async_id().is_some());
}

#[test]
fn a_delayed_request_can_be_cancelled_by_its_message_id() {
    let (_server, mut client, file) =
        serve(|builder| builder.fault(reads().nth(1), Fault::Delay(Duration::from_secs(3600))));
    let id = client.send_read(file, 0, 1).unwrap();
    client
        .send_as(Header::request(Command::CANCEL, id), |w| Cancel.emit(w))
        .unwrap();
    let last = client.receive().unwrap().header;
    assert_eq!((last.status, last.message_id), (NtStatus::CANCELLED, id));
}

#[test]
fn the_server_can_stop_granting_credits() {
    let (_server, mut client, file) = serve(|builder| builder.fault(reads(), Fault::Credits(0)));
    client.send_read(file, 0, 1).unwrap();
    assert_eq!(client.receive().unwrap().header.credits, 0);
}

#[test]
fn a_message_id_outside_of_the_window_ends_the_connection() {
    let (server, mut client, file) = serve(|builder| builder);
    client.next_message_id += 100_000;
    client.send_read(file, 0, 1).unwrap();
    assert_eq!(
        client.receive().err().unwrap().kind(),
        ErrorKind::UnexpectedEof
    );
    assert_eq!(server.stop().protocol_errors, 1);
}

#[test]
fn replies_can_be_rewritten_or_replaced_by_raw_bytes() {
    let (_server, mut client, file) = serve(|builder| {
        builder
            .fault(
                reads().nth(1),
                Fault::rewrite(|message| message[80] ^= 0xFF),
            )
            .fault(
                reads().nth(2),
                Fault::raw(|message| [&[0, 0, 0, 3], &message[..3]].concat()),
            )
    });
    client.send_read(file, 0, 1).unwrap();
    let reply = client.receive().unwrap();
    assert_eq!(
        ReadResponse::parse(&reply.message).unwrap().data,
        [b'0' ^ 0xFF]
    );
    client.send_read(file, 0, 1).unwrap();
    assert_eq!(client.receive_bytes().unwrap(), b"\xFESM");
}

#[test]
fn the_connection_can_end_before_or_after_a_reply() {
    for (fault, replies) in [(Fault::Disconnect, 0), (Fault::DisconnectAfter, 1)] {
        let (_server, mut client, file) = serve(|builder| builder.fault(reads(), fault));
        client.send_read(file, 0, 1).unwrap();
        for _ in 0..replies {
            client.receive().unwrap();
        }
        assert_eq!(client.receive_to_end().unwrap(), b"");
    }
}

#[test]
fn the_stream_can_end_at_a_byte_of_a_reply() {
    let share = Share::new("data").unwrap();
    let server = builder()
        .share(&share)
        .allow_anonymous()
        .stream_fault(Some(1), StreamFault::CloseAtByte(10))
        .bind("127.0.0.1:0")
        .unwrap();
    assert_eq!(
        Client::connect(server.address()).err().unwrap().kind(),
        ErrorKind::UnexpectedEof
    );
    assert!(Client::connect(server.address()).is_ok());
}

#[test]
fn a_stream_in_small_pieces_is_the_same_stream() {
    let (_server, mut client, file) = serve(|builder| {
        builder.stream_fault(
            None,
            StreamFault::Fragment {
                size: 3,
                pause: Duration::ZERO,
            },
        )
    });
    client.send_read(file, 0, 10).unwrap();
    let reply = client.receive().unwrap();
    assert_eq!(
        ReadResponse::parse(&reply.message).unwrap().data,
        b"0123456789"
    );
}

#[test]
fn the_script_can_change_while_the_server_runs() {
    let (server, mut client, file) = serve(|builder| builder.fault(reads(), Fault::Swallow));
    server.faults().clear();
    server
        .faults()
        .add(When::any().nth(2), Fault::Status(NtStatus::ACCESS_DENIED));
    client.send_read(file, 0, 1).unwrap();
    assert_eq!(client.receive().unwrap().header.status, NtStatus::SUCCESS);
    let echo = client.ask(Command::ECHO, |w| EchoRequest.emit(w)).unwrap();
    assert_eq!(echo.header.status, NtStatus::ACCESS_DENIED);
}

#[test]
fn a_change_notify_waits_and_can_be_cancelled_or_served() {
    let (server, mut client, _file) = serve(|builder| builder);
    let root = client.open("").unwrap();
    let notify = ChangeNotifyRequest {
        flags: ChangeNotifyFlags::empty(),
        output_buffer_length: 4096,
        file_id: root,
        completion_filter: CompletionFilter::FILE_NAME,
    };
    let interim = client
        .ask(Command::CHANGE_NOTIFY, |w| notify.emit(w))
        .unwrap()
        .header;
    assert_eq!(interim.status, NtStatus::PENDING);
    let mut cancel = Header::request(Command::CANCEL, 0);
    cancel.target = Target::Async(interim.async_id().unwrap());
    client.send_as(cancel, |w| Cancel.emit(w)).unwrap();
    assert_eq!(client.receive().unwrap().header.status, NtStatus::CANCELLED);

    client
        .ask(Command::CHANGE_NOTIFY, |w| notify.emit(w))
        .unwrap();
    server
        .share("data")
        .unwrap()
        .write_file("new", b"")
        .unwrap();
    assert_eq!(client.receive().unwrap().header.status, NtStatus::SUCCESS);
}

#[test]
fn a_lock_waits_for_another_handles_lock() {
    let (_server, mut client, file) = serve(|builder| builder);
    let other = client.open("file").unwrap();
    let lock = |file_id, flags, client: &mut Client| {
        let locks = [LockElement {
            offset: 0,
            length: 1,
            flags,
        }];
        let request = LockRequest {
            lock_sequence: 0,
            file_id,
            locks: smb_wire::List::new(&locks),
        };
        client
            .ask(Command::LOCK, |w| request.emit(w))
            .unwrap()
            .header
    };
    assert_eq!(
        lock(file, LockFlags::EXCLUSIVE_LOCK, &mut client).status,
        NtStatus::SUCCESS
    );
    let refused = lock(
        other,
        LockFlags::EXCLUSIVE_LOCK | LockFlags::FAIL_IMMEDIATELY,
        &mut client,
    );
    assert_eq!(refused.status, NtStatus::LOCK_NOT_GRANTED);
    let waiting = lock(other, LockFlags::EXCLUSIVE_LOCK, &mut client);
    assert_eq!(waiting.status, NtStatus::PENDING);
    let mut statuses = [
        lock(file, LockFlags::UNLOCK, &mut client),
        client.receive().unwrap().header,
    ];
    statuses.sort_by_key(|header| header.message_id);
    assert_eq!(statuses[0].message_id, waiting.message_id);
    assert!(
        statuses
            .iter()
            .all(|header| header.status == NtStatus::SUCCESS)
    );
}

#[test]
fn a_connection_that_goes_away_leaves_nothing_open() {
    let (server, client, _file) = serve(|builder| builder);
    assert_eq!(server.stats().open_handles, 1);
    drop(client);
    let stats = server.stop();
    assert_eq!(
        (
            stats.open_connections,
            stats.open_sessions,
            stats.open_handles
        ),
        (0, 0, 0)
    );
}

#[test]
fn a_client_that_does_not_read_does_not_keep_the_server_from_stopping() {
    let (server, mut client, _file) = serve(|builder| builder);
    server
        .share("data")
        .unwrap()
        .write_sparse("big", 1 << 30)
        .unwrap();
    let file = client.open("big").unwrap();
    // More than any socket buffers: the server's thread comes to wait for this client.
    for i in 0..400 {
        client.send_read(file, i * 65_536, 65_536).unwrap();
    }
    assert_eq!(server.stop().open_connections, 0);
    drop(client);
}
