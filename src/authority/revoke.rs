//! The revocation of sessions by ID, token or device.

use std::sync::Arc;

use super::{
    activity::SessionActivity,
    change_recorder::ChangeRecorder,
    loaded_session::{LoadedSessionState, session_state},
    permissions::reachable_tenants,
    rejected_tokens::TokenOrigin,
    token_parser::TokenParser,
    token_presenter::{Presenter, TokenPresenter},
};
use crate::{
    clock::Clock,
    domain::{
        BearerToken, CallError, Cause, EndReason, InstallationSecret, Owner, PresentedToken, SessionId, TenantId,
        TenantScope, TokenStanding, UserId, device::device_tag,
    },
    store::{AccessGuard, PresentationOutcome, RevocationTarget, SessionRevocation, SessionStore},
};

/// The number of attempts while other calls rotate the token.
const ATTEMPTS: usize = 4;

/// The selection of the sessions to revoke.
#[derive(Clone, Debug)]
pub enum SessionSelector {
    Session(SessionId),
    /// The session of a token. A text that is not a token of this authority selects no session.
    Token(BearerToken),
    /// The sessions of a user on one device.
    Device {
        owner: Owner,
        device_id: String,
    },
}

/// A request to revoke sessions.
#[derive(Clone, Debug)]
pub struct RevocationRequest {
    pub target: SessionSelector,
    /// The session must be of this tenant.
    pub tenant: Option<TenantId>,
    /// The session must be of this user.
    pub user: Option<UserId>,
    /// The tenants that the caller may reach. A session of another tenant does not exist for it.
    pub tenants: TenantScope,
    /// Set if the user signs out, as opposed to a revocation by somebody else.
    pub is_sign_out: bool,
    /// Set if somebody else had signed in, so that detection learns nothing from these sessions.
    pub is_compromised: bool,
    pub cause: Cause,
}

/// Revokes single sessions, and the sessions on one device.
pub struct SessionRevoker {
    pub store: Arc<dyn SessionStore>,
    pub clock: Arc<dyn Clock>,
    pub installation: InstallationSecret,
    pub tokens: TokenParser,
    pub activity: Arc<SessionActivity>,
    pub presenter: Arc<TokenPresenter>,
    pub changes: ChangeRecorder,
}

impl SessionRevoker {
    /// Ends the selected sessions and returns their IDs. The list is empty if no session matched.
    pub async fn revoke(&self, request: RevocationRequest) -> Result<Vec<SessionId>, CallError> {
        let mut presented = None;
        let origin = TokenOrigin { presenter: Presenter::from_cause(&request.cause), tenants: &request.tenants };
        let mut guard = AccessGuard {
            tenants: visible_tenants(request.tenant, &request.tenants),
            user: request.user,
            secret: None,
        };
        let target = match request.target {
            SessionSelector::Session(id) => RevocationTarget::Session(id),
            SessionSelector::Token(token) => match self.tokens.parse(&token, origin)? {
                Ok(token) => {
                    guard.secret = Some(token.secret.hash());
                    presented = Some((token.session_id, token.presented()));
                    RevocationTarget::Session(token.session_id)
                }
                Err(_) => return Ok(Vec::new()),
            },
            SessionSelector::Device { owner, device_id } => RevocationTarget::Device {
                handle: self.installation.user_handle(&owner),
                device: device_tag(&device_id),
            },
        };
        let reason = if request.is_sign_out { EndReason::SignedOut } else { EndReason::Revoked };
        let RevocationRequest { is_compromised, cause, .. } = request;
        let revocation = SessionRevocation { now: self.clock.now(), target, guard, is_compromised, reason, cause };
        let ended = self.store.revoke(revocation.clone()).await?;
        self.changes.record_ended(&ended);
        if let (true, Some((id, token))) = (ended.is_empty(), presented) {
            return self.revoke_by_former_token(id, token, revocation).await;
        }
        Ok(ended.into_iter().map(|ended| ended.session_id).collect())
    }

    /// Ends the session of a token that is not, or no longer, its current one. The previous token revokes the session,
    /// too: its holder signs out while a rotation is on its way. A token that was rotated out ends it as reused.
    async fn revoke_by_former_token(
        &self,
        id: SessionId,
        token: PresentedToken,
        mut revocation: SessionRevocation,
    ) -> Result<Vec<SessionId>, CallError> {
        for _ in 0..ATTEMPTS {
            let now = self.clock.now();
            let loaded = self.store.load(id).await?;
            let LoadedSessionState::Live(session) = session_state(loaded, &TenantScope::All, &self.activity, now)
            else {
                return Ok(Vec::new());
            };
            if !revocation.guard.admits(&session.owner) {
                return Ok(Vec::new());
            }
            match session.record.standing(token, now) {
                TokenStanding::Unknown => return Ok(Vec::new()),
                TokenStanding::Reused => {
                    let presenter = Presenter::from_cause(&revocation.cause);
                    let outcome = self.presenter.present(&session, token, None, presenter, now).await?;
                    if matches!(outcome, PresentationOutcome::Reused(Some(_))) {
                        return Ok(vec![id]);
                    }
                }
                TokenStanding::Current | TokenStanding::Accepted | TokenStanding::Superseded => {
                    revocation.guard.secret = Some(session.record.secret);
                    let ended = self.store.revoke(revocation.clone()).await?;
                    self.changes.record_ended(&ended);
                    if !ended.is_empty() {
                        return Ok(vec![id]);
                    }
                }
            }
        }
        Err(CallError::StoreUnavailable("the token was rotated at every attempt to revoke its session".into()))
    }
}

/// Returns the tenants whose sessions exist for this call.
pub(super) fn visible_tenants(named: Option<TenantId>, scope: &TenantScope) -> Option<Vec<TenantId>> {
    match (named, scope) {
        (Some(tenant), scope) => Some(if scope.allows(tenant.as_str()) { vec![tenant] } else { Vec::new() }),
        (None, scope) => reachable_tenants(scope),
    }
}
