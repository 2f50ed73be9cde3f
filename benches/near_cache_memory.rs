//! Measures the memory that a cached session takes, by the accounting of the cache, which `cache.max_size` limits, and
//! by the growth of the process. `-- --quick` uses few sessions; its figures mean nothing.
//!
//! The node is the program itself, with room for all sessions. Each session is validated once as a `PEEK`, which
//! records no activity, and then once more with its activity recorded, to measure the difference.

#![expect(clippy::print_stdout, reason = "benches print their results")]
#![expect(clippy::expect_used, clippy::panic, reason = "a bench may panic")]

#[expect(dead_code, reason = "the tests and other benches use the rest")]
mod common;

use std::{fs, ops::Range, time::Duration};

use session_authority::api::{Activity, ValidateRequest};

use self::common::{
    authority::{AuthorityProcess, BenchInstallation, LARGE_CACHE_SETTINGS},
    call_batch,
    check::ValidationCheck,
    connection::GrpcConnection,
    cores::CorePinning,
    is_quick,
    seeded_store::SeededStore,
};

const SESSIONS: &str = "session_authority_near_cache_sessions";
const CONNECTIONS: usize = 4;
const IN_FLIGHT: usize = 32;

/// Sessions that are used before the measurement, so that the node has allocated its fixed memory.
const WARM_UP_SESSIONS: u64 = 1_000;

/// Time limit for the node's metric of cached sessions, which is updated once a second.
const TIMEOUT: Duration = Duration::from_secs(30);

fn main() {
    let (cores, _) = CorePinning::pin_current_process();
    let sizes: &[u64] = if is_quick() { &[1_000, 2_000] } else { &[100_000, 200_000] };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    for size in sizes {
        runtime.block_on(run(&cores, *size));
    }
}

async fn run(cores: &CorePinning, size: u64) {
    let node = SeededNode::start(cores, WARM_UP_SESSIONS + size).await;
    node.validate(0..WARM_UP_SESSIONS, Activity::Touch).await;
    let before = node.memory_usage(WARM_UP_SESSIONS).await;
    node.validate(WARM_UP_SESSIONS..WARM_UP_SESSIONS + size, Activity::Peek).await;
    let after = node.memory_usage(WARM_UP_SESSIONS + size).await;
    node.validate(WARM_UP_SESSIONS..WARM_UP_SESSIONS + size, Activity::Touch).await;
    let active = node.memory_usage(WARM_UP_SESSIONS + size).await;
    #[expect(clippy::cast_precision_loss, reason = "hundreds of thousands are exact")]
    let each = |bytes: f64| bytes / size as f64;
    println!("{size} sessions validated once");
    println!("cache accounting                  {:>6.0} bytes/session", each(after.counted - before.counted));
    println!("resident memory                   {:>6.0} bytes/session", each(after.resident - before.resident));
    println!("  pending activity of all sessions{:>6.0} bytes/session", each(active.resident - after.resident));
}

/// A node, and the sessions in its store.
struct SeededNode {
    authority: AuthorityProcess,
    filled: SeededStore,
    connections: Vec<GrpcConnection>,
    _installation: BenchInstallation,
}

/// Memory usage in bytes.
struct MemoryUsage {
    counted: f64,
    resident: f64,
}

impl SeededNode {
    async fn start(cores: &CorePinning, sessions: u64) -> Self {
        let installation = BenchInstallation::new(cores).await;
        let filled = SeededStore::seed(&installation, sessions).await;
        let authority = AuthorityProcess::start_with(&installation, cores, LARGE_CACHE_SETTINGS).await;
        let connections = GrpcConnection::connect_many(CONNECTIONS, authority.port).await;
        let node = Self { authority, filled, connections, _installation: installation };
        // Sessions are cached only once the buckets are tracked, shortly after the node starts to serve.
        while node.authority.metric(SESSIONS) < 1.0 {
            node.validate(0..1, Activity::Peek).await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        node
    }

    /// Validates each session once and checks every verdict.
    async fn validate(&self, sessions: Range<u64>, activity: Activity) {
        let (mut bodies, mut checks) = (Vec::new(), Vec::new());
        for number in sessions {
            let (token, session_id) = self.filled.token(number);
            let mut request = ValidateRequest { token, ..ValidateRequest::default() };
            request.set_activity(activity);
            let check = ValidationCheck::from_request(&request, &session_id);
            bodies.push(check.body.clone());
            checks.push(check);
        }
        let validate = self.authority.issuer_method("Validate");
        let (answers, _) = call_batch::run(&validate, &self.connections, IN_FLIGHT, bodies).await;
        for (check, answer) in checks.iter().zip(&answers) {
            check.verify(answer).expect("the right verdict");
        }
    }

    /// Returns the memory usage as soon as the node counts `sessions` cached sessions.
    async fn memory_usage(&self, sessions: u64) -> MemoryUsage {
        #[expect(clippy::cast_precision_loss, reason = "hundreds of thousands are exact")]
        let expected = sessions as f64;
        let counted = async {
            while self.authority.metric(SESSIONS) < expected {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        tokio::time::timeout(TIMEOUT, counted).await.expect("all sessions in memory");
        let counted = self.authority.metric("session_authority_near_cache_bytes");
        MemoryUsage { counted, resident: resident_bytes(self.authority.process.id()) }
    }
}

/// Returns the resident memory of a process in bytes.
fn resident_bytes(process: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("a process, where there is /proc");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory");
    line.trim().trim_end_matches(" kB").parse::<f64>().expect("a number") * 1024.0
}
