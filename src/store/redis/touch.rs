use std::collections::BTreeMap;

use super::{RedisSessionStore, keys};
use crate::{
    domain::{Bucket, UnixMillis, UserHandle},
    store::{SeenClient, StoreError, Touch, record::encode_last_seen},
};

/// Touches that one run of the script writes. It blocks the server for well under a millisecond.
const BATCH_SIZE: usize = 500;

/// Implements the store's `touch`: one script for each bucket and batch, all in one round trip to each server. If one
/// of them fails, the others may have been written, which another run does not change.
pub(super) async fn touch(store: &RedisSessionStore, touches: &[Touch]) -> Result<Vec<Option<UnixMillis>>, StoreError> {
    let buckets = indices_by_bucket(touches.iter().map(|touch| touch.session_id.handle));
    let batches: Vec<&[usize]> = buckets.values().flat_map(|indices| indices.chunks(BATCH_SIZE)).collect();
    let calls = batches.iter().map(|batch| {
        let handle = |&index: &usize| touches[index].session_id.handle;
        let meta = batch.first().map(|first| keys::meta(handle(first).bucket()));
        let keys: Vec<_> = batch.iter().map(|index| keys::clocks(handle(index))).chain(meta).collect();
        let call = store.scripts.touch.call_with_time_bound(&keys);
        batch
            .iter()
            .fold(call, |call, &index| call.arg(&touches[index].session_id.unique[..]).arg(touches[index].at.get()))
    });
    let answers = store.scripts.touch.run_many::<Vec<Option<u64>>>(&store.router, calls).await;

    let mut stored = vec![None; touches.len()];
    for (batch, answer) in batches.into_iter().zip(answers) {
        for (&index, time) in batch.iter().zip(answer?) {
            stored[index] = time.map(UnixMillis::new);
        }
    }
    Ok(stored)
}

/// Implements the store's `put_last_seen`: one script for each bucket and batch, all in one round trip to each server.
pub(super) async fn put_last_seen(store: &RedisSessionStore, clients: &[SeenClient]) -> Result<(), StoreError> {
    let buckets = indices_by_bucket(clients.iter().map(|seen| seen.session_id.handle));
    let batches: Vec<&[usize]> = buckets.values().flat_map(|indices| indices.chunks(BATCH_SIZE)).collect();
    let calls = batches.iter().map(|batch| {
        let handle = |&index: &usize| clients[index].session_id.handle;
        let meta = batch.first().map(|first| keys::meta(handle(first).bucket()));
        let keys: Vec<_> = batch.iter().map(|index| keys::sessions(handle(index))).chain(meta).collect();
        batch.iter().fold(store.scripts.put_last_seen.call_for_installation(&keys), |call, &index| {
            call.arg(&clients[index].session_id.unique[..]).arg(encode_last_seen(&clients[index].client))
        })
    });
    let answers = store.scripts.put_last_seen.run_many::<Vec<Option<u64>>>(&store.router, calls).await;
    answers.into_iter().try_for_each(|answer| answer.map(drop))
}

/// Returns the positions of users in a list, by bucket.
fn indices_by_bucket(handles: impl Iterator<Item = UserHandle>) -> BTreeMap<Bucket, Vec<usize>> {
    let mut buckets: BTreeMap<Bucket, Vec<usize>> = BTreeMap::new();
    for (index, handle) in handles.enumerate() {
        buckets.entry(handle.bucket()).or_default().push(index);
    }
    buckets
}
