//! Sample users and logins for the tests of the rules.

use std::time::Duration;

use crate::domain::{
    Device, DeviceType, LimitAction, Location, LoginHistory, NetworkClass, NetworkDirectory, NetworkEntry, NetworkSet,
    Owner, Record, Session, SessionClock, SessionId, UnixMillis, UserHandle, location::GeoPosition,
};

use super::{DetectionSettings, LoginContext, LoginFailures, NotEvaluatedReason, RuleOutcome, rule_match::RuleMatch};

pub(super) const NOW: UnixMillis = UnixMillis::new(1_700_000_000_000);

const fn position(latitude: f64, longitude: f64, accuracy_radius_km: u32) -> GeoPosition {
    GeoPosition { latitude, longitude, accuracy_radius_km }
}

// Positions of addresses in MaxMind's test databases.
pub(super) const LONDON: GeoPosition = position(51.5142, -0.0931, 10);
pub(super) const MILTON: GeoPosition = position(47.2513, -122.3149, 22);
pub(super) const LINKOPING: GeoPosition = position(58.4167, 15.6167, 76);
pub(super) const BOXFORD: GeoPosition = position(51.75, -1.25, 100);
pub(super) const TOKYO: GeoPosition = position(35.6854, 139.7531, 100);
pub(super) const BHUTAN: GeoPosition = position(27.5, 90.5, 534);
pub(super) const CHANGCHUN: GeoPosition = position(43.88, 125.3228, 100);

/// A login of the user ann, by default in Germany and after ten others there, all on her laptop.
#[derive(Clone, Debug)]
pub(super) struct SampleLogin {
    pub session: Session,
    pub on_limit: LimitAction,
    pub may_evict: bool,
    pub history: LoginHistory,
    pub live: Vec<Session>,
    pub settings: Box<DetectionSettings>,
    pub networks: NetworkDirectory,
    pub failures: Box<LoginFailures>,
}

impl SampleLogin {
    pub(super) fn in_country(country: &str) -> Self {
        Self {
            session: session_in(country),
            on_limit: LimitAction::EvictLeastRecent,
            may_evict: true,
            history: history_of_logins("DE", &laptop(), 10),
            live: Vec::new(),
            settings: Box::default(),
            networks: NetworkDirectory::default(),
            failures: Box::default(),
        }
    }

    pub(super) fn on_device(mut self, device: Device) -> Self {
        self.session.clock.device = device.tag();
        self.session.record.device = device;
        self
    }

    /// Replaces the history with one of `logins` logins.
    pub(super) fn after_logins(self, logins: u32) -> Self {
        Self { history: history_of_logins("DE", &laptop(), logins), ..self }
    }

    pub(super) fn at_ip(mut self, ip: &str) -> Self {
        self.session.record.location.ip = Some(ip.parse().expect("an address"));
        self
    }

    /// Adds a network to a class.
    pub(super) fn with_class(mut self, class: NetworkClass, network: &str) -> Self {
        let entries = move |of| if of == class { parse_networks(&[network]) } else { NetworkSet::default() };
        self.networks = NetworkDirectory::new(entries);
        self
    }

    /// Trusts a network.
    pub(super) fn trusting(mut self, network: &str) -> Self {
        self.settings.trusted_networks = parse_networks(&[network]);
        self
    }

    pub(super) fn context(&self) -> LoginContext<'_> {
        LoginContext {
            now: NOW,
            session: &self.session,
            limit: 5,
            on_limit: self.on_limit,
            may_evict: self.may_evict,
            history: &self.history,
            live: &self.live,
            settings: &self.settings,
            networks: &self.networks,
            failures: &self.failures,
        }
    }

    pub(super) fn evaluate_with(
        &self,
        rule: fn(&LoginContext<'_>) -> RuleOutcome,
    ) -> Result<Option<RuleMatch>, NotEvaluatedReason> {
        match rule(&self.context()) {
            RuleOutcome::Match(found) => Ok(Some(*found)),
            RuleOutcome::NoMatch => Ok(None),
            RuleOutcome::NotEvaluated(reason) => Err(reason),
        }
    }
}

/// Returns the match of the rule. Panics if the rule does not match.
pub(super) fn expect_match(login: &SampleLogin, rule: fn(&LoginContext<'_>) -> RuleOutcome) -> RuleMatch {
    login.evaluate_with(rule).expect("evaluated").expect("a match")
}

pub(super) fn parse_networks(networks: &[&str]) -> NetworkSet {
    networks.iter().map(|network| NetworkEntry::parse(network).expect("a network")).collect()
}

pub(super) fn laptop() -> Device {
    device("laptop", "Firefox", "Linux", DeviceType::Desktop)
}

pub(super) fn iphone() -> Device {
    Device { name: "Safari on iPhone".to_owned(), ..device("iphone", "Safari", "iOS", DeviceType::Mobile) }
}

fn device(id: &str, browser: &str, os: &str, kind: DeviceType) -> Device {
    Device {
        id: id.to_owned(),
        name: format!("{browser} on {os}"),
        kind,
        browser: browser.to_owned(),
        os: os.to_owned(),
        ..Device::default()
    }
}

/// Returns the history of `logins` logins in `country`, an hour apart, the last one an hour ago.
pub(super) fn history_of_logins(country: &str, device: &Device, logins: u32) -> LoginHistory {
    let location = Location { country: country.to_owned(), ..Location::default() };
    (1..=logins).rev().fold(LoginHistory::default(), |history, hours| {
        history.with_login(NOW.minus(Duration::from_hours(hours.into())), &location, device.tag())
    })
}

/// Returns a session of ann in `country`, created now on her laptop.
pub(super) fn session_in(country: &str) -> Session {
    let device = laptop();
    Session {
        id: SessionId { handle: UserHandle([1; 12]), unique: [2; 8] },
        owner: Owner::new("acme", "ann").expect("an owner"),
        clock: SessionClock {
            last_active: NOW,
            idle_timeout: Duration::ZERO,
            idle_margin: Duration::ZERO,
            expires_at: NOW.plus(Duration::from_hours(8)),
            device: device.tag(),
        },
        record: Record {
            device,
            location: Location { country: country.to_owned(), ..Location::default() },
            created_at: NOW,
            authenticated_at: NOW,
            ..Record::sample()
        },
    }
}
