//! SHA-256, by which the tests compare files.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha2::Digest;

/// A SHA-256 under way.
#[derive(Clone, Default)]
pub struct Sha256(sha2::Sha256);

impl Sha256 {
    /// Takes in the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all that came in, in hexadecimal.
    pub fn finish(self) -> String {
        let digest = self.0.finalize();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The SHA-256 of everything that a reader gives, in hexadecimal.
///
/// # Errors
/// Whatever the reader meets.
pub fn sha256_of(mut reader: impl Read) -> io::Result<String> {
    let mut hash = Sha256::default();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match reader.read(&mut buffer)? {
            0 => return Ok(hash.finish()),
            count => hash.update(&buffer[..count]),
        }
    }
}

/// The SHA-256 of a file, in hexadecimal.
///
/// # Panics
/// When the file cannot be read.
pub fn sha256_of_file(path: &Path) -> String {
    File::open(path)
        .and_then(sha256_of)
        .unwrap_or_else(|error| panic!("{} cannot be read: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_of_abc_is_the_one_of_fips_180() {
        assert_eq!(
            sha256_of(&b"abc"[..]).unwrap(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
