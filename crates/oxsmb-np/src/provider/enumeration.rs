//! NPOpenEnum, NPEnumResource, NPCloseEnum: the caller's connections, some at a time.

use core::num::NonZeroU32;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::pack::{NetResource, Room};
use super::{Code, Failure, System, connections};

const RESOURCE_CONNECTED: u32 = 1;
/// Behind winnetwk.h's last scope, RESOURCE_CONTEXT.
const AFTER_SCOPES: u32 = 6;
const RESOURCETYPE_DISK: u32 = 1;
const RESOURCETYPE_PRINT: u32 = 2;
const RESOURCEDISPLAYTYPE_SHARE: u32 = 3;
const RESOURCEUSAGE_CONNECTABLE: u32 = 1;

/// How many enumerations of one process may be open at a time.
const MOST: usize = 64;

/// Names an open enumeration, as its caller holds it.
pub type Handle = NonZeroU32;

/// The enumerations that are open. Handles come from programs, so a stale or made-up one must do no harm: it is looked up here, and is
/// no address.
pub struct Enumerations([Enumeration; MOST]);

/// An enumeration, or a place for one.
struct Enumeration {
    /// How often the place has changed hands: odd while an enumeration has it.
    turns: AtomicU32,
    /// The number of the last connection told of.
    after: AtomicU64,
}

impl Enumerations {
    /// None is open.
    pub const fn new() -> Self {
        Self(
            [const {
                Enumeration {
                    turns: AtomicU32::new(0),
                    after: AtomicU64::new(0),
                }
            }; MOST],
        )
    }

    fn open(&self, after: u64) -> Option<Handle> {
        for (index, place) in (0u32..).zip(&self.0) {
            let turns = place.turns.load(Ordering::Acquire);
            let taken = turns.wrapping_add(1);
            let (order, otherwise) = (Ordering::AcqRel, Ordering::Relaxed);
            if turns & 1 == 0
                && let Ok(_) = place.turns.compare_exchange(turns, taken, order, otherwise)
            {
                place.after.store(after, Ordering::Release);
                return Handle::new(handle(index, taken));
            }
        }
        None
    }

    /// The open enumeration of a handle, and its turn.
    fn get(&self, wanted: Handle) -> Option<(&Enumeration, u32)> {
        let index = wanted.get() % PLACES;
        let place = self.0.get(usize::try_from(index).ok()?)?;
        let turns = place.turns.load(Ordering::Acquire);
        (turns & 1 == 1 && handle(index, turns) == wanted.get()).then_some((place, turns))
    }

    fn close(&self, wanted: Handle) -> Option<()> {
        let (place, turns) = self.get(wanted)?;
        let (order, otherwise) = (Ordering::AcqRel, Ordering::Relaxed);
        let closed = place
            .turns
            .compare_exchange(turns, turns.wrapping_add(1), order, otherwise);
        closed.ok().map(drop)
    }
}

impl Default for Enumerations {
    fn default() -> Self {
        Self::new()
    }
}

/// How many places a handle can tell apart: a power of two, so that turns that wrap stay what they are.
const PLACES: u32 = 256;

/// Odd turns make it nonzero.
fn handle(index: u32, turns: u32) -> u32 {
    turns.wrapping_mul(PLACES).wrapping_add(index)
}

/// Opens an enumeration of the caller's connections.
///
/// # Errors
/// WN_NOT_SUPPORTED for any other scope; WN_BAD_VALUE for none; WN_NO_NETWORK if the driver does not run.
pub fn open_enum(
    system: &impl System,
    enumerations: &Enumerations,
    scope: u32,
    kind: u32,
) -> Result<Handle, Code> {
    match scope {
        RESOURCE_CONNECTED => {}
        0 | AFTER_SCOPES.. => return Err(Code::BAD_VALUE),
        _ => return Err(Code::NOT_SUPPORTED),
    }
    let all = u64::MAX;
    match connections::next(system, all) {
        Ok(_) | Err(Code::NO_MORE_ENTRIES) => {}
        Err(code) => return Err(code),
    }
    // Printers are all that some callers want, and there is none.
    let only_printers = kind & (RESOURCETYPE_DISK | RESOURCETYPE_PRINT) == RESOURCETYPE_PRINT;
    enumerations
        .open(if only_printers { all } else { 0 })
        .ok_or(Code::OUT_OF_MEMORY)
}

/// Writes NETRESOURCEs for the next connections, at most `count` of them, and says how many; the buffer's size is in bytes.
///
/// # Errors
/// WN_NO_MORE_ENTRIES behind the last one; [`Failure::MoreData`] if not even one fits; WN_BAD_HANDLE; WN_NO_NETWORK.
pub fn enum_resource(
    system: &impl System,
    enumerations: &Enumerations,
    handle: Option<Handle>,
    count: u32,
    room: Room<'_>,
) -> Result<u32, Failure> {
    let (enumeration, _) = handle
        .and_then(|handle| enumerations.get(handle))
        .ok_or(Code::BAD_HANDLE)?;
    let mut packer = room.array();
    let mut told = 0u32;
    while told < count {
        let known = match connections::next(system, enumeration.after.load(Ordering::Acquire)) {
            Ok(known) => known,
            Err(Code::NO_MORE_ENTRIES) if told > 0 => break,
            Err(code) => return Err(code.into()),
        };
        let drive = known
            .letter()
            .map(|letter| [letter.into(), u16::from(b':')]);
        let resource = NetResource {
            scope: RESOURCE_CONNECTED,
            kind: RESOURCETYPE_DISK,
            display: RESOURCEDISPLAYTYPE_SHARE,
            usage: RESOURCEUSAGE_CONNECTABLE,
            local: drive.as_ref().map(|drive| [&drive[..], &[], &[]]),
            remote: Some([&[u16::from(b'\\')], known.path(), &[]]),
        };
        match packer.add(&resource) {
            Ok(()) => {}
            Err(_) if told > 0 => break,
            Err(failure) => return Err(failure),
        }
        enumeration.after.store(known.serial, Ordering::Release);
        told = told.saturating_add(1);
    }
    Ok(told)
}

/// Closes an enumeration.
///
/// # Errors
/// WN_BAD_HANDLE.
pub fn close_enum(enumerations: &Enumerations, handle: Option<Handle>) -> Result<(), Code> {
    handle
        .and_then(|handle| enumerations.close(handle))
        .ok_or(Code::BAD_HANDLE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::testing::{Packed, Scripted, with_room};

    fn three() -> Scripted {
        let system = Scripted::default();
        system.has("\\Device\\OxSmb\\;Z:0000000000000abc\\s@OX\\x", "", "ann");
        system.has("\\Device\\OxSmb\\;\\s@OX\\y", "", "ann");
        system.has("\\Device\\OxSmb\\;\\t@OX@1445\\z", "", "ann");
        system
    }

    fn open(system: &Scripted, all: &Enumerations) -> Option<Handle> {
        Some(open_enum(system, all, RESOURCE_CONNECTED, 0).unwrap())
    }

    fn take(
        system: &Scripted,
        all: &Enumerations,
        handle: Option<Handle>,
        count: u32,
        bytes: usize,
    ) -> (Result<u32, Failure>, Packed) {
        with_room(bytes, |room| {
            enum_resource(system, all, handle, count, room)
        })
    }

    #[test]
    fn all_connections_are_listed_with_and_without_letters() {
        let (system, all) = (three(), Enumerations::new());
        let handle = open(&system, &all);
        let (result, packed) = take(&system, &all, handle, u32::MAX, 4096);
        assert_eq!(result, Ok(3));
        let expected = [
            (Some("Z:"), "\\\\s@OX\\x"),
            (None, "\\\\s@OX\\y"),
            (None, "\\\\t@OX@1445\\z"),
        ];
        for (index, (local, remote)) in expected.into_iter().enumerate() {
            let at = index * 48;
            assert_eq!(
                [0, 4, 8, 12].map(|field| packed.number(at + field)),
                [1, 1, 3, 1]
            );
            let names = packed.names(at);
            assert_eq!(
                (names.0.as_deref(), names.1.as_deref()),
                (local, Some(remote))
            );
        }
        let (end, _) = take(&system, &all, handle, u32::MAX, 4096);
        assert_eq!(end, Err(Code::NO_MORE_ENTRIES.into()));
    }

    #[test]
    fn no_more_are_listed_than_asked_for_or_fit() {
        let (system, all) = (three(), Enumerations::new());
        let handle = open(&system, &all);
        let (result, packed) = take(&system, &all, handle, 1, 4096);
        assert_eq!(result, Ok(1));
        assert_eq!(packed.names(0).1.unwrap(), "\\\\s@OX\\x");
        // The next one needs 48 bytes, 9 characters, and 14 of the provider's name.
        let (result, _) = take(&system, &all, handle, 9, 93);
        assert_eq!(result, Err(Failure::MoreData(94)));
        let (result, packed) = take(&system, &all, handle, 9, 94);
        assert_eq!(result, Ok(1));
        assert_eq!(packed.names(0).1.unwrap(), "\\\\s@OX\\y");
        let (result, packed) = take(&system, &all, handle, 9, 4096);
        assert_eq!(result, Ok(1));
        assert_eq!(packed.names(0).1.unwrap(), "\\\\t@OX@1445\\z");
    }

    #[test]
    fn a_connection_that_ends_meanwhile_is_passed_over() {
        let (system, all) = (three(), Enumerations::new());
        let handle = open(&system, &all);
        take(&system, &all, handle, 1, 4096).0.unwrap();
        system.connections.borrow_mut().remove(0);
        system.connections.borrow_mut().remove(0);
        let (result, packed) = take(&system, &all, handle, 9, 4096);
        assert_eq!(result, Ok(1));
        assert_eq!(packed.names(0).1.unwrap(), "\\\\t@OX@1445\\z");
    }

    #[test]
    fn there_are_no_printers() {
        let (system, all) = (three(), Enumerations::new());
        let handle = open_enum(&system, &all, RESOURCE_CONNECTED, RESOURCETYPE_PRINT);
        let (result, _) = take(&system, &all, handle.ok(), 9, 4096);
        assert_eq!(result, Err(Code::NO_MORE_ENTRIES.into()));
    }

    #[test]
    fn other_scopes_are_not_supported_and_a_stopped_driver_is_no_network() {
        let (system, all) = (three(), Enumerations::new());
        for (scope, code) in [
            (2, Code::NOT_SUPPORTED),
            (3, Code::NOT_SUPPORTED),
            (5, Code::NOT_SUPPORTED),
            (0, Code::BAD_VALUE),
            (6, Code::BAD_VALUE),
        ] {
            assert_eq!(open_enum(&system, &all, scope, 0), Err(code), "{scope}");
        }
        system.stopped.set(true);
        let refused = open_enum(&system, &all, RESOURCE_CONNECTED, 0);
        assert_eq!(refused, Err(Code::NO_NETWORK));
    }

    #[test]
    fn a_handle_that_was_closed_or_never_given_is_a_bad_one() {
        let (system, all) = (three(), Enumerations::new());
        let handle = open(&system, &all);
        assert_eq!(close_enum(&all, handle), Ok(()));
        assert_eq!(close_enum(&all, handle), Err(Code::BAD_HANDLE));
        let again = open(&system, &all);
        assert_ne!(handle, again, "the place has another turn");
        for bad in [handle, None, Handle::new(1), Handle::new(u32::MAX)] {
            let (result, _) = take(&system, &all, bad, 1, 4096);
            assert_eq!(result, Err(Code::BAD_HANDLE.into()));
        }
    }

    #[test]
    fn so_many_may_be_open_and_each_is_where_it_is() {
        let (system, all) = (three(), Enumerations::new());
        let handles: std::vec::Vec<_> = (0..MOST).map(|_| open(&system, &all)).collect();
        let refused = open_enum(&system, &all, RESOURCE_CONNECTED, 0);
        assert_eq!(refused, Err(Code::OUT_OF_MEMORY));
        take(&system, &all, handles[3], 2, 4096).0.unwrap();
        let (result, packed) = take(&system, &all, handles[4], 1, 4096);
        assert_eq!(result, Ok(1));
        assert_eq!(packed.names(0).0.as_deref(), Some("Z:"));
        for handle in handles {
            assert_eq!(close_enum(&all, handle), Ok(()));
        }
        assert!(open(&system, &all).is_some());
    }
}
