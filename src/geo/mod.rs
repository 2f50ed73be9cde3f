//! The location and the network of an IP address.
//!
//! A [`GeoLocator`] uses files that an operator supplies; [`mmdb`] reads them. Nothing here uses the network, and
//! nothing here fails: unknown values are empty.

pub mod mmdb;
mod network_lists;

use std::net::IpAddr;

use crate::domain::GeoIpRecord;

pub use network_lists::{NetworkListStatus, NetworkLists};

/// Locates IP addresses.
pub trait GeoLocator: Send + Sync {
    /// Returns the record of `ip`; empty if nothing is known. An IPv4-mapped IPv6 address counts as its IPv4 address.
    /// Private, documentation and other special-purpose addresses ([`crate::domain::is_special_purpose`]) have no
    /// record. Takes microseconds and never waits.
    fn locate(&self, ip: IpAddr) -> GeoIpRecord;
}

/// A locator that knows no addresses, for installations without databases.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoopLocator;

impl GeoLocator for NoopLocator {
    fn locate(&self, _: IpAddr) -> GeoIpRecord {
        GeoIpRecord::default()
    }
}
