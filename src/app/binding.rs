//! Whether the session store and the audit database belong to this installation and to each other.

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

/// Why a store and an audit database are not used together. Each text says what to do.
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
         restore it, or accept that everybody is signed out with `session-authority adopt`; if it moved, correct \
         `store.url`"
    )]
    EmptyStore { known: BindingId },
    #[error(
        "the session store is empty, and the audit database, which knows whether it is new or was emptied, does not \
         answer: start the audit database first"
    )]
    EmptyStoreUnverified,
    #[error(
        "{unbound} parts of the session store are empty: restore them, or accept that their users are signed out with \
         `session-authority adopt`"
    )]
    PartlyEmptyStore { unbound: u16 },
    #[error(
        "parts of the session store belong to different stores ({one} and {other}): remove the servers that do not \
         belong to it, or take it over as it is with `session-authority adopt`"
    )]
    InconsistentStore { one: BindingId, other: BindingId },
    #[error(
        "token key {id} of this node is not the one that other nodes have under that id: give all nodes the same \
         `keys.token`; one that was changed on purpose needs another id"
    )]
    TokenKeyConflict { id: u8 },
    #[error(
        "the events of this session store belong in another audit database (the store names {store}, `audit.url` leads \
         to {configured}): set `audit.url` alike on all nodes, or change it for all of them with \
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
    /// An empty store is taken for a new one.
    adopt_empty: bool,
    entropy: Arc<dyn Entropy>,
    /// Why no events are sent to the audit database, until it has answered and belongs to the store.
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

    /// Binds what is not bound yet, and refuses what is bound to something else. Returns whether the audit database was
    /// examined too: it need not answer for a node to start.
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
            // Of a first start that was interrupted, or is under way on another node, the rest is done.
            BindingState::Bound { binding, unbound, .. } => {
                // The audit database is named by the first node that reaches it.
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

    /// Takes the store and the audit database as they are, whatever they were bound to. Returns what is bound now.
    pub async fn adopt(&self) -> Result<StoreBinding, BindingError> {
        let audit = self.audit.binding.binding().await?;
        let binding = match self.store.binding().await? {
            BindingState::Bound { binding, .. } if binding.installation == self.installation => {
                StoreBinding { audit: Some(audit.audit), ..binding }
            }
            _ => self.new_binding(Some(audit))?,
        };
        // In this order: running nodes that see one without the other refuse it, and record nothing.
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
                    "store {} of {whose} installation, bound to audit {audit}; {unbound} parts are empty, {unreached} \
                     cannot be reached",
                    binding.store
                )
            }
        };
        let bound = audit.store.map_or_else(|| "no session store yet".to_owned(), |store| format!("store {store}"));
        Ok(format!("session store: {store}\naudit: {}, bound to {bound}\n", AuditDatabaseName(audit.audit)))
    }

    /// Waits until it is known that the audit database belongs to the store. Returns `false` when it is stopped before.
    pub async fn wait_until_examined(&self, stop: &CancellationToken) -> bool {
        let mut examined = self.examined.subscribe();
        stop.run_until_cancelled(examined.wait_for(|is_examined| *is_examined)).await.is_some_and(|seen| seen.is_ok())
    }

    /// Looks at the audit database again and again until it has answered and belongs to the store. Returns `false` when it
    /// is stopped before.
    pub async fn examine_audit_until_bound(&self, clock: &Arc<dyn Clock>, stop: &CancellationToken) -> bool {
        if *self.examined.borrow() {
            return true;
        }
        let mut backoff = Backoff::new(Arc::clone(clock));
        loop {
            let (is_settled, conflict) = match self.establish().await {
                Ok(is_examined) => (is_examined, None),
                // The checks of the store and of the relay tell.
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

    /// Binds a store that was emptied, where the settings say that it may be.
    pub async fn adopt_if_empty(&self, error: &StoreError) {
        if !self.adopt_empty || !matches!(error, StoreError::Binding { fault: BindingFault::Unbound, .. }) {
            return;
        }
        match self.establish().await {
            Ok(_) => {
                tracing::warn!("the session store was emptied and is used as a new one, as `store.adopt_empty` says");
            }
            Err(error) => tracing::error!(%error, "the session store was emptied and cannot be bound again"),
        }
    }

    /// Why no events are sent to the audit database.
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
                    tracing::warn!(%error, "the audit database does not record its session store; an emptied store cannot \
                        be told from a new one: grant UPDATE on the table `binding`");
                    Ok(())
                }
                outcome => outcome.map_err(BindingError::from),
            },
        }
    }

    /// Completes a binding. A part that cannot be reached was bound before, and is completed by the next node that starts.
    async fn complete_binding(&self, binding: StoreBinding) -> Result<StoreBinding, StoreError> {
        match self.store.bind(binding).await {
            Err(error @ (StoreError::Unreachable { .. } | StoreError::NoResponse { .. })) => {
                tracing::warn!(%error, "a part of the session store cannot be reached; its binding is completed later");
                Ok(binding)
            }
            outcome => outcome,
        }
    }

    /// A store keeps the name that the audit database knows it by.
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
