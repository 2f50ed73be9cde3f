//! Whether Validate gets slower with the number of sessions in the store: the same load on stores of 10^3 to 10^6, in
//! turn, each with a server and a Redis of its own. Once with a thousand tokens in use, and once with all of them.
//!
//! Every verdict is checked; one that is wrong or missing fails the bench. `-- --quick` for two small stores.

#![expect(clippy::print_stdout, reason = "the figures are what a bench is for")]
#![expect(clippy::expect_used, clippy::panic, reason = "a bench that cannot go on has nothing to say")]

#[expect(dead_code, unused_imports, reason = "the tests and other benches use the rest")]
mod common;

use std::{process::ExitCode, sync::Arc, time::Duration};

use session_authority::api::Consistency;

use self::common::{
    authority::{Authority, Installation},
    check::Check,
    closed::{self, Tally, Target},
    connection::Connection,
    cores::Cores,
    figures::judged,
    filled::Filled,
    full_load::{FullLoad, Processes},
    is_quick,
};

const CONNECTIONS: usize = 4;
const IN_FLIGHT: usize = 32;
const IN_USE: u64 = 1_000;
/// Prime, so that what is in use lies anywhere in the store.
const APART: u64 = 611_953;
/// How long the tokens of a store are used before anything is measured, so that a node may know them.
const ACQUAINTANCE: Duration = Duration::from_mins(1);

struct Plan {
    sizes: &'static [u64],
    rounds: usize,
    measured: Duration,
}

/// One store, with its server.
struct Store {
    size: u64,
    some: Target,
    all: Target,
    some_rounds: Vec<FullLoad>,
    all_rounds: Vec<FullLoad>,
    authority: Authority,
    installation: Installation,
}

fn main() -> ExitCode {
    let (cores, told) = Cores::assign();
    println!("{told}");
    let plan = if is_quick() {
        Plan { sizes: &[1_000, 3_000], rounds: 2, measured: Duration::from_millis(500) }
    } else {
        Plan { sizes: &[1_000, 10_000, 100_000, 1_000_000], rounds: 5, measured: Duration::from_secs(3) }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run(&cores, &plan))
}

async fn run(cores: &Cores, plan: &Plan) -> ExitCode {
    let mut failed = 0;
    let mut stores = Vec::new();
    for size in plan.sizes {
        let store = Store::fill(*size, cores).await;
        failed += store.get_acquainted().await;
        stores.push(store);
    }
    for _ in 0..plan.rounds {
        for store in &mut stores {
            let whose = store.processes();
            let (round, some) = FullLoad::measure(closed::run(&store.some, IN_FLIGHT, plan.measured), whose).await;
            store.some_rounds.push(round);
            let (round, all) = FullLoad::measure(closed::run(&store.all, IN_FLIGHT, plan.measured), whose).await;
            store.all_rounds.push(round);
            failed += told(&some) + told(&all);
        }
    }
    println!("medians of {} rounds", plan.rounds);
    tell("1,000 tokens in use", &stores, |store| &store.some_rounds);
    tell("all tokens in use", &stores, |store| &store.all_rounds);
    println!("{failed} calls failed or had a wrong verdict");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn tell(what: &str, stores: &[Store], rounds: impl Fn(&Store) -> &Vec<FullLoad>) {
    println!("\n{what:<18} verdicts/s   server µs/call   Redis µs/call   load µs/call   to the smallest");
    let smallest = FullLoad::median(rounds(&stores[0])).rate;
    for store in stores {
        let FullLoad { rate, server, redis, load } = FullLoad::median(rounds(store));
        let ratio = rate / smallest;
        let judged = judged(ratio, ratio >= 0.90, "at least 0.90");
        println!("{:>9} sessions {rate:>10.0} {server:>16.1} {redis:>15.1} {load:>14.1}   {judged}", store.size);
    }
}

fn told(tally: &Tally) -> u64 {
    if let Some(reason) = &tally.first_failure {
        println!("{} calls failed, the first one with: {reason}", tally.failed);
    }
    tally.failed
}

impl Store {
    async fn fill(size: u64, cores: &Cores) -> Self {
        let installation = Installation::new(cores).await;
        let filled = Filled::fill(&installation, size).await;
        let authority = Authority::start(&installation, cores).await;
        let connections = Connection::several(CONNECTIONS, authority.port).await;
        let check = |number: u64| {
            let (token, session_id) = filled.token(number);
            Check::new(&token, &session_id, Consistency::Bounded)
        };
        let target = |checks: Arc<[Check]>| Target::new(authority.method("Validate"), connections.clone(), checks);
        Self {
            size,
            some: target((0..IN_USE).map(|number| check(number * APART % size)).collect()),
            all: target((0..size).map(check).collect()),
            some_rounds: Vec::new(),
            all_rounds: Vec::new(),
            authority,
            installation,
        }
    }

    fn processes(&self) -> Processes {
        Processes { server: self.authority.process.id(), redis: Some(self.installation.redis_process) }
    }

    /// Uses its tokens until all of them have been used about once. How many calls failed.
    async fn get_acquainted(&self) -> u64 {
        let mut calls = 0;
        let mut failed = 0;
        let mut left = ACQUAINTANCE;
        while calls < self.size && !left.is_zero() {
            let some = closed::run(&self.all, IN_FLIGHT, Duration::from_secs(1).min(left)).await;
            calls += some.answered;
            failed += told(&some);
            left = left.saturating_sub(some.took);
        }
        failed
    }
}
