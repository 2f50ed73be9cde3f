//! Places: what was asked, and what the files are that answer.

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::Registry,
};

use crate::{
    domain::UnixMillis,
    geo::mmdb::{DatabaseKind, DatabaseReloadOutcome},
};

use super::{
    MetricFamily, MetricLabel, Metrics,
    label::{LabelPair, label},
    names,
};

label! {
    /// How much was known of the place of an address.
    GeoLookupOutcome by "outcome" {
        City = "city",
        /// Its country or region.
        Country = "country",
        Unknown = "unknown",
        /// Private, documentation and the like: it has none.
        SpecialPurpose = "special_purpose",
    }
}

label! {
    /// What a changed file led to.
    DatabaseReload by "outcome" {
        Replaced = "replaced",
        /// It cannot be used; what was read before stayed.
        Rejected = "kept",
    }
}

label! {
    /// How it stands with a configured file.
    DatabaseState by "state" {
        Current = "current",
        /// In use, and older than `geo.max_age`.
        Outdated = "outdated",
        /// What was read before is in use, because the file cannot be used now.
        ReloadFailed = "kept",
        /// Nothing is in use.
        Missing = "missing",
    }
}

impl MetricLabel for DatabaseKind {
    type Labels = LabelPair;

    fn all() -> impl Iterator<Item = Self> {
        [Self::Location, Self::Network].into_iter()
    }

    fn index(self) -> usize {
        self as usize
    }

    fn labels(self) -> Self::Labels {
        let name = match self {
            Self::Location => "place",
            Self::Network => "network",
        };
        [("kind", name)]
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct GeoMetrics {
    lookups: MetricFamily<GeoLookupOutcome, Counter>,
    reloads: MetricFamily<DatabaseReload, Counter>,
    databases: MetricFamily<DatabaseState, Gauge>,
    built: MetricFamily<DatabaseKind, Gauge>,
}

impl GeoMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let Self { lookups, reloads, databases, built } = metrics.clone();
        registry.register(names::GEO_LOOKUPS, "Addresses looked up for their place", lookups);
        registry.register(names::GEO_RELOADS, "Changes of the files seen", reloads);
        registry.register(names::GEO_DATABASES, "Configured files", databases);
        let about = "When the oldest database in use was made, in seconds since 1970; 0 without one";
        registry.register(names::GEO_BUILD_TIME, about, built);
        metrics
    }
}

impl Metrics {
    /// An address was looked up.
    pub(crate) fn geo_looked_up(&self, outcome: GeoLookupOutcome) {
        self.geo.lookups.get(outcome).inc();
    }

    /// A file was looked at; one that had not changed is not counted.
    pub fn database_reloaded(&self, look: &DatabaseReloadOutcome) {
        match look {
            DatabaseReloadOutcome::Unchanged => {}
            DatabaseReloadOutcome::Loaded(_) => _ = self.geo.reloads.get(DatabaseReload::Replaced).inc(),
            DatabaseReloadOutcome::Rejected(_) => _ = self.geo.reloads.get(DatabaseReload::Rejected).inc(),
        }
    }

    /// The state of every configured file.
    pub(crate) fn record_database_states(&self, states: &[DatabaseState]) {
        for state in DatabaseState::all() {
            let count = states.iter().filter(|other| **other == state).count();
            self.geo.databases.get(state).set(i64::try_from(count).unwrap_or(i64::MAX));
        }
    }

    /// What every database in use is of, and when it was made.
    pub fn record_database_build_times(&self, databases: &[(DatabaseKind, UnixMillis)]) {
        for kind in DatabaseKind::all() {
            let oldest = databases.iter().filter(|(of, _)| *of == kind).map(|(_, built)| built.get() / 1_000).min();
            self.geo.built.get(kind).set(i64::try_from(oldest.unwrap_or_default()).unwrap_or(i64::MAX));
        }
    }
}
