//! Tests that exported events are valid in the schema.
//!
//! The requirements are those of <https://github.com/ocsf/ocsf-schema> at the tag 1.8.0: `events/base_event.json`,
//! `events/iam/iam.json`, `events/iam/authentication.json` and `objects/`. Objects include the attributes of those
//! that they extend, and the class includes those of the profile `host`.

use prost_types::Timestamp;
use serde_json::{Value, json};

use super::authentication;
use crate::api::{self, AuditEvent, AuditEventKind, EndReason};

/// The schema of an object, as far as it concerns exported attributes.
struct ObjectSchema {
    name: &'static str,
    required: &'static [&'static str],
    at_least_one: &'static [&'static str],
    optional: &'static [&'static str],
    /// Attributes that are objects or lists of objects, with the name of the object.
    objects: &'static [(&'static str, &'static str)],
}

const CLASS: &str = "authentication";

const SCHEMA: [ObjectSchema; 14] = [
    ObjectSchema {
        name: CLASS,
        required: &["activity_id", "category_uid", "class_uid", "metadata", "severity_id", "time", "type_uid", "user"],
        at_least_one: &["service", "dst_endpoint"],
        optional: &[
            "activity_name",
            "actor",
            "auth_factors",
            "category_name",
            "class_name",
            "device",
            "http_request",
            "is_mfa",
            "is_new_logon",
            "is_remote",
            "message",
            "session",
            "severity",
            "src_endpoint",
            "status",
            "status_code",
            "status_detail",
            "status_id",
            "type_name",
            "unmapped",
        ],
        objects: &[
            ("metadata", "metadata"),
            ("user", "user"),
            ("service", "service"),
            ("actor", "actor"),
            ("auth_factors", "auth_factor"),
            ("device", "device"),
            ("http_request", "http_request"),
            ("session", "session"),
            ("src_endpoint", "network_endpoint"),
        ],
    },
    ObjectSchema {
        name: "metadata",
        required: &["product", "version"],
        at_least_one: &[],
        optional: &["correlation_uid", "event_code", "log_name", "logged_time", "profiles", "tenant_uid", "uid"],
        objects: &[("product", "product")],
    },
    ObjectSchema {
        name: "product",
        required: &[],
        at_least_one: &["name", "uid"],
        optional: &["vendor_name", "version"],
        objects: &[],
    },
    ObjectSchema {
        name: "user",
        required: &[],
        at_least_one: &["account", "name", "uid"],
        optional: &["type", "type_id"],
        objects: &[],
    },
    ObjectSchema { name: "service", required: &[], at_least_one: &["name", "uid"], optional: &[], objects: &[] },
    ObjectSchema {
        name: "actor",
        required: &[],
        at_least_one: &["process", "user", "invoked_by", "session", "app_name", "app_uid"],
        optional: &[],
        objects: &[("user", "user")],
    },
    ObjectSchema {
        name: "auth_factor",
        required: &["factor_type_id"],
        at_least_one: &[],
        optional: &["factor_type"],
        objects: &[],
    },
    ObjectSchema {
        name: "device",
        required: &["type_id"],
        at_least_one: &["ip", "uid", "name", "hostname", "instance_uid", "interface_uid", "interface_name"],
        optional: &["os", "type"],
        objects: &[("os", "os")],
    },
    ObjectSchema { name: "os", required: &["name", "type_id"], at_least_one: &[], optional: &["type"], objects: &[] },
    ObjectSchema { name: "http_request", required: &[], at_least_one: &[], optional: &["user_agent"], objects: &[] },
    ObjectSchema {
        name: "session",
        required: &[],
        at_least_one: &[],
        optional: &["created_time", "expiration_reason", "expiration_time", "is_remote", "uid"],
        objects: &[],
    },
    ObjectSchema {
        name: "network_endpoint",
        required: &[],
        at_least_one: &[
            "ip",
            "uid",
            "name",
            "hostname",
            "svc_name",
            "instance_uid",
            "interface_uid",
            "interface_name",
            "domain",
        ],
        optional: &["autonomous_system", "location"],
        objects: &[("autonomous_system", "autonomous_system"), ("location", "location")],
    },
    ObjectSchema {
        name: "autonomous_system",
        required: &[],
        at_least_one: &["number", "name"],
        optional: &[],
        objects: &[],
    },
    ObjectSchema {
        name: "location",
        required: &[],
        at_least_one: &["city", "country", "postal_code", "region"],
        optional: &["lat", "long"],
        objects: &[],
    },
];

/// Returns the violations of `value` as the object `name` of the schema.
fn schema_violations(value: &Value, name: &str) -> Vec<String> {
    let schema = SCHEMA.iter().find(|object| object.name == name).expect("an object of the schema");
    let Some(members) = value.as_object() else { return vec![format!("{name} is not an object: {value}")] };
    let has = |attribute: &&&str| members.contains_key(**attribute);
    let mut faults: Vec<_> =
        schema.required.iter().filter(|a| !has(a)).map(|missing| format!("{name} has no {missing}")).collect();
    if !schema.at_least_one.is_empty() && !schema.at_least_one.iter().any(|attribute| has(&attribute)) {
        faults.push(format!("{name} has none of {:?}", schema.at_least_one));
    }
    for (attribute, value) in members {
        let known = [schema.required, schema.at_least_one, schema.optional].concat();
        if !known.contains(&attribute.as_str()) {
            faults.push(format!("{name} has no attribute {attribute}"));
        }
        let Some((_, object)) = schema.objects.iter().find(|(name, _)| name == attribute) else { continue };
        let one = std::slice::from_ref(value);
        faults.extend(
            value.as_array().map_or(one, Vec::as_slice).iter().flat_map(|value| self::schema_violations(value, object)),
        );
    }
    faults
}

fn full_event(kind: AuditEventKind) -> AuditEvent {
    let at = |seconds| Some(Timestamp { seconds, nanos: 5_000_000 });
    AuditEvent {
        event_id: "6f1c2a9e-0000-4000-8000-000000000001".to_owned(),
        kind: kind.into(),
        tenant_id: "acme".to_owned(),
        user_id: "ann".to_owned(),
        session_id: "abc".to_owned(),
        occurred_at: at(1_700_000_000),
        recorded_at: at(1_700_000_001),
        end_reason: EndReason::IdleTimeout.into(),
        auth_event_kind: api::AuthEventKind::PasswordFailed.into(),
        reason: "why".to_owned(),
        actor: "bob".to_owned(),
        caller: "login".to_owned(),
        request_id: "r".to_owned(),
        device: Some(api::Device {
            device_id: "d".to_owned(),
            name: "Safari on iPhone".to_owned(),
            r#type: api::DeviceType::Mobile.into(),
            browser: "Safari".to_owned(),
            os: "iOS".to_owned(),
            user_agent: "Mozilla/5.0".to_owned(),
            first_seen: true,
        }),
        location: Some(api::Location {
            ip: "192.0.2.1".to_owned(),
            country: "BR".to_owned(),
            city: "São Paulo".to_owned(),
            latitude: -23.5,
            longitude: -46.6,
            accuracy_radius_km: 20,
            asn: 64_500,
            network: "Example Net".to_owned(),
            ..api::Location::default()
        }),
        policy: "default".to_owned(),
        auth_methods: ["pwd", "otp", "mfa"].map(str::to_owned).into(),
        assurance_level: 2,
        revision: 1,
        changed_fields: vec!["roles".to_owned()],
        operation_id: "o".to_owned(),
        denied_tokens: vec!["jti:7f3e".to_owned()],
        alert_id: "6f1c2a9e-0000-8000-8000-000000000002".to_owned(),
        alert_verdict: api::AlertVerdict::WasNotMe.into(),
        webhook: "siem".to_owned(),
        webhook_action: "added".to_owned(),
    }
}

/// Returns an event as it is after its user was erased.
fn erased_event(kind: AuditEventKind) -> AuditEvent {
    AuditEvent { kind: kind.into(), occurred_at: Some(Timestamp { seconds: 1, nanos: 0 }), ..AuditEvent::default() }
}

fn kinds() -> impl Iterator<Item = AuditEventKind> {
    (0..).map_while(|number| AuditEventKind::try_from(number).ok())
}

#[test]
fn every_kind_of_event_is_valid_in_the_schema() {
    for event in kinds().flat_map(|kind| [full_event(kind), erased_event(kind)]) {
        let exported = authentication(&event);
        assert_eq!(schema_violations(&exported, self::CLASS), Vec::<String>::new(), "{exported:#}");
        let activity = exported["activity_id"].as_u64().expect("a number");
        assert_eq!(exported["type_uid"], json!(300_200 + activity));
        assert_eq!((&exported["class_uid"], &exported["category_uid"]), (&json!(3002), &json!(3)));
        assert!(activity != 99 || exported["activity_name"].is_string(), "{exported:#}");
    }
}

#[test]
fn what_the_schema_demands_is_missed() {
    let mut exported = authentication(&full_event(AuditEventKind::SessionCreated));
    exported["metadata"]["product"] = json!({ "version": "1" });
    exported.as_object_mut().expect("an object").remove("service");
    exported["device"]["colour"] = json!("red");
    let faults = schema_violations(&exported, self::CLASS);
    assert_eq!(faults.len(), 3, "{faults:?}");
}

#[test]
fn a_sign_in_is_a_logon() {
    let exported = authentication(&full_event(AuditEventKind::SessionCreated));
    assert_eq!((&exported["activity_id"], &exported["status"]), (&json!(1), &json!("Success")));
    assert_eq!(exported["time"], json!(1_700_000_000_005_u64));
    assert_eq!(exported["metadata"]["logged_time"], json!(1_700_000_001_005_u64));
    assert_eq!(exported["metadata"]["version"], "1.8.0");
    assert_eq!(exported["session"]["created_time"], exported["time"]);
    assert_eq!(exported["src_endpoint"]["location"]["country"], "BR");
    assert_eq!((&exported["device"]["type_id"], &exported["device"]["os"]["type_id"]), (&json!(5), &json!(301)));
    assert_eq!((&exported["is_mfa"], &exported["is_new_logon"]), (&json!(true), &json!(true)));
    let factors = exported["auth_factors"].as_array().expect("a list");
    let factors: Vec<_> = factors.iter().map(|factor| &factor["factor_type_id"]).collect();
    assert_eq!(factors, [&json!(11), &json!(7)]);
    assert_eq!((&exported["actor"]["user"]["uid"], &exported["actor"]["app_name"]), (&json!("bob"), &json!("login")));
    assert_eq!(exported["unmapped"]["assurance_level"], json!(2));
}

#[test]
fn an_ending_is_a_logoff_and_a_failed_sign_in_a_logon_that_failed() {
    let ended = authentication(&full_event(AuditEventKind::SessionEnded));
    assert_eq!((&ended["type_uid"], &ended["status_code"]), (&json!(300_202), &json!("END_REASON_IDLE_TIMEOUT")));
    assert_eq!(ended["session"]["expiration_reason"], "idle timeout");
    let failed = authentication(&full_event(AuditEventKind::AuthFailed));
    assert_eq!((&failed["type_uid"], &failed["status_id"]), (&json!(300_201), &json!(2)));
    assert_eq!(
        (&failed["severity"], &failed["status_code"]),
        (&json!("Low"), &json!("AUTH_EVENT_KIND_PASSWORD_FAILED"))
    );
    let answered = authentication(&full_event(AuditEventKind::AlertAcknowledged));
    assert_eq!((&answered["severity"], &answered["status_code"]), (&json!("High"), &json!("ALERT_VERDICT_WAS_NOT_ME")));
    let rotated = authentication(&full_event(AuditEventKind::SessionRotated));
    assert_eq!((&rotated["type_uid"], &rotated["activity_name"]), (&json!(300_299), &json!("session rotated")));
}

#[test]
fn nobody_is_named_who_was_forgotten() {
    let exported = authentication(&erased_event(AuditEventKind::SessionEnded));
    assert_eq!(exported["user"], json!({ "name": "Unknown", "type_id": 0, "type": "Unknown" }));
    for absent in ["actor", "device", "src_endpoint", "http_request", "session"] {
        assert_eq!(exported.get(absent), None);
    }
}
