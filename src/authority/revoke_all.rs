//! The revocation of all sessions of a user, of a tenant or of everyone.

use std::sync::Arc;

use super::{
    activity::SessionActivity,
    change_recorder::ChangeRecorder,
    digest::digest,
    loaded_session::{LoadedSessionState, session_state},
    mass_revocation_limiter::MassRevocationLimiter,
    rejected_tokens::TokenOrigin,
    token_parser::TokenParser,
    token_presenter::{Presenter, TokenPresenter},
};
use crate::{
    clock::Clock,
    domain::{
        BearerToken, CallError, Cause, EventId, FieldViolation, InstallationSecret, Owner, PresentedToken, SessionId,
        TenantScope, TokenStanding,
        event::RevocationScope,
        limits::{MAX_REQUEST_ID_BYTES, check_optional_text},
    },
    entropy::{Entropy, random_bytes},
    store::{MassRevocation, SessionStore, UserRevocation},
};

/// A request to revoke all sessions of a scope.
#[derive(Clone, Debug)]
pub struct ScopeRevocationRequest {
    pub scope: RevocationScope,
    /// The session of the user that stays active. Only allowed when the scope is a user.
    pub except: Option<ExemptSession>,
    /// The idempotency key. Empty: a repeat is another revocation.
    pub operation_id: String,
    /// Set if somebody else had signed in. Only allowed when the scope is a user.
    pub is_compromised: bool,
    pub cause: Cause,
}

/// The session that stays active, as the request names it.
#[derive(Clone, Debug)]
pub enum ExemptSession {
    Session(SessionId),
    Token(BearerToken),
}

/// The sessions that the revocation of a user ended. Empty for a tenant and for everyone: their sessions end at once,
/// and are counted one by one later.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScopeRevocationResult {
    pub session_ids: Vec<SessionId>,
}

/// Revokes the sessions of a scope: of a user, of a tenant or of everyone.
pub struct ScopeRevoker {
    pub store: Arc<dyn SessionStore>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub installation: InstallationSecret,
    pub tokens: TokenParser,
    pub activity: Arc<SessionActivity>,
    pub presenter: Arc<TokenPresenter>,
    pub changes: ChangeRecorder,
    pub limiter: MassRevocationLimiter,
}

impl ScopeRevoker {
    /// Signs out a user, a tenant or everyone. From then on, logins of that user that were authenticated before are
    /// refused. The rate is limited for a tenant and for everyone.
    pub async fn revoke_all(&self, request: ScopeRevocationRequest) -> Result<ScopeRevocationResult, CallError> {
        check_optional_text("operation_id", &request.operation_id, MAX_REQUEST_ID_BYTES)?;
        let operation = self.operation_key(&request)?;
        let now = self.clock.now();
        // The event ID depends on the time, too: an operation ID that the store has forgotten is another operation,
        // which the audit must not take for the first one. While the store remembers it, there is no second event.
        let act = format!("{} {}", data_encoding::HEXLOWER.encode(&operation), now.get());
        let event = EventId::from_operation(&request.scope, &act);
        let cause = Cause { operation_id: request.operation_id, ..request.cause };
        match request.scope {
            RevocationScope::User(owner) => {
                let handle = self.installation.user_handle(&owner);
                // An operation that is repeated after a day is carried out again, with another event.
                let event = EventId::from_execution(&RevocationScope::User(owner.clone()), &operation, now);
                let except = match request.except {
                    Some(except) => self.resolve_exempt_session(except, &owner, &cause).await?,
                    None => None,
                };
                let is_compromised = request.is_compromised;
                let revocation = UserRevocation { now, owner, handle, except, operation, is_compromised, event, cause };
                let session_ids = self.store.revoke_all(revocation).await?.session_ids;
                self.changes.record_user_revoked(&session_ids);
                Ok(ScopeRevocationResult { session_ids })
            }
            scope => {
                if let Some(except) = request.except {
                    return Err(except.violation_without_user().into());
                }
                self.limiter.admit(&cause.caller, &scope, self.clock.instant().since_boot)?;
                let revocation = MassRevocation { now, scope, operation, event, cause };
                let revoked = self.store.revoke_mass(revocation).await;
                // A revocation that has not reached every bucket has an event, too.
                self.changes.record_mass_revoked();
                revoked?;
                Ok(ScopeRevocationResult::default())
            }
        }
    }

    /// Derives the key of the operation from everything that defines it, including the caller: the same ID from another
    /// caller is another operation. The key is random if the operation cannot be repeated.
    fn operation_key(&self, request: &ScopeRevocationRequest) -> Result<[u8; 16], CallError> {
        if request.operation_id.is_empty() {
            return Ok(random_bytes(self.entropy.as_ref())?);
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
        // Added only if set, so that an operation of an earlier release keeps its key.
        if request.is_compromised {
            whole.extend(digest(b"compromised"));
        }
        Ok(digest(&whole))
    }

    /// Returns the session that stays active. `None`: the token is not one that opens its session.
    async fn resolve_exempt_session(
        &self,
        except: ExemptSession,
        owner: &Owner,
        cause: &Cause,
    ) -> Result<Option<SessionId>, CallError> {
        let field = except.field();
        let (id, token) = match except {
            ExemptSession::Session(id) => (id, None),
            ExemptSession::Token(token) => {
                let tenants = TenantScope::Only(vec![owner.tenant.as_str().to_owned()]);
                let origin = TokenOrigin { presenter: Presenter::from_cause(cause), tenants: &tenants };
                let token = self.tokens.parse(&token, origin)?;
                let token = token.map_err(|_| FieldViolation::new(field, "is not a token of this authority"))?;
                (token.session_id, Some(token.presented()))
            }
        };
        if id.handle != self.installation.user_handle(owner) {
            return Err(FieldViolation::new(field, "is not a session of this user").into());
        }
        match token {
            Some(token) if !self.opens_session(id, token, cause).await? => Ok(None),
            _ => Ok(Some(id)),
        }
    }

    /// Returns whether the token opens its session. If it was rotated out, the session ends as reused.
    async fn opens_session(&self, id: SessionId, token: PresentedToken, cause: &Cause) -> Result<bool, CallError> {
        let now = self.clock.now();
        let loaded = self.store.load(id).await?;
        let LoadedSessionState::Live(session) = session_state(loaded, &TenantScope::All, &self.activity, now) else {
            return Ok(false);
        };
        let standing = session.record.standing(token, now);
        if standing == TokenStanding::Reused {
            let presenter = Presenter::from_cause(cause);
            self.presenter.present(&session, token, None, presenter, now).await?;
        }
        Ok(matches!(standing, TokenStanding::Current | TokenStanding::Accepted))
    }
}

impl ExemptSession {
    /// Returns the violation of an exempt session in a scope that is not a user.
    pub fn violation_without_user(&self) -> FieldViolation {
        FieldViolation::new(self.field(), "is only allowed when the scope is a user")
    }

    const fn field(&self) -> &'static str {
        match self {
            Self::Session(_) => "except_session_id",
            Self::Token(_) => "except_token",
        }
    }
}
