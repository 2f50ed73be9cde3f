//! A user, a tenant or everyone is to be signed out.

use super::{Authority, create::digest};
use crate::{
    domain::{
        BearerToken, CallError, Cause, EventId, FieldViolation, Owner, SessionId,
        event::RevocationScope,
        limits::{MAX_REQUEST_ID_BYTES, check_optional_text},
    },
    entropy::random_bytes,
    store::{MassRevocation, UserRevocation},
};

/// Whose sessions are to end.
#[derive(Clone, Debug)]
pub struct ScopeRevocationRequest {
    pub scope: RevocationScope,
    /// The session of the user's that stays; only where the scope is a user.
    pub except: Option<ExemptSession>,
    /// Empty: a repeat is another revocation.
    pub operation_id: String,
    /// Whether somebody else had signed in; only where the scope is a user.
    pub is_compromised: bool,
    pub cause: Cause,
}

/// The session that stays, as it was named.
#[derive(Clone, Debug)]
pub enum ExemptSession {
    Session(SessionId),
    Token(BearerToken),
}

/// What a user's revocation ended. Empty for a tenant and for everyone: their sessions are over at once,
/// and counted one by one later.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScopeRevocationResult {
    pub session_ids: Vec<SessionId>,
}

impl Authority {
    /// Signs a user, a tenant or everyone out. Logins of that user that were proven before are refused from
    /// here on. A tenant or everyone only so often.
    pub async fn revoke_all(&self, request: ScopeRevocationRequest) -> Result<ScopeRevocationResult, CallError> {
        check_optional_text("operation_id", &request.operation_id, MAX_REQUEST_ID_BYTES)?;
        let operation = self.operation_key(&request)?;
        let now = self.now();
        // Of when, too: an operation id that the store has forgotten is another act, which the audit must not take for the
        // first one. While the store remembers it there is no second event.
        let act = format!("{} {}", data_encoding::HEXLOWER.encode(&operation), now.get());
        let event = EventId::from_operation(&request.scope, &act);
        let cause = Cause { operation_id: request.operation_id, ..request.cause };
        match request.scope {
            RevocationScope::User(owner) => {
                let handle = self.parts.installation.user_handle(&owner);
                // An operation that is repeated after a day is carried out again, which is another event.
                let event = EventId::from_execution(&RevocationScope::User(owner.clone()), &operation, now);
                let except = request.except.map(|except| self.resolve_exempt_session(except, &owner)).transpose()?;
                let is_compromised = request.is_compromised;
                let revocation = UserRevocation { now, owner, handle, except, operation, is_compromised, event, cause };
                let session_ids = self.store().revoke_all(revocation).await?.session_ids;
                self.note_revoked_all(&session_ids);
                Ok(ScopeRevocationResult { session_ids })
            }
            scope => {
                if let Some(except) = request.except {
                    return Err(except.violation_without_user().into());
                }
                self.mass_revocation_limiter.admit(&cause.caller, &scope, self.parts.clock.instant().since_boot)?;
                let revocation = MassRevocation { now, scope, operation, event, cause };
                let revoked = self.store().revoke_mass(revocation).await;
                // Also of one that has not reached every bucket there is an event.
                self.change_signal.notify_one();
                revoked?;
                Ok(ScopeRevocationResult::default())
            }
        }
    }

    /// Names the operation by everything that makes it what it is, the caller included: the same id of another caller is
    /// another operation. At random where it cannot be repeated.
    fn operation_key(&self, request: &ScopeRevocationRequest) -> Result<[u8; 16], CallError> {
        if request.operation_id.is_empty() {
            return Ok(random_bytes(self.parts.entropy.as_ref())?);
        }
        let except = match &request.except {
            None => Vec::new(),
            Some(ExemptSession::Session(id)) => id.to_bytes().to_vec(),
            Some(ExemptSession::Token(token)) => token.as_str().as_bytes().to_vec(),
        };
        let parts = [
            request.operation_id.as_bytes(),
            &request.scope.to_bytes(),
            &except,
            request.cause.reason.as_bytes(),
            request.cause.actor.as_bytes(),
            request.cause.caller.as_bytes(),
        ];
        let mut whole: Vec<u8> = parts.iter().flat_map(|part| digest(part)).collect();
        // Only where it is stated: an operation of an earlier release keeps its name.
        if request.is_compromised {
            whole.extend(digest(b"compromised"));
        }
        Ok(digest(&whole))
    }

    fn resolve_exempt_session(&self, except: ExemptSession, owner: &Owner) -> Result<SessionId, CallError> {
        let field = except.field();
        let id = match except {
            ExemptSession::Session(id) => id,
            ExemptSession::Token(token) => {
                self.parse_token(&token)?
                    .map_err(|_| FieldViolation::new(field, "is not a token of this authority"))?
                    .session_id
            }
        };
        if id.handle != self.parts.installation.user_handle(owner) {
            return Err(FieldViolation::new(field, "is not a session of this user").into());
        }
        Ok(id)
    }
}

impl ExemptSession {
    /// What is wrong with one where no user is signed out.
    pub fn violation_without_user(&self) -> FieldViolation {
        FieldViolation::new(self.field(), "goes with a user's scope only")
    }

    const fn field(&self) -> &'static str {
        match self {
            Self::Session(_) => "except_session_id",
            Self::Token(_) => "except_token",
        }
    }
}
