//! Reads on a tracking connection.

use redis::{ErrorKind, Pipeline, RedisError, RedisResult, ServerErrorKind, Value};
use tokio::{time::timeout, try_join};

use super::{
    super::{
        RedisSessionStore,
        binding::{INSTALLATION, check_installation},
        keys,
        load::{OptionalBytes, check_generations, decode_session, split_generation},
        request::RedisRequest,
        router::unreachable,
    },
    connection::TrackingConnection,
    ownership::{check_identity, is_redirect},
    registry::TrackingRegistry,
};
use crate::{
    domain::{Bucket, SessionId},
    near_cache::source::{Lease, TrackedRead},
    store::{StoreError, record::Generation},
    sync::Arc,
};

const DURING: &str = "reading a session for the cache";

/// The latest generation ever raised and the installation; the latest generation; the record and its owner.
type TrackedSessionReply =
    ((Option<Generation>, Option<String>), (Option<Generation>,), (OptionalBytes, OptionalBytes));

/// Reads the record and the generations on the tracking connection, and the clock on another one: every touch writes
/// the clock, and its invalidation would have to drop the record. The parts need not be of one moment. While a session
/// is active, only its activity changes in the clock, and when it ends, the record is removed with the clock.
pub(super) async fn read(store: &RedisSessionStore, lease: &Lease, id: SessionId) -> Result<TrackedRead, StoreError> {
    let bucket = id.handle.bucket();
    let reader = TrackedReader::new(store, lease, bucket)?;
    let mut pipe = redis::pipe();
    // The latest generation ever raised is read before the generations, as both only grow.
    pipe.cmd("HMGET").arg(keys::meta(bucket)).arg(keys::LATEST_GENERATION).arg(INSTALLATION);
    pipe.cmd("HMGET").arg(keys::generations(bucket)).arg("n");
    pipe.cmd("HMGET").arg(keys::sessions(id.handle)).arg(&id.unique[..]).arg("@");
    let clock = RedisRequest::new("HGET", &keys::clocks(id.handle)).arg(&id.unique[..]);
    let (answers, clock) = try_join!(reader.send(pipe), store.router.query::<OptionalBytes>(DURING, clock))?;
    let ((ever_raised, installation), (latest,), (record, owner)): TrackedSessionReply = decode_answers(answers)?;
    check_installation(DURING, installation.as_deref(), store.router.options.installation)?;
    check_generations(bucket, ever_raised, latest)?;

    let found = decode_session(id, record, owner, clock)?;
    let mut is_mass_revoked = false;
    if let Some((_, generation)) = &found
        && latest.unwrap_or_default() < *generation
    {
        // The session was created after the generations were read, or these were lost. The store's own read
        // distinguishes the two.
        return Err(unreachable(DURING, "the session has a later generation than its bucket"));
    }
    if let Some((session, generation)) = &found
        && latest.unwrap_or_default() > *generation
    {
        let mut pipe = redis::pipe();
        let tenant = keys::tenant_field(&session.owner.tenant);
        pipe.cmd("HMGET").arg(keys::generations(bucket)).arg("n").arg("*").arg(tenant);
        let ((again, everyone, tenant),): ((Option<Generation>, OptionalBytes, OptionalBytes),) =
            decode_answers(reader.send(pipe).await?)?;
        // Generations only grow.
        if again < latest {
            return Err(unreachable(DURING, "the bucket was deleted during the read"));
        }
        for bytes in [everyone, tenant].iter().flatten() {
            is_mass_revoked |= split_generation(bytes)?.0 > *generation;
        }
    }
    reader.check_tracked()?;
    let session = found.map(|(session, _)| session).filter(|_| !is_mass_revoked);
    Ok(TrackedRead { session, latest: latest.unwrap_or_default() })
}

/// Waits until every invalidation of the bucket up to now has arrived.
pub(super) async fn catch_up(store: &RedisSessionStore, lease: &Lease, bucket: Bucket) -> Result<(), StoreError> {
    let reader = TrackedReader::new(store, lease, bucket)?;
    if reader.connection.barrier.wait(bucket).await { Ok(()) } else { Err(not_tracked()) }
}

/// Reads one bucket under one lease.
pub(super) struct TrackedReader<'a> {
    store: &'a RedisSessionStore,
    registry: Arc<TrackingRegistry>,
    connection: Arc<TrackingConnection>,
    bucket: Bucket,
}

impl<'a> TrackedReader<'a> {
    pub(super) fn new(store: &'a RedisSessionStore, lease: &Lease, bucket: Bucket) -> Result<Self, StoreError> {
        let registry = store.tracking.registry().ok_or_else(not_tracked)?;
        let connection = registry.connection(bucket, lease).ok_or_else(not_tracked)?;
        Ok(Self { store, registry, connection, bucket })
    }

    /// Sends commands. Returns all answers, or the first error.
    pub(super) async fn send(&self, commands: Pipeline) -> Result<Vec<Value>, StoreError> {
        let answers = exchange(self.store, &self.registry, &self.connection, commands).await?;
        let failed = |error| note_failure(self.store, &self.registry, &self.connection, Some(self.bucket), error);
        answers.into_iter().collect::<Result<_, _>>().map_err(failed)
    }

    /// Fails unless the bucket is still tracked under the lease.
    pub(super) fn check_tracked(&self) -> Result<(), StoreError> {
        self.registry.connection(self.bucket, &self.connection.lease).map(drop).ok_or_else(not_tracked)
    }
}

/// Sends commands. Returns the answers of a server that reports, before them, that it is still the same master;
/// otherwise ends the lease of the connection.
pub(super) async fn exchange(
    store: &RedisSessionStore,
    registry: &TrackingRegistry,
    connection: &TrackingConnection,
    commands: Pipeline,
) -> Result<Vec<RedisResult<Value>>, StoreError> {
    let mut pipe = redis::pipe();
    pipe.cmd("INFO").arg("replication");
    for command in commands.cmd_iter() {
        pipe.add_command(command.clone());
    }
    let answers = timeout(store.router.options.response_timeout, connection.send(pipe)).await;
    // The supervisor of the connection finds out whether it is dead or only slow.
    let answers = answers.map_err(|_| unreachable(DURING, "no response in time"))?;
    let mut answers = answers.map_err(|error| note_failure(store, registry, connection, None, error))?.into_iter();
    if let Err(why) = check_identity(connection, answers.next()) {
        registry.end_lease(&connection.lease);
        return Err(StoreError::Unreachable { during: DURING, source: why.into() });
    }
    Ok(answers.collect())
}

/// Ends the lease of the connection, or detaches the bucket that was read, if the error means that it cannot be relied
/// upon.
pub(super) fn note_failure(
    store: &RedisSessionStore,
    registry: &TrackingRegistry,
    connection: &TrackingConnection,
    bucket: Option<Bucket>,
    error: RedisError,
) -> StoreError {
    if let Some(bucket) = bucket.filter(|_| is_redirect(connection, &error)) {
        registry.detach(bucket, &connection.lease);
        store.tracking.stale_slot_map.notify_one();
    }
    match error.kind() {
        ErrorKind::Io | ErrorKind::Parse => registry.end_lease(&connection.lease),
        ErrorKind::UnexpectedReturnType | ErrorKind::Server(ServerErrorKind::ResponseError) => {
            return StoreError::corrupt(DURING, error.to_string());
        }
        _ => {}
    }
    StoreError::Unreachable { during: DURING, source: error.into() }
}

pub(super) fn not_tracked() -> StoreError {
    unreachable(DURING, "the bucket is not tracked at the moment")
}

pub(super) fn decode_answers<T: redis::FromRedisValue>(answers: Vec<Value>) -> Result<T, StoreError> {
    redis::from_redis_value(Value::Array(answers)).map_err(|error| StoreError::corrupt(DURING, error.to_string()))
}
