//! Share access: who may open a file along with whom (the DDI pages of `IoCheckShareAccess` and `IoRemoveShareAccess`).

use crate::irql;
use wdk_sys::{
    ACCESS_MASK, BOOLEAN, DELETE, FILE_APPEND_DATA, FILE_EXECUTE, FILE_OBJECT, FILE_READ_DATA,
    FILE_SHARE_DELETE, FILE_SHARE_READ, FILE_SHARE_WRITE, FILE_WRITE_DATA, NTSTATUS, PFILE_OBJECT,
    PSHARE_ACCESS, SHARE_ACCESS, STATUS_SHARING_VIOLATION, STATUS_SUCCESS, ULONG,
};

/// What one open wants and allows to others.
struct Open {
    read: bool,
    write: bool,
    delete: bool,
    shares_read: bool,
    shares_write: bool,
    shares_delete: bool,
}

impl Open {
    fn new(access: ACCESS_MASK, share: ULONG) -> Self {
        Self {
            read: access & (FILE_EXECUTE | FILE_READ_DATA) != 0,
            write: access & (FILE_WRITE_DATA | FILE_APPEND_DATA) != 0,
            delete: access & DELETE != 0,
            shares_read: share & FILE_SHARE_READ != 0,
            shares_write: share & FILE_SHARE_WRITE != 0,
            shares_delete: share & FILE_SHARE_DELETE != 0,
        }
    }

    /// As [`Self::store`] left it.
    fn load(file: &FILE_OBJECT) -> Self {
        Self {
            read: file.ReadAccess != 0,
            write: file.WriteAccess != 0,
            delete: file.DeleteAccess != 0,
            shares_read: file.SharedRead != 0,
            shares_write: file.SharedWrite != 0,
            shares_delete: file.SharedDelete != 0,
        }
    }

    /// Whether it takes part: an open of attributes alone does not.
    fn counts(&self) -> bool {
        self.read || self.write || self.delete
    }

    fn store(&self, file: &mut FILE_OBJECT) {
        let counts = self.counts();
        file.ReadAccess = self.read.into();
        file.WriteAccess = self.write.into();
        file.DeleteAccess = self.delete.into();
        file.SharedRead = (counts && self.shares_read).into();
        file.SharedWrite = (counts && self.shares_write).into();
        file.SharedDelete = (counts && self.shares_delete).into();
    }

    fn conflicts(&self, others: &SHARE_ACCESS) -> bool {
        let refused = |wanted: bool, sharing: ULONG| wanted && sharing < others.OpenCount;
        let offends = |shared: bool, users: ULONG| !shared && users != 0;
        refused(self.read, others.SharedRead)
            || refused(self.write, others.SharedWrite)
            || refused(self.delete, others.SharedDelete)
            || offends(self.shares_read, others.Readers)
            || offends(self.shares_write, others.Writers)
            || offends(self.shares_delete, others.Deleters)
    }

    /// Changes every count that this open has a part in.
    fn change(&self, all: &mut SHARE_ACCESS, by: impl Fn(&mut ULONG)) {
        by(&mut all.OpenCount);
        for (part, count) in [
            (self.read, &mut all.Readers),
            (self.write, &mut all.Writers),
            (self.delete, &mut all.Deleters),
            (self.shares_read, &mut all.SharedRead),
            (self.shares_write, &mut all.SharedWrite),
            (self.shares_delete, &mut all.SharedDelete),
        ] {
            if part {
                by(count);
            }
        }
    }
}

/// `IoCheckShareAccess`.
pub unsafe extern "C" fn check(
    access: ACCESS_MASK,
    share: ULONG,
    file: PFILE_OBJECT,
    others: PSHARE_ACCESS,
    update: BOOLEAN,
) -> NTSTATUS {
    irql::at_most(irql::APC, "IoCheckShareAccess");
    // SAFETY: the driver gives the file object of the open.
    let file = unsafe { &mut *file };
    // SAFETY: the driver gives the file's share access, which it guards.
    let others = unsafe { &mut *others };
    let open = Open::new(access, share);
    open.store(file);
    if !open.counts() {
        return STATUS_SUCCESS;
    }
    if open.conflicts(others) {
        return STATUS_SHARING_VIOLATION;
    }
    if update != 0 {
        open.change(others, |count| *count += 1);
    }
    STATUS_SUCCESS
}

/// `IoRemoveShareAccess`.
pub unsafe extern "C" fn remove(file: PFILE_OBJECT, others: PSHARE_ACCESS) {
    irql::at_most(irql::APC, "IoRemoveShareAccess");
    // SAFETY: the driver gives the file object of the open.
    let open = Open::load(unsafe { &*file });
    // SAFETY: the driver gives the file's share access, which it guards.
    let others = unsafe { &mut *others };
    if open.counts() {
        open.change(others, |count| *count = count.saturating_sub(1));
    }
}
