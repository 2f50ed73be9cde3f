//! A server under measurement, and the results of its rounds.

use std::time::Duration;

use crate::common::{
    closed_loop::{self, LoadTarget},
    full_load::{FullLoadRound, MeasuredProcesses},
    open_loop::{self, OpenLoopResult},
    statistics::{median, percentile},
    stream,
};
use crate::plan::ValidatePlan;

/// Checks in flight on each connection at full load.
const IN_FLIGHT: usize = 32;

/// The way in which checks are sent at full load.
#[derive(Clone, Copy)]
pub enum CallMode {
    /// A separate call per check.
    Unary,
    /// A single call for all checks of a connection.
    Stream,
}

pub struct MeasuredServer {
    pub name: &'static str,
    pub target: LoadTarget,
    way: CallMode,
    processes: MeasuredProcesses,
    rounds_at_full_load: Vec<FullLoadRound>,
    pub at_fixed_rate: Vec<FixedRateRound>,
    /// Requests per second, as h2load counts them.
    pub by_h2load: Vec<f64>,
    pub failed: u64,
}

/// A round at a fixed rate.
pub struct FixedRateRound {
    pub p50: f64,
    pub p99: f64,
    pub p999: f64,
    /// Calls that were due but not sent.
    pub unsent_calls: u64,
}

impl MeasuredServer {
    pub fn new(name: &'static str, target: LoadTarget, way: CallMode, server: u32, redis: Option<u32>) -> Self {
        Self {
            name,
            target,
            way,
            processes: MeasuredProcesses { server, behind: redis },
            rounds_at_full_load: Vec::new(),
            at_fixed_rate: Vec::new(),
            by_h2load: Vec::new(),
            failed: 0,
        }
    }

    pub async fn full_load(&mut self, plan: &ValidatePlan) {
        let warm_up = self.load(plan.warm_up).await;
        self.record_tally(&warm_up);
        let (round, tally) = FullLoadRound::measure(self.load(plan.measured), self.processes).await;
        self.record_tally(&tally);
        self.rounds_at_full_load.push(round);
    }

    async fn load(&self, span: Duration) -> closed_loop::CallTally {
        match self.way {
            CallMode::Unary => closed_loop::run(&self.target, IN_FLIGHT, span).await,
            CallMode::Stream => stream::run(&self.target, IN_FLIGHT, span).await,
        }
    }

    pub async fn fixed_rate(&mut self, rate: f64, plan: &ValidatePlan) {
        self.record_tally(&open_loop::run(&self.target, rate, plan.warm_up).await.tally);
        let latencies = open_loop::run(&self.target, rate, plan.measured).await;
        self.record_tally(&latencies.tally);
        self.at_fixed_rate.push(FixedRateRound::new(&latencies));
    }

    pub fn at_full_load(&self) -> FullLoadRound {
        FullLoadRound::median(&self.rounds_at_full_load)
    }

    pub fn latency(&self, figure: impl Fn(&FixedRateRound) -> f64) -> f64 {
        median(&self.at_fixed_rate.iter().map(figure).collect::<Vec<_>>())
    }

    fn record_tally(&mut self, tally: &closed_loop::CallTally) {
        self.failed += tally.failed;
        if let Some(reason) = &tally.first_failure {
            println!("{}: {} calls failed; first error: {reason}", self.name, tally.failed);
        }
    }
}

impl FixedRateRound {
    fn new(latencies: &OpenLoopResult) -> Self {
        let [p50, p99, p999] = [50.0, 99.0, 99.9].map(|share| percentile(&latencies.sorted, share).as_secs_f64() * 1e6);
        Self { p50, p99, p999, unsent_calls: latencies.unsent_calls }
    }
}
