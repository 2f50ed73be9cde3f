//! Where an address is, and whose network it belongs to.
//!
//! A [`Locator`] answers from files that an operator supplies: [`mmdb`] reads them. Nothing here asks anybody over the
//! network, and nothing here fails: what is not known is empty.

pub mod mmdb;

use std::net::IpAddr;

use crate::domain::Place;

/// Knows places of addresses.
pub trait Locator: Send + Sync {
    /// What is known of `ip`, an IPv4-mapped IPv6 address being its IPv4 address; empty where nothing is. Private,
    /// documentation and other special-purpose addresses ([`crate::domain::is_special_purpose`]) have no place. Takes
    /// microseconds and waits for nothing.
    fn locate(&self, ip: IpAddr) -> Place;
}

/// Knows none: for installations without databases.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nowhere;

impl Locator for Nowhere {
    fn locate(&self, _: IpAddr) -> Place {
        Place::default()
    }
}
