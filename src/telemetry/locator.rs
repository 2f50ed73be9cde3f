//! A locator that is measured.

use std::{net::IpAddr, sync::Arc};

use crate::{
    domain::{Place, is_special_purpose},
    geo::Locator,
};

use super::metrics::{Lookup, Metrics};

/// Passes every address on to a locator and notes how much was known of it.
pub struct MeteredLocator {
    metrics: Arc<Metrics>,
    locator: Arc<dyn Locator>,
}

impl MeteredLocator {
    pub fn new(locator: Arc<dyn Locator>, metrics: Arc<Metrics>) -> Self {
        Self { metrics, locator }
    }
}

impl Locator for MeteredLocator {
    fn locate(&self, ip: IpAddr) -> Place {
        let place = self.locator.locate(ip);
        self.metrics.looked_up(match &place {
            _ if is_special_purpose(ip) => Lookup::SpecialPurpose,
            place if !place.city.is_empty() => Lookup::City,
            place if place.is_located() => Lookup::Country,
            _ => Lookup::Unknown,
        });
        place
    }
}
