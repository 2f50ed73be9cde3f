//! Finding out which slot is where.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::Mutex;

use super::{
    address::Endpoint,
    node::Node,
    router::{Router, nobody},
    slot_map::Range,
};
use crate::{clock::Stopwatch, store::StoreError};

const DURING: &str = "asking a Cluster for its slots";

/// Nodes that are asked at the same time. What most of them say counts: one that is cut off from the others may not
/// know that its slots are somebody else's.
const ASKED_AT_ONCE: usize = 5;

/// The Cluster is asked no more often than that.
const REST: Duration = Duration::from_millis(50);

/// When the map of slots was drawn, and whether it has to be drawn anew.
#[derive(Default)]
pub(super) struct Survey {
    stale: AtomicBool,
    /// Held by the one call that asks. Holds how long ago the last answer came.
    last: Mutex<Option<Stopwatch>>,
    /// Who is asked first: another node each time.
    turn: AtomicUsize,
}

impl Survey {
    /// Something does not fit the map. The next call asks for another.
    pub(super) fn is_due(&self) {
        self.stale.store(true, Ordering::Relaxed);
    }
}

impl Router {
    /// The first map. There must be one.
    pub(super) async fn survey_at_start(&self) -> Result<(), StoreError> {
        let mut last = self.survey.last.lock().await;
        self.draw().await?;
        *last = Some(Stopwatch::start());
        Ok(())
    }

    /// Draws the map anew if something did not fit it, unless another call is at it: that one's caller waits, the others
    /// go by the old map and are redirected where it is wrong.
    pub(super) async fn survey_if_stale(&self) {
        if !self.survey.stale.load(Ordering::Relaxed) {
            return;
        }
        if let Ok(last) = self.survey.last.try_lock() {
            self.survey_unless_just_done(last).await;
        }
    }

    /// Draws the map anew, or waits for the call that is at it.
    pub(super) async fn survey_now(&self) {
        self.survey.is_due();
        let last = self.survey.last.lock().await;
        self.survey_unless_just_done(last).await;
    }

    async fn survey_unless_just_done(&self, mut last: tokio::sync::MutexGuard<'_, Option<Stopwatch>>) {
        if !self.is_cluster() || last.is_some_and(|last| last.elapsed() < REST) {
            return;
        }
        self.survey.stale.store(false, Ordering::Relaxed);
        if let Err(error) = self.draw().await {
            self.survey.is_due();
            tracing::debug!(%error, "the map of the Cluster's slots is kept as it was");
        }
        *last = Some(Stopwatch::start());
    }

    /// Asks the masters known, and where none of them answers the nodes of the URL.
    async fn draw(&self) -> Result<(), StoreError> {
        let map = self.map();
        let turn = self.survey.turn.fetch_add(1, Ordering::Relaxed);
        let mut masters: Vec<_> = map.masters().to_vec();
        if !masters.is_empty() {
            let first = turn % masters.len();
            masters.rotate_left(first);
        }
        let seeds = self.address.seeds.iter().filter(|seed| map.at(seed).is_none());
        let seeds = seeds.filter_map(|seed| self.node(seed).ok().map(Arc::new));
        let candidates: Vec<Arc<Node>> = masters.into_iter().chain(seeds).collect();

        let mut last = nobody(DURING, "no node of the Cluster is known");
        for some in candidates.chunks(ASKED_AT_ONCE) {
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
                let connect = |endpoint: &Endpoint| {
                    let asked = some.iter().find(|node| node.endpoint == *endpoint).cloned();
                    asked.or_else(|| self.node(endpoint).ok().map(Arc::new))
                };
                self.redraw(|map| map.redrawn(ranges, connect));
                return Ok(());
            }
        }
        Err(last)
    }
}

/// What most of the answers say, and how many do; the first one among equals.
fn agreed(answers: &[Vec<Range>]) -> (Option<&Vec<Range>>, usize) {
    let same = |one: &Vec<Range>| answers.iter().filter(|other| *other == one).count();
    let most = answers.iter().rev().max_by_key(|answer| same(answer));
    (most, most.map_or(0, same))
}

async fn ranges_by(node: &Node) -> Result<Vec<Range>, StoreError> {
    let answer =
        node.send(DURING, redis::cmd("CLUSTER").arg("SLOTS")).await.map_err(|failure| match failure.error {
            StoreError::Corrupt { what, .. } if what.contains("cluster support disabled") => nobody(
                DURING,
                "this server has cluster support off; use redis:// or rediss:// in the place of redis+cluster:// or \
             rediss+cluster://",
            ),
            error => error,
        })?;
    let ranges = Range::read_all(&answer, &node.endpoint)
        .ok_or_else(|| StoreError::corrupt(DURING, format!("{} answered something else", node.endpoint)))?;
    if ranges.is_empty() {
        return Err(nobody(DURING, "no master with slots is known there; is the Cluster put together?"));
    }
    Ok(ranges)
}

#[cfg(test)]
mod tests {
    use redis::Value;

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
