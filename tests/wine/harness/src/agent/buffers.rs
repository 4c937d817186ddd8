//! The user's memory of a request, lent to the driver in the way that its device or the control code asks for.

use super::memory::Memory;
use crate::mdl;
use alloc::vec::Vec;
use core::ptr::null_mut;
use wdk_sys::{
    DO_BUFFERED_IO, DO_DIRECT_IO, IO_STACK_LOCATION, IRP, IRP_BUFFERED_IO, IRP_INPUT_OPERATION,
    MDL, MDL_PAGES_LOCKED, METHOD_BUFFERED, METHOD_IN_DIRECT, METHOD_NEITHER, METHOD_OUT_DIRECT,
    NTSTATUS, PMDL, STATUS_INSUFFICIENT_RESOURCES,
};

/// The user's memory of a request.
pub enum Buffers {
    /// None.
    None,
    /// The driver fills it, in the way that the device's flags ask for.
    Output(u32),
    /// The driver reads it, in the way that the device's flags ask for.
    Input(Vec<u8>),
    /// The driver fills a copy (queries).
    BufferedOutput(u32),
    /// The driver reads a copy.
    BufferedInput(Vec<u8>),
    /// A control's, which its code says how to hand over.
    Control {
        /// The code.
        code: u32,
        /// The input.
        input: Vec<u8>,
        /// Room for the output, in bytes.
        output: u32,
    },
}

/// Memory that the driver has.
pub struct Lent {
    /// What it fills or reads through `UserBuffer` or an MDL.
    user: Option<Memory>,
    /// What it fills or reads through `SystemBuffer`.
    system: Option<Memory>,
    /// The one of the two that will hold the answer.
    answer: Answer,
    /// The MDL that the request comes with.
    mdl: PMDL,
}

// SAFETY: the MDL is used by who has the request.
unsafe impl Send for Lent {}

#[derive(Clone, Copy)]
enum Answer {
    None,
    User,
    System,
}

impl Default for Lent {
    /// None.
    fn default() -> Self {
        Self {
            user: None,
            system: None,
            answer: Answer::None,
            mdl: null_mut(),
        }
    }
}

impl Lent {
    /// Allocates the memory and tells the driver of it.
    pub fn lend(
        &mut self,
        packet: &mut IRP,
        location: &mut IO_STACK_LOCATION,
        buffers: Buffers,
        device_flags: u32,
    ) -> Result<(), NTSTATUS> {
        let buffered = device_flags & DO_BUFFERED_IO != 0;
        let direct = device_flags & DO_DIRECT_IO != 0;
        match buffers {
            Buffers::None => {}
            Buffers::BufferedOutput(length) => self.set_system(packet, Vec::new(), length)?,
            Buffers::BufferedInput(input) => self.set_system(packet, input, 0)?,
            Buffers::Output(length) if buffered => self.set_system(packet, Vec::new(), length)?,
            Buffers::Output(length) => {
                self.set_user(packet, Memory::zeroed(length)?, direct)?;
                self.answer = Answer::User;
            }
            Buffers::Input(input) if buffered => self.set_system(packet, input, 0)?,
            Buffers::Input(input) => self.set_user(packet, Memory::from(input), direct)?,
            Buffers::Control {
                code,
                input,
                output,
            } => match code & 3 {
                METHOD_BUFFERED => self.set_system(packet, input, output)?,
                METHOD_IN_DIRECT | METHOD_OUT_DIRECT => {
                    self.set_system(packet, input, 0)?;
                    self.set_user(packet, Memory::zeroed(output)?, true)?;
                    self.answer = Answer::User;
                }
                METHOD_NEITHER => {
                    self.set_user(packet, Memory::zeroed(output)?, false)?;
                    let input = Memory::from(input);
                    location.Parameters.DeviceIoControl.Type3InputBuffer = input.address();
                    // It only has to stay.
                    self.system = Some(input);
                    self.answer = Answer::User;
                }
                _ => {}
            },
        }
        Ok(())
    }

    /// A system buffer with the input, and with room for an answer if there is to be one.
    fn set_system(
        &mut self,
        packet: &mut IRP,
        mut input: Vec<u8>,
        output: u32,
    ) -> Result<(), NTSTATUS> {
        let length = input.len().max(output as usize);
        let more = length - input.len();
        input
            .try_reserve_exact(more)
            .map_err(|_| STATUS_INSUFFICIENT_RESOURCES)?;
        input.resize(length, 0);
        let system = Memory::from(input);
        packet.AssociatedIrp.SystemBuffer = system.address();
        if length > 0 {
            packet.Flags |= IRP_BUFFERED_IO;
        }
        self.system = Some(system);
        if output > 0 {
            packet.Flags |= IRP_INPUT_OPERATION;
            // What a user would have given: the answer is copied there at the end, so no driver may look at it before.
            let user = Memory::zeroed(output)?;
            packet.UserBuffer = user.address();
            self.user = Some(user);
            self.answer = Answer::System;
        }
        Ok(())
    }

    /// The user's memory itself, locked for a direct device.
    fn set_user(&mut self, packet: &mut IRP, user: Memory, direct: bool) -> Result<(), NTSTATUS> {
        packet.UserBuffer = user.address();
        if direct && user.len() > 0 {
            packet.MdlAddress = mdl::describe_locked(user.address(), user.len());
            if packet.MdlAddress.is_null() {
                return Err(STATUS_INSUFFICIENT_RESOURCES);
            }
            self.mdl = packet.MdlAddress;
        }
        self.user = Some(user);
        Ok(())
    }

    /// Takes the MDLs off a completed IRP and frees them, as the I/O manager does: the request's own, and those of what the
    /// driver has locked for it.
    pub fn take_mdls(&mut self, packet: &mut IRP) {
        let mut next = core::mem::replace(&mut packet.MdlAddress, null_mut());
        while !next.is_null() {
            let current = next;
            // SAFETY: the chain of a completed IRP is the I/O manager's.
            let MDL {
                Next: following,
                MdlFlags: flags,
                ..
            } = unsafe { *current };
            next = following;
            if current == self.mdl {
                // SAFETY: made for this request, which is over.
                unsafe { mdl::free_own(current) };
                continue;
            }
            if u32::from(flags.cast_unsigned()) & MDL_PAGES_LOCKED != 0 {
                // SAFETY: as for the chain.
                unsafe { mdl::unlock(current) };
            }
            // SAFETY: the driver has allocated it, and left it to the I/O manager.
            unsafe { mdl::free(current) };
        }
    }

    /// What the driver has answered. None if it says more than there is room for.
    pub fn take_answer(&mut self, status: NTSTATUS, information: u64) -> Option<Vec<u8>> {
        let (user, system) = (self.user.take(), self.system.take());
        // A warning such as STATUS_BUFFER_OVERFLOW has data, an error has none.
        let is_error = status as u32 >> 30 == 3;
        let memory = match self.answer {
            _ if is_error => None,
            Answer::None => None,
            Answer::User => user,
            Answer::System => {
                let room = user.map_or(0, |user| u64::from(user.len()));
                if information > room {
                    return None;
                }
                system
            }
        };
        let Some(memory) = memory else {
            return Some(Vec::new());
        };
        let mut bytes = memory.into_bytes();
        let length = usize::try_from(information).ok()?;
        if length > bytes.len() {
            return None;
        }
        bytes.truncate(length);
        Some(bytes)
    }
}
