//! Measures each step of a validation that is served from memory, to show its cost and which step became slower.

#![expect(clippy::expect_used, reason = "a bench may panic")]

#[path = "common/session.rs"]
mod session;

use std::{hint::black_box, sync::Arc, time::Duration};

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use session_authority::{
    authority::{
        AlertRecorder, ChangeRecorder, ClientDescriber, Presenter, RejectedTokens, SessionActivity, TokenParser,
        TokenPresenter, TokenValidator, ValidationRequest, clock_monitor::ClockMonitor,
        observer::NoopAuthorityObserver,
    },
    callers::{ApiKey, KeyHasher},
    clock::{Clock, SystemClock},
    detection::DetectionSettings,
    device::DeviceNamer,
    domain::{BearerToken, Bucket, InstallationSecret, SessionId, TenantScope, TokenKey, TokenKeys, TokenSecret},
    entropy::SystemEntropy,
    geo::NoopLocator,
    near_cache::{
        NearCache, NearCacheParts, NoopCacheObserver, SessionReader,
        source::{InvalidationListener, Lease},
    },
    store::{SessionStore, sqlite::SqliteSessionStore},
    transport::grpc::encode_cached_session,
};
use tokio::runtime::Runtime;

/// Enough sessions that they do not all fit into the processor's caches.
const SESSIONS: u64 = 20_000;

/// A node's near cache with sessions in it, over the embedded engine.
struct WarmNode {
    validator: TokenValidator,
    reads: Arc<SessionReader>,
    keys: TokenKeys,
    tokens: Vec<BearerToken>,
    ids: Vec<SessionId>,
}

impl WarmNode {
    async fn with_sessions() -> Self {
        let installation = InstallationSecret::new(&[1; 32]);
        let keys = TokenKeys::new(vec![TokenKey::new(1, &[2; 32])]).expect("keys");
        let engine = Arc::new(SqliteSessionStore::open("sqlite::memory:").await.expect("a store"));
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let store: Arc<dyn SessionStore> = Arc::clone(&engine) as _;
        let NearCache { memory, reader: reads, .. } = NearCache::new(NearCacheParts {
            store: Arc::clone(&store),
            source: engine,
            encode_session: encode_cached_session,
            clock: Arc::clone(&clock),
            observer: Arc::new(NoopCacheObserver),
            max_size: 256 << 20,
            // The lease is never renewed; it is valid for the whole run.
            max_staleness: Duration::from_hours(1),
        });
        let lease = Arc::new(Lease::new());
        for bucket in Bucket::all() {
            memory.attach(bucket, &lease);
        }
        lease.renew(clock.instant());
        let (mut tokens, mut ids) = (Vec::new(), Vec::new());
        let now = clock.now();
        for number in 0..SESSIONS {
            let secret = TokenSecret::new([u8::try_from(number % 251).unwrap_or_default(); 32]);
            let session = session::session(number, &installation, &secret, now);
            ids.push(session.id);
            tokens.push(keys.minting_key().mint(session.id, &secret, 0));
            let id = session.id;
            store.create(session::login(session)).await.expect("create");
            reads.read_bounded(id).await.expect("a read");
        }
        let clock_monitor = Arc::new(ClockMonitor::new(clock.as_ref(), Duration::from_secs(2)));
        let moment = clock.instant();
        clock_monitor.compare(moment, moment.wall_clock, moment);
        let (activity, observer) = (Arc::new(SessionActivity::new(100_000)), Arc::new(NoopAuthorityObserver));
        let presenter = TokenPresenter {
            store: Arc::clone(&store),
            clients: ClientDescriber { namer: DeviceNamer::new(), locator: Arc::new(NoopLocator) },
            changes: ChangeRecorder {
                activity: Arc::clone(&activity),
                observer: Arc::clone(&observer) as _,
                change_signal: Arc::default(),
            },
            alerts: AlertRecorder { observer: Arc::clone(&observer) as _, dirty_buckets: Arc::default() },
        };
        let validator = TokenValidator {
            tokens: TokenParser {
                keys: keys.clone(),
                registry: Arc::default(),
                rejected: Arc::new(RejectedTokens::new(&DetectionSettings::default())),
            },
            reader: Arc::clone(&reads),
            store,
            activity,
            presenter: Arc::new(presenter),
            observed_clients: Arc::default(),
            clock,
            clock_monitor,
            observer,
        };
        Self { validator, reads, keys, tokens, ids }
    }
}

fn bench_validation_steps(c: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let node = runtime.block_on(WarmNode::with_sessions());
    let mut turn = 0..;
    let mut next = move || usize::try_from(turn.next().unwrap_or(0_u64) * 7_919 % SESSIONS).unwrap_or_default();

    c.bench_function("clock: instant and wall clock", |b| b.iter(|| SystemClock.instant()));
    c.bench_function("token: parse a valid one", |b| {
        b.iter(|| node.keys.parse(black_box(node.tokens[next()].as_str())));
    });
    let invented = node.tokens[0].as_str().replace("sa_AQ", "sa_AQAA");
    c.bench_function("token: parse a forged one", |b| b.iter(|| node.keys.parse(black_box(&invented))));
    let key = ApiKey::generate(&SystemEntropy).expect("a key");
    let (hasher, shown) = (KeyHasher::new(&InstallationSecret::new(&[1; 32])), key.reveal());
    c.bench_function("caller: check an API key", |b| {
        b.iter(|| ApiKey::parse(black_box(&shown)).map(|key| hasher.hash(&key)));
    });
    c.bench_function("cache: read a session under its lease", |b| b.iter(|| node.reads.try_cached(node.ids[next()])));
    c.bench_function("authority: whole validation from memory", |b| {
        b.iter(|| {
            let request = ValidationRequest {
                token: node.tokens[next()].clone(),
                strong: false,
                touch: true,
                max_auth_age: None,
                min_assurance_level: 0,
                tenants: &TenantScope::All,
                presenter: Presenter::UNKNOWN,
            };
            runtime.block_on(node.validator.validate(&request))
        });
    });
    let made = session::session(1, &InstallationSecret::new(&[1; 32]), &TokenSecret::new([3; 32]), SystemClock.now());
    c.bench_function("response: build from a session read from the store", |b| {
        b.iter_batched(|| made.clone(), |made| encode_cached_session(black_box(made)), BatchSize::SmallInput);
    });
}

criterion_group!(benches, bench_validation_steps);
criterion_main!(benches);
