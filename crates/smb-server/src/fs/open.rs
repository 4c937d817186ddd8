//! A handle and what can be done through it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::{Mutex, RwLock};

use super::access;
use super::content::{Content, Extents, MAX_FILE_SIZE};
use super::create::CreateRequest;
use super::locks::{LockOutcome, LockRange, LockWaiter};
use super::name::Name;
use super::namespace::Trail;
use super::node::{Attributes, FileInfo, Node, NodeId};
use super::search::Search;
use super::watch::{ChangeAction, Watch, WatchWaiter, change_filter};
use super::{FileSystem, FsError, streams, time};

/// An open file or directory. Dropping it closes it.
pub struct Open {
    pub(super) fs: Arc<FileSystem>,
    /// What the handle reads, writes, locks and shares: a file, a directory, or a stream of one.
    pub(super) node: Arc<Node>,
    /// For a stream, the file or directory that it is of, and its name.
    base: Option<(Arc<Node>, Name)>,
    handle: u64,
    access: u32,
    delete_on_close: AtomicBool,
    /// Set once this handle has set the last-write time itself; writes then leave it alone (MS-FSA 2.1.4.17).
    keeps_write_time: AtomicBool,
    /// The same for the change time.
    keeps_change_time: AtomicBool,
    closed: AtomicBool,
    /// Where the last read ended; only queries look at it.
    position: AtomicU64,
    pub(super) search: Mutex<Search>,
    watch: Mutex<Option<Arc<Watch>>>,
}

/// New times and attributes (MS-FSCC 2.4.7). A time of 0 is left alone, -1 stops and -2 resumes its implicit updates.
#[derive(Clone, Copy, Debug, Default)]
pub struct BasicUpdate {
    /// Creation time.
    pub created: i64,
    /// Last-access time.
    pub accessed: i64,
    /// Last-write time.
    pub written: i64,
    /// Change time.
    pub changed: i64,
    /// Attributes; 0 leaves them alone.
    pub attributes: u32,
}

impl Open {
    pub(super) fn new(
        fs: Arc<FileSystem>,
        (node, base): (Arc<Node>, Option<(Arc<Node>, Name)>),
        handle: u64,
        access: u32,
        delete_on_close: bool,
    ) -> Self {
        Self {
            fs,
            node,
            base,
            handle,
            access,
            delete_on_close: AtomicBool::new(delete_on_close),
            keeps_write_time: AtomicBool::new(false),
            keeps_change_time: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            position: AtomicU64::new(0),
            search: Mutex::default(),
            watch: Mutex::default(),
        }
    }

    /// The rights that the handle has.
    pub fn access(&self) -> u32 {
        self.access
    }

    /// The volume it is on.
    pub fn file_system(&self) -> &Arc<FileSystem> {
        &self.fs
    }

    /// Whether it is a directory.
    pub fn is_directory(&self) -> bool {
        self.node.is_directory()
    }

    /// The file or directory itself, also if the handle is for a stream of it.
    pub(super) fn owner(&self) -> &Arc<Node> {
        self.base.as_ref().map_or(&self.node, |(base, _)| base)
    }

    pub(super) fn is_stream(&self) -> bool {
        self.base.is_some()
    }

    /// Times, sizes and attributes; a stream has sizes of its own.
    pub fn info(&self) -> FileInfo {
        let Some((base, _)) = &self.base else {
            return self.node.info();
        };
        let (mut info, stream) = (base.info(), self.node.info());
        info.attributes.0 &= !Attributes::DIRECTORY.0;
        FileInfo {
            size: stream.size,
            allocated: stream.allocated,
            delete_pending: stream.delete_pending,
            links: stream.links,
            ..info
        }
    }

    /// The present path from the root, without a leading backslash; a stream's name follows a colon.
    pub fn path(&self) -> Vec<u16> {
        let mut path = self.fs.names.read().path_of(self.owner().id);
        if let Some((_, name)) = &self.base {
            path.push(u16::from(b':'));
            path.extend_from_slice(name);
        }
        path
    }

    /// Where the last read ended, or what was set since (MS-FSA 2.1.5.15.10).
    pub fn position(&self) -> u64 {
        self.position.load(Ordering::Relaxed)
    }

    /// Sets what [`Open::position`] says; nothing else depends on it.
    pub fn set_position(&self, position: u64) {
        self.position.store(position, Ordering::Relaxed);
    }

    /// Fails with [`FsError::AccessDenied`] unless the handle has one of `rights`.
    pub fn require(&self, rights: u32) -> Result<(), FsError> {
        if self.access & rights == 0 {
            Err(FsError::AccessDenied)
        } else {
            Ok(())
        }
    }

    /// Up to `len` bytes from `offset`, without a copy. Nothing at all to read is [`FsError::EndOfFile`].
    pub fn read(&self, offset: u64, len: usize) -> Result<Extents, FsError> {
        self.require(access::READ_DATA | access::EXECUTE)?;
        let content = self.content()?;
        check_range(offset, len)?;
        self.check_locks(offset, len as u64, false)?;
        let extents = content.read().read(offset, len);
        if extents.is_empty() && len != 0 {
            return Err(FsError::EndOfFile);
        }
        self.set_position(offset + extents.len() as u64);
        self.owner().metadata.lock().accessed = time::now();
        Ok(extents)
    }

    /// Writes all of `data` at `offset`.
    pub fn write(&self, offset: u64, data: &[u8]) -> Result<(), FsError> {
        self.require(access::WRITE_DATA | access::APPEND_DATA)?;
        let content = self.content()?;
        check_range(offset, data.len())?;
        self.check_locks(offset, data.len() as u64, true)?;
        if !data.is_empty() {
            check_size(offset + data.len() as u64)?;
            content.write().write(offset, data)?;
            self.written();
        }
        Ok(())
    }

    fn content(&self) -> Result<&RwLock<Content>, FsError> {
        self.node.content.as_ref().ok_or(FsError::NotAFile)
    }

    fn check_locks(&self, offset: u64, len: u64, writing: bool) -> Result<(), FsError> {
        let free = !self.node.has_locks.load(Ordering::Acquire)
            || self
                .node
                .locks
                .lock()
                .allows(self.handle, offset, len, writing);
        if free {
            Ok(())
        } else {
            Err(FsError::FileLockConflict)
        }
    }

    fn written(&self) {
        let now = time::now();
        let mut metadata = self.owner().metadata.lock();
        if !self.keeps_write_time.load(Ordering::Relaxed) {
            metadata.written = now;
        }
        if !self.keeps_change_time.load(Ordering::Relaxed) {
            metadata.changed = now;
        }
        metadata.attributes.0 |= Attributes::ARCHIVE.0;
        drop(metadata);
        self.tell(change_filter::LAST_WRITE | change_filter::SIZE);
    }

    /// Tells watchers that this node was modified.
    fn tell(&self, filter: u32) {
        if self.fs.watches.any() {
            let trail = self.trail();
            self.fs
                .watches
                .emit(filter, &[(ChangeAction::Modified, &trail)]);
        }
    }

    fn trail(&self) -> Trail {
        self.fs.names.read().trail(self.owner().id)
    }

    /// Cuts or extends the file to `size` bytes; what is new reads as zeros.
    pub fn set_size(&self, size: u64) -> Result<(), FsError> {
        self.require(access::WRITE_DATA)?;
        let content = self.content().map_err(|_| FsError::InvalidParameter)?;
        check_size(size)?;
        content.write().set_size(size);
        self.written();
        Ok(())
    }

    /// Sets the allocation; below the size it cuts the file.
    pub fn set_allocation(&self, allocation: u64) -> Result<(), FsError> {
        self.require(access::WRITE_DATA)?;
        let content = self.content().map_err(|_| FsError::InvalidParameter)?;
        check_size(allocation)?;
        content.write().set_allocation(allocation)?;
        self.written();
        Ok(())
    }

    /// What FILE_OVERWRITE and FILE_SUPERSEDE do to an existing file.
    pub(super) fn empty(&self, request: &CreateRequest<'_>) -> Result<(), FsError> {
        if let Some(content) = &self.node.content {
            let mut content = content.write();
            content.set_size(0);
            content.set_allocation(request.allocation)?;
        }
        if !self.is_stream() {
            self.node.metadata.lock().attributes = Attributes::settle(request.attributes, false);
            self.node.drop_extended();
            self.node.set_extended(request.extended)?;
        }
        self.written();
        Ok(())
    }

    /// Sets times and attributes.
    pub fn set_basic(&self, update: &BasicUpdate) -> Result<(), FsError> {
        self.require(access::WRITE_ATTRIBUTES)?;
        let times = [
            update.created,
            update.accessed,
            update.written,
            update.changed,
        ];
        let makes_directory_of_file =
            update.attributes & Attributes::DIRECTORY.0 != 0 && !self.is_directory();
        if times.iter().any(|time| *time < -2) || makes_directory_of_file {
            return Err(FsError::InvalidParameter);
        }
        for (time, keeps) in [
            (update.written, &self.keeps_write_time),
            (update.changed, &self.keeps_change_time),
        ] {
            if time != 0 {
                keeps.store(time != -2, Ordering::Relaxed);
            }
        }
        let mut metadata = self.owner().metadata.lock();
        if !self.keeps_change_time.load(Ordering::Relaxed) {
            metadata.changed = time::now();
        }
        let metadata_times = &mut *metadata;
        for (new, kept) in times.into_iter().zip([
            &mut metadata_times.created,
            &mut metadata_times.accessed,
            &mut metadata_times.written,
            &mut metadata_times.changed,
        ]) {
            if new > 0 {
                *kept = new.unsigned_abs();
            }
        }
        if update.attributes != 0 {
            metadata.attributes =
                Attributes::settle(update.attributes, self.owner().is_directory());
        }
        drop(metadata);
        self.tell(change_filter::ATTRIBUTES | change_filter::LAST_WRITE | change_filter::CREATION);
        Ok(())
    }

    /// Marks the node for deletion when its last handle is closed, or takes the mark back.
    pub fn set_delete_pending(&self, pending: bool) -> Result<(), FsError> {
        self.require(access::DELETE)?;
        if pending {
            self.check_deletable()?;
        }
        self.node.opens.lock().set_delete_pending(pending);
        Ok(())
    }

    fn check_deletable(&self) -> Result<(), FsError> {
        if self.node.id == NodeId::ROOT || self.owner().attributes().contains(Attributes::READ_ONLY)
        {
            return Err(FsError::CannotDelete);
        }
        if self.is_directory() && !self.fs.names.read().is_empty(self.node.id) {
            return Err(FsError::DirectoryNotEmpty);
        }
        Ok(())
    }

    /// Takes all of `ranges` or none.
    pub fn lock(&self, ranges: &[LockRange]) -> Result<(), FsError> {
        self.check_lockable(ranges)?;
        let mut locks = self.node.locks.lock();
        locks.lock_all(self.handle, ranges)?;
        self.node.has_locks.store(true, Ordering::Release);
        Ok(())
    }

    /// Takes `range`, or has `waiter` called once it is taken or the handle is closed.
    pub fn lock_or_wait(
        &self,
        range: LockRange,
        token: u64,
        waiter: LockWaiter,
    ) -> Result<LockOutcome, FsError> {
        self.check_lockable(&[range])?;
        let mut locks = self.node.locks.lock();
        self.node.has_locks.store(true, Ordering::Release);
        let granted = locks.lock_or_wait(self.handle, range, token, waiter);
        Ok(if granted.is_some() {
            LockOutcome::Granted
        } else {
            LockOutcome::Waiting
        })
    }

    fn check_lockable(&self, ranges: &[LockRange]) -> Result<(), FsError> {
        if self.is_directory() {
            return Err(FsError::InvalidParameter);
        }
        self.require(access::READ_DATA | access::WRITE_DATA | access::APPEND_DATA)?;
        ranges.iter().try_for_each(LockRange::check)
    }

    /// Releases one lock with exactly this range.
    pub fn unlock(&self, offset: u64, length: u64) -> Result<(), FsError> {
        let mut locks = self.node.locks.lock();
        locks.unlock(self.handle, offset, length)?;
        let granted = locks.grant_waiting();
        self.node
            .has_locks
            .store(!locks.is_empty(), Ordering::Release);
        drop(locks);
        granted.into_iter().for_each(|waiter| waiter(Ok(())));
        Ok(())
    }

    /// Forgets the lock waiter of this token, uncalled; false if there is none (any more).
    pub fn cancel_lock(&self, token: u64) -> bool {
        self.node.locks.lock().cancel(token)
    }

    /// Calls `waiter` with the next changes in this directory. The first call on a handle fixes its filter and depth.
    pub fn watch(
        &self,
        filter: u32,
        recursive: bool,
        token: u64,
        waiter: WatchWaiter,
    ) -> Result<(), FsError> {
        if !self.is_directory() {
            return Err(FsError::InvalidParameter);
        }
        self.require(access::READ_DATA)?;
        let watch = Arc::clone(
            self.watch
                .lock()
                .get_or_insert_with(|| self.fs.watches.start(self.node.id, recursive, filter)),
        );
        watch.wait(token, waiter);
        Ok(())
    }

    /// Forgets the watch waiter of this token, uncalled; false if there is none (any more).
    pub fn cancel_watch(&self, token: u64) -> bool {
        self.watch
            .lock()
            .as_ref()
            .is_some_and(|watch| watch.cancel(token))
    }

    /// Closes the handle: releases its locks, ends its watch, and deletes the node if that is due. Does nothing twice.
    pub fn close(&self) {
        if self.closed.swap(true, Ordering::AcqRel) {
            return;
        }
        if let Some(watch) = self.watch.lock().take() {
            self.fs.watches.stop(&watch);
        }
        self.release_locks();
        if self.delete_on_close.load(Ordering::Relaxed) && self.check_deletable().is_ok() {
            self.node.opens.lock().set_delete_pending(true);
        }
        let mut opens = self.node.opens.lock();
        opens.remove(self.handle);
        let last = opens.count() == 0 && opens.delete_pending();
        drop(opens);
        match &self.base {
            Some((base, name)) if last => streams::remove(base, name),
            None if last => self.fs.unlink(&self.node),
            _ => {}
        }
    }

    fn release_locks(&self) {
        if !self.node.has_locks.load(Ordering::Acquire) {
            return;
        }
        let mut locks = self.node.locks.lock();
        let dropped = locks.release(self.handle);
        let granted = locks.grant_waiting();
        self.node
            .has_locks
            .store(!locks.is_empty(), Ordering::Release);
        drop(locks);
        dropped
            .into_iter()
            .for_each(|waiter| waiter(Err(FsError::RangeNotLocked)));
        granted.into_iter().for_each(|waiter| waiter(Ok(())));
    }
}

fn check_size(size: u64) -> Result<(), FsError> {
    if size > MAX_FILE_SIZE {
        Err(FsError::InvalidParameter)
    } else {
        Ok(())
    }
}

/// No byte lies past the greatest offset that NT can say, which is signed.
fn check_range(offset: u64, len: usize) -> Result<(), FsError> {
    let end = offset
        .checked_add(len as u64)
        .ok_or(FsError::InvalidParameter)?;
    i64::try_from(end)
        .map(drop)
        .map_err(|_| FsError::InvalidParameter)
}

impl Drop for Open {
    fn drop(&mut self) {
        self.close();
    }
}

impl FileSystem {
    /// Takes away the name of a node whose deletion is due. A directory that has got an entry meanwhile stays.
    pub(super) fn unlink(&self, node: &Node) {
        let mut names = self.names.write();
        if node.is_directory() && !names.is_empty(node.id) {
            node.opens.lock().set_delete_pending(false);
            return;
        }
        let trail = names.trail(node.id);
        names.unlink(node.id);
        drop(names);
        self.watches.emit(
            change_filter::of_name(node.is_directory()),
            &[(ChangeAction::Removed, &trail)],
        );
    }
}
