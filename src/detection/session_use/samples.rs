//! Sample uses of a session for the tests of the rules.

use std::time::Duration;

use crate::{
    detection::{
        DetectionSettings, NotEvaluatedReason, RuleOutcome,
        samples::{NOW, laptop, parse_networks, session_in},
    },
    domain::{
        Device, NetworkClass, NetworkDirectory, NetworkSet, Session, alert::ClientObservation, location::GeoPosition,
    },
};

use super::{RecentClient, SessionUseAssessment, SessionUseContext, assess_session_use, rule::SessionMatch};

/// A use of ann's session, which she started at home with Firefox on Linux: 198.51.100.9, AS64500, in Germany.
#[derive(Clone, Debug)]
pub(super) struct SampleUse {
    pub session: Session,
    pub current: ClientObservation,
    pub previous: ClientObservation,
    pub recent: Vec<RecentClient>,
    pub is_rejected: bool,
    pub settings: Box<DetectionSettings>,
    pub networks: NetworkDirectory,
}

impl SampleUse {
    /// Returns a use at home.
    pub fn at_home() -> Self {
        let mut session = session_in("DE");
        session.record.device = laptop();
        session.record.set_start(NOW.minus(Duration::from_hours(1)));
        (session.record.location.ip, session.record.location.asn) = ("198.51.100.9".parse().ok(), 64_500);
        let home = ClientObservation { at: NOW, ..ClientObservation::from_login(&session.record) };
        let before = ClientObservation { at: NOW.minus(Duration::from_mins(2)), ..home.clone() };
        Self {
            session,
            current: home,
            recent: vec![RecentClient { client: before.clone(), until: before.at }],
            previous: before,
            is_rejected: false,
            settings: Box::default(),
            networks: NetworkDirectory::default(),
        }
    }

    /// Returns a use in another network, in Brazil, with Chrome on Windows.
    pub fn of_a_thief() -> Self {
        let mut stolen = Self::at_home().at("203.0.113.9", 64_501).with_software("Chrome", "Windows");
        stolen.current.location.country = "BR".to_owned();
        stolen
    }

    /// Returns a use at home after one by a thief, and before that another one at home.
    pub fn returning_home() -> Self {
        let home = Self::at_home();
        let thief = ClientObservation { at: home.previous.at, ..Self::of_a_thief().current };
        let seen_at = NOW.minus(Duration::from_mins(5));
        let first = ClientObservation { at: seen_at, ..home.current.clone() };
        let recent = vec![
            RecentClient { client: first, until: seen_at },
            RecentClient { client: thief.clone(), until: thief.at },
        ];
        Self { previous: thief, recent, ..home }
    }

    pub fn at(mut self, ip: &str, asn: u32) -> Self {
        (self.current.location.ip, self.current.location.asn) = (ip.parse().ok(), asn);
        self
    }

    pub fn with_software(mut self, browser: &str, os: &str) -> Self {
        let device = self.device_mut();
        (device.browser, device.os, device.name) = (browser.to_owned(), os.to_owned(), format!("{browser} on {os}"));
        device.id = format!("derived-{browser}-{os}");
        self
    }

    pub fn device_mut(&mut self) -> &mut Device {
        self.current.device.get_or_insert_default()
    }

    /// Moves the client before.
    pub fn previously_at(mut self, ip: &str, asn: u32, country: &str, position: Option<GeoPosition>) -> Self {
        let location = &mut self.previous.location;
        (location.ip, location.asn, location.position) = (ip.parse().ok(), asn, position);
        country.clone_into(&mut location.country);
        if let Some(last) = self.recent.last_mut() {
            last.client = self.previous.clone();
        }
        self
    }

    pub fn home_seen_minutes_ago(mut self, minutes: u64) -> Self {
        self.recent[0].until = NOW.minus(Duration::from_mins(minutes));
        self
    }

    pub fn trusting(mut self, networks: &[&str]) -> Self {
        self.settings.trusted_networks = parse_networks(networks);
        self
    }

    /// Adds a network to a class.
    pub fn with_class(mut self, class: NetworkClass, network: &str) -> Self {
        let entries = move |of| if of == class { parse_networks(&[network]) } else { NetworkSet::default() };
        self.networks = NetworkDirectory::new(entries);
        self
    }

    pub fn evaluate_with(
        &self,
        rule: fn(&SessionUseContext<'_>) -> RuleOutcome<SessionMatch>,
    ) -> Result<Option<SessionMatch>, NotEvaluatedReason> {
        match rule(&self.context()) {
            RuleOutcome::Match(found) => Ok(Some(*found)),
            RuleOutcome::NoMatch => Ok(None),
            RuleOutcome::NotEvaluated(reason) => Err(reason),
        }
    }

    pub fn assess(&self) -> SessionUseAssessment {
        assess_session_use(&self.context())
    }

    /// Returns the names of the rules that match.
    pub fn rules(&self) -> Vec<&'static str> {
        self.assess().findings.iter().map(|found| found.rule.name()).collect()
    }

    fn context(&self) -> SessionUseContext<'_> {
        SessionUseContext {
            now: NOW,
            session: &self.session,
            current: &self.current,
            previous: &self.previous,
            recent: &self.recent,
            is_rejected: self.is_rejected,
            settings: &self.settings,
            networks: &self.networks,
        }
    }
}
