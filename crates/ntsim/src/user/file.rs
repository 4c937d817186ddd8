//! Open files.

use super::pending::Pending;
use super::process::Inner;
use super::shared::SharedMemory;
use crate::io::{self, Buffers, Caller, Done, Issued};
use crate::mode;
use crate::ob;
use crate::ps;
use crate::sys::*;
use core::panic::Location;
use core::ptr;
use std::sync::Arc;

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IoStatus {
    /// Final status.
    pub status: NTSTATUS,
    /// Mostly a count of bytes.
    pub information: u64,
}

impl IoStatus {
    /// The information of a success.
    ///
    /// # Errors
    /// The status of anything else.
    pub fn ok(self) -> Result<u64, NTSTATUS> {
        if NT_SUCCESS(self.status) {
            Ok(self.information)
        } else {
            Err(self.status)
        }
    }
}

impl From<Done> for IoStatus {
    fn from(done: Done) -> Self {
        Self {
            status: done.status,
            information: done.information,
        }
    }
}

impl From<Result<Done, NTSTATUS>> for IoStatus {
    fn from(result: Result<Done, NTSTATUS>) -> Self {
        result.map_or_else(
            |status| Self {
                status,
                information: 0,
            },
            Self::from,
        )
    }
}

/// An open file. Dropping it closes the handle. Methods bear the names of NT's services; those that end in `_overlapped`
/// return at once. The others wait, on any kind of file.
#[derive(Debug)]
pub struct File {
    process: Arc<Inner>,
    handle: usize,
    object: usize,
    access: u32,
}

fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

impl File {
    pub(super) fn new(
        process: Arc<Inner>,
        handle: HANDLE,
        object: PFILE_OBJECT,
        access: u32,
    ) -> Self {
        Self {
            process,
            handle: handle as usize,
            object: object as usize,
            access,
        }
    }

    /// The file object. It is valid as long as this.
    #[must_use]
    pub fn object(&self) -> PFILE_OBJECT {
        self.object as PFILE_OBJECT
    }

    /// The handle's number, as rename structures want it in `RootDirectory`.
    #[must_use]
    pub fn handle(&self) -> u64 {
        self.handle as u64
    }

    fn may(&self, access: u32) -> Result<(), NTSTATUS> {
        if self.access & access == 0 {
            Err(STATUS_ACCESS_DENIED)
        } else {
            Ok(())
        }
    }

    /// Runs a service as a user of the file's process.
    #[track_caller]
    fn serve<R>(&self, service: impl FnOnce(PFILE_OBJECT, Caller) -> R) -> R {
        let _host = mode::host();
        let _attached = ps::attach(self.process.process());
        let caller = Caller {
            mode: _MODE::UserMode as KPROCESSOR_MODE,
            event: ptr::null_mut(),
            iosb: ptr::null_mut(),
            place: Location::caller(),
        };
        service(self.object(), caller)
    }

    /// Runs a service to its end.
    #[track_caller]
    fn finish(&self, service: impl FnOnce(PFILE_OBJECT, Caller) -> Issued) -> IoStatus {
        self.serve(|file, caller| service(file, caller).map(|request| request.wait()).into())
    }

    /// Begins a service that owns memory until its end.
    #[track_caller]
    fn begin<B>(
        &self,
        mut buffer: Box<B>,
        service: impl FnOnce(&mut B, PFILE_OBJECT, Caller) -> Issued,
    ) -> Pending<B> {
        self.serve(|file, caller| {
            let issued = service(&mut buffer, file, caller);
            Pending::new(file, issued, buffer)
        })
    }

    /// Reads into `buffer`, at `offset` or at the file's position.
    #[track_caller]
    pub fn nt_read_file(&self, buffer: &mut [u8], offset: Option<u64>) -> IoStatus {
        let output = Buffers::Output(buffer.as_mut_ptr(), length(buffer.len()));
        self.finish(|file, caller| {
            self.may(FILE_READ_DATA)?;
            io::transfer(
                file,
                IRP_MJ_READ,
                output,
                offset.map(u64::cast_signed),
                caller,
            )
        })
    }

    /// Writes `buffer`, at `offset` or at the file's position.
    #[track_caller]
    pub fn nt_write_file(&self, buffer: &[u8], offset: Option<u64>) -> IoStatus {
        let input = Buffers::Input(buffer.as_ptr(), length(buffer.len()));
        self.finish(|file, caller| {
            self.may(FILE_WRITE_DATA | FILE_APPEND_DATA)?;
            io::transfer(
                file,
                IRP_MJ_WRITE,
                input,
                offset.map(u64::cast_signed),
                caller,
            )
        })
    }

    /// Begins to read.
    #[track_caller]
    pub fn nt_read_file_overlapped<B: AsMut<[u8]> + Send + 'static>(
        &self,
        buffer: B,
        offset: u64,
    ) -> Pending<B> {
        self.begin(Box::new(buffer), |buffer, file, caller| {
            self.may(FILE_READ_DATA)?;
            let memory = buffer.as_mut();
            let output = Buffers::Output(memory.as_mut_ptr(), length(memory.len()));
            io::transfer(
                file,
                IRP_MJ_READ,
                output,
                Some(offset.cast_signed()),
                caller,
            )
        })
    }

    /// Begins to write.
    #[track_caller]
    pub fn nt_write_file_overlapped<B: AsRef<[u8]> + Send + 'static>(
        &self,
        buffer: B,
        offset: u64,
    ) -> Pending<B> {
        self.begin(Box::new(buffer), |buffer, file, caller| {
            self.may(FILE_WRITE_DATA | FILE_APPEND_DATA)?;
            let memory = (*buffer).as_ref();
            let input = Buffers::Input(memory.as_ptr(), length(memory.len()));
            io::transfer(
                file,
                IRP_MJ_WRITE,
                input,
                Some(offset.cast_signed()),
                caller,
            )
        })
    }

    /// Begins to read into memory that the program keeps looking at.
    #[track_caller]
    pub fn nt_read_file_shared(&self, memory: &SharedMemory, offset: u64) -> Pending<SharedMemory> {
        self.begin(Box::new(memory.clone()), |memory, file, caller| {
            self.may(FILE_READ_DATA)?;
            let output = Buffers::Output(memory.address(), length(memory.len()));
            let offset = Some(offset.cast_signed());
            io::transfer(file, IRP_MJ_READ, output, offset, caller)
        })
    }

    /// Begins to write from memory that the program may change meanwhile.
    #[track_caller]
    pub fn nt_write_file_shared(
        &self,
        memory: &SharedMemory,
        offset: u64,
    ) -> Pending<SharedMemory> {
        self.begin(Box::new(memory.clone()), |memory, file, caller| {
            self.may(FILE_WRITE_DATA | FILE_APPEND_DATA)?;
            let input = Buffers::Input(memory.address(), length(memory.len()));
            let offset = Some(offset.cast_signed());
            io::transfer(file, IRP_MJ_WRITE, input, offset, caller)
        })
    }

    /// Flushes the file's buffers.
    #[track_caller]
    pub fn nt_flush_buffers_file(&self) -> IoStatus {
        self.finish(io::flush)
    }

    /// Lists a directory into `buffer`. `class` is a FILE_INFORMATION_CLASS.
    #[track_caller]
    pub fn nt_query_directory_file(
        &self,
        buffer: &mut [u8],
        class: i32,
        single: bool,
        pattern: Option<&str>,
        restart: bool,
    ) -> IoStatus {
        let units: Vec<u16> = pattern.unwrap_or_default().encode_utf16().collect();
        let mut name = io::counted(&units);
        let name = if pattern.is_some() {
            &raw mut name
        } else {
            ptr::null_mut()
        };
        let restart = if restart { SL_RESTART_SCAN } else { 0 };
        let single = if single { SL_RETURN_SINGLE_ENTRY } else { 0 };
        let output = (buffer.as_mut_ptr(), length(buffer.len()));
        self.finish(|file, caller| {
            self.may(FILE_LIST_DIRECTORY)?;
            io::query_directory(file, class, restart | single, name, output, caller)
        })
    }

    /// Waits for changes in a directory. `filter` is made of FILE_NOTIFY_CHANGE_ flags.
    #[track_caller]
    pub fn nt_notify_change_directory_file<B: AsMut<[u8]> + Send + 'static>(
        &self,
        buffer: B,
        filter: u32,
        tree: bool,
    ) -> Pending<B> {
        self.begin(Box::new(buffer), |buffer, file, caller| {
            self.may(FILE_LIST_DIRECTORY)?;
            let memory = buffer.as_mut();
            io::notify_directory(
                file,
                filter,
                tree,
                (memory.as_mut_ptr(), length(memory.len())),
                caller,
            )
        })
    }

    /// Queries file information. `class` is a FILE_INFORMATION_CLASS.
    #[track_caller]
    pub fn nt_query_information_file(&self, buffer: &mut [u8], class: i32) -> IoStatus {
        let output = (buffer.as_mut_ptr(), length(buffer.len()));
        self.serve(|file, caller| {
            // The I/O manager itself keeps the position of a synchronous file.
            if class == _FILE_INFORMATION_CLASS::FilePositionInformation
                && let Some(position) = io::file_position(file)
            {
                return match buffer.first_chunk_mut() {
                    Some(chunk) => {
                        *chunk = position.to_le_bytes();
                        IoStatus {
                            status: STATUS_SUCCESS,
                            information: 8,
                        }
                    }
                    None => IoStatus {
                        status: STATUS_INFO_LENGTH_MISMATCH,
                        information: 0,
                    },
                };
            }
            io::query(file, IRP_MJ_QUERY_INFORMATION, class, output, caller)
                .map(|request| request.wait())
                .into()
        })
    }

    /// Sets file information. `class` is a FILE_INFORMATION_CLASS.
    #[track_caller]
    pub fn nt_set_information_file(&self, buffer: &[u8], class: i32) -> IoStatus {
        self.serve(|file, caller| {
            if class == _FILE_INFORMATION_CLASS::FilePositionInformation
                && io::file_position(file).is_some()
            {
                return match buffer.first_chunk() {
                    Some(&position) => {
                        io::set_file_position(file, i64::from_le_bytes(position), caller.place);
                        IoStatus {
                            status: STATUS_SUCCESS,
                            information: 0,
                        }
                    }
                    None => IoStatus {
                        status: STATUS_INFO_LENGTH_MISMATCH,
                        information: 0,
                    },
                };
            }
            io::set(file, class, buffer, caller).into()
        })
    }

    /// Queries volume information. `class` is an FS_INFORMATION_CLASS.
    #[track_caller]
    pub fn nt_query_volume_information_file(&self, buffer: &mut [u8], class: i32) -> IoStatus {
        let output = (buffer.as_mut_ptr(), length(buffer.len()));
        self.finish(|file, caller| {
            io::query(file, IRP_MJ_QUERY_VOLUME_INFORMATION, class, output, caller)
        })
    }

    /// Sets volume information. `class` is an FS_INFORMATION_CLASS.
    #[track_caller]
    pub fn nt_set_volume_information_file(&self, buffer: &[u8], class: i32) -> IoStatus {
        let input = (buffer.as_ptr(), length(buffer.len()));
        self.finish(|file, caller| io::set_volume(file, class, input, caller))
    }

    /// Queries the security descriptor's parts that `information` names.
    #[track_caller]
    pub fn nt_query_security_object(&self, buffer: &mut [u8], information: u32) -> IoStatus {
        let output = (buffer.as_mut_ptr(), length(buffer.len()));
        self.finish(|file, caller| io::query_security(file, information, output, caller))
    }

    /// Queries extended attributes.
    #[track_caller]
    pub fn nt_query_ea_file(&self, buffer: &mut [u8], restart: bool) -> IoStatus {
        let output = (buffer.as_mut_ptr(), length(buffer.len()));
        let flags = if restart { SL_RESTART_SCAN } else { 0 };
        self.finish(|file, caller| io::query_ea(file, flags, output, caller))
    }

    /// Sets extended attributes.
    #[track_caller]
    pub fn nt_set_ea_file(&self, buffer: &[u8]) -> IoStatus {
        let input = (buffer.as_ptr(), length(buffer.len()));
        self.finish(|file, caller| io::set_ea(file, input, caller))
    }

    /// Locks a range of bytes; waits unless `at_once`.
    #[track_caller]
    pub fn nt_lock_file(
        &self,
        offset: u64,
        length: u64,
        at_once: bool,
        exclusive: bool,
    ) -> IoStatus {
        let mut length = LARGE_INTEGER {
            QuadPart: length.cast_signed(),
        };
        let length = &raw mut length;
        let at_once = if at_once { SL_FAIL_IMMEDIATELY } else { 0 };
        let exclusive = if exclusive { SL_EXCLUSIVE_LOCK } else { 0 };
        let flags = at_once | exclusive;
        self.finish(|file, caller| {
            io::lock(
                file,
                IRP_MN_LOCK,
                flags,
                offset.cast_signed(),
                length,
                0,
                caller,
            )
        })
    }

    /// Begins to lock a range of bytes, for which it waits. The buffer is the length.
    #[track_caller]
    pub fn nt_lock_file_overlapped(
        &self,
        offset: u64,
        length: u64,
        exclusive: bool,
    ) -> Pending<i64> {
        let exclusive = if exclusive { SL_EXCLUSIVE_LOCK } else { 0 };
        self.begin(Box::new(length.cast_signed()), |length, file, caller| {
            let length = (&raw mut *length).cast();
            let offset = offset.cast_signed();
            io::lock(file, IRP_MN_LOCK, exclusive, offset, length, 0, caller)
        })
    }

    /// Unlocks a range of bytes.
    #[track_caller]
    pub fn nt_unlock_file(&self, offset: u64, length: u64) -> IoStatus {
        let mut length = LARGE_INTEGER {
            QuadPart: length.cast_signed(),
        };
        let length = &raw mut length;
        self.finish(|file, caller| {
            io::lock(
                file,
                IRP_MN_UNLOCK_SINGLE,
                0,
                offset.cast_signed(),
                length,
                0,
                caller,
            )
        })
    }

    #[track_caller]
    fn control(&self, major: u32, code: u32, input: &[u8], output: &mut [u8]) -> IoStatus {
        let input = (input.as_ptr(), length(input.len()));
        let output = (output.as_mut_ptr(), length(output.len()));
        self.finish(|file, caller| io::control(file, major, code, input, output, caller))
    }

    /// Sends a device control.
    #[track_caller]
    pub fn nt_device_io_control_file(
        &self,
        code: u32,
        input: &[u8],
        output: &mut [u8],
    ) -> IoStatus {
        self.control(IRP_MJ_DEVICE_CONTROL, code, input, output)
    }

    /// Sends a file system control.
    #[track_caller]
    pub fn nt_fs_control_file(&self, code: u32, input: &[u8], output: &mut [u8]) -> IoStatus {
        self.control(IRP_MJ_FILE_SYSTEM_CONTROL, code, input, output)
    }

    /// Begins a file system control; `buffers` are input and output.
    #[track_caller]
    pub fn nt_fs_control_file_overlapped(
        &self,
        code: u32,
        buffers: (Vec<u8>, Vec<u8>),
    ) -> Pending<(Vec<u8>, Vec<u8>)> {
        self.begin(Box::new(buffers), |(input, output), file, caller| {
            let input = (input.as_ptr(), length(input.len()));
            let output = (output.as_mut_ptr(), length(output.len()));
            io::control(
                file,
                IRP_MJ_FILE_SYSTEM_CONTROL,
                code,
                input,
                output,
                caller,
            )
        })
    }

    /// Cancels all requests on this file. Returns how many there were.
    #[track_caller]
    pub fn nt_cancel_io_file(&self) -> usize {
        self.serve(|file, caller| io::cancel_file(file, None, caller.place))
    }

    /// Closes the file, as dropping it does, and tells how that went.
    pub fn nt_close(mut self) -> NTSTATUS {
        self.close()
    }

    /// Closes the handle unless that is done.
    fn close(&mut self) -> NTSTATUS {
        match core::mem::take(&mut self.handle) {
            0 => STATUS_SUCCESS,
            handle => self.serve(|_, caller| ob::close_handle(handle as HANDLE, caller.place)),
        }
    }
}

impl Drop for File {
    fn drop(&mut self) {
        self.close();
    }
}
