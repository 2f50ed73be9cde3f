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
    figures::{judged, median},
    filled::Filled,
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
    /// Verdicts a second of each round.
    some_rates: Vec<f64>,
    all_rates: Vec<f64>,
    _authority: Authority,
    _installation: Installation,
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
            let some = closed::run(&store.some, IN_FLIGHT, plan.measured).await;
            let all = closed::run(&store.all, IN_FLIGHT, plan.measured).await;
            store.some_rates.push(some.rate());
            store.all_rates.push(all.rate());
            failed += told(&some) + told(&all);
        }
    }
    println!("verdicts a second, medians of {} rounds", plan.rounds);
    tell("1,000 tokens in use", &stores, |store| &store.some_rates);
    tell("all tokens in use", &stores, |store| &store.all_rates);
    println!("{failed} calls failed or had a wrong verdict");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn tell(what: &str, stores: &[Store], rates: impl Fn(&Store) -> &Vec<f64>) {
    println!("\n{what}");
    let smallest = median(rates(&stores[0]));
    for store in stores {
        let rate = median(rates(store));
        let ratio = rate / smallest;
        println!("{:>9} sessions {rate:>10.0} {}", store.size, judged(ratio, ratio >= 0.90, "at least 0.90"));
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
        let target = |checks: Arc<[Check]>| Target {
            method: authority.method("Validate"),
            connections: connections.clone(),
            checks,
        };
        Self {
            size,
            some: target((0..IN_USE).map(|number| check(number * APART % size)).collect()),
            all: target((0..size).map(check).collect()),
            some_rates: Vec::new(),
            all_rates: Vec::new(),
            _authority: authority,
            _installation: installation,
        }
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
