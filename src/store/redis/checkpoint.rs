//! The checkpoint of each server, in the `meta` of one of its buckets.

use std::time::Duration;

use futures_util::future::join_all;
use redis::Value;

use super::{
    RedisSessionStore, keys,
    node::{RedisNode, RequestFailure},
    redirect::Redirect,
    request::RedisRequest,
    router::{Router, decode_answer, unreachable},
    time::masters_with_buckets,
};
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
        let outcome = advance_one(store, router, node, *bucket, known).await;
        let fault = match &outcome {
            Err(StoreError::Binding { fault: fault @ BindingFault::RolledBack { .. }, .. }) => Some(Some(*fault)),
            Ok(_) => Some(None),
            Err(_) => None,
        };
        if let Some(fault) = fault {
            node.state.set_binding_fault(fault);
        }
        if let Ok(AdvancedCheckpoint { at, .. }) = &outcome {
            node.state.note_checkpoint(*bucket, *at);
        }
        CheckpointResult { bucket: *bucket, outcome }
    });
    join_all(advanced).await
}

async fn advance_one(
    store: &RedisSessionStore,
    router: &Router,
    node: &RedisNode,
    bucket: Bucket,
    known: UnixMillis,
) -> Result<AdvancedCheckpoint, StoreError> {
    let call = store.scripts.checkpoint.call_for_installation(&[keys::meta(bucket)]);
    let request = call.arg(known.get()).arg(millis(CRASH_TOLERANCE)).into_request();
    let mut answer = run_on(node, &request, false).await;
    if answer.as_ref().is_err_and(|failure| failure.redirect == Some(Redirect::NoScript)) {
        answer = run_on(node, &request, true).await;
    }
    let answer = answer.map_err(|failure| router.classify(DURING, failure).error)?;
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

/// Runs a script on this server. The request is not redirected: each server has a checkpoint of its own.
async fn run_on(node: &RedisNode, request: &RedisRequest<'_>, loads_script: bool) -> Result<Value, RequestFailure> {
    let mut pipe = redis::pipe();
    if let Some(script) = request.script.filter(|_| loads_script) {
        pipe.load_script(script);
    }
    pipe.add_command(request.command.clone());
    let missing = || RequestFailure { redirect: None, error: unreachable(DURING, "no response") };
    node.exchange(DURING, &pipe).await?.pop().unwrap_or_else(|| Err(missing()))
}
