use std::time::Duration;

use super::{CountryCode, DeviceTagPrefix, Visit};
use crate::domain::{SessionId, UnixMillis, device::DeviceTag, limits::CLOCK_TOLERANCE};

/// The part of a [`SessionId`] that is unique among the sessions of one user.
pub type SessionIdSuffix = [u8; 8];

/// A login that raised a finding and has not been learned from yet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UnconfirmedLogin {
    pub session: SessionIdSuffix,
    pub device: DeviceTagPrefix,
    /// The time and the location of the login. Only the time is always known.
    pub visit: Visit,
}

impl UnconfirmedLogin {
    /// The time without an objection after which a login is learned from.
    pub const CONFIRMATION_PERIOD: Duration = Duration::from_hours(24);

    /// Returns whether both logins show the same location and device, so that one can stand for both.
    pub(super) fn resembles(&self, other: &Self) -> bool {
        let same_network = match (self.visit.network, other.visit.network) {
            (Some(one), Some(other)) => one.is_near(other),
            (one, other) => one == other,
        };
        self.device == other.device && self.visit.country == other.visit.country && same_network
    }
}

/// A session that was revoked because somebody other than the user had signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompromisedSession {
    pub session: SessionIdSuffix,
    /// The start of the session, by the store's clock.
    pub started_at: UnixMillis,
    pub device: DeviceTag,
}

impl CompromisedSession {
    #[must_use]
    pub const fn new(id: SessionId, started_at: UnixMillis, device: DeviceTag) -> Self {
        Self { session: id.unique, started_at, device }
    }

    /// Returns the distance in time between `at` and the login. Returns `None` if `at` is too far off to be the time of
    /// the login by any clock.
    pub(super) fn time_from_login(&self, at: UnixMillis) -> Option<Duration> {
        let apart = at.since(self.started_at).max(self.started_at.since(at));
        (apart <= CLOCK_TOLERANCE).then_some(apart)
    }

    /// Returns whether this login may have introduced a value that was first seen in the hour that begins with `hour`.
    pub(super) fn may_have_introduced(&self, hour: UnixMillis) -> bool {
        let last = hour.plus(Duration::from_hours(1)).plus(CLOCK_TOLERANCE);
        hour.minus(CLOCK_TOLERANCE) <= self.started_at && self.started_at < last
    }
}

/// The countries and visits that a compromised login shows.
#[derive(Clone, Debug, Default)]
pub(super) struct SuspectPlaces {
    pub countries: Vec<CountryCode>,
    pub visits: Vec<Visit>,
}

impl SuspectPlaces {
    pub(super) fn add(&mut self, visit: Visit) {
        self.countries.extend(visit.country);
        self.visits.push(visit);
    }

    /// Returns whether the visit is a suspect one, or was made from the network of a suspect one at the same time or
    /// later.
    pub(super) fn contains(&self, visit: &Visit) -> bool {
        self.visits.iter().any(|suspect| {
            let near = visit.network.zip(suspect.network).is_some_and(|(one, other)| one.is_near(other));
            visit == suspect || (visit.at >= suspect.at && near)
        })
    }
}
