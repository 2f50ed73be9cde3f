//! Calls at a fixed rate, due whether earlier ones were answered or not. A call's latency is counted from when it was
//! due, so that a server which stalls is charged with every call that had to wait.

use std::time::Duration;

use session_authority::clock::Stopwatch;
use tokio::task::JoinSet;

use super::closed_loop::{CallTally, LoadTarget};

/// Calls under way at most, on each connection: what a server allows. Further ones wait here, and their time runs.
const IN_FLIGHT: usize = 256;

/// How late the last call may be sent, in spans. What is due then is given up, with the time that it waited.
const MAX_LATENESS_SPANS: u32 = 2;

pub struct OpenLoopResult {
    pub tally: CallTally,
    /// From when each call was due to its answer, in order.
    pub sorted: Vec<Duration>,
    /// Calls that were due and never sent: the server is slower than the rate.
    pub unsent_calls: u64,
}

/// Sends `rate` calls a second, evenly, for so long. Waits by spinning: timers are too coarse.
pub async fn run(target: &LoadTarget, rate: f64, span: Duration) -> OpenLoopResult {
    let interval = Duration::from_secs_f64(rate.recip());
    let limit = target.connections.len() * IN_FLIGHT;
    let mut under_way = JoinSet::new();
    let mut latencies = OpenLoopResult { tally: CallTally::default(), sorted: Vec::new(), unsent_calls: 0 };
    let mut due = Duration::ZERO;
    let watch = Stopwatch::start();
    for number in 0.. {
        if due >= span {
            break;
        }
        while watch.elapsed() < due || under_way.len() >= limit {
            while let Some(done) = under_way.try_join_next() {
                latencies.record(done.expect("a call"));
            }
            // Whoever shares the core, and then the connections.
            std::thread::yield_now();
            tokio::task::yield_now().await;
        }
        if watch.elapsed() > span * MAX_LATENESS_SPANS {
            latencies.unsent_calls += 1;
            latencies.sorted.push(watch.elapsed().saturating_sub(due));
        } else {
            under_way.spawn(call(target.clone(), number, watch, due));
        }
        due += interval;
    }
    while let Some(done) = under_way.join_next().await {
        latencies.record(done.expect("a call"));
    }
    latencies.tally.took = watch.elapsed();
    latencies.sorted.sort_unstable();
    latencies
}

async fn call(target: LoadTarget, number: usize, watch: Stopwatch, due: Duration) -> (Result<(), String>, Duration) {
    let check = &target.checks[number % target.checks.len()];
    let mut connection = target.connections[number % target.connections.len()].clone();
    let answer = connection.call(&target.method, check.body.clone()).await;
    (answer.and_then(|answer| check.verify(&answer)), watch.elapsed().saturating_sub(due))
}

impl OpenLoopResult {
    fn record(&mut self, (outcome, latency): (Result<(), String>, Duration)) {
        self.tally.record(outcome);
        self.sorted.push(latency);
    }
}
