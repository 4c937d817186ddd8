use super::*;
use crate::sys::*;
use crate::verifier::{Rule, catch};
use crate::{Config, Kernel};

const TAG: u32 = tag(b"Test");

fn boot() -> Kernel {
    Kernel::boot(Config::default())
}

fn allocate_bytes(size: u64) -> *mut u8 {
    // SAFETY: a service at PASSIVE_LEVEL.
    unsafe { ExAllocatePool2(POOL_FLAG_NON_PAGED, size, TAG).cast() }
}

fn free_bytes(memory: *mut u8) {
    // SAFETY: tests free what they allocated, or break a rule on purpose.
    unsafe { ExFreePoolWithTag(memory.cast(), TAG) };
}

#[test]
fn new_pool_is_zeroed_aligned_and_counted() {
    let kernel = boot();
    let memory = allocate_bytes(5000);
    assert!((memory as usize).is_multiple_of(4096));
    // SAFETY: 5000 bytes were allocated.
    let bytes = unsafe { core::slice::from_raw_parts(memory, 5000) };
    assert!(bytes.iter().all(|&byte| byte == 0));
    let leaks = kernel.leaks();
    assert_eq!(
        (
            leaks.pool[0].tag.as_str(),
            leaks.pool[0].bytes,
            leaks.pool[0].blocks
        ),
        ("Test", 5000, 1)
    );
    free_bytes(memory);
    assert!(kernel.leaks().is_clean());
    assert!(kernel.stats().pool_peak >= 5000);
}

#[test]
fn a_second_free_is_found_with_both_places() {
    let _kernel = boot();
    let memory = allocate_bytes(10);
    free_bytes(memory);
    let violation = catch(|| free_bytes(memory)).unwrap();
    assert_eq!(violation.rule, Rule::DoubleFree);
    assert!(violation.other.is_some());
}

#[test]
fn a_secret_in_freed_pool_is_found_and_a_wiped_one_is_not() {
    let kernel = boot();
    kernel.watch_secret(b"hush");
    let hold = |secret: &[u8]| {
        let memory = allocate_bytes(10);
        // SAFETY: both are longer than the secret.
        unsafe { memory.add(3).copy_from_nonoverlapping(secret.as_ptr(), 4) };
        catch(|| free_bytes(memory))
    };
    let violation = hold(b"hush").unwrap();
    assert_eq!(violation.rule, Rule::SecretFreed);
    assert!(violation.detail.contains("at byte 3"), "{violation}");
    assert!(hold(&[0; 4]).is_none());
}

#[test]
fn a_wrong_tag_is_found() {
    let _kernel = boot();
    let memory = allocate_bytes(10);
    // SAFETY: breaks the rule on purpose.
    let violation = catch(|| unsafe { ExFreePoolWithTag(memory.cast(), tag(b"Else")) }).unwrap();
    assert_eq!(violation.rule, Rule::WrongTag);
}

#[test]
fn what_is_no_pool_cannot_be_freed() {
    let _kernel = boot();
    let mut memory = [0u64; 16];
    let inside = memory.as_mut_ptr().wrapping_add(8);
    let aligned = (inside as usize & !15) as *mut u8;
    assert_eq!(catch(|| free_bytes(aligned)).unwrap().rule, Rule::BadFree);
}

#[test]
fn a_write_past_the_end_is_found_at_the_free() {
    let _kernel = boot();
    let memory = allocate_bytes(10);
    // SAFETY: breaks the rule on purpose; the guard bytes are there.
    unsafe { memory.add(10).write(1) };
    assert_eq!(catch(|| free_bytes(memory)).unwrap().rule, Rule::Overrun);
}

#[test]
fn a_write_to_freed_pool_is_found_later() {
    let _kernel = boot();
    let memory = allocate_bytes(100);
    free_bytes(memory);
    // SAFETY: breaks the rule on purpose; the quarantine still holds the memory.
    unsafe { memory.add(50).write(1) };
    assert_eq!(catch(flush_quarantine).unwrap().rule, Rule::TouchedFreed);
}

#[test]
fn paged_pool_is_not_for_dispatch_level() {
    let _kernel = boot();
    let violation = catch(|| {
        // SAFETY: raises and lowers in turn.
        let before = unsafe { KfRaiseIrql(2) };
        // SAFETY: breaks the rule on purpose.
        let memory = unsafe { ExAllocatePool2(POOL_FLAG_PAGED, 8, TAG) };
        free_bytes(memory.cast());
        // SAFETY: as above.
        unsafe { KeLowerIrql(before) };
    });
    assert_eq!(violation.unwrap().rule, Rule::PagedAtDispatch);
}

#[test]
fn an_allocation_of_nothing_is_refused() {
    let _kernel = boot();
    assert_eq!(
        catch(|| assert!(allocate_bytes(0).is_null())).unwrap().rule,
        Rule::BadAllocation
    );
}

#[test]
fn the_chosen_allocation_fails_and_no_other() {
    let kernel = boot();
    kernel.faults().fail_nth_of(b"Test", 2);
    let outcomes: Vec<*mut u8> = (0..3).map(|_| allocate_bytes(8)).collect();
    assert_eq!(
        outcomes
            .iter()
            .map(|memory| memory.is_null())
            .collect::<Vec<_>>(),
        [false, true, false]
    );
    assert_eq!(kernel.faults().struck(), 1);
    outcomes
        .into_iter()
        .filter(|memory| !memory.is_null())
        .for_each(free_bytes);
}

#[test]
fn the_drivers_rust_allocations_are_pool_and_can_fail() {
    let kernel = boot();
    let vector = kernel.run_as_driver(|| vec![1u8; 1000]);
    assert!(
        kernel
            .leaks()
            .pool
            .iter()
            .any(|leak| leak.tag == "rust" && leak.bytes >= 1000)
    );
    drop(vector);
    assert!(kernel.leaks().is_clean());
    kernel.faults().fail_nth(1);
    let refused = kernel.run_as_driver(|| Vec::<u8>::new().try_reserve_exact(10).is_err());
    assert!(refused);
}

#[test]
fn memory_with_a_live_resource_must_not_be_freed() {
    let _kernel = boot();
    let memory = allocate_bytes(size_of::<ERESOURCE>() as u64);
    let resource: PERESOURCE = memory.cast();
    // SAFETY: room for a resource.
    unsafe { ExInitializeResourceLite(resource) };
    assert_eq!(catch(|| free_bytes(memory)).unwrap().rule, Rule::FreedInUse);
}
