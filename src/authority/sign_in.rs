//! A login is looked at before it comes to be.

use super::{Authority, turns::QueueFull};
use crate::{
    detection::{Assessment, LoginContext, Rule, assess},
    domain::{Alert, Bucket, Error, LoginHistory, Session},
    store::{Acquaintance, CreateOutcome, Creation, HistoryUpdate, StoreError},
};

/// How often a login is looked at anew because another one of the user came between.
const ATTEMPTS: u32 = 3;

impl Authority {
    /// Makes the session, with what the rules find and with the user's history carried on: two round trips.
    /// With every rule off nothing is looked at or remembered, and it is one.
    ///
    /// Logins of one user take turns within a node; one that would have to wait too long for its turn is refused. Where another node comes between again and again the
    /// history is overwritten in the end: a login of the other one may then be missing in it.
    pub(super) async fn sign_in(&self, creation: Creation) -> Result<CreateOutcome, Error> {
        if self.parts.settings.detection.rules.is_empty() {
            return Ok(self.store().create(creation).await?);
        }
        let (handle, now) = (creation.session.id.handle, creation.now);
        let _turn = self.turns.take(handle).await.map_err(|QueueFull| {
            self.parts.observer.login_refused();
            Error::LoginQueueFull
        })?;
        for _ in 0..ATTEMPTS {
            let known = self.store().acquaint(&creation.session.owner, handle, now).await?;
            let expected = Some(known.version);
            let outcome = self.sign_in_as(creation.clone(), &known, expected).await?;
            if outcome != CreateOutcome::HistoryMoved {
                return Ok(outcome);
            }
            self.parts.observer.history_moved();
        }
        let known = self.store().acquaint(&creation.session.owner, handle, now).await?;
        Ok(self.sign_in_as(creation, &known, None).await?)
    }

    /// One attempt, by a user of whom that is known.
    async fn sign_in_as(
        &self,
        mut creation: Creation,
        known: &Acquaintance,
        expected_version: Option<u64>,
    ) -> Result<CreateOutcome, StoreError> {
        let device = creation.session.record.device.tag();
        let history = known.history.clone().confirmed_until(creation.now);
        creation.session.record.device.first_seen = !history.has_seen_device(device);
        let assessment = self.assess(&creation, &history, &known.live);
        let location = &creation.session.record.location;
        let history = if assessment.is_suspicious() {
            history.with_unconfirmed(creation.now, location, device, creation.session.id.unique)
        } else {
            history.with(creation.now, location, device)
        };
        creation.history = Some(HistoryUpdate { history, expected_version, keep_for: LoginHistory::AGE });
        creation.findings = assessment.findings;
        let outcome = self.store().create(creation).await?;
        if matches!(outcome, CreateOutcome::Created { .. }) {
            for (rule, reason) in assessment.not_evaluated {
                self.parts.observer.not_evaluated(rule, reason);
            }
        }
        Ok(outcome)
    }

    fn assess(&self, creation: &Creation, history: &LoginHistory, live: &[Session]) -> Assessment {
        assess(&LoginContext {
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
        self.raised.mark(bucket);
        for alert in raised {
            if let Some(rule) = Rule::named(&alert.rule) {
                self.parts.observer.alert_raised(rule, alert.severity);
            }
        }
    }
}
