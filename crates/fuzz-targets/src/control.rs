//! The controls between programs and driver: what user mode may put into them is anything.

use oxsmb_control::names::{ConnectionName, ServerName};
use oxsmb_control::{
    AddConnection, Connection, DeleteConnection, MAX_BUFFER, MAX_CONNECTION, NextConnection, Utf16,
    encode_add_connection, encode_connection, encode_delete_connection,
};

/// The first byte chooses the control, the others are its buffer.
pub fn buffers(bytes: &[u8]) {
    let Some((kind, buffer)) = bytes.split_first() else {
        return;
    };
    match kind % 5 {
        0 => add(buffer),
        1 => delete(buffer),
        2 => {
            if let Ok(next) = NextConnection::parse(buffer) {
                assert_eq!(next.encode(), *buffer);
            }
        }
        3 => connection(buffer),
        _ => {
            let (pairs, _) = buffer.as_chunks();
            let name: Vec<u16> = pairs.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
            names(&name);
        }
    }
}

fn units(text: Utf16<'_>) -> Vec<u16> {
    let units: Vec<u16> = text.units().collect();
    assert_eq!(units.len(), text.len());
    assert_eq!(units.len() * 2, text.bytes().len());
    units
}

fn add(buffer: &[u8]) {
    let Ok(parsed) = AddConnection::parse(buffer) else {
        return;
    };
    let [user, domain, password] =
        [parsed.user, parsed.domain, parsed.password].map(|text| text.map(units));
    let name = units(parsed.name);
    names(&name);
    let mut again = [0; MAX_BUFFER];
    let size = encode_add_connection(
        &mut again,
        &name,
        user.as_deref(),
        domain.as_deref(),
        password.as_deref(),
    );
    let size = size.expect("what was read can be written");
    assert_eq!(AddConnection::parse(&again[..size]), Ok(parsed));
}

fn delete(buffer: &[u8]) {
    let Ok(parsed) = DeleteConnection::parse(buffer) else {
        return;
    };
    let mut again = [0; MAX_BUFFER];
    let size = encode_delete_connection(&mut again, &units(parsed.name), parsed.force);
    let size = size.expect("what was read can be written");
    assert_eq!(DeleteConnection::parse(&again[..size]), Ok(parsed));
}

fn connection(buffer: &[u8]) {
    let Ok(parsed) = Connection::parse(buffer) else {
        return;
    };
    let [name, user, domain] = [parsed.name, parsed.user, parsed.domain].map(units);
    let mut again = [0; MAX_CONNECTION];
    let size = encode_connection(
        &mut again,
        parsed.serial,
        parsed.protocol,
        &name,
        &user,
        &domain,
    );
    let size = size.expect("what was read can be written");
    assert_eq!(Connection::parse(&again[..size]), Ok(parsed));
}

fn names(name: &[u16]) {
    for plain in [false, true] {
        if let Ok(server) = ServerName::parse(name, plain) {
            assert!(!server.host.is_empty() && server.port != 0);
        }
    }
    if let Some(connection) = ConnectionName::parse(name) {
        let again: Vec<u16> = connection.units(7).collect();
        assert_eq!(ConnectionName::parse(&again), Some(connection));
    }
}
