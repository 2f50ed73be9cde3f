//! A user is to be forgotten.

use std::time::Duration;

use super::Authority;
use crate::{
    domain::{CallError, Cause, EventId, Owner, UnixMillis},
    entropy::random_bytes,
    store::{UserErasure, UserErasureOutcome},
};

/// Events may be kept by whole months.
const MONTH: Duration = Duration::from_hours(31 * 24);

/// Who is to be forgotten.
#[derive(Clone, Debug)]
pub struct UserErasureRequest {
    pub owner: Owner,
    /// Stays in the audit; must not name the person.
    pub cause: Cause,
}

/// What was found of a user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserErasureResult {
    /// Live sessions that ended.
    pub revoked: u64,
    /// Records and alerts that were erased, or lost what tells of the person.
    pub erased: u64,
    /// What stays without the person.
    pub retained: Vec<RetainedData>,
}

/// Records that outlive their person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetainedData {
    pub kind: &'static str,
    /// 0: not known.
    pub count: u64,
    /// What is left in them and why they stay.
    pub reason: &'static str,
    /// When the last of them is removed. `None`: no date is set.
    pub until: Option<UnixMillis>,
}

/// What Redis itself keeps, of which this service knows neither how much it is nor until when.
const APPEND_ONLY_FILE: RetainedData = RetainedData {
    kind: "append_only_file",
    count: 0,
    reason: "What was stored of the person, as earlier commands in the append-only file of Redis, and in copies of it: Redis \
             removes them when it rewrites that file, which the command BGREWRITEAOF does at once.",
    until: None,
};

impl Authority {
    /// Signs the user out everywhere, and erases what tells of the person, here and in the audit database. After an
    /// error it is done in part, and to be repeated.
    pub async fn forget_user(&self, request: UserErasureRequest) -> Result<UserErasureResult, CallError> {
        let UserErasureRequest { owner, cause } = request;
        let now = self.now();
        let event = EventId::from_random(random_bytes(self.parts.entropy.as_ref())?);
        let handle = self.parts.installation.user_handle(&owner);
        let forgetting = UserErasure { now, owner: owner.clone(), handle, event, cause };
        // The store's time decides which sessions end and what the audit erases, so a login after it is kept by both.
        let UserErasureOutcome { at, session_ids } = self.store().forget_user(forgetting).await?;
        self.note_revoked_all(&session_ids);
        self.parts.audit_condition.verify_writable()?;
        let forgotten = self.parts.audit.log.erase_user(&owner, at).await?;
        // Last: whoever forwards alerts may have had one in hand at first.
        let alerts = self.parts.alerts.delete_user_alerts(&owner).await?;
        let until = Some(at.plus(self.parts.settings.audit_retention).plus(MONTH));
        let retained = forgotten.retained.into_iter().filter(|(_, count)| *count > 0);
        let retained =
            retained.map(|(kind, count)| RetainedData { kind, count, reason: retention_reason(kind), until });
        let log = (self.store().engine() == "redis").then_some(APPEND_ONLY_FILE);
        Ok(UserErasureResult {
            revoked: session_ids.len() as u64,
            erased: forgotten.erased + alerts,
            retained: retained.chain(log).collect(),
        })
    }
}

/// What is left in the records of a table when the person is gone from them, and what for.
fn retention_reason(table: &str) -> &'static str {
    match table {
        "session_events" => {
            "What happened to a session of the tenant, when, and by which caller, without user, session, device, place \
             and the texts of the call: the audit log stays complete."
        }
        "login_events" => {
            "When a session of the tenant started and how it was authenticated, without user, session, device and \
             place: what is counted of sign-ins stays true."
        }
        "alerts" => {
            "That a rule found something in the tenant, and when, without user, session, device, place and evidence: \
             readers of the stream of alerts go on across it."
        }
        _ => "What remains tells nothing of the person, and keeps the audit log complete.",
    }
}
