//! A locator with metrics.

use std::{net::IpAddr, sync::Arc};

use crate::{
    domain::{GeoIpRecord, is_special_purpose},
    geo::GeoLocator,
};

use super::metrics::{GeoLookupOutcome, Metrics};

/// Wraps a [`GeoLocator`] and counts its lookups by the precision of the result.
pub struct MeteredLocator {
    metrics: Arc<Metrics>,
    locator: Arc<dyn GeoLocator>,
}

impl MeteredLocator {
    pub fn new(locator: Arc<dyn GeoLocator>, metrics: Arc<Metrics>) -> Self {
        Self { metrics, locator }
    }
}

impl GeoLocator for MeteredLocator {
    fn locate(&self, ip: IpAddr) -> GeoIpRecord {
        let place = self.locator.locate(ip);
        self.metrics.geo_looked_up(match &place {
            _ if is_special_purpose(ip) => GeoLookupOutcome::SpecialPurpose,
            place if !place.city.is_empty() => GeoLookupOutcome::City,
            place if place.has_location() => GeoLookupOutcome::Country,
            _ => GeoLookupOutcome::Unknown,
        });
        place
    }
}
