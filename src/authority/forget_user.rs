//! The erasure of a user.

use std::{sync::Arc, time::Duration};

use super::{audit_condition::AuditCondition, change_recorder::ChangeRecorder};
use crate::{
    audit::EventLog,
    clock::Clock,
    domain::{CallError, Cause, EventId, InstallationSecret, Owner, UnixMillis},
    entropy::{Entropy, random_bytes},
    store::{AlertStream, FailureStore, SessionStore, UserErasure, UserErasureOutcome},
};

/// The longest month: events may be retained by whole months.
const MONTH: Duration = Duration::from_hours(31 * 24);

/// A request to erase a user.
#[derive(Clone, Debug)]
pub struct UserErasureRequest {
    pub owner: Owner,
    /// The cause, which stays in the audit and must not name the person.
    pub cause: Cause,
}

/// The result of an erasure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserErasureResult {
    /// The number of active sessions that were ended.
    pub revoked: u64,
    /// The number of records and alerts that were erased, or stripped of personal data.
    pub erased: u64,
    /// The data that remains, without the person.
    pub retained: Vec<RetainedData>,
}

/// Records that remain after the erasure of their person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetainedData {
    pub kind: &'static str,
    /// The number of records. 0: not known.
    pub count: u64,
    /// The remaining contents of the records, and the purpose for which they are kept.
    pub reason: &'static str,
    /// The time at which the last of them is removed. `None`: no date is set.
    pub until: Option<UnixMillis>,
}

/// The data that Redis itself keeps. This service knows neither its amount nor when it is removed.
const APPEND_ONLY_FILE: RetainedData = RetainedData {
    kind: "append_only_file",
    count: 0,
    reason: "Stored data of the person, as earlier commands in the Redis append-only file and copies of it; removed by \
             the next rewrite, BGREWRITEAOF forces one.",
    until: None,
};

/// Erases users.
pub struct UserEraser {
    pub store: Arc<dyn SessionStore>,
    /// The engine of the store, which decides what an erasure leaves behind.
    pub engine: &'static str,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub installation: InstallationSecret,
    pub audit_log: Arc<dyn EventLog>,
    pub audit_condition: Arc<AuditCondition>,
    /// The retention of audit events.
    pub audit_retention: Duration,
    pub alerts: Arc<dyn AlertStream>,
    pub failures: Arc<dyn FailureStore>,
    pub changes: ChangeRecorder,
}

impl UserEraser {
    /// Ends all sessions of the user, and erases the personal data here and in the audit database. After an error the
    /// erasure may be incomplete and must be repeated.
    pub async fn forget_user(&self, request: UserErasureRequest) -> Result<UserErasureResult, CallError> {
        let UserErasureRequest { owner, cause } = request;
        let now = self.clock.now();
        let event = EventId::from_random(random_bytes(self.entropy.as_ref())?);
        let handle = self.installation.user_handle(&owner);
        let forgetting = UserErasure { now, owner: owner.clone(), handle, event, cause };
        // The store's time decides which sessions end and which records the audit erases, so both keep a login after
        // it.
        let UserErasureOutcome { at, session_ids } = self.store.forget_user(forgetting).await?;
        self.changes.record_user_revoked(&session_ids);
        self.failures.delete_failures(handle).await?;
        self.audit_condition.verify_writable()?;
        let forgotten = self.audit_log.erase_user(&owner, at).await?;
        // The alerts come last, because a forwarder may still have been forwarding one at first.
        let alerts = self.alerts.delete_user_alerts(&owner).await?;
        let until = Some(at.plus(self.audit_retention).plus(MONTH));
        let retained = forgotten.retained.into_iter().filter(|(_, count)| *count > 0);
        let retained =
            retained.map(|(kind, count)| RetainedData { kind, count, reason: retention_reason(kind), until });
        let log = (self.engine == "redis").then_some(APPEND_ONLY_FILE);
        Ok(UserErasureResult {
            revoked: session_ids.len() as u64,
            erased: forgotten.erased + alerts,
            retained: retained.chain(log).collect(),
        })
    }
}

/// Returns the remaining contents of a table's records after an erasure, and the purpose for which they are kept.
fn retention_reason(table: &str) -> &'static str {
    match table {
        "session_events" => {
            "Event type, tenant, time and caller, without user, session, device, location or request texts; kept for a \
             complete audit log."
        }
        "login_events" => {
            "Tenant, start time and authentication of a session, without user, session, device or location; kept for \
             sign-in statistics."
        }
        "alerts" => {
            "Rule, tenant and time of an alert, without user, session, device, location or evidence; kept so that \
             stream positions stay valid."
        }
        _ => "The remaining fields, without any data of the person; kept for a complete audit log.",
    }
}
