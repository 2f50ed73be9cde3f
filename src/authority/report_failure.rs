//! Reports of failed authentications.

use std::{fmt, sync::Arc, time::Duration};

use futures_util::future::{OptionFuture, join};

use super::{
    alert_recorder::AlertRecorder,
    backlog::BacklogGate,
    change_recorder::ChangeRecorder,
    client_describer::ClientDescriber,
    failure_alerts::raise_alerts,
    failure_subjects::{network_handle, peer_tag, record_limit, to_seconds},
    observer::AuthorityObserver,
};
use crate::{
    clock::Clock,
    detection::{DetectionSettings, FailureContext, ThrottleContext, throttle},
    domain::{
        Alert, AuthEventKind, AuthFailure, CallError, Cause, ClientContext, Event, EventId, EventKind, EventSubject,
        FieldViolation, InstallationSecret, Owner, UnixMillis, UserHandle, UserId,
        failures::{Failure, FailureRecord, FailureSubject},
        limits::CLOCK_TOLERANCE,
    },
    entropy::{Entropy, random_bytes},
    store::{FailureReport, FailureStore, SessionStore, StoreError},
};

/// The maximum age of a failure that is reported.
const MAX_REPORT_AGE: Duration = Duration::from_hours(1);

/// A failed authentication, as a login service reports it.
#[derive(Clone)]
pub struct ReportedFailure {
    /// The user; for a user who does not exist, the name that was tried.
    pub owner: Owner,
    pub kind: AuthEventKind,
    pub method: String,
    pub client: ClientContext,
    /// The time of the failure. `None`: now.
    pub occurred_at: Option<UnixMillis>,
    pub cause: Cause,
}

/// Omits the user, who may be a password that was typed into the wrong field.
impl fmt::Debug for ReportedFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReportedFailure").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// The advice to a login service after a failure.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FailureAdvice {
    /// The time for which further attempts should be rejected. `None`: they need not be.
    pub retry_after: Option<Duration>,
    /// The recent failures of the user, this one included.
    pub recent_failures: u32,
    pub alerts: Vec<Alert>,
}

/// Counts failures, detects attacks and advises login services.
pub struct FailureReporter {
    pub store: Arc<dyn SessionStore>,
    pub failures: Arc<dyn FailureStore>,
    pub installation: InstallationSecret,
    pub clients: ClientDescriber,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub backlog: Arc<BacklogGate>,
    pub settings: DetectionSettings,
    pub alerts: AlertRecorder,
    pub changes: ChangeRecorder,
    pub observer: Arc<dyn AuthorityObserver>,
}

impl FailureReporter {
    /// Checks the time of a failure.
    pub fn check_time(&self, occurred_at: UnixMillis) -> Result<(), FieldViolation> {
        let now = self.clock.now();
        if occurred_at > now.plus(CLOCK_TOLERANCE) {
            return Err(FieldViolation::new("occurred_at", "is in the future; check the caller's clock"));
        }
        if now.since(occurred_at) > MAX_REPORT_AGE {
            return Err(FieldViolation::new("occurred_at", "is more than 1 hour ago"));
        }
        Ok(())
    }

    /// Records a failure of the user and from the network of the client. The audit records it while the backlog leaves
    /// room for more important events.
    pub async fn report(&self, reported: ReportedFailure) -> Result<FailureAdvice, CallError> {
        let now = self.clock.now();
        let at = reported.occurred_at.unwrap_or(now).min(now);
        let handle = self.installation.user_handle(&reported.owner);
        let location = self.clients.locate(&reported.client);
        let device = self.clients.describe_device(&reported.owner, &reported.client).await;
        let is_known_user = reported.kind != AuthEventKind::UnknownUser;
        let is_familiar = is_known_user && {
            let known = self.store.load_user_state(&reported.owner, handle, now).await?;
            known.history.with_confirmed_until(now).is_familiar(&location, &device)
        };
        let owner = if is_known_user { reported.owner } else { unknown_user(reported.owner, handle)? };
        let ipv6_prefix = self.settings.failures.ipv6_prefix;
        let network = network_handle(&self.installation, &owner.tenant, location.ip, ipv6_prefix);
        let failure = AuthFailure { owner, kind: reported.kind, method: reported.method, location, device, at };
        let event = Event {
            id: EventId::from_report(random_bytes(self.entropy.as_ref())?),
            kind: EventKind::AuthFailed(failure.kind),
            at: now,
            subject: EventSubject::AuthFailure(Box::new(failure.clone())),
            cause: reported.cause,
        };
        let event_id = event.id;
        let is_recorded = self.backlog.admits_reports();
        self.observer.failure_reported(failure.kind, is_recorded);

        let report = |subject, handle, peer, event| {
            let failure = Failure { at: to_seconds(at), kind: failure.kind, peer, is_familiar };
            self.failures.record_failure(FailureReport {
                now,
                subject,
                handle,
                failure,
                event,
                limit: record_limit(&self.settings.failures, subject),
            })
        };
        let network_tag = network.map(peer_tag).unwrap_or_default();
        let of_user = report(FailureSubject::User, handle, network_tag, is_recorded.then_some(event));
        let of_network = network.map(|network| report(FailureSubject::Network, network, peer_tag(handle), None));
        let (user, of_network) = join(of_user, OptionFuture::from(of_network)).await;
        let user = user?;
        if is_recorded {
            self.changes.change_signal.notify_one();
        }
        let of_network = of_network.transpose()?;

        let mut alerts = Vec::new();
        let subjects = [
            is_known_user.then_some((FailureSubject::User, handle, &user)),
            network.zip(of_network.as_ref()).map(|(handle, record)| (FailureSubject::Network, handle, record)),
        ];
        for (subject, handle, record) in subjects.into_iter().flatten() {
            let context = FailureContext {
                now,
                subject,
                failure: &failure,
                event: event_id,
                record,
                settings: &self.settings.failures,
                audit_only: self.settings.audit_only,
                dedup_window: self.settings.dedup_window,
            };
            alerts.extend(raise_alerts(self.failures.as_ref(), &self.alerts, &context, handle).await?);
        }
        let retry_after = throttle(&ThrottleContext {
            now,
            user: &user,
            network: of_network.as_ref(),
            is_familiar,
            settings: &self.settings.failures,
        });
        if retry_after.is_some() {
            self.observer.throttle_advised();
        }
        let recent = user.within(self.settings.failures.window, now).count();
        Ok(FailureAdvice { retry_after, recent_failures: u32::try_from(recent).unwrap_or(u32::MAX), alerts })
    }
}

/// Returns the owner that stands for a user who does not exist. Its name does not reveal the one that was tried.
fn unknown_user(tried: Owner, handle: UserHandle) -> Result<Owner, CallError> {
    let name = format!("unknown-{}", data_encoding::HEXLOWER.encode(&handle.0[..8]));
    let user = UserId::new(&name).map_err(|violation| CallError::Internal(violation.description.into()))?;
    Ok(Owner { user, ..tried })
}

/// Returns the record, or an empty one if it could not be read: no login is refused for it.
pub(super) fn record_or_default(record: Result<FailureRecord, StoreError>) -> FailureRecord {
    record.unwrap_or_else(|error| {
        tracing::warn!(%error, "failed to read recent failures; the login is evaluated without them");
        FailureRecord::default()
    })
}
