//! Attacks on the accounts of others, as far as a session authority can see them.

use clap::ValueEnum;
use data_encoding::BASE64URL_NOPAD;

use super::{
    device::SimulatedDevice,
    network::{AddressRange, COUNTRIES, NetworkAccess, SimulatedCountry},
    population::{SimulatedClient, SimulatedUser},
    seeded_random::SeededRandom,
    user_action::{TokenHolder, UserAction},
};

/// Number of sign-ins after which a user's habits are known: detection learns from 10.
const HABIT_LOGINS: u32 = 12;

/// Number of devices of an attacker who collects sessions: more than any policy for people allows.
const HOARDED_SESSIONS: u32 = 18;

/// Number of guessed tokens.
const GUESSED_TOKENS: usize = 25;

/// Number of bytes of a token.
const TOKEN_BYTES: usize = 61;

/// A kind of attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AttackKind {
    /// Sign-in from a rented server abroad, on an unknown device; the user then changes the password
    StolenPassword,
    /// Sign-in of the user's own device a continent away, moments after it was used at home
    ImpossibleTravel,
    /// Sign-in of the user's own device from the nearest other country, as on a trip
    NewCountry,
    /// Sessions in four countries at once: a shared or sold account
    SeveralCountries,
    /// More and more devices, until the session limit ends older sessions
    SessionHoarding,
    /// Tokens that were never issued
    TokenGuessing,
}

impl AttackKind {
    /// Returns the name on the command line.
    pub fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// Returns the actions of an attack on `victim`: first the victim's habits, if the attack departs from them.
    pub fn plan_actions(self, victim: &SimulatedUser, chance: &mut SeededRandom) -> Vec<UserAction> {
        let mut script = AttackScript { victim, actions: Vec::new(), chance };
        match self {
            Self::StolenPassword => script.stolen_password(),
            Self::ImpossibleTravel => {
                script.establish_habits();
                let far = victim.place.country.pick_far_away(script.chance);
                script.sign_in_abroad(far);
            }
            Self::NewCountry => {
                script.establish_habits();
                script.sign_in_abroad(victim.place.country.nearest());
            }
            Self::SeveralCountries => script.several_countries(),
            Self::SessionHoarding => script.session_hoarding(),
            Self::TokenGuessing => script.token_guessing(),
        }
        script.actions
    }
}

/// The holder of the session on the victim's own device.
const VICTIM_HOLDER: TokenHolder = TokenHolder(0);

/// The actions of an attack while they are planned.
struct AttackScript<'a> {
    victim: &'a SimulatedUser,
    actions: Vec<UserAction>,
    chance: &'a mut SeededRandom,
}

impl AttackScript<'_> {
    fn establish_habits(&mut self) {
        for number in 0..HABIT_LOGINS {
            let client = self.home_client();
            self.actions.push(UserAction::SignIn { holder: VICTIM_HOLDER, client });
            if number % 4 == 3 {
                let client = self.home_client();
                self.actions.push(UserAction::Access { holder: VICTIM_HOLDER, client });
            }
        }
    }

    fn stolen_password(&mut self) {
        self.establish_habits();
        let attacker = TokenHolder(1);
        let country = self.victim.place.country.pick_far_away(self.chance);
        let client = self.unknown_client_in_range(country, country.cloud);
        self.actions.push(UserAction::SignIn { holder: attacker, client: client.clone() });
        self.actions.push(UserAction::Access { holder: attacker, client: client.clone() });
        self.actions.push(UserAction::ChangePassword { holder: VICTIM_HOLDER });
        self.actions.push(UserAction::Access { holder: attacker, client });
        let client = self.home_client();
        self.actions.push(UserAction::Access { holder: VICTIM_HOLDER, client });
    }

    fn sign_in_abroad(&mut self, country: &'static SimulatedCountry) {
        let client = self.home_client();
        self.actions.push(UserAction::Access { holder: VICTIM_HOLDER, client });
        let attachment = country.mobile.pick_access(self.chance);
        let client = self.victim.client(&self.victim.devices[0], country, attachment, self.chance);
        self.actions.push(UserAction::SignIn { holder: VICTIM_HOLDER, client });
    }

    fn several_countries(&mut self) {
        self.establish_habits();
        let own = self.victim.place.country;
        let others = COUNTRIES.iter().cycle().skip(self.chance.below(COUNTRIES.len()));
        for (number, country) in (1..4).zip(others.filter(|country| country.code != own.code)) {
            let client = self.unknown_client_in_range(country, country.fixed_lines[0]);
            self.actions.push(UserAction::SignIn { holder: TokenHolder(number), client: client.clone() });
            self.actions.push(UserAction::Access { holder: TokenHolder(number), client });
        }
    }

    fn session_hoarding(&mut self) {
        let attachment = self.victim.place.home;
        let clients: Vec<_> = (1..=HOARDED_SESSIONS)
            .map(|number| (TokenHolder(number), self.unknown_client(self.victim.place.country, attachment)))
            .collect();
        for (holder, client) in &clients {
            self.actions.push(UserAction::SignIn { holder: *holder, client: client.clone() });
        }
        for (holder, client) in clients {
            self.actions.push(UserAction::Poll { holder, client });
        }
    }

    fn token_guessing(&mut self) {
        let country = self.victim.place.country.pick_far_away(self.chance);
        let client = self.unknown_client_in_range(country, country.cloud);
        for _ in 0..GUESSED_TOKENS {
            let bytes: Vec<u8> =
                (0..TOKEN_BYTES.div_ceil(8)).flat_map(|_| self.chance.next_u64().to_be_bytes()).collect();
            let token = format!("sa_{}", BASE64URL_NOPAD.encode(&bytes[..TOKEN_BYTES]));
            self.actions.push(UserAction::Guess { token, client: client.clone() });
        }
    }

    fn home_client(&mut self) -> SimulatedClient {
        let place = self.victim.place;
        self.victim.client(&self.victim.devices[0], place.country, place.home, self.chance)
    }

    fn unknown_client_in_range(&mut self, country: &SimulatedCountry, range: AddressRange) -> SimulatedClient {
        let attachment = range.pick_access(self.chance);
        self.unknown_client(country, attachment)
    }

    /// Returns a client on a computer that the victim has never used.
    fn unknown_client(&mut self, country: &SimulatedCountry, attachment: NetworkAccess) -> SimulatedClient {
        let device = SimulatedDevice::new_stationary(self.chance);
        self.victim.client(&device, country, attachment, self.chance)
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, time::Duration};

    use super::*;

    fn acts(attack: AttackKind) -> (SimulatedUser, Vec<UserAction>) {
        let mut chance = SeededRandom::new(9);
        let victim = SimulatedUser::new(0, "run", &["default".to_owned()], Duration::ZERO, &mut chance);
        let acts = attack.plan_actions(&victim, &mut chance);
        (victim, acts)
    }

    fn logins(acts: &[UserAction]) -> Vec<&SimulatedClient> {
        acts.iter()
            .filter_map(|act| if let UserAction::SignIn { client, .. } = act { Some(client) } else { None })
            .collect()
    }

    #[test]
    fn habits_are_known_before_they_are_broken() {
        for attack in [
            AttackKind::StolenPassword,
            AttackKind::ImpossibleTravel,
            AttackKind::NewCountry,
            AttackKind::SeveralCountries,
        ] {
            let (victim, acts) = acts(attack);
            let logins = logins(&acts);
            let is_ordinary = |client: &SimulatedClient| {
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
        let (_, acts) = acts(AttackKind::SeveralCountries);
        let countries: BTreeSet<_> = logins(&acts).iter().map(|client| client.0.country.as_str()).collect();
        assert_eq!(countries.len(), 4);
    }

    #[test]
    fn a_guessed_token_has_the_form_of_one() {
        let (_, acts) = acts(AttackKind::TokenGuessing);
        for act in &acts {
            let UserAction::Guess { token, .. } = act else { panic!("{act:?}") };
            assert_eq!(token.len(), 85);
        }
        assert_eq!(acts.len(), GUESSED_TOKENS);
    }
}
