use std::sync::Arc;

use super::fixture::{AuthorityFixture, HOUR, MINUTE, SECOND, START, cause};
use crate::{
    authority::{DenialRequest, DenylistCheckRequest, DenylistChecker, clock_monitor::ClockMonitor},
    clock::{Clock, SystemClock},
    domain::{CallError, JwtId, TenantId, UnixMillis},
    store::DenialCounts,
};

fn denial(jwts: &[(&str, UnixMillis)]) -> DenialRequest {
    DenialRequest {
        tenant: TenantId::new("acme").expect("a tenant"),
        jwts: jwts.iter().map(|(id, expires_at)| (JwtId::new(id).expect("an ID"), *expires_at)).collect(),
        records_ids: false,
        cause: cause("stolen"),
    }
}

fn check(ids: &[&str]) -> DenylistCheckRequest {
    DenylistCheckRequest {
        tenant: TenantId::new("acme").expect("a tenant"),
        ids: ids.iter().map(|id| JwtId::new(id).expect("an ID")).collect(),
        strong: false,
    }
}

#[tokio::test]
async fn a_repeated_id_has_its_latest_expiry_and_every_id_is_counted() {
    let fixture = AuthorityFixture::new().await;
    let jwts = [("a", START.plus(MINUTE)), ("a", START.plus(HOUR)), ("b", START), ("a", START.minus(SECOND))];
    let counts = fixture.jwt_denier().deny(denial(&jwts)).await.expect("a denial");
    assert_eq!(counts, DenialCounts { denied: 1, already_denied: 1, expired: 2 });
    let verdicts = fixture.denylist_checker().check(check(&["b", "a"])).await.expect("verdicts");
    assert_eq!(verdicts.denied_until, [None, Some(START.plus(HOUR))]);
    assert!(fixture.take_change_signal(), "the event is relayed at once");
    let reported = fixture.observer.reported();
    assert_eq!((reported.denied_jwts, reported.denylist_verdicts), (1, (1, 1)));
}

#[tokio::test]
async fn a_jwt_can_be_denied_for_400_days() {
    let fixture = AuthorityFixture::new().await;
    let latest = START.plus(HOUR * 24 * 400);
    assert_eq!(fixture.jwt_denier().check_expiry(latest), Ok(()));
    let violation = fixture.jwt_denier().check_expiry(latest.plus(SECOND)).expect_err("too long");
    assert_eq!((&*violation.field, &*violation.description), ("expires_at", "is more than 400 days from now"));
}

#[tokio::test]
async fn a_node_whose_clock_was_not_compared_gives_no_verdict() {
    let fixture = AuthorityFixture::new().await;
    let clock_monitor = Arc::new(ClockMonitor::new(&SystemClock, SECOND));
    let checker = DenylistChecker { clock_monitor, ..fixture.denylist_checker() };
    assert!(matches!(checker.check(check(&["a"])).await, Err(CallError::StoreUnavailable(_))));
}

/// The node's clock decides whether a denial has ended, so an old comparison does not suffice.
#[tokio::test]
async fn a_denial_ends_only_by_a_clock_that_was_compared_recently() {
    let fixture = AuthorityFixture::new().await;
    fixture.jwt_denier().deny(denial(&[("a", START.plus(MINUTE))])).await.expect("a denial");
    let clock_monitor = Arc::new(ClockMonitor::new(&SystemClock, SECOND));
    let moment = fixture.clock.instant();
    clock_monitor.compare(moment, moment.wall_clock, moment);
    let checker = DenylistChecker { clock_monitor, ..fixture.denylist_checker() };
    fixture.clock.advance(MINUTE.saturating_sub(SECOND));
    assert!(checker.check(check(&["a"])).await.expect("a verdict").denied_until[0].is_some());
    fixture.clock.advance(SECOND);
    assert!(matches!(checker.check(check(&["a"])).await, Err(CallError::StoreUnavailable(_))));
    let moment = fixture.clock.instant();
    checker.clock_monitor.compare(moment, moment.wall_clock, moment);
    assert_eq!(checker.check(check(&["a"])).await.expect("a verdict").denied_until, [None]);
}
