//! Attacks, each on victims of its own whose habits are known.

use std::time::Duration;

use session_authority::{
    cli::simulate::{device::SimulatedDevice, network::COUNTRIES, seeded_random::SeededRandom},
    domain::{AuthEventKind, ClientContext, UnixMillis},
};

use super::{
    honest::{HonestTraffic, Person, client_of},
    places::{NetworkKind, Places, country_away},
    schedule::{Action, DAYS, FIRST_ATTACK_DAY, Label, Schedule, on_day},
};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
/// Days on which a victim signs in before the attack.
const HABIT_DAYS: u64 = 26;
/// The session of the victim, and the first one of the attacker.
const OWN: u32 = 0;
const STOLEN: u32 = 10;
const SCRIPT: &str = "python-requests/2.32.3";

/// A kind of attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AttackKind {
    /// A sign-in from a rented server far away, on an unknown device, an hour after the victim's.
    StolenPassword,
    /// The same with a copy of the victim's browser, its cookies included.
    StolenBrowser,
    /// Sign-ins from four countries within two hours.
    SharedAccount,
    /// Eight devices within a quarter of an hour.
    SessionHoarding,
    /// A sign-in to an account that was not used for a hundred days.
    DormantTakeover,
    /// A sign-in through the Tor network.
    TorSignIn,
    /// A sign-in in the victim's country at three in the morning, on an unknown device.
    NightSignIn,
    /// Prompts until the victim accepts one.
    MfaFatigue,
    /// Guesses of one password, the last one right.
    BruteForce,
    /// A list of names and passwords, of which one is right.
    CredentialStuffing,
    /// Three passwords tried on each of ten users, of whom one has one of them.
    PasswordSpray,
    /// The use of a token that its owner has rotated.
    StolenToken,
    /// The use of a copied session cookie in another browser, from a rented server far away.
    StolenCookie,
    /// The use of a copied session cookie by a script.
    ScriptedCookie,
    /// The use of a copied session in the same browser far away, while its owner uses it.
    SharedCookie,
    /// A sign-in with the right passwords of fifteen users, one after the other.
    MassSignIn,
    /// The use of a copied session far away after its owner has signed out.
    SignedOutCookie,
    /// Eight invented tokens from one address.
    TokenGuessing,
}

impl AttackKind {
    pub const ALL: [Self; 18] = [
        Self::StolenPassword,
        Self::StolenBrowser,
        Self::SharedAccount,
        Self::SessionHoarding,
        Self::DormantTakeover,
        Self::TorSignIn,
        Self::NightSignIn,
        Self::MfaFatigue,
        Self::BruteForce,
        Self::CredentialStuffing,
        Self::PasswordSpray,
        Self::StolenToken,
        Self::StolenCookie,
        Self::ScriptedCookie,
        Self::SharedCookie,
        Self::MassSignIn,
        Self::SignedOutCookie,
        Self::TokenGuessing,
    ];

    /// Returns the rules that must notice every attack of this kind.
    pub const fn expected_rules(self) -> &'static [&'static str] {
        match self {
            Self::StolenPassword => &["NEW_COUNTRY", "NEW_DEVICE", "IMPOSSIBLE_TRAVEL"],
            Self::StolenBrowser => &["NEW_COUNTRY", "IMPOSSIBLE_TRAVEL"],
            Self::SharedAccount => &["CONCURRENT_COUNTRIES", "NEW_COUNTRY"],
            Self::SessionHoarding => &["SESSION_BURST", "SESSION_LIMIT"],
            Self::DormantTakeover => &["DORMANT_ACCOUNT"],
            Self::TorSignIn => &["ANONYMOUS_NETWORK", "NEW_DEVICE"],
            Self::NightSignIn => &["UNUSUAL_HOUR", "NEW_DEVICE"],
            Self::MfaFatigue => &["MFA_FATIGUE", "MFA_FATIGUE_SUCCESS"],
            Self::BruteForce => &["BRUTE_FORCE", "SUCCESS_AFTER_FAILURES"],
            Self::CredentialStuffing => &["CREDENTIAL_STUFFING", "SUCCESS_AFTER_FAILURES"],
            Self::PasswordSpray => &["PASSWORD_SPRAY", "SUCCESS_AFTER_FAILURES"],
            Self::StolenToken => &["ROTATED_TOKEN_REUSE"],
            Self::StolenCookie | Self::ScriptedCookie => &["SESSION_CONTEXT_CHANGE"],
            Self::SharedCookie => &["CONCURRENT_SESSION_USE"],
            Self::MassSignIn => &["MASS_SIGN_IN"],
            Self::SignedOutCookie => &["REVOKED_TOKEN_USE"],
            Self::TokenGuessing => &["TOKEN_GUESSING"],
        }
    }

    /// Plans an attack, and the days of its victims before it.
    pub fn plan(self, number: usize, places: &mut Places, schedule: &mut Schedule, chance: &mut SeededRandom) {
        let victims = match self {
            Self::MassSignIn => 15,
            _ => 1,
        };
        let name = |victim| format!("{self:?}-{number}-{victim}");
        let country = chance.below(COUNTRIES.len());
        let victims: Vec<_> = (0..victims).map(|victim| Person::new(&name(victim), country, places, chance)).collect();
        let days = usize::try_from(DAYS - FIRST_ATTACK_DAY - 8).unwrap_or_default();
        let day = FIRST_ATTACK_DAY + u64::try_from(chance.below(days)).unwrap_or_default();
        let quiet_days = if self == Self::DormantTakeover { 100 } else { 0 };
        let last_day = (day + 8).saturating_sub(quiet_days).min(day - 1);
        for victim in &victims {
            for habit_day in last_day.saturating_sub(HABIT_DAYS)..=last_day {
                let at = on_day(habit_day, victim.local(9, chance));
                let client = victim.client(&victim.computer, victim.home, chance);
                let label = Label::Honest(HonestTraffic::Victim);
                schedule.add(at, label, &victim.user, Action::SignIn { slot: OWN, client });
            }
        }
        let Some(first) = victims.first() else { return };
        let at = on_day(day + if quiet_days > 0 { 8 } else { 0 }, first.local(14, chance));
        let label = schedule.begin_attack(self);
        let mut script = AttackScript { victim: first, at, label, places, schedule, chance };
        match self {
            Self::StolenPassword => script.stolen_password(),
            Self::StolenBrowser => script.stolen_browser(),
            Self::SharedAccount => script.shared_account(),
            Self::SessionHoarding => script.session_hoarding(),
            Self::DormantTakeover => script.sign_in_from(NetworkKind::FixedLine),
            Self::TorSignIn => script.sign_in_from(NetworkKind::Anonymous),
            Self::NightSignIn => {
                script.at = on_day(day, script.victim.local(3, script.chance));
                script.sign_in_from(NetworkKind::FixedLine);
            }
            Self::MfaFatigue => script.fail_and_sign_in(AuthEventKind::MfaDenied, 6),
            Self::BruteForce => script.fail_and_sign_in(AuthEventKind::PasswordFailed, 14),
            Self::CredentialStuffing => script.try_list(40, 1, SECOND * 5),
            Self::PasswordSpray => script.try_list(10, 3, SECOND * 25),
            Self::StolenToken => script.stolen_token(),
            Self::StolenCookie => script.stolen_cookie(None),
            Self::ScriptedCookie => script.stolen_cookie(Some(SCRIPT)),
            Self::SharedCookie => script.shared_cookie(),
            Self::MassSignIn => script.mass_sign_in(&victims),
            Self::SignedOutCookie => script.signed_out_cookie(),
            Self::TokenGuessing => script.token_guessing(),
        }
    }
}

/// The actions of an attack while they are planned.
struct AttackScript<'a> {
    victim: &'a Person,
    at: UnixMillis,
    label: Label,
    places: &'a mut Places,
    schedule: &'a mut Schedule,
    chance: &'a mut SeededRandom,
}

impl AttackScript<'_> {
    fn stolen_password(&mut self) {
        self.own_sign_in();
        let client = self.attacker_far_away();
        self.sign_in(HOUR, STOLEN, client);
    }

    fn stolen_browser(&mut self) {
        self.own_sign_in();
        let far = country_away(self.victim.country, 4_000.0, self.chance);
        let access = self.places.connect(far, NetworkKind::FixedLine, self.chance);
        let client = self.victim.client(&self.victim.computer, access, self.chance);
        self.sign_in(HOUR, STOLEN, client);
    }

    fn shared_account(&mut self) {
        self.own_sign_in();
        for (number, country) in
            (0..COUNTRIES.len()).filter(|country| *country != self.victim.country).take(3).enumerate()
        {
            let number = u32::try_from(number).unwrap_or_default();
            let access = self.places.connect(country, NetworkKind::FixedLine, self.chance);
            let client = client_of(&SimulatedDevice::new_stationary(self.chance), access, self.chance);
            self.sign_in(MINUTE * 30 * (number + 1), STOLEN + number, client);
        }
    }

    fn session_hoarding(&mut self) {
        let access = self.places.connect(self.victim.country, NetworkKind::FixedLine, self.chance);
        for number in 0..8 {
            let client = client_of(&SimulatedDevice::new_stationary(self.chance), access, self.chance);
            self.sign_in(MINUTE * 2 * number, STOLEN + number, client);
        }
    }

    fn sign_in_from(&mut self, kind: NetworkKind) {
        let access = self.places.connect(self.victim.country, kind, self.chance);
        let client = client_of(&SimulatedDevice::new_stationary(self.chance), access, self.chance);
        self.sign_in(MINUTE, STOLEN, client);
    }

    fn fail_and_sign_in(&mut self, kind: AuthEventKind, failures: u32) {
        let client = self.attacker_nearby();
        let user = self.victim.user.clone();
        for number in 0..failures {
            self.fail(&user, MINUTE / 2 * number, kind, &client);
        }
        self.sign_in(MINUTE / 2 * failures, STOLEN, client);
    }

    /// Tries passwords on so many users, in turn, so many times, and the last one on the victim.
    fn try_list(&mut self, users: u32, attempts: u32, pause: Duration) {
        let client = self.attacker_nearby();
        for number in 0..users * attempts {
            let user = format!("{}-list-{}", self.victim.user, number % users);
            self.fail(&user, pause * number, AuthEventKind::PasswordFailed, &client);
        }
        self.sign_in(pause * (users * attempts), STOLEN, client);
    }

    fn stolen_token(&mut self) {
        self.own_sign_in();
        let client = self.victim.client(&self.victim.computer, self.victim.home, self.chance);
        self.add(MINUTE * 10, Action::Rotate { slot: OWN, client: client.clone() });
        self.add(MINUTE * 11, Action::Use { slot: OWN, client });
        let thief = self.attacker_far_away();
        self.add(MINUTE * 20, Action::UseFormer { slot: OWN, client: thief });
    }

    fn stolen_cookie(&mut self, user_agent: Option<&str>) {
        self.own_sign_in();
        let own = self.victim.client(&self.victim.computer, self.victim.home, self.chance);
        self.add(MINUTE * 10, Action::Use { slot: OWN, client: own.clone() });
        let mut thief = self.attacker_far_away();
        thief.user_agent = user_agent.map_or_else(|| self.other_user_agent(&own.user_agent), str::to_owned);
        thief.device_id.clear();
        self.add(MINUTE * 30, Action::Use { slot: OWN, client: thief });
    }

    fn shared_cookie(&mut self) {
        self.own_sign_in();
        let own = self.victim.client(&self.victim.computer, self.victim.home, self.chance);
        let far = country_away(self.victim.country, 1_000.0, self.chance);
        let access = self.places.connect(far, NetworkKind::Cloud, self.chance);
        let copy = self.victim.client(&self.victim.computer, access, self.chance);
        for (minutes, client) in [(10, &own), (12, &copy), (15, &own)] {
            self.add(MINUTE * minutes, Action::Use { slot: OWN, client: client.clone() });
        }
    }

    fn signed_out_cookie(&mut self) {
        self.own_sign_in();
        let own = self.victim.client(&self.victim.computer, self.victim.home, self.chance);
        self.add(MINUTE * 10, Action::Use { slot: OWN, client: own });
        self.add(MINUTE * 20, Action::SignOut { slot: OWN, is_copied: true });
        let client = self.attacker_far_away();
        self.add(MINUTE * 40, Action::Use { slot: OWN, client });
    }

    fn token_guessing(&mut self) {
        let client = self.attacker_nearby();
        for number in 0..8 {
            let guess = Action::Guess { number, client: client.clone() };
            self.add(SECOND * 4 * u32::from(number), guess);
        }
    }

    /// Returns the user agent of a computer with another browser.
    fn other_user_agent(&mut self, own: &str) -> String {
        loop {
            let user_agent = SimulatedDevice::new_stationary(self.chance).user_agent();
            if user_agent != own {
                return user_agent;
            }
        }
    }

    fn mass_sign_in(&mut self, victims: &[Person]) {
        let access = self.places.connect(self.victim.country, NetworkKind::Cloud, self.chance);
        for (number, victim) in (0..).zip(victims) {
            let client = client_of(&SimulatedDevice::new_stationary(self.chance), access, self.chance);
            let at = self.at.plus(SECOND * 30 * number);
            self.schedule.add(at, self.label, &victim.user, Action::SignIn { slot: STOLEN, client });
        }
    }

    /// Lets the victim sign in at home as always.
    fn own_sign_in(&mut self) {
        let client = self.victim.client(&self.victim.computer, self.victim.home, self.chance);
        let label = Label::Honest(HonestTraffic::Victim);
        self.schedule.add(self.at, label, &self.victim.user, Action::SignIn { slot: OWN, client });
    }

    fn attacker_far_away(&mut self) -> ClientContext {
        let far = country_away(self.victim.country, 4_000.0, self.chance);
        let access = self.places.connect(far, NetworkKind::Cloud, self.chance);
        client_of(&SimulatedDevice::new_stationary(self.chance), access, self.chance)
    }

    fn attacker_nearby(&mut self) -> ClientContext {
        let access = self.places.connect(self.victim.country, NetworkKind::Cloud, self.chance);
        client_of(&SimulatedDevice::new_stationary(self.chance), access, self.chance)
    }

    fn sign_in(&mut self, later: Duration, slot: u32, client: ClientContext) {
        self.add(later, Action::SignIn { slot, client });
    }

    fn fail(&mut self, user: &str, later: Duration, kind: AuthEventKind, client: &ClientContext) {
        let action = Action::Fail { kind, client: client.clone() };
        self.schedule.add(self.at.plus(later), self.label, user, action);
    }

    fn add(&mut self, later: Duration, action: Action) {
        self.schedule.add(self.at.plus(later), self.label, &self.victim.user, action);
    }
}
