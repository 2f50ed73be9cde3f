//! The obvious handler: the session is JSON under its token, read for each request and written back with its last
//! activity and its TTL, over a pool of connections.

use deadpool_redis::{Config, Pool, PoolConfig, Runtime};
use redis::{AsyncCommands, aio::MultiplexedConnection};
use serde::{Deserialize, Serialize};
use session_authority::{
    api::{Device, Location, Session, Source, ValidateResponse, validate_response::Outcome},
    clock::{Clock, SystemClock},
};
use test_support::redis::{ADMIN, RedisServer};
use tonic::Status;

use crate::{common::grpc_logins::SignedInSession, reference_server::ValidateHandler};

/// At least the number of calls in flight in a round, so that no call waits for a connection.
const CONNECTIONS: usize = 128;
const TIME_TO_LIVE: u64 = 4 * 60 * 60;

pub struct GetSetexHandler(Pool);

impl GetSetexHandler {
    /// Creates a handler on the Redis at `url`.
    pub fn new(url: &str) -> Self {
        let mut config = Config::from_url(url);
        config.pool = Some(PoolConfig::new(CONNECTIONS));
        Self(config.create_pool(Some(Runtime::Tokio1)).expect("a pool"))
    }
}

/// Returns the URL of its Redis, for a user that may access any key.
pub fn url(redis: &RedisServer) -> String {
    let url = redis.url();
    let (_, secret) = url.split_once("//").and_then(|(_, rest)| rest.split_once(':')).expect("a URL with a password");
    format!("redis://{ADMIN}:{secret}")
}

/// Writes the sessions under the keys of the handler.
pub async fn fill(connection: &mut MultiplexedConnection, people: &[SignedInSession]) {
    for some in people.chunks(500) {
        let mut pipe = redis::pipe();
        for SignedInSession { token, session } in some {
            let json = serde_json::to_string(&JsonSession::from(session)).expect("JSON");
            pipe.set_ex(key(token), json, TIME_TO_LIVE).ignore();
        }
        pipe.exec_async(connection).await.expect("the sessions written");
    }
}

fn key(token: &str) -> String {
    format!("session:{token}")
}

#[tonic::async_trait]
impl ValidateHandler for GetSetexHandler {
    async fn validate(&self, token: &str) -> Result<ValidateResponse, Status> {
        let mut connection = self.0.get().await.map_err(|error| Status::unavailable(error.to_string()))?;
        let failed = |error: redis::RedisError| Status::unavailable(error.to_string());
        let json: Option<String> = connection.get(key(token)).await.map_err(failed)?;
        let json = json.ok_or_else(|| Status::unauthenticated("no such session"))?;
        let mut stored: JsonSession =
            serde_json::from_str(&json).map_err(|error| Status::data_loss(format!("not a session: {error}")))?;
        stored.last_active_at = SystemClock.now().get();
        let json = serde_json::to_string(&stored).map_err(|error| Status::internal(error.to_string()))?;
        let () = connection.set_ex(key(token), json, TIME_TO_LIVE).await.map_err(failed)?;
        let mut response = ValidateResponse {
            outcome: Some(Outcome::Session(stored.into())),
            as_of: Some(timestamp(SystemClock.now().get())),
            ..ValidateResponse::default()
        };
        response.set_source(Source::Store);
        Ok(response)
    }
}

#[derive(Serialize, Deserialize)]
struct JsonSession {
    session_id: String,
    tenant_id: String,
    user_id: String,
    email: String,
    roles: Vec<String>,
    device: JsonDevice,
    ip: String,
    country: String,
    created_at: u64,
    authenticated_at: u64,
    last_active_at: u64,
    expires_at: u64,
    assurance_level: u32,
    revision: u64,
    auth_methods: Vec<String>,
    policy: String,
}

#[derive(Serialize, Deserialize)]
struct JsonDevice {
    device_id: String,
    name: String,
    kind: i32,
    browser: String,
    os: String,
    user_agent: String,
}

impl From<&Session> for JsonSession {
    fn from(session: &Session) -> Self {
        let session = session.clone();
        let device = session.device.unwrap_or_default();
        let location = session.location.unwrap_or_default();
        Self {
            session_id: session.session_id,
            tenant_id: session.tenant_id,
            user_id: session.user_id,
            email: session.email,
            roles: session.roles,
            device: JsonDevice {
                device_id: device.device_id,
                name: device.name,
                kind: device.r#type,
                browser: device.browser,
                os: device.os,
                user_agent: device.user_agent,
            },
            ip: location.ip,
            country: location.country,
            created_at: millis(session.created_at),
            authenticated_at: millis(session.authenticated_at),
            last_active_at: millis(session.last_active_at),
            expires_at: millis(session.expires_at),
            assurance_level: session.assurance_level,
            revision: session.revision,
            auth_methods: session.auth_methods,
            policy: session.policy,
        }
    }
}

impl From<JsonSession> for Session {
    fn from(stored: JsonSession) -> Self {
        let device = Device {
            device_id: stored.device.device_id,
            name: stored.device.name,
            r#type: stored.device.kind,
            browser: stored.device.browser,
            os: stored.device.os,
            user_agent: stored.device.user_agent,
            first_seen: false,
        };
        Self {
            session_id: stored.session_id,
            tenant_id: stored.tenant_id,
            user_id: stored.user_id,
            email: stored.email,
            roles: stored.roles,
            device: Some(device),
            location: Some(Location { ip: stored.ip, country: stored.country, ..Location::default() }),
            created_at: Some(timestamp(stored.created_at)),
            authenticated_at: Some(timestamp(stored.authenticated_at)),
            last_active_at: Some(timestamp(stored.last_active_at)),
            idle_expires_at: Some(timestamp(stored.last_active_at + TIME_TO_LIVE * 1_000)),
            expires_at: Some(timestamp(stored.expires_at)),
            assurance_level: stored.assurance_level,
            revision: stored.revision,
            auth_methods: stored.auth_methods,
            policy: stored.policy,
            ..Self::default()
        }
    }
}

fn timestamp(millis: u64) -> prost_types::Timestamp {
    let [seconds, rest] = [millis / 1_000, millis % 1_000].map(i64::try_from).map(Result::unwrap_or_default);
    prost_types::Timestamp { seconds, nanos: i32::try_from(rest * 1_000_000).unwrap_or_default() }
}

fn millis(time: Option<prost_types::Timestamp>) -> u64 {
    let time = time.unwrap_or_default();
    u64::try_from(time.seconds * 1_000 + i64::from(time.nanos) / 1_000_000).unwrap_or_default()
}
