//! Host names.

use super::address;
use super::provider::Provider;
use crate::net::Call;
use crate::pool::{PoolVec, Tag};
use crate::string::Unicode;
use crate::{Result, Status, sys};
use core::net::SocketAddr;
use core::ptr::{NonNull, null_mut};
use core::time::Duration;
use wsk_sys::{ADDRINFOEXW, AF_UNSPEC, IPPROTO_TCP, SOCK_STREAM};

const TAG: Tag = Tag::new(b"NtRv");

/// More addresses than this are not worth trying, and the list may be as long as a name server likes.
const MOST_ADDRESSES: usize = 16;

/// The addresses of a host name, or the one that the name is already, with a port; at least one and at most sixteen, in
/// the order in which to try them. IRQL: PASSIVE.
#[track_caller]
pub fn resolve(
    provider: &Provider,
    name: &[u16],
    port: u16,
    timeout: Duration,
) -> Result<PoolVec<SocketAddr>> {
    let mut found = PoolVec::new(TAG);
    let list = List::query(provider, name, timeout)?;
    let mut next = list.first;
    while let Some(entry) = next
        && found.len() < MOST_ADDRESSES
    {
        // SAFETY: the entry is part of the list, which is not freed yet.
        let entry = unsafe { entry.as_ref() };
        let address = NonNull::new(entry.ai_addr)
            // SAFETY: WSK says how long the address is.
            .and_then(|address| unsafe { address::read(address, entry.ai_addrlen, port) });
        if let Some(address) = address {
            found.push(address)?;
        }
        next = NonNull::new(entry.ai_next);
    }
    if found.is_empty() {
        return Err(Status::NOT_FOUND);
    }
    Ok(found)
}

/// WSK's list of addresses; dropping frees it.
struct List<'a> {
    provider: &'a Provider,
    first: Option<NonNull<ADDRINFOEXW>>,
}

impl<'a> List<'a> {
    #[track_caller]
    fn query(provider: &'a Provider, name: &[u16], timeout: Duration) -> Result<Self> {
        let dispatch = provider.dispatch()?;
        let look_up = dispatch.WskGetAddressInfo.ok_or(Status::NOT_IMPLEMENTED)?;
        let name = Unicode::new(name)?;
        let mut hints = ADDRINFOEXW {
            ai_flags: 0,
            ai_family: AF_UNSPEC.into(),
            ai_socktype: SOCK_STREAM.into(),
            ai_protocol: IPPROTO_TCP.cast_signed(),
            ai_addrlen: 0,
            ai_canonname: null_mut(),
            ai_addr: null_mut(),
            ai_blob: null_mut(),
            ai_bloblen: 0,
            ai_provider: null_mut(),
            ai_next: null_mut(),
        };
        let mut first = null_mut();
        let start = |irp: *mut sys::IRP| {
            // SAFETY: name, hints and result outlive the call, which is waited for.
            Ok(unsafe {
                look_up(
                    provider.client(),
                    name.as_ptr().cast(),
                    null_mut(),
                    0,
                    null_mut(),
                    &mut hints,
                    &mut first,
                    null_mut(),
                    null_mut(),
                    irp.cast(),
                )
            })
        };
        // SAFETY: the closure makes one call, with what outlives it.
        unsafe { Call::new(super::STACK_SIZE)?.run_ok(Some(timeout), start) }?;
        Ok(Self {
            provider,
            first: NonNull::new(first),
        })
    }
}

impl Drop for List<'_> {
    #[track_caller]
    fn drop(&mut self) {
        let free = self
            .provider
            .dispatch()
            .ok()
            .and_then(|dispatch| dispatch.WskFreeAddressInfo);
        if let (Some(free), Some(first)) = (free, self.first) {
            // SAFETY: the list is WSK's and not used any more.
            unsafe { free(self.provider.client(), first.as_ptr()) };
        }
    }
}
