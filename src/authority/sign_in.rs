//! The evaluation of a login before its session is created.

use std::sync::Arc;

use futures_util::future::{OptionFuture, join};

use super::{
    alert_recorder::AlertRecorder,
    failure_subjects::network_handle,
    observer::AuthorityObserver,
    report_failure::record_or_default,
    user_locks::{QueueFull, UserLocks},
};
use crate::{
    detection::{DetectionSettings, FailureSettings, LoginContext, LoginFailures, assess_login},
    domain::{
        CallError, InstallationSecret, Location, LoginHistory, NetworkClass, NetworkDirectory, failures::FailureSubject,
    },
    geo::NetworkLists,
    store::{CreateOutcome, FailureStore, HistoryUpdate, SessionCreation, SessionStore, StoreError, UserState},
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
    user_locks: UserLocks,
}

/// Finds the failures before a login.
pub struct FailureLookup {
    pub failures: Arc<dyn FailureStore>,
    pub installation: InstallationSecret,
}

impl FailureLookup {
    /// Returns the failures of the user and from the network, and records that the user authenticated.
    async fn before_login(&self, creation: &SessionCreation, settings: &FailureSettings) -> LoginFailures {
        let (session, handle) = (&creation.session, creation.session.id.handle);
        let (tenant, ip) = (&session.owner.tenant, session.record.location.ip);
        let network = network_handle(&self.installation, tenant, ip, settings.ipv6_prefix);
        let of_network = network.map(|handle| self.failures.load_failures(FailureSubject::Network, handle));
        let of_user = self.failures.record_success(handle, creation.now);
        let (user, network) = join(of_user, OptionFuture::from(of_network)).await;
        LoginFailures {
            user: record_or_default(user).since_success(),
            network: network.map(record_or_default).unwrap_or_default(),
        }
    }
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
    ) -> Self {
        Self { store, settings, observer, alerts, networks, failures, user_locks: UserLocks::default() }
    }

    /// Creates the session of a user who does not sign in now.
    pub(super) async fn create_unevaluated(&self, creation: SessionCreation) -> Result<CreateOutcome, StoreError> {
        self.store.create(creation).await
    }

    /// Creates the session with the findings of the rules and the updated login history, in two round trips. The
    /// failures before the login are read at the same time as the history. If all rules are off, nothing is evaluated,
    /// only the success is remembered, and one round trip is enough.
    ///
    /// A node processes one login of a user at a time, and refuses a login if too many others wait. If other nodes
    /// change the history at every attempt, it is finally overwritten. It may then lack a login of another node.
    pub(super) async fn create(&self, creation: SessionCreation) -> Result<CreateOutcome, CallError> {
        if self.settings.rules.is_empty() {
            let lookup = self.failures.before_login(&creation, &self.settings.failures);
            return Ok(join(lookup, self.create_unevaluated(creation.clone())).await.1?);
        }
        let (handle, now) = (creation.session.id.handle, creation.now);
        let _lock = self.user_locks.acquire(handle).await.map_err(|QueueFull| {
            self.observer.login_refused();
            CallError::LoginQueueFull
        })?;
        let load_state = || self.store.load_user_state(&creation.session.owner, handle, now);
        let lookup = self.failures.before_login(&creation, &self.settings.failures);
        let (failures, first_state) = join(lookup, load_state()).await;
        let mut first_state = Some(first_state);
        for _ in 0..ATTEMPTS {
            let user_state = match first_state.take() {
                Some(state) => state?,
                None => load_state().await?,
            };
            let expected = Some(user_state.version);
            let outcome = self.try_create(creation.clone(), &user_state, &failures, expected).await?;
            if outcome != CreateOutcome::HistoryConflict {
                return Ok(outcome);
            }
            self.observer.history_conflict();
        }
        let user_state = load_state().await?;
        Ok(self.try_create(creation.clone(), &user_state, &failures, None).await?)
    }

    /// Makes one attempt, with the given state of the user.
    async fn try_create(
        &self,
        mut creation: SessionCreation,
        known: &UserState,
        failures: &LoginFailures,
        expected_version: Option<u64>,
    ) -> Result<CreateOutcome, StoreError> {
        let device = creation.session.record.device.tag();
        let history = known.history.clone().kept_for(self.settings.history_retention, creation.now);
        let history = history.with_confirmed_until(creation.now);
        creation.session.record.device.first_seen = !history.has_seen_device(device);
        let networks = self.networks.directory();
        let context = self.login_context(&creation, &history, known, &networks, failures);
        let assessment = assess_login(&context);
        let class = context.network_class();
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
        creation.findings = assessment.findings;
        let bucket = creation.session.id.handle.bucket();
        let outcome = self.store.create(creation).await?;
        if let CreateOutcome::Created { alerts, .. } = &outcome {
            self.alerts.record(bucket, alerts);
            for (rule, reason) in assessment.not_evaluated {
                self.observer.not_evaluated(rule, reason);
            }
        }
        Ok(outcome)
    }

    fn login_context<'a>(
        &'a self,
        creation: &'a SessionCreation,
        history: &'a LoginHistory,
        known: &'a UserState,
        networks: &'a NetworkDirectory,
        failures: &'a LoginFailures,
    ) -> LoginContext<'a> {
        LoginContext {
            now: creation.now,
            session: &creation.session,
            limit: creation.limit,
            on_limit: creation.on_limit,
            history,
            live: &known.live_sessions,
            settings: &self.settings,
            networks,
            failures,
        }
    }
}

/// Returns the part of a location that says where the user is. The exit of a relay is in the country of its user; the
/// exit of a VPN may be anywhere.
fn remembered_location(location: &Location, class: Option<NetworkClass>) -> Location {
    match class {
        None => location.clone(),
        Some(class) => Location {
            ip: location.ip,
            country: if class.preserves_country() { location.country.clone() } else { String::new() },
            ..Location::default()
        },
    }
}
