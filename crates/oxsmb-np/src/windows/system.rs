//! Windows, as the provider sees it.

use core::ptr::{null, null_mut, without_provenance_mut};

use oxsmb_control::LINK_NAME;
use smb_wire::NtStatus;

use super::imports::{
    self, Handle, IoStatusBlock, ObjectAttributes, TokenStatistics, UnicodeString,
};
use crate::provider::{Code, ControlError, NtName, System, Targets, Text, UserName};

/// The system that the program runs on.
pub struct Windows;

/// Where the driver keeps its settings.
const PARAMETERS: &str =
    "\\Registry\\Machine\\System\\CurrentControlSet\\Services\\oxsmb\\Parameters";
const CLAIM_PLAIN_NAMES: &str = "ClaimPlainNames";

const OBJ_CASE_INSENSITIVE: u32 = 0x40;
const SYNCHRONIZE: u32 = 0x0010_0000;
const FILE_READ_ATTRIBUTES: u32 = 0x80;
const FILE_SHARE_ALL: u32 = 7;
const FILE_SYNCHRONOUS_IO_NONALERT: u32 = 0x20;
const KEY_QUERY_VALUE: u32 = 1;
const KEY_VALUE_PARTIAL_INFORMATION: u32 = 2;
const REG_DWORD: u32 = 4;
const TOKEN_QUERY: u32 = 8;
const TOKEN_STATISTICS: u32 = 10;
const NO_TOKEN: NtStatus = NtStatus(0xC000_007C);
/// `NtCurrentProcess()`.
const THIS_PROCESS: usize = usize::MAX;
/// `NtCurrentThread()`.
const THIS_THREAD: usize = usize::MAX - 1;
const DDD_RAW_TARGET_PATH: u32 = 1;
const DDD_REMOVE_DEFINITION: u32 = 2;
const DDD_EXACT_MATCH_ON_REMOVE: u32 = 4;
const DDD_NO_BROADCAST_SYSTEM: u32 = 8;
const ERROR_FILE_NOT_FOUND: Code = Code(2);
/// What RtlNtStatusToDosError says of a status that it does not know.
const ERROR_MR_MID_NOT_FOUND: u32 = 317;
const CSTR_EQUAL: i32 = 2;

impl System for Windows {
    fn control(&self, code: u32, input: &[u8], output: &mut [u8]) -> Result<usize, ControlError> {
        let device = open_device()?;
        let mut io_status = IoStatusBlock {
            status: 0,
            information: 0,
        };
        // SAFETY: an open file, buffers with their lengths, and a synchronous file, so that nothing is used after the call.
        let status = unsafe {
            imports::NtDeviceIoControlFile(
                device.0,
                null_mut(),
                null(),
                null(),
                &raw mut io_status,
                code,
                input.as_ptr(),
                length(input),
                output.as_mut_ptr(),
                length(output),
            )
        };
        check(status).map_err(ControlError::Status)?;
        Ok(io_status.information)
    }

    fn drive_targets(&self, letter: u8) -> Result<Targets, Code> {
        let device = device_name(letter);
        let mut outcome = Ok(());
        let targets = Targets::filled(|room| {
            // SAFETY: a name with a NUL, and room of that length.
            let length = unsafe {
                imports::QueryDosDeviceW(device.as_ptr(), room.as_mut_ptr(), length(room))
            };
            if length == 0 {
                outcome = Err(last_error());
            }
            usize::try_from(length).unwrap_or(0)
        });
        match outcome {
            Ok(()) => Ok(targets),
            Err(ERROR_FILE_NOT_FOUND) => Ok(Targets::new()),
            Err(code) => Err(code),
        }
    }

    fn define_drive(&self, letter: u8, target: &NtName) -> Result<(), Code> {
        change_drive(
            DDD_RAW_TARGET_PATH | DDD_NO_BROADCAST_SYSTEM,
            letter,
            target,
        )
    }

    fn remove_drive(&self, letter: u8, target: &NtName) -> Result<(), Code> {
        let only_this = DDD_REMOVE_DEFINITION | DDD_EXACT_MATCH_ON_REMOVE;
        let flags = DDD_RAW_TARGET_PATH | DDD_NO_BROADCAST_SYSTEM | only_this;
        change_drive(flags, letter, target)
    }

    fn logon(&self) -> Result<u64, NtStatus> {
        let token = open_token()?;
        let mut statistics = TokenStatistics {
            token_id: 0,
            authentication_id: 0,
            expiration_time: 0,
            token_type: 0,
            impersonation_level: 0,
            dynamic_charged: 0,
            dynamic_available: 0,
            group_count: 0,
            privilege_count: 0,
            modified_id: 0,
        };
        let mut needed = 0;
        // SAFETY: an open token, and room for what is asked.
        check(unsafe {
            imports::NtQueryInformationToken(
                token.0,
                TOKEN_STATISTICS,
                (&raw mut statistics).cast(),
                const { size_of::<TokenStatistics>() as u32 },
                &raw mut needed,
            )
        })?;
        Ok(statistics.authentication_id)
    }

    fn user_name(&self) -> UserName {
        let user: UserName = environment("USERNAME");
        let domain: UserName = environment("USERDOMAIN");
        if user.is_empty() || domain.is_empty() {
            return user;
        }
        let separator = [u16::from(b'\\')];
        let parts = [domain.units(), &separator, user.units()];
        let units = parts.into_iter().flatten().copied();
        UserName::collect(units, Code::BAD_USER).unwrap_or_default()
    }

    fn claims_plain_names(&self) -> bool {
        read_setting(CLAIM_PLAIN_NAMES) == Some(1)
    }

    fn eq_ignore_case(&self, one: &[u16], other: &[u16]) -> bool {
        if one.len() != other.len() || one.is_empty() {
            return one.len() == other.len();
        }
        let Ok(length) = i32::try_from(one.len()) else {
            return false;
        };
        // SAFETY: two strings of that length.
        let order = unsafe {
            imports::CompareStringOrdinal(one.as_ptr(), length, other.as_ptr(), length, 1)
        };
        order == CSTR_EQUAL
    }

    fn code_of(&self, status: NtStatus) -> Code {
        // SAFETY: the routine takes any status.
        match unsafe { imports::RtlNtStatusToDosError(status.0.cast_signed()) } {
            ERROR_MR_MID_NOT_FOUND => Code::NETWORK_ERROR,
            code => Code(code),
        }
    }
}

/// Something open, closed when dropped.
struct Open(Handle);

impl Drop for Open {
    fn drop(&mut self) {
        // SAFETY: open, and closed once. There is nothing to do about a failure.
        let _ = unsafe { imports::NtClose(self.0) };
    }
}

fn open_device() -> Result<Open, ControlError> {
    let mut file = null_mut();
    let mut io_status = IoStatusBlock {
        status: 0,
        information: 0,
    };
    let opened = with_object(LINK_NAME, |attributes| {
        // SAFETY: places for the results, and the attributes of a name.
        check(unsafe {
            imports::NtOpenFile(
                &raw mut file,
                SYNCHRONIZE | FILE_READ_ATTRIBUTES,
                attributes,
                &raw mut io_status,
                FILE_SHARE_ALL,
                FILE_SYNCHRONOUS_IO_NONALERT,
            )
        })
    });
    match opened {
        Ok(()) => Ok(Open(file)),
        Err(
            NtStatus::OBJECT_NAME_NOT_FOUND
            | NtStatus::OBJECT_PATH_NOT_FOUND
            | NtStatus::NO_SUCH_DEVICE
            | NtStatus::NO_SUCH_FILE
            // MUP knows no provider of the name any more.
            | NtStatus::BAD_NETWORK_PATH,
        ) => Err(ControlError::NoDevice),
        Err(status) => Err(ControlError::Status(status)),
    }
}

/// The token that the driver will see too: the impersonated one, or the process's.
fn open_token() -> Result<Open, NtStatus> {
    let mut token = null_mut();
    let thread = without_provenance_mut(THIS_THREAD);
    // SAFETY: this thread, and a place for the handle.
    let opened =
        check(unsafe { imports::NtOpenThreadToken(thread, TOKEN_QUERY, 1, &raw mut token) });
    match opened {
        Err(NO_TOKEN) => {
            let process = without_provenance_mut(THIS_PROCESS);
            // SAFETY: this process, and a place for the handle.
            check(unsafe { imports::NtOpenProcessToken(process, TOKEN_QUERY, &raw mut token) })?;
        }
        opened => opened?,
    }
    Ok(Open(token))
}

/// A REG_DWORD of the driver's settings, if it is set.
fn read_setting(name: &str) -> Option<u32> {
    let mut key = null_mut();
    let opened = with_object(PARAMETERS, |attributes| {
        // SAFETY: a place for the handle, and the attributes of a name.
        check(unsafe { imports::NtOpenKey(&raw mut key, KEY_QUERY_VALUE, attributes) })
    });
    let key = opened.map(|()| Open(key)).ok()?;
    let name = Text::<32>::collect(name.encode_utf16(), Code::BAD_VALUE).ok()?;
    // KEY_VALUE_PARTIAL_INFORMATION: index, type, length, and the value.
    let mut value = [0; 16];
    let mut needed = 0;
    let string = unicode_string(&name);
    // SAFETY: an open key, a name that lives during the call, and room of that length.
    check(unsafe {
        imports::NtQueryValueKey(
            key.0,
            &raw const string,
            KEY_VALUE_PARTIAL_INFORMATION,
            value.as_mut_ptr(),
            length(&value),
            &raw mut needed,
        )
    })
    .ok()?;
    let ([_, kind, size, data], []) = value.as_chunks::<4>() else {
        return None;
    };
    let is_number = u32::from_ne_bytes(*kind) == REG_DWORD && u32::from_ne_bytes(*size) == 4;
    is_number.then_some(u32::from_ne_bytes(*data))
}

fn change_drive(flags: u32, letter: u8, target: &NtName) -> Result<(), Code> {
    let device = device_name(letter);
    let target = target.terminated();
    // SAFETY: two texts with their NULs.
    let done = unsafe { imports::DefineDosDeviceW(flags, device.as_ptr(), target.as_ptr()) };
    if done == 0 {
        return Err(last_error());
    }
    Ok(())
}

/// A variable of the program's environment; empty if it is not there or is too long.
fn environment<const N: usize>(name: &str) -> Text<N> {
    let Ok(name) = Text::<32>::collect(name.encode_utf16(), Code::BAD_VALUE) else {
        return Text::new();
    };
    Text::filled(|room| {
        let most = length(room);
        // SAFETY: a name with its NUL, and room of that length.
        let length = unsafe {
            imports::GetEnvironmentVariableW(name.terminated().as_ptr(), room.as_mut_ptr(), most)
        };
        // More than there is room for means that nothing was written.
        if length < most {
            usize::try_from(length).unwrap_or(0)
        } else {
            0
        }
    })
}

/// Calls with the attributes of an object of this name.
fn with_object<R>(name: &str, call: impl FnOnce(*const ObjectAttributes) -> R) -> R {
    // Names of ours are all shorter.
    let name = Text::<128>::collect(name.encode_utf16(), Code::BAD_VALUE).unwrap_or_default();
    let string = unicode_string(&name);
    let attributes = ObjectAttributes {
        length: const { size_of::<ObjectAttributes>() as u32 },
        root_directory: null_mut(),
        object_name: &raw const string,
        attributes: OBJ_CASE_INSENSITIVE,
        security_descriptor: null(),
        security_quality_of_service: null(),
    };
    call(&raw const attributes)
}

fn unicode_string<const N: usize>(text: &Text<N>) -> UnicodeString {
    let bytes = u16::try_from(size_of_val(text.units())).unwrap_or(0);
    UnicodeString {
        length: bytes,
        maximum_length: bytes,
        buffer: text.units().as_ptr(),
    }
}

/// `Z:` with its NUL.
fn device_name(letter: u8) -> [u16; 3] {
    [letter.into(), b':'.into(), 0]
}

fn check(status: imports::Status) -> Result<(), NtStatus> {
    if status >= 0 {
        Ok(())
    } else {
        Err(NtStatus(status.cast_unsigned()))
    }
}

fn last_error() -> Code {
    // SAFETY: the call has no conditions.
    Code(unsafe { imports::GetLastError() })
}

/// A buffer's length as the system takes it; none here comes near the limit.
fn length<T>(buffer: &[T]) -> u32 {
    u32::try_from(buffer.len()).unwrap_or(u32::MAX)
}
