//! Where an address is, and whose network it belongs to.
//!
//! A [`GeoLocator`] answers from files that an operator supplies: [`mmdb`] reads them. Nothing here asks anybody over the
//! network, and nothing here fails: what is not known is empty.

pub mod mmdb;

use std::net::IpAddr;

use crate::domain::GeoIpRecord;

/// Knows places of addresses.
pub trait GeoLocator: Send + Sync {
    /// What is known of `ip`, an IPv4-mapped IPv6 address being its IPv4 address; empty where nothing is. Private,
    /// documentation and other special-purpose addresses ([`crate::domain::is_special_purpose`]) have no place. Takes
    /// microseconds and waits for nothing.
    fn locate(&self, ip: IpAddr) -> GeoIpRecord;
}

/// Knows none: for installations without databases.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoopLocator;

impl GeoLocator for NoopLocator {
    fn locate(&self, _: IpAddr) -> GeoIpRecord {
        GeoIpRecord::default()
    }
}
