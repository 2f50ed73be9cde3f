//! Uses of sessions that have ended.

use std::time::Duration;

use super::RejectedTokenWatcher;
use crate::{
    authority::loaded_session::former_session,
    detection::{AlertRule, EndedSessionUse, assess_ended_use},
    domain::{
        CallError, ClientContext, Device, EndReason, Owner, SessionId, UnixMillis, alert::ClientObservation,
        client::UNKNOWN_CLIENT,
    },
    near_cache::ClientTag,
    store::UserFindings,
};

/// The time for which a node does not evaluate the same client of an ended session again.
const REPEAT_INTERVAL: Duration = Duration::from_mins(1);

/// The use of a session that has ended, with its right token.
#[derive(Clone, Debug)]
pub(super) struct EndedUse {
    pub(super) reason: EndReason,
    pub(super) ended_at: UnixMillis,
    pub(super) client: ClientContext,
    pub(super) at: UnixMillis,
}

impl RejectedTokenWatcher {
    /// Evaluates the use of an ended session, and raises its alert.
    pub(super) async fn assess_ended_use(&self, session: SessionId, used: &EndedUse) -> Result<(), CallError> {
        let parts = &self.parts;
        if self.is_repeat(session, used) {
            return Ok(());
        }
        let loaded = parts.store.load(session).await?;
        let Some((tenant, former)) = former_session(loaded) else { return Ok(()) };
        let owner = Owner { tenant, user: former.user.clone() };
        let current = self.describe(&owner, used).await;
        let assessment = assess_ended_use(&EndedSessionUse {
            now: parts.clock.now(),
            session,
            tenant: &owner.tenant,
            reason: used.reason,
            ended_at: used.ended_at,
            former: &former,
            current: &current,
            settings: &parts.settings,
            networks: &parts.networks.directory(),
        });
        let finding = match assessment {
            Ok(Some(finding)) => finding,
            Ok(None) => return Ok(()),
            Err(reason) => {
                parts.observer.not_evaluated(AlertRule::ended_session_use(), reason);
                return Ok(());
            }
        };
        let (now, handle) = (parts.clock.now(), session.handle);
        let findings = UserFindings { now, owner, handle, findings: vec![finding] };
        let alerts = parts.failures.raise_user_findings(findings).await?;
        parts.alerts.record(handle.bucket(), &alerts);
        Ok(())
    }

    fn is_repeat(&self, session: SessionId, used: &EndedUse) -> bool {
        let tag = ClientTag::from_client(&used.client);
        let before = self.memory().ended_uses.insert(session, (tag, used.at));
        before.is_some_and(|(known, at)| {
            let is_repeat = known == tag && used.at.since(at) < REPEAT_INTERVAL;
            if is_repeat {
                self.memory().ended_uses.insert(session, (tag, at));
            }
            is_repeat
        })
    }

    async fn describe(&self, owner: &Owner, used: &EndedUse) -> ClientObservation {
        let EndedUse { client, at, .. } = used;
        let mut device = None;
        if *client != UNKNOWN_CLIENT {
            let described = self.parts.clients.describe_device(owner, client).await;
            device = Some(Device { user_agent: String::new(), ..described });
        }
        ClientObservation { location: self.parts.clients.locate(client), device, at: *at }
    }
}
