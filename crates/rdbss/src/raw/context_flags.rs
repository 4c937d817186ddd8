//! Flags of an `RX_CONTEXT` (`rxcontx.h`).

use super::*;

/// The context was allocated.
pub const RX_CONTEXT_FLAG_FROM_POOL: ULONG = 0x1;
/// The caller may be blocked.
pub const RX_CONTEXT_FLAG_WAIT: ULONG = 0x2;
/// Data must reach the server before the request ends.
pub const RX_CONTEXT_FLAG_WRITE_THROUGH: ULONG = 0x4;
/// Not used.
pub const RX_CONTEXT_FLAG_FLOPPY: ULONG = 0x8;
/// The request came from inside RDBSS.
pub const RX_CONTEXT_FLAG_RECURSIVE_CALL: ULONG = 0x10;
/// No other request of this device is on the thread.
pub const RX_CONTEXT_FLAG_THIS_DEVICE_TOP_LEVEL: ULONG = 0x20;
/// The write has been deferred by the cache manager.
pub const RX_CONTEXT_FLAG_DEFERRED_WRITE: ULONG = 0x40;
/// Not used.
pub const RX_CONTEXT_FLAG_VERIFY_READ: ULONG = 0x80;
/// Not used.
pub const RX_CONTEXT_FLAG_STACK_IO_CONTEZT: ULONG = 0x100;
/// A worker thread runs the request.
pub const RX_CONTEXT_FLAG_IN_FSP: ULONG = 0x200;
/// A mailslot is being made.
pub const RX_CONTEXT_FLAG_CREATE_MAILSLOT: ULONG = 0x400;
/// The name goes to the mailslot file system.
pub const RX_CONTEXT_FLAG_MAILSLOT_REPARSE: ULONG = 0x800;
/// The I/O manager does not wait for the answer.
pub const RX_CONTEXT_FLAG_ASYNC_OPERATION: ULONG = 0x1000;
/// A worker thread must not complete the IRP.
pub const RX_CONTEXT_FLAG_NO_COMPLETE_FROM_FSP: ULONG = 0x2000;
/// Post the request once the object it waits for is ready.
pub const RX_CONTEXT_FLAG_POST_ON_STABLE_CONDITION: ULONG = 0x4000;
/// Waits in the overflow queue of delayed work.
pub const RX_CONTEXT_FLAG_FSP_DELAYED_OVERFLOW_QUEUE: ULONG = 0x8000;
/// Waits in the overflow queue of critical work.
pub const RX_CONTEXT_FLAG_FSP_CRITICAL_OVERFLOW_QUEUE: ULONG = 0x0001_0000;
/// A callback has been called for this request.
pub const RX_CONTEXT_FLAG_MINIRDR_INVOKED: ULONG = 0x0002_0000;
/// Waits for a resource.
pub const RX_CONTEXT_FLAG_WAITING_FOR_RESOURCE: ULONG = 0x0004_0000;
/// The request has been cancelled.
pub const RX_CONTEXT_FLAG_CANCELLED: ULONG = 0x0008_0000;
/// Someone waits for `SyncEvent`.
pub const RX_CONTEXT_FLAG_SYNC_EVENT_WAITERS: ULONG = 0x0010_0000;
/// The caller has prepared the request for posting.
pub const RX_CONTEXT_FLAG_NO_PREPOSTING_NEEDED: ULONG = 0x0020_0000;
/// The request may run on a handle that is cleaned up.
pub const RX_CONTEXT_FLAG_BYPASS_VALIDOP_CHECK: ULONG = 0x0040_0000;
/// A blocked pipe operation goes on.
pub const RX_CONTEXT_FLAG_BLOCKED_PIPE_RESUME: ULONG = 0x0080_0000;
/// Waits for its turn in a queue.
pub const RX_CONTEXT_FLAG_IN_SERIALIZATION_QUEUE: ULONG = 0x0100_0000;
/// An exception does not stop in the debugger.
pub const RX_CONTEXT_FLAG_NO_EXCEPTION_BREAKPOINT: ULONG = 0x0200_0000;
/// The connection has to be made again.
pub const RX_CONTEXT_FLAG_NEEDRECONNECT: ULONG = 0x0400_0000;
/// The request must not fail for want of memory.
pub const RX_CONTEXT_FLAG_MUST_SUCCEED: ULONG = 0x0800_0000;
/// As above, and may not wait for memory.
pub const RX_CONTEXT_FLAG_MUST_SUCCEED_NONBLOCKING: ULONG = 0x1000_0000;
/// The context came from the reserve.
pub const RX_CONTEXT_FLAG_MUST_SUCCEED_ALLOCATED: ULONG = 0x2000_0000;
/// A mini-redirector made this context.
pub const RX_CONTEXT_FLAG_MINIRDR_INITIATED: ULONG = 0x8000_0000;

/// The name is a UNC name.
pub const RX_CONTEXT_CREATE_FLAG_UNC_NAME: USHORT = 0x1;
/// A backslash at the end of the name has been taken off.
pub const RX_CONTEXT_CREATE_FLAG_STRIPPED_TRAILING_BACKSLASH: USHORT = 0x2;
/// A backslash has been added to the name.
pub const RX_CONTEXT_CREATE_FLAG_ADDEDBACKSLASH: USHORT = 0x4;
/// The name has changed; the create ends with STATUS_REPARSE.
pub const RX_CONTEXT_CREATE_FLAG_REPARSE: USHORT = 0x8;
/// The name begins in a special way that the server knows.
pub const RX_CONTEXT_CREATE_FLAG_SPECIAL_PATH: USHORT = 0x10;

/// The operation is on a pipe.
pub const RXCONTEXT_FLAG4LOWIO_PIPE_OPERATION: ULONG = 0x1;
/// ... and waits its turn.
pub const RXCONTEXT_FLAG4LOWIO_PIPE_SYNC_OPERATION: ULONG = 0x2;
/// The read is for the cache.
pub const RXCONTEXT_FLAG4LOWIO_READAHEAD: ULONG = 0x4;
/// The read has been made larger than asked for.
pub const RXCONTEXT_FLAG4LOWIO_THIS_READ_ENLARGED: ULONG = 0x8;
/// The data goes through a buffer of RDBSS.
pub const RXCONTEXT_FLAG4LOWIO_THIS_IO_BUFFERED: ULONG = 0x10;
/// The lock operation holds the FCB.
pub const RXCONTEXT_FLAG4LOWIO_LOCK_FCB_RESOURCE_HELD: ULONG = 0x20;
/// The lock waited in the lock package.
pub const RXCONTEXT_FLAG4LOWIO_LOCK_WAS_QUEUED_IN_LOCKMANAGER: ULONG = 0x40;
/// The request came by fast I/O.
pub const RXCONTEXT_FLAG4LOWIO_THIS_IO_FAST: ULONG = 0x80;
/// The lock operation is over.
pub const RXCONTEXT_FLAG4LOWIO_LOCK_OPERATION_COMPLETED: ULONG = 0x100;
/// Locks were buffered when the operation began.
pub const RXCONTEXT_FLAG4LOWIO_LOCK_BUFFERED_ON_ENTRY: ULONG = 0x200;

/// What survives when a context is used again.
pub const RX_CONTEXT_PRESERVED_FLAGS: ULONG = 0x2000_0201;
/// What the maker of a context may ask for.
pub const RX_CONTEXT_INITIALIZATION_FLAGS: ULONG = 0x1800_0002;
