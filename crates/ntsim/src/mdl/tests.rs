use super::*;
use crate::verifier::{Rule, catch};
use crate::{Config, Kernel};

fn make(memory: *mut u8, length: u32) -> PMDL {
    // SAFETY: at PASSIVE_LEVEL.
    unsafe { IoAllocateMdl(memory.cast(), length, 0, 0, ptr::null_mut()) }
}

fn map(mdl: PMDL) -> PVOID {
    // SAFETY: a live MDL.
    unsafe { MmMapLockedPagesSpecifyCache(mdl, 0, 1, ptr::null_mut(), 0, 16) }
}

#[test]
fn an_mdl_describes_its_memory_and_a_part_of_it() {
    let _kernel = Kernel::boot(Config::default());
    let mut memory = vec![0u8; 10_000];
    let start = memory.as_mut_ptr().wrapping_add(123);
    let whole = make(start, 9000);
    assert_eq!(
        // SAFETY: a live MDL.
        unsafe { (*whole).StartVa as usize + (*whole).ByteOffset as usize },
        start as usize
    );
    // SAFETY: as above.
    unsafe { MmProbeAndLockPages(whole, 0, _LOCK_OPERATION::IoWriteAccess) };
    assert_eq!(map(whole), start.cast());
    let part_start = start.wrapping_add(5000);
    let part = make(part_start, 100);
    // SAFETY: live MDLs.
    unsafe { IoBuildPartialMdl(whole, part, part_start.cast(), 100) };
    // SAFETY: as above.
    assert_eq!(memory_of(unsafe { borrow(part) }), Some((part_start, 100)));
    // SAFETY: as above.
    unsafe { IoFreeMdl(part) };
    // SAFETY: as above.
    unsafe { MmUnlockPages(whole) };
    // SAFETY: as above.
    unsafe { IoFreeMdl(whole) };
}

#[test]
fn rules_of_mdls() {
    let _kernel = Kernel::boot(Config::default());
    let mut memory = [0u8; 16];
    let mdl = make(memory.as_mut_ptr(), 16);
    let rule = |action: &dyn Fn()| catch(action).map(|violation| violation.rule);
    // SAFETY: these break rules on purpose, on a live MDL.
    let unlock = || unsafe { MmUnlockPages(mdl) };
    assert_eq!(rule(&unlock), Some(Rule::MdlState));
    assert_eq!(rule(&|| assert!(map(mdl).is_null())), Some(Rule::MdlState));
    // SAFETY: a live MDL.
    unsafe { MmProbeAndLockPages(mdl, 0, 0) };
    // SAFETY: breaks the rule on purpose.
    let build = || unsafe { MmBuildMdlForNonPagedPool(mdl) };
    assert_eq!(rule(&build), Some(Rule::MdlState));
    assert_eq!(rule(&unlock), None);
    // SAFETY: a live MDL.
    unsafe { IoFreeMdl(mdl) };
}

#[test]
fn an_mdl_freed_while_locked_is_found() {
    let _kernel = Kernel::boot(Config::default());
    let mut memory = [0u8; 16];
    let mdl = make(memory.as_mut_ptr(), 16);
    // SAFETY: a live MDL.
    unsafe { MmProbeAndLockPages(mdl, 0, 0) };
    // SAFETY: breaks the rule on purpose.
    let free = || unsafe { IoFreeMdl(mdl) };
    assert_eq!(catch(free).unwrap().rule, Rule::MdlState);
    // SAFETY: the service refused.
    unsafe { MmUnlockPages(mdl) };
    // SAFETY: a live MDL.
    unsafe { IoFreeMdl(mdl) };
}
