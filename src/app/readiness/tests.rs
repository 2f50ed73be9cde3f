use super::{check_record::DEFAULT_VALIDITY, *};
use crate::{clock::ManualClock, domain::UnixMillis};

const REQUIRED_CHECKS: [ReadinessCheck; 4] =
    [ReadinessCheck::Store, ReadinessCheck::Clock, ReadinessCheck::Callers, ReadinessCheck::Certificates];

struct ReadinessFixture {
    clock: Arc<ManualClock>,
    readiness: Readiness,
}

impl ReadinessFixture {
    /// Creates a fixture in which every check has passed, with results that count for `good_for`.
    fn passing(good_for: Duration) -> Self {
        let clock = Arc::new(ManualClock::new(UnixMillis::new(1_000_000)));
        let metrics = Arc::new(Metrics::new(UnixMillis::new(0)));
        let scene = Self { readiness: Readiness::new(metrics, Arc::clone(&clock) as _), clock };
        for check in ReadinessCheck::all().filter(|check| *check != ReadinessCheck::Server) {
            scene.pass(check, good_for);
        }
        scene
    }

    fn pass(&self, check: ReadinessCheck, good_for: Duration) {
        self.readiness.record(check, CheckResult::new(CheckState::Ok, "fine").with_valid_for(good_for));
    }

    fn is_ready(&self) -> bool {
        self.readiness.evaluate();
        let is_ready = self.readiness.readiness().is_ready();
        assert_eq!(*self.readiness.subscribe().borrow(), is_ready, "gRPC health follows");
        is_ready
    }
}

#[test]
fn a_node_is_ready_once_every_check_that_decides_has_passed() {
    let clock = Arc::new(ManualClock::new(UnixMillis::new(1_000_000)));
    let readiness = Readiness::new(Arc::new(Metrics::new(UnixMillis::new(0))), Arc::clone(&clock) as _);
    let scene = ReadinessFixture { clock, readiness };
    for check in REQUIRED_CHECKS {
        assert!(!scene.is_ready(), "{} has not passed", check.name());
        scene.pass(check, DEFAULT_VALIDITY);
    }
    assert!(scene.is_ready());
    scene.readiness.drain();
    assert!(!scene.is_ready());
}

#[test]
fn a_check_that_hangs_makes_the_node_not_ready() {
    let scene = ReadinessFixture::passing(DEFAULT_VALIDITY);
    scene.clock.advance(DEFAULT_VALIDITY);
    assert!(scene.is_ready(), "its result still counts");
    // All checks but one continue.
    for check in ReadinessCheck::all().filter(|check| !matches!(check, ReadinessCheck::Server | ReadinessCheck::Store))
    {
        scene.pass(check, DEFAULT_VALIDITY);
    }
    scene.clock.advance(Duration::from_secs(1));
    assert!(!scene.is_ready());
    let report = scene.readiness.readiness().to_string();
    assert!(report.contains("store: failed: no result for 11 s, the check is stuck; last result: fine\n"), "{report}");
    assert!(report.contains("clock: ok: fine\n"), "{report}");
    assert!(scene.readiness.metrics().contains("readiness_check_state{check=\"store\",state=\"failed\"} 1\n"));
    scene.pass(ReadinessCheck::Store, DEFAULT_VALIDITY);
    assert!(scene.is_ready());
}

/// The counterpart: without ages, a stuck check goes unnoticed.
#[test]
fn without_ages_a_check_that_hangs_is_not_noticed() {
    let scene = ReadinessFixture::passing(Duration::MAX);
    scene.clock.advance(Duration::from_hours(1));
    assert!(scene.is_ready());
}

#[test]
fn what_sessions_do_without_degrades_a_node_and_no_more() {
    for check in
        ReadinessCheck::all().filter(|check| !REQUIRED_CHECKS.contains(check) && *check != ReadinessCheck::Server)
    {
        let scene = ReadinessFixture::passing(Duration::MAX);
        scene.pass(check, DEFAULT_VALIDITY);
        scene.clock.advance(DEFAULT_VALIDITY + Duration::from_secs(1));
        assert!(scene.is_ready());
        let report = scene.readiness.readiness().to_string();
        assert!(report.contains(&format!("{}: degraded: no result for 11 s", check.name())), "{report}");
    }
}

#[test]
fn an_old_failure_does_not_improve_with_age() {
    let scene = ReadinessFixture::passing(Duration::MAX);
    let failed = CheckResult::new(CheckState::Failed, "gone");
    scene.readiness.record(ReadinessCheck::Callers, failed);
    assert!(!scene.is_ready());
    scene.clock.advance(Duration::from_mins(1));
    assert!(!scene.is_ready());
}
