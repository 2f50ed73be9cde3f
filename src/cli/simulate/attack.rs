//! Attacks: what somebody does who wants another's account, as far as a session authority can see it.

use clap::ValueEnum;
use data_encoding::BASE64URL_NOPAD;

use super::{
    chance::Chance,
    device::Device,
    network::{Attachment, COUNTRIES, Country, Range},
    plan::{Act, Holder},
    population::{Client, Person},
};

/// Sign-ins from which on a user's habits are known: 10 are learned from.
const HABIT: u32 = 12;

/// Devices of one who collects sessions: more than any policy for people allows.
const HOARD: u32 = 18;

/// Tokens that are guessed.
const GUESSES: usize = 25;

/// Bytes of a token.
const TOKEN: usize = 61;

/// One kind of attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Attack {
    /// Signs in from a rented server abroad, on an unknown device; the user changes the password
    StolenPassword,
    /// The user's own device signs in a continent away, a moment after it was used at home
    ImpossibleTravel,
    /// The user's own device signs in from the nearest other country, as on a trip
    NewCountry,
    /// Sessions in four countries at once: an account that is shared or sold
    SeveralCountries,
    /// More and more devices, until the limit ends older sessions
    SessionHoarding,
    /// Tokens that were never handed out
    TokenGuessing,
}

impl Attack {
    /// As it is written on the command line.
    pub fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// All that happens to `victim`: first the habits, where the attack is a breach of them.
    pub fn acts(self, victim: &Person, chance: &mut Chance) -> Vec<Act> {
        let mut scene = Scene { victim, acts: Vec::new(), chance };
        match self {
            Self::StolenPassword => scene.stolen_password(),
            Self::ImpossibleTravel => {
                scene.habits();
                let far = victim.place.country.far_away(scene.chance);
                scene.own_device_in(far);
            }
            Self::NewCountry => {
                scene.habits();
                scene.own_device_in(victim.place.country.nearest());
            }
            Self::SeveralCountries => scene.several_countries(),
            Self::SessionHoarding => scene.session_hoarding(),
            Self::TokenGuessing => scene.token_guessing(),
        }
        scene.acts
    }
}

/// The session on the victim's own device.
const OWN: Holder = Holder(0);

/// An attack while it is written down.
struct Scene<'a> {
    victim: &'a Person,
    acts: Vec<Act>,
    chance: &'a mut Chance,
}

impl Scene<'_> {
    fn habits(&mut self) {
        for number in 0..HABIT {
            let client = self.at_home();
            self.acts.push(Act::SignIn { holder: OWN, client });
            if number % 4 == 3 {
                let client = self.at_home();
                self.acts.push(Act::Use { holder: OWN, client });
            }
        }
    }

    fn stolen_password(&mut self) {
        self.habits();
        let thief = Holder(1);
        let country = self.victim.place.country.far_away(self.chance);
        let client = self.stranger_through(country, country.cloud);
        self.acts.push(Act::SignIn { holder: thief, client: client.clone() });
        self.acts.push(Act::Use { holder: thief, client: client.clone() });
        self.acts.push(Act::ChangePassword { holder: OWN });
        self.acts.push(Act::Use { holder: thief, client });
        let client = self.at_home();
        self.acts.push(Act::Use { holder: OWN, client });
    }

    fn own_device_in(&mut self, country: &'static Country) {
        let client = self.at_home();
        self.acts.push(Act::Use { holder: OWN, client });
        let attachment = country.mobile.attach(self.chance);
        let client = self.victim.client(&self.victim.devices[0], country, attachment, self.chance);
        self.acts.push(Act::SignIn { holder: OWN, client });
    }

    fn several_countries(&mut self) {
        self.habits();
        let own = self.victim.place.country;
        let others = COUNTRIES.iter().cycle().skip(self.chance.below(COUNTRIES.len()));
        for (number, country) in (1..4).zip(others.filter(|country| country.code != own.code)) {
            let client = self.stranger_through(country, country.lines[0]);
            self.acts.push(Act::SignIn { holder: Holder(number), client: client.clone() });
            self.acts.push(Act::Use { holder: Holder(number), client });
        }
    }

    fn session_hoarding(&mut self) {
        let attachment = self.victim.place.home;
        let clients: Vec<_> =
            (1..=HOARD).map(|number| (Holder(number), self.stranger(self.victim.place.country, attachment))).collect();
        for (holder, client) in &clients {
            self.acts.push(Act::SignIn { holder: *holder, client: client.clone() });
        }
        for (holder, client) in clients {
            self.acts.push(Act::Poll { holder, client });
        }
    }

    fn token_guessing(&mut self) {
        let country = self.victim.place.country.far_away(self.chance);
        let client = self.stranger_through(country, country.cloud);
        for _ in 0..GUESSES {
            let bytes: Vec<u8> = (0..TOKEN.div_ceil(8)).flat_map(|_| self.chance.number().to_be_bytes()).collect();
            let token = format!("sa_{}", BASE64URL_NOPAD.encode(&bytes[..TOKEN]));
            self.acts.push(Act::Guess { token, client: client.clone() });
        }
    }

    fn at_home(&mut self) -> Client {
        let place = self.victim.place;
        self.victim.client(&self.victim.devices[0], place.country, place.home, self.chance)
    }

    fn stranger_through(&mut self, country: &Country, range: Range) -> Client {
        let attachment = range.attach(self.chance);
        self.stranger(country, attachment)
    }

    /// A computer that the victim has never seen.
    fn stranger(&mut self, country: &Country, attachment: Attachment) -> Client {
        let device = Device::stationary(self.chance);
        self.victim.client(&device, country, attachment, self.chance)
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, time::Duration};

    use super::*;

    fn acts(attack: Attack) -> (Person, Vec<Act>) {
        let mut chance = Chance::new(9);
        let victim = Person::new(0, "run", &["default".to_owned()], Duration::ZERO, &mut chance);
        let acts = attack.acts(&victim, &mut chance);
        (victim, acts)
    }

    fn logins(acts: &[Act]) -> Vec<&Client> {
        acts.iter().filter_map(|act| if let Act::SignIn { client, .. } = act { Some(client) } else { None }).collect()
    }

    #[test]
    fn habits_are_known_before_they_are_broken() {
        for attack in [Attack::StolenPassword, Attack::ImpossibleTravel, Attack::NewCountry, Attack::SeveralCountries] {
            let (victim, acts) = acts(attack);
            let logins = logins(&acts);
            let is_ordinary = |client: &Client| {
                client.0.country == victim.place.country.code && client.0.device_id == victim.devices[0].id
            };
            let ordinary = logins.iter().take_while(|client| is_ordinary(client)).count();
            assert_eq!(ordinary, 12, "{attack:?}");
            assert!(logins[ordinary..].iter().all(|client| client.0.country != victim.place.country.code));
            assert!(logins.len() > ordinary, "{attack:?}");
        }
    }

    #[test]
    fn several_countries_are_four() {
        let (_, acts) = acts(Attack::SeveralCountries);
        let countries: BTreeSet<_> = logins(&acts).iter().map(|client| client.0.country.as_str()).collect();
        assert_eq!(countries.len(), 4);
    }

    #[test]
    fn a_guessed_token_has_the_form_of_one() {
        let (_, acts) = acts(Attack::TokenGuessing);
        for act in &acts {
            let Act::Guess { token, .. } = act else { panic!("{act:?}") };
            assert_eq!(token.len(), 85);
        }
        assert_eq!(acts.len(), GUESSES);
    }
}
