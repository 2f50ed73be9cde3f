use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use futures_util::future::join_all;
use redis::Value;

use super::{RedisSessionStore, keys, mass, reply::Reply, request::Request, slot::Slot};
use crate::{
    clock::Stopwatch,
    domain::{Bucket, UnixMillis, UserHandle},
    store::{BucketClaim, StoreError, Swept, UnfinishedRevocation, record::Generation},
};

const DURING: &str = "sweeping a bucket";

/// When a user whose sessions cannot be read is looked at again.
const PUT_OFF: Duration = Duration::from_hours(1);

/// Users whose sessions are ended together, after which the server has as long for the calls of others.
const USERS_AT_ONCE: usize = 8;

/// Mass revocations that are taken up in one step, of those that have not reached every bucket.
const UNFINISHED: usize = 8;

/// How long one that took long stays listed after it was finished (`lua/finish_mass_revocation.lua`).
const LISTED: Duration = Duration::from_hours(1);

/// The users that are due, the latest generation ever raised, the latest, the one that is walked for and when the next
/// one may be removed, and the mass revocations that have not reached every bucket.
type SweepState = (Vec<Vec<u8>>, Option<Generation>, GenerationState, HashMap<String, Vec<u8>>);
type GenerationState = (Option<Generation>, Option<u64>, Option<u64>);

/// The endings of one user, and how many events were appended for them.
type UserSwept = (Vec<Vec<Value>>, u64);

/// How far this node has walked through the users of a bucket since its generation was raised. Lost with
/// the node, and then the walk begins again.
#[derive(Default)]
pub(super) struct Walks(Mutex<HashMap<Bucket, Walk>>);

/// A position in the walk through the users of a bucket. It is made to its end for the generation that it began with,
/// however often the bucket's is raised meanwhile: else frequent mass revocations would keep every walk from ending.
#[derive(Clone)]
struct Walk {
    generation: u64,
    begun_at: UnixMillis,
    /// The process of the server that returned the cursor, and to which alone it says anything.
    process: String,
    cursor: u64,
    /// Whether the sessions of every user so far could be read.
    is_complete: bool,
}

/// The store's `sweep`: mass revocations that have not reached every bucket, users that are due, then, after a mass
/// revocation, all users of the bucket step by step. Two nodes that sweep one bucket do the work twice and its effect once;
/// with a claim, only its owner does.
pub(super) async fn sweep(
    store: &RedisSessionStore,
    bucket: Bucket,
    claim: Option<BucketClaim>,
    now: UnixMillis,
    limit: usize,
) -> Result<Swept, StoreError> {
    let all_due = keys::due(bucket);
    let mut pipe = redis::pipe();
    pipe.cmd("ZRANGEBYSCORE").arg(&all_due).arg("-inf").arg(now.get()).arg("LIMIT").arg(0).arg(limit);
    pipe.cmd("HGET").arg(keys::meta(bucket)).arg(keys::RAISED);
    pipe.cmd("HMGET").arg(keys::generations(bucket)).arg("n").arg("walk").arg("prune");
    pipe.cmd("HGETALL").arg(keys::unfinished(bucket));
    let answer: SweepState = store.router.in_order(DURING, Slot::of(&all_due), pipe).await?;
    let (due, ever_raised, (latest, raised, prune_at), unfinished) = answer;
    if latest > ever_raised {
        let note = store.scripts.note_generation.call(&[keys::generations(bucket), keys::meta(bucket)]);
        note.arg(keys::RAISED).run::<u8>(&store.router).await?;
    }

    // Not with each step of a walk: while a server is away, each attempt waits for it.
    let carries_on = limit == 0 || store.walks.position(bucket).is_none();
    let unfinished = finish_mass_revocations(store, unfinished, carries_on, now).await;
    let mut swept = Swept { unfinished, ..Swept::default() };
    if limit == 0 {
        return Ok(swept);
    }
    let is_full = due.len() >= limit;
    sweep_users(store, due, claim, now, &mut swept).await?;
    // Those that are due by the caller's clock alone are looked at again with the next sweep.
    swept.more = is_full && !swept.ended.is_empty();
    if let Some(generation) = raised {
        walk(store, (bucket, claim), generation, now, limit, &mut swept).await?;
    } else {
        // Another node may have finished it.
        store.walks.clear(bucket);
        swept.complete_until = (!swept.more).then_some(now);
    }
    if prune_at.is_some_and(|at| at <= now.get()) {
        note_walked(store, bucket, now, 0, false).await?;
    }
    Ok(swept)
}

/// Carries on with the mass revocations that have not reached every bucket. Returns the earliest of those that are not
/// known to be finished, or were finished late.
async fn finish_mass_revocations(
    store: &RedisSessionStore,
    unfinished: HashMap<String, Vec<u8>>,
    carries_on: bool,
    now: UnixMillis,
) -> Option<UnfinishedRevocation> {
    let mut listed: Vec<_> = unfinished.iter().filter_map(|(field, stored)| Some((field, listed(stored)?))).collect();
    listed.sort_by_key(|(_, revocation)| revocation.at);
    if carries_on {
        // One that was finished late stays listed for a while, and must not keep others from being finished.
        let is_due = |at: Option<UnixMillis>| at.is_none_or(|at| at.plus(LISTED) < now);
        let due = listed.iter().filter(|(_, revocation)| is_due(revocation.finished_at)).take(UNFINISHED);
        join_all(due.map(async |(field, revocation)| {
            if let Err(error) = mass::finish(store, field, revocation.at, now).await {
                let at = revocation.at.get();
                tracing::warn!(at, %error, "a mass revocation is not finished; the next sweep tries again");
            }
        }))
        .await;
    }
    let finished = listed.iter().map(|(_, revocation)| revocation.finished_at).collect::<Option<Vec<_>>>();
    let (_, earliest) = listed.first()?;
    Some(UnfinishedRevocation { at: earliest.at, finished_at: finished.and_then(|times| times.into_iter().max()) })
}

/// at 6, then finished at 6 where that took long
fn listed(stored: &[u8]) -> Option<UnfinishedRevocation> {
    let time = |bytes: &[u8]| UnixMillis::new(bytes.iter().fold(0, |millis, byte| millis << 8 | u64::from(*byte)));
    let (at, finished_at) = stored.split_at_checked(6)?;
    Some(UnfinishedRevocation { at: time(at), finished_at: (finished_at.len() == 6).then(|| time(finished_at)) })
}

/// One step of the walk. Where the generation was raised during the walk, the next sweep begins another one.
async fn walk(
    store: &RedisSessionStore,
    (bucket, claim): (Bucket, Option<BucketClaim>),
    generation: u64,
    now: UnixMillis,
    limit: usize,
    swept: &mut Swept,
) -> Result<(), StoreError> {
    let mut position = store.walks.position(bucket).unwrap_or_else(|| Walk::new(generation, now));
    let next = store.scripts.walk.call(&[keys::due(bucket)]).arg(&position.process).arg(position.cursor).arg(limit);
    let (process, cursor, members): (String, u64, Vec<Vec<u8>>) = next.run(&store.router).await?;
    if process != position.process && position.cursor != 0 {
        // Another process of the server began again; what was found unreadable is found so again.
        position = Walk { begun_at: position.begun_at, ..Walk::new(position.generation, now) };
    }
    // Members and scores alternate.
    let all_read = sweep_users(store, members.into_iter().step_by(2).collect(), claim, now, swept).await?;
    position = Walk { process, cursor, is_complete: position.is_complete && all_read, ..position };
    if cursor != 0 {
        store.walks.set(bucket, position);
        swept.more = true;
        return Ok(());
    }
    store.walks.clear(bucket);
    note_walked(store, bucket, now, position.generation, position.is_complete).await?;
    if !swept.more {
        swept.complete_until = Some(position.begun_at);
    }
    Ok(())
}

/// Notes the end of a walk for `generation`, unless that is 0, and removes mass revocations that do not matter any more.
async fn note_walked(
    store: &RedisSessionStore,
    bucket: Bucket,
    now: UnixMillis,
    generation: u64,
    is_complete: bool,
) -> Result<(), StoreError> {
    let note = store.scripts.walked.call_at(&[keys::generations(bucket), keys::meta(bucket)], now);
    note.arg(generation).arg(u8::from(is_complete)).run::<()>(&store.router).await
}

/// Ends what is over of these users. Returns whether the sessions of all of them could be read.
async fn sweep_users(
    store: &RedisSessionStore,
    handles: Vec<Vec<u8>>,
    claim: Option<BucketClaim>,
    now: UnixMillis,
    swept: &mut Swept,
) -> Result<bool, StoreError> {
    let handles: Vec<_> = handles.into_iter().filter_map(|bytes| bytes.try_into().ok().map(UserHandle)).collect();
    if handles.is_empty() {
        return Ok(true);
    }
    let mut answers = Vec::with_capacity(handles.len());
    for handles in handles.chunks(USERS_AT_ONCE) {
        let watch = Stopwatch::start();
        let calls = handles.iter().map(|handle| store.scripts.sweep.call_for_any(&keys::of_user(*handle), now, claim));
        answers.extend(store.scripts.sweep.run_many::<UserSwept>(&store.router, calls).await);
        tokio::time::sleep(watch.elapsed()).await;
    }
    let mut unreadable = Vec::new();
    for (handle, answer) in handles.into_iter().zip(answers) {
        let ended = answer.and_then(|(endings, events)| {
            let ended = endings.into_iter().map(|parts| Reply::new(DURING, parts).ended(handle));
            Ok((ended.collect::<Result<Vec<_>, _>>()?, events))
        });
        match ended {
            Ok((ended, events)) => {
                swept.ended.extend(ended);
                swept.events += events;
            }
            Err(error @ StoreError::Corrupt { .. }) => {
                tracing::error!(?handle, %error, "a user's sessions cannot be swept; they are looked at again later");
                unreadable.push(handle);
            }
            Err(error) => return Err(error),
        }
    }
    put_off(store, &unreadable, now).await?;
    Ok(unreadable.is_empty())
}

/// Users whose sessions cannot be read are not to keep the others of their bucket from being swept.
async fn put_off(store: &RedisSessionStore, handles: &[UserHandle], now: UnixMillis) -> Result<(), StoreError> {
    let later = now.plus(PUT_OFF).get();
    let put_off =
        |handle: &UserHandle| Request::on("ZADD", &keys::due(handle.bucket())).arg("XX").arg(later).arg(&handle.0[..]);
    let put_off: Vec<_> = handles.iter().map(put_off).collect();
    store.router.all::<()>(DURING, &put_off).await.map(drop)
}

impl Walk {
    const fn new(generation: u64, begun_at: UnixMillis) -> Self {
        Self { generation, begun_at, process: String::new(), cursor: 0, is_complete: true }
    }
}

impl Walks {
    fn position(&self, bucket: Bucket) -> Option<Walk> {
        self.lock().get(&bucket).cloned()
    }

    fn set(&self, bucket: Bucket, walk: Walk) {
        self.lock().insert(bucket, walk);
    }

    fn clear(&self, bucket: Bucket) {
        self.lock().remove(&bucket);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Bucket, Walk>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
