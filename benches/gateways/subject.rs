//! A server under load, and the results of its rounds.

use std::time::Duration;

use crate::{
    check_load::CheckTarget,
    common::{
        closed_loop::{self, CallTally, LoadTarget},
        full_load::{FullLoadRound, MeasuredProcesses},
        http_load::HttpTarget,
    },
    plan::ValidatePlan,
};

/// Calls in flight on each connection of gRPC that is shared.
pub const IN_FLIGHT: usize = 32;

/// The load of a server.
pub enum Load {
    Validations {
        target: LoadTarget,
        /// Calls in flight on each connection.
        in_flight: usize,
    },
    Checks(CheckTarget),
    /// One request in flight on each connection.
    Http {
        target: HttpTarget,
        connections: usize,
    },
}

impl Load {
    async fn run(&self, span: Duration) -> CallTally {
        match self {
            Self::Validations { target, in_flight } => closed_loop::run(target, *in_flight, span).await,
            Self::Checks(target) => target.run(IN_FLIGHT, span).await,
            Self::Http { target, connections } => target.run(*connections, span).await,
        }
    }
}

/// A server under load. Behind it may be another one: Redis, or for a gateway the authority.
pub struct Subject {
    pub name: String,
    load: Load,
    processes: MeasuredProcesses,
    rounds: Vec<FullLoadRound>,
    pub failed: u64,
}

impl Subject {
    pub fn new(name: impl Into<String>, load: Load, server: u32, behind: Option<u32>) -> Self {
        let processes = MeasuredProcesses { server, behind };
        Self { name: name.into(), load, processes, rounds: Vec::new(), failed: 0 }
    }

    /// Measures one round.
    pub async fn measure(&mut self, plan: &ValidatePlan) {
        let warm_up = self.load.run(plan.warm_up).await;
        self.record(&warm_up);
        let (round, tally) = FullLoadRound::measure(self.load.run(plan.measured), self.processes).await;
        self.record(&tally);
        self.rounds.push(round);
    }

    /// Returns the medians of the rounds.
    pub fn result(&self) -> FullLoadRound {
        FullLoadRound::median(&self.rounds)
    }

    /// Prints the medians of the rounds.
    pub fn print(&self) {
        let FullLoadRound { rate, server, behind, load } = self.result();
        println!("{:<26} {rate:>10.0} {server:>16.1} {behind:>15.1} {load:>14.1}", self.name);
    }

    fn record(&mut self, tally: &CallTally) {
        self.failed += tally.failed;
        if let Some(reason) = &tally.first_failure {
            println!("{}: {} requests failed; first error: {reason}", self.name, tally.failed);
        }
    }
}
