//! Writes of session activity to the store and to the audit database, which displays it and bases no decision on it.

use std::sync::Arc;

use super::SessionActivity;
use crate::{
    audit::EventLog,
    authority::{audit_condition::AuditCondition, observer::AuthorityObserver},
    clock::Clock,
    domain::CallError,
    store::{SessionStore, Touch},
};

/// The number of touches written by one call of the store.
const FLUSH_BATCH: usize = 5_000;

/// The number of touches sent by one call to the audit database.
const SEND_BATCH: usize = 1_000;

/// Writes the activity that this node holds.
pub struct ActivityWriter {
    pub activity: Arc<SessionActivity>,
    pub store: Arc<dyn SessionStore>,
    pub clock: Arc<dyn Clock>,
    pub observer: Arc<dyn AuthorityObserver>,
    pub audit_log: Arc<dyn EventLog>,
    pub audit_condition: Arc<AuditCondition>,
}

impl ActivityWriter {
    /// Writes the activity whose interval has passed, and returns the number of sessions. Activity that could not be
    /// written is retried by the next flush.
    pub async fn flush(&self) -> Result<usize, CallError> {
        self.write(false).await
    }

    /// Writes all activity that this node holds, before it stops.
    pub async fn flush_all(&self) -> Result<usize, CallError> {
        self.write(true).await
    }

    /// Waits until the buffer has no room for activity that must be written. The caller then flushes it.
    pub async fn wait_until_full(&self) {
        self.activity.tracker.wait_until_full().await;
    }

    /// Writes the clients that used sessions last. Those that could not be written are retried by the next flush.
    async fn write_clients(&self) -> Result<(), CallError> {
        let pending = &self.activity.pending_clients;
        let clients = pending.take();
        for (written, batch) in clients.chunks(FLUSH_BATCH).enumerate() {
            if let Err(error) = self.store.put_last_seen(batch).await {
                pending.put_back(clients[written * FLUSH_BATCH..].to_vec());
                return Err(error.into());
            }
            for seen in batch {
                self.activity.pending_audit_clients.add(seen.session_id, seen.client.clone());
            }
        }
        Ok(())
    }

    /// Sends the activity and the clients that were written since the last call to the audit database. Returns the number of sessions.
    /// Activity that could not be sent is sent with the next call.
    pub async fn send_to_audit(&self) -> Result<usize, CallError> {
        self.audit_condition.verify_writable()?;
        let pending = &self.activity.pending_audit;
        let touches = pending.take();
        for (sent, batch) in touches.chunks(SEND_BATCH).enumerate() {
            if let Err(error) = self.audit_log.refresh(batch).await {
                pending.add(touches[sent * SEND_BATCH..].iter().copied());
                return Err(error.into());
            }
        }
        self.send_clients().await?;
        Ok(touches.len())
    }

    async fn send_clients(&self) -> Result<(), CallError> {
        let pending = &self.activity.pending_audit_clients;
        let clients = pending.take();
        for (sent, batch) in clients.chunks(SEND_BATCH).enumerate() {
            if let Err(error) = self.audit_log.refresh_clients(batch).await {
                pending.put_back(clients[sent * SEND_BATCH..].to_vec());
                return Err(error.into());
            }
        }
        Ok(())
    }

    async fn write(&self, everything: bool) -> Result<usize, CallError> {
        self.write_clients().await?;
        let SessionActivity { tracker, pending_audit, .. } = self.activity.as_ref();
        let due = tracker.collect_due(self.clock.now(), everything);
        for touches in due.chunks(FLUSH_BATCH) {
            let stored = self.store.touch(touches).await?;
            tracker.mark_written(touches);
            for (touch, stored) in touches.iter().zip(&stored) {
                if stored.is_none() {
                    tracker.untrack(touch.session_id);
                }
            }
            let written = touches.iter().zip(stored);
            pending_audit.add(written.filter_map(|(touch, stored)| Some(Touch { at: stored?, ..*touch })));
            self.observer.touches_written(touches.len());
        }
        Ok(due.len())
    }
}
