//! What signing out a large tenant costs the others: how long Create of another tenant takes while the sessions of the
//! first are revoked and removed, against a quiet store. `-- --quick` for fewer sessions.

#![expect(clippy::print_stdout, reason = "the figures are what a bench is for")]
#![expect(clippy::expect_used, clippy::panic, reason = "a bench that cannot go on has nothing to say")]

#[expect(dead_code, unused_imports, reason = "the tests and other benches use the rest")]
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

/// That the sessions of the library are of.
const REVOKED_TENANT: &str = "default";
const OTHER_TENANT: &str = "other";
/// Sweeps begin anew so often, so that the work is done within the measurement.
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
    let answer = revoking.call(&authority.admin_method("RevokeAll"), request).await.expect("an answer");
    RevokeAllResponse::decode(answer).expect("an answer of RevokeAll");
    let revoked = watch.elapsed();
    let mut look = SweepMonitor { admin: &mut admin, left: sessions, last: Duration::ZERO, watch };
    let during = load.measure_until(async || look.is_done().await, TIMEOUT).await;
    assert!(look.left == 0, "{} buckets have sessions of the tenant left", look.left);

    println!(
        "{sessions} sessions of a tenant, revoked in {:.1} ms and removed in {:.1} s",
        millis(revoked),
        look.last.as_secs_f64()
    );
    println!("Create of another tenant, one after the other");
    println!("              calls     p50 ms    p99 ms    max ms");
    for (name, latencies) in [("quiet", &before), ("meanwhile", &during)] {
        let at = |share| millis(percentile(latencies, share));
        println!("{name:<10} {:>8} {:>10.2} {:>9.2} {:>9.2}", latencies.len(), at(50.0), at(99.0), at(100.0));
    }
    let ratio = millis(percentile(&during, 99.0)) / millis(percentile(&before, 99.0));
    println!("p99 meanwhile / quiet {}", format_verdict(ratio, ratio <= MAX_P99_RATIO, "at most 2.0"));
}

fn millis(span: Duration) -> f64 {
    span.as_secs_f64() * 1_000.0
}

/// Logins of another tenant, one after the other.
struct LoginLoad {
    connection: GrpcConnection,
    create: GrpcMethod,
    made: u64,
}

impl LoginLoad {
    /// The latencies of calls until it is done, or for a `span`, in order.
    async fn measure_until(&mut self, mut is_done: impl AsyncFnMut() -> bool, span: Duration) -> Vec<Duration> {
        let (whole, mut latencies) = (Stopwatch::start(), Vec::new());
        while whole.elapsed() < span && !is_done().await {
            let request = self.next_request();
            let watch = Stopwatch::start();
            let answer = self.connection.call(&self.create, request).await.expect("a login");
            latencies.push(watch.elapsed());
            assert!(CreateResponse::decode(answer).expect("an answer").session.is_some(), "a session");
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

/// Looks now and then in how many buckets sessions of the tenant may be left.
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
