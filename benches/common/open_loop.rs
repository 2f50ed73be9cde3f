//! Calls at a fixed rate, due whether earlier calls have a response or not.
//!
//! A call's latency counts from the time when it was due, so a server that stalls is charged for every call that had to
//! wait.

use std::time::Duration;

use session_authority::clock::Stopwatch;
use tokio::task::JoinSet;

use super::closed_loop::{CallTally, LoadTarget};

/// Maximum calls in flight on each connection: the limit of the server. Further calls wait here while their time runs.
const IN_FLIGHT: usize = 256;

/// The maximum lateness of a call, in spans. Calls that would be later are not sent; their waiting time counts.
const MAX_LATENESS_SPANS: u32 = 2;

pub struct OpenLoopResult {
    pub tally: CallTally,
    /// Sorted latencies, from when each call was due to its response.
    pub sorted: Vec<Duration>,
    /// Calls that were due but never sent, because the server is slower than the rate.
    pub unsent_calls: u64,
}

/// Sends `rate` calls per second, evenly spaced, for `span`. Waits by spinning, because timers are too coarse.
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
            // Lets other threads on this core run, then the connections.
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
