//! What most tests stand on: the driver loaded with its settings, a user, and at the end nothing left behind.

use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use smb_wire::NtStatus;

use crate::installation::SERVICE;
use crate::mount::{Account, Mount};
use crate::session::Session;
use crate::user::User;

/// Settings by their registry names; what is not set has the driver's default.
pub type Settings<'a> = [(&'a str, u32)];

/// The logon session of the usual user.
const LOGON: u64 = 0x0BED;

/// SYSTEM_LUID (winnt.h), the logon session of all programs in Wine, as the harness has it.
const SYSTEM: u64 = 0x3E7;

/// The session that the tests of one program use in turn. A test that fails has taken it, and it ends with that test.
static SESSION: Mutex<Option<Session>> = Mutex::new(None);

/// A session with the driver loaded, and a user.
#[derive(Debug)]
pub struct Desk {
    session: Session,
    user: User,
    /// How long the log was when the driver was loaded.
    begun: usize,
}

impl Desk {
    /// The session.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The user.
    pub fn user(&self) -> &User {
        &self.user
    }

    /// Another user, in another logon session.
    pub fn other_user(&self) -> User {
        self.session.user(LOGON + 1)
    }

    /// A user in the logon session of the programs that [`Session::run`](crate::Session::run) runs.
    pub fn user_of_programs(&self) -> User {
        self.session.user(SYSTEM)
    }

    /// Connects the user to a share of a server on this machine.
    ///
    /// # Errors
    /// What the driver says.
    pub fn mount(&self, port: u16, share: &str, as_whom: &Account<'_>) -> Result<Mount, NtStatus> {
        Mount::connect(&self.user, port, share, as_whom)
    }

    /// What the driver has printed since it was loaded.
    pub fn printed(&self) -> Vec<String> {
        self.session.log().printed(self.begun)
    }
}

/// Loads the driver, works with it, and unloads it: nothing may remain, no rule may have been violated, and the kernel may
/// have nothing to complain of.
pub fn with_driver<T>(settings: &Settings<'_>, work: impl FnOnce(&Desk) -> T) -> T {
    let mut place = SESSION.lock().unwrap_or_else(PoisonError::into_inner);
    let session = place.take().unwrap_or_else(Session::start);
    let begun = session.log().length();
    let user = session.user(LOGON);
    user.clear_settings(SERVICE).expect("no settings");
    for (name, value) in settings {
        user.set(SERVICE, name, *value).expect("a setting");
    }
    user.load(SERVICE).expect("the driver loads");
    let desk = Desk {
        session,
        user,
        begun,
    };
    let result = work(&desk);
    desk.user.unload(SERVICE).expect("the driver unloads");
    let held = desk.user.held();
    assert!(held.is_nothing(), "left behind:\n{held}");
    assert_eq!(
        desk.session.log().complaints(begun),
        Vec::<String>::new(),
        "the kernel complains"
    );
    *place = Some(desk.session);
    result
}

/// Works in a session of its own, without the driver being loaded.
pub fn with_session<T>(work: impl FnOnce(&Session, &User) -> T) -> T {
    // Two sessions at once would do no harm, but take their time from each other.
    let _turn = SESSION.lock().unwrap_or_else(PoisonError::into_inner);
    let session = Session::start();
    let user = session.user(LOGON);
    let result = work(&session, &user);
    assert_eq!(
        session.log().complaints(0),
        Vec::<String>::new(),
        "the kernel complains"
    );
    result
}

/// How much longer than its time limits a test may take, on however busy a machine.
const AND_SOME: Duration = Duration::from_secs(60);

/// Waits until something is so.
///
/// # Panics
/// When it never will be.
pub fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < AND_SOME, "waited in vain: {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// Asserts that a driver which is not loaded holds nothing.
///
/// # Panics
/// When it does, or a rule was violated.
pub fn assert_nothing_held(user: &User) {
    let held = user.held();
    assert!(held.is_nothing(), "left behind:\n{held}");
}
