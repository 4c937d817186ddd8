//! Numbers that each thread has for itself.

use crate::kernelbase::{TLS_OUT_OF_INDEXES, TlsAlloc, TlsFree, TlsGetValue, TlsSetValue};
use core::sync::atomic::{AtomicU32, Ordering};
use wdk_sys::{NTSTATUS, STATUS_INSUFFICIENT_RESOURCES};

/// A number per thread, 0 until it is set.
pub struct PerThread(AtomicU32);

impl PerThread {
    /// One without a slot; [`PerThread::start`] gives it one.
    pub const fn new() -> Self {
        Self(AtomicU32::new(TLS_OUT_OF_INDEXES))
    }

    /// Takes a slot of the process's threads.
    pub fn start(&self) -> Result<(), NTSTATUS> {
        // SAFETY: has no conditions.
        let slot = unsafe { TlsAlloc() };
        self.0.store(slot, Ordering::Release);
        if slot == TLS_OUT_OF_INDEXES {
            Err(STATUS_INSUFFICIENT_RESOURCES)
        } else {
            Ok(())
        }
    }

    /// Gives the slot back.
    pub fn stop(&self) {
        let slot = self.0.swap(TLS_OUT_OF_INDEXES, Ordering::AcqRel);
        if slot != TLS_OUT_OF_INDEXES {
            // SAFETY: the slot is ours.
            unsafe { TlsFree(slot) };
        }
    }

    /// The calling thread's number.
    pub fn get(&self) -> usize {
        // SAFETY: a slot that is not there reads as NULL.
        unsafe { TlsGetValue(self.0.load(Ordering::Acquire)) }.addr()
    }

    /// Sets the calling thread's number.
    pub fn set(&self, value: usize) {
        let value = core::ptr::without_provenance_mut(value);
        // SAFETY: a slot that is not there is refused.
        unsafe { TlsSetValue(self.0.load(Ordering::Acquire), value) };
    }
}
