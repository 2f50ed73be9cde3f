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
    authority::{AuthorityProcess, BenchInstallation, LARGE_CACHE_SETTINGS},
    check::ValidationCheck,
    closed_loop::{self, CallTally, LoadTarget},
    connection::GrpcConnection,
    cores::CorePinning,
    full_load::{FullLoadRound, MeasuredProcesses},
    is_quick,
    seeded_store::SeededStore,
    statistics::format_verdict,
};

const CONNECTIONS: usize = 4;
const IN_FLIGHT: usize = 32;
const ACTIVE_TOKENS: u64 = 1_000;
/// Prime, so that what is in use lies anywhere in the store.
const ACTIVE_STRIDE: u64 = 611_953;
/// How long the tokens of a store are used before anything is measured, so that a node may know them.
const WARM_UP: Duration = Duration::from_mins(1);

struct StoreSizePlan {
    sizes: &'static [u64],
    rounds: usize,
    measured: Duration,
}

/// One store with its servers, none of which has been asked anything.
struct SizedStore {
    size: u64,
    default_node: BenchNode,
    large_cache_node: BenchNode,
    active_checks: Arc<[ValidationCheck]>,
    all_checks: Arc<[ValidationCheck]>,
    installation: BenchInstallation,
}

struct BenchNode {
    authority: AuthorityProcess,
    connections: Vec<GrpcConnection>,
}

/// What is asked of each store.
struct TokenLoad {
    name: &'static str,
    target: fn(&SizedStore) -> (&BenchNode, &Arc<[ValidationCheck]>),
    /// Of the rate with the smallest store.
    min_ratio: Option<f64>,
}

const LOADS: [TokenLoad; 3] = [
    TokenLoad {
        name: "1,000 tokens in use",
        target: |store| (&store.default_node, &store.active_checks),
        min_ratio: Some(0.90),
    },
    TokenLoad { name: "all tokens in use", target: |store| (&store.default_node, &store.all_checks), min_ratio: None },
    TokenLoad {
        name: "all, with room for all",
        target: |store| (&store.large_cache_node, &store.all_checks),
        min_ratio: None,
    },
];

fn main() -> ExitCode {
    let (cores, pinning) = CorePinning::pin_current_process();
    println!("{pinning}");
    let plan = if is_quick() {
        StoreSizePlan { sizes: &[1_000, 3_000], rounds: 2, measured: Duration::from_millis(500) }
    } else {
        StoreSizePlan { sizes: &[1_000, 10_000, 100_000, 1_000_000], rounds: 5, measured: Duration::from_secs(3) }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run(&cores, &plan))
}

async fn run(cores: &CorePinning, plan: &StoreSizePlan) -> ExitCode {
    let mut failed = 0;
    let mut stores = Vec::new();
    for size in plan.sizes {
        stores.push(SizedStore::fill(*size, cores).await);
    }
    println!("medians of {} rounds", plan.rounds);
    for load in LOADS {
        failed += load.run(&stores, plan).await;
    }
    println!("{failed} calls failed or had a wrong verdict");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

impl TokenLoad {
    /// Tells what came of it. How many calls failed.
    async fn run(&self, stores: &[SizedStore], plan: &StoreSizePlan) -> u64 {
        let mut failed = 0;
        let mut rounds: Vec<Vec<FullLoadRound>> = stores.iter().map(|_| Vec::new()).collect();
        let under_load: Vec<_> = stores.iter().map(|store| self.load_target(store)).collect();
        for (target, _) in &under_load {
            failed += warm_up(target).await;
        }
        for _ in 0..plan.rounds {
            for ((target, whose), rounds) in under_load.iter().zip(&mut rounds) {
                let (round, tally) =
                    FullLoadRound::measure(closed_loop::run(target, IN_FLIGHT, plan.measured), *whose).await;
                rounds.push(round);
                failed += report_failures(&tally);
            }
        }
        let medians: Vec<_> = rounds.iter().map(|rounds| FullLoadRound::median(rounds)).collect();
        println!("\n{:<22} verdicts/s   server µs/call   Redis µs/call   load µs/call   to the smallest", self.name);
        for (store, FullLoadRound { rate, server, redis, load }) in stores.iter().zip(&medians) {
            let ratio = rate / medians[0].rate;
            let judged = match self.min_ratio {
                Some(bar) => format_verdict(ratio, ratio >= bar, &format!("at least {bar:.2}")),
                None => format!("{ratio:>7.2}"),
            };
            println!("{:>13} sessions {rate:>10.0} {server:>16.1} {redis:>15.1} {load:>14.1}   {judged}", store.size);
        }
        failed
    }

    fn load_target(&self, store: &SizedStore) -> (LoadTarget, MeasuredProcesses) {
        let (node, checks) = (self.target)(store);
        let target =
            LoadTarget::new(node.authority.issuer_method("Validate"), node.connections.clone(), Arc::clone(checks));
        let redis = Some(store.installation.redis_pid);
        (target, MeasuredProcesses { server: node.authority.process.id(), redis })
    }
}

/// Uses tokens until all of them have been used about once. How many calls failed.
async fn warm_up(target: &LoadTarget) -> u64 {
    let mut calls = 0;
    let mut failed = 0;
    let mut left = WARM_UP;
    while calls < target.checks.len() && !left.is_zero() {
        let some = closed_loop::run(target, IN_FLIGHT, Duration::from_secs(1).min(left)).await;
        calls += usize::try_from(some.answered).unwrap_or(usize::MAX);
        failed += report_failures(&some);
        left = left.saturating_sub(some.took);
    }
    failed
}

fn report_failures(tally: &CallTally) -> u64 {
    if let Some(reason) = &tally.first_failure {
        println!("{} calls failed, the first one with: {reason}", tally.failed);
    }
    tally.failed
}

impl SizedStore {
    async fn fill(size: u64, cores: &CorePinning) -> Self {
        let installation = BenchInstallation::new(cores).await;
        let filled = SeededStore::seed(&installation, size).await;
        let check = |number: u64| {
            let (token, session_id) = filled.token(number);
            ValidationCheck::new(&token, &session_id, Consistency::Bounded)
        };
        Self {
            size,
            default_node: BenchNode::start(&installation, cores, "").await,
            large_cache_node: BenchNode::start(&installation, cores, LARGE_CACHE_SETTINGS).await,
            active_checks: (0..ACTIVE_TOKENS).map(|number| check(number * ACTIVE_STRIDE % size)).collect(),
            all_checks: (0..size).map(check).collect(),
            installation,
        }
    }
}

impl BenchNode {
    async fn start(installation: &BenchInstallation, cores: &CorePinning, settings: &str) -> Self {
        let authority = AuthorityProcess::start_with(installation, cores, settings).await;
        let connections = GrpcConnection::connect_many(CONNECTIONS, authority.port).await;
        Self { authority, connections }
    }
}
