//! From settings to engines.

use std::sync::Arc;

use crate::{
    audit::{self, AuditError, EventLog},
    config::{Audit, AuditUrl, Store, StoreUrl},
    store::{
        SessionStore, StoreError,
        redis::{RedisOptions, RedisSessionStore},
        sqlite::SqliteSessionStore,
    },
    telemetry::{MeteredStore, Metrics},
};

/// The session store that the settings name, measured.
pub(super) async fn store(settings: &Store, metrics: &Metrics) -> Result<Arc<dyn SessionStore>, StoreError> {
    let engine: Arc<dyn SessionStore> = match &settings.url {
        StoreUrl::Redis(url) => {
            let options = RedisOptions {
                connections: settings.pool_size,
                connect_timeout: settings.connect_timeout,
                response_timeout: settings.response_timeout,
                ca: settings.ca.clone(),
            };
            Arc::new(RedisSessionStore::connect_with(&url.expose(), &options).await?)
        }
        StoreUrl::Sqlite(file) => Arc::new(SqliteSessionStore::open(&format!("sqlite://{}", file.display())).await?),
    };
    Ok(Arc::new(MeteredStore::new(engine, metrics)))
}

/// The audit database that the settings name. One that is embedded is brought up to date on the way, as
/// nobody else could do it.
pub(super) async fn audit(settings: &Audit) -> Result<Arc<dyn EventLog>, AuditError> {
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
