//! The answer to an alert: it was the user, or it was not.

use std::sync::Arc;

use super::{
    alert_recorder::AlertRecorder, audit_condition::AuditCondition, change_recorder::ChangeRecorder,
    revoke::visible_tenants, sign_in::remembered_location,
};
use crate::{
    audit::AlertArchive,
    clock::Clock,
    detection::{DetectionSettings, acknowledgement_alert},
    domain::{
        Alert, CallError, Cause, EventId, InstallationSecret, LoginHistory, Owner, SessionId, TenantId, TenantScope,
        UnixMillis, UserHandle, UserId,
        alert::{AcknowledgedAlert, AlertId, AlertVerdict},
        device::device_tag,
        event::RevocationScope,
        history::{CompromisedSession, UnconfirmedLogin, Visit, device_tag_prefix},
    },
    geo::NetworkLists,
    store::{AccessGuard, AlertAnswer, AlertStream, AnswerOutcome, HistoryUpdate, MissingAlert, SessionStore},
};

/// The number of attempts while sign-ins of the user change the login history.
const ATTEMPTS: usize = 4;

/// A request to answer an alert.
#[derive(Clone, Debug)]
pub struct AcknowledgementRequest {
    pub alert: AlertId,
    pub verdict: AlertVerdict,
    /// The alert must be of this tenant.
    pub tenant: Option<TenantId>,
    /// The alert must be about this user.
    pub user: Option<UserId>,
    /// The tenants that the caller may reach. An alert of another tenant does not exist for it.
    pub tenants: TenantScope,
    /// Set if a user answers by a link. The alert must be about this user, who is then the actor.
    pub link_user: Option<UserHandle>,
    pub cause: Cause,
}

/// The result of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AcknowledgementResult {
    /// The sessions that the answer ended, now or when it was first given.
    pub session_ids: Vec<SessionId>,
    /// True if the same answer was given before.
    pub is_repeat: bool,
}

/// Records the answers to alerts, and carries them out.
pub struct AlertAcknowledger {
    pub store: Arc<dyn SessionStore>,
    pub stream: Arc<dyn AlertStream>,
    pub archive: Arc<dyn AlertArchive>,
    pub audit_condition: Arc<AuditCondition>,
    pub clock: Arc<dyn Clock>,
    pub installation: InstallationSecret,
    pub settings: DetectionSettings,
    pub networks: Arc<NetworkLists>,
    pub changes: ChangeRecorder,
    pub alerts: AlertRecorder,
}

impl AlertAcknowledger {
    /// Records an answer. If it was the user, the location and the device of the sign-in become known. If it was not,
    /// the session of the alert ends, or all sessions of the user, and what the sign-in introduced is forgotten. Either
    /// way the alert is raised again with the answer.
    pub async fn acknowledge(&self, request: AcknowledgementRequest) -> Result<AcknowledgementResult, CallError> {
        let AcknowledgementRequest { verdict, mut cause, .. } = request;
        let alert = self.find(request.alert).await?.ok_or(CallError::AlertNotFound)?;
        let guard = AccessGuard {
            tenants: visible_tenants(request.tenant, &request.tenants),
            user: request.user,
            ..AccessGuard::default()
        };
        let owner = alert.user.clone().map(|user| Owner { tenant: alert.tenant.clone(), user });
        let Some(owner) = owner else {
            let is_visible = guard.user.is_none() && guard.admits_tenant(&alert.tenant);
            return Err(if is_visible { CallError::AlertWithoutUser } else { CallError::AlertNotFound });
        };
        if !guard.admits(&owner) {
            return Err(CallError::AlertNotFound);
        }
        if let Some(user) = request.link_user {
            if user != self.installation.user_handle(&owner) {
                return Err(CallError::AlertNotFound);
            }
            owner.user.as_str().clone_into(&mut cause.actor);
        }
        // An alert that says how another one was answered stands for that one.
        let answered = alert.acknowledgement.as_ref().map_or(alert.id, |known| known.alert);
        for _ in 0..ATTEMPTS {
            let now = self.clock.now();
            let acknowledged = AcknowledgedAlert { alert: answered, verdict };
            let answer = self.answer(&alert, acknowledged, &owner, &cause, now).await?;
            let outcome = self.store.answer_alert(answer).await?;
            match outcome {
                AnswerOutcome::Recorded { ended, alerts } => {
                    self.changes.record_ended(&ended);
                    self.alerts.record_answer(self.installation.user_handle(&owner).bucket(), verdict, &alerts);
                    let session_ids = ended.into_iter().map(|ended| ended.session_id).collect();
                    return Ok(AcknowledgementResult { session_ids, is_repeat: false });
                }
                AnswerOutcome::Repeated { session_ids } => {
                    return Ok(AcknowledgementResult { session_ids, is_repeat: true });
                }
                AnswerOutcome::Conflicting(known) => {
                    return Err(CallError::AlertAlreadyAnswered { was_me: known == AlertVerdict::WasMe });
                }
                AnswerOutcome::HistoryConflict => self.changes.observer.history_conflict(),
            }
        }
        Err(CallError::StoreUnavailable("the login history changed at every attempt to answer the alert".into()))
    }

    /// Returns an alert of the stream or the archive.
    async fn find(&self, id: AlertId) -> Result<Option<Alert>, CallError> {
        let mut found = self.stream.find(id).await?;
        if found.is_none() {
            self.audit_condition.verify_readable()?;
            found = self.archive.find(id).await?;
        }
        match found.map(|streamed| streamed.alert) {
            Some(Ok(alert)) => Ok(Some(alert)),
            None | Some(Err(MissingAlert::Forgotten)) => Ok(None),
            Some(Err(MissingAlert::Unreadable(error))) => Err(CallError::Internal(error.into())),
        }
    }

    /// Derives the step from the current state of the user.
    async fn answer(
        &self,
        alert: &Alert,
        acknowledged: AcknowledgedAlert,
        owner: &Owner,
        cause: &Cause,
        now: UnixMillis,
    ) -> Result<AlertAnswer, CallError> {
        let handle = self.installation.user_handle(owner);
        let known = self.store.load_user_state(owner, handle, now).await?;
        let keep_for = self.settings.history_retention;
        let history = known.history.kept_for(keep_for, now);
        let history = self.learn(history, alert, acknowledged.verdict, now);
        let first = Alert { id: acknowledged.alert, ..alert.clone() };
        let event = EventId::from_acknowledgement(acknowledged);
        let scope = RevocationScope::User(owner.clone());
        Ok(AlertAnswer {
            now,
            owner: owner.clone(),
            handle,
            acknowledged,
            session: alert.session,
            history: HistoryUpdate { history, expected_version: Some(known.version), keep_for },
            alert: acknowledgement_alert(first, acknowledged.verdict, &cause.actor, now),
            revocation: EventId::from_operation(&scope, &event.to_string()),
            cause: cause.clone(),
        })
    }

    /// Returns what the answer says about the user. Only alerts about a sign-in say something about its place.
    fn learn(&self, history: LoginHistory, alert: &Alert, verdict: AlertVerdict, now: UnixMillis) -> LoginHistory {
        let session = alert.session.filter(|_| alert.is_about_sign_in());
        let history = match (session, verdict) {
            (Some(session), AlertVerdict::WasMe) => {
                return history.with_acknowledged(&self.login(alert, session), now);
            }
            (Some(session), AlertVerdict::WasNotMe { .. }) => {
                let device = device_tag(&alert.device_id);
                history.without_compromised(&CompromisedSession::new(session, alert.current.at, device))
            }
            (None, _) => history,
        };
        if verdict == (AlertVerdict::WasNotMe { ends_all: true }) { history.without_unconfirmed() } else { history }
    }

    fn login(&self, alert: &Alert, session: SessionId) -> UnconfirmedLogin {
        let location = &alert.current.location;
        let class = self.settings.network_class(&self.networks.directory(), location);
        UnconfirmedLogin {
            session: session.unique,
            device: device_tag_prefix(device_tag(&alert.device_id)),
            visit: Visit::new(alert.current.at, &remembered_location(location, class)),
        }
    }
}
