//! Reads that are told of.

use redis::{ErrorKind, Pipeline, RedisError, RedisResult, ServerErrorKind, Value};
use tokio::{time::timeout, try_join};

use super::{
    super::{
        RedisSessionStore,
        binding::{INSTALLATION, check_installation},
        keys,
        load::{Bytes, check_generations, raised_to, stored},
        request::Request,
        router::nobody,
    },
    hub::Hub,
    link::Link,
    probe::{is_elsewhere, is_same},
};
use crate::{
    domain::{Bucket, SessionId},
    store::{Lease, Raised, StoreError, TrackedRead, record::Generation},
    sync::Arc,
};

const DURING: &str = "reading a session to keep it";

/// The latest generation ever raised and the installation, the latest generation, the record and its owner.
type TrackedSession = ((Option<Generation>, Option<String>), (Option<Generation>,), (Bytes, Bytes));

/// The record and the generations on the connection that is told of them, the clock elsewhere: every touch writes it, and
/// whoever is told of that would have to forget the record. They need not be of one moment. Of a session that lives, only
/// its activity changes in the clock, and when it ends, the record goes with it.
pub(super) async fn read(store: &RedisSessionStore, lease: &Lease, id: SessionId) -> Result<TrackedRead, StoreError> {
    let bucket = id.handle.bucket();
    let reader = Reader::of(store, lease, bucket)?;
    let mut pipe = redis::pipe();
    // What says how far generations were raised comes before them: in between they only grow.
    pipe.cmd("HMGET").arg(keys::meta(bucket)).arg(keys::RAISED).arg(INSTALLATION);
    pipe.cmd("HMGET").arg(keys::generations(bucket)).arg("n");
    pipe.cmd("HMGET").arg(keys::sessions(id.handle)).arg(&id.unique[..]).arg("@");
    let clock = Request::on("HGET", &keys::clocks(id.handle)).arg(&id.unique[..]);
    let (told, clock) = try_join!(reader.send(pipe), store.router.query::<Bytes>(DURING, clock))?;
    let ((ever_raised, installation), (latest,), (record, owner)): TrackedSession = understood(told)?;
    check_installation(DURING, installation.as_deref(), store.router.options.installation)?;
    check_generations(bucket, ever_raised, latest)?;

    let found = stored(id, record, owner, clock)?;
    let mut raised = Raised { latest: latest.unwrap_or_default(), concerning: None };
    if let Some((_, generation)) = &found
        && raised.latest < *generation
    {
        // Made since the generations were read, or they are lost: the store's own read tells which.
        return Err(nobody(DURING, "the session is of a later generation than its bucket"));
    }
    if let Some((session, generation)) = &found
        && raised.latest > *generation
    {
        let mut pipe = redis::pipe();
        let tenant = keys::of_tenant(&session.owner.tenant);
        pipe.cmd("HMGET").arg(keys::generations(bucket)).arg("n").arg("*").arg(tenant);
        let ((again, everyone, tenant),): ((Option<Generation>, Bytes, Bytes),) = understood(reader.send(pipe).await?)?;
        // Generations only grow.
        if again < latest {
            return Err(nobody(DURING, "the bucket was emptied meanwhile"));
        }
        let mut concerning = 0;
        for bytes in [everyone, tenant].iter().flatten() {
            concerning = concerning.max(raised_to(bytes)?.0);
        }
        raised.concerning = Some(concerning);
    }
    reader.is_told()?;
    Ok(TrackedRead { found, raised })
}

/// Waits until all of the bucket has been told.
pub(super) async fn catch_up(store: &RedisSessionStore, lease: &Lease, bucket: Bucket) -> Result<(), StoreError> {
    let reader = Reader::of(store, lease, bucket)?;
    if reader.link.barrier.pass(bucket).await { Ok(()) } else { Err(untold()) }
}

/// Reads from one bucket under one lease.
struct Reader<'a> {
    store: &'a RedisSessionStore,
    hub: Arc<Hub>,
    link: Arc<Link>,
    bucket: Bucket,
}

impl<'a> Reader<'a> {
    fn of(store: &'a RedisSessionStore, lease: &Lease, bucket: Bucket) -> Result<Self, StoreError> {
        let hub = store.tracking.hub().ok_or_else(untold)?;
        let link = hub.link(bucket, lease).ok_or_else(untold)?;
        Ok(Self { store, hub, link, bucket })
    }

    /// All answers, or the first error.
    async fn send(&self, commands: Pipeline) -> Result<Vec<Value>, StoreError> {
        let answers = exchange(self.store, &self.hub, &self.link, commands).await?;
        let failed = |error| note_failure(self.store, &self.hub, &self.link, Some(self.bucket), error);
        answers.into_iter().collect::<Result<_, _>>().map_err(failed)
    }

    /// Whether changes of what was read are told.
    fn is_told(&self) -> Result<(), StoreError> {
        self.hub.link(self.bucket, &self.link.lease).map(drop).ok_or_else(untold)
    }
}

/// The answers of a server that states before them that it is the same master still: else the link ends.
pub(super) async fn exchange(
    store: &RedisSessionStore,
    hub: &Hub,
    link: &Link,
    commands: Pipeline,
) -> Result<Vec<RedisResult<Value>>, StoreError> {
    let mut pipe = redis::pipe();
    pipe.cmd("INFO").arg("replication");
    for command in commands.cmd_iter() {
        pipe.add_command(command.clone());
    }
    let answers = timeout(store.router.options.response_timeout, link.send(pipe)).await;
    // Whether it is dead or only slow is found out by whoever keeps the link.
    let answers = answers.map_err(|_| nobody(DURING, "the server did not answer in time"))?;
    let mut answers = answers.map_err(|error| note_failure(store, hub, link, None, error))?.into_iter();
    if let Err(why) = is_same(link, answers.next()) {
        hub.end(&link.lease);
        return Err(StoreError::Unreachable { during: DURING, source: why.into() });
    }
    Ok(answers.collect())
}

/// Ends the link, or detaches the bucket that was asked for, where the error says that it cannot be relied upon.
pub(super) fn note_failure(
    store: &RedisSessionStore,
    hub: &Hub,
    link: &Link,
    bucket: Option<Bucket>,
    error: RedisError,
) -> StoreError {
    if let Some(bucket) = bucket.filter(|_| is_elsewhere(link, &error)) {
        hub.detach(bucket, &link.lease);
        store.tracking.misfits.notify_one();
    }
    match error.kind() {
        ErrorKind::Io | ErrorKind::Parse => hub.end(&link.lease),
        ErrorKind::UnexpectedReturnType | ErrorKind::Server(ServerErrorKind::ResponseError) => {
            return StoreError::corrupt(DURING, error.to_string());
        }
        _ => {}
    }
    StoreError::Unreachable { during: DURING, source: error.into() }
}

pub(super) fn untold() -> StoreError {
    nobody(DURING, "changes of its bucket are not told at the moment")
}

pub(super) fn understood<T: redis::FromRedisValue>(answers: Vec<Value>) -> Result<T, StoreError> {
    redis::from_redis_value(Value::Array(answers)).map_err(|error| StoreError::corrupt(DURING, error.to_string()))
}
