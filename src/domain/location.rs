//! Where a session was signed in from.

use std::net::IpAddr;

/// A place on the map, in degrees, with the radius within which the client may really be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Position {
    pub latitude: f64,
    pub longitude: f64,
    pub accuracy_radius_km: u32,
}

/// The network address of a client and what is known of it. Empty where unknown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Location {
    /// IPv4-mapped IPv6 addresses are held as IPv4 (RFC 4291 §2.5.5.2).
    pub ip: Option<IpAddr>,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    pub region: String,
    pub city: String,
    pub position: Option<Position>,
    /// Autonomous system number; 0 when unknown.
    pub asn: u32,
    /// Name of the network's operator.
    pub network: String,
}
