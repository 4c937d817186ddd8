//! The kernel as a program sees it: boot, load drivers, look for leaks, shut down.

use crate::ex;
use crate::io;
use crate::irql;
use crate::ke;
use crate::mdl;
use crate::mode;
use crate::mup;
use crate::ob::{self, Kind};
use crate::pool::{self, Faults, PoolLeak};
use crate::ps;
use crate::registry;
use crate::stats::{self, Stats};
use crate::sys::*;
use crate::tcp;
use crate::tdi;
use crate::verifier::{self, Place, broken};
use crate::wsk;
use core::fmt;
use core::panic::Location;
use parking_lot::{Condvar, Mutex};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Signature of a driver's entry.
pub type DriverEntryFn = DRIVER_INITIALIZE;

/// How a kernel behaves.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Freed pool that is kept and watched, in bytes. More finds more late writes and costs memory. With none a sanitizer sees what
    /// is freed; the environment's `NTSIM_QUARANTINE_BYTES` is the default.
    pub quarantine_bytes: usize,
    /// Whether the order of locks is watched, the one check whose cost grows with the driver. It orders what threads do, which hides
    /// races from ThreadSanitizer; the environment's `NTSIM_LOCK_ORDER=0` is the default.
    pub lock_order: bool,
    /// Whether there is a WSK provider.
    pub wsk: bool,
    /// Whether there are the TDI devices of TCP.
    pub tdi: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            quarantine_bytes: from_environment("NTSIM_QUARANTINE_BYTES").unwrap_or(8 << 20),
            lock_order: from_environment("NTSIM_LOCK_ORDER") != Some(0),
            wsk: true,
            tdi: true,
        }
    }
}

fn from_environment(name: &str) -> Option<usize> {
    std::env::var(name).ok()?.parse().ok()
}

/// What is left that should not be.
#[derive(Clone, Debug, Default)]
pub struct LeakReport {
    /// Pool, by tag.
    pub pool: Vec<PoolLeak>,
    /// Objects: kind and how many.
    pub objects: Vec<(String, usize)>,
    /// System threads that run.
    pub threads: usize,
    /// Where timers are set.
    pub timers: Vec<Place>,
    /// Where handles were opened.
    pub handles: Vec<Place>,
    /// MDLs with locked pages.
    pub locked_mdls: usize,
    /// Requests that are not completed.
    pub irps: u64,
    /// Open sockets, addresses and registrations.
    pub network: usize,
    /// Routines that wait for the ends of logon sessions.
    pub logon_routines: usize,
}

impl LeakReport {
    /// Whether nothing is left.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.pool.is_empty()
            && self.objects.is_empty()
            && self.timers.is_empty()
            && self.handles.is_empty()
            && [
                self.threads,
                self.locked_mdls,
                self.network,
                self.logon_routines,
            ] == [0; 4]
            && self.irps == 0
    }

    fn place(&self) -> Option<Place> {
        self.pool
            .first()
            .map(|leak| leak.place)
            .or(self.timers.first().copied())
            .or(self.handles.first().copied())
    }
}

impl fmt::Display for LeakReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for PoolLeak {
            tag,
            bytes,
            blocks,
            place,
        } in &self.pool
        {
            writeln!(
                f,
                "pool {tag}: {bytes} bytes in {blocks} blocks, one from {place}"
            )?;
        }
        for (kind, count) in &self.objects {
            writeln!(f, "{count} {kind} objects")?;
        }
        for (what, places) in [("timer", &self.timers), ("handle", &self.handles)] {
            for place in places {
                writeln!(f, "{what} from {place}")?;
            }
        }
        let counts = [
            ("threads", self.threads),
            ("locked MDLs", self.locked_mdls),
            ("sockets or registrations", self.network),
            ("routines for ends of logons", self.logon_routines),
        ];
        for (what, count) in counts.into_iter().filter(|&(_, count)| count > 0) {
            writeln!(f, "{count} {what}")?;
        }
        if self.irps > 0 {
            writeln!(f, "{} requests", self.irps)?;
        }
        Ok(())
    }
}

/// Whether a kernel runs in this process; the others queue up.
static RUNNING: Mutex<bool> = Mutex::new(false);
static STOPPED: Condvar = Condvar::new();
static DRIVERS: AtomicUsize = AtomicUsize::new(0);

/// How long what is on its way out may take before it counts as a leak.
const GRACE: Duration = Duration::from_secs(2);

/// A running kernel. There is one at a time in a process: booting waits for the one before to be dropped. Dropping it
/// checks for leaks.
#[derive(Debug)]
pub struct Kernel(());

impl Kernel {
    /// Boots a kernel.
    #[must_use]
    pub fn boot(config: Config) -> Self {
        let mut running = RUNNING.lock();
        while *running {
            STOPPED.wait(&mut running);
        }
        *running = true;
        drop(running);
        verifier::watch_panics();
        pool::reset(config.quarantine_bytes);
        verifier::reset_order(config.lock_order);
        ob::reset_namespace();
        registry::reset();
        mup::reset();
        ps::logon::reset();
        stats::reset();
        DRIVERS.store(0, Ordering::SeqCst);
        ex::start();
        ke::start();
        wsk::provide(config.wsk);
        if config.tdi {
            tdi::start();
        }
        Self(())
    }

    /// Loads a driver: makes its driver object and registry key, and calls its entry in the system process.
    ///
    /// # Errors
    /// What the entry returned.
    #[track_caller]
    pub fn load_driver(&self, service: &str, entry: DriverEntryFn) -> Result<Driver, NTSTATUS> {
        Driver::load(service, entry, Location::caller())
    }

    /// Runs `f` on this thread as if it were the driver's code, so that its allocations count as pool.
    pub fn run_as_driver<R>(&self, f: impl FnOnce() -> R) -> R {
        let _kernel = mode::kernel();
        f()
    }

    /// Ends a logon session, which NT does when nobody runs in it any more: drivers that marked it are told.
    #[track_caller]
    pub fn end_logon(&self, logon: LUID) {
        for routine in ps::logon::end(logon) {
            let mut logon = logon;
            in_driver("a logon's end", Location::caller(), || {
                // SAFETY: registered by a driver for this, and not withdrawn.
                unsafe { routine(&raw mut logon) }
            });
        }
    }

    /// Sets a registry value, before or while drivers run.
    pub fn set_registry(&self, key: &str, name: &str, value: &registry::Value) {
        registry::set(key, name, value);
    }

    /// A registry value: its type and bytes.
    #[must_use]
    pub fn registry(&self, key: &str, name: &str) -> Option<(u32, Vec<u8>)> {
        registry::get(key, name)
    }

    /// From now on, and until the next kernel boots, pool that holds these bytes when it is freed breaks
    /// [`verifier::Rule::SecretFreed`], whoever frees it.
    pub fn watch_secret(&self, secret: &[u8]) {
        pool::watch_secret(secret);
    }

    /// Where live pool was allocated that holds these bytes, if any does. For when nothing happens in the kernel: who writes
    /// meanwhile is not waited for.
    #[must_use]
    pub fn pool_holder_of(&self, bytes: &[u8]) -> Option<Place> {
        pool::holder_of(bytes)
    }

    /// What makes allocations fail.
    #[must_use]
    pub fn faults(&self) -> Faults {
        Faults::HANDLE
    }

    /// Counters since boot.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let pool = pool::totals();
        Stats {
            irps: stats::IRPS.get(),
            irps_outstanding: stats::IRPS_OUTSTANDING.get(),
            pool_allocations: pool.allocations,
            pool_peak: pool.peak as u64,
            pool_bytes: pool.bytes as u64,
            wsk_sends: stats::SENDS.get(),
            wsk_receives: stats::RECEIVES.get(),
            bytes_sent: stats::BYTES_SENT.get(),
            bytes_received: stats::BYTES_RECEIVED.get(),
            longest_stay: stats::LONGEST_STAY.get(),
        }
    }

    /// What drivers and users hold right now.
    #[must_use]
    pub fn leaks(&self) -> LeakReport {
        leaks()
    }
}

fn leaks() -> LeakReport {
    LeakReport {
        pool: pool::leaks_by_tag(),
        objects: ob::live_objects(),
        threads: ps::running_threads(),
        timers: ke::live_timers(),
        handles: ob::live_handles(),
        locked_mdls: mdl::locked(),
        irps: stats::IRPS_OUTSTANDING.get(),
        network: wsk::registrations() + tcp::sockets() + tdi::addresses(),
        logon_routines: ps::logon::routines(),
    }
}

/// Waits until nothing is left, or until it is clear that something stays.
fn settled_leaks() -> LeakReport {
    let until = Instant::now() + GRACE;
    loop {
        let report = leaks();
        if report.is_clean() || Instant::now() >= until {
            return report;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Lets the next kernel boot, also when the last checks of this one end its test.
struct Stopped;

impl Drop for Stopped {
    fn drop(&mut self) {
        *RUNNING.lock() = false;
        STOPPED.notify_one();
    }
}

impl Drop for Kernel {
    fn drop(&mut self) {
        let place = Location::caller();
        let _stopped = Stopped;
        let report = if std::thread::panicking() {
            // After a failed test what is left means nothing, and must not fail the next one too.
            pool::abandon();
            ob::abandon_objects();
            ob::abandon_handles();
            LeakReport::default()
        } else {
            settled_leaks()
        };
        tcp::stop();
        tdi::stop();
        ex::stop();
        ke::stop();
        pool::flush_quarantine();
        if !report.is_clean() {
            broken!(
                Leak,
                place,
                report.place(),
                "left when the kernel stopped:\n{report}"
            );
        }
    }
}

/// A loaded driver.
#[derive(Debug)]
pub struct Driver {
    object: usize,
    /// Strings that the driver object points to.
    _names: Box<[Vec<u16>; 2]>,
}

impl Driver {
    fn load(service: &str, entry: DriverEntryFn, place: Place) -> Result<Self, NTSTATUS> {
        let _host = mode::host();
        let key = format!(r"\Registry\Machine\System\CurrentControlSet\Services\{service}");
        registry::set(&key, "Type", &registry::Value::Dword(2));
        let wide = |text: &str| text.encode_utf16().collect::<Vec<u16>>();
        let names = Box::new([wide(&format!(r"\FileSystem\{service}")), wide(&key)]);
        let driver: PDRIVER_OBJECT =
            ob::create_host(Kind::Driver, size_of::<DRIVER_OBJECT>(), place).cast();
        let content = DRIVER_OBJECT {
            Type: IO_TYPE_DRIVER,
            Size: size_of::<DRIVER_OBJECT>() as CSHORT,
            DriverName: io::counted(&names[0]),
            DriverInit: Some(entry),
            MajorFunction: [Some(io::invalid_request); 28],
            ..DRIVER_OBJECT::default()
        };
        // SAFETY: a new object of this size.
        unsafe { driver.write(content) };
        let mut path = io::counted(&names[1]);
        let status = in_driver("DriverEntry", place, || {
            // SAFETY: the entry of the driver that the caller asked to load, with a driver object and its key's path.
            unsafe { entry(driver, &raw mut path) }
        });
        let loaded = Self {
            object: driver as usize,
            _names: names,
        };
        if !NT_SUCCESS(status) {
            loaded.drop_object(place);
            return Err(status);
        }
        io::open_up(driver);
        DRIVERS.fetch_add(1, Ordering::SeqCst);
        Ok(loaded)
    }

    /// The driver object.
    #[must_use]
    pub fn raw(&self) -> PDRIVER_OBJECT {
        self.object as PDRIVER_OBJECT
    }

    fn drop_object(&self, place: Place) {
        ob::dereference(self.raw().cast(), place);
    }

    /// Unloads the driver, and checks for leaks if no other is loaded.
    ///
    /// # Errors
    /// STATUS_INVALID_DEVICE_REQUEST if the driver cannot unload, STATUS_FILES_OPEN while files are open on its devices.
    #[track_caller]
    pub fn unload(&self) -> Result<(), NTSTATUS> {
        let place = Location::caller();
        let _host = mode::host();
        // SAFETY: the driver object lives as long as this.
        let routine = unsafe { (*self.raw()).DriverUnload }.ok_or(STATUS_INVALID_DEVICE_REQUEST)?;
        if !io::shut(self.raw()) {
            return Err(STATUS_FILES_OPEN);
        }
        in_driver("DriverUnload", place, || {
            // SAFETY: the driver's own routine, once, with its driver object.
            unsafe { routine(self.raw()) };
        });
        // SAFETY: as above.
        let device = unsafe { (*self.raw()).DeviceObject };
        if !device.is_null() {
            broken!(
                DeviceState,
                place,
                None,
                "the driver unloaded and left a device"
            );
        }
        self.drop_object(place);
        if DRIVERS.fetch_sub(1, Ordering::SeqCst) == 1 {
            let report = settled_leaks();
            if report.irps > 0 {
                broken!(
                    UnloadedBusy,
                    place,
                    report.place(),
                    "the driver unloaded with {} requests",
                    report.irps
                );
            } else if !report.is_clean() {
                broken!(
                    Leak,
                    place,
                    report.place(),
                    "left after the driver unloaded:\n{report}"
                );
            }
        }
        Ok(())
    }
}

/// Runs a driver's code in the system process at PASSIVE_LEVEL.
fn in_driver<R>(what: &str, place: Place, code: impl FnOnce() -> R) -> R {
    // SAFETY: the static is never written.
    let _attached = ps::attach(unsafe { PsInitialSystemProcess });
    let regions = ke::apc_depth();
    let result = irql::run_at(irql::PASSIVE, what, place, || {
        let _kernel = mode::kernel();
        code()
    });
    ke::require_apc_depth(regions, what, place);
    result
}
