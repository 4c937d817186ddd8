//! Processes, threads and the tokens that they run under.

pub(crate) mod logon;
mod process;
mod spawn;
mod thread;
mod token;

pub use logon::{
    SeMarkLogonSessionForTerminationNotification, SeRegisterLogonSessionTerminatedRoutine,
    SeUnregisterLogonSessionTerminatedRoutine,
};
pub use process::{
    IoGetCurrentProcess, IoThreadToProcess, PsGetCurrentProcess, PsGetCurrentProcessId,
    PsGetProcessId, PsInitialSystemProcess,
};
pub(crate) use process::{attach, current_process, new_process, process_of};
pub(crate) use spawn::spawn_host;
pub use thread::{
    IoIsSystemThread, KeGetCurrentThread, KeSetPriorityThread, PsCreateSystemThread,
    PsGetCurrentThread, PsGetCurrentThreadId, PsIsSystemThread, PsTerminateSystemThread,
};
pub(crate) use thread::{current_id, current_thread, running as running_threads};
pub use token::{
    SeCaptureSubjectContext, SeQueryAuthenticationIdToken, SeQuerySessionIdToken,
    SeReleaseSubjectContext, SeTokenIsRestricted,
};
pub(crate) use token::{Token, subject};
