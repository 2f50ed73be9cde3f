//! Measures the bytes of Redis per session, compared with the obvious layout: a JSON string per session and a set per
//! user.
//!
//! Both layouts hold the same 100,000 sessions, three per user, each in its own server with `deploy/redis.conf`, one
//! after the other in one run. Prints bytes per session and the ratio.

#![expect(clippy::print_stdout, reason = "benches print their results")]
#![expect(clippy::expect_used, reason = "a bench may panic")]

#[path = "common/session.rs"]
mod session;

use std::time::Duration;

use redis::{AsyncCommands, aio::MultiplexedConnection};
use session_authority::{
    domain::{
        Cause, InstallationSecret, Location, LoginHistory, Session, TokenSecret, UnixMillis, location::GeoPosition,
    },
    store::{CreateOutcome, HistoryUpdate, SessionCreation, SessionStore, redis::RedisSessionStore},
};

use self::session::{SESSIONS_PER_USER, USER_AGENT, login, session};

const SESSIONS: u64 = 100_000;
const NOW: UnixMillis = UnixMillis::new(1_800_000_000_000);
const SECRET: TokenSecret = TokenSecret::new([9; 32]);

#[tokio::main]
async fn main() {
    let ours = measure_hash_layout(false).await;
    let placed = measure_hash_layout(true).await;
    let naive = measure_json_layout().await;
    println!("{SESSIONS} sessions, {SESSIONS_PER_USER} a user, user agent of {} bytes", USER_AGENT.len());
    println!("this layout (record, clock, due)      {:>6.0} bytes/session", ours.sessions);
    println!("  with city, position and network     {:>6.0} bytes/session", placed.sessions);
    println!("  outbox entry (until drained)        {:>6.0} bytes/event", ours.outbox);
    println!("  login history (90 days)             {:>6.0} bytes/user", placed.histories);
    println!("JSON string and set, with a TTL       {naive:>6.0} bytes/session");
    println!("ratio                                 {:>6.2}", ours.sessions / naive);
}

struct LayoutBytes {
    sessions: f64,
    outbox: f64,
    /// Bytes per user.
    histories: f64,
}

/// Fills a store with the layout of this project. With `placed`, sessions have full locations and users have login
/// histories.
async fn measure_hash_layout(placed: bool) -> LayoutBytes {
    let server = test_support::redis::RedisServer::start().await;
    let store = RedisSessionStore::connect(&server.url()).await.expect("a store");
    let mut admin = server.admin().await;
    let before = used_memory(&mut admin).await;
    let installation = InstallationSecret::new(&[7; 32]);
    let mut history = LoginHistory::default();
    for number in 0..SESSIONS {
        let mut session = session(number, &installation, &SECRET, NOW);
        if placed {
            session.record.location = Location {
                region: "São Paulo".to_owned(),
                city: "São Paulo".to_owned(),
                position: Some(GeoPosition { latitude: -23.5475, longitude: -46.6361, accuracy_radius_km: 20 }),
                asn: 64500,
                network: "Example Telecom".to_owned(),
                ..session.record.location
            };
            let known = if number % SESSIONS_PER_USER == 0 { LoginHistory::default() } else { history };
            history = known.with_login(NOW, &session.record.location, session.clock.device);
        }
        let creation = SessionCreation {
            history: placed.then(|| HistoryUpdate {
                history: history.clone(),
                expected_version: None,
                keep_for: Duration::from_hours(90 * 24),
            }),
            cause: Cause { caller: "login".to_owned(), request_id: format!("{number:032x}"), ..Cause::default() },
            ..login(session)
        };
        let outcome = store.create(creation).await.expect("an outcome");
        assert!(matches!(outcome, CreateOutcome::Created { .. }));
    }
    let with_outbox = used_memory(&mut admin).await;
    let outboxes: Vec<Vec<u8>> = admin.keys("sa1:*:outbox").await.expect("keys");
    let _: u64 = admin.del(outboxes).await.expect("the outbox removed, as the relay does");
    let with_histories = used_memory(&mut admin).await;
    let profiles: Vec<Vec<u8>> = admin.keys("sa1:*:p:*").await.expect("keys");
    for some in profiles.chunks(1000) {
        let _: u64 = admin.del(some).await.expect("the histories removed");
    }
    let sessions = used_memory(&mut admin).await;
    #[expect(clippy::cast_precision_loss, reason = "three is exact")]
    let histories = bytes_per_session(with_histories - sessions) * SESSIONS_PER_USER as f64;
    LayoutBytes {
        histories,
        sessions: bytes_per_session(sessions - before),
        outbox: bytes_per_session(with_outbox - sessions),
    }
}

async fn measure_json_layout() -> f64 {
    let server = test_support::redis::RedisServer::start().await;
    let mut admin = server.admin().await;
    let before = used_memory(&mut admin).await;
    let installation = InstallationSecret::new(&[7; 32]);
    for number in 0..SESSIONS {
        let Session { id, owner, record, clock } = session(number, &installation, &SECRET, NOW);
        let (id, user) = (id.to_string(), owner.user.as_str().to_owned());
        let json = serde_json::json!({
            "session_id": id, "tenant_id": owner.tenant.as_str(), "user_id": user, "email": record.email,
            "roles": record.roles, "device": {
                "device_id": record.device.id, "name": record.device.name, "type": "desktop",
                "browser": record.device.browser, "os": record.device.os, "user_agent": record.device.user_agent,
            },
            "location": { "ip": record.location.ip, "country": record.location.country },
            "secret_sha256": "ab".repeat(32),
            "created_at": record.created_at.get(), "authenticated_at": record.authenticated_at.get(),
            "last_active_at": clock.last_active.get(), "expires_at": clock.expires_at.get(),
            "idle_timeout": clock.idle_timeout.as_millis(), "auth_methods": record.auth_methods,
            "assurance_level": record.assurance_level, "policy": record.policy, "revision": record.revision,
        });
        let mut pipe = redis::pipe();
        pipe.set_ex(format!("session:{id}"), json.to_string(), 2_592_000).ignore();
        pipe.sadd(format!("user-sessions:{user}"), id).ignore();
        pipe.expire(format!("user-sessions:{user}"), 2_592_000).ignore();
        let () = pipe.query_async(&mut admin).await.expect("a session");
    }
    bytes_per_session(used_memory(&mut admin).await - before)
}

async fn used_memory(connection: &mut MultiplexedConnection) -> f64 {
    let info: String = redis::cmd("INFO").arg("memory").query_async(connection).await.expect("memory");
    let line = info.lines().find_map(|line| line.strip_prefix("used_memory:")).expect("used_memory");
    line.trim().parse().expect("a number")
}

fn bytes_per_session(bytes: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a hundred thousand is exact")]
    let sessions = SESSIONS as f64;
    bytes / sessions
}
