//! The demo: the whole path of a file, with a server of its own, and nothing left behind.

mod first_read;
mod speeds;

use std::fs;
use std::hash::{BuildHasher, Hasher, RandomState};

use smb_server::{RunningServer, Share};
use smb_wire::NtStatus;
use zeroize::Zeroizing;

use crate::arguments::Connect;
use crate::copy;
use crate::credentials::Credentials;
use crate::drive::Drive;
use crate::failure::Failure;
use crate::location::{RemotePath, ShareName};
use crate::machine::{Machine, Remains, Settings};
use crate::progress::Progress;
use crate::units;
use first_read::Watch;

const SHARE: &str = "demo";
const USER: &str = "ox";
const LETTER: char = 'Z';

/// Runs the demo and prints it.
///
/// # Errors
/// The first thing that did not go as it must.
pub fn run(connect: &Connect) -> Result<(), Failure> {
    connect.check()?;
    println!("OxSMB: the driver at work, on a user-mode NT kernel that checks each step\n");
    let watch = Watch::default();
    let (server, credentials) = serve(&watch)?;
    let machine = Machine::boot(&Settings::from(connect))?;
    println!("  kernel   ntsim is up; oxsmb.sys is loaded and its redirector started");
    println!(
        "  server   {}, share {SHARE:?}, user {USER:?}, all in memory",
        server.address()
    );
    let on_share = on_drive(&machine, &server, &credentials, &watch);
    // Unloading waits for nothing but the driver, so it comes before the verdict, whatever that is.
    let remains = machine.shut_down();
    server.stop();
    let requests = on_share?;
    let remains = remains?;
    let left = format!(
        "{} bytes of pool, {} objects and {} threads remain",
        remains.pool_bytes, remains.objects, remains.threads
    );
    if remains != Remains::default() {
        return Err(Failure::new("unload", "the driver without a trace", left));
    }
    println!("\n  unloaded: {left}");
    println!(
        "\nok: {} requests of the driver were answered, and nothing is left behind",
        units::count(requests)
    );
    Ok(())
}

/// Starts the server, with a user whose password nobody knows.
fn serve(watch: &Watch) -> Result<(RunningServer, Credentials), Failure> {
    let failed = |why: String| Failure::new("start", "the demo's server", why);
    let share = Share::new(SHARE).map_err(|error| failed(error.to_string()))?;
    let credentials = Credentials {
        domain: String::new(),
        user: USER.into(),
        password: Zeroizing::new(format!(
            "{:016x}",
            RandomState::new().build_hasher().finish()
        )),
    };
    let seen = watch.clone();
    let server = smb_server::builder()
        .share(&share)
        .user(USER, &credentials.password)
        .observe(move |served| seen.served(served))
        .bind("127.0.0.1:0")
        .map_err(|error| failed(error.to_string()))?;
    Ok((server, credentials))
}

/// Everything between mapping the drive and unmapping it. Gives the number of requests that the server answered.
fn on_drive(
    machine: &Machine,
    server: &RunningServer,
    credentials: &Credentials,
    watch: &Watch,
) -> Result<u64, Failure> {
    let address = server.address();
    let share = ShareName {
        host: address.ip().to_string(),
        port: address.port(),
        share: SHARE.into(),
    };
    let drive = machine.connect(&share, Some(credentials), Some(LETTER))?;
    println!("  drive    {LETTER}: is \\{}", share.tagged());
    let done = first_read::show(&drive, LETTER, watch)
        .and_then(|()| files(&drive, &share))
        .and_then(|()| speeds::show(&drive));
    done.and(drive.disconnect())?;
    Ok(server.stats().requests.iter().sum())
}

/// Copies a tree there and back, lists, renames and deletes.
fn files(drive: &Drive<'_>, share: &ShareName) -> Result<(), Failure> {
    let place = std::env::temp_dir();
    let desk = tempfile::tempdir_in(&place)
        .map_err(|error| Failure::new("make a directory in", place.display(), error))?;
    let local =
        |error: std::io::Error| Failure::new("use the files in", desk.path().display(), error);
    let tree = desk.path().join("tree");
    fs::create_dir_all(tree.join("inner")).map_err(local)?;
    let content = pattern(3 << 20);
    fs::write(tree.join("three MiB.bin"), &content).map_err(local)?;
    fs::write(tree.join("inner").join("日本語 🦀.txt"), "こんにちは").map_err(local)?;

    println!("\nFiles");
    let root = RemotePath {
        share: share.clone(),
        path: String::new(),
    };
    let mut progress = Progress::new();
    copy::upload(drive, &tree, &root, &mut progress)?;
    said("copy a tree there", progress.finish());

    let entries = drive.list("\\tree")?.collect::<Result<Vec<_>, _>>()?;
    let names: Vec<_> = entries.iter().map(|entry| entry.name.as_str()).collect();
    said("list it", names.join(", "));

    drive.rename("\\tree", "\\renamed", false)?;
    said("rename it", "tree is now renamed".into());

    let back = desk.path().join("back");
    let mut progress = Progress::new();
    copy::download(drive, &root.join("renamed"), &back, &mut progress)?;
    let returned = fs::read(back.join("three MiB.bin")).map_err(local)?;
    let small = fs::read_to_string(back.join("inner").join("日本語 🦀.txt")).map_err(local)?;
    if returned != content || small != "こんにちは" {
        return Err(Failure::new(
            "compare",
            "the copies",
            "what came back is not what went there",
        ));
    }
    said(
        "copy it back",
        format!("{}, every byte the same", progress.finish()),
    );

    drive.remove_tree("\\renamed")?;
    match drive.stat("\\renamed") {
        Err(failure) if failure.status() == Some(NtStatus::OBJECT_NAME_NOT_FOUND) => {
            said("delete it", "gone".into());
        }
        Err(failure) => return Err(failure),
        Ok(_) => return Err(Failure::new("delete", "\\renamed", "it is still there")),
    }
    Ok(())
}

fn said(what: &str, result: String) {
    println!("  {what:<18} {result}");
}

/// Bytes that no run of a buffer or offset mixed up could repeat by accident.
fn pattern(length: usize) -> Vec<u8> {
    (0..length as u64)
        .map(|index| (index.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8)
        .collect()
}
