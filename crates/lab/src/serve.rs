//! `oxsmb serve`: a share from memory for other clients.

use std::fs;
use std::path::Path;
use std::thread;

use smb_server::{Cipher, Encryption, Share, Signing};
use smb_wire::smb2::Dialect;

use crate::arguments::{Connect, Serve};
use crate::credentials::Credentials;
use crate::failure::Failure;
use crate::units;

/// Serves until the process is ended.
///
/// # Errors
/// When nobody could log on, the directory to preload cannot be read, or the address is taken.
pub fn serve(serve: &Serve, connect: &Connect) -> Result<(), Failure> {
    connect.check()?;
    let failed = |what: String| Failure::new("serve", &serve.share, what);
    let share = Share::new(&serve.share).map_err(|error| failed(error.to_string()))?;
    if let Some(directory) = &serve.preload {
        let (files, bytes) = preload(&share, directory)?;
        println!(
            "{}, {} from {}",
            units::files(files),
            units::bytes(bytes),
            directory.display()
        );
    }
    let mut server = smb_server::builder().share(&share);
    let who = match connect.credentials()? {
        Some(Credentials {
            domain,
            user,
            password,
        }) => {
            server = if domain.is_empty() {
                server.user(&user, &password)
            } else {
                server.domain_user(&domain, &user, &password)
            };
            user
        }
        None if connect.guest => {
            server = server.allow_guest().allow_anonymous();
            "everybody, as guest".into()
        }
        None => {
            return Err(failed(
                "nobody could log on; give --user NAME%PASSWORD, or --guest".into(),
            ));
        }
    };
    if connect.sign {
        server = server.signing(Signing::Required);
    }
    if connect.encrypts() {
        server = server.encryption(Encryption::Required);
    }
    if let Some(cipher) = connect
        .cipher
        .and_then(|cipher| Cipher::from_wire_id(cipher.wire()))
    {
        server = server.ciphers(&[cipher]);
    }
    if let Some(dialect) = connect.dialect {
        let dialect = Dialect(dialect.wire());
        server = server.dialects(dialect..=dialect);
    }
    let running = server
        .bind(serve.listen)
        .map_err(|error| Failure::new("listen on", serve.listen, error))?;
    println!(
        "serving //{}/{} to {who}; Ctrl-C ends it",
        running.address(),
        serve.share
    );
    loop {
        thread::park();
    }
}

/// Copies a directory's files into the share.
fn preload(share: &Share, directory: &Path) -> Result<(u64, u64), Failure> {
    let (mut files, mut bytes) = (0, 0);
    let mut left = vec![directory.to_path_buf()];
    while let Some(path) = left.pop() {
        let local = |error: std::io::Error| Failure::new("read", path.display(), error);
        for entry in fs::read_dir(&path).map_err(local)? {
            let entry = entry.map_err(local)?;
            let inner = entry.path();
            let kind = entry.file_type().map_err(local)?;
            let below = inner
                .strip_prefix(directory)
                .unwrap_or(&inner)
                .to_string_lossy();
            let refused = |error: smb_server::fs::FsError| {
                Failure::new("serve", inner.display(), error.to_string())
            };
            if kind.is_dir() {
                share.make_directory(&below).map_err(refused)?;
                left.push(inner);
            } else if kind.is_file() {
                let content = fs::read(&inner).map_err(local)?;
                share.write_file(&below, &content).map_err(refused)?;
                files += 1;
                bytes += content.len() as u64;
            }
        }
    }
    Ok((files, bytes))
}
