//! The schemas of the records of a file.

use maxminddb::{LookupResult, MaxMindDbError};

use super::{flat, nested, network};
use crate::domain::GeoIpRecord;

/// The kind of facts that a file has about an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatabaseKind {
    /// The location of the address.
    Location,
    /// The network to which the address belongs.
    Network,
}

/// The layout of the records of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RecordSchema {
    Nested,
    Flat,
    Network,
}

impl RecordSchema {
    /// Returns the schemas that a file of this type may have. `database_type` is free text: "GeoLite2-City", "city
    /// ipv4", "DBIP-ASN-Lite (compat=GeoLite2-ASN)". If it leaves several possible, the records decide.
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

    /// Decodes a record; the result is empty if the network has none.
    pub(super) fn decode(self, found: &LookupResult<'_, Vec<u8>>) -> Result<GeoIpRecord, MaxMindDbError> {
        let place = match self {
            Self::Nested => found.decode::<nested::NestedRecord<'_>>()?.map(GeoIpRecord::from),
            Self::Flat => found.decode::<flat::FlatRecord<'_>>()?.map(GeoIpRecord::from),
            Self::Network => found.decode::<network::NetworkRecord<'_>>()?.map(GeoIpRecord::from),
        };
        Ok(place.unwrap_or_default())
    }

    /// Returns whether a record has this schema and contains facts of its kind.
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
