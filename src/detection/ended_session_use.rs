//! A token that is used after its session has ended.
//!
//! It is a rule about ended sessions, of which little is known, and therefore not one of `SESSION_RULES`.

use std::time::Duration;

use data_encoding::HEXLOWER;

use crate::{
    domain::{
        Alert, EndReason, FormerClient, NetworkDirectory, SessionId, TenantId, UnixMillis,
        alert::{
            AlertAction, AlertEvidence, AlertId, ClientObservation, NotificationContact, NotificationEmail,
            ReplayEvidence, Severity,
        },
    },
    store::{Finding, FindingTrigger},
};

use super::{AlertRule, DetectionSettings, NotEvaluatedReason, session_use::use_event};

/// The name of the rule in alerts.
const NAME: &str = AlertRule::ended_session_use().name();
/// The key of the setting that enables the rule.
pub const ENDED_USE_SETTING: &str = "detection.rules.revoked_token_use";
const VERSION: u32 = 1;
/// Steal Web Session Cookie, and Use Alternate Authentication Material: Web Session Cookie.
/// <https://attack.mitre.org/techniques/T1539/>
const TECHNIQUES: [&str; 2] = ["T1539", "T1550.004"];

/// The time after the end of a session in which its client may not have noticed.
pub const ENDED_USE_GRACE: Duration = Duration::from_mins(1);

/// A use of a session that has ended, with its right token.
#[derive(Clone, Copy, Debug)]
pub struct EndedSessionUse<'a> {
    pub now: UnixMillis,
    pub session: SessionId,
    pub tenant: &'a TenantId,
    pub reason: EndReason,
    pub ended_at: UnixMillis,
    /// The client that used the session last while it was active.
    pub former: &'a FormerClient,
    /// The client that presented the token.
    pub current: &'a ClientObservation,
    pub settings: &'a DetectionSettings,
    /// The networks that hide where their users are.
    pub networks: &'a NetworkDirectory,
}

/// The network of a client, compared with that of the last client of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// The same autonomous system, or a trusted network.
    Same,
    /// Another autonomous system. The country is the same, or unknown, or of no significance.
    OtherNetwork,
    OtherCountry,
}

/// Evaluates the use of a session that has ended.
///
/// Clients learn of the end of a session by using it. So the network of the last client is no evidence of a theft,
/// except if it signed out itself. People also change between the networks of one country all day; after a timeout,
/// that is nothing.
pub fn assess_ended_use(used: &EndedSessionUse<'_>) -> Result<Option<Finding>, NotEvaluatedReason> {
    if used.current.at.since(used.ended_at) <= ENDED_USE_GRACE {
        return Ok(None);
    }
    let place = compare_places(used);
    let severity = match (kind_of_end(used.reason), place) {
        (EndKind::SignedOut | EndKind::Revoked, Some(Place::OtherCountry)) => Some(Severity::High),
        (EndKind::SignedOut, _) | (EndKind::Revoked, Some(Place::OtherNetwork)) => Some(Severity::Medium),
        (_, None) => return Err(NotEvaluatedReason::UnknownNetwork),
        (EndKind::Revoked, Some(Place::Same)) | (EndKind::Lapsed, Some(Place::OtherCountry)) => Some(Severity::Low),
        (EndKind::Lapsed, Some(Place::OtherNetwork | Place::Same)) => None,
    };
    Ok(severity.map(|severity| found(used, severity, place)))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EndKind {
    /// The client ended the session itself.
    SignedOut,
    /// Somebody else ended it.
    Revoked,
    /// The session ended by itself, or gave way to another one.
    Lapsed,
}

const fn kind_of_end(reason: EndReason) -> EndKind {
    match reason {
        EndReason::SignedOut => EndKind::SignedOut,
        EndReason::Revoked | EndReason::RevokedAll | EndReason::TokenReused | EndReason::HijackSuspected => {
            EndKind::Revoked
        }
        EndReason::Evicted | EndReason::Replaced | EndReason::IdleTimeout | EndReason::Expired => EndKind::Lapsed,
    }
}

/// Returns `None` if an autonomous system is unknown.
fn compare_places(used: &EndedSessionUse<'_>) -> Option<Place> {
    let (former, here) = (used.former, &used.current.location);
    if used.settings.trusted_networks.contains(here.ip, here.asn) {
        return Some(Place::Same);
    }
    if former.asn == 0 || here.asn == 0 {
        return None;
    }
    if former.asn == here.asn {
        return Some(Place::Same);
    }
    // A network that hides where its users are says nothing about the country.
    let is_anonymous = used.settings.network_class(used.networks, here).is_some();
    let are_known = !former.country.is_empty() && !here.country.is_empty();
    Some(if are_known && !is_anonymous && former.country != here.country {
        Place::OtherCountry
    } else {
        Place::OtherNetwork
    })
}

fn found(used: &EndedSessionUse<'_>, severity: Severity, place: Option<Place>) -> Finding {
    let EndedSessionUse { now, session, former, current, .. } = *used;
    let at = current.at;
    let from = match place {
        Some(Place::Same) => "in the network of its last client",
        Some(Place::OtherNetwork) => "in another network than that of its last client",
        Some(Place::OtherCountry) => "in another country than that of its last client",
        None => "in an unknown network",
    };
    let alert = Alert {
        id: AlertId::new(NAME, use_event(session, at)),
        tenant: used.tenant.clone(),
        rule: NAME.to_owned(),
        rule_version: VERSION,
        severity,
        event_time: at,
        detected_time: now,
        user: Some(former.user.clone()),
        email: NotificationEmail::default(),
        contact: NotificationContact::default(),
        session: Some(session),
        device_id: String::new(),
        current: current.clone(),
        previous: None,
        action_taken: AlertAction::Deny,
        action_recommended: AlertAction::Deny,
        audit_only: used.settings.audit_only,
        detail: Some(AlertEvidence::Replay(ReplayEvidence {
            reason: used.reason,
            invalid_since: used.ended_at,
            presented_at: at,
            presented_count: 1,
        })),
        reason_admin: format!(
            "A session was used {from} {} s after it had ended ({}). The request was rejected.",
            at.since(used.ended_at).as_secs(),
            used.reason.name()
        ),
        reason_user: if severity < Severity::High {
            String::new()
        } else {
            "Somebody tried to use a session of yours that had already ended".to_owned()
        },
        mitre_techniques: TECHNIQUES.map(str::to_owned).to_vec(),
        dedup_key: format!("{NAME}:{}", HEXLOWER.encode(&session.unique)),
        dedup_count: 1,
        event: None,
        group: None,
        acknowledgement: None,
    };
    Finding { alert, trigger: FindingTrigger::Login, dedup_window: used.settings.dedup_window }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Location, NetworkClass, NetworkEntry, NetworkSet, UserHandle, UserId};

    const ENDED: UnixMillis = UnixMillis::new(1_700_000_000_000);
    const HOME_ASN: u32 = 64_500;
    const OTHER_ASN: u32 = 64_501;

    struct SampleEndedUse {
        reason: EndReason,
        after: Duration,
        former: (u32, &'static str),
        current: (u32, &'static str),
        settings: DetectionSettings,
        networks: NetworkDirectory,
    }

    impl SampleEndedUse {
        fn new(reason: EndReason, current: (u32, &'static str)) -> Self {
            Self {
                reason,
                after: Duration::from_hours(1),
                former: (HOME_ASN, "DE"),
                current,
                settings: DetectionSettings::default(),
                networks: NetworkDirectory::default(),
            }
        }

        fn assess(&self) -> Result<Option<Finding>, NotEvaluatedReason> {
            let location = |(asn, country): (u32, &str)| Location {
                ip: "203.0.113.9".parse().ok(),
                country: country.to_owned(),
                asn,
                ..Location::default()
            };
            let at = ENDED.plus(self.after);
            assess_ended_use(&EndedSessionUse {
                now: at,
                session: SessionId { handle: UserHandle([1; 12]), unique: [2; 8] },
                tenant: &TenantId::new("acme").expect("a tenant"),
                reason: self.reason,
                ended_at: ENDED,
                former: &FormerClient::new(UserId::new("ann").expect("a user"), &location(self.former)),
                current: &ClientObservation { location: location(self.current), device: None, at },
                settings: &self.settings,
                networks: &self.networks,
            })
        }

        fn severity(&self) -> Result<Option<Severity>, NotEvaluatedReason> {
            self.assess().map(|found| found.map(|found| found.alert.severity))
        }
    }

    fn network(text: &str) -> NetworkSet {
        NetworkEntry::parse(text).into_iter().collect()
    }

    #[test]
    fn the_severity_depends_on_the_end_and_the_place() {
        use EndReason::{Evicted, Expired, IdleTimeout, Replaced, Revoked, RevokedAll, SignedOut, TokenReused};
        use Severity::{High, Low, Medium};
        let unknown = Err(NotEvaluatedReason::UnknownNetwork);
        let (home, roaming, abroad, nowhere) = ((HOME_ASN, "DE"), (OTHER_ASN, "DE"), (OTHER_ASN, "BR"), (0, ""));
        for (reasons, at_home, in_another_network, in_another_country, in_an_unknown_network) in [
            (&[SignedOut][..], Ok(Some(Medium)), Ok(Some(Medium)), Ok(Some(High)), Ok(Some(Medium))),
            (&[Revoked, RevokedAll, TokenReused], Ok(Some(Low)), Ok(Some(Medium)), Ok(Some(High)), unknown),
            (&[Evicted, Replaced, IdleTimeout, Expired], Ok(None), Ok(None), Ok(Some(Low)), unknown),
        ] {
            for reason in reasons {
                let severity = |current| SampleEndedUse::new(*reason, current).severity();
                assert_eq!(severity(home), at_home, "{reason:?}");
                assert_eq!(severity(roaming), in_another_network, "{reason:?}");
                assert_eq!(severity(abroad), in_another_country, "{reason:?}");
                assert_eq!(severity(nowhere), in_an_unknown_network, "{reason:?}");
                assert_eq!(severity((OTHER_ASN, "")), in_another_network, "{reason:?}: an unknown country");
            }
        }
        let unknown_before = SampleEndedUse { former: (0, "DE"), ..SampleEndedUse::new(Revoked, abroad) };
        assert_eq!(unknown_before.severity(), unknown);
    }

    #[test]
    fn a_client_has_a_minute_to_notice() {
        let second = Duration::from_secs(1);
        for (after, is_found) in [(Duration::ZERO, false), (60 * second, false), (61 * second, true)] {
            let used = SampleEndedUse { after, ..SampleEndedUse::new(EndReason::SignedOut, (HOME_ASN, "DE")) };
            assert_eq!(used.severity().expect("evaluated").is_some(), is_found, "{after:?}");
        }
    }

    #[test]
    fn a_trusted_network_and_an_anonymous_one_are_no_other_country() {
        let mut used = SampleEndedUse::new(EndReason::Revoked, (OTHER_ASN, "BR"));
        used.networks = NetworkDirectory::new(|class| match class {
            NetworkClass::Vpn => network("203.0.113.0/24"),
            _ => NetworkSet::default(),
        });
        assert_eq!(used.severity(), Ok(Some(Severity::Medium)));
        used.settings.trusted_networks = network("AS64501");
        assert_eq!(used.severity(), Ok(Some(Severity::Low)));
    }

    #[test]
    fn the_user_is_notified_of_the_worst_alone() {
        let found =
            |place| SampleEndedUse::new(EndReason::Revoked, place).assess().expect("evaluated").expect("a match");
        let abroad = found((OTHER_ASN, "BR")).alert;
        assert!(abroad.reason_admin.contains("another country") && !abroad.reason_user.is_empty());
        assert_eq!(found((OTHER_ASN, "DE")).alert.reason_user, "");
        let Some(AlertEvidence::Replay(replay)) = abroad.detail else { panic!("no evidence") };
        assert_eq!((replay.reason, replay.invalid_since), (EndReason::Revoked, ENDED));
    }
}
