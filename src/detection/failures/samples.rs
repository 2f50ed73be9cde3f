//! Sample failures for the tests of the rules.

use std::time::Duration;

use crate::domain::{
    AuthEventKind, AuthFailure, Device, EventId, Location, Owner, UnixMillis,
    failures::{Failure, FailureRecord, FailureSubject},
};
use crate::store::FailureFinding;

use super::{FailureContext, FailureMatch, FailureSettings, ThrottleContext, assess_failure};

const NOW: UnixMillis = UnixMillis::new(1_700_000_000_000);

/// Failures of which the last one happens now.
#[derive(Clone, Debug)]
pub(in crate::detection) struct SampleFailures {
    pub subject: FailureSubject,
    pub failure: AuthFailure,
    pub record: FailureRecord,
    pub settings: FailureSettings,
}

impl SampleFailures {
    /// Returns failures of a user in one network, so far apart.
    pub(in crate::detection) fn of_user(kind: AuthEventKind, count: u32, apart: Duration) -> Self {
        Self {
            subject: FailureSubject::User,
            failure: AuthFailure {
                owner: Owner::new("acme", "ann").expect("an owner"),
                kind,
                method: "pwd".to_owned(),
                location: Location { ip: "203.0.113.9".parse().ok(), ..Location::default() },
                device: Device::default(),
                at: NOW,
            },
            record: FailureRecord::default(),
            settings: FailureSettings::default(),
        }
        .followed_by(kind, count, apart)
    }

    /// Returns failures from one network, so far apart, of so many users in turn.
    pub(in crate::detection) fn from_network(count: u32, users: u32, apart: Duration) -> Self {
        Self::of_user(AuthEventKind::PasswordFailed, count, apart).across_peers(users)
    }

    /// Adds failures of a kind, and lets the others have happened before them.
    pub(super) fn followed_by(mut self, kind: AuthEventKind, count: u32, apart: Duration) -> Self {
        for failure in &mut self.record.recent {
            failure.at = failure.at.minus(apart * count);
        }
        for ago in (0..count).rev() {
            let failure = Failure { at: NOW.minus(apart * ago), kind, peer: [1; 4], is_familiar: false };
            self.record = self.record.with_failure(failure, FailureSubject::Network.capacity());
        }
        self.failure.kind = kind;
        self
    }

    /// Lets the failures come from so many networks, or users, in turn.
    pub(super) fn across_peers(mut self, peers: u32) -> Self {
        for (failure, n) in self.record.recent.iter_mut().zip((1..=peers).cycle()) {
            failure.peer = n.to_be_bytes();
        }
        self
    }

    /// Adds failures where the user is known.
    pub(super) fn by_the_user(mut self, count: u32) -> Self {
        for _ in 0..count {
            let failure = Failure { at: NOW, kind: AuthEventKind::PasswordFailed, peer: [9; 4], is_familiar: true };
            self.record = self.record.with_failure(failure, FailureSubject::User.capacity());
        }
        self
    }

    fn context(&self) -> FailureContext<'_> {
        FailureContext {
            now: NOW,
            subject: self.subject,
            failure: &self.failure,
            event: EventId([7; 16]),
            record: &self.record,
            settings: &self.settings,
            audit_only: false,
            dedup_window: Duration::from_hours(1),
        }
    }

    pub(super) fn throttle_context(&self) -> ThrottleContext<'_> {
        ThrottleContext { now: NOW, user: &self.record, network: None, is_familiar: false, settings: &self.settings }
    }

    pub(super) fn evaluate_with(&self, rule: fn(&FailureContext<'_>) -> Option<FailureMatch>) -> Option<FailureMatch> {
        rule(&self.context())
    }

    pub(super) fn assess(&self, subject: FailureSubject) -> Vec<FailureFinding> {
        assess_failure(&FailureContext { subject, ..self.context() })
    }
}
