//! The evaluation of a login before its session is created.

use std::sync::Arc;

use futures_util::future::join;

use super::{
    alert_recorder::AlertRecorder,
    failure_lookup::FailureLookup,
    newcomer_counter::NewcomerCounter,
    observer::AuthorityObserver,
    responder::FindingResponder,
    user_locks::{QueueFull, UserLocks},
};
use crate::{
    detection::{AlertRule, DetectionSettings, LoginContext, LoginFailures, RuleResponse, assess_login},
    domain::{CallError, Location, NetworkClass, Session, failures::FailureSubject},
    geo::NetworkLists,
    store::{
        CreateOutcome, Finding, FindingTrigger, HistoryUpdate, SessionCreation, SessionStore, SignInLookup,
        SignInState, StoreError, UserState,
    },
};

/// The number of attempts to create a session while other logins of the user change the login history.
const ATTEMPTS: u32 = 3;

/// Evaluates logins by the rules of detection, and creates their sessions.
pub struct SignInEvaluator {
    store: Arc<dyn SessionStore>,
    settings: DetectionSettings,
    observer: Arc<dyn AuthorityObserver>,
    alerts: AlertRecorder,
    networks: Arc<NetworkLists>,
    failures: FailureLookup,
    responder: FindingResponder,
    user_locks: UserLocks,
}

impl SignInEvaluator {
    /// Creates an evaluator.
    #[must_use]
    pub fn new(
        store: Arc<dyn SessionStore>,
        settings: DetectionSettings,
        observer: Arc<dyn AuthorityObserver>,
        alerts: AlertRecorder,
        networks: Arc<NetworkLists>,
        failures: FailureLookup,
        responder: FindingResponder,
    ) -> Self {
        Self { store, settings, observer, alerts, networks, failures, responder, user_locks: UserLocks::default() }
    }

    /// Creates the session of a user who does not sign in now.
    pub(super) async fn create_unevaluated(&self, creation: SessionCreation) -> Result<CreateOutcome, StoreError> {
        self.store.create(creation).await
    }

    /// Creates the session with the findings of the rules and the updated login history, in two round trips; to record
    /// the success of a user who had failures takes two more. If all rules are off, nothing is evaluated, only the
    /// success is recorded, and one round trip is enough.
    ///
    /// A node processes one login of a user at a time, and refuses a login if too many others wait. If other nodes
    /// change the history at every attempt, it is finally overwritten. It may then lack a login of another node.
    pub(super) async fn create(&self, mut creation: SessionCreation) -> Result<CreateOutcome, CallError> {
        let (handle, now) = (creation.session.id.handle, creation.now);
        if self.settings.rules.is_empty() {
            let success = self.failures.record_success(handle, now);
            return Ok(join(success, self.create_unevaluated(creation)).await.1?);
        }
        let _lock = self.user_locks.acquire(handle).await.map_err(|QueueFull| {
            self.observer.login_refused();
            CallError::LoginQueueFull
        })?;
        let network = self.failures.network(&creation.session, &self.settings.failures);
        let lookup = SignInLookup { owner: &creation.session.owner, handle, network, now };
        let SignInState { user: mut known, user_failures, network_failures } =
            self.store.load_sign_in_state(&lookup).await?;
        let failures = self.failures.before_login(handle, now, user_failures, network_failures).await;
        for _ in 0..ATTEMPTS {
            let expected = Some(known.version);
            match self.try_create(creation, known, &failures, expected).await? {
                CreateOutcome::HistoryConflict(unchanged) => creation = *unchanged,
                outcome => return Ok(outcome),
            }
            self.observer.history_conflict();
            known = self.store.load_user_state(&creation.session.owner, handle, now).await?;
        }
        Ok(self.try_create(creation, known, &failures, None).await?)
    }

    /// Makes one attempt, with the given state of the user.
    async fn try_create(
        &self,
        mut creation: SessionCreation,
        known: UserState,
        failures: &LoginFailures,
        expected_version: Option<u64>,
    ) -> Result<CreateOutcome, StoreError> {
        let UserState { history, live_sessions, .. } = known;
        let device = creation.session.record.device.tag();
        let history = history.kept_for(self.settings.history_retention, creation.now);
        let history = history.with_confirmed_until(creation.now);
        creation.session.record.device.first_seen = !history.has_seen_device(device);
        let networks = self.networks.directory();
        let context = LoginContext {
            now: creation.now,
            session: &creation.session,
            limit: creation.limit,
            on_limit: creation.on_limit,
            may_evict: expected_version.is_none() || may_evict(&creation, live_sessions.len()),
            history: &history,
            live: &live_sessions,
            settings: &self.settings,
            networks: &networks,
            failures,
        };
        let assessment = assess_login(&context);
        let class = context.network_class();
        let is_newcomer =
            context.is_newcomer() && self.settings.failures.rules.has_rule_about(FailureSubject::NetworkNewcomers);
        let location = remembered_location(&creation.session.record.location, class);
        let mut history = if assessment.is_suspicious() {
            history.with_unconfirmed(creation.now, &location, device, creation.session.id.unique)
        } else {
            history.with_login(creation.now, &location, device)
        };
        if class.is_some_and(|class| !class.preserves_country()) {
            history = history.with_anonymous_login(creation.now);
        }
        let keep_for = self.settings.history_retention;
        creation.history = Some(HistoryUpdate { history, expected_version, keep_for });
        let response = self.strongest_response(&assessment.findings);
        creation.findings = assessment.findings;
        let bucket = creation.session.id.handle.bucket();
        let newcomers = NewcomerCounter { lookup: &self.failures, settings: &self.settings, alerts: &self.alerts };
        let newcomer = is_newcomer.then(|| (creation.session.clone(), creation.now));
        let created = self.store.create(creation);
        let (outcome, counted) = match &newcomer {
            Some((session, now)) => join(created, newcomers.count(session, *now)).await,
            None => (created.await, None),
        };
        let mut outcome = outcome?;
        if let CreateOutcome::Created { session, alerts, .. } = &mut outcome {
            self.alerts.record(bucket, alerts);
            if let Some(counted) = counted {
                alerts.extend(newcomers.raise_alerts(counted, session).await);
            }
            if let Some((rule, response)) = response {
                self.respond(session, rule, response).await;
            }
            for (rule, reason) in assessment.not_evaluated {
                self.observer.not_evaluated(rule.into(), reason);
            }
        }
        Ok(outcome)
    }

    /// Returns the strongest response that findings about a login demand, with the rule that demands it. It does not
    /// matter whether the finding is a repeat: the session is another one.
    fn strongest_response(&self, findings: &[Finding]) -> Option<(AlertRule, RuleResponse)> {
        let is_effective = |finding: &&Finding| finding.trigger == FindingTrigger::Login && !self.settings.audit_only;
        let demanded = findings.iter().filter(is_effective).filter_map(|finding| {
            let rule = AlertRule::from_name(&finding.alert.rule)?;
            Some((rule, self.settings.responses.get(rule)))
        });
        demanded.max_by_key(|(_, response)| *response).filter(|(_, response)| *response > RuleResponse::Alert)
    }

    /// Responds to the findings about a login. If that fails, it is logged: the session exists, and its alerts with it.
    async fn respond(&self, session: &mut Session, rule: AlertRule, response: RuleResponse) {
        let now = session.record.created_at;
        if let Err(error) = self.responder.respond(session, response, rule.name(), now).await {
            self.observer.evaluation_failed();
            let (session, rule) = (session.id, rule.name());
            tracing::error!(%error, %session, rule, "failed to respond to a finding about a login; the session continues");
        }
    }
}

/// Returns whether the login may evict one of the `live` sessions. More may be active: one for each touch that is not
/// written yet, and one that another node has migrated in this moment. Any other login of the user changes the history.
fn may_evict(creation: &SessionCreation, live: usize) -> bool {
    live + creation.touches.len() + 1 >= creation.limit.into()
}

/// Returns the part of a location that says where the user is. The exit of a relay is in the country of its user; the
/// exit of a VPN may be anywhere.
pub(super) fn remembered_location(location: &Location, class: Option<NetworkClass>) -> Location {
    match class {
        None => location.clone(),
        Some(class) => Location {
            ip: location.ip,
            country: if class.preserves_country() { location.country.clone() } else { String::new() },
            ..Location::default()
        },
    }
}
