//! The record of callers that a node writes to the audit: refused calls, and the last use of credentials.

use std::{sync::Arc, time::Duration};

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::callers::CallerAuthenticator;
use crate::{
    audit::{AuditDatabase, AuditError, CallerLog},
    authority::RefusedCallRecorder,
    domain::RefusedCalls,
    entropy::Entropy,
};

/// The interval at which both are written.
const WRITE_INTERVAL: Duration = Duration::from_secs(30);

/// Maximum number of events that wait while the audit database is unavailable. Further ones are discarded.
const MAX_PENDING: usize = 1_024;

/// Writes the record of callers to the audit database.
pub(super) struct CallerLogWriter {
    log: Arc<dyn CallerLog>,
    refused: Arc<RefusedCallRecorder>,
    callers: Arc<CallerAuthenticator>,
    entropy: Arc<dyn Entropy>,
}

impl CallerLogWriter {
    pub(super) fn new(
        audit: &AuditDatabase,
        refused: &Arc<RefusedCallRecorder>,
        callers: &Arc<CallerAuthenticator>,
        entropy: &Arc<dyn Entropy>,
    ) -> Self {
        Self {
            log: Arc::clone(&audit.callers),
            refused: Arc::clone(refused),
            callers: Arc::clone(callers),
            entropy: Arc::clone(entropy),
        }
    }

    /// Writes until `stop`, and then once more.
    pub(super) async fn run(self, stop: CancellationToken) {
        let (mut pending, mut is_failing) = (Vec::new(), false);
        let mut ticks = interval(WRITE_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let is_stopped = stop.run_until_cancelled(ticks.tick()).await.is_none();
            let written = self.write(&mut pending).await;
            if let (Err(error), false) = (&written, is_failing) {
                tracing::warn!(
                    %error,
                    "failed to record refused calls and the last use of credentials in the audit database; retrying"
                );
            }
            is_failing = written.is_err();
            if is_stopped {
                return;
            }
        }
    }

    async fn write(&self, pending: &mut Vec<RefusedCalls>) -> Result<(), AuditError> {
        match self.refused.take(self.entropy.as_ref()) {
            Ok(refused) => pending.extend(refused),
            Err(error) => tracing::error!(%error, "failed to record refused calls"),
        }
        if pending.len() > MAX_PENDING {
            let discarded = pending.len() - MAX_PENDING;
            tracing::warn!(discarded, "too many refused calls wait for the audit database; the latest are discarded");
            pending.truncate(MAX_PENDING);
        }
        let uses = self.callers.unrecorded_uses();
        if !uses.is_empty() {
            self.log.record_credential_uses(&uses).await?;
            self.callers.mark_recorded(&uses);
        }
        if !pending.is_empty() {
            self.log.append_refused_calls(pending).await?;
            pending.clear();
        }
        Ok(())
    }
}
