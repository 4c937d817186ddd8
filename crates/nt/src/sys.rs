//! The kernel's own declarations: `wdk-sys` on Windows, `ntsim` elsewhere.
//!
//! This file is the only one in the project that asks where it is compiled. `ntsim::sys` has the names and types of
//! `wdk_sys` and `wdk_sys::ntddk`, so nothing above needs to know. What remains here is what `wdk-sys` does not bind:
//! entry points of other modules than ntoskrnl, and times that Windows keeps in a shared page instead of behind a call.

#[cfg(windows)]
pub use windows::*;

#[cfg(not(windows))]
pub use elsewhere::*;

#[cfg(windows)]
mod windows {
    pub use wdk_sys::ntddk::*;
    pub use wdk_sys::*;

    use core::ffi::c_void;
    use wsk_sys::{WSK_CLIENT_NPI, WSK_PROVIDER_NPI, WSK_REGISTRATION};

    #[link(name = "NETIO.SYS", kind = "raw-dylib", modifiers = "+verbatim")]
    unsafe extern "C" {
        /// `wsk_sys::WskRegisterFn`.
        pub fn WskRegister(client: *mut WSK_CLIENT_NPI, state: *mut WSK_REGISTRATION) -> NTSTATUS;
        /// `wsk_sys::WskCaptureProviderNPIFn`.
        pub fn WskCaptureProviderNPI(
            state: *mut WSK_REGISTRATION,
            wait_milliseconds: u32,
            provider: *mut WSK_PROVIDER_NPI,
        ) -> NTSTATUS;
        /// `wsk_sys::WskReleaseProviderNPIFn`.
        pub fn WskReleaseProviderNPI(state: *mut WSK_REGISTRATION);
        /// `wsk_sys::WskDeregisterFn`.
        pub fn WskDeregister(state: *mut WSK_REGISTRATION);
    }

    #[link(name = "cng.sys", kind = "raw-dylib", modifiers = "+verbatim")]
    unsafe extern "C" {
        /// `BCryptGenRandom` of bcrypt.h.
        pub fn BCryptGenRandom(
            algorithm: *mut c_void,
            buffer: *mut u8,
            length: u32,
            flags: u32,
        ) -> NTSTATUS;
    }

    /// `KUSER_SHARED_DATA`, mapped at the same address in every x64 Windows kernel; the WDK's own inline functions read
    /// the times there.
    const SHARED_DATA: usize = 0xffff_f780_0000_0000;

    /// A `KSYSTEM_TIME` of the shared page: the writer sets the second high half first, so equal halves say that the
    /// low half belongs to them.
    fn shared_time(offset: usize) -> u64 {
        let at = |part: usize| {
            let address = core::ptr::with_exposed_provenance::<u32>(
                SHARED_DATA.wrapping_add(offset).wrapping_add(part),
            );
            // SAFETY: the shared page is mapped and readable for as long as the system runs; the parts are aligned.
            unsafe { address.read_volatile() }
        };
        loop {
            let (high, low, check) = (at(4), at(0), at(8));
            if high == check {
                return u64::from(high) << 32 | u64::from(low);
            }
            core::hint::spin_loop();
        }
    }

    /// Time since the system started, in 100-ns units.
    pub(crate) fn interrupt_time() -> u64 {
        shared_time(0x08)
    }

    /// Time since 1601 (UTC), in 100-ns units.
    pub(crate) fn system_time() -> u64 {
        shared_time(0x14)
    }
}

#[cfg(not(windows))]
mod elsewhere {
    pub use ntsim::sys::*;

    // Until ntsim has them.
    #[allow(missing_docs, clippy::missing_safety_doc, non_snake_case)]
    mod missing {
        use wsk_sys::*;
        pub unsafe fn DbgPrint(_: *const i8, _: *const i8) -> u32 {
            unimplemented!()
        }
        pub unsafe fn WskRegister(_: *mut WSK_CLIENT_NPI, _: *mut WSK_REGISTRATION) -> i32 {
            unimplemented!()
        }
        pub unsafe fn WskCaptureProviderNPI(
            _: *mut WSK_REGISTRATION,
            _: u32,
            _: *mut WSK_PROVIDER_NPI,
        ) -> i32 {
            unimplemented!()
        }
        pub unsafe fn WskReleaseProviderNPI(_: *mut WSK_REGISTRATION) {
            unimplemented!()
        }
        pub unsafe fn WskDeregister(_: *mut WSK_REGISTRATION) {
            unimplemented!()
        }
    }
    pub use missing::{
        DbgPrint, WskCaptureProviderNPI, WskDeregister, WskRegister, WskReleaseProviderNPI,
    };

    /// Time since the system started, in 100-ns units.
    #[track_caller]
    pub(crate) fn interrupt_time() -> u64 {
        // SAFETY: the counter is optional.
        unsafe { KeQueryInterruptTimePrecise(core::ptr::null_mut()) }
    }

    /// Time since 1601 (UTC), in 100-ns units.
    #[track_caller]
    pub(crate) fn system_time() -> u64 {
        let mut time = LARGE_INTEGER { QuadPart: 0 };
        // SAFETY: the argument is a LARGE_INTEGER to fill in.
        unsafe { KeQuerySystemTimePrecise(&mut time) };
        // SAFETY: all of the union was written.
        unsafe { time.QuadPart }.cast_unsigned()
    }
}
