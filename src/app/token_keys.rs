//! Keeps the store informed of the token keys of this node, and this node of those of others.

use std::{sync::Arc, time::Duration};

use super::binding::BindingError;
use crate::{
    authority::token_key_registry::TokenKeyRegistry,
    domain::TokenKeys,
    store::{BindingId, BoundStore, TokenKeyFingerprints},
};

/// How often that is. The store remembers a key for an hour.
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

    /// Notes the own keys, and learns which ones others use. Fails where another key goes by the id of an own one.
    pub async fn compare(&self) -> Result<(), BindingError> {
        let used = self.store.register_token_keys(&self.own).await?;
        if let Some(id) = self.own.iter().find(|(id, own)| used.get(id).is_some_and(|other| other != *own)) {
            return Err(BindingError::TokenKeyConflict { id: *id.0 });
        }
        let missing: Vec<u8> = used.keys().filter(|id| !self.own.contains_key(id)).copied().collect();
        if self.registry.set_missing(&missing) && !missing.is_empty() {
            tracing::warn!(
                ?missing,
                "other nodes use token keys that this node does not have: it gives no verdict on tokens made with them; add \
                 them to `keys.token`"
            );
        }
        Ok(())
    }
}
