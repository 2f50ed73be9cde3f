//! From settings to engines.

use std::sync::Arc;

use crate::{
    audit::{self, AuditDatabase, AuditError},
    config::{Audit, AuditUrl, Store, StoreUrl},
    store::{
        AlertStream, BackgroundStore, BindingId, BoundStore, SessionStore, StoreError, TrackedStore,
        redis::{RedisOptions, RedisSessionStore},
        sqlite::{ClockSettings, SqliteSessionStore},
    },
    telemetry::{MeteredStore, Metrics},
};

/// One engine by what it is used for.
pub(super) struct Stores {
    /// Measured.
    pub(super) sessions: Arc<dyn SessionStore>,
    pub(super) alerts: Arc<dyn AlertStream>,
    pub(super) tracked: Arc<dyn TrackedStore>,
    pub(super) bound: Arc<dyn BoundStore>,
    /// Where nodes divide background work. `None`: no other node can use the store.
    pub(super) background: Option<Arc<dyn BackgroundStore>>,
}

/// What a store has to know of its node.
pub(super) struct StoreContext<'a> {
    pub(super) installation: BindingId,
    pub(super) metrics: &'a Metrics,
    pub(super) clock: ClockSettings,
}

impl Stores {
    fn alone<E: SessionStore + AlertStream + TrackedStore + BoundStore + 'static>(
        engine: E,
        metrics: &Metrics,
    ) -> Self {
        let engine = Arc::new(engine);
        let sessions = Arc::new(MeteredStore::new(Arc::clone(&engine), metrics));
        let (alerts, tracked) = (Arc::clone(&engine) as _, Arc::clone(&engine) as _);
        Self { sessions, alerts, tracked, bound: engine, background: None }
    }

    fn shared<E>(engine: E, metrics: &Metrics) -> Self
    where
        E: SessionStore + AlertStream + TrackedStore + BoundStore + BackgroundStore + 'static,
    {
        let engine = Arc::new(engine);
        let sessions = Arc::new(MeteredStore::new(Arc::clone(&engine), metrics));
        let (alerts, tracked) = (Arc::clone(&engine) as _, Arc::clone(&engine) as _);
        Self { sessions: Arc::clone(&sessions) as _, alerts, tracked, bound: engine, background: Some(sessions) }
    }
}

/// The store that the settings name.
pub(super) async fn stores(settings: &Store, context: StoreContext<'_>) -> Result<Stores, StoreError> {
    let StoreContext { installation, metrics, clock } = context;
    Ok(match &settings.url {
        StoreUrl::Redis(url) => {
            let options = RedisOptions {
                connections: settings.pool_size,
                connect_timeout: settings.connect_timeout,
                response_timeout: settings.response_timeout,
                ca: settings.ca.clone(),
                allow_plaintext: settings.allow_plaintext,
                installation,
                max_clock_skew: (!clock.clock.is_simulated()).then_some(clock.max_skew),
            };
            let store = RedisSessionStore::open(&url.expose(), &options).await?;
            Stores::shared(store.with_clock(clock.clock), metrics)
        }
        StoreUrl::Sqlite(file) => {
            let url = format!("sqlite://{}", file.display());
            Stores::alone(SqliteSessionStore::open_with_clock(&url, clock).await?, metrics)
        }
    })
}

/// The audit database that the settings name. One that is embedded is brought up to date on the way, as
/// nobody else could do it.
pub(super) async fn audit(settings: &Audit) -> Result<AuditDatabase, AuditError> {
    audit::open(&audit_url(settings), matches!(settings.url, AuditUrl::Sqlite(_))).await
}

/// The address in the form that [`audit::open`] and [`audit::migrate`] take.
#[must_use]
pub fn audit_url(settings: &Audit) -> String {
    match &settings.url {
        AuditUrl::Postgres(url) => url.expose(),
        AuditUrl::Sqlite(file) => format!("sqlite://{}", file.display()),
        AuditUrl::None => "none".to_owned(),
    }
}
