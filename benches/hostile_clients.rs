//! Measures what hostile clients cost a node and its other callers: the memory of the node before, during and after
//! each attack, and the latency of an honest caller's validations meanwhile. `-- --quick` attacks for a second.

#![expect(clippy::print_stdout, reason = "benches print their results")]
#![expect(clippy::expect_used, clippy::panic, reason = "a bench may panic")]
#![expect(clippy::disallowed_methods, reason = "attackers and the watcher of memory run beside the load")]

#[path = "hostile_clients/attacks.rs"]
mod attacks;
#[expect(dead_code, reason = "the tests and other benches use the rest")]
mod common;

use std::{
    fs,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use self::{
    attacks::{ATTACKS, Attack, AttackTarget},
    common::{
        authority::{AuthorityProcess, BenchInstallation},
        check::ValidationCheck,
        closed_loop::LoadTarget,
        connection::GrpcConnection,
        cores::CorePinning,
        is_quick,
        open_loop::{self, OpenLoopResult},
        seeded_store::SeededStore,
        statistics::percentile,
    },
};

const SESSIONS: u64 = 1_000;
/// Validations per second of the honest caller.
const RATE: f64 = 500.0;
/// Maximum growth of a node under one attack, in MiB.
const MAX_GROWTH: u64 = 512;

fn main() -> ExitCode {
    let (cores, pinning) = CorePinning::pin_current_process();
    println!("{pinning}");
    let span = Duration::from_secs(if is_quick() { 1 } else { 10 });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run(&cores, span))
}

async fn run(cores: &CorePinning, span: Duration) -> ExitCode {
    let installation = BenchInstallation::new(cores).await;
    let filled = SeededStore::seed(&installation, SESSIONS).await;
    let checks: Arc<[ValidationCheck]> = (0..SESSIONS).map(|number| filled.check(number)).collect();
    let node = AuthorityProcess::start(&installation, cores).await;
    let connections = GrpcConnection::connect_many(4, node.port).await;
    let honest = LoadTarget::new(node.issuer_method("Validate"), connections, checks);
    // The first calls fill the cache.
    open_loop::run(&honest, RATE, span).await;

    println!("attack                    memory MiB: before    peak   after   honest p50 ms   p99 ms  failed  outcome");
    let mut survived = true;
    let quiet = open_loop::run(&honest, RATE, span).await;
    print_row("none", [memory_mib(&node); 3], &quiet, "");
    for attack in ATTACKS {
        survived &= measure(&node, &honest, attack, span).await;
    }
    if survived { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Returns whether the node stayed within its limits and served the honest caller.
async fn measure(node: &AuthorityProcess, honest: &LoadTarget, attack: &'static Attack, span: Duration) -> bool {
    let before = memory_mib(node);
    let (peak, is_over) = (Arc::new(AtomicU64::new(before)), Arc::new(AtomicBool::new(false)));
    let watcher = {
        let (peak, is_over, process) = (Arc::clone(&peak), Arc::clone(&is_over), node.process.id());
        thread::spawn(move || {
            while !is_over.load(Ordering::Relaxed) {
                peak.fetch_max(process_memory_mib(process), Ordering::Relaxed);
                thread::sleep(Duration::from_millis(20));
            }
        })
    };
    let target = AttackTarget { port: node.port, method: node.issuer_method("Validate"), span };
    let attacker = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let outcome = runtime.block_on((attack.run)(target));
        // Ends the connections of the attack.
        runtime.shutdown_timeout(Duration::from_secs(1));
        outcome
    });
    let latencies = open_loop::run(honest, RATE, span).await;
    while !attacker.is_finished() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let outcome = attacker.join().expect("the attack ends");
    tokio::time::sleep(Duration::from_secs(2)).await;
    is_over.store(true, Ordering::Relaxed);
    watcher.join().expect("the watcher ends");
    let memory = [before, peak.load(Ordering::Relaxed), memory_mib(node)];
    print_row(attack.name, memory, &latencies, &outcome);
    latencies.tally.failed == 0 && memory[1].saturating_sub(before) <= MAX_GROWTH
}

fn print_row(attack: &str, memory: [u64; 3], honest: &OpenLoopResult, outcome: &str) {
    let millis = |share| percentile(&honest.sorted, share).as_secs_f64() * 1_000.0;
    println!(
        "{attack:<36} {:>8} {:>7} {:>7} {:>15.2} {:>8.2} {:>7}  {outcome}",
        memory[0],
        memory[1],
        memory[2],
        millis(50.0),
        millis(99.0),
        honest.tally.failed,
    );
    if let Some(reason) = &honest.tally.first_failure {
        println!("    first failure: {reason}");
    }
}

fn memory_mib(node: &AuthorityProcess) -> u64 {
    process_memory_mib(node.process.id())
}

/// Returns the resident memory of a process. Zero without `/proc`.
fn process_memory_mib(id: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next());
    resident.and_then(|kib| kib.parse::<u64>().ok()).unwrap_or_default() / 1_024
}
