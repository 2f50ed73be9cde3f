//! The GeoIP databases of a node.

use std::{sync::Arc, time::Duration};

use time::OffsetDateTime;

use crate::{
    clock::Clock,
    config::GeoConfig,
    domain::UnixMillis,
    geo::{
        GeoLocator, NetworkListStatus, NetworkLists, NoopLocator,
        mmdb::{DatabaseReloadOutcome, GeoDatabase, GeoDatabaseStatus, MmdbLocator},
    },
    telemetry::{
        MeteredLocator, Metrics,
        metrics::{DatabaseState, ReadinessCheck},
    },
    transport::http::CheckState,
};

use super::readiness::{CheckResult, Readiness};

/// The time by which a reload of the files may be overdue, in addition to twice its interval: large files take a while.
const RELOAD_TOLERANCE: Duration = Duration::from_mins(1);

/// The GeoIP databases of a node, which are reloaded when their files are replaced.
pub(super) struct GeoDatabases {
    databases: Arc<MmdbLocator>,
    network_lists: Arc<NetworkLists>,
    settings: GeoConfig,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
    readiness: Arc<Readiness>,
}

impl GeoDatabases {
    /// Reads the databases. Any of them may be missing.
    pub(super) async fn open(
        settings: GeoConfig,
        clock: Arc<dyn Clock>,
        metrics: Arc<Metrics>,
        readiness: Arc<Readiness>,
    ) -> Arc<Self> {
        let databases = Arc::new(MmdbLocator::new(&settings.databases));
        let network_lists = Arc::new(NetworkLists::new(settings.network_lists.clone()));
        let geo_databases = Arc::new(Self { databases, network_lists, settings, clock, metrics, readiness });
        Arc::clone(&geo_databases).reload().await;
        geo_databases
    }

    /// Returns the locator for logins.
    pub(super) fn locator(&self) -> Arc<dyn GeoLocator> {
        if self.settings.databases.is_empty() {
            return Arc::new(NoopLocator);
        }
        Arc::new(MeteredLocator::new(Arc::clone(&self.databases) as _, Arc::clone(&self.metrics)))
    }

    /// Returns the networks that hide where their users are.
    pub(super) fn network_lists(&self) -> Arc<NetworkLists> {
        Arc::clone(&self.network_lists)
    }

    /// Reloads changed files, and reports the state of all files.
    pub(super) async fn reload(self: Arc<Self>) {
        let blocking = tokio::task::spawn_blocking(move || self.reload_files());
        if let Err(error) = blocking.await {
            tracing::error!(%error, "failed to reload the GeoIP databases; retrying");
        }
    }

    fn reload_files(&self) {
        for (path, look) in self.databases.reload_if_changed() {
            self.metrics.database_reloaded(&look);
            let path = path.display();
            match look {
                DatabaseReloadOutcome::Unchanged => {}
                DatabaseReloadOutcome::Loaded(database) => {
                    tracing::info!(%path, database = describe_database(&database), "GeoIP database loaded");
                }
                DatabaseReloadOutcome::Rejected(reason) => {
                    tracing::warn!(%path, reason, "failed to load a GeoIP database; the previous version stays in use");
                }
            }
        }
        let now = self.clock.now();
        let files = self.databases.status();
        let states: Vec<_> = files.iter().map(|file| self.state(file, now)).collect();
        self.metrics.record_database_states(&states);
        let in_use = files.iter().filter_map(|file| file.database.as_deref());
        self.metrics.record_database_build_times(
            &in_use.map(|database| (database.kind(), database.build_time())).collect::<Vec<_>>(),
        );
        let details: Vec<_> = files.iter().zip(&states).map(|(file, state)| file_detail(file, *state, now)).collect();
        let lists = self.reload_network_lists();
        let detail = if details.is_empty() {
            "no GeoIP databases configured, so sessions have no location; set `geo.databases`".to_owned()
        } else {
            details.join("; ")
        };
        let failed_lists = lists.iter().filter_map(|list| {
            list.failure.as_ref().map(|failure| format!("; network list {}: {failure}", list.path.display()))
        });
        let detail = failed_lists.fold(detail, |detail, failure| detail + &failure);
        let is_in_use = |state: &DatabaseState| matches!(state, DatabaseState::Current | DatabaseState::Outdated);
        let is_complete = states.iter().all(is_in_use) && lists.iter().all(|list| list.failure.is_none());
        let state = if is_complete { CheckState::Ok } else { CheckState::Degraded };
        let result =
            CheckResult::new(state, detail).with_valid_for(self.settings.reload_interval * 2 + RELOAD_TOLERANCE);
        self.readiness.record(ReadinessCheck::GeoIp, result);
    }

    /// Reloads the changed lists of networks, and reports the number of networks in use.
    fn reload_network_lists(&self) -> Vec<NetworkListStatus> {
        let lists = self.network_lists.reload_if_changed();
        for list in lists.iter().filter(|list| list.is_new) {
            let (path, class) = (list.path.display(), list.class.name());
            match &list.failure {
                None => tracing::info!(%path, class, entries = list.entries, "network list loaded"),
                Some(reason) => tracing::warn!(
                    %path, class, reason, "failed to load a network list; the previous version stays in use"
                ),
            }
        }
        self.metrics.record_network_lists(&lists);
        lists
    }

    fn state(&self, file: &GeoDatabaseStatus, now: UnixMillis) -> DatabaseState {
        match (&file.database, &file.failure) {
            (None, _) => DatabaseState::Missing,
            (Some(_), Some(_)) => DatabaseState::ReloadFailed,
            (Some(database), None) if now.since(database.build_time()) > self.settings.max_age => {
                DatabaseState::Outdated
            }
            (Some(_), None) => DatabaseState::Current,
        }
    }
}

/// Describes the state of a file for an operator.
fn file_detail(file: &GeoDatabaseStatus, state: DatabaseState, now: UnixMillis) -> String {
    let path = file.path.display();
    let database = file.database.as_deref().map(describe_database).unwrap_or_default();
    let failure = file.failure.as_deref().unwrap_or_default();
    match state {
        DatabaseState::Current => database,
        DatabaseState::Outdated => {
            let age = file.database.as_deref().map(|database| now.since(database.build_time())).unwrap_or_default();
            format!("{database} is {} days old: replace {path}", age.as_secs() / 86_400)
        }
        DatabaseState::ReloadFailed => format!("{database} stays in use: {path} {failure}"),
        DatabaseState::Missing => format!("{path} {failure}"),
    }
}

/// Describes a database, for example "city ipv4 built 2026-06-05".
fn describe_database(database: &GeoDatabase) -> String {
    let seconds = i64::try_from(database.build_time().get() / 1_000).unwrap_or(i64::MAX);
    match OffsetDateTime::from_unix_timestamp(seconds) {
        Ok(built) => format!("{} built {}", database.name(), built.date()),
        Err(_) => database.name().to_owned(),
    }
}
