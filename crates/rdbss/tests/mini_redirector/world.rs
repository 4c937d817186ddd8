//! A device with one server, share, file, open and request, as RDBSS would lay them out.

use core::ptr::{NonNull, null_mut};
use std::sync::Arc;

use ntsim::{Config, Kernel};
use rdbss::driver::{self, Settings};
use rdbss::raw::*;

use crate::fake_library;
use crate::mini::{Mini, Script};

/// Zeroed memory that lives as long as the test process.
pub fn zeroed<T>() -> *mut T {
    let words = size_of::<T>().div_ceil(16);
    Box::leak(vec![0_u128; words].into_boxed_slice())
        .as_mut_ptr()
        .cast()
}

/// A UNICODE_STRING that lives as long as the test process.
pub fn unicode(text: &str) -> UNICODE_STRING {
    let units: &[u16] = Box::leak(text.encode_utf16().collect::<Vec<_>>().into_boxed_slice());
    let bytes = (units.len() * 2) as u16;
    UNICODE_STRING {
        Length: bytes,
        MaximumLength: bytes,
        Buffer: units.as_ptr().cast_mut(),
    }
}

/// The settings that every test loads with.
pub fn settings() -> Settings<'static> {
    Settings {
        device_name: nt::utf16!("\\Device\\Mini"),
        link_name: nt::utf16!("\\??\\Mini"),
        provides_unc_names: true,
    }
}

/// Everything a callback can meet. Fields are raw, as RDBSS has them.
pub struct World {
    /// Tells the mini-redirector what to do, and what it has done.
    pub script: Arc<Script>,
    pub table: MINIRDR_DISPATCH,
    pub device: *mut RDBSS_DEVICE_OBJECT,
    pub driver: *mut DRIVER_OBJECT,
    pub srv_call: *mut MRX_SRV_CALL,
    pub net_root: *mut MRX_NET_ROOT,
    pub v_net_root: *mut MRX_V_NET_ROOT,
    pub fcb: FcbRef,
    pub srv_open: *mut MRX_SRV_OPEN,
    pub context: *mut RX_CONTEXT,
    _kernel: Kernel,
}

impl World {
    /// Loads the mini-redirector, and lays out objects whose FCB is of the newest version.
    pub fn new() -> Self {
        Self::with_layout(FcbLayout::V5)
    }

    /// The same with another version of FCB.
    pub fn with_layout(layout: FcbLayout) -> Self {
        let kernel = Kernel::boot(Config::default());
        fake_library::reset();
        let script = Arc::new(Script::default());
        let driver = zeroed::<DRIVER_OBJECT>();
        let status = load(driver, Arc::clone(&script));
        assert_eq!(status, 0);
        // SAFETY: the device that the fake library has made.
        let device = unsafe { &mut *fake_library::device() };
        // SAFETY: the table that the device was registered with.
        let table = unsafe { *device.Dispatch };
        let world = Self {
            script,
            table,
            device,
            driver,
            srv_call: zeroed(),
            net_root: zeroed::<NET_ROOT>().cast(),
            v_net_root: zeroed::<V_NET_ROOT>().cast(),
            // SAFETY: zeroed memory, longer than any FCB.
            fcb: unsafe {
                FcbRef::stamp(NonNull::new(zeroed::<[u64; 90]>().cast()).unwrap(), layout)
            },
            srv_open: zeroed(),
            context: zeroed(),
            _kernel: kernel,
        };
        world.wire();
        fake_library::calls();
        world
    }

    fn wire(&self) {
        // SAFETY: each object is our own memory.
        let srv_call = unsafe { &mut *self.srv_call };
        srv_call.RxDeviceObject = self.device;
        srv_call.pSrvCallName = Box::leak(Box::new(unicode(r"\server")));
        // SAFETY: as above.
        let net_root = unsafe { &mut *self.net_root };
        net_root.pSrvCall = self.srv_call;
        net_root.pNetRootName = Box::leak(Box::new(unicode(r"\server\share")));
        // SAFETY: as above.
        unsafe { (*self.v_net_root).pNetRoot = self.net_root };
        // SAFETY: as above.
        unsafe { (*self.fcb.mrx()).pNetRoot = self.net_root };
        // SAFETY: as above.
        let srv_open = unsafe { &mut *self.srv_open };
        srv_open.pFcb = self.fcb.as_ptr();
        srv_open.pVNetRoot = self.v_net_root;
        srv_open.pAlreadyPrefixedName = Box::leak(Box::new(unicode(r"\dir\file")));
        let context = self.context();
        context.RxDeviceObject = self.device;
        context.pFcb = self.fcb.as_ptr();
        context.pRelevantSrvOpen = self.srv_open;
    }

    /// The request.
    #[allow(
        clippy::mut_from_ref,
        reason = "the callbacks have it as a raw pointer, too"
    )]
    pub fn context(&self) -> &mut RX_CONTEXT {
        // SAFETY: our own memory, used by one thread.
        unsafe { &mut *self.context }
    }

    /// Calls a callback that takes the request.
    pub fn call(&self, routine: PMRX_CALLDOWN) -> nt::Status {
        // SAFETY: the request is what the callback wants.
        nt::Status(unsafe { routine.unwrap()(self.context) })
    }

    /// Makes the request one of low I/O.
    pub fn low_io(&self, operation: u16, parameters: LOWIO_PARAMS) {
        let low_io = LOWIO_CONTEXT {
            Operation: operation,
            Flags: 0,
            CompletionRoutine: None,
            Resource: null_mut(),
            ResourceThreadId: 0,
            ParamsFor: parameters,
        };
        self.context().Params.LowIo = RX_LOW_IO {
            FlagsForLowIo: 0,
            LowIoContext: low_io,
        };
    }

    /// Unloads the driver.
    pub fn unload(&self) {
        // SAFETY: the driver object that was loaded.
        let unload = unsafe { (*self.driver).DriverUnload };
        // SAFETY: as the I/O manager calls it.
        unsafe { unload.unwrap()(self.driver) };
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.unload();
    }
}

/// Loads the mini-redirector into a driver object.
pub fn load(driver: *mut DRIVER_OBJECT, script: Arc<Script>) -> i32 {
    let mut key = unicode(r"\Registry\Machine\System\CurrentControlSet\Services\Mini");
    // SAFETY: as DriverEntry would.
    unsafe { driver::load(driver, &mut key, &settings(), |_| Ok(Mini(script))) }
}
