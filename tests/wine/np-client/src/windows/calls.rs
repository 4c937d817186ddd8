//! The calls, by their words.

use core::ffi::c_void;
use core::ptr::null_mut;

use super::imports::{self, Handle};
use super::output;
use super::pointer;
use super::resource::{Buffer, NetResource, given};
use crate::words::Word;

/// A call with the words behind its own.
pub type Call = fn(&[Option<Word>]);

const RESOURCE_CONNECTED: u32 = 1;
const UNIVERSAL_NAME_INFO_LEVEL: u32 = 1;
const AS_MANY_AS_FIT: u32 = u32::MAX;
const SUCCESS: u32 = 0;
const ERROR_NO_MORE_ITEMS: u32 = 259;

/// The call of a word.
pub fn find(word: &Word) -> Option<Call> {
    let calls: &[(&str, Call)] = &[
        ("add", add),
        ("cancel", cancel),
        ("enum", |_| enumerate(&BY_MPR)),
        ("connection", |words| {
            name_of(words, imports::WNetGetConnectionW)
        }),
        ("user", |words| name_of(words, imports::WNetGetUserW)),
        ("universal", |words| {
            universal(words, imports::WNetGetUniversalNameW)
        }),
        ("drive", drive),
        ("np-caps", caps),
        ("np-enum", |_| enumerate(&BY_PROVIDER)),
        ("np-cancel", cancel_by_provider),
        ("np-connection", |words| {
            name_of(words, imports::NPGetConnection)
        }),
        ("np-user", |words| name_of(words, imports::NPGetUser)),
        ("np-universal", |words| {
            universal(words, imports::NPGetUniversalName)
        }),
        ("np-format", format),
        ("np-information", information),
        ("np-parent", parent),
    ];
    let found = calls.iter().find(|(name, _)| word.is(name));
    found.map(|(_, call)| *call)
}

fn word(words: &[Option<Word>], index: usize) -> Option<&Word> {
    words.get(index)?.as_ref()
}

fn add(words: &[Option<Word>]) {
    let [remote, user, password, local] = [0, 1, 2, 3].map(|index| pointer(word(words, index)));
    let resource = NetResource::disk(local, remote);
    // SAFETY: a resource whose names, like user and password, are NULL or have their NUL.
    output::error(unsafe { imports::WNetAddConnection2W(&raw const resource, password, user, 0) });
}

fn is_forced(words: &[Option<Word>]) -> i32 {
    word(words, 1).is_some_and(|word| word.is("force")).into()
}

fn cancel(words: &[Option<Word>]) {
    let name = pointer(word(words, 0));
    // SAFETY: a name with its NUL.
    output::error(unsafe { imports::WNetCancelConnection2W(name, 0, is_forced(words)) });
}

fn cancel_by_provider(words: &[Option<Word>]) {
    let name = pointer(word(words, 0));
    // SAFETY: a name with its NUL.
    output::error(unsafe { imports::NPCancelConnection2(name, is_forced(words), 0) });
}

/// The functions of an enumeration.
struct Enumeration {
    open: unsafe extern "system" fn(u32, u32, u32, *const NetResource, *mut Handle) -> u32,
    take: unsafe extern "system" fn(Handle, *mut u32, *mut c_void, *mut u32) -> u32,
    close: unsafe extern "system" fn(Handle) -> u32,
}

const BY_MPR: Enumeration = Enumeration {
    open: imports::WNetOpenEnumW,
    take: imports::WNetEnumResourceW,
    close: imports::WNetCloseEnum,
};

const BY_PROVIDER: Enumeration = Enumeration {
    open: imports::NPOpenEnum,
    take: imports::NPEnumResource,
    close: imports::NPCloseEnum,
};

fn enumerate(functions: &Enumeration) {
    let mut handle: Handle = null_mut();
    // SAFETY: no container, and a place for the handle.
    let opened =
        unsafe { (functions.open)(RESOURCE_CONNECTED, 0, 0, core::ptr::null(), &raw mut handle) };
    if opened != SUCCESS {
        return output::error(opened);
    }
    let mut buffer = Buffer::new();
    let mut first = true;
    loop {
        let taken = take(functions, handle, &mut buffer);
        let ends_well = taken == Err(ERROR_NO_MORE_ITEMS);
        if first || !(ends_well || taken.is_ok()) {
            output::error(if ends_well {
                SUCCESS
            } else {
                taken.err().unwrap_or(SUCCESS)
            });
        }
        let Ok(count) = taken else { break };
        for index in 0..count {
            // SAFETY: so many resources have been written.
            let resource = unsafe { buffer.resource(index) };
            // SAFETY: its names are in the buffer.
            unsafe { resource.print_names() };
        }
        first = false;
    }
    // SAFETY: the handle is open.
    let closed = unsafe { (functions.close)(handle) };
    if closed != SUCCESS {
        output::error(closed);
    }
}

/// How many connections the next ones are that fit at once.
fn take(functions: &Enumeration, handle: Handle, buffer: &mut Buffer) -> Result<usize, u32> {
    let (mut count, mut size) = (AS_MANY_AS_FIT, Buffer::BYTES);
    let place = buffer.0.as_mut_ptr().cast::<c_void>();
    // SAFETY: an open handle, and a buffer with its size.
    match unsafe { (functions.take)(handle, &raw mut count, place, &raw mut size) } {
        SUCCESS => Ok(count as usize),
        code => Err(code),
    }
}

/// A function that gives a text for a name.
type NameFunction = unsafe extern "system" fn(*const u16, *mut u16, *mut u32) -> u32;

fn name_of(words: &[Option<Word>], function: NameFunction) {
    print_text(|buffer, size| {
        // SAFETY: a name with its NUL, and a buffer with its size.
        unsafe { function(pointer(word(words, 0)), buffer, size) }
    });
}

fn format(words: &[Option<Word>]) {
    const ABBREVIATED: u32 = 2;
    const LINE: u32 = 12;
    print_text(|buffer, size| {
        // SAFETY: a name with its NUL, and a buffer with its size.
        unsafe {
            imports::NPFormatNetworkName(pointer(word(words, 0)), buffer, size, ABBREVIATED, LINE)
        }
    });
}

/// Prints the code of a call, and the text that it has written.
fn print_text(call: impl FnOnce(*mut u16, *mut u32) -> u32) {
    let mut buffer = Buffer::new();
    let mut size = Buffer::CHARACTERS;
    let place = buffer.0.as_mut_ptr().cast::<u16>();
    let code = call(place, &raw mut size);
    output::error(code);
    if code == SUCCESS {
        // SAFETY: a text with its NUL has been written.
        output::names([Some(unsafe { output::text(place) })]);
    }
}

type UniversalFunction = unsafe extern "system" fn(*const u16, u32, *mut c_void, *mut u32) -> u32;

fn universal(words: &[Option<Word>], function: UniversalFunction) {
    let mut buffer = Buffer::new();
    let mut size = Buffer::BYTES;
    let place = buffer.0.as_mut_ptr().cast::<c_void>();
    let path = pointer(word(words, 0));
    // SAFETY: a path with its NUL, and a buffer with its size.
    let code = unsafe { function(path, UNIVERSAL_NAME_INFO_LEVEL, place, &raw mut size) };
    output::error(code);
    if code == SUCCESS {
        // SAFETY: the structure is one pointer.
        let name = unsafe { buffer.pointer(0) };
        // SAFETY: it leads to a text with its NUL.
        output::names([unsafe { given(name) }]);
    }
}

fn information(words: &[Option<Word>]) {
    let mut buffer = Buffer::new();
    let mut size = Buffer::BYTES;
    let mut below = core::ptr::null();
    let place = buffer.0.as_mut_ptr().cast::<c_void>();
    let resource = NetResource::disk(core::ptr::null(), pointer(word(words, 0)));
    // SAFETY: a resource whose name has its NUL, a buffer with its size, and a place for the pointer.
    let code = unsafe {
        imports::NPGetResourceInformation(&raw const resource, place, &raw mut size, &raw mut below)
    };
    print_resource(code, &buffer);
    if code == SUCCESS {
        // SAFETY: NULL, or a text in the buffer.
        output::names([unsafe { given(below) }]);
    }
}

fn parent(words: &[Option<Word>]) {
    let mut buffer = Buffer::new();
    let mut size = Buffer::BYTES;
    let place = buffer.0.as_mut_ptr().cast::<c_void>();
    let resource = NetResource::disk(core::ptr::null(), pointer(word(words, 0)));
    // SAFETY: a resource whose name has its NUL, and a buffer with its size.
    let code = unsafe { imports::NPGetResourceParent(&raw const resource, place, &raw mut size) };
    print_resource(code, &buffer);
}

/// Prints the code of a call, and the resource that it has written.
fn print_resource(code: u32, buffer: &Buffer) {
    output::error(code);
    if code == SUCCESS {
        // SAFETY: one resource has been written.
        let resource = unsafe { buffer.resource(0) };
        // SAFETY: its names are in the buffer.
        unsafe { resource.print_remote() };
    }
}

fn drive(words: &[Option<Word>]) {
    let mut buffer = Buffer::new();
    let place = buffer.0.as_mut_ptr().cast::<u16>();
    let device = pointer(word(words, 0));
    // SAFETY: a name with its NUL, and a buffer with its size.
    let length = unsafe { imports::QueryDosDeviceW(device, place, Buffer::CHARACTERS) };
    if length == 0 {
        // SAFETY: the call has no conditions.
        return output::error(unsafe { imports::GetLastError() });
    }
    output::error(SUCCESS);
    // SAFETY: texts with their NULs have been written.
    output::names([Some(unsafe { output::text(place) })]);
}

fn caps(words: &[Option<Word>]) {
    let index = word(words, 0).and_then(Word::number).unwrap_or(0);
    // SAFETY: the call has no conditions.
    output::error(unsafe { imports::NPGetCaps(index) });
}
