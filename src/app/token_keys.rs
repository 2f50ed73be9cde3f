//! The comparison of this node's token keys with those of other nodes, through the store.

use std::{sync::Arc, time::Duration};

use super::binding::BindingError;
use crate::{
    authority::token_key_registry::TokenKeyRegistry,
    domain::TokenKeys,
    store::{BindingId, BoundStore, TokenKeyFingerprints},
};

/// The interval of the comparison. The store remembers a key for an hour.
pub const COMPARE_INTERVAL: Duration = Duration::from_secs(30);

/// The token keys of a node and of the others.
pub struct TokenKeyWatch {
    store: Arc<dyn BoundStore>,
    own: TokenKeyFingerprints,
    registry: Arc<TokenKeyRegistry>,
}

impl TokenKeyWatch {
    pub fn new(store: Arc<dyn BoundStore>, keys: &TokenKeys, registry: Arc<TokenKeyRegistry>) -> Self {
        let own = keys.iter().map(|key| (key.id(), BindingId(key.fingerprint()))).collect();
        Self { store, own, registry }
    }

    /// Registers the keys of this node, and reads those that other nodes use. Fails if another node uses a different
    /// key with the ID of one of them.
    pub async fn compare(&self) -> Result<(), BindingError> {
        let used = self.store.register_token_keys(&self.own).await?;
        if let Some(id) = self.own.iter().find(|(id, own)| used.get(id).is_some_and(|other| other != *own)) {
            return Err(BindingError::TokenKeyConflict { id: *id.0 });
        }
        let missing: Vec<u8> = used.keys().filter(|id| !self.own.contains_key(id)).copied().collect();
        if self.registry.set_missing(&missing) && !missing.is_empty() {
            tracing::warn!(
                ?missing,
                "other nodes use token keys that this node does not have: it cannot validate tokens issued with them; \
                 add them to `keys.token`"
            );
        }
        Ok(())
    }
}
