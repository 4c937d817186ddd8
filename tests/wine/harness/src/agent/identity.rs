//! Who a thread acts as.

use crate::kernelbase::GetCurrentThreadId;
use crate::security::Token;
use crate::sync::Mutex;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use wdk_sys::LUID;

/// SYSTEM_LUID: what all threads of the kernel act as.
pub const SYSTEM: u64 = 0x3e7;

/// Tokens by logon session. They stay, because a driver may keep a pointer; there are as many as tests have users.
static TOKENS: Mutex<BTreeMap<u64, &'static Token>> = Mutex::new(BTreeMap::new());
/// Threads that act for somebody else than the system.
static THREADS: Mutex<BTreeMap<u32, &'static Token>> = Mutex::new(BTreeMap::new());

fn token(logon: u64) -> &'static Token {
    TOKENS.lock().entry(logon).or_insert_with(|| {
        Box::leak(Box::new(Token {
            logon: LUID {
                LowPart: logon as u32,
                HighPart: (logon >> 32) as i32,
            },
            session: 0,
        }))
    })
}

fn current_thread() -> u32 {
    // SAFETY: has no conditions.
    unsafe { GetCurrentThreadId() }
}

/// The token of the current thread.
pub fn current() -> &'static Token {
    let assumed = THREADS.lock().get(&current_thread()).copied();
    assumed.unwrap_or_else(|| token(SYSTEM))
}

/// The current thread acts in a logon session until this is dropped.
pub struct Assumed(());

impl Assumed {
    /// Begins it.
    pub fn new(logon: u64) -> Self {
        let token = token(logon);
        THREADS.lock().insert(current_thread(), token);
        Self(())
    }
}

impl Drop for Assumed {
    fn drop(&mut self) {
        THREADS.lock().remove(&current_thread());
    }
}
