//! Measures the effect of signing out tenants on the others: Validate of cached sessions of 1,000 tenants while another
//! node signs out one tenant per second, compared with no revocations; and the hit rate right after Redis has paused
//! for 2 seconds. `-- --quick` runs for seconds; its figures mean nothing.

#![expect(clippy::print_stdout, reason = "benches print their results")]
#![expect(clippy::expect_used, clippy::panic, reason = "a bench may panic")]

#[expect(dead_code, reason = "the tests and other benches use the rest")]
mod common;

use std::{process::ExitCode, time::Duration};

use prost::{Message, bytes::Bytes};
use session_authority::api::{
    Consistency, CreateRequest, CreateResponse, RevokeAllRequest, TenantScope, revoke_all_request::Scope,
};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use self::common::{
    authority::{AuthorityProcess, BenchInstallation},
    call_batch,
    check::ValidationCheck,
    closed_loop::{self, CallTally, LoadTarget},
    connection::{GrpcConnection, encode_frame},
    cores::CorePinning,
    full_load::{FullLoadRound, MeasuredProcesses},
    is_quick,
    statistics::{format_verdict, median},
};

const CONNECTIONS: usize = 4;
const IN_FLIGHT: usize = 32;
const PAUSE: Duration = Duration::from_secs(2);

/// Time limit for caching all sessions on the node.
const TIMEOUT: Duration = Duration::from_mins(1);

/// The size of a run.
struct TenantPlan {
    tenants: usize,
    sessions_per_tenant: usize,
    rounds: usize,
    span: Duration,
}

impl TenantPlan {
    fn from_args() -> Self {
        if is_quick() {
            return Self { tenants: 100, sessions_per_tenant: 3, rounds: 1, span: Duration::from_millis(1_500) };
        }
        Self { tenants: 1_000, sessions_per_tenant: 10, rounds: 5, span: Duration::from_secs(5) }
    }

    /// Number of tenants that are signed out: one per second in every span with revocations.
    fn signed_out(&self) -> usize {
        let spans = u32::try_from(self.rounds).unwrap_or(u32::MAX);
        usize::try_from((self.span * spans).as_secs()).unwrap_or(usize::MAX) + 2 * self.rounds
    }
}

fn main() -> ExitCode {
    let (cores, pinning) = CorePinning::pin_current_process();
    println!("{pinning}");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run(&cores, &TenantPlan::from_args()))
}

async fn run(cores: &CorePinning, plan: &TenantPlan) -> ExitCode {
    let nodes = NodePair::start(cores).await;
    let checks = nodes.sign_in(plan).await;
    nodes.cache_all(&checks).await;
    // Sessions of the tenants that are signed out were cached, too, but are not validated any more.
    let staying = checks[plan.signed_out() * plan.sessions_per_tenant..].to_vec();
    let target = LoadTarget::new(nodes.one.issuer_method("Validate"), nodes.connections.clone(), staying);

    let mut next_tenant = 0;
    let (mut quiet, mut revoking) = (Vec::new(), Vec::new());
    let (mut quiet_rates, mut revoking_rates) = (Vec::new(), Vec::new());
    let mut failed = 0;
    for _ in 0..plan.rounds {
        let before = nodes.reads();
        let (load, tally) = nodes.measure(closed_loop::run(&target, IN_FLIGHT, plan.span)).await;
        quiet_rates.push(nodes.reads().hit_rate_since(before));
        quiet.push(load);
        failed += report_failures(&tally);

        let before = nodes.reads();
        let load = async {
            tokio::select! {
                tally = closed_loop::run(&target, IN_FLIGHT, plan.span) => tally,
                () = nodes.sign_tenants_out(&mut next_tenant) => panic!("enough tenants to sign out"),
            }
        };
        let (load, tally) = nodes.measure(load).await;
        revoking_rates.push(nodes.reads().hit_rate_since(before));
        revoking.push(load);
        failed += report_failures(&tally);
    }
    let (quiet, revoking) = (FullLoadRound::median(&quiet), FullLoadRound::median(&revoking));
    println!("{} tenants with {} sessions each; {next_tenant} signed out", plan.tenants, plan.sessions_per_tenant);
    println!("\ncached Validate                 verdicts/s   server µs/call   Redis µs/call   hit rate");
    for (name, load, rates) in
        [("no tenant signed out", &quiet, &quiet_rates), ("one tenant per second", &revoking, &revoking_rates)]
    {
        let (rate, server, redis) = (load.rate, load.server, load.behind);
        println!("{name:<30} {rate:>12.0} {server:>16.1} {redis:>15.1} {:>10.4}", median(rates));
    }
    let ratio = revoking.rate / quiet.rate;
    println!("one per second / none        {}", format_verdict(ratio, ratio >= 0.95, "at least 0.95"));

    let rate = nodes.hit_rate_after_a_pause(&target).await;
    println!("\nhit rate after a Redis pause {}", format_verdict(rate, rate >= 0.99, "at least 0.99"));
    println!("\n{failed} calls failed or returned a wrong verdict");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn report_failures(tally: &CallTally) -> u64 {
    if let Some(reason) = &tally.first_failure {
        println!("{} calls failed; first error: {reason}", tally.failed);
    }
    tally.failed
}

/// The node that validates, another one on which tenants are signed out, and their Redis.
struct NodePair {
    installation: BenchInstallation,
    one: AuthorityProcess,
    other: AuthorityProcess,
    connections: Vec<GrpcConnection>,
}

impl NodePair {
    async fn start(cores: &CorePinning) -> Self {
        let installation = BenchInstallation::new(cores).await;
        let one = AuthorityProcess::start(&installation, cores).await;
        let other = AuthorityProcess::start(&installation, cores).await;
        let connections = GrpcConnection::connect_many(CONNECTIONS, one.port).await;
        Self { installation, one, other, connections }
    }

    /// Signs in the sessions of all tenants, tenant by tenant.
    async fn sign_in(&self, plan: &TenantPlan) -> Vec<ValidationCheck> {
        let sessions = plan.tenants * plan.sessions_per_tenant;
        let login = |number: usize| encode_frame(&login(&tenant(number / plan.sessions_per_tenant), number));
        let logins = (0..sessions).map(login).collect();
        let (answers, _) =
            call_batch::run(&self.one.issuer_method("Create"), &self.connections, IN_FLIGHT, logins).await;
        answers.into_iter().map(decode_check).collect()
    }

    /// Validates every session until all reads are hits.
    async fn cache_all(&self, checks: &[ValidationCheck]) {
        let all_are_hits = async {
            let validate = self.one.issuer_method("Validate");
            loop {
                let before = self.reads();
                let bodies = checks.iter().map(|check| check.body.clone()).collect();
                let (answers, _) = call_batch::run(&validate, &self.connections, IN_FLIGHT, bodies).await;
                for (check, answer) in checks.iter().zip(&answers) {
                    check.verify(answer).expect("the right verdict");
                }
                if self.reads().hit_rate_since(before) >= 1.0 {
                    return;
                }
            }
        };
        timeout(TIMEOUT, all_are_hits).await.expect("all sessions in memory");
    }

    /// Signs out one tenant per second, each once, for as long as the future is polled.
    async fn sign_tenants_out(&self, next: &mut usize) {
        let revoke_all = self.other.admin_method("RevokeAll");
        let mut connection = GrpcConnection::connect(self.other.port).await;
        let mut every_second = interval(Duration::from_secs(1));
        every_second.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            every_second.tick().await;
            let scope = Scope::Tenant(TenantScope { tenant_id: tenant(*next) });
            *next += 1;
            let request = RevokeAllRequest { scope: Some(scope), ..RevokeAllRequest::default() };
            connection.call(&revoke_all, encode_frame(&request)).await.expect("a response of RevokeAll");
        }
    }

    async fn measure(&self, load: impl Future<Output = CallTally>) -> (FullLoadRound, CallTally) {
        let whose = MeasuredProcesses { server: self.one.process.id(), behind: Some(self.installation.redis_pid) };
        FullLoadRound::measure(load, whose).await
    }

    /// Returns the hit rate of one validation per session, made as soon as Redis resumes.
    async fn hit_rate_after_a_pause(&self, target: &LoadTarget) -> f64 {
        self.installation.redis.pause();
        sleep(PAUSE).await;
        let before = self.reads();
        self.installation.redis.resume();
        let bodies = target.checks.iter().map(|check| check.body.clone()).collect();
        let (answers, _) = call_batch::run(&target.method, &self.connections, IN_FLIGHT, bodies).await;
        for (check, answer) in target.checks.iter().zip(&answers) {
            check.verify(answer).expect("the right verdict");
        }
        self.reads().hit_rate_since(before)
    }

    fn reads(&self) -> CacheReadCounts {
        let read = |outcome| {
            let name = format!("session_authority_near_cache_reads_total{{outcome=\"{outcome}\"}}");
            self.one.metric(&name)
        };
        let missed = ["miss_cached", "miss_not_cached", "coalesced", "fallback"].map(read).iter().sum();
        CacheReadCounts { hits: read("hit"), missed }
    }
}

/// Reads of sessions that a node has counted so far.
#[derive(Clone, Copy)]
struct CacheReadCounts {
    hits: f64,
    missed: f64,
}

impl CacheReadCounts {
    fn hit_rate_since(self, before: Self) -> f64 {
        let (hits, missed) = (self.hits - before.hits, self.missed - before.missed);
        hits / (hits + missed)
    }
}

fn tenant(number: usize) -> String {
    format!("tenant-{number:04}")
}

fn login(tenant: &str, number: usize) -> CreateRequest {
    let user_id = format!("user-{number:06}");
    CreateRequest {
        tenant_id: tenant.to_owned(),
        email: format!("{user_id}@example.com"),
        user_id,
        roles: vec!["user".to_owned()],
        ..CreateRequest::default()
    }
}

fn decode_check(answer: Bytes) -> ValidationCheck {
    let created = CreateResponse::decode(answer).expect("a response of Create");
    ValidationCheck::new(&created.token, &created.session.expect("a session").session_id, Consistency::Bounded)
}
