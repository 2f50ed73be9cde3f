//! A server under measurement, and what its rounds came to.

use crate::common::{
    closed::{self, Target},
    cpu,
    figures::{median, percentile},
    open::{self, Latencies},
};
use crate::plan::Plan;

/// Calls under way on each connection, at full load.
const IN_FLIGHT: usize = 32;

pub struct Subject {
    pub name: &'static str,
    pub target: Target,
    /// The server's.
    pub process: u32,
    /// Of the Redis behind it.
    pub redis: Option<u32>,
    pub at_full_load: Vec<FullLoad>,
    pub at_fixed_rate: Vec<FixedRate>,
    /// Requests a second, as h2load counts them.
    pub by_h2load: Vec<f64>,
    pub failed: u64,
}

/// One round of as many calls as are answered.
pub struct FullLoad {
    pub rate: f64,
    /// Microseconds a call: of the server, of its Redis, of the load.
    pub server: f64,
    pub redis: f64,
    pub load: f64,
}

/// One round at a fixed rate.
pub struct FixedRate {
    pub p50: f64,
    pub p99: f64,
    pub p999: f64,
    /// Calls that were due and not sent.
    pub given_up: u64,
}

impl Subject {
    pub fn new(name: &'static str, target: Target, process: u32, redis: Option<u32>) -> Self {
        Self {
            name,
            target,
            process,
            redis,
            at_full_load: Vec::new(),
            at_fixed_rate: Vec::new(),
            by_h2load: Vec::new(),
            failed: 0,
        }
    }

    pub async fn full_load(&mut self, plan: &Plan) {
        self.note(&closed::run(&self.target, IN_FLIGHT, plan.warm_up).await);
        let before = self.used();
        let tally = closed::run(&self.target, IN_FLIGHT, plan.measured).await;
        let after = self.used();
        self.note(&tally);
        #[expect(clippy::cast_precision_loss, reason = "counts of calls are exact")]
        let calls = tally.answered as f64;
        let [server, redis, load] = [0, 1, 2].map(|whose| (after[whose] - before[whose]) / calls);
        self.at_full_load.push(FullLoad { rate: tally.rate(), server, redis, load });
    }

    pub async fn fixed_rate(&mut self, rate: f64, plan: &Plan) {
        self.note(&open::run(&self.target, rate, plan.warm_up).await.tally);
        let latencies = open::run(&self.target, rate, plan.measured).await;
        self.note(&latencies.tally);
        self.at_fixed_rate.push(FixedRate::of(&latencies));
    }

    pub fn rate(&self) -> f64 {
        self.median_of(|round| round.rate)
    }

    pub fn median_of(&self, figure: impl Fn(&FullLoad) -> f64) -> f64 {
        median(&self.at_full_load.iter().map(figure).collect::<Vec<_>>())
    }

    pub fn latency(&self, figure: impl Fn(&FixedRate) -> f64) -> f64 {
        median(&self.at_fixed_rate.iter().map(figure).collect::<Vec<_>>())
    }

    /// What the server, its Redis and this process have used so far.
    fn used(&self) -> [f64; 3] {
        let redis = self.redis.map(cpu::of_process).unwrap_or_default();
        [cpu::of_process(self.process), redis, cpu::of_process(std::process::id())]
    }

    fn note(&mut self, tally: &closed::Tally) {
        self.failed += tally.failed;
        if let Some(reason) = &tally.first_failure {
            println!("{}: {} calls failed, the first one with: {reason}", self.name, tally.failed);
        }
    }
}

impl FixedRate {
    fn of(latencies: &Latencies) -> Self {
        let [p50, p99, p999] = [50.0, 99.0, 99.9].map(|share| percentile(&latencies.sorted, share).as_secs_f64() * 1e6);
        Self { p50, p99, p999, given_up: latencies.given_up }
    }
}
