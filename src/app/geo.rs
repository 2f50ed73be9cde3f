//! Places, as a node knows them.

use std::{sync::Arc, time::Duration};

use time::OffsetDateTime;

use crate::{
    clock::Clock,
    config::Geo,
    domain::UnixMillis,
    geo::{
        Locator, Nowhere,
        mmdb::{Database, FileStatus, Look, MmdbLocator},
    },
    telemetry::{
        MeteredLocator, Metrics,
        metrics::{DatabaseState, ReadinessCheck},
    },
    transport::http::CheckState,
};

use super::readiness::{CheckResult, Readiness};

/// How long a look at the files may be overdue, beside twice its interval: large ones take a while.
const OVERDUE: Duration = Duration::from_mins(1);

/// The databases of a node, followed while they are replaced.
pub(super) struct Places {
    databases: Arc<MmdbLocator>,
    settings: Geo,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
    readiness: Arc<Readiness>,
}

impl Places {
    /// Reads the databases. None of them need be there.
    pub(super) async fn open(
        settings: Geo,
        clock: Arc<dyn Clock>,
        metrics: Arc<Metrics>,
        readiness: Arc<Readiness>,
    ) -> Arc<Self> {
        let databases = Arc::new(MmdbLocator::new(&settings.databases));
        let places = Arc::new(Self { databases, settings, clock, metrics, readiness });
        Arc::clone(&places).look().await;
        places
    }

    /// What logins are located with.
    pub(super) fn locator(&self) -> Arc<dyn Locator> {
        if self.settings.databases.is_empty() {
            return Arc::new(Nowhere);
        }
        Arc::new(MeteredLocator::new(Arc::clone(&self.databases) as _, Arc::clone(&self.metrics)))
    }

    /// Takes over changed files, and tells how it stands with all of them.
    pub(super) async fn look(self: Arc<Self>) {
        let blocking = tokio::task::spawn_blocking(move || self.look_at_files());
        if let Err(error) = blocking.await {
            tracing::error!(%error, "the databases of places could not be looked at");
        }
    }

    fn look_at_files(&self) {
        for (path, look) in self.databases.look() {
            self.metrics.database_looked_at(&look);
            let path = path.display();
            match look {
                Look::Unchanged => {}
                Look::Taken(database) => {
                    tracing::info!(%path, database = described(&database), "a database of places is in use");
                }
                Look::Refused(reason) => {
                    tracing::warn!(%path, reason, "a database of places cannot be used; what was read before stays");
                }
            }
        }
        let now = self.clock.now();
        let files = self.databases.status();
        let states: Vec<_> = files.iter().map(|file| self.state(file, now)).collect();
        self.metrics.databases(&states);
        let in_use = files.iter().filter_map(|file| file.database.as_deref());
        self.metrics.databases_built(&in_use.map(|database| (database.kind(), database.built())).collect::<Vec<_>>());
        let details: Vec<_> = files.iter().zip(&states).map(|(file, state)| detail(file, *state, now)).collect();
        let detail = if details.is_empty() {
            "no databases, so sessions have none; `geo.databases` names them".to_owned()
        } else {
            details.join("; ")
        };
        let is_in_use = |state: &DatabaseState| matches!(state, DatabaseState::Current | DatabaseState::Outdated);
        let state = if states.iter().all(is_in_use) { CheckState::Ok } else { CheckState::Degraded };
        let result = CheckResult::new(state, detail).good_for(self.settings.reload_interval * 2 + OVERDUE);
        self.readiness.record(ReadinessCheck::Places, result);
    }

    fn state(&self, file: &FileStatus, now: UnixMillis) -> DatabaseState {
        match (&file.database, &file.failure) {
            (None, _) => DatabaseState::Missing,
            (Some(_), Some(_)) => DatabaseState::Kept,
            (Some(database), None) if now.since(database.built()) > self.settings.max_age => DatabaseState::Outdated,
            (Some(_), None) => DatabaseState::Current,
        }
    }
}

/// What an operator should know of a file.
fn detail(file: &FileStatus, state: DatabaseState, now: UnixMillis) -> String {
    let path = file.path.display();
    let database = file.database.as_deref().map(described).unwrap_or_default();
    let failure = file.failure.as_deref().unwrap_or_default();
    match state {
        DatabaseState::Current => database,
        DatabaseState::Outdated => {
            let age = file.database.as_deref().map(|database| now.since(database.built())).unwrap_or_default();
            format!("{database} is {} days old: replace {path}", age.as_secs() / 86_400)
        }
        DatabaseState::Kept => format!("{database} stays in use, for {path} {failure}"),
        DatabaseState::Missing => format!("{path} {failure}"),
    }
}

/// "city ipv4 of 2026-06-05".
fn described(database: &Database) -> String {
    let seconds = i64::try_from(database.built().get() / 1_000).unwrap_or(i64::MAX);
    match OffsetDateTime::from_unix_timestamp(seconds) {
        Ok(built) => format!("{} of {}", database.name(), built.date()),
        Err(_) => database.name().to_owned(),
    }
}
