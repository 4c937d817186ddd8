//! The keys of encrypted sessions, as smbd writes them down with the setting `debug encryption`.

/// The keys of one session, in hexadecimal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionKeys {
    /// SessionId, in the order of its bytes on the wire.
    pub session_id: String,
    /// The key that the others are derived from.
    pub session_key: String,
    /// What encrypts the client's messages.
    pub client_to_server: String,
    /// What encrypts the server's messages.
    pub server_to_client: String,
    /// The signing algorithm, as MS-SMB2 2.2.3.1.7 numbers it.
    pub signing_algorithm: u32,
    /// The cipher, as MS-SMB2 2.2.3.1.2 numbers it.
    pub cipher: u32,
}

impl SessionKeys {
    /// What tshark's preference `smb2_seskey_list` takes.
    pub(crate) fn preference(&self) -> String {
        let Self {
            session_id,
            session_key,
            client_to_server,
            server_to_client,
            ..
        } = self;
        format!(
            "uat:smb2_seskey_list:{session_id},{session_key},{server_to_client},{client_to_server}"
        )
    }

    /// Reads the keys of every session from smbd's log.
    pub(crate) fn all_in(log: &str) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        let mut place: Option<fn(&mut Self) -> &mut String> = None;
        for line in log.lines().map(str::trim_start) {
            if let Some((_, number)) = line.split_once("Algo:") {
                let number = number.trim().parse().unwrap_or(u32::MAX);
                match all.last_mut() {
                    Some(keys) if line.starts_with("Cipher") => keys.cipher = number,
                    Some(keys) => keys.signing_algorithm = number,
                    None => {}
                }
                continue;
            }
            // "Session Key   [0000] 01 64 ...   .d..": longer keys go on in a line that begins with "[0010]".
            let Some((name, dump)) = line.split_once('[') else {
                place = None;
                continue;
            };
            place = match name.trim() {
                "" => place,
                "Session Id" => {
                    all.push(Self::default());
                    Some(|keys| &mut keys.session_id)
                }
                "Session Key" => Some(|keys| &mut keys.session_key),
                "ServerIn Key" => Some(|keys| &mut keys.client_to_server),
                "ServerOut Key" => Some(|keys| &mut keys.server_to_client),
                _ => None,
            };
            if let (Some(place), Some(keys)) = (place, all.last_mut()) {
                place(keys).push_str(&bytes(dump));
            }
        }
        all
    }
}

/// The bytes of a line of smbd's dumps, behind its offset's bracket: pairs of digits, and at the end what they are as text,
/// which stands apart by three blanks or more.
fn bytes(dump: &str) -> String {
    const COLUMNS: usize = "0000] ".len() + 3 * 16 + 2;
    let columns = dump.get(..COLUMNS).unwrap_or(dump);
    columns
        .split_once(']')
        .map_or(columns, |(_, bytes)| bytes)
        .split_whitespace()
        .filter(|word| word.len() == 2 && word.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "\
[2026/11/21 07:05:01.033670,  0] ../../source3/smbd/smb2_sesssetup.c:376(smbd_smb2_auth_generic_return)
  debug encryption: dumping generated session keys
  Session Id    [0000] 57 86 86 30 00 00 00 00                             W..0....
  Session Key   [0000] 01 64 04 F9 2E 76 AC 27   82 C8 83 D6 08 F7 B1 14   .d...v.' ........
  Signing Algo: 2
  Signing Key   [0000] B4 B2 57 4E E0 20 52 A1   D8 62 95 8E F4 54 81 38   ..WN. R. .b...T.8
  App Key       [0000] B6 4E 99 AE D1 E2 84 8D   34 E6 F6 A2 F6 90 30 57   .N...... 4.....0W
  Cipher Algo: 4
  ServerIn Key  [0000] F1 C3 EA 69 7F 90 A4 A1   BE CC CC 26 BC AE F5 09   ...i.... ab cd ..
                [0010] F1 C3 EA 69 7F 90 A4 A1   BE CC CC 26 BC AE F5 0A   ...i.... ...&....
  ServerOut Key [0000] 19 5D 63 80 1B F7 83 54   DF A9 87 0C 8B EE E9 7C   .]c....T .......|
";

    #[test]
    fn every_sessions_keys_are_read_from_the_log() {
        let keys = SessionKeys::all_in(&[LOG, LOG].concat());
        assert_eq!(keys.len(), 2);
        assert_eq!(keys[0], keys[1]);
        assert_eq!(keys[0].session_id, "5786863000000000");
        assert_eq!(keys[0].session_key, "016404F92E76AC2782C883D608F7B114");
        assert_eq!(
            keys[0].client_to_server,
            "F1C3EA697F90A4A1BECCCC26BCAEF509F1C3EA697F90A4A1BECCCC26BCAEF50A"
        );
        assert_eq!(keys[0].server_to_client, "195D63801BF78354DFA9870C8BEEE97C");
        assert_eq!((keys[0].signing_algorithm, keys[0].cipher), (2, 4));
    }
}
