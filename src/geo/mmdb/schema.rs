//! What the records of a file look like.

use maxminddb::{LookupResult, MaxMindDbError};

use super::{flat, nested, network};
use crate::domain::GeoIpRecord;

/// What a file tells of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatabaseKind {
    /// Where it is.
    Location,
    /// Whose network it belongs to.
    Network,
}

/// How it tells that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RecordSchema {
    Nested,
    Flat,
    Network,
}

impl RecordSchema {
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
    pub(super) fn decode(self, found: &LookupResult<'_, Vec<u8>>) -> Result<GeoIpRecord, MaxMindDbError> {
        let place = match self {
            Self::Nested => found.decode::<nested::NestedRecord<'_>>()?.map(GeoIpRecord::from),
            Self::Flat => found.decode::<flat::FlatRecord<'_>>()?.map(GeoIpRecord::from),
            Self::Network => found.decode::<network::NetworkRecord<'_>>()?.map(GeoIpRecord::from),
        };
        Ok(place.unwrap_or_default())
    }

    /// Whether a record is of this schema and says something by it.
    pub(super) fn matches(self, record: &LookupResult<'_, Vec<u8>>) -> bool {
        self.decode(record).is_ok_and(|place| match self.kind() {
            DatabaseKind::Location => place.has_location(),
            DatabaseKind::Network => place.has_network(),
        })
    }

    pub(super) const fn kind(self) -> DatabaseKind {
        match self {
            Self::Nested | Self::Flat => DatabaseKind::Location,
            Self::Network => DatabaseKind::Network,
        }
    }
}
