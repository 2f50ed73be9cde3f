use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use futures_util::future::join_all;
use redis::Value;
use redis_cluster::{HashSlot, RedisRequest};

use super::{RedisSessionStore, keys, mass_revocation, reply::ScriptReply};
use crate::{
    clock::Stopwatch,
    domain::{Bucket, UnixMillis, UserHandle},
    store::{BucketClaim, StoreError, SweepOutcome, UnfinishedRevocation, record::Generation},
};

const DURING: &str = "sweeping a bucket";

/// Time after which a user whose sessions cannot be read is swept again.
const UNREADABLE_RETRY_DELAY: Duration = Duration::from_hours(1);

/// Users whose sessions are ended together. After them, the server has as much time for other calls.
const USERS_AT_ONCE: usize = 8;

/// Unfinished mass revocations that are resumed in one step.
const RESUMED_AT_ONCE: usize = 8;

/// Time for which a slow mass revocation stays listed after it was finished (`lua/finish_mass_revocation.lua`).
const FINISHED_RETENTION: Duration = Duration::from_hours(1);

/// The due users; the latest generation ever raised; the latest generation, the one that users are scanned for and the
/// time at which the next entry may be removed; the mass revocations that have not reached every bucket.
type SweepReply = (Vec<Vec<u8>>, Option<Generation>, GenerationReply, HashMap<String, Vec<u8>>);
type GenerationReply = (Option<Generation>, Option<u64>, Option<u64>);

/// The endings of one user, and the number of events appended for them.
type UserSweepReply = (Vec<Vec<Value>>, u64);

/// This node's position in the scan of each bucket's users since the bucket's generation was raised. It is lost with
/// the node, and the scan then starts again.
#[derive(Default)]
pub(super) struct BucketScans(Mutex<HashMap<Bucket, BucketScan>>);

/// A position in the scan of the users of a bucket. The scan is completed for the generation with which it started,
/// however often the bucket's is raised meanwhile. Otherwise frequent mass revocations would keep every scan from
/// completing.
#[derive(Clone)]
struct BucketScan {
    generation: u64,
    started_at: UnixMillis,
    /// The run ID of the server process that returned the cursor. The cursor is valid only there.
    run_id: String,
    cursor: u64,
    /// Set while the sessions of every user so far could be read.
    is_complete: bool,
}

/// Implements the store's `sweep`. It resumes the mass revocations that have not reached every bucket and sweeps the
/// due users. After a mass revocation, it then scans all users of the bucket step by step. Two nodes that sweep one
/// bucket do the work twice, with the effect of once; with a claim, only its owner does it.
pub(super) async fn sweep(
    store: &RedisSessionStore,
    bucket: Bucket,
    claim: Option<BucketClaim>,
    now: UnixMillis,
    limit: usize,
) -> Result<SweepOutcome, StoreError> {
    let all_due = keys::due(bucket);
    let mut pipe = redis::pipe();
    pipe.cmd("ZRANGEBYSCORE").arg(&all_due).arg("-inf").arg(now.get()).arg("LIMIT").arg(0).arg(limit);
    pipe.cmd("HGET").arg(keys::meta(bucket)).arg(keys::LATEST_GENERATION);
    pipe.cmd("HMGET").arg(keys::generations(bucket)).arg("n").arg("walk").arg("prune");
    pipe.cmd("HGETALL").arg(keys::unfinished(bucket));
    let answer: SweepReply = store.router.query_in_order(DURING, HashSlot::from_key(&all_due), pipe).await?;
    let (due, ever_raised, (latest, raised, prune_at), unfinished) = answer;
    if latest > ever_raised {
        let note = store.scripts.note_generation.call(&[keys::generations(bucket), keys::meta(bucket)]);
        note.arg(keys::LATEST_GENERATION).run::<u8>(&store.router).await?;
    }

    // Not with each step of a scan: while a server is unavailable, each attempt waits for it.
    let may_resume = limit == 0 || store.bucket_scans.position(bucket).is_none();
    let unfinished = finish_mass_revocations(store, unfinished, may_resume, now).await;
    let mut swept = SweepOutcome { unfinished, ..SweepOutcome::default() };
    if limit == 0 {
        return Ok(swept);
    }
    let is_full = due.len() >= limit;
    sweep_users(store, due, claim, now, &mut swept).await?;
    // Users that are due only by the caller's clock are swept again with the next sweep.
    swept.has_more = is_full && !swept.ended.is_empty();
    if let Some(generation) = raised {
        scan_step(store, (bucket, claim), generation, now, limit, &mut swept).await?;
    } else {
        // Another node may have finished the scan.
        store.bucket_scans.clear(bucket);
        swept.complete_until = (!swept.has_more).then_some(now);
    }
    if prune_at.is_some_and(|at| at <= now.get()) {
        record_scan(store, bucket, now, 0, false).await?;
    }
    Ok(swept)
}

/// Resumes the mass revocations that have not reached every bucket. Returns the earliest of those that are not known to
/// be finished, or were finished late.
async fn finish_mass_revocations(
    store: &RedisSessionStore,
    unfinished: HashMap<String, Vec<u8>>,
    may_resume: bool,
    now: UnixMillis,
) -> Option<UnfinishedRevocation> {
    let mut listed: Vec<_> =
        unfinished.iter().filter_map(|(field, stored)| Some((field, decode_unfinished(stored)?))).collect();
    listed.sort_by_key(|(_, revocation)| revocation.at);
    if may_resume {
        // A revocation that was finished late stays listed for a while, and must not keep others from being finished.
        let is_due = |at: Option<UnixMillis>| at.is_none_or(|at| at.plus(FINISHED_RETENTION) < now);
        let due = listed.iter().filter(|(_, revocation)| is_due(revocation.finished_at)).take(RESUMED_AT_ONCE);
        join_all(due.map(async |(field, revocation)| {
            if let Err(error) = mass_revocation::finish(store, field, revocation.at, now).await {
                let at = revocation.at.get();
                tracing::warn!(at, %error, "failed to finish a mass revocation; retrying with the next sweep");
            }
        }))
        .await;
    }
    let finished = listed.iter().map(|(_, revocation)| revocation.finished_at).collect::<Option<Vec<_>>>();
    let (_, earliest) = listed.first()?;
    Some(UnfinishedRevocation { at: earliest.at, finished_at: finished.and_then(|times| times.into_iter().max()) })
}

/// Decodes at 6, followed by finished at 6 if that took long.
fn decode_unfinished(stored: &[u8]) -> Option<UnfinishedRevocation> {
    let time = |bytes: &[u8]| UnixMillis::new(bytes.iter().fold(0, |millis, byte| millis << 8 | u64::from(*byte)));
    let (at, finished_at) = stored.split_at_checked(6)?;
    Some(UnfinishedRevocation { at: time(at), finished_at: (finished_at.len() == 6).then(|| time(finished_at)) })
}

/// Does one step of the scan. If the generation was raised during the scan, the next sweep starts another one.
async fn scan_step(
    store: &RedisSessionStore,
    (bucket, claim): (Bucket, Option<BucketClaim>),
    generation: u64,
    now: UnixMillis,
    limit: usize,
    swept: &mut SweepOutcome,
) -> Result<(), StoreError> {
    let mut position = store.bucket_scans.position(bucket).unwrap_or_else(|| BucketScan::new(generation, now));
    let next =
        store.scripts.scan_users.call(&[keys::due(bucket)]).arg(&position.run_id).arg(position.cursor).arg(limit);
    let (run_id, cursor, members): (String, u64, Vec<Vec<u8>>) = next.run(&store.router).await?;
    if run_id != position.run_id && position.cursor != 0 {
        // Another process of the server has started the scan again. Unreadable sessions are found again.
        position = BucketScan { started_at: position.started_at, ..BucketScan::new(position.generation, now) };
    }
    // Members and scores alternate.
    let all_read = sweep_users(store, members.into_iter().step_by(2).collect(), claim, now, swept).await?;
    position = BucketScan { run_id, cursor, is_complete: position.is_complete && all_read, ..position };
    if cursor != 0 {
        store.bucket_scans.set(bucket, position);
        swept.has_more = true;
        return Ok(());
    }
    store.bucket_scans.clear(bucket);
    record_scan(store, bucket, now, position.generation, position.is_complete).await?;
    if !swept.has_more {
        swept.complete_until = Some(position.started_at);
    }
    Ok(())
}

/// Records the end of a scan for `generation`, unless that is 0, and removes mass revocations that are no longer
/// needed.
async fn record_scan(
    store: &RedisSessionStore,
    bucket: Bucket,
    now: UnixMillis,
    generation: u64,
    is_complete: bool,
) -> Result<(), StoreError> {
    let note = store.scripts.finish_scan.call_at(&[keys::generations(bucket), keys::meta(bucket)], now);
    note.arg(generation).arg(u8::from(is_complete)).run::<()>(&store.router).await
}

/// Ends the lapsed sessions of these users. Returns whether the sessions of all of them could be read.
async fn sweep_users(
    store: &RedisSessionStore,
    handles: Vec<Vec<u8>>,
    claim: Option<BucketClaim>,
    now: UnixMillis,
    swept: &mut SweepOutcome,
) -> Result<bool, StoreError> {
    let handles: Vec<_> = handles.into_iter().filter_map(|bytes| bytes.try_into().ok().map(UserHandle)).collect();
    if handles.is_empty() {
        return Ok(true);
    }
    let mut unreadable = Vec::new();
    let mut pause = Duration::ZERO;
    for handles in handles.chunks(USERS_AT_ONCE) {
        tokio::time::sleep(pause).await;
        let watch = Stopwatch::start();
        let calls = handles
            .iter()
            .map(|handle| store.scripts.sweep.call_for_stored_user(&keys::user_keys(*handle), now, claim));
        let answers = store.scripts.sweep.run_many::<UserSweepReply>(&store.router, calls).await;
        pause = watch.elapsed();
        for (handle, answer) in handles.iter().zip(answers) {
            let ended = answer.and_then(|(endings, events)| {
                let ended = endings.into_iter().map(|parts| ScriptReply::new(DURING, parts).ended(*handle));
                Ok((ended.collect::<Result<Vec<_>, _>>()?, events))
            });
            match ended {
                Ok((ended, events)) => {
                    swept.ended.extend(ended);
                    swept.events += events;
                }
                Err(error @ StoreError::Corrupt { .. }) => {
                    tracing::error!(?handle, %error, "failed to sweep a user's sessions; retrying in one hour");
                    unreadable.push(*handle);
                }
                Err(error) => return Err(error),
            }
        }
    }
    postpone(store, &unreadable, now).await?;
    Ok(unreadable.is_empty())
}

/// Postpones users whose sessions cannot be read, so that they do not keep the others of their bucket from being swept.
async fn postpone(store: &RedisSessionStore, handles: &[UserHandle], now: UnixMillis) -> Result<(), StoreError> {
    let later = now.plus(UNREADABLE_RETRY_DELAY).get();
    let request = |handle: &UserHandle| {
        RedisRequest::new("ZADD", &keys::due(handle.bucket())).arg("XX").arg(later).arg(&handle.0[..])
    };
    let requests: Vec<_> = handles.iter().map(request).collect();
    store.router.query_all::<()>(DURING, &requests).await?;
    Ok(())
}

impl BucketScan {
    const fn new(generation: u64, started_at: UnixMillis) -> Self {
        Self { generation, started_at, run_id: String::new(), cursor: 0, is_complete: true }
    }
}

impl BucketScans {
    fn position(&self, bucket: Bucket) -> Option<BucketScan> {
        self.lock().get(&bucket).cloned()
    }

    fn set(&self, bucket: Bucket, scan: BucketScan) {
        self.lock().insert(bucket, scan);
    }

    fn clear(&self, bucket: Bucket) {
        self.lock().remove(&bucket);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Bucket, BucketScan>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
