//! The users of a simulation.

use std::time::Duration;

use crate::api;

use super::{
    device::SimulatedDevice,
    network::{COUNTRIES, NetworkAccess, SimulatedCountry},
    seeded_random::SeededRandom,
};

const NAMES: &[&str] = &[
    "ada",
    "alan",
    "anita",
    "barbara",
    "claude",
    "dennis",
    "donald",
    "edsger",
    "emmy",
    "frances",
    "grace",
    "hedy",
    "joan",
    "john",
    "katherine",
    "ken",
    "leslie",
    "lynn",
    "margaret",
    "niklaus",
    "radia",
    "robin",
    "tim",
    "tony",
];

/// The speed of an airliner, and the time that a passenger spends before and after the flight.
const AIRLINER_KMH: f64 = 850.0;
const AIRPORT_TIME: Duration = Duration::from_hours(3);

/// A user who signs in.
#[derive(Debug)]
pub struct SimulatedUser {
    pub tenant_id: String,
    pub user_id: String,
    /// A phone first, then computers.
    pub devices: Vec<SimulatedDevice>,
    pub place: SimulatedLocation,
    /// The flight of this user, if the run is long enough for one.
    pub flight: Option<PlannedFlight>,
}

/// The place where a user lives and works.
#[derive(Clone, Copy, Debug)]
pub struct SimulatedLocation {
    pub country: &'static SimulatedCountry,
    pub home: NetworkAccess,
    pub office: NetworkAccess,
}

/// A flight that is slow enough for detection to consider it possible.
#[derive(Clone, Copy, Debug)]
pub struct PlannedFlight {
    pub departs_at: Duration,
    pub arrives_at: Duration,
    pub destination: SimulatedLocation,
}

impl SimulatedLocation {
    pub fn in_country(country: &'static SimulatedCountry, chance: &mut SeededRandom) -> Self {
        let line = |chance: &mut SeededRandom| chance.pick(country.fixed_lines).pick_access(chance);
        Self { country, home: line(chance), office: line(chance) }
    }

    /// Returns a place; the countries that come first are more likely.
    fn pick_weighted(chance: &mut SeededRandom) -> Self {
        let upto = 1 + chance.below(COUNTRIES.len());
        let country = chance.below(upto);
        Self::in_country(&COUNTRIES[country], chance)
    }

    /// Returns a place in another country.
    pub fn pick_abroad(&self, chance: &mut SeededRandom) -> Self {
        Self::in_country(self.country.pick_other(chance), chance)
    }
}

impl SimulatedCountry {
    /// Returns another country.
    pub fn pick_other(&self, chance: &mut SeededRandom) -> &'static Self {
        let others: Vec<_> = COUNTRIES.iter().filter(|country| country.code != self.code).collect();
        chance.pick::<&'static Self>(&others)
    }

    /// Returns the nearest other country.
    pub fn nearest(&self) -> &'static Self {
        let others = COUNTRIES.iter().filter(|country| country.code != self.code);
        let distance = |country: &&Self| self.kilometres_to(country);
        others.min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or(&COUNTRIES[0])
    }

    /// Returns a country that is too far away to reach soon.
    pub fn pick_far_away(&self, chance: &mut SeededRandom) -> &'static Self {
        let far: Vec<_> = COUNTRIES.iter().filter(|country| self.kilometres_to(country) > 4_000.0).collect();
        chance.pick::<&'static Self>(&far)
    }
}

impl SimulatedUser {
    /// Returns the `number`th user of the run named `run`. Every fifth user flies abroad, if the run lasts longer than
    /// the flight.
    pub fn new(number: usize, run: &str, tenants: &[String], lasting: Duration, chance: &mut SeededRandom) -> Self {
        let name = NAMES[number % NAMES.len()];
        let round = match number / NAMES.len() {
            0 => String::new(),
            round => (round + 1).to_string(),
        };
        let place = SimulatedLocation::pick_weighted(chance);
        let mut devices = vec![SimulatedDevice::new_portable(chance)];
        devices.extend((0..chance.below(3)).map(|_| SimulatedDevice::new_stationary(chance)));
        Self {
            tenant_id: chance.pick(tenants).clone(),
            user_id: format!("{name}{round}-{run}"),
            devices,
            flight: PlannedFlight::plan_abroad(place, lasting, chance).filter(|_| number % 5 == 4),
            place,
        }
    }

    pub fn email(&self) -> String {
        format!("{}@example.com", self.user_id)
    }

    /// Returns `device` as a login service sees it, connected through `attachment` in `country`.
    pub fn client(
        &self,
        device: &SimulatedDevice,
        country: &SimulatedCountry,
        attachment: NetworkAccess,
        chance: &mut SeededRandom,
    ) -> SimulatedClient {
        SimulatedClient(api::ClientContext {
            ip: attachment.address(chance).to_string(),
            user_agent: device.user_agent(),
            accept_language: self.place.country.language.to_owned(),
            accept_encoding: "gzip, deflate, br, zstd".to_owned(),
            device_id: device.id.clone(),
            country: country.code.to_owned(),
        })
    }
}

/// A client as requests describe it to a server.
#[derive(Clone, Debug, PartialEq)]
pub struct SimulatedClient(pub api::ClientContext);

impl PlannedFlight {
    fn plan_abroad(from: SimulatedLocation, lasting: Duration, chance: &mut SeededRandom) -> Option<Self> {
        let to = from.pick_abroad(chance);
        let in_the_air = Duration::from_secs_f64(from.country.kilometres_to(to.country) / AIRLINER_KMH * 3600.0);
        let takes = in_the_air + AIRPORT_TIME;
        let leaves = lasting / 4;
        let lands = leaves + takes;
        (lands < lasting).then_some(Self { departs_at: leaves, arrives_at: lands, destination: to })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people(lasting: Duration) -> Vec<SimulatedUser> {
        let mut chance = SeededRandom::new(11);
        let tenants = ["default".to_owned(), "acme".to_owned()];
        (0..100).map(|number| SimulatedUser::new(number, "run", &tenants, lasting, &mut chance)).collect()
    }

    #[test]
    fn everybody_has_a_name_of_their_own_a_phone_and_a_place() {
        let people = people(Duration::from_mins(1));
        let mut names: Vec<_> = people.iter().map(|person| &person.user_id).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), people.len());
        assert!(people.iter().all(|person| person.devices[0].is_portable()));
        assert!(people.iter().any(|person| person.devices.len() == 3));
        let count = |code| people.iter().filter(|person| person.place.country.code == code).count();
        assert!(count("DE") > count("RU") && count("RU") > 0);
        assert!(people.iter().any(|person| person.tenant_id == "acme"));
    }

    #[test]
    fn nobody_flies_faster_than_an_airliner_or_in_a_run_that_is_too_short() {
        assert!(people(Duration::from_mins(1)).iter().all(|person| person.flight.is_none()));
        let people = people(Duration::from_hours(24));
        let flights: Vec<_> = people.iter().filter_map(|person| Some((person, person.flight?))).collect();
        assert!(flights.len() > 5, "{}", flights.len());
        for (person, flight) in flights {
            let distance = person.place.country.kilometres_to(flight.destination.country);
            let hours = flight.arrives_at.abs_diff(flight.departs_at).as_secs_f64() / 3600.0;
            assert!(distance / hours < 900.0, "{distance} km in {hours} h");
            assert!(flight.arrives_at < Duration::from_hours(24));
        }
    }
}
