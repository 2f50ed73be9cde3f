//! Whether Validate gets slower with the number of sessions in the store: the same load on stores of 10^3 to 10^6, in
//! turn, each with a Redis and servers of its own. First with a thousand tokens in use; then with all of them, of
//! servers as they come, which have no room for so many, and of some that have.
//!
//! Every verdict is checked; one that is wrong or missing fails the bench. `-- --quick` for two small stores.

#![expect(clippy::print_stdout, reason = "the figures are what a bench is for")]
#![expect(clippy::expect_used, clippy::panic, reason = "a bench that cannot go on has nothing to say")]

#[expect(dead_code, unused_imports, reason = "the tests and other benches use the rest")]
mod common;

use std::{process::ExitCode, sync::Arc, time::Duration};

use session_authority::api::Consistency;

use self::common::{
    authority::{Authority, Installation, ROOMY},
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

/// One store with its servers, none of which has been asked anything.
struct Store {
    size: u64,
    usual: Node,
    roomy: Node,
    some: Arc<[Check]>,
    all: Arc<[Check]>,
    installation: Installation,
}

struct Node {
    authority: Authority,
    connections: Vec<Connection>,
}

/// What is asked of each store.
struct Load {
    name: &'static str,
    target: fn(&Store) -> (&Node, &Arc<[Check]>),
    /// Of the rate with the smallest store.
    bar: Option<f64>,
}

const LOADS: [Load; 3] = [
    Load { name: "1,000 tokens in use", target: |store| (&store.usual, &store.some), bar: Some(0.90) },
    Load { name: "all tokens in use", target: |store| (&store.usual, &store.all), bar: None },
    Load { name: "all, with room for all", target: |store| (&store.roomy, &store.all), bar: None },
];

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
        stores.push(Store::fill(*size, cores).await);
    }
    println!("medians of {} rounds", plan.rounds);
    for load in LOADS {
        failed += load.run(&stores, plan).await;
    }
    println!("{failed} calls failed or had a wrong verdict");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

impl Load {
    /// Tells what came of it. How many calls failed.
    async fn run(&self, stores: &[Store], plan: &Plan) -> u64 {
        let mut failed = 0;
        let mut rounds: Vec<Vec<FullLoad>> = stores.iter().map(|_| Vec::new()).collect();
        let under_load: Vec<_> = stores.iter().map(|store| self.of(store)).collect();
        for (target, _) in &under_load {
            failed += get_acquainted(target).await;
        }
        for _ in 0..plan.rounds {
            for ((target, whose), rounds) in under_load.iter().zip(&mut rounds) {
                let (round, tally) = FullLoad::measure(closed::run(target, IN_FLIGHT, plan.measured), *whose).await;
                rounds.push(round);
                failed += told(&tally);
            }
        }
        let medians: Vec<_> = rounds.iter().map(|rounds| FullLoad::median(rounds)).collect();
        println!("\n{:<22} verdicts/s   server µs/call   Redis µs/call   load µs/call   to the smallest", self.name);
        for (store, FullLoad { rate, server, redis, load }) in stores.iter().zip(&medians) {
            let ratio = rate / medians[0].rate;
            let judged = match self.bar {
                Some(bar) => judged(ratio, ratio >= bar, &format!("at least {bar:.2}")),
                None => format!("{ratio:>7.2}"),
            };
            println!("{:>13} sessions {rate:>10.0} {server:>16.1} {redis:>15.1} {load:>14.1}   {judged}", store.size);
        }
        failed
    }

    fn of(&self, store: &Store) -> (Target, Processes) {
        let (node, checks) = (self.target)(store);
        let target = Target::new(node.authority.method("Validate"), node.connections.clone(), Arc::clone(checks));
        let redis = Some(store.installation.redis_process);
        (target, Processes { server: node.authority.process.id(), redis })
    }
}

/// Uses tokens until all of them have been used about once. How many calls failed.
async fn get_acquainted(target: &Target) -> u64 {
    let mut calls = 0;
    let mut failed = 0;
    let mut left = ACQUAINTANCE;
    while calls < target.checks.len() && !left.is_zero() {
        let some = closed::run(target, IN_FLIGHT, Duration::from_secs(1).min(left)).await;
        calls += usize::try_from(some.answered).unwrap_or(usize::MAX);
        failed += told(&some);
        left = left.saturating_sub(some.took);
    }
    failed
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
        let check = |number: u64| {
            let (token, session_id) = filled.token(number);
            Check::new(&token, &session_id, Consistency::Bounded)
        };
        Self {
            size,
            usual: Node::start(&installation, cores, "").await,
            roomy: Node::start(&installation, cores, ROOMY).await,
            some: (0..IN_USE).map(|number| check(number * APART % size)).collect(),
            all: (0..size).map(check).collect(),
            installation,
        }
    }
}

impl Node {
    async fn start(installation: &Installation, cores: &Cores, settings: &str) -> Self {
        let authority = Authority::start_with(installation, cores, settings).await;
        let connections = Connection::several(CONNECTIONS, authority.port).await;
        Self { authority, connections }
    }
}
