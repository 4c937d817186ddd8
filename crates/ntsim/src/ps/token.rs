//! Tokens: as much of a security context as a redirector asks about.

use super::process;
use crate::sys::*;

/// Who a process runs as.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    /// Logon session.
    pub(crate) logon: LUID,
    /// Terminal session.
    pub(crate) session: u32,
    /// A restricted token, which redirectors refuse.
    pub(crate) restricted: bool,
}

/// The logon session of the system.
pub(super) const SYSTEM_LOGON: LUID = LUID {
    LowPart: 0x3e7,
    HighPart: 0,
};

fn token<'a>(token: PACCESS_TOKEN) -> Option<&'a Token> {
    // SAFETY: the caller gives a token of a live process, which is where tokens come from.
    unsafe { token.cast::<Token>().as_ref() }
}

/// The subject of an access by the present thread.
pub(crate) fn subject() -> SECURITY_SUBJECT_CONTEXT {
    let process = process::current();
    SECURITY_SUBJECT_CONTEXT {
        PrimaryToken: (&raw const process.token).cast_mut().cast(),
        ProcessAuditId: process.id as PVOID,
        ..Default::default()
    }
}

/// The logon session of a token.
pub unsafe fn SeQueryAuthenticationIdToken(
    Token: PACCESS_TOKEN,
    AuthenticationId: PLUID,
) -> NTSTATUS {
    let Some(token) = token(Token) else {
        return STATUS_INVALID_PARAMETER;
    };
    // SAFETY: the caller gives room for the answer.
    unsafe { AuthenticationId.write(token.logon) };
    STATUS_SUCCESS
}

/// The terminal session of a token.
pub unsafe fn SeQuerySessionIdToken(Token: PACCESS_TOKEN, SessionId: PULONG) -> NTSTATUS {
    let Some(token) = token(Token) else {
        return STATUS_INVALID_PARAMETER;
    };
    // SAFETY: the caller gives room for the answer.
    unsafe { SessionId.write(token.session) };
    STATUS_SUCCESS
}

/// Whether a token is restricted.
pub unsafe fn SeTokenIsRestricted(Token: PACCESS_TOKEN) -> BOOLEAN {
    BOOLEAN::from(token(Token).is_some_and(|token| token.restricted))
}

/// The security context of the present thread.
pub unsafe fn SeCaptureSubjectContext(SubjectContext: PSECURITY_SUBJECT_CONTEXT) {
    // SAFETY: the caller gives room for the answer.
    unsafe { SubjectContext.write(subject()) };
}

/// Undoes [`SeCaptureSubjectContext`].
pub unsafe fn SeReleaseSubjectContext(SubjectContext: PSECURITY_SUBJECT_CONTEXT) {
    // SAFETY: the caller gives the captured context.
    unsafe { SubjectContext.write(SECURITY_SUBJECT_CONTEXT::default()) };
}
