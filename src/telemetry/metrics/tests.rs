use std::{collections::HashSet, time::Duration};

use super::{
    calls::{CallLabels, MethodLabel, StatusCode},
    geo::{DatabaseReload, DatabaseState, GeoLookupOutcome},
    readiness::ReadinessLabels,
    store::{StoreFailure, StoreFailureLabels},
    *,
};
use crate::{
    authority::observer::AuthorityObserver,
    callers::{AuthError, CallersReloadOutcome},
    domain::{Bucket, EndReason, RejectReason},
    geo::mmdb::{DatabaseKind, DatabaseReloadOutcome},
    near_cache::source::Invalidation,
    store::{Backlog, StoreError},
    tls::HandshakeFailure,
    transport::{
        grpc::{
            call::{CallObserver, Code},
            methods::METHODS,
        },
        http::CheckState,
    },
};

const VALIDATE: &str = "session.v1.SessionService/Validate";

fn metrics() -> Metrics {
    Metrics::new(UnixMillis::new(1_700_000_000_500))
}

#[track_caller]
fn assert_line(text: &str, line: &str) {
    let line = format!("session_authority_{line}");
    assert!(text.lines().any(|have| have == line), "no line {line} in\n{text}");
}

fn assert_indexes<L: MetricLabel>() {
    for (index, label) in L::all().enumerate() {
        assert_eq!(label.index(), index);
    }
}

#[test]
fn every_label_has_its_index() {
    assert_indexes::<MethodLabel>();
    assert_indexes::<StatusCode>();
    assert_indexes::<CallLabels>();
    assert_indexes::<HandshakeFailure>();
    assert_indexes::<EndReason>();
    assert_indexes::<RejectReason>();
    assert_indexes::<StoreOperation>();
    assert_indexes::<StoreFailure>();
    assert_indexes::<StoreFailureLabels>();
    assert_indexes::<GeoLookupOutcome>();
    assert_indexes::<DatabaseReload>();
    assert_indexes::<DatabaseState>();
    assert_indexes::<DatabaseKind>();
    assert_indexes::<ReadinessCheck>();
    assert_indexes::<ReadinessLabels>();
    assert_indexes::<CertificateFile>();
}

#[test]
fn a_call_is_counted_by_method_and_code_once_it_has_ended() {
    let metrics = metrics();
    metrics.call_started();
    assert_line(&metrics.encode(), "grpc_calls_in_flight 1");
    metrics.call_finished(VALIDATE, Code::Ok, Duration::from_millis(1));
    let text = metrics.encode();
    assert_line(&text, "grpc_calls_in_flight 0");
    for (code, count) in [("OK", 1), ("UNAUTHENTICATED", 0)] {
        assert_line(&text, &format!("grpc_calls_total{{method=\"{VALIDATE}\",code=\"{code}\"}} {count}"));
    }
    assert_line(&text, &format!("grpc_call_duration_seconds_sum{{method=\"{VALIDATE}\"}} 0.001"));
}

#[test]
fn every_method_has_its_series_and_unknown_methods_share_one() {
    let metrics = metrics();
    metrics.call_finished("other", Code::Unimplemented, Duration::ZERO);
    let text = metrics.encode();
    for path in METHODS.iter().map(|method| method.path) {
        assert_line(&text, &format!("grpc_calls_total{{method=\"{path}\",code=\"UNAVAILABLE\"}} 0"));
    }
    assert_line(&text, "grpc_calls_total{method=\"other\",code=\"UNIMPLEMENTED\"} 1");
    assert_eq!(text.matches("code=\"OK\"").count(), MethodLabel::all().count());
}

#[test]
fn codes_have_their_standard_names() {
    let name = |code: Code| StatusCode::from(code).name();
    assert_eq!(name(Code::Ok), "OK");
    assert_eq!(name(Code::ResourceExhausted), "RESOURCE_EXHAUSTED");
    assert_eq!(name(Code::Unauthenticated), "UNAUTHENTICATED");
}

#[test]
fn durations_fall_into_the_bucket_that_holds_them() {
    let metrics = metrics();
    for micros in [100, 101, 5_000_000] {
        metrics.store.observe_call(StoreOperation::Load, Duration::from_micros(micros), None);
    }
    let text = metrics.encode();
    for (bound, count) in [("0.00005", 0), ("0.0001", 1), ("0.00025", 2), ("1.0", 2), ("+Inf", 3)] {
        assert_line(&text, &format!("store_call_duration_seconds_bucket{{le=\"{bound}\",operation=\"load\"}} {count}"));
    }
    assert_line(&text, "store_call_duration_seconds_sum{operation=\"load\"} 5.000201");
}

#[test]
fn each_concern_reports_what_happened() {
    let metrics = metrics();
    metrics.created();
    metrics.ended(EndReason::Evicted);
    metrics.accepted();
    metrics.rejected(RejectReason::Ended(EndReason::Revoked));
    metrics.touch_coalesced();
    metrics.touches_written(5);
    metrics.record_pending_touch_sessions(7);
    metrics.bucket_swept();
    metrics.auth_failed(AuthError::Expired);
    metrics.callers_reloaded(&CallersReloadOutcome::Unchanged);
    metrics.callers_reloaded(&CallersReloadOutcome::Replaced { credentials: 1 });
    metrics.caller_file_usable(true);
    metrics.record_readiness_check(ReadinessCheck::StoreWrites, CheckState::Failed);
    metrics.record_readiness_check(ReadinessCheck::StoreWrites, CheckState::Degraded);
    metrics.record_certificate_expiry(CertificateFile::Server, UnixMillis::new(9_999));
    let partial = StoreError::PartiallyApplied { reached: 1, total: 256 };
    metrics.store.observe_call(StoreOperation::RevokeMass, Duration::ZERO, Some(&partial));
    metrics.near_cache.change_received(Invalidation::Bucket(Bucket(7)));
    metrics.near_cache.tracking_changed(TrackingChange::Attached);
    metrics.record_outbox(Backlog { events: 3, oldest: Some(UnixMillis::new(1_000)) }, UnixMillis::new(3_500));
    metrics.record_relay(4, 1, true);
    metrics.record_audit_maintenance(Some(UnixMillis::new(7_500)), Duration::from_secs(90));
    metrics.record_clock_skew(Duration::from_millis(250));
    metrics.geo_looked_up(GeoLookupOutcome::Country);
    metrics.database_reloaded(&DatabaseReloadOutcome::Unchanged);
    metrics.database_reloaded(&DatabaseReloadOutcome::Rejected(String::new()));
    metrics.record_database_states(&[DatabaseState::Outdated, DatabaseState::Missing, DatabaseState::Outdated]);
    metrics.record_database_build_times(&[
        (DatabaseKind::Location, UnixMillis::new(7_000)),
        (DatabaseKind::Location, UnixMillis::new(5_999)),
    ]);
    let text = metrics.encode();
    for line in [
        "sessions_created_total 1",
        "sessions_ended_total{reason=\"evicted\"} 1",
        "validations_total{verdict=\"accepted\"} 1",
        "validations_total{verdict=\"rejected\"} 1",
        "validation_rejections_total{reason=\"revoked\"} 1",
        "touches_total{outcome=\"coalesced\"} 1",
        "touches_total{outcome=\"written\"} 5",
        "touches_pending_sessions 7",
        "sweep_buckets_total 1",
        "caller_auth_failures_total{reason=\"expired\"} 1",
        "caller_reloads_total{outcome=\"replaced\"} 1",
        "caller_reloads_total{outcome=\"rejected\"} 0",
        "caller_file_usable 1",
        "readiness_check_state{check=\"store_writes\",state=\"ok\"} 0",
        "readiness_check_state{check=\"store_writes\",state=\"degraded\"} 1",
        "readiness_check_state{check=\"store_writes\",state=\"failed\"} 0",
        "certificate_expiry_timestamp_seconds{file=\"server\"} 9",
        "certificate_expiry_timestamp_seconds{file=\"store_ca\"} 0",
        "store_call_failures_total{operation=\"revoke_mass\",kind=\"partial\"} 1",
        "near_cache_invalidations_total{kind=\"bucket\"} 1",
        "near_cache_tracking_changes_total{change=\"attached\"} 1",
        "near_cache_tracking_changes_total{change=\"detached\"} 0",
        "outbox_events 3",
        "outbox_oldest_event_age_seconds 2.5",
        "audit_relay_events_total 4",
        "audit_relay_dead_letters_total 1",
        "audit_relay_failing 1",
        "audit_maintenance_last_success_timestamp_seconds 7.5",
        "clock_skew_seconds 0.25",
        "geo_lookups_total{outcome=\"country\"} 1",
        "geo_database_reloads_total{outcome=\"replaced\"} 0",
        "geo_database_reloads_total{outcome=\"rejected\"} 1",
        "geo_databases{state=\"outdated\"} 2",
        "geo_databases{state=\"current\"} 0",
        "geo_database_build_timestamp_seconds{kind=\"location\"} 5",
        "geo_database_build_timestamp_seconds{kind=\"network\"} 0",
    ] {
        assert_line(&text, line);
    }
}

#[test]
fn the_text_is_complete_and_no_series_is_there_twice() {
    let text = metrics().encode();
    assert!(text.ends_with("# EOF\n"));
    assert!(text.contains("\nprocess_start_time_seconds 1700000000.5\n"));
    assert_line(&text, &format!("build_info{{version=\"{}\"}} 1", env!("CARGO_PKG_VERSION")));
    let mut seen = HashSet::new();
    for line in text.lines().filter(|line| !line.starts_with('#') || line.starts_with("# TYPE")) {
        let series = line.rsplit_once(' ').map_or(line, |(series, _)| series);
        assert!(seen.insert(series.to_owned()), "{series}");
    }
}

#[test]
fn counting_from_many_threads_loses_nothing() {
    let metrics = metrics();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..1_000 {
                    metrics.call_started();
                    metrics.call_finished(VALIDATE, Code::Ok, Duration::ZERO);
                }
            });
        }
    });
    let text = metrics.encode();
    assert_line(&text, "grpc_calls_in_flight 0");
    assert_line(&text, &format!("grpc_call_duration_seconds_count{{method=\"{VALIDATE}\"}} 4000"));
}
