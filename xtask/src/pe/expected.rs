//! What is expected of each image. A change here is a decision, and its reason belongs beside it.

use object::pe;

/// Everything that is expected of one kind of image.
pub struct Expected {
    pub title: &'static str,
    /// `IMAGE_SUBSYSTEM_*`, and its name.
    pub subsystem: (u16, &'static str),
    /// Of the operating system and of the subsystem: major, minor.
    pub version: (u16, u16),
    /// `IMAGE_FILE_*`
    pub characteristics: u16,
    /// `IMAGE_DLLCHARACTERISTICS_*`
    pub loader_flags: u16,
    /// The symbol at the entry point; `None` when there must be none.
    pub entry: Option<&'static str>,
    /// The exported names, sorted.
    pub exports: &'static [&'static str],
    pub sections: &'static [SectionRule],
    /// Modules that may be imported from, in lower case.
    pub modules: &'static [&'static str],
    /// The lists of names that may be imported, from the workspace's root.
    pub imports: &'static [&'static str],
    /// The largest stack frame in bytes, but for `large_frames`.
    pub frame_limit: u32,
    pub large_frames: &'static [LargeFrame],
    pub panics: &'static [Explained],
    pub bug_checks: &'static [Explained],
    pub stops: &'static [Explained],
}

/// A section that may be there, with exactly these attributes.
pub struct SectionRule {
    pub name: &'static str,
    pub characteristics: u32,
    pub presence: Presence,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    Required,
    Optional,
}

/// A function that may do what others may not, and why.
pub struct Explained {
    pub function: &'static str,
    #[expect(dead_code, reason = "written for the reader of this file")]
    pub reason: &'static str,
}

const fn explained(function: &'static str, reason: &'static str) -> Explained {
    Explained { function, reason }
}

/// A function whose frame may be larger than others', how large, and why.
pub struct LargeFrame {
    pub limit: u32,
    pub explained: Explained,
}

const fn large(limit: u32, function: &'static str, reason: &'static str) -> LargeFrame {
    LargeFrame {
        limit,
        explained: explained(function, reason),
    }
}

const CODE: u32 = pe::IMAGE_SCN_CNT_CODE | pe::IMAGE_SCN_MEM_EXECUTE | pe::IMAGE_SCN_MEM_READ;
const DATA: u32 = pe::IMAGE_SCN_CNT_INITIALIZED_DATA | pe::IMAGE_SCN_MEM_READ;
const WRITE: u32 = pe::IMAGE_SCN_MEM_WRITE;
const NOT_PAGED: u32 = pe::IMAGE_SCN_MEM_NOT_PAGED;
const DISCARDABLE: u32 = pe::IMAGE_SCN_MEM_DISCARDABLE;

const fn required(name: &'static str, characteristics: u32) -> SectionRule {
    SectionRule {
        name,
        characteristics,
        presence: Presence::Required,
    }
}

const fn optional(name: &'static str, characteristics: u32) -> SectionRule {
    SectionRule {
        name,
        characteristics,
        presence: Presence::Optional,
    }
}

const HARDENED: u16 = pe::IMAGE_DLLCHARACTERISTICS_HIGH_ENTROPY_VA
    | pe::IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE
    | pe::IMAGE_DLLCHARACTERISTICS_NX_COMPAT;

const PROGRAM: u16 = pe::IMAGE_FILE_EXECUTABLE_IMAGE | pe::IMAGE_FILE_LARGE_ADDRESS_AWARE;

/// oxsmb.sys
pub const DRIVER: Expected = Expected {
    title: "kernel driver",
    subsystem: (pe::IMAGE_SUBSYSTEM_NATIVE, "native"),
    // The WDK links drivers for Windows 10 with /SUBSYSTEM:NATIVE,10.0 and /OSVERSION:10.0.
    version: (10, 0),
    characteristics: PROGRAM,
    loader_flags: HARDENED | pe::IMAGE_DLLCHARACTERISTICS_FORCE_INTEGRITY,
    entry: Some("DriverEntry"),
    exports: &[],
    // As link.exe /DRIVER sets them: all that may be touched at raised IRQL stays in memory.
    sections: &[
        required(".text", CODE | NOT_PAGED),
        required(".rdata", DATA | NOT_PAGED),
        required(".data", DATA | WRITE | NOT_PAGED),
        required(".pdata", DATA | NOT_PAGED),
        required(".reloc", DATA | DISCARDABLE),
        optional("PAGE", CODE),
        optional("INIT", CODE | DISCARDABLE),
        optional(".rsrc", DATA | DISCARDABLE),
    ],
    modules: &["cng.sys", "hal.dll", "netio.sys", "ntoskrnl.exe"],
    imports: &[
        "cross/imports/ntoskrnl.exe.def",
        "xtask/src/pe/allowed/driver.txt",
    ],
    frame_limit: 1024,
    large_frames: &[
        large(
            1664,
            "smb_crypto::rust_crypto::aes_128",
            "expands a session's key, once at logon: has room for the key schedule of a CPU without AES instructions",
        ),
        large(2560, "smb_crypto::rust_crypto::aes_256", "the same"),
    ],
    panics: &[
        explained(
            "aes::soft::fixslice::memshift32",
            "the key schedule for a CPU without AES instructions: its callers count rounds in constants, which the compiler does not see through",
        ),
        explained("aes::soft::fixslice::xor_columns", "the same"),
    ],
    bug_checks: &[explained(
        "nt::bugcheck::bugcheck",
        "openrdbss stops the system where RDBSS does: when a caller breaks a rule that memory safety hangs on",
    )],
    stops: &[
        explained(
            "<smb_client::receiver::Receiver<oxsmb::exchange::Requester>>::next_event::<oxsmb::connection::Connection>",
            "the compiler's trap behind a `match` that covers all cases",
        ),
        explained(
            "<smb_client::receiver::Receiver<oxsmb::exchange::Requester>>::next_event::<oxsmb::connection::table::LockedTable>",
            "the same",
        ),
    ],
};

/// oxsmb.sys over Microsoft's RDBSS, which asks the kernel for more.
pub const DRIVER_OVER_MICROSOFTS: Expected = Expected {
    title: "kernel driver over Microsoft's RDBSS",
    modules: &[
        "cng.sys",
        "hal.dll",
        "ksecdd.sys",
        "netio.sys",
        "ntoskrnl.exe",
    ],
    imports: &[
        "cross/imports/ntoskrnl.exe.def",
        "cross/microsoft/kernel.def",
        "cross/microsoft/ksecdd.def",
        "xtask/src/pe/allowed/driver.txt",
    ],
    ..DRIVER
};

/// oxsmbnp.dll
pub const PROVIDER: Expected = Expected {
    title: "network provider",
    subsystem: (pe::IMAGE_SUBSYSTEM_WINDOWS_GUI, "Windows"),
    version: (10, 0),
    characteristics: PROGRAM | pe::IMAGE_FILE_DLL,
    loader_flags: HARDENED,
    entry: Some("DllMain"),
    exports: &[
        "NPAddConnection",
        "NPAddConnection3",
        "NPCancelConnection",
        "NPCancelConnection2",
        "NPCloseEnum",
        "NPEnumResource",
        "NPFormatNetworkName",
        "NPGetCaps",
        "NPGetConnection",
        "NPGetResourceInformation",
        "NPGetResourceParent",
        "NPGetUniversalName",
        "NPGetUser",
        "NPOpenEnum",
    ],
    sections: &[
        required(".text", CODE),
        required(".rdata", DATA),
        required(".pdata", DATA),
        required(".reloc", DATA | DISCARDABLE),
        optional(".data", DATA | WRITE),
        optional(".rsrc", DATA),
    ],
    modules: &["advapi32.dll", "kernel32.dll", "ntdll.dll"],
    imports: &["xtask/src/pe/allowed/provider.txt"],
    // A user's stack has 256 KiB at the least, and ours is the only provider below a call.
    frame_limit: 48 * 1024,
    large_frames: &[],
    panics: &[],
    bug_checks: &[],
    stops: &[],
};
