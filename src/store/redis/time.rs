//! The servers' clocks, and a check that the servers serve their buckets.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use futures_util::stream::{FuturesUnordered, StreamExt};
use redis::{FromRedisValue, ParsingError, Value};
use redis_cluster::{HashSlot, Redirect, RequestFailure, SlotMap, decode_answer};
use tokio::time::timeout;

use super::{
    RedisSessionStore,
    binding::{INSTALLATION, check_installation},
    client::{StoreServer, unreachable},
    keys,
    server_inspection::StoreServerInspection,
};
use crate::{
    clock::Stopwatch,
    domain::{Bucket, UnixMillis},
    store::{StoreClock, StoreError},
};

const DURING: &str = "reading the server's clock";

/// Time for which slow masters are waited for once most have responded.
const STRAGGLER_TIMEOUT: Duration = Duration::from_millis(50);

/// Maximum time that a call may have waited before it reached the server. `lua/caller.lua` has the same.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// The time of a master's clock, and the time that has passed since.
struct ClockReading {
    time: UnixMillis,
    since: Stopwatch,
    /// Half of the round trip, which had already passed when `since` was started.
    half_round_trip: Duration,
}

#[async_trait]
impl StoreClock for RedisSessionStore {
    /// Returns the time by most masters' clocks at the moment of the return. Each master that has
    /// buckets is asked for its time and for a key of one of them: a master that is cut off from the others returns its
    /// time but serves nothing.
    async fn time(&self) -> Result<UnixMillis, StoreError> {
        let router = &self.router;
        router.refresh_topology_if_stale().await;
        let asked = masters_with_buckets(&router.slot_map());
        let master_count = asked.len();
        let mut asked: FuturesUnordered<_> =
            asked.iter().map(|(node, bucket)| read_clock(self, node, *bucket)).collect();
        let mut readings = Vec::with_capacity(master_count);
        let mut last = unreachable(DURING, "no master is known for any bucket");
        loop {
            let enough = readings.len() > master_count / 2;
            let next = if enough {
                timeout(STRAGGLER_TIMEOUT, asked.next()).await.unwrap_or_default()
            } else {
                asked.next().await
            };
            match next {
                Some(Ok(reading)) => readings.push(reading),
                Some(Err(error @ StoreError::Binding { .. })) => return Err(error),
                Some(Err(error)) => last = error,
                None => break,
            }
        }
        let times = readings.iter().map(ClockReading::current_time).collect();
        majority_median(times, master_count).ok_or(last)
    }
}

impl RedisSessionStore {
    /// Returns the time that decides: that of the server, which a `TIME` with the data returned, if the caller's is close
    /// enough to it. Without a limit of the skew, it is the caller's. `lua/caller.lua` decides in the same way.
    pub(super) fn deciding_time(
        &self,
        during: &'static str,
        node: UnixMillis,
        server: ServerTime,
    ) -> Result<UnixMillis, StoreError> {
        let Some(allowed) = self.max_clock_skew else { return Ok(node) };
        let store = server.into_millis();
        if node > store.plus(allowed) || store > node.plus(allowed + LONGEST_WAIT) {
            return Err(StoreError::ClockSkewed { during, node, store });
        }
        Ok(store)
    }
}

/// The answer to `TIME`: seconds, and microseconds of the current one.
#[derive(Clone, Copy, Debug)]
pub(super) struct ServerTime(u64, u64);

impl FromRedisValue for ServerTime {
    fn from_redis_value(value: Value) -> Result<Self, ParsingError> {
        let (seconds, micros) = FromRedisValue::from_redis_value(value)?;
        Ok(Self(seconds, micros))
    }
}

impl ServerTime {
    const fn into_millis(self) -> UnixMillis {
        let Self(seconds, micros) = self;
        UnixMillis::new(seconds * 1000 + micros / 1000)
    }
}

/// Returns the middle one of the clocks of `master_count` masters, the lower of two: no single clock decides, unless
/// there is no other. Returns `None` if no majority of them was read.
fn majority_median(mut times: Vec<UnixMillis>, master_count: usize) -> Option<UnixMillis> {
    if times.len() <= master_count / 2 {
        return None;
    }
    times.sort_unstable();
    times.get((times.len() - 1) / 2).copied()
}

/// Returns the masters that have buckets, each with one of its own.
pub(super) fn masters_with_buckets(map: &SlotMap<StoreServerInspection>) -> Vec<(Arc<StoreServer>, Bucket)> {
    let mut masters: Vec<(Arc<StoreServer>, Bucket)> = Vec::new();
    for bucket in Bucket::all() {
        if let Some(owner) = map.owner(HashSlot::from_key(&keys::meta(bucket)))
            && !masters.iter().any(|(known, _)| Arc::ptr_eq(known, owner))
        {
            masters.push((Arc::clone(owner), bucket));
        }
    }
    masters
}

async fn read_clock(store: &RedisSessionStore, node: &StoreServer, bucket: Bucket) -> Result<ClockReading, StoreError> {
    let failed = |failure: RequestFailure| store.router.classify(DURING, failure).error;
    let mut pipe = redis::pipe();
    pipe.cmd("TIME").cmd("HGET").arg(keys::meta(bucket)).arg(INSTALLATION);
    let sent = Stopwatch::start();
    let answers = node.exchange_and_inspect(DURING, &pipe).await.map_err(failed)?;
    let (since, before) = (Stopwatch::start(), sent.elapsed() / 2);
    if let Some(refusal) = node.refusal() {
        return Err(refusal.into());
    }
    let mut answers = answers.into_iter();
    let time = match answers.next() {
        Some(Ok(time)) => time,
        Some(Err(failure)) => return Err(failed(failure).into()),
        None => Value::Nil,
    };
    match answers.next() {
        Some(Ok(installation)) => {
            let installation: Option<String> = decode_answer(DURING, installation)?;
            check_installation(DURING, installation.as_deref(), store.installation)?;
        }
        // The bucket is moving. The server that reports this serves it.
        None | Some(Err(RequestFailure { redirect: Some(Redirect::Ask(_)), .. })) => {}
        Some(Err(failure)) => return Err(failed(failure).into()),
    }
    let time: ServerTime = decode_answer(DURING, time)?;
    Ok(ClockReading { time: time.into_millis(), since, half_round_trip: before })
}

impl ClockReading {
    fn current_time(&self) -> UnixMillis {
        self.time.plus(self.half_round_trip + self.since.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn median(times: &[u64], master_count: usize) -> Option<u64> {
        majority_median(times.iter().copied().map(UnixMillis::new).collect(), master_count).map(UnixMillis::get)
    }

    #[test]
    fn the_clock_of_one_master_among_three_decides_nothing() {
        for wrong in [0, 9_000] {
            assert_eq!(median(&[1_001, wrong, 1_000], 3), Some(if wrong == 0 { 1_000 } else { 1_001 }));
        }
        assert_eq!(median(&[9_000, 1_000], 3), Some(1_000), "one does not respond, one is ahead");
    }

    #[test]
    fn fewer_than_most_clocks_give_no_time() {
        assert_eq!(median(&[1_000], 3), None);
        assert_eq!(median(&[1_000, 1_000], 4), None);
        assert_eq!(median(&[], 0), None);
        assert_eq!(median(&[1_000], 1), Some(1_000));
    }
}
