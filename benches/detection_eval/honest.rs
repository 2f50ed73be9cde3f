//! Honest users and their days.

use std::time::Duration;

use session_authority::{
    cli::simulate::{
        device::SimulatedDevice,
        network::{COUNTRIES, NetworkAccess},
        seeded_random::SeededRandom,
    },
    domain::{AuthEventKind, ClientContext, UnixMillis},
};

use super::{
    places::{NetworkKind, Places, country_away, neighbour},
    schedule::{Action, DAYS, Label, Schedule, SessionSlot, on_day},
};

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
/// Users with one office, and with one shared computer.
const COLLEAGUES: usize = 25;
const HOUSEHOLD: usize = 3;
/// A working day on which all who go to a conference sign in there within a quarter of an hour.
const CONFERENCE_DAY: u64 = 100;

/// A way of life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HonestTraffic {
    /// From home, on a computer and a phone.
    Home,
    /// From an office, whose address all colleagues share, and sometimes from home.
    Office,
    /// On a phone, each time with another address of the carrier.
    Mobile,
    /// The same, with a carrier that sometimes lets its users appear in the next country.
    Roaming,
    /// From home, often through a VPN that a list names, with exits anywhere.
    Vpn,
    /// From home, with a journey abroad every few weeks.
    Travel,
    /// Several people on one computer.
    SharedDevice,
    /// From home, and on one day from the network of a hotel, at the same time as many others.
    Conference,
    /// The victims of attacks before these happen.
    Victim,
}

impl HonestTraffic {
    /// The kinds that are planned as a whole. Victims are planned with their attacks.
    pub const ALL: [Self; 8] = [
        Self::Home,
        Self::Office,
        Self::Mobile,
        Self::Roaming,
        Self::Vpn,
        Self::Travel,
        Self::SharedDevice,
        Self::Conference,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::Office => "office",
            Self::Mobile => "mobile",
            Self::Roaming => "roaming",
            Self::Vpn => "VPN",
            Self::Travel => "travel",
            Self::SharedDevice => "shared device",
            Self::Conference => "conference",
            Self::Victim => "victims before",
        }
    }

    /// Plans the days of so many users.
    pub fn plan(self, users: usize, places: &mut Places, schedule: &mut Schedule, chance: &mut SeededRandom) {
        let mut people: Vec<Person> = Vec::new();
        for number in 0..users {
            let mut person = Person::new(&format!("{self:?}-{number}"), chance.below(COUNTRIES.len()), places, chance);
            if self == Self::Office && number % COLLEAGUES > 0 {
                let colleague = &people[number - 1];
                (person.country, person.office) = (colleague.country, colleague.office);
                person.home = places.connect(person.country, NetworkKind::FixedLine, chance);
            }
            if self == Self::Conference && number > 0 {
                person.country = people[0].country;
                person.home = places.connect(person.country, NetworkKind::FixedLine, chance);
            }
            if self == Self::SharedDevice && number % HOUSEHOLD > 0 {
                let other = &people[number - 1];
                (person.country, person.home) = (other.country, other.home);
                person.computer = other.computer.clone();
                person.keeps_cookies = other.keeps_cookies;
            }
            people.push(person);
        }
        let hotel = people.first().map(|person| person.office);
        for person in &mut people {
            let hotel = hotel.unwrap_or(person.office);
            person.live(self, hotel, places, schedule, chance);
        }
    }
}

/// An honest user.
pub struct Person {
    pub user: String,
    /// The position of the country in [`COUNTRIES`].
    pub country: usize,
    pub home: NetworkAccess,
    office: NetworkAccess,
    pub computer: SimulatedDevice,
    phone: SimulatedDevice,
    /// Whether the login service finds its device ID again. A browser may delete it.
    keeps_cookies: bool,
}

impl Person {
    pub fn new(user: &str, country: usize, places: &mut Places, chance: &mut SeededRandom) -> Self {
        Self {
            user: user.to_owned(),
            country,
            home: places.connect(country, NetworkKind::FixedLine, chance),
            office: places.connect(country, NetworkKind::FixedLine, chance),
            computer: SimulatedDevice::new_stationary(chance),
            phone: SimulatedDevice::new_portable(chance),
            keeps_cookies: !chance.one_in(4),
        }
    }

    /// Returns a device of the user in a network.
    pub fn client(&self, device: &SimulatedDevice, access: NetworkAccess, chance: &mut SeededRandom) -> ClientContext {
        let mut client = client_of(device, access, chance);
        if !self.keeps_cookies {
            client.device_id.clear();
        }
        client
    }

    /// Returns a time of day in UTC, by the hour where the user lives.
    pub fn local(&self, hour: usize, chance: &mut SeededRandom) -> Duration {
        let minutes = u64::try_from(chance.below(60)).unwrap_or_default();
        let east = i64::from(COUNTRIES[self.country].hours_east);
        let hour = (i64::try_from(hour).unwrap_or_default() - east).rem_euclid(24);
        HOUR * u32::try_from(hour).unwrap_or_default() + Duration::from_mins(minutes)
    }

    /// Plans the days of the user.
    fn live(
        &mut self,
        traffic: HonestTraffic,
        hotel: NetworkAccess,
        places: &mut Places,
        schedule: &mut Schedule,
        chance: &mut SeededRandom,
    ) {
        let label = Label::Honest(traffic);
        let mut abroad_until = 0;
        let mut hotel_abroad = self.home;
        for day in 0..DAYS {
            self.change_devices(traffic, chance);
            let is_working_day = day % 7 < 5;
            let is_at_conference = traffic == HonestTraffic::Conference && day == CONFERENCE_DAY;
            if !is_at_conference && chance.below(100) >= if is_working_day { 75 } else { 40 } {
                continue;
            }
            let is_evening = chance.one_in(3);
            let hour = if is_evening { 18 + chance.below(4) } else { 7 + chance.below(4) };
            let mut at = on_day(day, self.local(hour, chance));
            let on_phone = chance.one_in(3) || matches!(traffic, HonestTraffic::Mobile | HonestTraffic::Roaming);
            let device = if on_phone { self.phone.clone() } else { self.computer.clone() };
            let access = match traffic {
                HonestTraffic::Office if is_working_day && !is_evening => self.office,
                HonestTraffic::Mobile => places.connect(self.country, NetworkKind::Mobile, chance),
                HonestTraffic::Roaming => {
                    let exit = if chance.one_in(15) { neighbour(self.country) } else { self.country };
                    places.connect_appearing_in(exit, self.country, NetworkKind::Mobile, chance)
                }
                HonestTraffic::Vpn if chance.below(100) < 40 => {
                    places.connect(chance.below(COUNTRIES.len()), NetworkKind::Anonymous, chance)
                }
                HonestTraffic::Travel if day < abroad_until => hotel_abroad,
                HonestTraffic::Travel if day > abroad_until && chance.one_in(25) => {
                    // The journey takes the night: the first sign-in abroad is a day after the last one at home.
                    let there = country_away(self.country, 0.0, chance);
                    hotel_abroad = places.connect(there, NetworkKind::FixedLine, chance);
                    abroad_until = day + 4;
                    continue;
                }
                // And so does the way back.
                HonestTraffic::Travel if day == abroad_until && day > 0 => continue,
                HonestTraffic::Conference if is_at_conference => {
                    at = on_day(day, HOUR * 9 + Duration::from_secs(chance.below(900) as u64));
                    hotel
                }
                _ => self.home,
            };
            self.sign_in(at, label, &device, access, places, schedule, chance);
        }
    }

    /// Signs in, sometimes after a typing error or the use of an old cookie, and uses the session for a while. A phone
    /// leaves for the carrier's network meanwhile. Some users sign out, and some end the session on another device.
    #[expect(clippy::too_many_arguments, reason = "what a plan consists of")]
    fn sign_in(
        &self,
        at: UnixMillis,
        label: Label,
        device: &SimulatedDevice,
        access: NetworkAccess,
        places: &mut Places,
        schedule: &mut Schedule,
        chance: &mut SeededRandom,
    ) {
        let client = self.client(device, access, chance);
        if chance.one_in(15) {
            let failure = Action::Fail { kind: AuthEventKind::PasswordFailed, client: client.clone() };
            schedule.add(at.minus(MINUTE), label, &self.user, failure);
        }
        let slot: SessionSlot = if device.is_portable() { 1 } else { 2 };
        if chance.one_in(3) {
            schedule.add(at.minus(MINUTE * 2), label, &self.user, Action::Use { slot, client: client.clone() });
        }
        schedule.add(at, label, &self.user, Action::SignIn { slot, client: client.clone() });
        schedule.add(at.plus(MINUTE * 10), label, &self.user, Action::Use { slot, client: client.clone() });
        let on_the_way = if device.is_portable() && chance.one_in(2) {
            let carrier = places.connect(self.country, NetworkKind::Mobile, chance);
            self.client(device, carrier, chance)
        } else {
            client.clone()
        };
        schedule.add(at.plus(MINUTE * 40), label, &self.user, Action::Use { slot, client: on_the_way });
        if chance.one_in(60) {
            schedule.add(at.plus(MINUTE * 42), label, &self.user, Action::Revoke { slot });
        }
        schedule.add(at.plus(MINUTE * 46), label, &self.user, Action::Use { slot, client });
        if chance.one_in(5) {
            let sign_out = Action::SignOut { slot, is_copied: false };
            schedule.add(at.plus(MINUTE * 50), label, &self.user, sign_out);
        }
    }

    /// Updates browsers, and replaces the phone once in a while.
    fn change_devices(&mut self, traffic: HonestTraffic, chance: &mut SeededRandom) {
        if chance.one_in(30) {
            self.computer.update_browser();
            self.phone.update_browser();
        }
        if chance.one_in(400) && traffic != HonestTraffic::SharedDevice {
            self.phone = SimulatedDevice::new_portable(chance);
        }
    }
}

/// Returns a device in a network, as a login service sees it.
pub fn client_of(device: &SimulatedDevice, access: NetworkAccess, chance: &mut SeededRandom) -> ClientContext {
    ClientContext {
        ip: Some(access.address(chance)),
        user_agent: device.user_agent(),
        accept_language: "en".to_owned(),
        accept_encoding: "gzip".to_owned(),
        device_id: device.id.clone(),
        country: String::new(),
    }
}
