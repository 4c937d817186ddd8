//! Share access: who may open a file along with whom.

use crate::irql;
use crate::sys::*;
use core::panic::Location;

fn wants(access: ACCESS_MASK) -> (bool, bool, bool) {
    (
        access & (FILE_EXECUTE | FILE_READ_DATA) != 0,
        access & (FILE_WRITE_DATA | FILE_APPEND_DATA) != 0,
        access & DELETE != 0,
    )
}

/// Writes into the file object what the open wants and allows. False when it needs no access at all.
fn record(access: ACCESS_MASK, share: ULONG, file: &mut FILE_OBJECT) -> bool {
    let (read, write, delete) = wants(access);
    file.ReadAccess = BOOLEAN::from(read);
    file.WriteAccess = BOOLEAN::from(write);
    file.DeleteAccess = BOOLEAN::from(delete);
    let any = read || write || delete;
    file.SharedRead = BOOLEAN::from(any && share & FILE_SHARE_READ != 0);
    file.SharedWrite = BOOLEAN::from(any && share & FILE_SHARE_WRITE != 0);
    file.SharedDelete = BOOLEAN::from(any && share & FILE_SHARE_DELETE != 0);
    any
}

/// Each count of a share access with the file object's flag for it.
fn counts<'a>(access: &'a mut SHARE_ACCESS, file: &FILE_OBJECT) -> [(&'a mut ULONG, BOOLEAN); 6] {
    [
        (&mut access.Readers, file.ReadAccess),
        (&mut access.Writers, file.WriteAccess),
        (&mut access.Deleters, file.DeleteAccess),
        (&mut access.SharedRead, file.SharedRead),
        (&mut access.SharedWrite, file.SharedWrite),
        (&mut access.SharedDelete, file.SharedDelete),
    ]
}

fn needs_access(file: &FILE_OBJECT) -> bool {
    file.ReadAccess | file.WriteAccess | file.DeleteAccess != 0
}

fn add(access: &mut SHARE_ACCESS, file: &FILE_OBJECT) {
    access.OpenCount += 1;
    for (count, flag) in counts(access, file) {
        *count += ULONG::from(flag);
    }
}

/// Checks whether an open may go along with the ones there are, and adds it if asked to.
#[track_caller]
pub unsafe fn IoCheckShareAccess(
    DesiredAccess: ACCESS_MASK,
    DesiredShareAccess: ULONG,
    FileObject: PFILE_OBJECT,
    ShareAccess: PSHARE_ACCESS,
    Update: BOOLEAN,
) -> NTSTATUS {
    irql::at_most(irql::APC, "IoCheckShareAccess", Location::caller());
    // SAFETY: the caller gives a file object.
    let file = unsafe { &mut *FileObject };
    // SAFETY: the caller gives a share access that it has a lock on.
    let access = unsafe { &mut *ShareAccess };
    if !record(DesiredAccess, DesiredShareAccess, file) {
        return STATUS_SUCCESS;
    }
    let opens = access.OpenCount;
    let conflict = file.ReadAccess != 0 && access.SharedRead < opens
        || file.WriteAccess != 0 && access.SharedWrite < opens
        || file.DeleteAccess != 0 && access.SharedDelete < opens
        || access.Readers != 0 && file.SharedRead == 0
        || access.Writers != 0 && file.SharedWrite == 0
        || access.Deleters != 0 && file.SharedDelete == 0;
    if conflict {
        return STATUS_SHARING_VIOLATION;
    }
    if Update != 0 {
        add(access, file);
    }
    STATUS_SUCCESS
}

/// Begins a share access with its first open.
#[track_caller]
pub unsafe fn IoSetShareAccess(
    DesiredAccess: ACCESS_MASK,
    DesiredShareAccess: ULONG,
    FileObject: PFILE_OBJECT,
    ShareAccess: PSHARE_ACCESS,
) {
    irql::at_most(irql::APC, "IoSetShareAccess", Location::caller());
    // SAFETY: the caller gives a file object.
    let file = unsafe { &mut *FileObject };
    let mut access = SHARE_ACCESS::default();
    if record(DesiredAccess, DesiredShareAccess, file) {
        add(&mut access, file);
    }
    // SAFETY: the caller gives room for the share access.
    unsafe { ShareAccess.write(access) };
}

/// Takes an open out.
#[track_caller]
pub unsafe fn IoRemoveShareAccess(FileObject: PFILE_OBJECT, ShareAccess: PSHARE_ACCESS) {
    irql::at_most(irql::APC, "IoRemoveShareAccess", Location::caller());
    // SAFETY: the caller gives a file object.
    let file = unsafe { &*FileObject };
    // SAFETY: the caller gives a share access that it has a lock on.
    let access = unsafe { &mut *ShareAccess };
    if needs_access(file) {
        access.OpenCount = access.OpenCount.saturating_sub(1);
        for (count, flag) in counts(access, file) {
            *count = count.saturating_sub(ULONG::from(flag));
        }
    }
}

/// Adds an open that was checked without being added.
#[track_caller]
pub unsafe fn IoUpdateShareAccess(FileObject: PFILE_OBJECT, ShareAccess: PSHARE_ACCESS) {
    irql::at_most(irql::APC, "IoUpdateShareAccess", Location::caller());
    // SAFETY: the caller gives a file object.
    let file = unsafe { &*FileObject };
    // SAFETY: the caller gives a share access that it has a lock on.
    let access = unsafe { &mut *ShareAccess };
    if needs_access(file) {
        add(access, file);
    }
}
