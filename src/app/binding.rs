//! The binding of the session store and the audit database to this installation and to each other.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::readiness::CheckResult;
use crate::{
    audit::{AuditBinding, AuditDatabase, AuditError},
    backoff::Backoff,
    clock::Clock,
    entropy::{Entropy, EntropyError, random_bytes},
    store::{BindingFault, BindingId, BindingState, BoundStore, StoreBinding, StoreError},
    transport::http::CheckState,
};

/// The reason that a store and an audit database are not used together. Each text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum BindingError {
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("{0}")]
    Audit(#[from] AuditError),
    #[error("{0}")]
    Entropy(#[from] EntropyError),
    #[error("{}", BindingFault::WrongInstallation)]
    ForeignStore,
    #[error(
        "the session store is empty, but the audit database has recorded one (store {known}): if its data was lost, \
         restore it, or accept that everyone is signed out with `session-authority adopt`; if it moved, correct \
         `store.url`"
    )]
    EmptyStore { known: BindingId },
    #[error(
        "the session store is empty, and the audit database, which records whether the store is new or was emptied, is \
         unavailable: start the audit database first"
    )]
    EmptyStoreUnverified,
    #[error(
        "{unbound} parts of the session store are empty: restore them, or accept that their users are signed out with \
         `session-authority adopt`"
    )]
    PartlyEmptyStore { unbound: u16 },
    #[error(
        "parts of the session store belong to different stores ({one} and {other}): remove the servers that do not \
         belong to it, or accept its current state with `session-authority adopt`"
    )]
    InconsistentStore { one: BindingId, other: BindingId },
    #[error(
        "token key {id} of this node differs from the key that other nodes use with that id: give all nodes the same \
         `keys.token`; a key that was changed on purpose needs a new id"
    )]
    TokenKeyConflict { id: u8 },
    #[error(
        "this session store is bound to another audit database (the store names {store}, `audit.url` leads to \
         {configured}): set the same `audit.url` on all nodes, or change it for all of them with \
         `session-authority adopt`"
    )]
    AuditDatabaseMismatch { store: AuditDatabaseName, configured: AuditDatabaseName },
    #[error(
        "the audit database holds the events of another session store ({recorded}; this one is {store}): check \
         `store.url` and `audit.url`, or bind the two with `session-authority adopt`"
    )]
    SessionStoreMismatch { recorded: BindingId, store: BindingId },
}

/// The name of an audit database in texts for operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditDatabaseName(BindingId);

impl std::fmt::Display for AuditDatabaseName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0 == BindingId::NONE { f.write_str("none") } else { write!(f, "database {}", self.0) }
    }
}

/// The binding of a node's store and audit database.
pub struct InstallationBinding {
    store: Arc<dyn BoundStore>,
    audit: AuditDatabase,
    installation: BindingId,
    /// Set if an empty store is accepted as a new one.
    adopt_empty: bool,
    entropy: Arc<dyn Entropy>,
    /// The reason that no events are sent to the audit database, until it has responded and belongs to the store.
    conflict: Mutex<Option<CheckResult>>,
    examined: watch::Sender<bool>,
}

impl InstallationBinding {
    pub fn new(
        store: Arc<dyn BoundStore>,
        audit: AuditDatabase,
        installation: BindingId,
        adopt_empty: bool,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self {
            store,
            audit,
            installation,
            adopt_empty,
            entropy,
            conflict: Mutex::default(),
            examined: watch::Sender::new(false),
        }
    }

    /// Binds the two databases if they are not bound yet, and refuses one that is bound to something else. Returns
    /// whether the audit database was examined, too: a node also starts while it is unavailable.
    pub async fn establish(&self) -> Result<bool, BindingError> {
        let audit = match self.audit.binding.binding().await {
            Ok(binding) => Some(binding),
            Err(AuditError::Unavailable { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        let known = audit.and_then(|audit| audit.store);
        let binding = match self.store.binding().await? {
            BindingState::Inconsistent { one, other } => {
                return Err(BindingError::InconsistentStore { one: one.store, other: other.store });
            }
            BindingState::Bound { binding, .. } if binding.installation != self.installation => {
                return Err(BindingError::ForeignStore);
            }
            BindingState::Bound { unbound, is_complete: true, .. } if unbound > 0 && !self.adopt_empty => {
                return Err(BindingError::PartlyEmptyStore { unbound });
            }
            // A first start that was interrupted, or is in progress on another node, is completed.
            BindingState::Bound { binding, unbound, .. } => {
                // The first node that reaches the audit database records its name.
                let named = StoreBinding { audit: binding.audit.or(audit.map(|audit| audit.audit)), ..binding };
                if unbound > 0 || named != binding { self.complete_binding(named).await? } else { binding }
            }
            BindingState::Unbound => match known {
                Some(known) if !self.adopt_empty => return Err(BindingError::EmptyStore { known }),
                None if audit.is_none() && !self.adopt_empty => return Err(BindingError::EmptyStoreUnverified),
                _ => self.store.bind(self.new_binding(audit)?).await?,
            },
        };
        if binding.installation != self.installation {
            return Err(BindingError::ForeignStore);
        }
        match audit {
            Some(audit) => {
                self.check_audit(binding, audit).await?;
                self.examined.send_replace(true);
                Ok(true)
            }
            None => Ok(false),
        }
    }

    /// Adopts the store and the audit database as they are, whatever they were bound to. Returns the new binding.
    pub async fn adopt(&self) -> Result<StoreBinding, BindingError> {
        let audit = self.audit.binding.binding().await?;
        let binding = match self.store.binding().await? {
            BindingState::Bound { binding, .. } if binding.installation == self.installation => {
                StoreBinding { audit: Some(audit.audit), ..binding }
            }
            _ => self.new_binding(Some(audit))?,
        };
        // The order matters: running nodes that see one without the other refuse it, and record nothing.
        self.audit.binding.rebind(binding.store).await?;
        self.store.rebind(binding).await?;
        Ok(binding)
    }

    /// Describes both, for an operator who is about to adopt them.
    pub async fn describe(&self) -> Result<String, BindingError> {
        let audit = self.audit.binding.binding().await?;
        let store = match self.store.binding().await? {
            BindingState::Unbound => "empty, or never used".to_owned(),
            BindingState::Inconsistent { one, other } => format!("parts of stores {} and {}", one.store, other.store),
            BindingState::Bound { binding, unbound, unreached, .. } => {
                let whose = if binding.installation == self.installation { "this" } else { "another" };
                let audit = binding
                    .audit
                    .map_or_else(|| "no audit database yet".to_owned(), |id| AuditDatabaseName(id).to_string());
                format!(
                    "store {} of {whose} installation, bound to audit {audit}; {unbound} partitions empty, {unreached} \
                     unreachable",
                    binding.store
                )
            }
        };
        let bound = audit.store.map_or_else(|| "no session store yet".to_owned(), |store| format!("store {store}"));
        Ok(format!("session store: {store}\naudit: {}, bound to {bound}\n", AuditDatabaseName(audit.audit)))
    }

    /// Waits until the audit database is known to belong to the store. Returns `false` if it is stopped before.
    pub async fn wait_until_examined(&self, stop: &CancellationToken) -> bool {
        let mut examined = self.examined.subscribe();
        stop.run_until_cancelled(examined.wait_for(|is_examined| *is_examined)).await.is_some_and(|seen| seen.is_ok())
    }

    /// Examines the audit database, with retries, until it has responded and belongs to the store. Returns `false` if
    /// it is stopped before.
    pub async fn examine_audit_until_bound(&self, clock: &Arc<dyn Clock>, stop: &CancellationToken) -> bool {
        if *self.examined.borrow() {
            return true;
        }
        let mut backoff = Backoff::new(Arc::clone(clock));
        loop {
            let (is_settled, conflict) = match self.establish().await {
                Ok(is_examined) => (is_examined, None),
                // The checks of the store and of the relay report this.
                Err(BindingError::Store(_)) => (false, None),
                Err(error @ (BindingError::Audit(_) | BindingError::Entropy(_))) => {
                    (false, Some(CheckResult::new(CheckState::Degraded, error.to_string())))
                }
                Err(error) => (false, Some(CheckResult::new(CheckState::Failed, error.to_string()))),
            };
            *self.conflict() = conflict;
            if is_settled {
                return true;
            }
            if stop.run_until_cancelled(tokio::time::sleep(backoff.next_delay())).await.is_none() {
                return false;
            }
        }
    }

    /// Binds a store that was emptied, if `store.adopt_empty` is set.
    pub async fn adopt_if_empty(&self, error: &StoreError) {
        if !self.adopt_empty || !matches!(error, StoreError::Binding { fault: BindingFault::Unbound, .. }) {
            return;
        }
        match self.establish().await {
            Ok(_) => {
                tracing::warn!(
                    "the session store is empty; using it as a new store because `store.adopt_empty` is set"
                );
            }
            Err(error) => tracing::error!(%error, "failed to bind the emptied session store"),
        }
    }

    /// Returns the reason that no events are sent to the audit database.
    pub fn audit_conflict(&self) -> Option<CheckResult> {
        self.conflict().clone()
    }

    async fn check_audit(&self, binding: StoreBinding, audit: AuditBinding) -> Result<(), BindingError> {
        let named = binding.audit.unwrap_or(audit.audit);
        if named != audit.audit {
            let (store, configured) = (AuditDatabaseName(named), AuditDatabaseName(audit.audit));
            return Err(BindingError::AuditDatabaseMismatch { store, configured });
        }
        match audit.store {
            Some(recorded) if recorded == binding.store || audit.audit == BindingId::NONE => Ok(()),
            Some(recorded) => Err(BindingError::SessionStoreMismatch { recorded, store: binding.store }),
            None => match self.audit.binding.bind(binding.store).await {
                Err(error @ AuditError::Forbidden { .. }) => {
                    tracing::warn!(
                        %error,
                        "the audit database cannot record its session store, so an emptied store cannot be distinguished \
                         from a new one; grant UPDATE on the table `binding`"
                    );
                    Ok(())
                }
                outcome => outcome.map_err(BindingError::from),
            },
        }
    }

    /// Completes a binding. An unreachable part was bound before, and the next node that starts completes it.
    async fn complete_binding(&self, binding: StoreBinding) -> Result<StoreBinding, StoreError> {
        match self.store.bind(binding).await {
            Err(error @ (StoreError::Unreachable { .. } | StoreError::NoResponse { .. })) => {
                tracing::warn!(%error, "part of the session store is unreachable; its binding will be completed later");
                Ok(binding)
            }
            outcome => outcome,
        }
    }

    /// Creates a binding. A store keeps the name by which the audit database knows it.
    fn new_binding(&self, audit: Option<AuditBinding>) -> Result<StoreBinding, EntropyError> {
        let known = audit.and_then(|audit| audit.store);
        let store = match known {
            Some(known) => known,
            None => BindingId(random_bytes(self.entropy.as_ref())?),
        };
        Ok(StoreBinding { installation: self.installation, store, audit: audit.map(|audit| audit.audit) })
    }

    fn conflict(&self) -> std::sync::MutexGuard<'_, Option<CheckResult>> {
        self.conflict.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
