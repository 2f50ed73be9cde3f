//! Measures the cost of idle nodes: commands of Redis, its CPU and that of the nodes, for one to eight of them on one
//! Redis. The near cache is on. `-- --quick` runs two nodes for a few seconds.

#![expect(clippy::print_stdout, reason = "benches print their results")]
#![expect(clippy::expect_used, clippy::panic, reason = "a bench may panic")]

#[expect(dead_code, reason = "the tests and other benches use the rest")]
mod common;

use std::time::Duration;

use session_authority::clock::Stopwatch;

use self::common::{
    authority::{AuthorityProcess, BenchInstallation},
    cores::CorePinning,
    cpu, is_quick,
    statistics::format_verdict,
};

/// Targets of one node per second: commands, milliseconds of Redis CPU, milliseconds of its own CPU.
const COST_TARGETS: [f64; 3] = [50.0, 1.0, 5.0];

struct IdlePlan {
    nodes: &'static [usize],
    measured: Duration,
}

/// The usage up to one moment: commands of Redis, and microseconds of Redis and of all nodes.
#[derive(Clone, Copy)]
struct ResourceUsage([f64; 3]);

fn main() {
    let (cores, pinning) = CorePinning::pin_current_process();
    println!("{pinning}");
    let plan = if is_quick() {
        IdlePlan { nodes: &[1, 2], measured: Duration::from_secs(6) }
    } else {
        IdlePlan { nodes: &[1, 2, 4, 8], measured: Duration::from_mins(1) }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run(&cores, &plan));
}

async fn run(cores: &CorePinning, plan: &IdlePlan) {
    println!("idle nodes   commands/s per node   Redis CPU ms/s per node   node CPU ms/s per node");
    for number in plan.nodes {
        let installation = BenchInstallation::new(cores).await;
        let mut nodes = Vec::new();
        for _ in 0..*number {
            nodes.push(AuthorityProcess::start(&installation, cores).await);
        }
        let nothing = idle_redis_cpu(plan).await;
        wait_until_idle(&nodes).await;
        let (before, watch) = (resource_usage(&installation, &nodes).await, Stopwatch::start());
        tokio::time::sleep(plan.measured).await;
        let (after, seconds) = (resource_usage(&installation, &nodes).await, watch.elapsed().as_secs_f64());
        #[expect(clippy::cast_precision_loss, reason = "a few nodes")]
        let each = |which: usize| (after.0[which] - before.0[which]) / seconds / *number as f64;
        #[expect(clippy::cast_precision_loss, reason = "a few nodes")]
        let redis = each(1) / 1_000.0 - nothing / *number as f64;
        let figures = [each(0), redis, each(2) / 1_000.0];
        println!("{number:>10} {:>21.1} {:>25.2} {:>24.2}", figures[0], figures[1], figures[2]);
        for ((figure, bar), what) in
            figures.iter().zip(COST_TARGETS).zip(["commands/s per node", "ms/s of Redis CPU", "ms/s of node CPU"])
        {
            println!("           {what:<20} {}", format_verdict(*figure, *figure <= bar, &format!("at most {bar}")));
        }
    }
}

/// Returns the milliseconds of CPU per second of an unused Redis.
async fn idle_redis_cpu(plan: &IdlePlan) -> f64 {
    let redis = test_support::redis::RedisServer::start().await;
    let process = common::authority::redis_pid_of(&redis).await;
    let (before, watch) = (cpu::thread_cpu_micros(process), Stopwatch::start());
    tokio::time::sleep(plan.measured / 2).await;
    (cpu::thread_cpu_micros(process) - before) / 1_000.0 / watch.elapsed().as_secs_f64()
}

/// Waits until every bucket has an owner and each has been swept once.
async fn wait_until_idle(nodes: &[AuthorityProcess]) {
    let settled = async {
        let swept = |node: &AuthorityProcess| node.metric("session_authority_sweep_buckets_total");
        let unowned = |node: &AuthorityProcess| node.metric("session_authority_background_buckets_unowned");
        while nodes.iter().map(swept).sum::<f64>() < 256.0 || nodes.iter().map(unowned).sum::<f64>() > 0.0 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_mins(1), settled).await.is_ok(), "the nodes do not become idle");
    tokio::time::sleep(Duration::from_secs(2)).await;
}

async fn resource_usage(installation: &BenchInstallation, nodes: &[AuthorityProcess]) -> ResourceUsage {
    let mut admin = installation.redis.admin().await;
    let info: String = redis::cmd("INFO").arg("commandstats").query_async(&mut admin).await.expect("INFO");
    let calls = info.lines().filter_map(|line| line.split_once(":calls=")?.1.split(',').next()?.parse::<f64>().ok());
    let nodes = nodes.iter().map(|node| cpu::thread_cpu_micros(node.process.id())).sum();
    ResourceUsage([calls.sum(), cpu::thread_cpu_micros(installation.redis_pid), nodes])
}
