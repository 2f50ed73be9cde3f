//! Measures the cost of a verdict in Redis when the same load is spread over one to eight nodes of one Redis. The nodes
//! receive calls in turn, with the same tokens. `-- --quick` runs two nodes for a second.

#![expect(clippy::print_stdout, reason = "benches print their results")]
#![expect(clippy::expect_used, clippy::panic, reason = "a bench may panic")]

#[expect(dead_code, unused_imports, reason = "the tests and other benches use the rest")]
mod common;

use std::{process::ExitCode, sync::Arc, time::Duration};

use session_authority::api::Consistency;

use self::common::{
    authority::{AuthorityProcess, BenchInstallation},
    check::ValidationCheck,
    connection::GrpcConnection,
    cores::CorePinning,
    cpu, is_quick, open_loop,
    seeded_store::SeededStore,
    statistics::{format_verdict, median},
};

const SESSIONS: u64 = 10_000;
/// Calls in flight while a cache is filled.
const IN_FLIGHT: usize = 32;
/// Verdicts per second of all nodes together, the same for any number of nodes.
const RATE: f64 = 8_000.0;
/// Maximum cost of a verdict in Redis, relative to one node.
const MAX_COST_RATIO: f64 = 1.2;

struct NodeCountPlan {
    nodes: &'static [usize],
    rate: f64,
    rounds: usize,
    measured: Duration,
}

fn main() -> ExitCode {
    let (cores, pinning) = CorePinning::pin_current_process();
    println!("{pinning}");
    let plan = if is_quick() {
        NodeCountPlan { nodes: &[1, 2], rate: 50.0, rounds: 1, measured: Duration::from_secs(1) }
    } else {
        NodeCountPlan { nodes: &[1, 2, 4, 8], rate: RATE, rounds: 5, measured: Duration::from_secs(4) }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run(&cores, &plan))
}

async fn run(cores: &CorePinning, plan: &NodeCountPlan) -> ExitCode {
    let (mut failed, mut first) = (0, None);
    println!("{} sessions, {} verdicts/s, medians of {} rounds", SESSIONS, plan.rate, plan.rounds);
    println!("nodes   Redis µs/call   nodes µs/call   Redis, relative to one node");
    for number in plan.nodes {
        let (redis, nodes, failures) = measure(cores, plan, *number).await;
        failed += failures;
        let ratio = redis / *first.get_or_insert(redis);
        println!(
            "{number:>5} {redis:>15.2} {nodes:>15.1}   {}",
            format_verdict(ratio, ratio <= MAX_COST_RATIO, &format!("at most {MAX_COST_RATIO:.2}"))
        );
    }
    println!("{failed} calls failed or returned a wrong verdict");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Returns the microseconds of CPU per call, of Redis and of all nodes, and the number of failed calls.
async fn measure(cores: &CorePinning, plan: &NodeCountPlan, number: usize) -> (f64, f64, u64) {
    let installation = BenchInstallation::new(cores).await;
    let filled = SeededStore::seed(&installation, SESSIONS).await;
    let check = |number: u64| {
        let (token, session_id) = filled.token(number);
        ValidationCheck::new(&token, &session_id, Consistency::Bounded)
    };
    let checks: Arc<[ValidationCheck]> = (0..SESSIONS).map(check).collect();
    let (mut nodes, mut connections) = (Vec::new(), Vec::new());
    for _ in 0..number {
        let node = AuthorityProcess::start(&installation, cores).await;
        let connection = GrpcConnection::connect(node.port).await;
        fill_cache(&node, &connection, &checks).await;
        connections.push(connection);
        nodes.push(node);
    }
    let (mut redis, mut of_nodes, mut failed) = (Vec::new(), Vec::new(), 0);
    for round in 0..=plan.rounds {
        let before = cpu_used(&installation, &nodes);
        let targets = nodes.iter().zip(&connections).map(|(node, connection)| {
            let target = common::closed_loop::LoadTarget::new(
                node.issuer_method("Validate"),
                vec![connection.clone()],
                Arc::clone(&checks),
            );
            #[expect(clippy::cast_precision_loss, reason = "a few nodes")]
            let rate = plan.rate / number as f64;
            async move { open_loop::run(&target, rate, plan.measured).await.tally }
        });
        let tallies = futures_util::future::join_all(targets).await;
        let after = cpu_used(&installation, &nodes);
        let answered: u64 = tallies.iter().map(|tally| tally.answered).sum();
        let failures: u64 = tallies.iter().map(|tally| tally.failed).sum();
        failed += failures;
        if let Some(reason) = tallies.iter().find_map(|tally| tally.first_failure.as_ref()) {
            println!("{failures} calls failed; first error: {reason}");
        }
        #[expect(clippy::cast_precision_loss, reason = "counts of calls are exact")]
        let each = |which: usize| (after[which] - before[which]) / answered as f64;
        // The first round is the warm-up.
        if round > 0 {
            redis.push(each(0));
            of_nodes.push(each(1));
        }
    }
    (median(&redis), median(&of_nodes), failed)
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
