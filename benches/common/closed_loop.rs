//! Full load: each response is followed by the next call.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use session_authority::clock::Stopwatch;
use tokio::task::JoinSet;

use super::{
    check::ValidationCheck,
    connection::{GrpcConnection, GrpcMethod},
};

/// The distance in the list between consecutive checks, so that neighbours in time are not neighbours in the list. It
/// is coprime to every round list length.
const STRIDE: usize = 7_919;

/// The order of the checks of a list. Every check is used once before any is used again, across all workers and
/// repeated loads. Clones share it.
#[derive(Clone, Default)]
pub struct CheckOrder(Arc<AtomicUsize>);

impl CheckOrder {
    /// Returns the index of the next check of a list of `length`.
    pub fn next_index(&self, length: usize) -> usize {
        self.0.fetch_add(1, Ordering::Relaxed).wrapping_mul(STRIDE) % length
    }
}

/// A method, the connections to its server, and the checks to send.
#[derive(Clone)]
pub struct LoadTarget {
    pub method: GrpcMethod,
    pub connections: Vec<GrpcConnection>,
    pub checks: Arc<[ValidationCheck]>,
    order: CheckOrder,
}

impl LoadTarget {
    pub fn new(
        method: GrpcMethod,
        connections: Vec<GrpcConnection>,
        checks: impl Into<Arc<[ValidationCheck]>>,
    ) -> Self {
        Self { method, connections, checks: checks.into(), order: CheckOrder::default() }
    }

    /// Returns the index of the next check.
    pub fn next_check_index(&self) -> usize {
        self.order.next_index(self.checks.len())
    }
}

/// The outcome of the calls.
#[derive(Default)]
pub struct CallTally {
    pub answered: u64,
    /// Calls without a verdict or with a wrong one.
    pub failed: u64,
    pub first_failure: Option<String>,
    pub took: Duration,
}

impl CallTally {
    pub fn record(&mut self, outcome: Result<(), String>) {
        match outcome {
            Ok(()) => self.answered += 1,
            Err(reason) => {
                self.failed += 1;
                self.first_failure.get_or_insert(reason);
            }
        }
    }

    pub fn merge(&mut self, other: Self) {
        self.answered += other.answered;
        self.failed += other.failed;
        self.first_failure = self.first_failure.take().or(other.first_failure);
    }

    /// Correct verdicts per second.
    #[expect(clippy::cast_precision_loss, reason = "counts of calls are exact")]
    pub fn rate(&self) -> f64 {
        self.answered as f64 / self.took.as_secs_f64()
    }
}

/// Keeps `in_flight` calls in flight on each connection for `span`.
pub async fn run(target: &LoadTarget, in_flight: usize, span: Duration) -> CallTally {
    let number = target.connections.len() * in_flight;
    run_workers(number, span, |lane, stop| {
        let connection = target.connections[lane % target.connections.len()].clone();
        run_worker(target.clone(), connection, stop)
    })
    .await
}

/// Runs `number` workers, which are stopped after `span`. Returns the total of their tallies.
pub async fn run_workers<F>(number: usize, span: Duration, lane: impl Fn(usize, Arc<AtomicBool>) -> F) -> CallTally
where
    F: Future<Output = CallTally> + Send + 'static,
{
    let stop = Arc::new(AtomicBool::new(false));
    let watch = Stopwatch::start();
    let mut under_way = JoinSet::new();
    for number in 0..number {
        under_way.spawn(lane(number, Arc::clone(&stop)));
    }
    tokio::time::sleep(span).await;
    stop.store(true, Ordering::Relaxed);
    let mut total = CallTally::default();
    while let Some(tally) = under_way.join_next().await {
        total.merge(tally.expect("a lane"));
    }
    total.took = watch.elapsed();
    total
}

async fn run_worker(target: LoadTarget, mut connection: GrpcConnection, stop: Arc<AtomicBool>) -> CallTally {
    let mut tally = CallTally::default();
    while !stop.load(Ordering::Relaxed) {
        let check = &target.checks[target.next_check_index()];
        let answer = connection.call(&target.method, check.body.clone()).await;
        tally.record(answer.and_then(|answer| check.verify(&answer)));
    }
    tally
}
