//! Access tokens, of which Wine's kernel knows nothing: here a token says who somebody is, and the agent gives each
//! injected create one.

use crate::agent;
use crate::irql;
use wdk_sys::{
    LUID, NTSTATUS, PACCESS_TOKEN, PLUID, PSECURITY_SUBJECT_CONTEXT, PULONG,
    SECURITY_SUBJECT_CONTEXT, STATUS_INVALID_PARAMETER, STATUS_SUCCESS,
};

/// What a PACCESS_TOKEN of the harness's points to.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Token {
    /// Logon session.
    pub logon: LUID,
    /// Terminal session.
    pub session: u32,
}

fn token<'a>(token: PACCESS_TOKEN) -> Option<&'a Token> {
    // SAFETY: tokens only come from the agent, which keeps them while a request that bears them is in flight.
    unsafe { token.cast::<Token>().as_ref() }
}

/// `SeQueryAuthenticationIdToken`.
pub unsafe extern "C" fn query_authentication_id(of: PACCESS_TOKEN, logon: PLUID) -> NTSTATUS {
    irql::at_most(irql::PASSIVE, "SeQueryAuthenticationIdToken");
    let Some(token) = token(of) else {
        return STATUS_INVALID_PARAMETER;
    };
    // SAFETY: the driver gives room for the answer.
    unsafe { logon.write(token.logon) };
    STATUS_SUCCESS
}

/// `SeQuerySessionIdToken`.
pub unsafe extern "C" fn query_session_id(of: PACCESS_TOKEN, session: PULONG) -> NTSTATUS {
    irql::at_most(irql::PASSIVE, "SeQuerySessionIdToken");
    let Some(token) = token(of) else {
        return STATUS_INVALID_PARAMETER;
    };
    // SAFETY: the driver gives room for the answer.
    unsafe { session.write(token.session) };
    STATUS_SUCCESS
}

/// `SeCaptureSubjectContext`: whoever the agent says that the thread acts for.
pub unsafe extern "C" fn capture_subject(context: PSECURITY_SUBJECT_CONTEXT) {
    irql::at_most(irql::PASSIVE, "SeCaptureSubjectContext");
    let token: *const Token = agent::current_token();
    let captured = SECURITY_SUBJECT_CONTEXT {
        PrimaryToken: token.cast_mut().cast(),
        ..SECURITY_SUBJECT_CONTEXT::default()
    };
    // SAFETY: the driver gives room for the answer.
    unsafe { context.write(captured) };
}

/// `SeReleaseSubjectContext`. Tokens of the agent's stay.
pub unsafe extern "C" fn release_subject(_context: PSECURITY_SUBJECT_CONTEXT) {
    irql::at_most(irql::PASSIVE, "SeReleaseSubjectContext");
}
