//! The construction of engines from the settings.

use std::sync::Arc;

use crate::{
    audit::{self, AuditDatabase, AuditError},
    certificates::ClientCredentials,
    config::{AuditConfig, AuditUrl, StoreConfig, StoreUrl},
    near_cache::source::InvalidationSource,
    store::{
        AlertStream, BackgroundStore, BindingId, BoundStore, Denylist, FailureStore, Outbox, SessionEngine,
        SessionStore, StoreError, StoreHealth,
        redis::{RedisOptions, RedisSessionStore},
        sqlite::{ClockSettings, SqliteSessionStore},
    },
    telemetry::{MeteredStore, Metrics},
    tls::CredentialReplacer,
};

/// The handles of one engine, by role. Calls to the session store, the outbox and background work are measured.
pub(super) struct StoreHandles {
    pub(super) sessions: Arc<dyn SessionStore>,
    pub(super) denylist: Arc<dyn Denylist>,
    pub(super) outbox: Arc<dyn Outbox>,
    pub(super) health: Arc<dyn StoreHealth>,
    pub(super) alerts: Arc<dyn AlertStream>,
    pub(super) failures: Arc<dyn FailureStore>,
    pub(super) invalidation_source: Arc<dyn InvalidationSource>,
    pub(super) bound: Arc<dyn BoundStore>,
    /// The store in which nodes divide background work. `None`: no other node can use the store.
    pub(super) background: Option<Arc<dyn BackgroundStore>>,
    /// Replaces the credentials of the connections. `None`: the engine has no connections over TLS.
    pub(super) replace_credentials: Option<CredentialReplacer>,
}

/// The context that a store needs from its node.
pub(super) struct StoreContext<'a> {
    pub(super) installation: BindingId,
    pub(super) metrics: &'a Metrics,
    pub(super) clock: ClockSettings,
}

impl StoreHandles {
    fn from_embedded<E>(engine: &Arc<E>, metrics: &Metrics) -> Self
    where
        E: SessionEngine + AlertStream + InvalidationSource + BoundStore + 'static,
    {
        let metered = Arc::new(MeteredStore::new(Arc::clone(engine), metrics));
        Self {
            sessions: Arc::clone(&metered) as _,
            denylist: Arc::clone(&metered) as _,
            failures: Arc::clone(&metered) as _,
            outbox: Arc::clone(&metered) as _,
            health: metered,
            alerts: Arc::clone(engine) as _,
            invalidation_source: Arc::clone(engine) as _,
            bound: Arc::clone(engine) as _,
            background: None,
            replace_credentials: None,
        }
    }

    fn from_shared<E>(engine: &Arc<E>, metrics: &Metrics) -> Self
    where
        E: SessionEngine + AlertStream + InvalidationSource + BoundStore + BackgroundStore + 'static,
    {
        let background = Arc::new(MeteredStore::new(Arc::clone(engine), metrics));
        Self { background: Some(background), ..Self::from_embedded(engine, metrics) }
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
                tls: settings.tls.as_ref().map(|tls| tls.credentials.clone()).unwrap_or_default(),
                allow_plaintext: settings.allow_plaintext,
                installation,
                max_clock_skew: (!clock.clock.is_simulated()).then_some(clock.max_skew),
            };
            let store = RedisSessionStore::open(&url.expose(), &options).await?;
            let store = Arc::new(store.with_clock(clock.clock));
            let handles = StoreHandles::from_shared(&store, metrics);
            let replace: CredentialReplacer =
                Box::new(move |credentials: &ClientCredentials| Ok(store.replace_tls(credentials)?));
            StoreHandles { replace_credentials: Some(replace), ..handles }
        }
        StoreUrl::Sqlite(file) => {
            let url = format!("sqlite://{}", file.display());
            StoreHandles::from_embedded(&Arc::new(SqliteSessionStore::open_with_clock(&url, clock).await?), metrics)
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
