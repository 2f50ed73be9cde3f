//! The causes of mass revocations. Each is stored once, in the home bucket of its scope.

use std::collections::HashMap;

use redis_cluster::RedisRequest;

use super::{RedisSessionStore, keys};
use crate::{
    domain::{Cause, UnixMillis},
    store::{StoreError, outbox::OutboxEntry, record::decode_cause},
};

const DURING: &str = "reading the cause of a mass revocation";

/// A cause as it is stored with an ending.
pub(super) enum StoredCause {
    Inline(Cause),
    /// The cause of a mass revocation, referred to by the field of its scope in the generations.
    ScopeReference(String),
}

impl StoredCause {
    /// Decodes a cause, or the zero byte and the field that refer to one.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, StoreError> {
        if let Some(field) = scope_field(bytes) {
            return Ok(Self::ScopeReference(field));
        }
        decode_cause(bytes).map(Self::Inline).map_err(|error| StoreError::corrupt(DURING, error.to_string()))
    }

    /// Returns the cause of a change at `at`. The cause of a mass revocation is empty if its home bucket cannot be
    /// reached or no longer has it: the end of a session does not depend on its cause.
    pub(super) async fn resolve(self, store: &RedisSessionStore, at: UnixMillis) -> Result<Cause, StoreError> {
        let field = match self {
            Self::Inline(cause) => return Ok(cause),
            Self::ScopeReference(field) => field,
        };
        match read_cause(store, &field, at).await {
            Ok(Some(bytes)) => decode_cause(&bytes).map_err(|error| StoreError::corrupt(DURING, error.to_string())),
            Ok(None) => Ok(Cause::default()),
            Err(error @ (StoreError::Unreachable { .. } | StoreError::NoResponse { .. })) => {
                tracing::debug!(
                    %error,
                    "failed to read the cause of a mass revocation; reporting its sessions without a cause"
                );
                Ok(Cause::default())
            }
            Err(error) => Err(error),
        }
    }
}

/// Fills the causes of mass revocations into the entries that refer to them. Returns the entries before the first one
/// whose cause cannot be read at the moment, so that the order of a bucket is kept.
pub(super) async fn resolve_causes(
    store: &RedisSessionStore,
    entries: Vec<OutboxEntry>,
) -> Result<Vec<OutboxEntry>, StoreError> {
    let mut known: HashMap<(String, u64), Vec<u8>> = HashMap::new();
    let mut filled = Vec::with_capacity(entries.len());
    for mut entry in entries {
        if let Some(field) = scope_field(&entry.cause) {
            let key = (field, entry.at);
            entry.cause = match known.get(&key) {
                Some(cause) => cause.clone(),
                None => match read_cause(store, &key.0, UnixMillis::new(key.1)).await {
                    Ok(cause) => {
                        let cause = cause.unwrap_or_default();
                        known.insert(key, cause.clone());
                        cause
                    }
                    Err(StoreError::Unreachable { .. } | StoreError::NoResponse { .. }) => break,
                    Err(error) => return Err(error),
                },
            };
        }
        filled.push(entry);
    }
    Ok(filled)
}

async fn read_cause(store: &RedisSessionStore, field: &str, at: UnixMillis) -> Result<Option<Vec<u8>>, StoreError> {
    let recorded = [b"c", &at.get().to_be_bytes()[2..]].concat();
    Ok(store.router.query(DURING, RedisRequest::new("HGET", &keys::revocations(field)).arg(recorded)).await?)
}

fn scope_field(cause: &[u8]) -> Option<String> {
    let (0, field) = cause.split_first()? else { return None };
    std::str::from_utf8(field).ok().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::record::encode_cause;

    #[test]
    fn no_cause_is_taken_for_a_reference() {
        for cause in [Cause::default(), Cause::from_service("timeout")] {
            let bytes = encode_cause(&cause);
            assert!(matches!(StoredCause::decode(&bytes), Ok(StoredCause::Inline(stated)) if stated == cause));
        }
        assert!(matches!(StoredCause::decode(b"\0tacme"), Ok(StoredCause::ScopeReference(field)) if field == "tacme"));
    }
}
