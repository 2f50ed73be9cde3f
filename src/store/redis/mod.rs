//! The session store in Redis or Redis Cluster.
//!
//! The active sessions of a user are in one hash, so the limit, the list, replacement and `RevokeAll` of a user are
//! each one atomic step on one key. Every key of a bucket has the hash tag `{xx}`, so every script stays within one
//! hash slot. One server and a Cluster look the same to every operation: the client in `crates/redis-cluster` sends each
//! command to the master of its slot. The scripts are in `lua/`; the head of each names its keys, arguments and outcomes.
//!
//! | key | type | contents |
//! |---|---|---|
//! | `sa1:{xx}:u:<handle>` | hash | records of the user's sessions, by the 8 unique bytes of the ID; `@`: the owner |
//! | `sa1:{xx}:c:<handle>` | hash | clocks of these sessions; a touch writes only here |
//! | `sa1:{xx}:t:<handle>` | hash | tombstones of ended sessions: at most 64, for 24 hours |
//! | `sa1:{xx}:r:<handle>` | hash | request and operation IDs already carried out: at most 64, for 24 hours |
//! | `sa1:{xx}:p:<handle>` | hash | profile: login floor, for 90 days; login history; deduplication of alerts; at most 16 answers to alerts, for 90 days |
//! | `sa1:{xx}:due` | sorted set | user handles, by the earliest time at which one of the user's sessions can lapse |
//! | `sa1:{xx}:g` | hash | generations: number and time of each scope's last mass revocation, while needed |
//! | `sa1:{xx}:m:<scope>` | hash | mass revocations of a scope, in its home bucket: operation IDs, for 24 h; causes |
//! | `sa1:{xx}:unfinished` | hash | mass revocations of this home bucket that may not have reached every bucket |
//! | `sa1:{xx}:d` | sorted set | digests of denied JWT IDs, by the time at which each denial ends |
//! | `sa1:{xx}:outbox` | stream | audit events that are not in the audit database yet |
//! | `sa1:{xx}:findings` | stream | findings that are not in the alert stream yet |
//! | `sa1:{xx}:failed-users` | hash | recent failures of authentication of each user, for 48 hours after the last in the bucket |
//! | `sa1:{xx}:failed-networks` | hash | the same of each network |
//! | `sa1:{xx}:failed-users:scores`, `sa1:{xx}:failed-networks:scores` | sorted set | users and networks, by their order of removal |
//! | `sa1:{alerts}:s` | stream | alerts: `p` the previous position, `a` the stored alert |
//! | `sa1:{alerts}:ids` | sorted set | IDs of the alerts in the stream, by the time in their position |
//! | `sa1:{alerts}:gone` | sorted set | alerts that ForgetUser removed, each with the previous one that remained |
//! | `sa1:{alerts}:last` | hash | `p`: the position of the newest alert, whether or not it is still stored |
//! | `sa1:{alerts}:nodes` | hash | live nodes: last heartbeat and report |
//! | `sa1:{xx}:meta` | hash | layout version, binding, the latest generation ever raised, the end of the last denial, the owner for background work; in one bucket of each master, the time of the last write probe |
//! | `sa1:{alerts}:meta` | hash | layout version and binding |
//! | `sa1:{xx}:probe:<n>` | hash | no data: a new connection tests the order of invalidations on it, for 10 s |

mod alert_entry;
mod alerts;
mod answer_alert;
mod background;
mod binding;
mod bucket_status;
mod checkpoint;
mod client;
mod create;
mod denylist;
mod failures;
mod forget;
mod forgotten_alerts;
mod health;
mod keys;
mod list;
mod load;
mod mass_cause;
mod mass_revocation;
mod notifications;
mod outbox;
mod present_token;
mod reply;
mod revoke;
mod script;
mod server_inspection;
mod settings;
mod sweep;
mod time;
mod touch;
mod tracking;
mod update;
mod user_state;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;

use self::{
    client::StoreRouter,
    script::{LuaScripts, ScriptCaller},
    sweep::BucketScans,
    tracking::TrackingState,
};
use super::{
    AlertAnswer, AnswerOutcome, BindingId, BindingState, BoundStore, CreateOutcome, LoadOutcome, MassRevocation,
    PresentationOutcome, RevokedSessions, SeenClient, SessionCreation, SessionRevocation, SessionStore, SessionUpdate,
    SignInLookup, SignInState, StoreBinding, StoreError, SweepOutcome, TokenPresentation, Touch, UpdateOutcome,
    UserErasure, UserErasureOutcome, UserRevocation, UserState,
};
use crate::{
    certificates::ClientCredentials,
    clock::Clock,
    domain::{Bucket, InstallationSecret, Owner, Session, SessionEnding, SessionId, UnixMillis, UserHandle},
};

/// Connection options of the Redis store.
#[derive(Clone, Debug)]
pub struct RedisOptions {
    /// Connections kept open to each server. Each carries many calls at once.
    pub connections: usize,
    pub connect_timeout: Duration,
    /// Time after which a call without a response fails.
    pub response_timeout: Duration,
    /// The credentials of connections over TLS.
    pub tls: ClientCredentials,
    /// Allows servers beyond loopback without TLS.
    pub allow_plaintext: bool,
    /// Maximum difference between a caller's `now` and the server's clock. With this limit the server's clock decides,
    /// and a step of a caller that is further off fails with [`StoreError::ClockSkewed`]. `None`: the caller's clock
    /// decides, for tests that set the time.
    pub max_clock_skew: Option<Duration>,
    /// The installation that the store must be bound to. A store of another installation, or one that is not bound, is
    /// not used.
    pub installation: BindingId,
}

impl Default for RedisOptions {
    fn default() -> Self {
        Self {
            connections: 4,
            connect_timeout: Duration::from_millis(500),
            response_timeout: Duration::from_millis(500),
            tls: ClientCredentials::default(),
            allow_plaintext: false,
            max_clock_skew: None,
            installation: BindingId::from_installation_secret(&InstallationSecret::new(&[0; 32])),
        }
    }
}

/// A [`SessionStore`] on one Redis server or on a Redis Cluster, 7.0 or later.
pub struct RedisSessionStore {
    router: StoreRouter,
    installation: BindingId,
    max_clock_skew: Option<Duration>,
    scripts: Box<LuaScripts>,
    bucket_scans: BucketScans,
    tracking: TrackingState,
}

impl RedisSessionStore {
    /// Connects with default options: to one server with `redis://` or `rediss://`, to a Cluster with
    /// `redis+cluster://` or `rediss+cluster://` and some of its nodes, such as
    /// `redis+cluster://user:password@host:6379,host:6379`.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        Self::connect_with(url, &RedisOptions::default()).await
    }

    /// Connects, and binds a store that is not bound to the installation of `options`, without an audit database.
    pub async fn connect_with(url: &str, options: &RedisOptions) -> Result<Self, StoreError> {
        let store = Self::open(url, options).await?;
        let installation = options.installation;
        match store.binding().await? {
            BindingState::Bound { .. } => {}
            _ => drop(store.bind(StoreBinding { installation, ..StoreBinding::default() }).await?),
        }
        Ok(store)
    }

    /// Connects. Every call fails unless the store is bound to the installation of `options` (see [`BoundStore`]).
    pub async fn open(url: &str, options: &RedisOptions) -> Result<Self, StoreError> {
        let credentials = client::tls_credentials(&options.tls);
        let router = StoreRouter::connect(url, credentials, &client::router_options(options)).await?;
        router.inspect_masters().await?;
        let RedisOptions { installation, max_clock_skew, .. } = *options;
        let scripts = Box::new(LuaScripts::new(ScriptCaller { installation, max_clock_skew }));
        let (bucket_scans, tracking) = (BucketScans::default(), TrackingState::default());
        Ok(Self { router, installation, max_clock_skew, scripts, bucket_scans, tracking })
    }

    /// Replaces the credentials of connections over TLS. New connections use them; open ones continue. Fails, without an
    /// effect, if the credentials cannot be used or the URL is not of TLS.
    pub fn replace_tls(&self, credentials: &ClientCredentials) -> Result<(), StoreError> {
        Ok(self.router.replace_tls(client::tls_credentials(credentials))?)
    }

    /// Sets the clock by which leases are renewed. The default is the system's clock.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.tracking = TrackingState::new(clock);
        self
    }
}

#[async_trait]
impl SessionStore for RedisSessionStore {
    async fn create(&self, creation: SessionCreation) -> Result<CreateOutcome, StoreError> {
        create::create(self, creation).await
    }

    async fn load_user_state(
        &self,
        owner: &Owner,
        handle: UserHandle,
        now: UnixMillis,
    ) -> Result<UserState, StoreError> {
        user_state::load_user_state(self, owner, handle, now).await
    }

    async fn load_sign_in_state(&self, lookup: &SignInLookup<'_>) -> Result<SignInState, StoreError> {
        user_state::load_sign_in_state(self, lookup).await
    }

    async fn load(&self, id: SessionId) -> Result<LoadOutcome, StoreError> {
        load::load(self, id).await
    }

    async fn touch(&self, touches: &[Touch]) -> Result<Vec<Option<UnixMillis>>, StoreError> {
        touch::touch(self, touches).await
    }

    async fn put_last_seen(&self, clients: &[SeenClient]) -> Result<(), StoreError> {
        touch::put_last_seen(self, clients).await
    }

    async fn list(
        &self,
        owner: &Owner,
        handle: UserHandle,
        touches: &[Touch],
        now: UnixMillis,
    ) -> Result<Vec<Session>, StoreError> {
        list::list(self, owner, handle, touches, now).await
    }

    async fn update(&self, update: SessionUpdate) -> Result<UpdateOutcome, StoreError> {
        update::update(self, update).await
    }

    async fn present_token(&self, presentation: TokenPresentation) -> Result<PresentationOutcome, StoreError> {
        present_token::present_token(self, presentation).await
    }

    async fn revoke(&self, revocation: SessionRevocation) -> Result<Vec<SessionEnding>, StoreError> {
        revoke::revoke(self, revocation).await
    }

    async fn revoke_all(&self, revocation: UserRevocation) -> Result<RevokedSessions, StoreError> {
        revoke::revoke_all(self, revocation).await
    }

    async fn answer_alert(&self, answer: AlertAnswer) -> Result<AnswerOutcome, StoreError> {
        answer_alert::answer_alert(self, answer).await
    }

    async fn forget_user(&self, forgetting: UserErasure) -> Result<UserErasureOutcome, StoreError> {
        forget::forget(self, forgetting).await
    }

    async fn revoke_mass(&self, revocation: MassRevocation) -> Result<(), StoreError> {
        mass_revocation::revoke_mass(self, revocation).await
    }

    async fn sweep(&self, bucket: Bucket, now: UnixMillis, limit: usize) -> Result<SweepOutcome, StoreError> {
        sweep::sweep(self, bucket, None, now, limit).await
    }
}
