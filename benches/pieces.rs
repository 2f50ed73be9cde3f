//! The pieces of a validation that is answered from memory, each for itself: what one costs, and which became slower.

#![expect(clippy::expect_used, reason = "a bench that cannot go on has nothing to say")]

#[path = "common/session.rs"]
mod session;

use std::{collections::BTreeMap, hint::black_box, sync::Arc, time::Duration};

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use session_authority::{
    audit::{AuditDatabase, RelayStatus},
    authority::{self, Authority, Parts, ValidateToken, backlog::BacklogGate, clock_monitor::ClockMonitor},
    cache::{NearCache, Reads, Source, Unobserved},
    callers::{ApiKey, KeyHasher},
    clock::{Clock, SystemClock},
    detection,
    device::DeviceNamer,
    domain::{
        BearerToken, Bucket, InstallationSecret, Policies, Secret, SessionId, TenantScope, Token, TokenKey, TokenKeys,
    },
    entropy::SystemEntropy,
    geo::Nowhere,
    store::{ChangeListener, Lease, SessionStore, sqlite::SqliteSessionStore},
    transport::grpc::present,
};
use tokio::{runtime::Runtime, sync::watch};

/// Enough of them that they do not all lie in the processor's own memory.
const SESSIONS: u64 = 20_000;

/// A node's memory with sessions in it, over the embedded engine.
struct Node {
    authority: Authority,
    reads: Arc<Reads>,
    keys: TokenKeys,
    tokens: Vec<BearerToken>,
    ids: Vec<SessionId>,
}

impl Node {
    async fn filled() -> Self {
        let installation = InstallationSecret::new(&[1; 32]);
        let keys = TokenKeys::new(vec![TokenKey::new(1, &[2; 32])]).expect("keys");
        let engine = Arc::new(SqliteSessionStore::open("sqlite::memory:").await.expect("a store"));
        let near = Arc::new(NearCache::new(256 << 20));
        let lease = Arc::new(Lease::new());
        for bucket in Bucket::all() {
            near.attached(bucket, &lease);
        }
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        lease.renew(clock.moment());
        let store: Arc<dyn SessionStore> = Arc::clone(&engine) as _;
        let alerts = Arc::clone(&engine) as _;
        let source = Source { store: Arc::clone(&store), tracked: engine, near, present };
        // Nobody renews the lease; it holds for as long as the bench runs.
        let bound = Duration::from_hours(1);
        let reads = Arc::new(Reads::new(source, Arc::clone(&clock), Arc::new(Unobserved), bound));
        let (mut tokens, mut ids) = (Vec::new(), Vec::new());
        let now = clock.now();
        for number in 0..SESSIONS {
            let secret = Secret::new([u8::try_from(number % 251).unwrap_or_default(); 32]);
            let session = session::session(number, &installation, &secret, now);
            ids.push(session.id);
            tokens.push(BearerToken::new(keys.minting().mint(&Token { session_id: session.id, secret })));
            let id = session.id;
            store.create(session::login(session)).await.expect("create");
            reads.bounded(id).await.expect("a read");
        }
        let clock_monitor = Arc::new(ClockMonitor::new(clock.as_ref(), Duration::from_secs(2)));
        let moment = clock.moment();
        clock_monitor.compare(moment, moment.wall, moment);
        let authority = Authority::new(Parts {
            store,
            reads: Arc::clone(&reads),
            clock,
            clock_monitor,
            entropy: Arc::new(SystemEntropy),
            installation,
            tokens: keys.clone(),
            policies: Policies::new(BTreeMap::new()),
            namer: DeviceNamer::new(),
            locator: Arc::new(Nowhere),
            observer: Arc::new(authority::observer::Unobserved),
            backlog: Arc::new(BacklogGate::new(u64::MAX)),
            alerts,
            audit: AuditDatabase::none(),
            audit_condition: Arc::default(),
            token_key_registry: Arc::default(),
            relayed: watch::channel(RelayStatus::default()).1,
            sweeps: Arc::default(),
            shared: None,
            settings: authority::Settings {
                max_authentication_age: Duration::from_hours(720),
                max_followed: 100_000,
                audit_retention: Duration::MAX,
                sweep_batch: 100,
                mass_revocation_burst: 10,
                detection: detection::Settings::default(),
            },
        });
        Self { authority, reads, keys, tokens, ids }
    }
}

fn pieces(c: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let node = runtime.block_on(Node::filled());
    let mut turn = 0..;
    let mut next = move || usize::try_from(turn.next().unwrap_or(0_u64) * 7_919 % SESSIONS).unwrap_or_default();

    c.bench_function("clock: both, as a lease is measured", |b| b.iter(|| SystemClock.moment()));
    c.bench_function("token: one of ours", |b| b.iter(|| node.keys.parse(black_box(node.tokens[next()].as_str()))));
    let invented = node.tokens[0].as_str().replace("sa_AQ", "sa_AQAA");
    c.bench_function("token: an invented one", |b| b.iter(|| node.keys.parse(black_box(&invented))));
    let key = ApiKey::generate(&SystemEntropy).expect("a key");
    let (hasher, shown) = (KeyHasher::new(&InstallationSecret::new(&[1; 32])), key.reveal());
    c.bench_function("caller: an API key", |b| {
        b.iter(|| ApiKey::parse(black_box(&shown)).map(|key| hasher.hash(&key)));
    });
    c.bench_function("memory: a session under its lease", |b| b.iter(|| node.reads.at_hand(node.ids[next()])));
    c.bench_function("authority: a validation from memory", |b| {
        b.iter(|| {
            let request = ValidateToken {
                token: node.tokens[next()].clone(),
                strong: false,
                touch: true,
                max_auth_age: None,
                min_assurance_level: 0,
                tenants: &TenantScope::All,
            };
            runtime.block_on(node.authority.validate(request))
        });
    });
    let made = session::session(1, &InstallationSecret::new(&[1; 32]), &Secret::new([3; 32]), SystemClock.now());
    c.bench_function("answer: made of a session that was read", |b| {
        b.iter_batched(|| made.clone(), |made| present(black_box(made)), BatchSize::SmallInput);
    });
}

criterion_group!(benches, pieces);
criterion_main!(benches);
