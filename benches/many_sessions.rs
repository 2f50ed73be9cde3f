//! Measures whether Validate gets slower with the number of sessions in the store.
//!
//! The same load runs on stores of 10^3 to 10^6 sessions in turn, each with its own Redis and servers: first with a
//! thousand active tokens, then with all of them. The latter runs on servers with the default configuration, whose
//! cache is too small for so many sessions, and on servers with a large one.
//!
//! Every verdict is checked; a wrong or missing one fails the bench. `-- --quick` uses two small stores.

#![expect(clippy::print_stdout, reason = "benches print their results")]
#![expect(clippy::expect_used, clippy::panic, reason = "a bench may panic")]

#[expect(dead_code, reason = "the tests and other benches use the rest")]
mod common;

use std::{process::ExitCode, sync::Arc, time::Duration};

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
/// The distance between active tokens: a prime, so that they are spread over the whole store.
const ACTIVE_STRIDE: u64 = 611_953;
/// The longest time for which the tokens of a store are used before the measurement, to fill the node's cache.
const WARM_UP: Duration = Duration::from_mins(1);

struct StoreSizePlan {
    sizes: &'static [u64],
    rounds: usize,
    measured: Duration,
}

/// A store and its servers, which have received no calls yet.
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

/// A load that is measured on each store.
struct TokenLoad {
    name: &'static str,
    target: fn(&SizedStore) -> (&BenchNode, &Arc<[ValidationCheck]>),
    /// Minimum rate, relative to that of the smallest store.
    min_ratio: Option<f64>,
}

const LOADS: [TokenLoad; 3] = [
    TokenLoad {
        name: "1,000 active tokens",
        target: |store| (&store.default_node, &store.active_checks),
        min_ratio: Some(0.90),
    },
    TokenLoad { name: "all tokens active", target: |store| (&store.default_node, &store.all_checks), min_ratio: None },
    TokenLoad {
        name: "all tokens active, large cache",
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
    println!("{failed} calls failed or returned a wrong verdict");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

impl TokenLoad {
    /// Runs the load and prints its figures. Returns the number of failed calls.
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
        println!(
            "\n{:<30} verdicts/s   server µs/call   Redis µs/call   load µs/call   relative to smallest store",
            self.name
        );
        for (store, FullLoadRound { rate, server, behind: redis, load }) in stores.iter().zip(&medians) {
            let ratio = rate / medians[0].rate;
            let judged = match self.min_ratio {
                Some(bar) => format_verdict(ratio, ratio >= bar, &format!("at least {bar:.2}")),
                None => format!("{ratio:>7.2}"),
            };
            println!("{:>21} sessions {rate:>10.0} {server:>16.1} {redis:>15.1} {load:>14.1}   {judged}", store.size);
        }
        failed
    }

    fn load_target(&self, store: &SizedStore) -> (LoadTarget, MeasuredProcesses) {
        let (node, checks) = (self.target)(store);
        let target =
            LoadTarget::new(node.authority.issuer_method("Validate"), node.connections.clone(), Arc::clone(checks));
        let redis = Some(store.installation.redis_pid);
        (target, MeasuredProcesses { server: node.authority.process.id(), behind: redis })
    }
}

/// Uses tokens until about all of them have been used once. Returns the number of failed calls.
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
        println!("{} calls failed; first error: {reason}", tally.failed);
    }
    tally.failed
}

impl SizedStore {
    async fn fill(size: u64, cores: &CorePinning) -> Self {
        let installation = BenchInstallation::new(cores).await;
        let filled = SeededStore::seed(&installation, size).await;
        Self {
            size,
            default_node: BenchNode::start(&installation, cores, "").await,
            large_cache_node: BenchNode::start(&installation, cores, LARGE_CACHE_SETTINGS).await,
            active_checks: (0..ACTIVE_TOKENS).map(|number| filled.check(number * ACTIVE_STRIDE % size)).collect(),
            all_checks: (0..size).map(|number| filled.check(number)).collect(),
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
