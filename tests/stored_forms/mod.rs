//! The stored form of everything that a later release must still read. Each form has a file in `golden`; the test decodes
//! it and encodes the same value again. If a test fails, stored data has changed its form: a release that reads only the
//! new form cannot take over the sessions of the last one.
//!
//! `UPDATE_STORED_FORMS=1` writes the files that do not exist yet. Files that exist never change.

mod redis_forms;

use std::{env, fmt::Debug, fs, path::PathBuf, time::Duration};

use data_encoding::HEXLOWER;
use session_authority::{
    alerts,
    domain::{
        Alert, AuditedJwt, Bucket, Cause, EndReason, EventId, JwtId, JwtIdDigest, LoginHistory, LostAnswer, Owner,
        Record, Rotation, RotationRules, SecretHash, SessionClock, SessionId, TenantId, UnixMillis, UserHandle, UserId,
        alert::{
            AlertAction, AlertEvidence, AlertGroupPosition, AlertId, ClientObservation, NotificationContact,
            NotificationEmail, NoveltyEvidence, NoveltyKind, ReplayEvidence, Severity, TravelEvidence, VolumeEvidence,
        },
        event::RevocationScope,
        history::{LoginHours, NetworkPrefix, RecentValues, RememberedValue, UnconfirmedLogin, Visit},
        location::GeoPosition,
    },
    store::{
        AlertPosition, Backlog,
        background::{NodeHealth, NodeReport, Release},
        record::{self, Generation},
    },
};

const NOW: UnixMillis = UnixMillis::new(1_700_000_000_123);
const HOUR: UnixMillis = UnixMillis::new(1_699_999_200_000);
const SESSION: SessionId = SessionId { handle: UserHandle([7; 12]), unique: [2; 8] };

#[test]
fn session_records_keep_their_form() {
    check(
        "session_record",
        &(Record::sample(), 5),
        |(record, generation): &(Record, Generation)| record::encode(record, *generation).expect("a record"),
        |bytes| record::decode(bytes).expect("a record"),
    );
}

#[test]
fn rotated_session_records_keep_their_form() {
    let rotation = Rotation {
        number: 3,
        at: NOW,
        grace: Duration::from_secs(10),
        is_presented: true,
        accepts_previous: true,
        repeats: false,
        previous: SecretHash([8; 32]),
        first: SecretHash([7; 32]),
    };
    let rotation_rules = RotationRules {
        grace: Duration::from_secs(5),
        lost_answer: LostAnswer::Refuse,
        max_age: Some(Duration::from_mins(15)),
        is_required: true,
    };
    let record = Record { rotation: Some(rotation), rotation_rules, ..Record::sample() };
    check(
        "rotated_session_record",
        &(record, 5),
        |(record, generation): &(Record, Generation)| record::encode(record, *generation).expect("a record"),
        |bytes| record::decode(bytes).expect("a record"),
    );
}

#[test]
fn contacts_of_sessions_and_alerts_keep_their_form() {
    let contact = NotificationContact { email: "ann@example.org".to_owned(), locale: "pt-BR".to_owned() };
    let record = Record { contact: contact.clone(), ..Record::sample() };
    check(
        "session_record_with_contact",
        &(record, 5),
        |(record, generation): &(Record, Generation)| record::encode(record, *generation).expect("a record"),
        |bytes| record::decode(bytes).expect("a record"),
    );
    let replay =
        ReplayEvidence { reason: EndReason::TokenReused, invalid_since: HOUR, presented_at: NOW, presented_count: 1 };
    let alert = Alert { contact, ..alert(AlertEvidence::Replay(replay)) };
    check("alert_with_contact", &alert, record::encode_alert, |bytes| record::decode_alert(bytes).expect("an alert"));
}

#[test]
fn session_clocks_keep_their_form() {
    let clock = SessionClock {
        last_active: NOW,
        idle_timeout: Duration::from_hours(4),
        idle_margin: Duration::from_secs(66),
        expires_at: NOW.plus(Duration::from_hours(720)),
        device: [1, 2, 3, 4, 5, 6, 7, 8],
    };
    check(
        "session_clock",
        &(clock, 5),
        |(clock, generation)| record::encode_clock(clock, *generation).to_vec(),
        |bytes| record::decode_clock(bytes).expect("a clock"),
    );
}

#[test]
fn causes_keep_their_form() {
    let cause = Cause {
        reason: "left the company".to_owned(),
        actor: "admin:eve".to_owned(),
        caller: "back-office".to_owned(),
        request_id: "request-1".to_owned(),
        operation_id: "operation-1".to_owned(),
        changed_fields: vec!["email".to_owned(), "roles".to_owned()],
    };
    check("cause", &cause, record::encode_cause, |bytes| record::decode_cause(bytes).expect("a cause"));
}

#[test]
fn denied_jwts_keep_their_form() {
    let id = JwtId::new("7f3e").expect("an ID");
    let jwts = vec![AuditedJwt::Digest(JwtIdDigest([9; 16])), AuditedJwt::Id(id)];
    check(
        "denied_jwts",
        &jwts,
        |jwts| record::encode_denied_jwts(jwts.iter()),
        |bytes| record::decode_denied_jwts(bytes).expect("JWTs"),
    );
}

#[test]
fn login_histories_keep_their_form() {
    let visit = Visit {
        at: NOW,
        country: Some(*b"BR"),
        position: Some(GeoPosition { latitude: -23.5, longitude: -46.5, accuracy_radius_km: 20 }),
        asn: 64_500,
        network: Some(NetworkPrefix::from_ip("2001:db8::7".parse().expect("an address"))),
    };
    let elsewhere = Visit {
        country: None,
        position: None,
        network: Some(NetworkPrefix::from_ip("192.0.2.7".parse().expect("an address"))),
        ..visit
    };
    let history = LoginHistory {
        logins: 12,
        first_login: Some(HOUR),
        last_login: Some(NOW),
        countries: [*b"BR", *b"PT"]
            .map(|value| RememberedValue { value, at: HOUR, since: HOUR, login: 12 })
            .into_iter()
            .collect(),
        devices: [[1, 2, 3, 4, 5]]
            .map(|value| RememberedValue { value, at: HOUR, since: HOUR, login: 9 })
            .into_iter()
            .collect(),
        networks: RecentValues::default(),
        visits: vec![visit, elsewhere],
        unconfirmed: vec![UnconfirmedLogin { session: [2; 8], device: [9, 8, 7, 6, 5], visit }],
        hours: LoginHours::default(),
        last_anonymous_login: None,
    };
    let decode = |bytes: &[u8]| record::decode_history(bytes).expect("a history");
    check("login_history", &history, record::encode_history, decode);
    let hours = LoginHours::new(std::array::from_fn(|hour| if hour == 9 { 12 } else { 0 }));
    let history = LoginHistory { hours, last_anonymous_login: Some(NOW), ..history };
    check("login_history_with_hours", &history, record::encode_history, decode);
    let networks = [[4, 3, 2, 1]].map(|value| RememberedValue { value, at: HOUR, since: HOUR, login: 11 });
    let history = LoginHistory { networks: networks.into_iter().collect(), ..history };
    check("login_history_with_networks", &history, record::encode_history, decode);
}

#[test]
fn alerts_keep_their_form() {
    let evidence = [
        (
            "alert_travel",
            AlertEvidence::Travel(TravelEvidence {
                distance_km: 9559.0,
                effective_distance_km: 9449.0,
                elapsed: Duration::from_hours(1),
                speed_kmh: 9449.0,
                max_speed_kmh: 900.0,
                min_distance_km: 100.0,
            }),
        ),
        (
            "alert_novelty",
            AlertEvidence::Novelty(NoveltyEvidence {
                kind: NoveltyKind::Country,
                value: "JP".to_owned(),
                known_values: vec!["BR".to_owned(), "PT".to_owned()],
                known_logins: 12,
                previous_login_at: Some(HOUR),
            }),
        ),
        (
            "alert_volume",
            AlertEvidence::Volume(VolumeEvidence {
                count: 3,
                threshold: 3,
                window: Duration::from_hours(1),
                distinct_users: 1,
                distinct_networks: 2,
                distinct_devices: 3,
            }),
        ),
        (
            "alert_replay",
            AlertEvidence::Replay(ReplayEvidence {
                reason: EndReason::Revoked,
                invalid_since: HOUR,
                presented_at: NOW,
                presented_count: 4,
            }),
        ),
    ];
    for (name, detail) in evidence {
        let alert = alert(detail);
        check(name, &alert, record::encode_alert, |bytes| record::decode_alert(bytes).expect("an alert"));
    }
}

fn alert(detail: AlertEvidence) -> Alert {
    let event = EventId([3; 16]);
    Alert {
        id: AlertId::new("IMPOSSIBLE_TRAVEL", event),
        tenant: TenantId::new("acme").expect("a tenant"),
        rule: "IMPOSSIBLE_TRAVEL".to_owned(),
        rule_version: 2,
        severity: Severity::High,
        event_time: HOUR,
        detected_time: NOW,
        user: Some(UserId::new("ann").expect("a user")),
        email: NotificationEmail("ann@example.com".to_owned()),
        contact: NotificationContact::default(),
        acknowledgement: None,
        session: Some(SESSION),
        device_id: "phone-1".to_owned(),
        current: ClientObservation::from_login(&Record::sample()),
        previous: Some(ClientObservation { at: HOUR, ..ClientObservation::default() }),
        action_taken: AlertAction::None,
        action_recommended: AlertAction::RevokeSession,
        audit_only: true,
        detail: Some(detail),
        reason_admin: "for the administrator".to_owned(),
        reason_user: "for the user".to_owned(),
        mitre_techniques: vec!["T1078".to_owned()],
        dedup_key: "IMPOSSIBLE_TRAVEL:ann".to_owned(),
        dedup_count: 2,
        event: Some(event),
        group: Some(AlertGroupPosition { position: 1, size: 2 }),
    }
}

#[test]
fn owners_and_scopes_keep_their_form() {
    let owner = Owner::new("acme", "ann").expect("an owner");
    check("owner", &owner, Owner::to_bytes, |bytes| Owner::from_bytes(bytes).expect("an owner"));
    let tenant = RevocationScope::Tenant(owner.tenant.clone());
    for (name, scope) in [
        ("scope_user", RevocationScope::User(owner)),
        ("scope_tenant", tenant),
        ("scope_everyone", RevocationScope::Everyone),
    ] {
        check(name, &scope, RevocationScope::to_bytes, |bytes| RevocationScope::from_bytes(bytes).expect("a scope"));
    }
}

#[test]
fn node_reports_keep_their_form() {
    let report = NodeReport {
        is_available: true,
        buckets: [0, 1, 255].map(Bucket).into_iter().collect(),
        backlog: Backlog { events: 4, oldest: Some(HOUR) },
        written_until: Some(NOW),
        findings: Backlog { events: 0, oldest: None },
        archived: Some(AlertPosition { major: 1_700_000_000_123, minor: 2 }),
        swept_until: Some(HOUR),
        health: None,
    };
    let parse = |bytes: &[u8]| NodeReport::parse(std::str::from_utf8(bytes).expect("a text")).expect("a report");
    check("node_report", &report, |report| report.to_string().into_bytes(), parse);
    let health = Some(NodeHealth {
        release: Release { major: 1, minor: 20, patch: 3 },
        started_at: HOUR,
        failed_checks: 0b10,
        degraded_checks: 1 << 10,
        clock_skew: Some(Duration::from_millis(12)),
        lease_age: None,
    });
    let with_health = NodeReport { health, ..report };
    check("node_report_with_health", &with_health, |report| report.to_string().into_bytes(), parse);
}

/// Consumers keep cursors.
#[test]
fn alert_cursors_keep_their_form() {
    let position = AlertPosition { major: 1_700_000_000_123, minor: 2 };
    let decode =
        |bytes: &[u8]| alerts::decode("cursor", std::str::from_utf8(bytes).expect("a text")).expect("a cursor");
    check("alert_cursor", &position, |position| alerts::encode(*position).into_bytes(), decode);
    let parse = |bytes: &[u8]| std::str::from_utf8(bytes).expect("a text").parse().expect("a position");
    check("alert_position", &position, |position| position.to_string().into_bytes(), parse);
}

/// Requires the golden bytes of the form to decode to `value`, and what they decode to to have these bytes.
fn check<T: Debug + PartialEq>(name: &str, value: &T, encode: impl Fn(&T) -> Vec<u8>, decode: impl Fn(&[u8]) -> T) {
    let golden = golden(name, &encode(value));
    let decoded = decode(&golden);
    assert_eq!(&decoded, value, "{name} is decoded as another value");
    assert_eq!(HEXLOWER.encode(&encode(&decoded)), HEXLOWER.encode(&golden), "{name} is encoded in another form");
}

/// Returns the golden bytes of a form. With `UPDATE_STORED_FORMS` set, writes them if there are none.
fn golden(name: &str, encoded: &[u8]) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/stored_forms/golden/{name}.hex"));
    if !path.exists() && env::var_os("UPDATE_STORED_FORMS").is_some() {
        let digits = HEXLOWER.encode(encoded).into_bytes();
        let lines: Vec<_> = digits.chunks(64).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
        fs::write(&path, lines.join("\n") + "\n").expect("a golden file");
    }
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    HEXLOWER.decode(text.replace('\n', "").as_bytes()).expect("hexadecimal digits")
}
