//! The credentials that a view is connected with.

use super::block;
use crate::context::{self, Context};
use crate::kernel::secret;
use crate::live::{Live, addr, get, set};
use crate::unicode;
use core::ptr::NonNull;
use nt::pool::{PoolBox, Tag};
use nt::sys::UNICODE_STRING;
use rdbss::raw::*;
use smb_crypto::NtHash;

/// What the library keeps of them; the texts are in the view's block.
#[repr(C)]
pub(super) struct Credentials {
    user: UNICODE_STRING,
    /// Until MRxCreateVNetRoot has answered; then it is wiped.
    password: UNICODE_STRING,
    /// What later requests' passwords are compared with, if one was given: a `PoolBox` of the view's own.
    password_hash: *mut NtHash,
    domain: UNICODE_STRING,
}

fn credentials(view: Live<V_NET_ROOT>) -> Live<Credentials> {
    addr!(block(view) => credentials)
}

/// A request without credentials takes any view; one with credentials needs the same ones.
pub(super) fn agree(context: Context, view: Live<V_NET_ROOT>) -> bool {
    let create = context::create_params(context);
    let same = |wanted: UNICODE_STRING, has: UNICODE_STRING| {
        wanted.Buffer.is_null()
            || unicode::equal(unicode::units_of(wanted), unicode::units_of(has), true)
    };
    let known = credentials(view);
    same(get!(create => UserName), get!(known => user))
        && same(get!(create => UserDomainName), get!(known => domain))
        && same_password(get!(create => Password), known)
}

fn same_password(wanted: UNICODE_STRING, known: Live<Credentials>) -> bool {
    if wanted.Buffer.is_null() {
        return true;
    }
    // SAFETY: the hash lives as long as the view, and is not written after the view was made.
    let known = unsafe { get!(known => password_hash).as_ref() };
    // No password is as good as an empty one.
    match (known, unicode::units_of(wanted)) {
        (None, wanted) => wanted.is_empty(),
        (Some(known), wanted) => NtHash::from_password(wanted).is_ok_and(|wanted| wanted == *known),
    }
}

/// Lets a new view have the request's credentials, of which `user`, `password` and `domain` are copies. One that was not given stays
/// NULL, which is not the same as an empty one.
pub(super) fn keep(
    view: Live<V_NET_ROOT>,
    params: Live<RX_CREATE>,
    [user, password, domain]: [UNICODE_STRING; 3],
    password_hash: Option<PoolBox<NtHash>>,
) {
    let credentials = credentials(view);
    if !get!(params => UserName.Buffer).is_null() {
        set!(credentials => user, user);
        set!(view => mrx.pUserName, addr!(credentials => user).as_ptr());
        set!(view => mrx.IsExplicitConnection, 1);
    }
    if !get!(params => Password.Buffer).is_null() {
        set!(credentials => password, password);
        set!(view => mrx.pPassword, addr!(credentials => password).as_ptr());
    }
    if !get!(params => UserDomainName.Buffer).is_null() {
        set!(credentials => domain, domain);
        set!(view => mrx.pUserDomainName, addr!(credentials => domain).as_ptr());
    }
    if let Some(hash) = password_hash {
        set!(credentials => password_hash, PoolBox::into_raw(hash).as_ptr());
    }
}

/// All that is kept of a password, in pool.
pub(super) fn hash_of(password: &[u16]) -> Option<PoolBox<NtHash>> {
    let hash = NtHash::from_password(password).ok()?;
    PoolBox::new(HASH_TAG, hash).ok()
}

const HASH_TAG: Tag = Tag::new(b"RxVh");

/// Wipes the credentials of a view that goes.
pub(super) fn wipe(view: Live<V_NET_ROOT>) {
    let credentials = credentials(view);
    wipe_password(view);
    wipe_text(get!(credentials => user));
    wipe_text(get!(credentials => domain));
    if let Some(hash) = NonNull::new(get!(credentials => password_hash)) {
        // SAFETY: given up by `keep`, and taken back once.
        drop(unsafe { PoolBox::from_raw(HASH_TAG, hash) });
    }
}

/// Wipes the view's password: the mini-redirector has had it, and for comparing there is its hash. To the mini-redirector there is
/// no password from now on.
pub(super) fn wipe_password(view: Live<V_NET_ROOT>) {
    let credentials = credentials(view);
    set!(view => mrx.pPassword, core::ptr::null_mut());
    let password = get!(credentials => password);
    set!(credentials => password, UNICODE_STRING::default());
    wipe_text(password);
}

/// Overwrites one of the view's texts.
fn wipe_text(text: UNICODE_STRING) {
    if !text.Buffer.is_null() {
        // SAFETY: inside the view's block, and nobody reads it any more.
        unsafe { secret::wipe(text.Buffer.cast(), text.Length.into()) };
    }
}
