//! The denylist: denials of JWTs, their ends and their bounds.

use std::time::Duration;

use session_authority::domain::{
    AuditedJwt, Bucket, DeniedJwt, Event, EventId, EventKind, EventSubject, JwtId, JwtIdDigest, TenantId, UnixMillis,
    limits::MAX_DENIALS_PER_BUCKET,
};
use session_authority::store::{DenialCounts, JwtDenial, StoreError};
use tokio::task::JoinSet;

use super::fixture::StoreFixture;
use super::users::{NOW, after, cause};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);

fn tenant(name: &str) -> TenantId {
    TenantId::new(name).expect("a tenant")
}

/// Returns a JWT of the tenant `acme`.
pub fn jwt(id: &str, expires_at: UnixMillis) -> DeniedJwt {
    let digest = JwtId::new(id).expect("an ID").digest(&tenant("acme"));
    DeniedJwt { digest, expires_at, recorded_id: None }
}

/// Returns a JWT whose denial is stored in `bucket`.
fn jwt_in(bucket: u8, number: u64, expires_at: UnixMillis) -> DeniedJwt {
    let mut digest = [bucket; JwtIdDigest::BYTES];
    digest[8..].copy_from_slice(&number.to_be_bytes());
    DeniedJwt { digest: JwtIdDigest(digest), expires_at, recorded_id: None }
}

/// Denies JWTs of the tenant `acme`. The event has `number` as its ID.
pub fn deny(jwts: Vec<DeniedJwt>, now: UnixMillis, number: u8) -> JwtDenial {
    JwtDenial { now, tenant: tenant("acme"), jwts, event: EventId([number; 16]), cause: cause("denied") }
}

const fn counts(denied: u32, already_denied: u32, expired: u32) -> DenialCounts {
    DenialCounts { denied, already_denied, expired }
}

/// Returns the time at which the denial of the JWT ends.
async fn denial_end(f: &StoreFixture, jwt: &DeniedJwt) -> Option<UnixMillis> {
    f.find_denials(&[jwt.digest]).await.expect("a look-up")[0]
}

pub async fn a_denied_jwt_is_found_with_the_time_of_its_expiry(f: StoreFixture) {
    let [denied, other] = ["a", "b"].map(|id| jwt(id, after(MINUTE)));
    assert_eq!(f.find_denials(&[denied.digest, other.digest]).await.expect("a look-up"), [None, None]);
    assert_eq!(f.deny(deny(vec![denied.clone()], NOW, 1)).await.expect("a denial"), counts(1, 0, 0));
    let found = f.find_denials(&[other.digest, denied.digest, denied.digest]).await.expect("a look-up");
    assert_eq!(found, [None, Some(after(MINUTE)), Some(after(MINUTE))], "in the order given");
    assert_eq!(f.find_denials(&[]).await.expect("a look-up"), []);
}

pub async fn jwts_of_many_buckets_are_denied_and_found_in_one_call_each(f: StoreFixture) {
    let jwts: Vec<_> = (0..200).map(|number| jwt(&number.to_string(), after(SECOND * (number + 1)))).collect();
    let digests: Vec<_> = jwts.iter().map(|jwt| jwt.digest).collect();
    assert!(digests.iter().map(|digest| digest.bucket()).collect::<std::collections::BTreeSet<_>>().len() > 100);
    assert_eq!(f.deny(deny(jwts.clone(), NOW, 1)).await.expect("a denial"), counts(200, 0, 0));
    let expected: Vec<_> = jwts.iter().map(|jwt| Some(jwt.expires_at)).collect();
    assert_eq!(f.find_denials(&digests).await.expect("a look-up"), expected);
}

pub async fn a_jwt_of_another_tenant_is_another_jwt(f: StoreFixture) {
    let of = |name: &str| JwtId::new("a").expect("an ID").digest(&tenant(name));
    f.deny(deny(vec![jwt("a", after(MINUTE))], NOW, 1)).await.expect("a denial");
    let found = f.find_denials(&[of("acme"), of("globex")]).await.expect("a look-up");
    assert_eq!(found, [Some(after(MINUTE)), None]);
}

pub async fn a_later_expiry_extends_a_denial_and_an_earlier_one_changes_nothing(f: StoreFixture) {
    let expires_after = |span| deny(vec![jwt("a", after(span))], NOW, 1);
    f.deny(expires_after(MINUTE)).await.expect("a denial");
    for span in [MINUTE, SECOND] {
        assert_eq!(f.deny(expires_after(span)).await.expect("a denial"), counts(0, 1, 0));
        assert_eq!(denial_end(&f, &jwt("a", NOW)).await, Some(after(MINUTE)));
    }
    assert_eq!(f.drain().await.len(), 1, "a repeat appends no event");
    assert_eq!(f.deny(expires_after(MINUTE * 2)).await.expect("a denial"), counts(1, 0, 0));
    assert_eq!(denial_end(&f, &jwt("a", NOW)).await, Some(after(MINUTE * 2)));
    assert_eq!(f.drain().await.len(), 1);
}

pub async fn a_jwt_that_has_expired_is_counted_and_not_stored(f: StoreFixture) {
    let [earlier, now, later] =
        [NOW.minus(SECOND), NOW, after(Duration::from_millis(1))].map(|at| jwt(&at.get().to_string(), at));
    let jwts = vec![earlier.clone(), now.clone(), later.clone()];
    assert_eq!(f.deny(deny(jwts, NOW, 1)).await.expect("a denial"), counts(1, 0, 2));
    assert_eq!(denial_end(&f, &later).await, Some(later.expires_at));
    assert_eq!((denial_end(&f, &earlier).await, denial_end(&f, &now).await), (None, None));
    f.drain().await;
    assert_eq!(f.deny(deny(vec![earlier], NOW, 2)).await.expect("a denial"), counts(0, 0, 1));
    assert_eq!(f.drain().await, [], "without a change there is no event");
}

pub async fn a_denial_that_has_ended_can_be_made_again(f: StoreFixture) {
    f.deny(deny(vec![jwt("a", after(SECOND))], NOW, 1)).await.expect("a denial");
    let again = deny(vec![jwt("a", after(MINUTE))], after(SECOND), 2);
    assert_eq!(f.deny(again).await.expect("a denial"), counts(1, 0, 0));
    assert_eq!(denial_end(&f, &jwt("a", NOW)).await, Some(after(MINUTE)));
}

pub async fn one_event_lists_what_a_call_has_changed(f: StoreFixture) {
    let known: Vec<_> = (0..3).map(|number| jwt_in(number, 1, after(MINUTE))).collect();
    f.deny(deny(known.clone(), NOW, 1)).await.expect("a denial");
    f.drain().await;

    let new: Vec<_> = (0..3).map(|number| jwt_in(number, 2, after(MINUTE))).collect();
    let expired = jwt_in(0, 3, NOW);
    let jwts: Vec<_> = known.iter().chain(&new).cloned().chain([expired]).collect();
    assert_eq!(f.deny(deny(jwts, after(SECOND), 2)).await.expect("a denial"), counts(3, 3, 1));
    let jwts = new.iter().map(|jwt| AuditedJwt::Digest(jwt.digest)).collect();
    let expected = Event {
        id: EventId([2; 16]),
        kind: EventKind::TokensDenied,
        at: after(SECOND),
        subject: EventSubject::DeniedJwts { tenant: tenant("acme"), jwts },
        cause: cause("denied"),
    };
    assert_eq!(f.drain().await, [expected]);
}

pub async fn the_event_has_the_ids_if_they_are_to_be_recorded(f: StoreFixture) {
    let id = JwtId::new("7f3e").expect("an ID");
    let recorded = DeniedJwt { recorded_id: Some(id.clone()), ..jwt("7f3e", after(MINUTE)) };
    f.deny(deny(vec![recorded], NOW, 1)).await.expect("a denial");
    let events = f.drain().await;
    let expected = EventSubject::DeniedJwts { tenant: tenant("acme"), jwts: vec![AuditedJwt::Id(id)] };
    assert_eq!(events.into_iter().map(|event| event.subject).collect::<Vec<_>>(), [expected]);
}

/// Denies as many JWTs as a bucket can hold, until `expires_at`.
async fn fill(f: &StoreFixture, bucket: u8, expires_at: UnixMillis) {
    let numbers: Vec<_> = (0..MAX_DENIALS_PER_BUCKET as u64).collect();
    for numbers in numbers.chunks(128) {
        let jwts = numbers.iter().map(|number| jwt_in(bucket, *number, expires_at)).collect();
        f.deny(deny(jwts, NOW, 1)).await.expect("a denial");
    }
}

pub async fn a_full_bucket_refuses_one_more_until_denials_have_ended(f: StoreFixture) {
    fill(&f, 7, after(MINUTE)).await;
    f.drain().await;
    let one_more = jwt_in(7, u64::MAX, after(MINUTE * 2));
    let attempt = |now| deny(vec![one_more.clone()], now, 2);
    let refused = f.deny(attempt(NOW)).await.expect_err("a full bucket");
    assert!(matches!(refused, StoreError::DenylistFull { limit: MAX_DENIALS_PER_BUCKET }), "{refused}");
    assert_eq!((denial_end(&f, &one_more).await, f.drain().await), (None, Vec::new()), "nothing has changed");
    for number in [0, MAX_DENIALS_PER_BUCKET as u64 - 1] {
        assert_eq!(denial_end(&f, &jwt_in(7, number, NOW)).await, Some(after(MINUTE)), "none was dropped");
    }
    let extended = deny(vec![jwt_in(7, 0, after(MINUTE * 3))], NOW, 3);
    assert_eq!(f.deny(extended).await.expect("room for what is denied"), counts(1, 0, 0));
    f.deny(deny(vec![jwt_in(8, 0, after(MINUTE))], NOW, 4)).await.expect("room in another bucket");

    assert!(f.deny(attempt(after(MINUTE.saturating_sub(Duration::from_millis(1))))).await.is_err());
    assert_eq!(f.deny(attempt(after(MINUTE))).await.expect("room"), counts(1, 0, 0));
}

pub async fn ended_denials_do_not_pile_up(f: StoreFixture) {
    fill(&f, 7, after(MINUTE)).await;
    f.deny(deny(vec![jwt_in(7, u64::MAX, after(MINUTE * 2))], after(MINUTE), 1)).await.expect("a denial");
    for _ in 0..10 {
        f.sweep(Bucket(7), after(MINUTE + SECOND), 100).await.expect("a sweep");
    }
    let digests: Vec<_> = (0..MAX_DENIALS_PER_BUCKET as u64).map(|number| jwt_in(7, number, NOW).digest).collect();
    assert!(f.find_denials(&digests).await.expect("a look-up").iter().all(Option::is_none));
    assert_eq!(denial_end(&f, &jwt_in(7, u64::MAX, NOW)).await, Some(after(MINUTE * 2)));
}

pub async fn of_parallel_denials_the_latest_expiry_stays(f: StoreFixture) {
    let mut calls = JoinSet::new();
    for number in 0..50 {
        let store = f.store();
        calls.spawn(async move { store.deny(deny(vec![jwt("a", after(SECOND * (number + 1)))], NOW, 1)).await });
    }
    let denied: u32 = calls.join_all().await.into_iter().map(|counts| counts.expect("a denial").denied).sum();
    assert_eq!(denial_end(&f, &jwt("a", NOW)).await, Some(after(SECOND * 50)));
    assert_eq!(f.drain().await.len(), denied as usize, "each change has its event");
}

pub async fn of_parallel_repeats_one_denies(f: StoreFixture) {
    let mut calls = JoinSet::new();
    for number in 0..50 {
        let store = f.store();
        calls.spawn(async move { store.deny(deny(vec![jwt("a", after(MINUTE))], NOW, number)).await });
    }
    let denied: u32 = calls.join_all().await.into_iter().map(|counts| counts.expect("a denial").denied).sum();
    assert_eq!((denied, f.drain().await.len()), (1, 1));
}
