//! The schema of ASN and ISP databases: the network to which an address belongs.

use serde::Deserialize;

use super::normalize::{FlexibleNumber, normalize_name};
use crate::domain::GeoIpRecord;

#[derive(Deserialize)]
pub(super) struct NetworkRecord<'a> {
    #[serde(borrow)]
    autonomous_system_number: Option<FlexibleNumber<'a>>,
    #[serde(default)]
    autonomous_system_organization: &'a str,
}

impl From<NetworkRecord<'_>> for GeoIpRecord {
    fn from(record: NetworkRecord<'_>) -> Self {
        let network = normalize_name(record.autonomous_system_organization);
        let asn = record.autonomous_system_number.as_ref().map(FlexibleNumber::as_u32).unwrap_or_default();
        Self { asn, network, ..Self::default() }
    }
}
