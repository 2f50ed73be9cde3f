//! The last client of an ended session, as far as it is remembered.

use super::{id::UserId, location::Location};

/// The user of an ended session, with the network and the country in which it was used last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormerClient {
    pub user: UserId,
    /// Autonomous system number; 0 if unknown.
    pub asn: u32,
    /// ISO 3166-1 alpha-2; empty if unknown.
    pub country: String,
}

impl FormerClient {
    /// Returns the part of a location that is remembered.
    #[must_use]
    pub fn new(user: UserId, location: &Location) -> Self {
        let country = if location.country.len() == 2 { location.country.clone() } else { String::new() };
        Self { user, asn: location.asn, country }
    }
}
