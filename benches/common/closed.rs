//! As many calls as a server answers: each call under way is followed by the next one once it is answered.

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
    check::Check,
    connection::{Connection, Method},
};

/// Neighbours in time are not neighbours in the list. Coprime to every length of a list of round numbers.
const STRIDE: usize = 7_919;

/// Whom to ask what.
#[derive(Clone)]
pub struct Target {
    pub method: Method,
    pub connections: Vec<Connection>,
    pub checks: Arc<[Check]>,
    turn: Arc<AtomicUsize>,
}

impl Target {
    pub fn new(method: Method, connections: Vec<Connection>, checks: impl Into<Arc<[Check]>>) -> Self {
        Self { method, connections, checks: checks.into(), turn: Arc::default() }
    }

    /// The place of the check whose turn it is. All have theirs before one has it again, whoever asks and however often
    /// a load begins anew.
    pub fn next(&self) -> usize {
        self.turn.fetch_add(1, Ordering::Relaxed).wrapping_mul(STRIDE) % self.checks.len()
    }
}

/// What came of the calls.
#[derive(Default)]
pub struct Tally {
    pub answered: u64,
    /// Without a verdict, or with a wrong one.
    pub failed: u64,
    pub first_failure: Option<String>,
    pub took: Duration,
}

impl Tally {
    pub fn count(&mut self, outcome: Result<(), String>) {
        match outcome {
            Ok(()) => self.answered += 1,
            Err(reason) => {
                self.failed += 1;
                self.first_failure.get_or_insert(reason);
            }
        }
    }

    pub fn add(&mut self, other: Self) {
        self.answered += other.answered;
        self.failed += other.failed;
        self.first_failure = self.first_failure.take().or(other.first_failure);
    }

    /// Right verdicts a second.
    #[expect(clippy::cast_precision_loss, reason = "counts of calls are exact")]
    pub fn rate(&self) -> f64 {
        self.answered as f64 / self.took.as_secs_f64()
    }
}

/// Keeps `in_flight` calls under way on each connection for so long.
pub async fn run(target: &Target, in_flight: usize, span: Duration) -> Tally {
    let number = target.connections.len() * in_flight;
    lanes(number, span, |lane, stop| {
        let connection = target.connections[lane % target.connections.len()].clone();
        calls(target.clone(), connection, stop)
    })
    .await
}

/// What so many lanes come to together, which are told to stop after so long.
pub async fn lanes<F>(number: usize, span: Duration, lane: impl Fn(usize, Arc<AtomicBool>) -> F) -> Tally
where
    F: Future<Output = Tally> + Send + 'static,
{
    let stop = Arc::new(AtomicBool::new(false));
    let watch = Stopwatch::start();
    let mut under_way = JoinSet::new();
    for number in 0..number {
        under_way.spawn(lane(number, Arc::clone(&stop)));
    }
    tokio::time::sleep(span).await;
    stop.store(true, Ordering::Relaxed);
    let mut total = Tally::default();
    while let Some(tally) = under_way.join_next().await {
        total.add(tally.expect("a lane"));
    }
    total.took = watch.elapsed();
    total
}

async fn calls(target: Target, mut connection: Connection, stop: Arc<AtomicBool>) -> Tally {
    let mut tally = Tally::default();
    while !stop.load(Ordering::Relaxed) {
        let check = &target.checks[target.next()];
        let answer = connection.call(&target.method, check.body.clone()).await;
        tally.count(answer.and_then(|answer| check.verify(&answer)));
    }
    tally
}
