//! Responses to findings: actions on the session.

use std::sync::Arc;

use super::{
    activity::SessionActivity,
    change_recorder::ChangeRecorder,
    loaded_session::{LoadedSessionState, session_state},
};
use crate::{
    detection::RuleResponse,
    domain::{
        CallError, Cause, EndReason, EventId, Session, SessionId, TenantScope, UnixMillis, alert::AlertAction,
        event::RevocationScope,
    },
    entropy::{Entropy, random_bytes},
    store::{
        AccessGuard, RevocationTarget, SessionRevocation, SessionStore, SessionUpdate, UpdateOutcome, UserRevocation,
    },
};

/// The number of attempts while other calls change the session.
const ATTEMPTS: usize = 4;

/// Carries out the responses to findings.
pub struct FindingResponder {
    pub store: Arc<dyn SessionStore>,
    pub activity: Arc<SessionActivity>,
    pub changes: ChangeRecorder,
    pub entropy: Arc<dyn Entropy>,
}

impl FindingResponder {
    /// Carries out a response that `rule` demands. Returns the action taken: none if the session has ended. A session that
    /// continues has its new revision then.
    pub(super) async fn respond(
        &self,
        session: &mut Session,
        response: RuleResponse,
        rule: &str,
        now: UnixMillis,
    ) -> Result<AlertAction, CallError> {
        let cause = Cause::from_service(rule);
        let is_done = match response {
            RuleResponse::Alert => false,
            RuleResponse::StepUp => self.demand_step_up(session, cause, now).await?,
            RuleResponse::RevokeSession => self.revoke_session(session.id, cause, now).await?,
            RuleResponse::RevokeUser => self.revoke_user(session, cause, now).await?,
        };
        Ok(if is_done { response.action() } else { AlertAction::None })
    }

    /// Lets validations reject the session until its user has authenticated again.
    async fn demand_step_up(&self, target: &mut Session, mut cause: Cause, now: UnixMillis) -> Result<bool, CallError> {
        cause.changed_fields.push("step_up_at".to_owned());
        for _ in 0..ATTEMPTS {
            let loaded = self.store.load(target.id).await?;
            let LoadedSessionState::Live(mut session) = session_state(loaded, &TenantScope::All, &self.activity, now)
            else {
                return Ok(false);
            };
            let expected_revision = session.record.revision;
            session.record.step_up_at = Some(now);
            session.record.revision = expected_revision.saturating_add(1);
            let (new_token, cause, revision) = (None, cause.clone(), session.record.revision);
            let update = SessionUpdate { now, session: *session, expected_revision, new_token, cause };
            match self.store.update(update).await? {
                UpdateOutcome::Updated => {
                    target.record.revision = revision;
                    target.record.step_up_at = Some(now);
                    self.changes.record_updated();
                    return Ok(true);
                }
                UpdateOutcome::NotFound => return Ok(false),
                UpdateOutcome::Conflict { .. } => {}
            }
        }
        Err(CallError::StoreUnavailable("the session changed at every attempt to demand a step-up".into()))
    }

    async fn revoke_session(&self, id: SessionId, cause: Cause, now: UnixMillis) -> Result<bool, CallError> {
        let ended = self
            .store
            .revoke(SessionRevocation {
                now,
                target: RevocationTarget::Session(id),
                guard: AccessGuard::default(),
                is_compromised: true,
                reason: EndReason::Revoked,
                cause,
            })
            .await?;
        self.changes.record_ended(&ended);
        Ok(!ended.is_empty())
    }

    async fn revoke_user(&self, session: &Session, cause: Cause, now: UnixMillis) -> Result<bool, CallError> {
        let operation = random_bytes(self.entropy.as_ref())?;
        let owner = session.owner.clone();
        let event = EventId::from_execution(&RevocationScope::User(owner.clone()), &operation, now);
        let (handle, except, is_compromised) = (session.id.handle, None, true);
        let revocation = UserRevocation { now, owner, handle, except, operation, is_compromised, event, cause };
        let revoked = self.store.revoke_all(revocation).await?.session_ids;
        self.changes.record_user_revoked(&revoked);
        Ok(!revoked.is_empty())
    }
}
