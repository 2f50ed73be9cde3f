//! Finding out which slot is where.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::{
    future::BoxFuture,
    stream::{FuturesUnordered, StreamExt},
};
use redis::Value;
use tokio::{sync::Mutex, time::timeout};

use super::{
    address::Endpoint,
    node::{Failure, Node},
    router::{Router, nobody},
    slot_map::Range,
};
use crate::{clock::Stopwatch, store::StoreError};

const DURING: &str = "asking a Cluster for its slots";

/// Nodes that are asked at the same time. What most of them say counts: one that is cut off from the others may not
/// know that its slots are somebody else's.
const ASKED_AT_ONCE: usize = 5;

/// The Cluster is asked no more often than that.
pub(super) const REST: Duration = Duration::from_millis(50);

/// When the map of slots was drawn, and whether it has to be drawn anew.
#[derive(Default)]
pub(super) struct Survey {
    /// How often something did not fit the map.
    misfits: AtomicU64,
    /// How many of them there were before the map was last drawn.
    drawn_after: AtomicU64,
    /// Held by the one call that asks.
    desk: Mutex<Desk>,
    /// Who is asked first: another node each time.
    turn: AtomicUsize,
}

#[derive(Default)]
struct Desk {
    /// How long ago the last answer came.
    last: Option<Stopwatch>,
    /// The asking that is under way. It outlives a call that is given up, and goes on with the next one: nodes that are
    /// slower than callers are patient do not keep the map from ever being drawn.
    asking: Option<Asking>,
}

struct Asking {
    begun: Stopwatch,
    misfits: u64,
    told: BoxFuture<'static, Result<Told, StoreError>>,
}

/// What most of the nodes asked say of the slots.
struct Told {
    ranges: Vec<Range>,
    by: Vec<Arc<Node>>,
}

impl Survey {
    /// Something does not fit the map. The next call asks for another.
    pub(super) fn is_due(&self) {
        self.misfits.fetch_add(1, Ordering::Relaxed);
    }

    fn is_stale(&self) -> bool {
        self.misfits.load(Ordering::Relaxed) != self.drawn_after.load(Ordering::Relaxed)
    }
}

impl Router {
    /// The first map. There must be one.
    pub(super) async fn survey_at_start(&self) -> Result<(), StoreError> {
        self.draw(&mut *self.survey.desk.lock().await).await
    }

    /// Draws the map anew if something did not fit it, unless another call is at it: that one's caller waits, the others
    /// go by the old map and are redirected where it is wrong.
    pub(super) async fn survey_if_stale(&self) {
        if !self.survey.is_stale() {
            return;
        }
        if let Ok(desk) = self.survey.desk.try_lock() {
            self.survey_unless_just_done(desk).await;
        }
    }

    /// Draws the map anew, or waits for the call that is at it.
    pub(super) async fn survey_now(&self) {
        self.survey.is_due();
        let desk = self.survey.desk.lock().await;
        self.survey_unless_just_done(desk).await;
    }

    async fn survey_unless_just_done(&self, mut desk: tokio::sync::MutexGuard<'_, Desk>) {
        if !self.is_cluster() || desk.last.is_some_and(|last| last.elapsed() < REST) {
            return;
        }
        if let Err(error) = self.draw(&mut desk).await {
            tracing::debug!(%error, "the map of the Cluster's slots is kept as it was");
        }
    }

    /// Takes part in the asking that is under way, or begins one. The map stays stale until there is another.
    async fn draw(&self, desk: &mut Desk) -> Result<(), StoreError> {
        // Nobody has come for what it was told, and it may not be so any more.
        let is_old = |asking: &Asking| asking.begun.elapsed() > self.longest_phase() * 2;
        if desk.asking.as_ref().is_none_or(is_old) {
            let (begun, misfits) = (Stopwatch::start(), self.survey.misfits.load(Ordering::Relaxed));
            desk.asking = Some(Asking { begun, misfits, told: self.ask() });
        }
        let Some(asking) = &mut desk.asking else { return Ok(()) };
        let (told, misfits) = (asking.told.as_mut().await, asking.misfits);
        desk.asking = None;
        desk.last = Some(Stopwatch::start());
        let Told { ranges, by } = told?;
        let refused = ranges.iter().find_map(|range| self.plaintext.check(range.master()).err());
        // A store that is in use goes on with the other masters.
        if let Some(refused) = refused.filter(|_| self.map().masters().is_empty()) {
            return Err(refused);
        }
        let connect = |endpoint: &Endpoint| {
            let asked = by.iter().find(|node| node.endpoint == *endpoint).cloned();
            asked.or_else(|| self.node(endpoint).ok().map(Arc::new))
        };
        self.redraw(|map| map.redrawn(&ranges, connect));
        self.survey.drawn_after.store(misfits, Ordering::Relaxed);
        Ok(())
    }

    /// Asks the masters known, and where none of them answers the nodes of the URL.
    fn ask(&self) -> BoxFuture<'static, Result<Told, StoreError>> {
        let map = self.map();
        let mut masters = map.serving();
        if !masters.is_empty() {
            let first = self.survey.turn.fetch_add(1, Ordering::Relaxed) % masters.len();
            masters.rotate_left(first);
        }
        let seeds = self.address.seeds.iter().filter(|seed| !masters.iter().any(|node| node.endpoint == **seed));
        let seeds: Vec<_> = seeds.filter_map(|seed| self.node(seed).ok().map(Arc::new)).collect();
        let longest = self.longest_phase();
        Box::pin(async move {
            let mut last = nobody(DURING, "no node of the Cluster is known");
            for nodes in [masters, seeds].into_iter().filter(|nodes| !nodes.is_empty()) {
                match timeout(longest, told_by(&nodes)).await {
                    Ok(Ok(told)) => return Ok(told),
                    Ok(Err(error)) => last = error,
                    Err(_) => last = nobody(DURING, "no node answered in time"),
                }
            }
            Err(last)
        })
    }

    /// How long the nodes known, or those of the URL, are asked at most.
    fn longest_phase(&self) -> Duration {
        self.options.connect_timeout + self.options.response_timeout
    }
}

async fn told_by(nodes: &[Arc<Node>]) -> Result<Told, StoreError> {
    let mut last = nobody(DURING, "no node of the Cluster is known");
    for some in nodes.chunks(ASKED_AT_ONCE) {
        let mut asked: FuturesUnordered<_> = some.iter().map(|node| ranges_by(node)).collect();
        let mut answers = Vec::with_capacity(some.len());
        while let Some(answer) = asked.next().await {
            match answer {
                Ok(ranges) => answers.push(ranges),
                Err(error) => last = error,
            }
            if agreed(&answers).1 > some.len() / 2 {
                break;
            }
        }
        if let (Some(ranges), _) = agreed(&answers) {
            return Ok(Told { ranges: ranges.clone(), by: some.to_vec() });
        }
    }
    Err(last)
}

/// What most of the answers say, and how many do; the first one among equals.
fn agreed(answers: &[Vec<Range>]) -> (Option<&Vec<Range>>, usize) {
    let same = |one: &Vec<Range>| answers.iter().filter(|other| *other == one).count();
    let most = answers.iter().rev().max_by_key(|answer| same(answer));
    (most, most.map_or(0, same))
}

/// Asks also a node whose settings are unsafe: where slots are depends on none of them.
async fn slots_by(node: &Node) -> Result<Value, Failure> {
    let mut pipe = redis::pipe();
    pipe.cmd("CLUSTER").arg("SLOTS");
    node.exchange(DURING, &pipe).await?.pop().unwrap_or(Ok(Value::Nil))
}

async fn ranges_by(node: &Node) -> Result<Vec<Range>, StoreError> {
    let answer = slots_by(node).await.map_err(|failure| match failure.error {
        StoreError::Corrupt { what, .. } if what.contains("cluster support disabled") => nobody(
            DURING,
            "this server has cluster support off; use redis:// or rediss:// in the place of redis+cluster:// or \
             rediss+cluster://",
        ),
        error => error,
    })?;
    let ranges = Range::read_all(&answer, &node.endpoint)
        .ok_or_else(|| StoreError::corrupt(DURING, format!("{} answered something else", node.endpoint)))?;
    if !ranges.is_empty() {
        return Ok(ranges);
    }
    let nothing = matches!(&answer, Value::Array(told) if told.is_empty());
    Err(nobody(
        DURING,
        if nothing {
            "no master with slots is known there; is the Cluster put together?"
        } else {
            "the masters announce no host but ?; set cluster-announce-hostname on each, or \
             cluster-preferred-endpoint-type to ip"
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_at(port: i64) -> Vec<Range> {
        let master = Value::Array(vec![Value::BulkString(b"a".to_vec()), Value::Int(port)]);
        let range = Value::Array(vec![Value::Int(0), Value::Int(16_383), master]);
        let by = Endpoint { host: "a".into(), port: 1 };
        Range::read_all(&Value::Array(vec![range]), &by).expect("ranges")
    }

    #[test]
    fn one_node_that_is_cut_off_does_not_decide() {
        let (old, new) = (all_at(1), all_at(2));
        assert_eq!(agreed(&[old.clone(), new.clone(), new.clone()]), (Some(&new), 2));
        assert_eq!(agreed(&[old.clone(), new.clone()]), (Some(&old), 1));
        assert_eq!(agreed(&[]), (None, 0));
    }
}
