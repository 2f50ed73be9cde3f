//! What the records of a file look like.

use maxminddb::{LookupResult, MaxMindDbError};

use super::{flat, nested, network};
use crate::domain::Place;

/// What a file tells of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Where it is.
    Place,
    /// Whose network it belongs to.
    Network,
}

/// How it tells that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Schema {
    Nested,
    Flat,
    Network,
}

impl Schema {
    /// The schemas that a file of that type may have. `database_type` is free text: "GeoLite2-City", "city ipv4",
    /// "DBIP-ASN-Lite (compat=GeoLite2-ASN)"; what it leaves open the records decide.
    pub(super) fn candidates(database_type: &str) -> &'static [Self] {
        let name = database_type.to_ascii_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| name.contains(word));
        if says(&["asn", "isp"]) {
            &[Self::Network]
        } else if says(&["city", "country", "enterprise"]) {
            &[Self::Nested, Self::Flat]
        } else {
            &[Self::Nested, Self::Flat, Self::Network]
        }
    }

    /// What a record says; empty where the network has none.
    pub(super) fn read(self, found: &LookupResult<'_, Vec<u8>>) -> Result<Place, MaxMindDbError> {
        let place = match self {
            Self::Nested => found.decode::<nested::Record<'_>>()?.map(Place::from),
            Self::Flat => found.decode::<flat::Record<'_>>()?.map(Place::from),
            Self::Network => found.decode::<network::Record<'_>>()?.map(Place::from),
        };
        Ok(place.unwrap_or_default())
    }

    /// Whether a record is of this schema and says something by it.
    pub(super) fn fits(self, record: &LookupResult<'_, Vec<u8>>) -> bool {
        self.read(record).is_ok_and(|place| match self.kind() {
            Kind::Place => place.is_located(),
            Kind::Network => place.has_network(),
        })
    }

    pub(super) const fn kind(self) -> Kind {
        match self {
            Self::Nested | Self::Flat => Kind::Place,
            Self::Network => Kind::Network,
        }
    }
}
