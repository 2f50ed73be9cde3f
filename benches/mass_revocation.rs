//! Measures the effect of signing out a large tenant on the others: how long Create of another tenant takes while the
//! sessions of the first are revoked and removed, compared with an idle store. `-- --quick` uses fewer sessions.

#![expect(clippy::print_stdout, reason = "benches print their results")]
#![expect(clippy::expect_used, clippy::panic, reason = "a bench may panic")]

#[expect(dead_code, reason = "the tests and other benches use the rest")]
mod common;

use std::time::Duration;

use prost::{Message, bytes::Bytes};
use redis::aio::MultiplexedConnection;
use session_authority::{
    api::{CreateRequest, CreateResponse, RevokeAllRequest, RevokeAllResponse, TenantScope, revoke_all_request::Scope},
    clock::Stopwatch,
    domain::Bucket,
};

use self::common::{
    authority::{AuthorityProcess, BenchInstallation},
    connection::{GrpcConnection, GrpcMethod, encode_frame},
    cores::CorePinning,
    is_quick,
    seeded_store::SeededStore,
    statistics::{format_verdict, percentile},
};

/// The tenant of the sessions that the library writes.
const REVOKED_TENANT: &str = "default";
const OTHER_TENANT: &str = "other";
/// Sweeps start every second, so that the removal is finished within the measurement.
const SETTINGS: &str = "[sessions]\nsweep_interval = \"1s\"\n";
const MAX_P99_RATIO: f64 = 2.0;
const TIMEOUT: Duration = Duration::from_mins(10);

fn main() {
    let (cores, pinning) = CorePinning::pin_current_process();
    println!("{pinning}");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (sessions, quiet) =
        if is_quick() { (20_000, Duration::from_secs(2)) } else { (1_000_000, Duration::from_secs(15)) };
    runtime.block_on(run(&cores, sessions, quiet));
}

async fn run(cores: &CorePinning, sessions: u64, quiet: Duration) {
    let installation = BenchInstallation::new(cores).await;
    SeededStore::seed(&installation, sessions).await;
    let authority = AuthorityProcess::start_with(&installation, cores, SETTINGS).await;
    let mut load = LoginLoad {
        connection: GrpcConnection::connect(authority.port).await,
        create: authority.issuer_method("Create"),
        made: 0,
    };
    let mut admin = installation.redis.admin().await;
    load.measure_until(async || false, Duration::from_secs(1)).await;

    let before = load.measure_until(async || false, quiet).await;
    let mut revoking = GrpcConnection::connect(authority.port).await;
    let watch = Stopwatch::start();
    let scope = Scope::Tenant(TenantScope { tenant_id: REVOKED_TENANT.to_owned() });
    let request = encode_frame(&RevokeAllRequest { scope: Some(scope), ..RevokeAllRequest::default() });
    let answer = revoking.call(&authority.admin_method("RevokeAll"), request).await.expect("a response");
    RevokeAllResponse::decode(answer).expect("a response of RevokeAll");
    let revoked = watch.elapsed();
    let mut look = SweepMonitor { admin: &mut admin, left: sessions, last: Duration::ZERO, watch };
    let during = load.measure_until(async || look.is_done().await, TIMEOUT).await;
    assert!(look.left == 0, "{} buckets still have sessions of the tenant", look.left);

    println!(
        "{sessions} sessions of one tenant: revoked in {:.1} ms, removed in {:.1} s",
        millis(revoked),
        look.last.as_secs_f64()
    );
    println!("Sequential Create calls of another tenant");
    println!("                     calls     p50 ms    p99 ms    max ms");
    for (name, latencies) in [("before", &before), ("during revocation", &during)] {
        let at = |share| millis(percentile(latencies, share));
        println!("{name:<17} {:>8} {:>10.2} {:>9.2} {:>9.2}", latencies.len(), at(50.0), at(99.0), at(100.0));
    }
    let ratio = millis(percentile(&during, 99.0)) / millis(percentile(&before, 99.0));
    println!("p99 during / before   {}", format_verdict(ratio, ratio <= MAX_P99_RATIO, "at most 2.0"));
}

fn millis(span: Duration) -> f64 {
    span.as_secs_f64() * 1_000.0
}

/// Sequential logins of another tenant.
struct LoginLoad {
    connection: GrpcConnection,
    create: GrpcMethod,
    made: u64,
}

impl LoginLoad {
    /// Logs in until `is_done` returns true or `span` has passed. Returns the sorted latencies of the calls.
    async fn measure_until(&mut self, mut is_done: impl AsyncFnMut() -> bool, span: Duration) -> Vec<Duration> {
        let (whole, mut latencies) = (Stopwatch::start(), Vec::new());
        while whole.elapsed() < span && !is_done().await {
            let request = self.next_request();
            let watch = Stopwatch::start();
            let answer = self.connection.call(&self.create, request).await.expect("a login");
            latencies.push(watch.elapsed());
            assert!(CreateResponse::decode(answer).expect("a response").session.is_some(), "a session");
        }
        latencies.sort_unstable();
        latencies
    }

    fn next_request(&mut self) -> Bytes {
        self.made += 1;
        let user_id = format!("somebody-{}", self.made);
        encode_frame(&CreateRequest { tenant_id: OTHER_TENANT.to_owned(), user_id, ..CreateRequest::default() })
    }
}

/// Counts, every 200 ms, the buckets that may still have sessions of the tenant.
struct SweepMonitor<'a> {
    admin: &'a mut MultiplexedConnection,
    left: u64,
    last: Duration,
    watch: Stopwatch,
}

impl SweepMonitor<'_> {
    async fn is_done(&mut self) -> bool {
        let elapsed = self.watch.elapsed();
        if elapsed < self.last + Duration::from_millis(200) {
            return false;
        }
        self.last = elapsed;
        let mut pipe = redis::pipe();
        for bucket in Bucket::all() {
            pipe.cmd("HEXISTS").arg(format!("sa1:{{{bucket}}}:g")).arg("walk");
        }
        let walking: Vec<bool> = pipe.query_async(self.admin).await.expect("HEXISTS");
        self.left = walking.into_iter().map(u64::from).sum();
        self.left == 0
    }
}
