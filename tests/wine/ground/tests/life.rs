//! The driver comes and goes: loading, unloading, a thousand times, with files open, and with nonsense among its settings.
#![forbid(unsafe_code)]

use samba_ground::{Config, SHARE, Samba};
use smb_wire::NtStatus;
use wine_ground::{Footprint, OX, SERVICE, assert_nothing_held, with_driver, with_session};

/// How many threads or descriptors a process has more at one time than at another, without a reason of ours.
const FEW: u64 = 4;

#[test]
fn the_driver_loads_registers_its_device_and_unloads_leaving_nothing() {
    with_session(|_, user| {
        assert_nothing_held(user);
        user.load(SERVICE).unwrap();
        assert_eq!(user.held().counters.providers, 1);
        user.unload(SERVICE).unwrap();
        assert_nothing_held(user);
    });
}

#[test]
fn what_the_driver_holds_is_counted_as_long_as_it_holds_it() {
    let samba = Samba::start(&Config::default());
    with_driver(&[], |desk| {
        let idle = desk.user().held().counters;
        assert!(idle.pool_bytes > 0 && idle.pool_blocks > 0, "{idle:?}");
        assert_eq!((idle.providers, idle.sockets, idle.files), (1, 0, 0));
        let mount = desk.mount(samba.port(), SHARE, &OX).unwrap();
        let file = mount.make("file").unwrap();
        let busy = desk.user().held().counters;
        assert!(busy.pool_bytes > idle.pool_bytes, "{busy:?}");
        assert_eq!((busy.sockets, busy.files), (1, 1));
        drop(file);
    });
}

#[test]
fn a_thousand_loads_and_unloads_leave_the_process_as_it_was() {
    const CYCLES: usize = 1_000;
    /// By then everything that is loaded and allocated once is there.
    const WARM: usize = 100;
    /// A page kept for every cycle would be more; what heaps do to themselves is less.
    const RESIDENT_KIB: u64 = 2 << 10;
    with_session(|session, user| {
        let cycle = || {
            user.load(SERVICE).unwrap();
            user.unload(SERVICE).unwrap();
            assert_nothing_held(user);
        };
        (0..WARM).for_each(|_| cycle());
        let before = session.footprint();
        (0..CYCLES - WARM).for_each(|_| cycle());
        let after = session.footprint();
        println!("after {WARM} cycles {before:?}, after {CYCLES} {after:?}");
        // A few of Wine's own come and go.
        assert!(after.threads <= before.threads + FEW, "{after:?}");
        assert!(after.descriptors <= before.descriptors + FEW, "{after:?}");
        let grown = after.resident.saturating_sub(before.resident);
        assert!(grown < RESIDENT_KIB, "grown by {grown} KiB");
    });
}

#[test]
fn connecting_and_disconnecting_again_and_again_leaves_the_process_as_it_was() {
    const CYCLES: usize = 60;
    const WARM: usize = 20;
    const RESIDENT_KIB: u64 = 1 << 10;
    let samba = Samba::start(&Config::default());
    with_session(|session, user| {
        let mut before: Option<Footprint> = None;
        for cycle in 0..CYCLES {
            user.load(SERVICE).unwrap();
            let mount = wine_ground::Mount::connect(user, samba.port(), SHARE, &OX).unwrap();
            let file = mount.make("file").unwrap();
            assert_eq!(file.write(0, b"something"), Ok(9));
            drop(file);
            mount.disconnect(false).unwrap();
            user.unload(SERVICE).unwrap();
            assert_nothing_held(user);
            if cycle == WARM {
                before = Some(session.footprint());
            }
        }
        let (before, after) = (before.unwrap(), session.footprint());
        println!("after {WARM} cycles {before:?}, after {CYCLES} {after:?}");
        let grown = after.resident.saturating_sub(before.resident);
        assert!(grown < RESIDENT_KIB, "grown by {grown} KiB");
        assert!(after.threads <= before.threads + FEW, "{after:?}");
        assert!(after.descriptors <= before.descriptors + FEW, "{after:?}");
    });
}

/// STATUS_FILES_OPEN, with which the agent says that the I/O manager would not call DriverUnload yet.
const FILES_OPEN: NtStatus = NtStatus(0xC000_0107);

#[test]
fn the_driver_stays_while_a_file_is_open_and_goes_once_it_is_closed() {
    let samba = Samba::start(&Config::default());
    with_driver(&[], |desk| {
        let mount = desk.mount(samba.port(), SHARE, &OX).unwrap();
        let file = mount.make("file").unwrap();
        assert_eq!(desk.user().unload(SERVICE), Err(FILES_OPEN));
        assert_eq!(file.write(0, b"still there"), Ok(11));
        file.close().unwrap();
    });
}

#[test]
fn the_driver_goes_with_shares_still_connected_and_tells_the_server() {
    let samba = Samba::start(&Config::default());
    let server = || samba.client().run("").status.success();
    assert!(server());
    with_driver(&[], |desk| {
        let mount = desk.mount(samba.port(), SHARE, &OX).unwrap();
        drop(mount.make("file").unwrap());
    });
    assert!(server());
    assert!(samba.directory().join("file").is_file());
}

#[test]
fn a_setting_out_of_bounds_is_reported_and_not_taken() {
    let samba = Samba::start(&Config::default());
    let settings = [("Credits", 0), ("MinDialect", 7), ("MaxIoBytes", 1 << 30)];
    with_driver(&settings, |desk| {
        let printed = desk.printed();
        for (name, value) in settings {
            let reported = printed
                .iter()
                .any(|line| line.contains(name) && line.contains(&format!("{value:#x}")));
            assert!(reported, "{name} in {printed:#?}");
        }
        // It works with the defaults.
        let mount = desk.mount(samba.port(), SHARE, &OX).unwrap();
        let file = mount.make("file").unwrap();
        assert_eq!(file.write(0, b"works"), Ok(5));
    });
}
