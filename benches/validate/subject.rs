//! A server under measurement, and what its rounds came to.

use std::time::Duration;

use crate::common::{
    closed::{self, Target},
    figures::{median, percentile},
    full_load::{FullLoad, Processes},
    open::{self, Latencies},
    stream,
};
use crate::plan::Plan;

/// Checks under way on each connection, at full load.
const IN_FLIGHT: usize = 32;

/// How checks come at full load.
#[derive(Clone, Copy)]
pub enum Way {
    /// Each as a call of its own.
    Calls,
    /// All of a connection over one call.
    Stream,
}

pub struct Subject {
    pub name: &'static str,
    pub target: Target,
    way: Way,
    whose: Processes,
    rounds_at_full_load: Vec<FullLoad>,
    pub at_fixed_rate: Vec<FixedRate>,
    /// Requests a second, as h2load counts them.
    pub by_h2load: Vec<f64>,
    pub failed: u64,
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
    pub fn new(name: &'static str, target: Target, way: Way, server: u32, redis: Option<u32>) -> Self {
        Self {
            name,
            target,
            way,
            whose: Processes { server, redis },
            rounds_at_full_load: Vec::new(),
            at_fixed_rate: Vec::new(),
            by_h2load: Vec::new(),
            failed: 0,
        }
    }

    pub async fn full_load(&mut self, plan: &Plan) {
        let warm_up = self.load(plan.warm_up).await;
        self.note(&warm_up);
        let (round, tally) = FullLoad::measure(self.load(plan.measured), self.whose).await;
        self.note(&tally);
        self.rounds_at_full_load.push(round);
    }

    async fn load(&self, span: Duration) -> closed::Tally {
        match self.way {
            Way::Calls => closed::run(&self.target, IN_FLIGHT, span).await,
            Way::Stream => stream::run(&self.target, IN_FLIGHT, span).await,
        }
    }

    pub async fn fixed_rate(&mut self, rate: f64, plan: &Plan) {
        self.note(&open::run(&self.target, rate, plan.warm_up).await.tally);
        let latencies = open::run(&self.target, rate, plan.measured).await;
        self.note(&latencies.tally);
        self.at_fixed_rate.push(FixedRate::of(&latencies));
    }

    pub fn at_full_load(&self) -> FullLoad {
        FullLoad::median(&self.rounds_at_full_load)
    }

    pub fn latency(&self, figure: impl Fn(&FixedRate) -> f64) -> f64 {
        median(&self.at_fixed_rate.iter().map(figure).collect::<Vec<_>>())
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
