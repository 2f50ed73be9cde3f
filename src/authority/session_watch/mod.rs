//! Watching sessions for other clients than before. Validations only notice that the client has changed; everything
//! else happens here, after the response.

mod observed_clients;
mod recent_clients;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use self::recent_clients::RecentClients;
use super::{
    activity::SessionActivity,
    alert_recorder::AlertRecorder,
    client_describer::ClientDescriber,
    loaded_session::{LoadedSessionState, session_state},
    observer::AuthorityObserver,
    responder::FindingResponder,
};
use crate::{
    clock::Clock,
    detection::{DetectionSettings, RuleResponse, SessionFinding, SessionUseContext, assess_session_use},
    domain::{
        CallError, LastSeenClient, Session, TenantScope, UnixMillis,
        alert::{AlertAction, ClientObservation},
    },
    geo::NetworkLists,
    store::{FailureStore, SessionStore, UserFindings},
};

pub(super) use self::observed_clients::ObservedClient;
pub use self::observed_clients::ObservedClients;

/// Compares the clients of sessions with those before, raises alerts and responds to them.
pub struct SessionWatcher {
    observed: Arc<ObservedClients>,
    parts: SessionWatcherParts,
    recent: Mutex<RecentClients>,
}

/// The parts that a [`SessionWatcher`] needs.
pub struct SessionWatcherParts {
    pub store: Arc<dyn SessionStore>,
    pub failures: Arc<dyn FailureStore>,
    pub clients: ClientDescriber,
    pub networks: Arc<NetworkLists>,
    pub settings: DetectionSettings,
    pub activity: Arc<SessionActivity>,
    pub alerts: AlertRecorder,
    pub responder: FindingResponder,
    pub clock: Arc<dyn Clock>,
    pub observer: Arc<dyn AuthorityObserver>,
}

impl SessionWatcher {
    #[must_use]
    pub fn new(observed: Arc<ObservedClients>, parts: SessionWatcherParts) -> Self {
        Self { observed, parts, recent: Mutex::new(RecentClients::new()) }
    }

    /// Waits until there are clients to compare.
    pub async fn wait_until_observed(&self) {
        self.observed.arrived().await;
    }

    /// Compares all clients that wait. Returns their number. A client that cannot be compared is logged and left out;
    /// the next one of its session is compared again.
    pub async fn compare_observed(&self) -> usize {
        let observed = self.observed.take();
        let count = observed.len();
        for client in observed {
            let session = client.session_id;
            if let Err(error) = self.compare(client).await {
                self.parts.observer.evaluation_failed();
                tracing::warn!(%error, %session, "failed to compare the client of a session with the one before");
            }
        }
        count
    }

    async fn compare(&self, observed: ObservedClient) -> Result<(), CallError> {
        let (id, tag, now) = (observed.session_id, observed.tag, self.parts.clock.now());
        if !observed.is_rejected && self.recent().note_repeat(id, tag, observed.at) {
            return Ok(());
        }
        let loaded = self.parts.store.load(id).await?;
        let LoadedSessionState::Live(mut session) = session_state(loaded, &TenantScope::All, &self.parts.activity, now)
        else {
            self.recent().forget(id);
            return Ok(());
        };
        let seen = self.describe(&session, &observed).await;
        let current = ClientObservation::from_last_seen(&seen);
        let findings = {
            let mut recent = self.recent();
            let memory = recent.session(id, || previous_client(&session), observed.previous_use);
            let previous = memory.clients.last().map(|recent| recent.client.clone()).unwrap_or_default();
            let assessment = assess_session_use(&SessionUseContext {
                now,
                session: &session,
                current: &current,
                previous: &previous,
                recent: &memory.clients,
                is_rejected: observed.is_rejected,
                settings: &self.parts.settings,
                networks: &self.parts.networks.directory(),
            });
            for (rule, reason) in assessment.not_evaluated {
                self.parts.observer.not_evaluated(rule, reason);
            }
            if !observed.is_rejected {
                memory.add(current, tag);
            }
            assessment.findings
        };
        if !observed.is_rejected {
            self.parts.activity.note_last_seen(id, seen);
        }
        if findings.is_empty() { Ok(()) } else { self.respond(&mut session, findings, now).await }
    }

    /// Responds to the findings, and raises those alerts that are no repeats on any node. One response is enough: the
    /// strongest.
    async fn respond(
        &self,
        session: &mut Session,
        mut findings: Vec<SessionFinding>,
        now: UnixMillis,
    ) -> Result<(), CallError> {
        let settings = &self.parts.settings;
        let response_of = |found: &SessionFinding| settings.responses.get(found.rule.into());
        let strongest = findings.iter().max_by_key(|found| response_of(found));
        if let Some(found) = strongest.filter(|found| !settings.audit_only && response_of(found) > RuleResponse::Alert)
        {
            let (rule, response) = (found.rule, response_of(found));
            let action = self.parts.responder.respond(session, response, rule.name(), now).await?;
            for found in findings.iter_mut().filter(|found| found.rule == rule && action > AlertAction::None) {
                found.finding.alert.action_taken = action;
            }
        }
        let (owner, handle) = (session.owner.clone(), session.id.handle);
        let findings = findings.into_iter().map(|found| found.finding).collect();
        let alerts = self.parts.failures.raise_user_findings(UserFindings { now, owner, handle, findings }).await?;
        self.parts.alerts.record(handle.bucket(), &alerts);
        Ok(())
    }

    /// Returns the client of a request. What the request does not state is taken from the client before.
    async fn describe(&self, session: &Session, observed: &ObservedClient) -> LastSeenClient {
        let ObservedClient { client, at, .. } = observed;
        let before = session.record.last_seen.as_deref();
        let location = match client.ip {
            Some(_) => self.parts.clients.locate(client),
            None => before.map_or_else(|| session.record.location.clone(), |seen| seen.location.clone()),
        };
        let is_described = !client.user_agent.is_empty() || !client.device_id.is_empty();
        let device = if is_described {
            self.parts.clients.describe_device(&session.owner, client).await
        } else {
            before.map_or_else(|| session.record.device.clone(), |seen| seen.device.clone())
        };
        LastSeenClient { at: *at, location, device }
    }

    fn recent(&self) -> MutexGuard<'_, RecentClients> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the client that was seen last, or the one that signed in.
fn previous_client(session: &Session) -> ClientObservation {
    let seen = session.record.last_seen.as_deref().map(ClientObservation::from_last_seen);
    seen.unwrap_or_else(|| ClientObservation::from_login(&session.record))
}
