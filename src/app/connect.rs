//! The construction of engines from the settings.

use std::sync::Arc;

use crate::{
    audit::{self, AuditDatabase, AuditError},
    config::{AuditConfig, AuditUrl, StoreConfig, StoreUrl},
    store::{
        AlertStream, BackgroundStore, BindingId, BoundStore, InvalidationSource, SessionStore, StoreError,
        redis::{RedisOptions, RedisSessionStore},
        sqlite::{ClockSettings, SqliteSessionStore},
    },
    telemetry::{MeteredStore, Metrics},
};

/// The handles of one engine, by role.
pub(super) struct StoreHandles {
    /// The session store, with metrics.
    pub(super) sessions: Arc<dyn SessionStore>,
    pub(super) alerts: Arc<dyn AlertStream>,
    pub(super) invalidation_source: Arc<dyn InvalidationSource>,
    pub(super) bound: Arc<dyn BoundStore>,
    /// The store in which nodes divide background work. `None`: no other node can use the store.
    pub(super) background: Option<Arc<dyn BackgroundStore>>,
}

/// The context that a store needs from its node.
pub(super) struct StoreContext<'a> {
    pub(super) installation: BindingId,
    pub(super) metrics: &'a Metrics,
    pub(super) clock: ClockSettings,
}

impl StoreHandles {
    fn from_embedded<E: SessionStore + AlertStream + InvalidationSource + BoundStore + 'static>(
        engine: E,
        metrics: &Metrics,
    ) -> Self {
        let engine = Arc::new(engine);
        let sessions = Arc::new(MeteredStore::new(Arc::clone(&engine), metrics));
        let (alerts, tracked) = (Arc::clone(&engine) as _, Arc::clone(&engine) as _);
        Self { sessions, alerts, invalidation_source: tracked, bound: engine, background: None }
    }

    fn from_shared<E>(engine: E, metrics: &Metrics) -> Self
    where
        E: SessionStore + AlertStream + InvalidationSource + BoundStore + BackgroundStore + 'static,
    {
        let engine = Arc::new(engine);
        let sessions = Arc::new(MeteredStore::new(Arc::clone(&engine), metrics));
        let (alerts, tracked) = (Arc::clone(&engine) as _, Arc::clone(&engine) as _);
        Self {
            sessions: Arc::clone(&sessions) as _,
            alerts,
            invalidation_source: tracked,
            bound: engine,
            background: Some(sessions),
        }
    }
}

/// Opens the store that the settings name.
pub(super) async fn open_stores(settings: &StoreConfig, context: StoreContext<'_>) -> Result<StoreHandles, StoreError> {
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
            StoreHandles::from_shared(store.with_clock(clock.clock), metrics)
        }
        StoreUrl::Sqlite(file) => {
            let url = format!("sqlite://{}", file.display());
            StoreHandles::from_embedded(SqliteSessionStore::open_with_clock(&url, clock).await?, metrics)
        }
    })
}

/// Opens the audit database that the settings name. An embedded one is migrated, because no other process could do it.
pub(super) async fn open_audit(settings: &AuditConfig) -> Result<AuditDatabase, AuditError> {
    audit::open(&audit_url(settings), matches!(settings.url, AuditUrl::Sqlite(_))).await
}

/// Returns the address in the form that [`audit::open`] and [`audit::migrate`] take.
#[must_use]
pub fn audit_url(settings: &AuditConfig) -> String {
    match &settings.url {
        AuditUrl::Postgres(url) => url.expose(),
        AuditUrl::Sqlite(file) => format!("sqlite://{}", file.display()),
        AuditUrl::None => "none".to_owned(),
    }
}
