//! A login is looked at before it comes to be.

use super::{Authority, user_locks::QueueFull};
use crate::{
    detection::{LoginAssessment, LoginContext, Rule, assess_login},
    domain::{Alert, Bucket, CallError, LoginHistory, Session},
    store::{CreateOutcome, HistoryUpdate, SessionCreation, StoreError, UserState},
};

/// How often a login is looked at anew because another one of the user came between.
const ATTEMPTS: u32 = 3;

impl Authority {
    /// Makes the session, with what the rules find and with the user's history carried on: two round trips.
    /// With every rule off nothing is looked at or remembered, and it is one.
    ///
    /// Logins of one user take turns within a node; one that would have to wait too long for its turn is refused. Where another node comes between again and again the
    /// history is overwritten in the end: a login of the other one may then be missing in it.
    pub(super) async fn sign_in(&self, creation: SessionCreation) -> Result<CreateOutcome, CallError> {
        if self.parts.settings.detection.rules.is_empty() {
            return Ok(self.store().create(creation).await?);
        }
        let (handle, now) = (creation.session.id.handle, creation.now);
        let _lock = self.user_locks.acquire(handle).await.map_err(|QueueFull| {
            self.parts.observer.login_refused();
            CallError::LoginQueueFull
        })?;
        for _ in 0..ATTEMPTS {
            let user_state = self.store().load_user_state(&creation.session.owner, handle, now).await?;
            let expected = Some(user_state.version);
            let outcome = self.try_sign_in(creation.clone(), &user_state, expected).await?;
            if outcome != CreateOutcome::HistoryConflict {
                return Ok(outcome);
            }
            self.parts.observer.history_conflict();
        }
        let user_state = self.store().load_user_state(&creation.session.owner, handle, now).await?;
        Ok(self.try_sign_in(creation, &user_state, None).await?)
    }

    /// One attempt, by a user of whom that is known.
    async fn try_sign_in(
        &self,
        mut creation: SessionCreation,
        known: &UserState,
        expected_version: Option<u64>,
    ) -> Result<CreateOutcome, StoreError> {
        let device = creation.session.record.device.tag();
        let history = known.history.clone().with_confirmed_until(creation.now);
        creation.session.record.device.first_seen = !history.has_seen_device(device);
        let assessment = self.assess(&creation, &history, &known.live_sessions);
        let location = &creation.session.record.location;
        let history = if assessment.is_suspicious() {
            history.with_unconfirmed(creation.now, location, device, creation.session.id.unique)
        } else {
            history.with_login(creation.now, location, device)
        };
        creation.history = Some(HistoryUpdate { history, expected_version, keep_for: LoginHistory::MAX_AGE });
        creation.findings = assessment.findings;
        let outcome = self.store().create(creation).await?;
        if matches!(outcome, CreateOutcome::Created { .. }) {
            for (rule, reason) in assessment.not_evaluated {
                self.parts.observer.not_evaluated(rule, reason);
            }
        }
        Ok(outcome)
    }

    fn assess(&self, creation: &SessionCreation, history: &LoginHistory, live: &[Session]) -> LoginAssessment {
        assess_login(&LoginContext {
            now: creation.now,
            session: &creation.session,
            limit: creation.limit,
            on_limit: creation.on_limit,
            history,
            live,
            settings: &self.parts.settings.detection,
        })
    }

    /// Takes note of what a login raised.
    pub(super) fn note_raised(&self, bucket: Bucket, raised: &[Alert]) {
        if raised.is_empty() {
            return;
        }
        self.dirty_buckets.mark(bucket);
        for alert in raised {
            if let Some(rule) = Rule::from_name(&alert.rule) {
                self.parts.observer.alert_raised(rule, alert.severity);
            }
        }
    }
}
