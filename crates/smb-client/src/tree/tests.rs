use std::vec;

use smb_wire::smb2::{Command, ErrorResponse, HeaderFlags, Target};

use super::*;
use crate::testing::*;

fn share() -> TreeConnectResponse {
    TreeConnectResponse {
        share_type: ShareType::DISK,
        share_flags: ShareFlags::DFS,
        capabilities: ShareCapabilities::empty(),
        maximal_access: AccessMask::from_bits_retain(0x1F_01FF),
    }
}

fn replied(response: TreeConnectResponse, tail: usize) -> Result<Tree, Failure> {
    let ticket = first_ticket(Command::TREE_CONNECT, SESSION);
    let header = Header {
        target: Target::tree(31),
        ..answer_header(&ticket, NtStatus::SUCCESS, 1)
    };
    let frame = frame(&header, |w| {
        response.emit(w)?;
        w.zeros(tail)
    });
    TreeConnect::reply(message(&frame))
}

#[test]
fn the_request_names_the_share_and_is_signed_with_keys() {
    let ticket = first_ticket(Command::TREE_CONNECT, SESSION);
    let mut out = vec![0; 512];
    let path = Utf16::from_str(r"\\fs1\data");
    let keys = keys();
    let signed = Protection::Signed(&keys);
    let len = TreeConnect::request(path, &ticket, signed, &mut out).unwrap();
    let message = message(&out[..len]);
    assert_eq!(TreeConnectRequest::parse(message).unwrap().path, path);
    assert!(
        Header::parse(message)
            .unwrap()
            .flags
            .contains(HeaderFlags::SIGNED)
    );
}

#[test]
fn the_tree_has_the_headers_id_and_the_bodys_properties() {
    // Bytes behind the structure once crashed another client (CVE-2017-0016).
    for tail in [0, 1, 1000] {
        let tree = replied(share(), tail).unwrap();
        assert_eq!(
            (tree.id, tree.share_type, tree.flags),
            (31, ShareType::DISK, ShareFlags::DFS)
        );
        assert_eq!(tree.maximal_access.bits(), 0x1F_01FF);
    }
}

#[test]
fn a_share_tells_whether_it_must_be_encrypted() {
    let encrypted = TreeConnectResponse {
        share_flags: ShareFlags::ENCRYPT_DATA,
        ..share()
    };
    assert!(replied(encrypted, 0).unwrap().must_be_sealed());
    assert!(!replied(share(), 0).unwrap().must_be_sealed());
}

#[test]
fn case_23_a_share_of_no_known_type_is_refused() {
    for share_type in [0, 4, 255] {
        let odd = TreeConnectResponse {
            share_type: ShareType(share_type),
            ..share()
        };
        assert_eq!(
            replied(odd, 0),
            Err(ClientError::UnknownShareType(share_type).into())
        );
    }
}

#[test]
fn a_refusal_is_the_servers_status() {
    let ticket = first_ticket(Command::TREE_CONNECT, SESSION);
    let frame = response(&ticket, NtStatus::BAD_NETWORK_NAME, 1, |w| {
        ErrorResponse::EMPTY.emit(w)
    });
    assert_eq!(
        TreeConnect::reply(message(&frame)),
        Err(Failure::Server(NtStatus::BAD_NETWORK_NAME))
    );
}

#[test]
fn a_path_that_is_too_long_for_the_protocol_is_refused() {
    let ticket = first_ticket(Command::TREE_CONNECT, SESSION);
    let path = vec![u16::from(b'x'); 40_000];
    let result = TreeConnect::request(
        Utf16::from_units(&path),
        &ticket,
        Protection::None,
        &mut vec![0; 200_000],
    );
    assert!(matches!(
        result,
        Err(ClientError::Emit(smb_wire::EmitError::TooLong(_)))
    ));
}
