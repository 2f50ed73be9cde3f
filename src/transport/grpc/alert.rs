//! Conversion of alerts into messages.

use crate::{
    api::{self, alert::Detail as Wire},
    domain::{
        Alert, FieldViolation,
        alert::{
            AlertAcknowledgement, AlertAction, AlertEvidence, AlertVerdict, ClientObservation, NoveltyEvidence,
            NoveltyKind, ReplayEvidence, Severity, TravelEvidence, VolumeEvidence,
        },
    },
};

use super::{
    request::parse_enum,
    response::{device, duration, end_reason, timestamp},
};

/// Returns the message of an alert. `cursor` is its position in the alert stream; it is empty outside of that stream.
pub(crate) fn alert(alert: Alert, cursor: String) -> api::Alert {
    let group_id = alert.group_id();
    api::Alert {
        alert_id: alert.id.to_string(),
        cursor,
        tenant_id: alert.tenant.as_str().to_owned(),
        rule: alert.rule,
        rule_version: alert.rule_version,
        severity: severity(alert.severity).into(),
        event_time: Some(timestamp(alert.event_time)),
        detected_time: Some(timestamp(alert.detected_time)),
        user_id: alert.user.map(|user| user.as_str().to_owned()).unwrap_or_default(),
        session_id: alert.session.map(|id| id.to_string()).unwrap_or_default(),
        device_id: alert.device_id,
        current: Some(observation(alert.current)),
        previous: alert.previous.map(observation),
        action_taken: action(alert.action_taken).into(),
        action_recommended: action(alert.action_recommended).into(),
        detail: alert.detail.map(detail),
        audit_only: alert.audit_only,
        reason_admin: alert.reason_admin,
        reason_user: alert.reason_user,
        mitre_techniques: alert.mitre_techniques,
        dedup_key: alert.dedup_key,
        dedup_count: alert.dedup_count,
        audit_event_id: alert.event.map(|event| event.to_string()).unwrap_or_default(),
        group_id,
        group_position: alert.group.map_or(0, |group| group.position),
        group_size: alert.group.map_or(0, |group| group.size),
        email: alert.email.0,
        acknowledgement: alert.acknowledgement.map(acknowledgement),
    }
}

pub(super) fn acknowledgement(answer: AlertAcknowledgement) -> api::AlertAcknowledgement {
    api::AlertAcknowledgement {
        alert_id: answer.alert.to_string(),
        verdict: alert_verdict(answer.verdict).into(),
        acknowledged_at: Some(timestamp(answer.at)),
        actor: answer.actor,
    }
}

pub(super) const fn alert_verdict(verdict: AlertVerdict) -> api::AlertVerdict {
    match verdict {
        AlertVerdict::WasMe => api::AlertVerdict::WasMe,
        AlertVerdict::WasNotMe { .. } => api::AlertVerdict::WasNotMe,
    }
}

fn observation(seen: ClientObservation) -> api::Observation {
    let ClientObservation { location, device: seen_on, at } = seen;
    let position = location.position;
    api::Observation {
        ip: location.ip.map(|ip| ip.to_string()).unwrap_or_default(),
        network: location.network,
        asn: location.asn,
        country: location.country,
        city: location.city,
        latitude: position.map(|position| position.latitude).unwrap_or_default(),
        longitude: position.map(|position| position.longitude).unwrap_or_default(),
        accuracy_radius_km: position.map(|position| position.accuracy_radius_km).unwrap_or_default(),
        device: seen_on.map(|seen| api::Device { user_agent: String::new(), ..device(seen) }),
        observed_at: Some(timestamp(at)),
    }
}

fn detail(detail: AlertEvidence) -> Wire {
    match detail {
        AlertEvidence::Travel(travel) => Wire::Travel(travel_detail(&travel)),
        AlertEvidence::Novelty(novelty) => Wire::Novelty(novelty_detail(novelty)),
        AlertEvidence::Volume(volume) => Wire::Volume(volume_detail(&volume)),
        AlertEvidence::Replay(replay) => Wire::Replay(replay_detail(&replay)),
    }
}

fn travel_detail(travel: &TravelEvidence) -> api::TravelDetail {
    api::TravelDetail {
        distance_km: travel.distance_km,
        effective_distance_km: travel.effective_distance_km,
        elapsed: Some(duration(travel.elapsed)),
        speed_kmh: travel.speed_kmh,
        max_speed_kmh: travel.max_speed_kmh,
        min_distance_km: travel.min_distance_km,
    }
}

fn novelty_detail(novelty: NoveltyEvidence) -> api::NoveltyDetail {
    api::NoveltyDetail {
        kind: match novelty.kind {
            NoveltyKind::Country => api::NoveltyKind::Country,
            NoveltyKind::Device => api::NoveltyKind::Device,
            NoveltyKind::Network => api::NoveltyKind::Network,
            NoveltyKind::Hour => api::NoveltyKind::Hour,
            NoveltyKind::AccountUse => api::NoveltyKind::AccountUse,
        }
        .into(),
        value: novelty.value,
        known_values: novelty.known_values,
        known_logins: novelty.known_logins,
        previous_login_at: novelty.previous_login_at.map(timestamp),
    }
}

fn volume_detail(volume: &VolumeEvidence) -> api::VolumeDetail {
    api::VolumeDetail {
        count: volume.count,
        threshold: volume.threshold,
        window: Some(duration(volume.window)),
        distinct_users: volume.distinct_users,
        distinct_networks: volume.distinct_networks,
        distinct_devices: volume.distinct_devices,
    }
}

fn replay_detail(replay: &ReplayEvidence) -> api::ReplayDetail {
    api::ReplayDetail {
        reason: end_reason(replay.reason).into(),
        invalid_since: Some(timestamp(replay.invalid_since)),
        presented_at: Some(timestamp(replay.presented_at)),
        presented_count: replay.presented_count,
    }
}

/// Parses a least severity. Unspecified stands for any.
pub(super) fn parse_severity(field: &'static str, number: i32) -> Result<Option<Severity>, FieldViolation> {
    let severity = parse_enum::<api::Severity>(field, number)?;
    Ok(u32::try_from(i32::from(severity)).ok().and_then(Severity::from_code))
}

pub(super) const fn severity(severity: Severity) -> api::Severity {
    match severity {
        Severity::Info => api::Severity::Info,
        Severity::Low => api::Severity::Low,
        Severity::Medium => api::Severity::Medium,
        Severity::High => api::Severity::High,
        Severity::Critical => api::Severity::Critical,
    }
}

pub(super) const fn action(action: AlertAction) -> api::AlertAction {
    match action {
        AlertAction::None => api::AlertAction::None,
        AlertAction::Notify => api::AlertAction::Notify,
        AlertAction::Throttle => api::AlertAction::Throttle,
        AlertAction::StepUp => api::AlertAction::StepUp,
        AlertAction::Deny => api::AlertAction::Deny,
        AlertAction::RevokeSession => api::AlertAction::RevokeSession,
        AlertAction::RevokeUser => api::AlertAction::RevokeUser,
    }
}
