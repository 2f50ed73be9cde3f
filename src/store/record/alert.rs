//! The stored form of alerts.

use std::time::Duration;

use prost::Message;

use super::{
    message::{decode_contact, encode_contact, signed},
    parts::{decode_device, decode_location, encode_device, encode_location},
    stored::{self, alert::Detail as Stored},
};
use crate::{
    domain::{
        Alert, EndReason, EventId, Owner, SessionId, TenantId, UnixMillis, UserId,
        alert::{
            AlertAcknowledgement, AlertAction, AlertEvidence, AlertGroupPosition, AlertId, AlertVerdict,
            ClientObservation, NotificationEmail, NoveltyEvidence, NoveltyKind, ReplayEvidence, Severity,
            TravelEvidence, VolumeEvidence,
        },
        time::millis,
    },
    store::StoreError,
};

/// Encodes `alert` in its stored form.
#[must_use]
pub fn encode_alert(alert: &Alert) -> Vec<u8> {
    stored::Alert {
        id: alert.id.0.to_vec(),
        tenant_id: alert.tenant.as_str().to_owned(),
        rule: alert.rule.clone(),
        rule_version: alert.rule_version,
        severity: alert.severity as u32,
        event_time: alert.event_time.get(),
        detected_after: signed(alert.detected_time) - signed(alert.event_time),
        user_id: alert.user.as_ref().map(|user| user.as_str().to_owned()).unwrap_or_default(),
        session_id: alert.session.map(|id| id.to_bytes().to_vec()).unwrap_or_default(),
        device_id: alert.device_id.clone(),
        current: Some(encode_observation(&alert.current)),
        previous: alert.previous.as_ref().map(encode_observation),
        action_taken: alert.action_taken as u32,
        action_recommended: alert.action_recommended as u32,
        audit_only: alert.audit_only,
        detail: alert.detail.as_ref().map(encode_detail),
        reason_admin: alert.reason_admin.clone(),
        reason_user: alert.reason_user.clone(),
        mitre_techniques: alert.mitre_techniques.clone(),
        dedup_key: alert.dedup_key.clone(),
        dedup_count: alert.dedup_count,
        event_id: alert.event.map(|event| event.0.to_vec()).unwrap_or_default(),
        group_position: alert.group.map_or(0, |group| group.position),
        group_size: alert.group.map_or(0, |group| group.size),
        email: alert.email.0.clone(),
        contact: encode_contact(&alert.contact),
        acknowledgement: alert.acknowledgement.as_ref().map(encode_acknowledgement),
    }
    .encode_to_vec()
}

/// The fields under which a stored alert is filed, even if the rest cannot be decoded. Unknown fields are empty or
/// zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertOutline {
    /// The ID of the alert. Bytes that are not an alert get an ID that no other bytes have.
    pub id: AlertId,
    pub tenant: String,
    pub user: String,
    pub rule: String,
    pub rule_version: u32,
    /// The number of a [`Severity`], or one that this release does not know.
    pub severity: u32,
    pub event_time: UnixMillis,
    pub detected_time: UnixMillis,
    /// The alert whose answer this one reports.
    pub answered: Option<AlertId>,
}

impl AlertOutline {
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let stored = stored::Alert::decode(bytes).unwrap_or_default();
        let detected_time = detected_time(&stored);
        let id = stored.id.try_into().unwrap_or_else(|_| EventId::from_parts(&[b"unreadable", bytes]).0);
        Self {
            id: AlertId(id),
            tenant: stored.tenant_id,
            user: stored.user_id,
            rule: stored.rule,
            rule_version: stored.rule_version,
            severity: stored.severity,
            event_time: UnixMillis::new(stored.event_time),
            detected_time,
            answered: stored.acknowledgement.and_then(|stored| stored.alert_id.try_into().ok()).map(AlertId),
        }
    }

    #[must_use]
    pub fn is_about(&self, owner: &Owner) -> bool {
        self.tenant == owner.tenant.as_str() && self.user == owner.user.as_str()
    }
}

fn detected_time(stored: &stored::Alert) -> UnixMillis {
    let millis = signed(UnixMillis::new(stored.event_time)).saturating_add(stored.detected_after);
    UnixMillis::new(u64::try_from(millis).unwrap_or_default())
}

/// The inverse of [`encode_alert`].
pub fn decode_alert(bytes: &[u8]) -> Result<Alert, StoreError> {
    let corrupt = |what: &str| StoreError::corrupt("reading an alert", what);
    let stored = stored::Alert::decode(bytes).map_err(|error| corrupt(&error.to_string()))?;
    let detected_time = detected_time(&stored);
    let action = |code| AlertAction::from_code(code).ok_or_else(|| corrupt("unknown action"));
    let user = match stored.user_id.as_str() {
        "" => None,
        user => Some(UserId::new(user).map_err(|_| corrupt("invalid user id"))?),
    };
    let session = match stored.session_id.as_slice() {
        [] => None,
        id => Some(SessionId::from_slice(id).ok_or_else(|| corrupt("the session id is not 20 bytes long"))?),
    };
    let event = match stored.event_id.as_slice() {
        [] => None,
        id => Some(EventId(id.try_into().map_err(|_| corrupt("the event id is not 16 bytes long"))?)),
    };
    Ok(Alert {
        id: AlertId(stored.id.as_slice().try_into().map_err(|_| corrupt("the alert id is not 16 bytes long"))?),
        tenant: TenantId::new(&stored.tenant_id).map_err(|_| corrupt("invalid tenant id"))?,
        rule: stored.rule,
        rule_version: stored.rule_version,
        severity: Severity::from_code(stored.severity).ok_or_else(|| corrupt("unknown severity"))?,
        event_time: UnixMillis::new(stored.event_time),
        detected_time,
        user,
        session,
        device_id: stored.device_id,
        current: decode_observation(stored.current.unwrap_or_default()),
        previous: stored.previous.map(decode_observation),
        action_taken: action(stored.action_taken)?,
        action_recommended: action(stored.action_recommended)?,
        audit_only: stored.audit_only,
        // Evidence of a kind that this release does not know is left out; the finding is not.
        detail: stored.detail.and_then(decode_detail),
        reason_admin: stored.reason_admin,
        reason_user: stored.reason_user,
        mitre_techniques: stored.mitre_techniques,
        dedup_key: stored.dedup_key,
        dedup_count: stored.dedup_count,
        event,
        group: (stored.group_size > 0)
            .then_some(AlertGroupPosition { position: stored.group_position, size: stored.group_size }),
        email: NotificationEmail(stored.email),
        contact: decode_contact(stored.contact),
        acknowledgement: stored.acknowledgement.map(decode_acknowledgement).transpose()?,
    })
}

fn encode_acknowledgement(acknowledgement: &AlertAcknowledgement) -> stored::AlertAcknowledgement {
    stored::AlertAcknowledgement {
        verdict: acknowledgement.verdict.code().into(),
        at: acknowledgement.at.get(),
        actor: acknowledgement.actor.clone(),
        alert_id: acknowledgement.alert.0.to_vec(),
    }
}

fn decode_acknowledgement(stored: stored::AlertAcknowledgement) -> Result<AlertAcknowledgement, StoreError> {
    let corrupt = |what: &str| StoreError::corrupt("reading an alert", what);
    let verdict = u8::try_from(stored.verdict).ok().and_then(AlertVerdict::from_code);
    Ok(AlertAcknowledgement {
        verdict: verdict.ok_or_else(|| corrupt("unknown verdict"))?,
        at: UnixMillis::new(stored.at),
        actor: stored.actor,
        alert: AlertId(stored.alert_id.try_into().map_err(|_| corrupt("the acknowledged id is not 16 bytes long"))?),
    })
}

/// Adds the position of an alert among those of one login to its stored form. Fields that follow a message belong to it
/// (<https://protobuf.dev/programming-guides/encoding/#last-one-wins>), so the script of the Redis store does the same.
#[must_use]
pub fn with_group(mut alert: Vec<u8>, group: AlertGroupPosition) -> Vec<u8> {
    let place = stored::Alert { group_position: group.position, group_size: group.size, ..stored::Alert::default() };
    alert.extend(place.encode_to_vec());
    alert
}

pub(super) fn encode_observation(seen: &ClientObservation) -> stored::Observation {
    stored::Observation {
        location: Some(encode_location(&seen.location)),
        device: seen.device.as_ref().map(encode_device),
        at: seen.at.get(),
    }
}

pub(super) fn decode_observation(seen: stored::Observation) -> ClientObservation {
    ClientObservation {
        location: decode_location(seen.location.unwrap_or_default()),
        device: seen.device.map(decode_device),
        at: UnixMillis::new(seen.at),
    }
}

fn encode_detail(detail: &AlertEvidence) -> Stored {
    match detail {
        AlertEvidence::Travel(travel) => Stored::Travel(stored::Travel {
            distance_km: travel.distance_km,
            effective_distance_km: travel.effective_distance_km,
            elapsed_ms: millis(travel.elapsed),
            speed_kmh: travel.speed_kmh,
            max_speed_kmh: travel.max_speed_kmh,
            min_distance_km: travel.min_distance_km,
        }),
        AlertEvidence::Novelty(novelty) => Stored::Novelty(stored::Novelty {
            kind: novelty.kind as u32,
            value: novelty.value.clone(),
            known_values: novelty.known_values.clone(),
            known_logins: novelty.known_logins,
            previous_login_at: novelty.previous_login_at.map(UnixMillis::get),
        }),
        AlertEvidence::Volume(volume) => Stored::Volume(stored::Volume {
            count: volume.count,
            threshold: volume.threshold,
            window_ms: millis(volume.window),
            distinct_users: volume.distinct_users,
            distinct_networks: volume.distinct_networks,
            distinct_devices: volume.distinct_devices,
        }),
        AlertEvidence::Replay(replay) => Stored::Replay(stored::Replay {
            reason: replay.reason.code().into(),
            invalid_since: replay.invalid_since.get(),
            presented_at: replay.presented_at.get(),
            presented_count: replay.presented_count,
        }),
    }
}

fn decode_detail(detail: Stored) -> Option<AlertEvidence> {
    Some(match detail {
        Stored::Travel(travel) => AlertEvidence::Travel(TravelEvidence {
            distance_km: travel.distance_km,
            effective_distance_km: travel.effective_distance_km,
            elapsed: Duration::from_millis(travel.elapsed_ms),
            speed_kmh: travel.speed_kmh,
            max_speed_kmh: travel.max_speed_kmh,
            min_distance_km: travel.min_distance_km,
        }),
        Stored::Novelty(novelty) => AlertEvidence::Novelty(NoveltyEvidence {
            kind: NoveltyKind::from_code(novelty.kind)?,
            value: novelty.value,
            known_values: novelty.known_values,
            known_logins: novelty.known_logins,
            previous_login_at: novelty.previous_login_at.map(UnixMillis::new),
        }),
        Stored::Volume(volume) => AlertEvidence::Volume(VolumeEvidence {
            count: volume.count,
            threshold: volume.threshold,
            window: Duration::from_millis(volume.window_ms),
            distinct_users: volume.distinct_users,
            distinct_networks: volume.distinct_networks,
            distinct_devices: volume.distinct_devices,
        }),
        Stored::Replay(replay) => AlertEvidence::Replay(ReplayEvidence {
            reason: EndReason::from_code(u8::try_from(replay.reason).ok()?)?,
            invalid_since: UnixMillis::new(replay.invalid_since),
            presented_at: UnixMillis::new(replay.presented_at),
            presented_count: replay.presented_count,
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Device, EventKind, Location, UserHandle, alert::NotificationContact};

    fn alert(detail: Option<AlertEvidence>) -> Alert {
        let session = SessionId { handle: UserHandle([1; 12]), unique: [2; 8] };
        let event = EventId::from_session(EventKind::Created, session, 1);
        let seen = |country: &str, at| ClientObservation {
            location: Location {
                ip: Some("192.0.2.1".parse().expect("an address")),
                country: country.to_owned(),
                ..Location::default()
            },
            device: Some(Device { id: "d".to_owned(), name: "iPhone".to_owned(), ..Device::default() }),
            at: UnixMillis::new(at),
        };
        Alert {
            id: AlertId::new("NEW_COUNTRY", event),
            tenant: TenantId::new("acme").expect("a tenant"),
            rule: "NEW_COUNTRY".to_owned(),
            rule_version: 1,
            severity: Severity::Medium,
            event_time: UnixMillis::new(1_700_000_000_000),
            detected_time: UnixMillis::new(1_700_000_000_007),
            user: Some(UserId::new("ann").expect("a user")),
            session: Some(session),
            device_id: "d".to_owned(),
            current: seen("BR", 1_700_000_000_000),
            previous: Some(seen("DE", 1_699_999_000_000)),
            action_taken: AlertAction::None,
            action_recommended: AlertAction::Notify,
            audit_only: true,
            detail,
            reason_admin: "why".to_owned(),
            reason_user: "what".to_owned(),
            mitre_techniques: vec!["T1078".to_owned()],
            dedup_key: "NEW_COUNTRY:BR".to_owned(),
            dedup_count: 3,
            event: Some(event),
            group: None,
            acknowledgement: None,
            email: NotificationEmail("ann@example.com".to_owned()),
            contact: NotificationContact { email: "ann@example.org".to_owned(), locale: "de".to_owned() },
        }
    }

    #[test]
    fn an_alert_gets_its_place_among_those_of_a_login() {
        let group = AlertGroupPosition { position: 2, size: 3 };
        let grouped = with_group(encode_alert(&alert(None)), group);
        assert_eq!(decode_alert(&grouped).expect("an alert"), Alert { group: Some(group), ..alert(None) });
        // The bytes that the script appends.
        assert!(grouped.ends_with(&[208, 1, 2, 216, 1, 3]), "{grouped:?}");
    }

    #[test]
    fn the_address_stays_out_of_debug_output() {
        assert!(!format!("{:?}", alert(None)).contains("ann@example"));
    }

    #[test]
    fn an_alert_reads_back_whole_with_every_kind_of_detail() {
        let at = UnixMillis::new(1_699_000_000_000);
        let details = [
            AlertEvidence::Travel(TravelEvidence {
                distance_km: 7_732.3,
                effective_distance_km: 7_700.3,
                elapsed: Duration::from_mins(90),
                speed_kmh: 5_133.5,
                max_speed_kmh: 900.0,
                min_distance_km: 500.0,
            }),
            AlertEvidence::Novelty(NoveltyEvidence {
                kind: NoveltyKind::Country,
                value: "BR".to_owned(),
                known_values: vec!["DE".to_owned()],
                known_logins: 12,
                previous_login_at: Some(at),
            }),
            AlertEvidence::Volume(VolumeEvidence {
                count: 6,
                threshold: 5,
                window: Duration::from_mins(30),
                distinct_users: 1,
                distinct_networks: 2,
                distinct_devices: 3,
            }),
            AlertEvidence::Replay(ReplayEvidence {
                reason: EndReason::TokenReused,
                invalid_since: at,
                presented_at: at,
                presented_count: 2,
            }),
        ];
        for detail in details.into_iter().map(Some).chain([None]) {
            let alert = alert(detail);
            assert_eq!(decode_alert(&encode_alert(&alert)).expect("an alert"), alert);
        }
    }

    #[test]
    fn an_answer_reads_back_and_one_of_a_newer_release_is_refused() {
        for verdict in AlertVerdict::ALL {
            let at = UnixMillis::new(1_700_000_000_000);
            let answer = AlertAcknowledgement { verdict, at, actor: "ann".to_owned(), alert: AlertId([7; 16]) };
            let alert = Alert { acknowledgement: Some(answer), ..alert(None) };
            let bytes = encode_alert(&alert);
            assert_eq!(decode_alert(&bytes).expect("an alert"), alert);
            let mut newer = stored::Alert::decode(bytes.as_slice()).expect("an alert");
            newer.acknowledgement.as_mut().expect("an answer").verdict = 99;
            assert!(decode_alert(&newer.encode_to_vec()).is_err());
        }
    }

    #[test]
    fn what_is_not_about_a_user_says_so() {
        let alert = Alert { user: None, session: None, event: None, previous: None, ..alert(None) };
        assert_eq!(decode_alert(&encode_alert(&alert)).expect("an alert"), alert);
    }

    #[test]
    fn an_alert_of_a_newer_release_is_filed_under_its_person_all_the_same() {
        let known = alert(None);
        let mut newer = stored::Alert::decode(encode_alert(&known).as_slice()).expect("an alert");
        newer.action_taken = 99;
        let bytes = newer.encode_to_vec();
        assert!(decode_alert(&bytes).is_err());
        let outline = AlertOutline::from_bytes(&bytes);
        assert_eq!((outline.id, outline.event_time), (known.id, known.event_time));
        assert_eq!(outline.detected_time, known.detected_time);
        assert!(outline.is_about(&Owner::new("acme", "ann").expect("an owner")));
        assert!(!outline.is_about(&Owner::new("acme", "bob").expect("an owner")));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for bytes in [&b"\xff"[..], b""] {
            assert!(matches!(decode_alert(bytes), Err(StoreError::Corrupt { .. })), "{bytes:?}");
        }
    }
}
