//! The revocation of sessions by ID, token or device.

use std::sync::Arc;

use super::{change_recorder::ChangeRecorder, permissions::reachable_tenants, token_parser::TokenParser};
use crate::{
    clock::Clock,
    domain::{
        BearerToken, CallError, Cause, EndReason, InstallationSecret, Owner, SessionId, TenantId, TenantScope, UserId,
        device::device_tag,
    },
    store::{AccessGuard, RevocationTarget, SessionRevocation, SessionStore},
};

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
    pub changes: ChangeRecorder,
}

impl SessionRevoker {
    /// Ends the selected sessions and returns their IDs. The list is empty if no session matched.
    pub async fn revoke(&self, request: RevocationRequest) -> Result<Vec<SessionId>, CallError> {
        let mut guard = AccessGuard {
            tenants: visible_tenants(request.tenant, &request.tenants),
            user: request.user,
            secret: None,
        };
        let target = match request.target {
            SessionSelector::Session(id) => RevocationTarget::Session(id),
            SessionSelector::Token(token) => match self.tokens.parse(&token)? {
                Ok(token) => {
                    guard.secret = Some(token.secret.hash());
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
        let ended = self.store.revoke(revocation).await?;
        self.changes.record_ended(&ended);
        Ok(ended.into_iter().map(|ended| ended.session_id).collect())
    }
}

/// Returns the tenants whose sessions exist for this call.
fn visible_tenants(named: Option<TenantId>, scope: &TenantScope) -> Option<Vec<TenantId>> {
    match (named, scope) {
        (Some(tenant), scope) => Some(if scope.allows(tenant.as_str()) { vec![tenant] } else { Vec::new() }),
        (None, scope) => reachable_tenants(scope),
    }
}
