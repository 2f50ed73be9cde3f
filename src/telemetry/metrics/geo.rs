//! Places: what was asked, and what the files are that answer.

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::Registry,
};

use crate::{
    domain::UnixMillis,
    geo::mmdb::{Kind, Look},
};

use super::{
    By, Label, Metrics,
    label::{Pair, label},
    names,
};

label! {
    /// How much was known of the place of an address.
    Lookup by "outcome" {
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
        Kept = "kept",
    }
}

label! {
    /// How it stands with a configured file.
    DatabaseState by "state" {
        Current = "current",
        /// In use, and older than `geo.max_age`.
        Outdated = "outdated",
        /// What was read before is in use, because the file cannot be used now.
        Kept = "kept",
        /// Nothing is in use.
        Missing = "missing",
    }
}

impl Label for Kind {
    type Labels = Pair;

    fn all() -> impl Iterator<Item = Self> {
        [Self::Place, Self::Network].into_iter()
    }

    fn index(self) -> usize {
        self as usize
    }

    fn labels(self) -> Self::Labels {
        let name = match self {
            Self::Place => "place",
            Self::Network => "network",
        };
        [("kind", name)]
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct GeoMetrics {
    lookups: By<Lookup, Counter>,
    reloads: By<DatabaseReload, Counter>,
    databases: By<DatabaseState, Gauge>,
    built: By<Kind, Gauge>,
}

impl GeoMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let Self { lookups, reloads, databases, built } = metrics.clone();
        registry.register(names::GEO_LOOKUPS, "Addresses looked up for their place", lookups);
        registry.register(names::GEO_RELOADS, "Changes of the files seen", reloads);
        registry.register(names::GEO_DATABASES, "Configured files", databases);
        let about = "When the oldest database in use was made, in seconds since 1970; 0 without one";
        registry.register(names::GEO_BUILT, about, built);
        metrics
    }
}

impl Metrics {
    /// An address was looked up.
    pub(crate) fn looked_up(&self, outcome: Lookup) {
        self.geo.lookups.get(outcome).inc();
    }

    /// A file was looked at; one that had not changed is not counted.
    pub fn database_looked_at(&self, look: &Look) {
        match look {
            Look::Unchanged => {}
            Look::Taken(_) => _ = self.geo.reloads.get(DatabaseReload::Replaced).inc(),
            Look::Refused(_) => _ = self.geo.reloads.get(DatabaseReload::Kept).inc(),
        }
    }

    /// The state of every configured file.
    pub(crate) fn databases(&self, states: &[DatabaseState]) {
        for state in DatabaseState::all() {
            let count = states.iter().filter(|other| **other == state).count();
            self.geo.databases.get(state).set(i64::try_from(count).unwrap_or(i64::MAX));
        }
    }

    /// What every database in use is of, and when it was made.
    pub fn databases_built(&self, databases: &[(Kind, UnixMillis)]) {
        for kind in Kind::all() {
            let oldest = databases.iter().filter(|(of, _)| *of == kind).map(|(_, built)| built.get() / 1_000).min();
            self.geo.built.get(kind).set(i64::try_from(oldest.unwrap_or_default()).unwrap_or(i64::MAX));
        }
    }
}
