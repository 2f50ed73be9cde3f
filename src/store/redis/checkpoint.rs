//! The checkpoint of each server, in the `meta` of one of its buckets.

use std::time::Duration;

use futures_util::future::join_all;
use redis::Value;
use redis_cluster::decode_answer;

use super::{RedisSessionStore, client::StoreServer, keys, time::masters_with_buckets};
use crate::{
    domain::{Bucket, UnixMillis, time::millis},
    store::{AdvancedCheckpoint, BindingFault, CRASH_TOLERANCE, CheckpointResult, KnownCheckpoints, StoreError},
};

const DURING: &str = "advancing the checkpoint";

/// Advances the checkpoint of every master that has buckets. A master that is not used because it was rolled back is
/// included: its data may have been adopted.
pub(super) async fn advance(store: &RedisSessionStore, known: &KnownCheckpoints) -> Vec<CheckpointResult> {
    let router = &store.router;
    router.refresh_topology_if_stale().await;
    let masters = masters_with_buckets(&router.slot_map());
    let advanced = masters.iter().map(async |(node, bucket)| {
        let known = known.get(bucket).copied().unwrap_or_default();
        let outcome = advance_one(store, node, *bucket, known).await;
        let fault = match &outcome {
            Err(StoreError::Binding { fault: fault @ BindingFault::RolledBack { .. }, .. }) => Some(Some(*fault)),
            Ok(_) => Some(None),
            Err(_) => None,
        };
        if let Some(fault) = fault {
            node.inspection().set_binding_fault(fault);
        }
        if let Ok(AdvancedCheckpoint { at, .. }) = &outcome {
            node.inspection().note_checkpoint(*bucket, *at);
        }
        CheckpointResult { bucket: *bucket, outcome }
    });
    join_all(advanced).await
}

async fn advance_one(
    store: &RedisSessionStore,
    node: &StoreServer,
    bucket: Bucket,
    known: UnixMillis,
) -> Result<AdvancedCheckpoint, StoreError> {
    let call = store.scripts.checkpoint.call_for_installation(&[keys::meta(bucket)]);
    let request = call.arg(known.get()).arg(millis(CRASH_TOLERANCE)).into_request();
    // The request is not redirected: each server has a checkpoint of its own.
    let answer = node.run_script(DURING, &request).await;
    let answer = answer.map_err(|failure| store.router.classify(DURING, failure).error)?;
    let (outcome, first, second, third): (String, u64, u64, Option<u64>) = match answer {
        Value::Array(mut parts) => {
            parts.resize(4, Value::Nil);
            decode_answer(DURING, Value::Array(parts))?
        }
        other => decode_answer(DURING, other)?,
    };
    if outcome == "advanced" {
        let lost = Duration::from_millis(second);
        return Ok(AdvancedCheckpoint {
            at: UnixMillis::new(first),
            lost,
            audited: UnixMillis::new(third.unwrap_or_default()),
        });
    }
    let fault = BindingFault::RolledBack { found: UnixMillis::new(first), known: UnixMillis::new(second) };
    Err(StoreError::Binding { during: DURING, fault })
}
