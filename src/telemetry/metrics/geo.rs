//! Lookups in GeoIP databases, and the state of their files.

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::Registry,
};

use crate::{
    domain::{NetworkClass, UnixMillis},
    geo::{
        NetworkListStatus,
        mmdb::{DatabaseKind, DatabaseReloadOutcome},
    },
};

use super::{
    MetricFamily, MetricLabel, Metrics,
    label::{LabelPair, metric_label},
    names,
};

metric_label! {
    /// The precision of the location of an address.
    GeoLookupOutcome by "outcome" {
        City = "city",
        /// Country or region only.
        Country = "country",
        Unknown = "unknown",
        /// Private, documentation and other special-purpose addresses, which have no location.
        SpecialPurpose = "special_purpose",
    }
}

metric_label! {
    /// The outcome of a reload of a changed file.
    DatabaseReload by "outcome" {
        Replaced = "replaced",
        /// The file is invalid; the previous version stays in use.
        Rejected = "rejected",
    }
}

metric_label! {
    /// The state of a configured file.
    DatabaseState by "state" {
        Current = "current",
        /// In use, and older than `geo.max_age`.
        Outdated = "outdated",
        /// The previous version is in use, because the current file is invalid.
        ReloadFailed = "reload_failed",
        /// No version is in use.
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
            Self::Location => "location",
            Self::Network => "network",
        };
        [("kind", name)]
    }
}

impl MetricLabel for NetworkClass {
    type Labels = LabelPair;

    fn all() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter()
    }

    fn index(self) -> usize {
        self as usize
    }

    fn labels(self) -> Self::Labels {
        [("class", self.name())]
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct GeoMetrics {
    lookups: MetricFamily<GeoLookupOutcome, Counter>,
    reloads: MetricFamily<DatabaseReload, Counter>,
    databases: MetricFamily<DatabaseState, Gauge>,
    built: MetricFamily<DatabaseKind, Gauge>,
    listed: MetricFamily<NetworkClass, Gauge>,
}

impl GeoMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let Self { lookups, reloads, databases, built, listed } = metrics.clone();
        registry.register(names::GEO_LOOKUPS, "Lookups of addresses in GeoIP databases", lookups);
        registry.register(names::GEO_RELOADS, "Reloads of GeoIP databases", reloads);
        registry.register(names::GEO_DATABASES, "GeoIP databases by state", databases);
        let about = "Build time of the oldest GeoIP database in use, in seconds since 1970; 0 without one";
        registry.register(names::GEO_BUILD_TIME, about, built);
        registry.register(names::NETWORK_LIST_ENTRIES, "Entries in use of the lists of anonymous networks", listed);
        metrics
    }
}

impl Metrics {
    /// Counts a lookup.
    pub(crate) fn geo_looked_up(&self, outcome: GeoLookupOutcome) {
        self.geo.lookups.get(outcome).inc();
    }

    /// Counts a reload of a file. A check that found no change is not counted.
    pub fn database_reloaded(&self, outcome: &DatabaseReloadOutcome) {
        match outcome {
            DatabaseReloadOutcome::Unchanged => {}
            DatabaseReloadOutcome::Loaded(_) => _ = self.geo.reloads.get(DatabaseReload::Replaced).inc(),
            DatabaseReloadOutcome::Rejected(_) => _ = self.geo.reloads.get(DatabaseReload::Rejected).inc(),
        }
    }

    /// Records the number of entries in use of each class of networks.
    pub(crate) fn record_network_lists(&self, lists: &[NetworkListStatus]) {
        for class in NetworkClass::ALL {
            let entries: usize = lists.iter().filter(|list| list.class == class).map(|list| list.entries).sum();
            self.geo.listed.get(class).set(i64::try_from(entries).unwrap_or(i64::MAX));
        }
    }

    /// Records the state of every configured file.
    pub(crate) fn record_database_states(&self, states: &[DatabaseState]) {
        for state in DatabaseState::all() {
            let count = states.iter().filter(|other| **other == state).count();
            self.geo.databases.get(state).set(i64::try_from(count).unwrap_or(i64::MAX));
        }
    }

    /// Records the build time of the oldest database of each kind among those in use.
    pub fn record_database_build_times(&self, databases: &[(DatabaseKind, UnixMillis)]) {
        for kind in DatabaseKind::all() {
            let oldest = databases.iter().filter(|(of, _)| *of == kind).map(|(_, built)| built.get() / 1_000).min();
            self.geo.built.get(kind).set(i64::try_from(oldest.unwrap_or_default()).unwrap_or(i64::MAX));
        }
    }
}
