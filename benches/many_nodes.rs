//! Measures the cost of a verdict in Redis when the same load is spread over one to eight nodes of one Redis. Every node
//! receives calls for the same sessions, so each caches all of them and writes their activity. The measurement begins
//! after a touch interval and takes another one. `-- --quick` runs two nodes for a second.

#![expect(clippy::print_stdout, reason = "benches print their results")]
#![expect(clippy::expect_used, clippy::panic, reason = "a bench may panic")]

#[expect(dead_code, reason = "the tests and other benches use the rest")]
mod common;

use std::{process::ExitCode, sync::Arc, time::Duration};

use self::common::{
    authority::{AuthorityProcess, BenchInstallation},
    check::ValidationCheck,
    connection::GrpcConnection,
    cores::CorePinning,
    cpu, is_quick, open_loop,
    seeded_store::SeededStore,
    statistics::format_verdict,
};

const SESSIONS: u64 = 10_000;
/// Calls in flight while a cache is filled.
const IN_FLIGHT: usize = 32;
/// Verdicts per second of all nodes together, the same for any number of nodes.
const RATE: f64 = 8_000.0;
/// Maximum cost of a verdict in Redis, relative to one node.
const MAX_COST_RATIO: f64 = 1.2;
/// Maximum cost in Redis of one more node, in milliseconds of CPU per second.
const MAX_NODE_COST: f64 = 2.0;

struct NodeCountPlan {
    nodes: &'static [usize],
    rate: f64,
    /// The time under load before the measurement.
    settling: Duration,
    measured: Duration,
}

/// The costs of one measurement.
struct MeasuredCosts {
    /// Microseconds of CPU per call: of Redis and of all nodes.
    per_call: [f64; 2],
    /// Milliseconds of Redis CPU per second.
    redis_load: f64,
    failed: u64,
}

fn main() -> ExitCode {
    let (cores, pinning) = CorePinning::pin_current_process();
    println!("{pinning}");
    let plan = if is_quick() {
        NodeCountPlan { nodes: &[1, 2], rate: 50.0, settling: Duration::ZERO, measured: Duration::from_secs(1) }
    } else {
        let measured = Duration::from_mins(1);
        NodeCountPlan { nodes: &[1, 2, 4, 8], rate: RATE, settling: Duration::from_secs(65), measured }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run(&cores, &plan))
}

async fn run(cores: &CorePinning, plan: &NodeCountPlan) -> ExitCode {
    let mut failed = 0;
    let mut first: Option<MeasuredCosts> = None;
    println!("{} sessions, {} verdicts/s, measured for {:?}", SESSIONS, plan.rate, plan.measured);
    println!("nodes   Redis µs/call   nodes µs/call   Redis ms/s   Redis per call, relative to one node");
    for number in plan.nodes {
        let costs = measure(cores, plan, *number).await;
        failed += costs.failed;
        let ratio = first.as_ref().map_or(1.0, |first| costs.per_call[0] / first.per_call[0]);
        println!(
            "{number:>5} {:>15.2} {:>15.1} {:>12.2}   {}",
            costs.per_call[0],
            costs.per_call[1],
            costs.redis_load,
            format_verdict(ratio, ratio <= MAX_COST_RATIO, &format!("at most {MAX_COST_RATIO:.2}"))
        );
        if let Some(first) = &first {
            #[expect(clippy::cast_precision_loss, reason = "a few nodes")]
            let added = (costs.redis_load - first.redis_load) / (*number as f64 - 1.0);
            let target = format!("at most {MAX_NODE_COST:.2}");
            println!("      each added node, ms/s   {}", format_verdict(added, added <= MAX_NODE_COST, &target));
        }
        first.get_or_insert(costs);
    }
    println!("{failed} calls failed or returned a wrong verdict");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn measure(cores: &CorePinning, plan: &NodeCountPlan, number: usize) -> MeasuredCosts {
    let installation = BenchInstallation::new(cores).await;
    let filled = SeededStore::seed(&installation, SESSIONS).await;
    let checks: Arc<[ValidationCheck]> = (0..SESSIONS).map(|number| filled.check(number)).collect();
    let (mut nodes, mut connections) = (Vec::new(), Vec::new());
    for _ in 0..number {
        let node = AuthorityProcess::start(&installation, cores).await;
        let connection = GrpcConnection::connect(node.port).await;
        fill_cache(&node, &connection, &checks).await;
        connections.push(connection);
        nodes.push(node);
    }
    let load = async |duration| {
        let targets = nodes.iter().zip(&connections).map(|(node, connection)| {
            let target = common::closed_loop::LoadTarget::new(
                node.issuer_method("Validate"),
                vec![connection.clone()],
                Arc::clone(&checks),
            );
            #[expect(clippy::cast_precision_loss, reason = "a few nodes")]
            let rate = plan.rate / number as f64;
            async move { open_loop::run(&target, rate, duration).await.tally }
        });
        futures_util::future::join_all(targets).await
    };
    if !plan.settling.is_zero() {
        load(plan.settling).await;
    }
    let before = cpu_used(&installation, &nodes);
    let tallies = load(plan.measured).await;
    let after = cpu_used(&installation, &nodes);

    let answered: u64 = tallies.iter().map(|tally| tally.answered).sum();
    let failed: u64 = tallies.iter().map(|tally| tally.failed).sum();
    if let Some(reason) = tallies.iter().find_map(|tally| tally.first_failure.as_ref()) {
        println!("{failed} calls failed; first error: {reason}");
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of calls are exact")]
    let per_call = [0, 1].map(|which: usize| (after[which] - before[which]) / answered as f64);
    let redis_load = (after[0] - before[0]) / 1_000.0 / plan.measured.as_secs_f64();
    MeasuredCosts { per_call, redis_load, failed }
}

/// Validates each token once, so that the node has every session in its cache.
async fn fill_cache(node: &AuthorityProcess, connection: &GrpcConnection, checks: &[ValidationCheck]) {
    let bodies = checks.iter().map(|check| check.body.clone()).collect();
    let (answers, _) =
        common::call_batch::run(&node.issuer_method("Validate"), std::slice::from_ref(connection), IN_FLIGHT, bodies)
            .await;
    for (check, answer) in checks.iter().zip(&answers) {
        check.verify(answer).expect("the right verdict");
    }
}

fn cpu_used(installation: &BenchInstallation, nodes: &[AuthorityProcess]) -> [f64; 2] {
    let nodes = nodes.iter().map(|node| cpu::process_cpu_micros(node.process.id())).sum();
    [cpu::thread_cpu_micros(installation.redis_pid), nodes]
}
