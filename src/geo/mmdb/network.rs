//! The schema of ASN and ISP databases: whose network an address belongs to.

use serde::Deserialize;

use super::normal::{Number, name};
use crate::domain::Place;

#[derive(Deserialize)]
pub(super) struct Record<'a> {
    #[serde(borrow)]
    autonomous_system_number: Option<Number<'a>>,
    #[serde(default)]
    autonomous_system_organization: &'a str,
}

impl From<Record<'_>> for Place {
    fn from(record: Record<'_>) -> Self {
        let network = name(record.autonomous_system_organization);
        let asn = record.autonomous_system_number.as_ref().map(Number::whole).unwrap_or_default();
        Self { asn, network, ..Self::default() }
    }
}
