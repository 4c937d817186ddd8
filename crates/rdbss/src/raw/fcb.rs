//! The FCB: one file, whoever has it open (`mrxfcb.h`, `fcb.h`).
//!
//! It begins with FSRTL_ADVANCED_FCB_HEADER, which has grown with the WDK: what follows lies elsewhere in every release. What
//! counts is the release that the linked library was compiled with, and that library leaves its header's version in the high
//! nibble of byte 7 of every FCB. So nothing behind the header is a field of [`FCB`]; [`FcbRef`] finds it by that nibble.

use core::ptr::NonNull;

use super::*;

/// The part of FSRTL_ADVANCED_FCB_HEADER that all its versions share; the whole of version 1.
#[repr(C)]
pub struct FcbHead {
    /// `RDBSS_NTC_STORAGE_TYPE_*` and the other types of FCB.
    pub NodeTypeCode: USHORT,
    pub NodeByteSize: USHORT,
    /// `FSRTL_FLAG_*`.
    pub Flags: UCHAR,
    pub IsFastIoPossible: UCHAR,
    /// `FSRTL_FLAG2_*`.
    pub Flags2: UCHAR,
    /// The version is in the high nibble.
    pub ReservedAndVersion: UCHAR,
    pub Resource: *mut ERESOURCE,
    pub PagingIoResource: *mut ERESOURCE,
    pub AllocationSize: LARGE_INTEGER,
    pub FileSize: LARGE_INTEGER,
    pub ValidDataLength: LARGE_INTEGER,
    pub FastMutex: *mut FAST_MUTEX,
    pub FilterContexts: LIST_ENTRY,
    pub PushLock: usize,
    pub FileContextSupportPointer: *mut PVOID,
}
assert_layout!(FcbHead, 88, {
    NodeByteSize: 2, Flags: 4, IsFastIoPossible: 5, Flags2: 6, ReservedAndVersion: 7, Resource: 8, PagingIoResource: 16,
    AllocationSize: 24, FileSize: 32, ValidDataLength: 40, FastMutex: 48, FilterContexts: 56, PushLock: 72,
    FileContextSupportPointer: 80,
});

/// An FCB. It is longer than this type says; see [`FcbRef`].
#[repr(C)]
pub struct MRX_FCB {
    pub Header: FcbHead,
}

/// The library's name for the same object.
pub type FCB = MRX_FCB;

/// What a mini-redirector sees of an FCB behind the header.
#[repr(C)]
pub struct MRX_FCB_BODY {
    pub pNetRoot: *mut MRX_NET_ROOT,
    /// The mini-redirector's own.
    pub Context: PVOID,
    /// The mini-redirector's own.
    pub Context2: PVOID,
    pub NodeReferenceCount: ULONG,
    /// `FCB_STATE_*`.
    pub FcbState: ULONG,
    pub UncleanCount: LONG,
    pub UncachedUncleanCount: LONG,
    pub OpenCount: LONG,
    pub OutstandingLockOperationsCount: ULONG,
    pub ActualAllocationLength: u64,
    /// `FILE_ATTRIBUTE_*`.
    pub Attributes: ULONG,
    pub IsFileWritten: BOOLEAN,
    pub fShouldBeOrphaned: BOOLEAN,
    pub fMiniInited: BOOLEAN,
    pub CachedNetRootType: UCHAR,
    pub SrvOpenList: LIST_ENTRY,
    pub SrvOpenListVersion: ULONG,
}
assert_layout!(MRX_FCB_BODY, 88, {
    Context: 8, Context2: 16, NodeReferenceCount: 24, FcbState: 28, UncleanCount: 32, UncachedUncleanCount: 36, OpenCount: 40,
    OutstandingLockOperationsCount: 44, ActualAllocationLength: 48, Attributes: 56, IsFileWritten: 60, fShouldBeOrphaned: 61,
    fMiniInited: 62, CachedNetRootType: 63, SrvOpenList: 64, SrvOpenListVersion: 80,
});

/// All that is behind the header.
#[repr(C)]
pub struct FCB_BODY {
    pub mrx: MRX_FCB_BODY,
    pub VNetRoot: *mut V_NET_ROOT,
    pub NonPaged: *mut NON_PAGED_FCB,
    pub ScavengerFinalizationList: LIST_ENTRY,
    pub pBufferingStateChangeCompletedEvent: *mut KEVENT,
    pub NumberOfBufferingStateChangeWaiters: LONG,
    pub FcbTableEntry: RX_FCB_TABLE_ENTRY,
    /// The file's name from the share on; `MRX_SRV_OPEN::pAlreadyPrefixedName` points here.
    pub PrivateAlreadyPrefixedName: UNICODE_STRING,
    pub UpperFinalizationDone: BOOLEAN,
    pub Condition: RX_BLOCK_CONDITION,
    pub PrivateDispatchVector: PVOID,
    pub RxDeviceObject: *mut RDBSS_DEVICE_OBJECT,
    pub MRxDispatch: *mut MINIRDR_DISPATCH,
    pub MRxFastIoDispatch: PVOID,
    pub InternalSrvOpen: *mut SRV_OPEN,
    pub InternalFobx: *mut FOBX,
    pub ShareAccess: SHARE_ACCESS,
    pub ShareAccessPerSrvOpens: SHARE_ACCESS,
    pub NumberOfLinks: ULONG,
    pub CreationTime: LARGE_INTEGER,
    pub LastAccessTime: LARGE_INTEGER,
    pub LastWriteTime: LARGE_INTEGER,
    pub LastChangeTime: LARGE_INTEGER,
    pub ulFileSizeVersion: ULONG,
    pub FileLock: FILE_LOCK,
    pub LowIoPerFcbInfo: LOWIO_PER_FCB_INFO,
    pub EaModificationCount: ULONG,
    pub BufferedLocks: FCB_BUFFERED_LOCKS,
    pub FcbAcquires: [ULONG; 4],
    pub FcbReleases: [ULONG; 4],
    pub PagingIoResourceFile: *const u8,
    pub PagingIoResourceLine: ULONG,
}
assert_layout!(FCB_BODY, 568, {
    VNetRoot: 88, NonPaged: 96, ScavengerFinalizationList: 104, pBufferingStateChangeCompletedEvent: 120,
    NumberOfBufferingStateChangeWaiters: 128, FcbTableEntry: 136, PrivateAlreadyPrefixedName: 184, UpperFinalizationDone: 200,
    Condition: 204, PrivateDispatchVector: 208, RxDeviceObject: 216, MRxDispatch: 224, MRxFastIoDispatch: 232, InternalSrvOpen: 240,
    InternalFobx: 248, ShareAccess: 256, ShareAccessPerSrvOpens: 284, NumberOfLinks: 312, CreationTime: 320, LastAccessTime: 328,
    LastWriteTime: 336, LastChangeTime: 344, ulFileSizeVersion: 352, FileLock: 360, LowIoPerFcbInfo: 456, EaModificationCount: 488,
    BufferedLocks: 496, FcbAcquires: 520, FcbReleases: 536, PagingIoResourceFile: 552, PagingIoResourceLine: 560,
});

/// Byte-range locks that have not been sent to the server.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct FCB_BUFFERED_LOCKS {
    pub List: *mut FCB_LOCK,
    pub PendingLockOps: ULONG,
    pub Resource: *mut ERESOURCE,
}
assert_layout!(FCB_BUFFERED_LOCKS, 24, { PendingLockOps: 8, Resource: 16 });

/// One such lock.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct FCB_LOCK {
    pub Next: *mut FCB_LOCK,
    pub Length: LARGE_INTEGER,
    pub BytesOffset: LARGE_INTEGER,
    pub Key: ULONG,
    pub ExclusiveLock: BOOLEAN,
}
assert_layout!(FCB_LOCK, 32, { Length: 8, BytesOffset: 16, Key: 24, ExclusiveLock: 28 });

/// What `RxFinishFcbInitialization` writes into an FCB; a NULL leaves that field as it is.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct FCB_INIT_PACKET {
    pub pAttributes: *mut ULONG,
    pub pNumLinks: *mut ULONG,
    pub pCreationTime: *mut LARGE_INTEGER,
    pub pLastAccessTime: *mut LARGE_INTEGER,
    pub pLastWriteTime: *mut LARGE_INTEGER,
    pub pLastChangeTime: *mut LARGE_INTEGER,
    pub pAllocationSize: *mut LARGE_INTEGER,
    pub pFileSize: *mut LARGE_INTEGER,
    pub pValidDataLength: *mut LARGE_INTEGER,
}
assert_layout!(FCB_INIT_PACKET, 72, {
    pNumLinks: 8, pCreationTime: 16, pLastAccessTime: 24, pLastWriteTime: 32, pLastChangeTime: 40, pAllocationSize: 48, pFileSize: 56,
    pValidDataLength: 64,
});

/// An FCB's header says a version that this crate does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownFcbVersion(
    /// The version.
    pub u8,
);

/// Where things are in the FCBs of one version of the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FcbLayout {
    version: u8,
    header_size: usize,
}

impl FcbLayout {
    /// The layout of Vista and Windows 7.
    pub const V1: Self = Self {
        version: 1,
        header_size: 88,
    };
    /// The layout of Windows 8.
    pub const V2: Self = Self {
        version: 2,
        header_size: 96,
    };
    /// The layout of Windows 8.1 up to Server 2022.
    pub const V3: Self = Self {
        version: 3,
        header_size: 104,
    };
    /// The layout of Windows 11 21H2.
    pub const V4: Self = Self {
        version: 4,
        header_size: 112,
    };
    /// The layout of Windows 11 22H2 and later.
    pub const V5: Self = Self {
        version: 5,
        header_size: 120,
    };

    /// The layout of a header version.
    pub const fn of_version(version: u8) -> Result<Self, UnknownFcbVersion> {
        match version {
            1 => Ok(Self::V1),
            2 => Ok(Self::V2),
            3 => Ok(Self::V3),
            4 => Ok(Self::V4),
            5 => Ok(Self::V5),
            _ => Err(UnknownFcbVersion(version)),
        }
    }

    /// The header's version, 1 to 5.
    pub const fn version(self) -> u8 {
        self.version
    }

    /// Size in bytes of the header.
    pub const fn header_size(self) -> usize {
        self.header_size
    }

    /// `sizeof(MRX_FCB)`.
    pub const fn mrx_fcb_size(self) -> usize {
        self.header_size.saturating_add(size_of::<MRX_FCB_BODY>())
    }

    /// `sizeof(FCB)`. A mini-redirector's extension begins here.
    pub const fn fcb_size(self) -> usize {
        self.header_size.saturating_add(size_of::<FCB_BODY>())
    }
}

/// An FCB whose layout is known: the only way to what is behind the header.
#[derive(Clone, Copy, Debug)]
pub struct FcbRef {
    fcb: NonNull<FCB>,
    layout: FcbLayout,
}

impl FcbRef {
    /// Probes an FCB's version.
    ///
    /// # Safety
    /// `fcb` must be an FCB made by the linked library, or by [`FcbRef::stamp`]. The result is good for as long as the FCB lives.
    pub unsafe fn probe(fcb: NonNull<FCB>) -> Result<Self, UnknownFcbVersion> {
        // SAFETY: every version of the header has this byte at offset 7.
        let byte = unsafe { (*fcb.as_ptr()).Header.ReservedAndVersion };
        Ok(Self {
            fcb,
            layout: FcbLayout::of_version(byte >> 4)?,
        })
    }

    /// Makes zeroed memory an FCB of a version: writes the version and the size (of the FCB without extension).
    ///
    /// # Safety
    /// `memory` must be the start of at least `layout.fcb_size()` writable bytes that nobody else uses, aligned to 8.
    pub unsafe fn stamp(memory: NonNull<u8>, layout: FcbLayout) -> Self {
        let fcb = memory.cast::<FCB>();
        // SAFETY: by the contract the header is inside the writable memory.
        let head = unsafe { &mut (*fcb.as_ptr()).Header };
        head.ReservedAndVersion = layout.version << 4;
        // An FCB has at most 688 bytes.
        head.NodeByteSize = layout.fcb_size() as USHORT;
        Self { fcb, layout }
    }

    /// Where things are in this FCB.
    pub fn layout(self) -> FcbLayout {
        self.layout
    }

    /// The FCB as RDBSS's functions take it.
    pub fn as_ptr(self) -> *mut FCB {
        self.fcb.as_ptr()
    }

    /// The header.
    pub fn head(self) -> *mut FcbHead {
        self.fcb.as_ptr().cast()
    }

    /// What a mini-redirector sees behind the header.
    pub fn mrx(self) -> *mut MRX_FCB_BODY {
        self.body().cast()
    }

    /// All that is behind the header.
    pub fn body(self) -> *mut FCB_BODY {
        self.at(self.layout.header_size)
    }

    /// The extension that RDBSS allocated for the mini-redirector, if it asked for one.
    pub fn extension(self) -> *mut u8 {
        self.at(self.layout.fcb_size())
    }

    fn at<T>(self, offset: usize) -> *mut T {
        self.fcb.as_ptr().wrapping_byte_add(offset).cast()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_five_versions_have_the_sizes_of_their_wdk() {
        let sizes = [1, 2, 3, 4, 5].map(|version| {
            let layout = FcbLayout::of_version(version).unwrap();
            (
                layout.header_size(),
                layout.mrx_fcb_size(),
                layout.fcb_size(),
            )
        });
        assert_eq!(
            sizes,
            [
                (88, 176, 656),
                (96, 184, 664),
                (104, 192, 672),
                (112, 200, 680),
                (120, 208, 688)
            ]
        );
    }

    #[test]
    fn fields_behind_the_header_are_found_in_every_version() {
        for version in 1..=5 {
            let layout = FcbLayout::of_version(version).unwrap();
            let mut memory = [0_u64; 100];
            let start = NonNull::from(&mut memory).cast::<u8>();
            // SAFETY: the array is longer than any FCB, and zeroed.
            unsafe { FcbRef::stamp(start, layout) };
            // SAFETY: it has just been stamped.
            let fcb = unsafe { FcbRef::probe(start.cast()) }.unwrap();
            assert_eq!(fcb.layout(), layout);
            // SAFETY: inside the array.
            unsafe { (*fcb.mrx()).FcbState = 0x1234_5678 };
            // SAFETY: inside the array.
            unsafe { (*fcb.body()).PagingIoResourceLine = 0x9abc_def0 };
            let word = |offset: usize| (memory[offset / 8] >> (8 * (offset % 8))) as u32;
            assert_eq!(word(layout.header_size() + 28), 0x1234_5678);
            assert_eq!(word(layout.fcb_size() - 8), 0x9abc_def0);
            assert_eq!(word(0) >> 16, layout.fcb_size() as u32);
        }
    }

    #[test]
    fn an_unknown_version_is_refused() {
        for version in [0, 6, 15] {
            let mut memory = [0_u64; 11];
            memory[0] = u64::from(version) << 60;
            let fcb = NonNull::from(&mut memory).cast::<FCB>();
            // SAFETY: 88 bytes, as long as the part of the header that is read.
            let probed = unsafe { FcbRef::probe(fcb) };
            assert_eq!(probed.unwrap_err(), UnknownFcbVersion(version));
        }
    }
}
