//! Sign-ins of users in networks in which they are not known.

use super::{
    alert_recorder::AlertRecorder,
    failure_alerts::raise_alerts,
    failure_lookup::FailureLookup,
    failure_subjects::{network_handle, peer_tag, record_limit, to_seconds},
};
use crate::{
    detection::{DetectionSettings, FailureContext},
    domain::{
        Alert, AuthEventKind, AuthFailure, EventId, EventKind, Session, UnixMillis, UserHandle,
        failures::{Failure, FailureRecord, FailureSubject},
    },
    store::FailureReport,
};

const SUBJECT: FailureSubject = FailureSubject::NetworkNewcomers;

/// A sign-in of a newcomer that was counted.
pub(super) struct CountedNewcomer {
    network: UserHandle,
    record: FailureRecord,
}

/// Counts sign-ins of newcomers.
pub(super) struct NewcomerCounter<'a> {
    pub lookup: &'a FailureLookup,
    pub settings: &'a DetectionSettings,
    pub alerts: &'a AlertRecorder,
}

impl NewcomerCounter<'_> {
    /// Counts a sign-in. Returns `None` if its address is unknown, or if it could not be counted, which is logged: no
    /// sign-in is refused for it.
    pub(super) async fn count(&self, session: &Session, now: UnixMillis) -> Option<CountedNewcomer> {
        let settings = &self.settings.failures;
        let (tenant, ip) = (&session.owner.tenant, session.record.location.ip);
        let network = network_handle(&self.lookup.installation, tenant, ip, settings.ipv6_prefix)?;
        let (at, peer) = (to_seconds(now), peer_tag(session.id.handle));
        let counted = self.lookup.failures.record_failure(FailureReport {
            now,
            subject: SUBJECT,
            handle: network,
            failure: Failure { at, kind: AuthEventKind::SignedIn, peer, is_familiar: false },
            event: None,
            limit: record_limit(settings, SUBJECT),
        });
        match counted.await {
            Ok(record) => Some(CountedNewcomer { network, record }),
            Err(error) => {
                tracing::warn!(%error, "failed to count a login in an unknown network; it is not detected as one of many");
                None
            }
        }
    }

    /// Returns the alerts that a sign-in raises, whose session exists.
    pub(super) async fn raise_alerts(&self, counted: CountedNewcomer, session: &Session) -> Vec<Alert> {
        let (record, settings) = (&session.record, self.settings);
        let sign_in = AuthFailure {
            owner: session.owner.clone(),
            kind: AuthEventKind::SignedIn,
            method: String::new(),
            location: record.location.clone(),
            device: record.device.clone(),
            at: record.created_at,
        };
        let context = FailureContext {
            now: record.created_at,
            subject: SUBJECT,
            failure: &sign_in,
            event: EventId::from_session(EventKind::Created, session.id, record.revision),
            record: &counted.record,
            settings: &settings.failures,
            audit_only: settings.audit_only,
            dedup_window: settings.dedup_window,
        };
        let raised = raise_alerts(self.lookup.failures.as_ref(), self.alerts, &context, counted.network).await;
        raised.unwrap_or_else(|error| {
            tracing::warn!(%error, "failed to raise an alert about the newcomers of a network; the next login repeats it");
            Vec::new()
        })
    }
}
