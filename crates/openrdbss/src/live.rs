//! Pointers to objects that are known to live, and the only ways to their fields.
//!
//! The structures of RDBSS are shared with a mini-redirector written against raw layouts, so they cannot be Rust
//! references: the other side reads and writes them at any time the RDBSS rules allow. What keeps an access sound is
//! always the same argument, so it is made once, here: a [`Live`] is only made for an object on which the maker holds
//! a count, a lock or the request itself, and each field is read and written whole, under the lock that
//! its module names.

use core::ptr::NonNull;

/// A pointer to a live object of the kernel, of RDBSS or of the mini-redirector.
pub(crate) struct Live<T>(NonNull<T>);

impl<T> Clone for Live<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Live<T> {}
impl<T> PartialEq for Live<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<T> Eq for Live<T> {}

impl<T> Live<T> {
    /// Trusts a pointer that may be NULL.
    ///
    /// # Safety
    /// If not NULL, it points to a `T` that stays allocated for as long as the result and its copies are used.
    pub unsafe fn from_nullable(pointer: *mut T) -> Option<Self> {
        NonNull::new(pointer).map(Live)
    }

    /// Trusts a pointer that is not NULL.
    ///
    /// # Safety
    /// It points to a `T` that stays allocated for as long as the result and its copies are used.
    pub const unsafe fn from_non_null(pointer: NonNull<T>) -> Self {
        Live(pointer)
    }

    /// The raw pointer.
    pub const fn as_ptr(self) -> *mut T {
        self.0.as_ptr()
    }

    /// The same object under another of its types: a public part and the whole structure that starts with it.
    ///
    /// # Safety
    /// The object was allocated as a `U` (or is followed by enough bytes to be one).
    pub const unsafe fn cast<U>(self) -> Live<U> {
        Live(self.0.cast())
    }

    /// Reads a field that is an object of its own.
    pub fn read(self) -> T
    where
        T: Copy,
    {
        // SAFETY: the object lives (see the type), and a `Copy` field of these structures has no invalid value.
        unsafe { self.0.as_ptr().read() }
    }

    /// Overwrites a field that is an object of its own.
    pub fn write(self, value: T) {
        // SAFETY: the object lives, and whoever may write it holds the lock that its module names.
        unsafe { self.0.as_ptr().write(value) }
    }
}

/// The place of a field: `addr!(fcb => SrvOpenList)` is a `Live<LIST_ENTRY>`.
macro_rules! addr {
    ($object:expr => $($field:tt)+) => {{
        let object = $crate::live::Live::as_ptr($object);
        // SAFETY: the object lives, so the place of its field is inside one allocation.
        #[allow(unused_unsafe, clippy::multiple_unsafe_ops_per_block, reason = "one place, perhaps inside a union; perhaps in a call's arguments")]
        let place = unsafe { &raw mut (*object).$($field)+ };
        $crate::live::field(place)
    }};
}

/// The place of a part of a live object: of a field, for `addr!`, or of something else at a known distance.
pub(crate) const fn field<T>(place: *mut T) -> Live<T> {
    // SAFETY: a part of a live object is not at address 0, and lives as long as its object.
    Live(unsafe { NonNull::new_unchecked(place) })
}

/// Reads a field: `get!(context => Flags)`.
macro_rules! get {
    ($object:expr => $($field:tt)+) => {
        $crate::live::addr!($object => $($field)+).read()
    };
}

/// Writes a field: `set!(context => PostRequest, 1)`.
macro_rules! set {
    ($object:expr => $($field:ident).+ , $value:expr) => {
        $crate::live::addr!($object => $($field).+).write($value)
    };
}

/// Follows a field that points to another live object, NULL being `None`: `follow!(context => pFcb)`.
macro_rules! follow {
    ($object:expr => $($field:tt)+) => {{
        $crate::live::linked($crate::live::get!($object => $($field)+))
    }};
}

pub(crate) use {addr, follow, get, set};

/// The object behind a pointer in a live object, for `follow!`.
pub(crate) fn linked<T>(pointer: *mut T) -> Option<Live<T>> {
    // SAFETY: RDBSS holds a count on every object that it keeps a pointer to, for as long as the pointer is there.
    unsafe { Live::from_nullable(pointer) }
}

/// A byte that one thread changes while others look at it or set it, too.
pub(crate) fn byte<'a>(place: Live<u8>) -> &'a core::sync::atomic::AtomicU8 {
    // SAFETY: live, and read and written so wherever two threads may.
    unsafe { core::sync::atomic::AtomicU8::from_ptr(place.as_ptr()) }
}

/// A pointer that one thread changes while others look at it.
pub(crate) fn shared<'a, T>(place: Live<*mut T>) -> &'a core::sync::atomic::AtomicPtr<T> {
    // SAFETY: aligned, live, and read and written so wherever two threads may.
    unsafe { core::sync::atomic::AtomicPtr::from_ptr(place.as_ptr()) }
}

/// A node type, which changes once while others may look at it: when its object becomes what it is going to be.
pub(crate) fn node_type<'a>(place: Live<u16>) -> &'a core::sync::atomic::AtomicU16 {
    // SAFETY: aligned, live, and read and written so wherever two threads may.
    unsafe { core::sync::atomic::AtomicU16::from_ptr(place.as_ptr()) }
}

/// A counter or a set of flags that several threads change, as it is now.
pub(crate) fn load(place: Live<u32>) -> u32 {
    atomic(place).load(core::sync::atomic::Ordering::Acquire)
}

/// A counter or a set of flags that several threads change.
pub(crate) fn atomic<'a>(place: Live<u32>) -> &'a core::sync::atomic::AtomicU32 {
    // SAFETY: aligned, live, and changed by atomic operations wherever two threads may.
    unsafe { core::sync::atomic::AtomicU32::from_ptr(place.as_ptr()) }
}
