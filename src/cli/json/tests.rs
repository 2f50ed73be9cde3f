//! Tests that the mapping is complete and that its documents cannot control a terminal.

use std::collections::BTreeSet;

use prost::Message as _;
use prost_types::{Duration, FileDescriptorSet, Struct, Timestamp};
use serde_json::Value;

use super::{alert::AlertJson, *};
use crate::api::{self, alert::Detail, validate_response::Outcome};

/// Returns the field names of a message in the contract. Of a `oneof`, only the field that `json` has is included.
fn fields(message: &str, json: &Value) -> BTreeSet<String> {
    let contract = FileDescriptorSet::decode(api::DESCRIPTORS).expect("the contract");
    let mut messages = contract.file.iter().flat_map(|file| &file.message_type);
    let message = messages.find(|found| found.name() == message).expect("a message of the contract");
    let is_there = |name: &str| json.get(name).is_some();
    let fields = message.field.iter().filter(|field| field.oneof_index.is_none() || is_there(field.name()));
    fields.map(|field| field.name().to_owned()).collect()
}

#[track_caller]
fn assert_complete(message: &str, json: &Value) {
    let names: BTreeSet<_> = json.as_object().expect("an object").keys().cloned().collect();
    assert_eq!(names, fields(message, json), "{message}");
}

const TIME: Option<Timestamp> = Some(Timestamp { seconds: 1, nanos: 0 });
const SPAN: Option<Duration> = Some(Duration { seconds: 1, nanos: 0 });

fn session() -> api::Session {
    api::Session {
        data: Some(Struct::default()),
        device: Some(api::Device::default()),
        location: Some(api::Location::default()),
        created_at: TIME,
        authenticated_at: TIME,
        last_active_at: TIME,
        idle_expires_at: TIME,
        expires_at: TIME,
        ..api::Session::default()
    }
}

fn alert(detail: Detail) -> api::Alert {
    let seen =
        api::Observation { device: Some(api::Device::default()), observed_at: TIME, ..api::Observation::default() };
    api::Alert {
        event_time: TIME,
        detected_time: TIME,
        current: Some(seen.clone()),
        previous: Some(seen),
        detail: Some(detail),
        ..api::Alert::default()
    }
}

fn json_of(answer: &impl Serialize) -> Value {
    serde_json::to_value(answer).expect("JSON")
}

#[test]
fn every_field_of_a_session_is_there() {
    let answer = api::CreateResponse {
        session: Some(session()),
        ended: vec![api::EndedSession::default()],
        ..api::CreateResponse::default()
    };
    let json = json_of(&CreateResponseJson::from(&answer));
    assert_complete("CreateResponse", &json);
    assert_complete("EndedSession", &json["ended"][0]);
    assert_complete("Session", &json["session"]);
    assert_complete("Device", &json["session"]["device"]);
    assert_complete("Location", &json["session"]["location"]);
}

#[test]
fn every_field_of_a_verdict_is_there() {
    let rejection = api::Rejection { ended_at: TIME, required_max_auth_age: SPAN, ..api::Rejection::default() };
    for outcome in [Outcome::Session(session()), Outcome::Rejection(rejection)] {
        let answer = api::ValidateResponse {
            outcome: Some(outcome),
            as_of: TIME,
            cache_ttl: SPAN,
            ..api::ValidateResponse::default()
        };
        let json = json_of(&ValidateResponseJson::from(&answer));
        assert_complete("ValidateResponse", &json);
        if let Some(rejection) = json.get("rejection") {
            assert_complete("Rejection", rejection);
        }
    }
}

#[test]
fn every_field_of_the_other_answers_is_there() {
    assert_complete(
        "UpdateResponse",
        &json_of(&UpdateResponseJson::from(&api::UpdateResponse { session: Some(session()) })),
    );
    assert_complete("ListResponse", &json_of(&ListResponseJson::from(&api::ListResponse::default())));
    assert_complete("RevokeResponse", &json_of(&RevokeResponseJson::from(&api::RevokeResponse::default())));
    assert_complete("RevokeAllResponse", &json_of(&RevokeAllResponseJson::from(&api::RevokeAllResponse::default())));
    assert_complete("PurgeResponse", &json_of(&PurgeResponseJson::from(&api::PurgeResponse::default())));
}

#[test]
fn every_field_of_what_the_audit_database_knows_is_there() {
    let entry = api::SessionEntry { session: Some(session()), ended_at: TIME, ..api::SessionEntry::default() };
    assert_complete("SessionEntry", &json_of(&SessionEntryJson::from(&entry)));
    let event = api::AuditEvent {
        occurred_at: TIME,
        recorded_at: TIME,
        device: Some(api::Device::default()),
        location: Some(api::Location::default()),
        ..api::AuditEvent::default()
    };
    assert_complete("AuditEvent", &json_of(&AuditEventJson::from(&event)));
    let answer = api::RevokeWhereResponse { complete_until: TIME, ..api::RevokeWhereResponse::default() };
    assert_complete("RevokeWhereResponse", &json_of(&RevokeWhereResponseJson::from(&answer)));
    let retained = api::RetainedRecords { until: TIME, ..api::RetainedRecords::default() };
    let answer = api::ForgetUserResponse { retained: vec![retained], ..api::ForgetUserResponse::default() };
    let json = json_of(&ForgetUserResponseJson::from(&answer));
    assert_complete("ForgetUserResponse", &json);
    assert_complete("RetainedRecords", &json["retained"][0]);
}

#[test]
fn every_field_of_the_counts_is_there() {
    let answer = api::GetStatsResponse {
        series: vec![api::StatsPoint { start: TIME, ..api::StatsPoint::default() }],
        logins_by_country: vec![api::StatsCount::default()],
        logins_by_device_type: vec![api::DeviceTypeCount::default()],
        logins_by_browser: vec![api::StatsCount::default()],
        session_durations: vec![api::DurationQuantile { quantile: 0.5, value: SPAN }],
        endings_by_reason: vec![api::EndReasonCount::default()],
        failed_logins_by_kind: vec![api::AuthEventCount::default()],
        complete_until: TIME,
        ..api::GetStatsResponse::default()
    };
    let json = json_of(&GetStatsResponseJson::from(&answer));
    assert_complete("GetStatsResponse", &json);
    for (name, message) in [
        ("series", "StatsPoint"),
        ("logins_by_country", "StatsCount"),
        ("logins_by_device_type", "DeviceTypeCount"),
        ("logins_by_browser", "StatsCount"),
        ("session_durations", "DurationQuantile"),
        ("endings_by_reason", "EndReasonCount"),
        ("failed_logins_by_kind", "AuthEventCount"),
    ] {
        assert_complete(message, &json[name][0]);
    }
}

#[test]
fn every_field_of_an_alert_is_there() {
    let travel = api::TravelDetail { elapsed: SPAN, ..api::TravelDetail::default() };
    let novelty = api::NoveltyDetail { previous_login_at: TIME, ..api::NoveltyDetail::default() };
    let volume = api::VolumeDetail { window: SPAN, ..api::VolumeDetail::default() };
    let replay = api::ReplayDetail { invalid_since: TIME, presented_at: TIME, ..api::ReplayDetail::default() };
    for (name, message, detail) in [
        ("travel", "TravelDetail", Detail::Travel(travel)),
        ("novelty", "NoveltyDetail", Detail::Novelty(novelty)),
        ("volume", "VolumeDetail", Detail::Volume(volume)),
        ("replay", "ReplayDetail", Detail::Replay(replay)),
    ] {
        let json = json_of(&AlertJson::from(&alert(detail)));
        assert_complete("Alert", &json);
        assert_complete("Observation", &json["current"]);
        assert_complete(message, &json[name]);
    }
}

#[test]
fn a_document_cannot_control_a_terminal_and_reads_back() {
    let text = "a\u{1b}\u{9b}\u{7f}\u{202e}é";
    let document = to_document(&text).expect("JSON");
    assert_eq!(document, "\"a\\u001b\\u009b\\u007f\\u202eé\"\n");
    assert_eq!(serde_json::from_str::<String>(&document).expect("text"), text);
}
