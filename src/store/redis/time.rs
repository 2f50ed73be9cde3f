//! The servers' clock, and whether they serve.

use std::{sync::Arc, time::Duration};

use futures_util::stream::{FuturesUnordered, StreamExt};
use redis::Value;
use tokio::time::timeout;

use super::{
    RedisSessionStore,
    binding::{INSTALLATION, check_installation},
    keys,
    node::{Failure, Node},
    redirect::Redirect,
    router::{Router, nobody, read},
    slot::Slot,
    slot_map::SlotMap,
};
use crate::{
    clock::Stopwatch,
    domain::{Bucket, UnixMillis},
    store::StoreError,
};

const DURING: &str = "reading the server's clock";

/// How long masters that have not answered are waited for once most have.
const GRACE: Duration = Duration::from_millis(50);

/// What a master's clock said, and the time that has passed since.
struct Reading {
    time: UnixMillis,
    since: Stopwatch,
    /// Half the round trip, which had passed already when `since` was started.
    before: Duration,
}

/// The store's `time`: what most masters' clocks say at the moment of the answer. Each master that has buckets is asked
/// for its time and for a key of one of them: one that is cut off from the others tells the time and serves nothing.
pub(super) async fn time(store: &RedisSessionStore) -> Result<UnixMillis, StoreError> {
    let router = &store.router;
    router.survey_if_stale().await;
    let asked = with_buckets(&router.map());
    let of = asked.len();
    let mut asked: FuturesUnordered<_> = asked.iter().map(|(node, bucket)| reading(router, node, *bucket)).collect();
    let mut readings = Vec::with_capacity(of);
    let mut last = nobody(DURING, "no master is known for any bucket");
    loop {
        let enough = readings.len() > of / 2;
        let next = if enough { timeout(GRACE, asked.next()).await.unwrap_or_default() } else { asked.next().await };
        match next {
            Some(Ok(reading)) => readings.push(reading),
            Some(Err(error @ StoreError::Binding { .. })) => return Err(error),
            Some(Err(error)) => last = error,
            None => break,
        }
    }
    let times = readings.iter().map(Reading::by_now).collect();
    middle_of_most(times, of).ok_or(last)
}

/// Of the clocks of `of` masters the middle one, the lower of two: no single one decides, unless there is no other.
/// `None` where fewer than most of them were read.
fn middle_of_most(mut times: Vec<UnixMillis>, of: usize) -> Option<UnixMillis> {
    if times.len() <= of / 2 {
        return None;
    }
    times.sort_unstable();
    times.get((times.len() - 1) / 2).copied()
}

/// The masters that have buckets, each with one of its own.
pub(super) fn with_buckets(map: &SlotMap) -> Vec<(Arc<Node>, Bucket)> {
    let mut masters: Vec<(Arc<Node>, Bucket)> = Vec::new();
    for bucket in Bucket::all() {
        if let Some(owner) = map.owner(Slot::of(&keys::meta(bucket)))
            && !masters.iter().any(|(known, _)| Arc::ptr_eq(known, owner))
        {
            masters.push((Arc::clone(owner), bucket));
        }
    }
    masters
}

async fn reading(router: &Router, node: &Node, bucket: Bucket) -> Result<Reading, StoreError> {
    let mut pipe = redis::pipe();
    pipe.cmd("TIME").cmd("HGET").arg(keys::meta(bucket)).arg(INSTALLATION);
    let looks = node.state.is_due();
    if looks {
        node.state.append_questions(&mut pipe);
    }
    let sent = Stopwatch::start();
    let answers = node.exchange(DURING, &pipe).await.map_err(|failure| router.judged(DURING, failure).error)?;
    let (since, before) = (Stopwatch::start(), sent.elapsed() / 2);
    let mut answers = answers.into_iter();
    let served: Vec<_> = answers.by_ref().take(2).collect();
    if looks {
        node.state.record(answers.map(Result::ok));
    }
    if let Some(unsafe_settings) = node.state.refusal() {
        return Err(unsafe_settings);
    }
    let mut served = served.into_iter();
    let time = match served.next() {
        Some(Ok(time)) => time,
        Some(Err(failure)) => return Err(router.judged(DURING, failure).error),
        None => Value::Nil,
    };
    match served.next() {
        Some(Ok(installation)) => {
            let installation: Option<String> = read(DURING, installation)?;
            check_installation(DURING, installation.as_deref(), router.options.installation)?;
        }
        // A bucket that is moving: who says so serves.
        None | Some(Err(Failure { redirect: Some(Redirect::Ask(_)), .. })) => {}
        Some(Err(failure)) => return Err(router.judged(DURING, failure).error),
    }
    let (seconds, micros): (u64, u64) = read(DURING, time)?;
    Ok(Reading { time: UnixMillis::new(seconds * 1000 + micros / 1000), since, before })
}

impl Reading {
    fn by_now(&self) -> UnixMillis {
        self.time.plus(self.before + self.since.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn middle(times: &[u64], of: usize) -> Option<u64> {
        middle_of_most(times.iter().copied().map(UnixMillis::new).collect(), of).map(UnixMillis::get)
    }

    #[test]
    fn the_clock_of_one_master_among_three_decides_nothing() {
        for wrong in [0, 9_000] {
            assert_eq!(middle(&[1_001, wrong, 1_000], 3), Some(if wrong == 0 { 1_000 } else { 1_001 }));
        }
        assert_eq!(middle(&[9_000, 1_000], 3), Some(1_000), "one does not answer, one is ahead");
    }

    #[test]
    fn fewer_than_most_tell_no_time() {
        assert_eq!(middle(&[1_000], 3), None);
        assert_eq!(middle(&[1_000, 1_000], 4), None);
        assert_eq!(middle(&[], 0), None);
        assert_eq!(middle(&[1_000], 1), Some(1_000));
    }
}
