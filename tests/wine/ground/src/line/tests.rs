use super::*;
use std::net::{Ipv4Addr, TcpListener};
use wine_protocol::Handle;

/// Plays an agent for one connection.
fn agent(play: impl FnOnce(TcpStream) + Send + 'static) -> Line {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || play(listener.accept().unwrap().0));
    Line::connect(address).unwrap()
}

/// Reads a request, and gives its tag and whether it is overlapped.
fn take(stream: &mut TcpStream) -> (u32, bool) {
    let body = frame(stream).unwrap();
    let frame = Frame::parse(&body).unwrap();
    (frame.tag, frame.overlapped)
}

fn reply(stream: &mut TcpStream, tag: u32, status: NtStatus, data: &[u8]) {
    let reply = Reply {
        tag,
        status: status.to_i32(),
        information: data.len() as u64,
        data,
    };
    stream.write_all(&reply.head().unwrap()).unwrap();
    stream.write_all(data).unwrap();
}

const READ: Request<'_> = Request::Read {
    file: Handle(1),
    offset: 0,
    length: 10,
};

#[test]
fn a_reply_brings_its_status_and_data() {
    let line = agent(|mut stream| {
        let (tag, overlapped) = take(&mut stream);
        assert!(!overlapped);
        reply(&mut stream, tag, NtStatus::SUCCESS, b"data");
        let (tag, _) = take(&mut stream);
        reply(&mut stream, tag, NtStatus::END_OF_FILE, b"");
    });
    assert_eq!(line.ask(READ).data(), Ok(b"data".to_vec()));
    assert_eq!(line.ask(READ).count(), Err(NtStatus::END_OF_FILE));
}

#[test]
fn overlapped_replies_find_their_requests_in_any_order() {
    const MANY: u32 = 4;
    let line = agent(|mut stream| {
        let (first, overlapped) = take(&mut stream);
        assert!(overlapped);
        let (single, _) = take(&mut stream);
        reply(&mut stream, single, NtStatus::SUCCESS, b"single");
        for tag in (first..first + MANY).rev() {
            reply(&mut stream, tag, NtStatus::SUCCESS, &tag.to_le_bytes());
        }
        let _ = frame(&mut stream);
    });
    let many = line.start(
        Request::ReadMany {
            file: Handle(1),
            offset: 0,
            length: 4,
            stride: 4,
            count: MANY,
        },
        MANY,
    );
    assert_eq!(line.ask(READ).data(), Ok(b"single".to_vec()));
    for sent in many {
        assert_eq!(sent.wait().data, sent.tag.to_le_bytes());
    }
}

#[test]
#[should_panic(expected = "hung up")]
fn an_agent_that_hangs_up_ends_the_wait_for_its_reply() {
    let line = agent(|mut stream| {
        take(&mut stream);
    });
    line.ask(READ);
}

#[test]
fn where_nobody_can_answer_any_more_a_last_request_is_in_vain_and_no_panic() {
    let line = agent(drop);
    while lock(&line.waiting).is_some() {
        thread::yield_now();
    }
    assert_eq!(line.try_ask(READ), None);
}
