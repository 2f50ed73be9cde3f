use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use redis::Value;

use super::{RedisSessionStore, keys, reply::Reply, request::Request, slot::Slot};
use crate::{
    domain::{Bucket, UnixMillis, UserHandle},
    store::{BucketClaim, StoreError, Swept, record::Generation},
};

const DURING: &str = "sweeping a bucket";

/// When a user whose sessions cannot be read is looked at again.
const PUT_OFF: Duration = Duration::from_hours(1);

/// The users that are due, the latest generation ever raised, the latest and the one that is walked for.
type SweepState = (Vec<Vec<u8>>, Option<Generation>, (Option<Generation>, Option<u64>));

/// How far this node has walked through the users of a bucket since its generation was raised. Lost with
/// the node, and then the walk begins anew.
#[derive(Default)]
pub(super) struct Walks(Mutex<HashMap<Bucket, Walk>>);

/// A position in the walk through the users of a bucket.
#[derive(Clone, Default)]
struct Walk {
    generation: u64,
    /// The process of the server that returned the cursor, and to which alone it says anything.
    process: String,
    cursor: u64,
}

/// The store's `sweep`: users that are due, then, after a mass revocation, all users of the bucket step by
/// step. Two nodes that sweep one bucket do the work twice and its effect once; with a claim, only its owner does.
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
    pipe.cmd("HMGET").arg(keys::generations(bucket)).arg("n").arg("walk");
    let answer: SweepState = store.router.in_order(DURING, Slot::of(&all_due), pipe).await?;
    let (due, ever_raised, (latest, raised)) = answer;
    if latest > ever_raised {
        let note = store.scripts.note_generation.call(&[keys::generations(bucket), keys::meta(bucket)]);
        note.arg(keys::RAISED).run::<u8>(&store.router).await?;
    }

    let is_full = due.len() >= limit;
    let mut swept = Swept::default();
    sweep_users(store, due, claim, now, &mut swept).await?;
    // Those that are due by the caller's clock alone are looked at again with the next sweep.
    swept.more = is_full && !swept.ended.is_empty();
    if let Some(generation) = raised {
        swept.more |= walk(store, (bucket, claim), generation, now, limit, &mut swept).await?;
    }
    Ok(swept)
}

/// One step of the walk; whether there are more.
async fn walk(
    store: &RedisSessionStore,
    (bucket, claim): (Bucket, Option<BucketClaim>),
    generation: u64,
    now: UnixMillis,
    limit: usize,
    swept: &mut Swept,
) -> Result<bool, StoreError> {
    let Walk { process, cursor, .. } = store.walks.position(bucket, generation);
    let next = store.scripts.walk.call(&[keys::due(bucket)]).arg(process).arg(cursor).arg(limit);
    let (process, cursor, members): (String, u64, Vec<Vec<u8>>) = next.run(&store.router).await?;
    // Members and scores alternate.
    sweep_users(store, members.into_iter().step_by(2).collect(), claim, now, swept).await?;
    if cursor != 0 {
        store.walks.set(bucket, Walk { generation, process, cursor });
        return Ok(true);
    }
    store.walks.clear(bucket);
    let finished: u8 =
        store.scripts.walked.call(&[keys::generations(bucket)]).arg(generation).run(&store.router).await?;
    Ok(finished == 0)
}

async fn sweep_users(
    store: &RedisSessionStore,
    handles: Vec<Vec<u8>>,
    claim: Option<BucketClaim>,
    now: UnixMillis,
    swept: &mut Swept,
) -> Result<(), StoreError> {
    let handles: Vec<_> = handles.into_iter().filter_map(|bytes| bytes.try_into().ok().map(UserHandle)).collect();
    if handles.is_empty() {
        return Ok(());
    }
    let calls = handles.iter().map(|handle| store.scripts.sweep.call_for_any(&keys::of_user(*handle), now, claim));
    let answers = store.scripts.sweep.run_many::<Vec<Vec<Value>>>(&store.router, calls).await;
    let mut unreadable = Vec::new();
    for (handle, answer) in handles.into_iter().zip(answers) {
        let ended = answer.and_then(|endings| {
            endings.into_iter().map(|parts| Reply::new(DURING, parts).ended(handle)).collect::<Result<Vec<_>, _>>()
        });
        match ended {
            Ok(ended) => swept.ended.extend(ended),
            Err(error @ StoreError::Corrupt { .. }) => {
                tracing::error!(?handle, %error, "a user's sessions cannot be swept; they are looked at again later");
                unreadable.push(handle);
            }
            Err(error) => return Err(error),
        }
    }
    put_off(store, &unreadable, now).await
}

/// Users whose sessions cannot be read are not to keep the others of their bucket from being swept.
async fn put_off(store: &RedisSessionStore, handles: &[UserHandle], now: UnixMillis) -> Result<(), StoreError> {
    let later = now.plus(PUT_OFF).get();
    let put_off =
        |handle: &UserHandle| Request::on("ZADD", &keys::due(handle.bucket())).arg("XX").arg(later).arg(&handle.0[..]);
    let put_off: Vec<_> = handles.iter().map(put_off).collect();
    store.router.all::<()>(DURING, &put_off).await.map(drop)
}

impl Walks {
    fn position(&self, bucket: Bucket, generation: u64) -> Walk {
        self.lock().get(&bucket).filter(|walk| walk.generation == generation).cloned().unwrap_or_default()
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
