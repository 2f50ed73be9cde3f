//! Alerts as findings (<https://schema.ocsf.io/1.8.0/classes/detection_finding>).

use serde_json::{Value, json};

use super::{
    endpoint,
    value::{PRODUCT, VERSION, time, without_empty},
};
use crate::api::{Alert, Location, Observation, Severity};

/// Numbers of the class and of its category, Findings.
const CLASS: u32 = 2004;
const CATEGORY: u32 = 2;

/// The value of `activity_id` for a new finding.
const CREATE: u32 = 1;

/// Returns `alert` as an object of the class.
pub fn detection_finding(alert: &Alert) -> Value {
    let location = alert.current.as_ref().map(location);
    let location = location.as_ref();
    let device = alert.current.as_ref().and_then(|current| current.device.as_ref());
    let attacks: Vec<_> = alert.mitre_techniques.iter().map(|id| json!({ "technique": { "uid": id } })).collect();
    without_empty(json!({
        "activity_id": CREATE,
        "activity_name": "Create",
        "category_uid": CATEGORY,
        "category_name": "Findings",
        "class_uid": CLASS,
        "class_name": "Detection Finding",
        "type_uid": CLASS * 100 + CREATE,
        "type_name": "Detection Finding: Create",
        "severity_id": alert.severity,
        "severity": severity_name(alert.severity()),
        "status_id": 1,
        "status": "New",
        "is_alert": true,
        "time": time(alert.event_time),
        "message": alert.reason_admin,
        "metadata": {
            "version": VERSION,
            // The profile that defines `device`.
            "profiles": ["host"],
            "product": { "name": PRODUCT, "vendor_name": PRODUCT, "version": env!("CARGO_PKG_VERSION") },
            "uid": alert.alert_id,
            "event_code": alert.rule,
            "log_name": "alerts",
            "tenant_uid": alert.tenant_id,
        },
        "finding_info": {
            "uid": alert.alert_id,
            "title": alert.rule,
            "desc": alert.reason_admin,
            "created_time": time(alert.detected_time),
            "first_seen_time": time(alert.event_time),
            "related_events_count": alert.dedup_count,
            "analytic": {
                "uid": alert.rule,
                "name": alert.rule,
                "version": alert.rule_version.to_string(),
                "type_id": 1,
                "type": "Rule",
            },
            "attacks": attacks,
            "related_events": related_event(alert),
        },
        "evidences": [{
            "src_endpoint": endpoint::network_endpoint(location),
            "actor": { "user": { "uid": alert.user_id }, "session": { "uid": alert.session_id } },
        }],
        "resources": [resource(alert)],
        "device": endpoint::device(device, location),
        "unmapped": {
            "action_taken": alert.action_taken().as_str_name(),
            "action_recommended": alert.action_recommended().as_str_name(),
            "audit_only": alert.audit_only,
        },
    }))
}

/// Returns the location of an observation.
fn location(observed: &Observation) -> Location {
    Location {
        ip: observed.ip.clone(),
        country: observed.country.clone(),
        city: observed.city.clone(),
        latitude: observed.latitude,
        longitude: observed.longitude,
        accuracy_radius_km: observed.accuracy_radius_km,
        asn: observed.asn,
        network: observed.network.clone(),
        ..Location::default()
    }
}

/// Returns the event in which it was found.
fn related_event(alert: &Alert) -> Vec<Value> {
    if alert.audit_event_id.is_empty() { Vec::new() } else { vec![json!({ "uid": alert.audit_event_id })] }
}

/// Returns the session or the user that the finding is about.
fn resource(alert: &Alert) -> Value {
    if alert.session_id.is_empty() {
        json!({ "uid": alert.user_id, "type": if alert.user_id.is_empty() { "" } else { "user" } })
    } else {
        json!({ "uid": alert.session_id, "type": "session" })
    }
}

const fn severity_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Unspecified => "Unknown",
        Severity::Info => "Informational",
        Severity::Low => "Low",
        Severity::Medium => "Medium",
        Severity::High => "High",
        Severity::Critical => "Critical",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn an_alert_is_a_finding_with_its_evidence() {
        let current = Observation { ip: "192.0.2.7".to_owned(), country: "BR".to_owned(), ..Observation::default() };
        let alert = Alert {
            alert_id: "5c1f7e0a-55b3-8d58-9a3e-2f0e6c1f2b7d".to_owned(),
            rule: "NEW_COUNTRY".to_owned(),
            severity: Severity::High.into(),
            user_id: "ann".to_owned(),
            session_id: "s".to_owned(),
            reason_admin: "Login from BR".to_owned(),
            mitre_techniques: vec!["T1078".to_owned()],
            current: Some(current),
            ..Alert::default()
        };
        let finding = detection_finding(&alert);
        assert_eq!((&finding["class_uid"], &finding["type_uid"]), (&2004.into(), &200_401.into()));
        assert_eq!((&finding["severity_id"], &finding["severity"]), (&4.into(), &"High".into()));
        assert_eq!(finding["finding_info"]["uid"], alert.alert_id);
        assert_eq!(finding["finding_info"]["attacks"][0]["technique"]["uid"], "T1078");
        assert_eq!(finding["evidences"][0]["src_endpoint"]["ip"], "192.0.2.7");
        assert_eq!(finding["resources"][0]["type"], "session");
        assert!(finding.get("device").is_none());
    }
}
