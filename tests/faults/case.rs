//! One run: a kernel, a server, the driver, the work with its fault, the work without, and nothing left behind.

use std::thread;

use ntsim::user::Process;
use ntsim::{Kernel, RegistryValue};
use smb_server::{Builder, RunningServer, Stats};
use smb_wire::NtStatus;

use crate::flavour::Flavour;
use crate::scripted::{
    Mount, PARAMETERS, PASSWORD, SHARE, Settings, USER, config, server, share, start,
};
use crate::work::{Current, Findings, SMALL, Worker};

/// What goes wrong in a run.
#[derive(Default)]
pub struct Faults<'a> {
    /// The statuses that a request may then fail with.
    pub right: &'static [NtStatus],
    /// Settings that the fault needs.
    pub settings: &'a Settings<'a>,
    /// The allocation that fails, from loading on.
    pub allocation: Option<u64>,
    /// What meddles with the work on a thread of its own; it has to end by itself.
    pub meddle: Option<Meddler<'a>>,
}

/// Meddles with the file that is being worked with.
pub type Meddler<'a> = Box<dyn FnOnce(&Current) + Send + 'a>;

/// What a run came to.
pub struct Done {
    /// What the worker found.
    pub findings: Findings,
    /// The server's totals at its end.
    pub server: Stats,
    /// What happened to the allocations.
    pub allocations: Allocations,
}

/// What happened to the allocations of a run.
pub struct Allocations {
    /// How many there were, if none was to fail.
    pub counted: u64,
    /// How many failed on purpose.
    pub struck: u64,
}

/// Does the work on a server that is arranged by `arrange`.
pub fn perform(
    flavour: &Flavour,
    arrange: impl FnOnce(Builder) -> Builder,
    faults: Faults<'_>,
) -> Done {
    let share = share();
    let server = start(arrange(server(&share)));
    let settings = [flavour.settings, faults.settings, &[SMALL]].concat();
    let right = faults.right;
    let work = |_: &Kernel, process: &Process| {
        let current = Current::default();
        let mut worker = Worker::new(process, &server, right, &current);
        let outcome = thread::scope(|scope| {
            if let Some(meddle) = faults.meddle {
                scope.spawn(|| meddle(&current));
            }
            worker.work("first")
        });
        worker.check(&share);
        if outcome.is_err() {
            // The fault is over, and so is everything that came of it.
            worker.forgive_nothing();
            if worker.work("second").is_ok() {
                worker.check(&share);
            }
        }
        worker.end()
    };
    let (mut findings, allocations) = with_kernel(&settings, (faults.allocation, right), work);
    let server = ended(server);
    findings.check_gone(&share);
    findings.met = server.faults != 0 || allocations.struck != 0;
    Done {
        findings,
        server,
        allocations,
    }
}

/// A mapped share, and what is around it.
pub struct Bench<'a> {
    /// The kernel.
    pub kernel: &'a Kernel,
    /// The server.
    pub server: &'a RunningServer,
    /// The share.
    pub mount: Mount<'a>,
}

/// Does some other work on a server, to nothing of which happens what is not expected.
pub fn with_share(
    settings: &Settings<'_>,
    server: RunningServer,
    work: impl FnOnce(&Bench<'_>, &mut Findings),
) -> Findings {
    let user = Some((USER, PASSWORD));
    let work = |kernel: &Kernel, process: &Process| {
        let mut findings = Findings::default();
        let bench = Bench {
            kernel,
            server: &server,
            mount: Mount::connect(process, &server, SHARE, user).expect("the share connects"),
        };
        work(&bench, &mut findings);
        findings
    };
    let (findings, _) = with_kernel(settings, (None, &[]), work);
    ended(server);
    findings
}

/// Boots a kernel, loads the driver, works with it and unloads it: nothing may remain. An allocation may fail, from loading
/// on, and what fails thereby has to do so rightly.
fn with_kernel<T>(
    settings: &Settings<'_>,
    (allocation, right): (Option<u64>, &[NtStatus]),
    work: impl FnOnce(&Kernel, &Process) -> T,
) -> (T, Allocations) {
    let kernel = Kernel::boot(config(settings));
    for &(name, value) in settings {
        kernel.set_registry(PARAMETERS, name, &RegistryValue::Dword(value));
    }
    let pool = kernel.faults();
    match allocation {
        Some(nth) => pool.fail_nth(nth),
        None => pool.count(),
    }
    let driver = kernel.load_driver("oxsmb", oxsmb::driver_entry);
    let driver = driver.unwrap_or_else(|status| {
        let status = NtStatus::from(status);
        assert!(right.contains(&status), "load: {status:?}");
        let left = kernel.leaks();
        assert!(left.is_clean(), "left behind by loading:\n{left}");
        let again = kernel.load_driver("oxsmb", oxsmb::driver_entry);
        again.expect("the driver loads the second time")
    });
    let process = Process::new();
    let result = work(&kernel, &process);
    drop(process);
    driver.unload().expect("the driver unloads");
    let allocations = Allocations {
        counted: pool.counted(),
        struck: pool.struck(),
    };
    let left = kernel.leaks();
    assert!(left.is_clean(), "left behind:\n{left}");
    (result, allocations)
}

/// Nothing is left on the server either, and it has no complaint.
fn ended(server: RunningServer) -> Stats {
    let stats = server.stop();
    let complaints = [stats.open_handles, stats.open_sessions];
    assert_eq!(complaints, [0; 2], "handles and sessions left");
    let complaints = [stats.protocol_errors, stats.bad_signatures];
    assert_eq!(complaints, [0; 2], "protocol errors and bad signatures");
    stats
}
