//! Users and logins for the tables of the rules.

use std::time::Duration;

use crate::domain::{
    Data, Device, DeviceType, Location, LoginHistory, OnLimit, Owner, Record, SecretHash, Session, SessionClock,
    SessionId, UnixMillis, UserHandle, location::Position,
};

use super::{LoginContext, Outcome, Reason, Settings, found::Found};

pub(super) const NOW: UnixMillis = UnixMillis::new(1_700_000_000_000);

const fn position(latitude: f64, longitude: f64, accuracy_radius_km: u32) -> Position {
    Position { latitude, longitude, accuracy_radius_km }
}

// Of addresses in MaxMind's test databases.
pub(super) const LONDON: Position = position(51.5142, -0.0931, 10);
pub(super) const MILTON: Position = position(47.2513, -122.3149, 22);
pub(super) const LINKOPING: Position = position(58.4167, 15.6167, 76);
pub(super) const BOXFORD: Position = position(51.75, -1.25, 100);
pub(super) const TOKYO: Position = position(35.6854, 139.7531, 100);
pub(super) const CHANGCHUN: Position = position(43.88, 125.3228, 100);

/// A login of ann's, by default in Germany and after ten others there, all on her laptop.
#[derive(Clone, Debug)]
pub(super) struct Login {
    pub session: Session,
    pub on_limit: OnLimit,
    pub history: LoginHistory,
    pub live: Vec<Session>,
    pub settings: Settings,
}

impl Login {
    pub(super) fn in_country(country: &str) -> Self {
        Self {
            session: live_in(country),
            on_limit: OnLimit::EvictLeastRecent,
            history: settled("DE", &laptop(), 10),
            live: Vec::new(),
            settings: Settings::default(),
        }
    }

    pub(super) fn on(mut self, device: Device) -> Self {
        self.session.clock.device = device.tag();
        self.session.record.device = device;
        self
    }

    /// After so many logins.
    pub(super) fn after(self, logins: u32) -> Self {
        Self { history: settled("DE", &laptop(), logins), ..self }
    }

    pub(super) fn context(&self) -> LoginContext<'_> {
        LoginContext {
            now: NOW,
            session: &self.session,
            limit: 5,
            on_limit: self.on_limit,
            history: &self.history,
            live: &self.live,
            settings: &self.settings,
        }
    }

    pub(super) fn judged(&self, judge: fn(&LoginContext<'_>) -> Outcome) -> Result<Option<Found>, Reason> {
        match judge(&self.context()) {
            Outcome::Found(found) => Ok(Some(*found)),
            Outcome::Quiet => Ok(None),
            Outcome::NotEvaluated(reason) => Err(reason),
        }
    }
}

/// What the rule finds, which it must.
pub(super) fn found(login: &Login, judge: fn(&LoginContext<'_>) -> Outcome) -> Found {
    login.judged(judge).expect("evaluated").expect("something found")
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

/// So many logins in `country`, an hour apart, the last one an hour ago.
pub(super) fn settled(country: &str, device: &Device, logins: u32) -> LoginHistory {
    let location = Location { country: country.to_owned(), ..Location::default() };
    (1..=logins).rev().fold(LoginHistory::default(), |history, hours| {
        history.with(NOW.minus(Duration::from_hours(hours.into())), &location, device.tag())
    })
}

/// A session of ann's from there, made now on her laptop.
pub(super) fn live_in(country: &str) -> Session {
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
            revision: 1,
            secret: SecretHash([0; 32]),
            email: String::new(),
            roles: Vec::new(),
            data: Data::default(),
            device,
            location: Location { country: country.to_owned(), ..Location::default() },
            created_at: NOW,
            authenticated_at: NOW,
            remembered: false,
            auth_methods: Vec::new(),
            assurance_level: 0,
            policy: "default".to_owned(),
        },
    }
}
