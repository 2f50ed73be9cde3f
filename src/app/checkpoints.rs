//! Detects a store or an audit database that was rolled back to an older copy.

use std::{sync::Arc, time::Duration};

use tokio::sync::Mutex;

use super::binding::BindingError;
use crate::{
    audit::{AuditDatabase, AuditError},
    authority::audit_condition::AuditCondition,
    store::{AdvancedCheckpoint, BindingFault, BoundStore, KnownCheckpoints, StoreError},
    telemetry::Metrics,
};

/// The interval at which checkpoints are advanced.
pub const ADVANCE_INTERVAL: Duration = Duration::from_secs(2);

/// The number of advances after which checkpoints are recorded in the audit database.
const RECORD_EVERY: u32 = 5;

/// The checkpoints of a node's store and audit database.
pub struct CheckpointMonitor {
    store: Arc<dyn BoundStore>,
    audit: AuditDatabase,
    condition: Arc<AuditCondition>,
    metrics: Arc<Metrics>,
    state: Mutex<CheckpointState>,
}

#[derive(Default)]
struct CheckpointState {
    /// The newest checkpoint of each server, as reported by the store or the audit database.
    known: KnownCheckpoints,
    /// The checkpoints that the audit database has recorded, according to the store.
    audited: KnownCheckpoints,
    /// Set once the audit database has responded. Without its checkpoints the evidence of an older copy could be
    /// overwritten.
    is_complete: bool,
    rounds: u32,
}

impl CheckpointMonitor {
    pub fn new(
        store: Arc<dyn BoundStore>,
        audit: AuditDatabase,
        condition: Arc<AuditCondition>,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self { store, audit, condition, metrics, state: Mutex::default() }
    }

    /// Advances the checkpoints of the store, and periodically compares and records them in the audit database. Fails
    /// if a server of the store was rolled back; that server then serves no calls. Does nothing until the audit
    /// database has responded once.
    pub async fn advance(&self) -> Result<(), BindingError> {
        let mut state = self.state.lock().await;
        if !state.is_complete {
            match self.audit.binding.checkpoints().await {
                Ok(recorded) => state.merge(&recorded),
                Err(error) => {
                    tracing::debug!(%error, "failed to read the session store's checkpoints");
                    return Ok(());
                }
            }
        }
        let mut fault = None;
        for checkpoint in self.store.advance_checkpoints(&state.known).await {
            match checkpoint.outcome {
                Ok(AdvancedCheckpoint { at, lost, audited }) => {
                    if !lost.is_zero() {
                        self.report_loss(lost);
                    }
                    state.known.insert(checkpoint.bucket, at);
                    state.audited.insert(checkpoint.bucket, audited);
                }
                Err(error @ StoreError::Binding { fault: BindingFault::RolledBack { .. }, .. }) => fault = Some(error),
                // The readiness checks report this.
                Err(error) => tracing::debug!(%error, "failed to advance a checkpoint of the session store"),
            }
        }
        if let Some(error) = fault {
            return Err(error.into());
        }
        let is_due = state.rounds.is_multiple_of(RECORD_EVERY);
        state.rounds = state.rounds.wrapping_add(1);
        if is_due && let Err(error) = self.record(&state).await {
            tracing::debug!(%error, "failed to record the session store's checkpoints");
        }
        Ok(())
    }

    /// Records the checkpoints, unless the audit database has older ones than before.
    async fn record(&self, state: &CheckpointState) -> Result<(), BindingError> {
        let recorded = self.audit.binding.checkpoints().await?;
        let older = state.audited.iter().find(|(bucket, at)| recorded.get(bucket).copied().unwrap_or_default() < **at);
        if let Some((bucket, at)) = older {
            let found = recorded.get(bucket).map_or_else(|| "an unknown time".to_owned(), ToString::to_string);
            self.set_condition(Some(format!(
                "the audit database was restored to a copy from {found}, but was in use until {at}: events in between \
                 are missing; restore a newer copy, or accept the loss with `session-authority adopt`"
            )));
            return Ok(());
        }
        for (bucket, at) in &state.known {
            match self.audit.binding.record_checkpoint(*bucket, recorded.get(bucket).copied(), *at).await {
                Err(error @ AuditError::Forbidden { .. }) => {
                    tracing::debug!(%error, "the role may not write checkpoints; none are recorded");
                    return Ok(());
                }
                outcome => outcome?,
            }
        }
        // Another node may have recorded other checkpoints.
        let mut current = self.audit.binding.checkpoints().await?;
        current.retain(|bucket, _| state.known.contains_key(bucket));
        self.store.record_audited_checkpoints(&current).await?;
        self.set_condition(None);
        Ok(())
    }

    fn set_condition(&self, fault: Option<String>) {
        let text = fault.clone();
        match (self.condition.set_rollback_fault(fault), text) {
            (true, Some(fault)) => {
                tracing::error!(
                    fault,
                    "audit database was rolled back; searches, statistics and filtered revocations are refused until \
                     `session-authority adopt`"
                );
            }
            (true, None) => tracing::info!("audit database is up to date again; queries are allowed"),
            (false, _) => {}
        }
    }

    fn report_loss(&self, lost: Duration) {
        self.metrics.store_lost_changes();
        tracing::error!(
            lost_ms = lost.as_millis(),
            "the session store lost its last changes in a crash: sessions of that time are gone, and sessions that \
             were revoked then are accepted again; look the revocations up in the audit and repeat them"
        );
    }
}

impl CheckpointState {
    fn merge(&mut self, recorded: &KnownCheckpoints) {
        for (bucket, at) in recorded {
            let known = self.known.entry(*bucket).or_default();
            *known = (*known).max(*at);
        }
        self.is_complete = true;
    }
}
