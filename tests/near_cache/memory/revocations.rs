//! Mass revocation of one tenant does not invalidate the cached sessions of others.

use std::sync::Arc;

use session_authority::domain::event::RevocationScope;
use session_authority::domain::{Bucket, SessionId, TenantId};
use session_authority::near_cache::{
    CacheLookup, CacheMemory, LiveSession, SessionStatus,
    source::{Invalidation, InvalidationListener, Lease, RevocationsSince},
};
use session_authority::store::record::Generation;

use super::cache_fixture::CacheFixture;
use crate::conformance::operations::revoke_mass;
use crate::conformance::users::{NOW, TestUser};

fn tenant(number: usize) -> String {
    format!("tenant-{number}")
}

fn scope(name: &str) -> RevocationScope {
    RevocationScope::Tenant(TenantId::new(name).expect("a tenant"))
}

/// More tenants in one bucket than its list of revocations ever has. After each revocation all other sessions are
/// validated.
#[tokio::test]
async fn of_many_tenants_that_are_signed_out_one_by_one_the_others_are_hits() {
    const TENANTS: usize = 200;
    let stage = CacheFixture::without_tracking(256 << 20).await;
    stage.attach();
    stage.renew();
    let mut ids = Vec::new();
    for number in 0..TENANTS {
        let user = TestUser::with_tenant(&tenant(number), "ann").in_bucket(9);
        let id = stage.sign_in(user.login(1, NOW)).await;
        stage.read(id).await;
        ids.push(id);
    }
    let before = stage.counters.snapshot();
    for signed_out in 0..TENANTS {
        let operation = u8::try_from(signed_out).expect("few tenants");
        stage.store.revoke_mass(revoke_mass(scope(&tenant(signed_out)), NOW, operation)).await.expect("revoke");
        assert!(!stage.is_cached(ids[signed_out]), "the new revocations have not been read yet");
        for (number, id) in ids.iter().enumerate().skip(signed_out) {
            assert_eq!(stage.is_live(*id).await, number > signed_out, "{number} after {signed_out}");
        }
    }
    let counts = stage.counters.snapshot();
    assert_eq!(counts.cached, before.cached, "no session is read again");
    assert_eq!(counts.hits - before.hits, (0..TENANTS).sum::<usize>());
    assert!(counts.fallbacks.is_empty(), "{counts:?}");
}

/// A cache with one bucket's share of memory, with sessions of some tenants.
struct BucketCache {
    memory: CacheMemory,
    lease: Arc<Lease>,
    sessions: Vec<SessionId>,
}

const BUCKET: Bucket = Bucket(9);
const SHARE: usize = 64 << 10;

impl BucketCache {
    fn with_sessions(number: usize) -> Self {
        let (memory, lease) = (CacheMemory::new(256 * SHARE), Arc::new(Lease::new_permanent()));
        memory.attach(BUCKET, &lease);
        let mut bucket = Self { memory, lease, sessions: Vec::new() };
        for number in 0..number {
            let session = TestUser::with_tenant(&tenant(number), "ann").in_bucket(BUCKET.0).login(1, NOW).session;
            let id = session.id;
            let CacheLookup::Miss(ticket) = bucket.memory.look_up(id, |_| true) else { panic!("it was never read") };
            let live = Arc::new(LiveSession::new(session, |_| Box::default()));
            assert!(bucket.memory.insert(&ticket, id, SessionStatus::Live(live), 0));
            bucket.sessions.push(id);
        }
        bucket
    }

    fn announce_revocation(&self) {
        self.memory.invalidate(Invalidation::Generations(BUCKET));
    }

    /// Applies the revocation that raised the bucket to `generation`.
    fn list_revocation(&self, revoked: &RevocationScope, generation: Generation) {
        for ticket in self.memory.pending_revocations(&self.lease) {
            let scopes = Some(vec![(revoked.clone(), generation)]);
            let found = RevocationsSince { bucket: ticket.bucket, latest: generation, scopes };
            self.memory.apply_revocations(&ticket, &found);
        }
    }

    fn is_hit(&self, session: usize) -> bool {
        matches!(self.memory.look_up(self.sessions[session], |_| true), CacheLookup::Hit { .. })
    }

    fn is_pending(&self, session: usize) -> bool {
        matches!(self.memory.look_up(self.sessions[session], |_| true), CacheLookup::RevocationsPending(_))
    }
}

/// A long list is checked against all cached sessions and then restarted, without losing a revocation.
#[test]
fn a_hundred_thousand_tenants_that_are_signed_out_take_bounded_memory_and_no_session_of_others() {
    let bucket = BucketCache::with_sessions(40);
    let before = bucket.memory.size();
    let mut largest = 0;
    for generation in 1..=100_000_u32 {
        let revoked = if generation == 50 { scope(&tenant(0)) } else { scope(&format!("other-{generation}")) };
        bucket.announce_revocation();
        assert!(bucket.is_pending(1), "no hit before the revoked tenants are known");
        bucket.list_revocation(&revoked, generation);
        assert_eq!(bucket.is_hit(0), generation < 50, "after {generation} revocations");
        assert!(bucket.is_hit(1));
        largest = largest.max(bucket.memory.size().bytes);
    }
    assert!((1..40).all(|session| bucket.is_hit(session)));
    assert!(largest <= before.bytes + 1_024, "{largest} bytes after {before:?}");
}

/// A full cache evicts sessions for the list, and never a part of the list.
#[test]
fn the_list_counts_as_cached_and_is_never_dropped_for_room() {
    let bucket = BucketCache::with_sessions(2_000);
    assert!(bucket.memory.size().bytes <= SHARE && bucket.memory.size().bytes > SHARE * 9 / 10);
    let last = bucket.sessions.len() - 1;
    for generation in 1..=1_000_u32 {
        let revoked = if generation == 1 { scope(&tenant(last)) } else { scope(&format!("other-{generation}")) };
        bucket.announce_revocation();
        bucket.list_revocation(&revoked, generation);
        assert!(bucket.memory.size().bytes <= SHARE);
        assert!(!bucket.is_hit(last));
        assert!(!bucket.is_pending(last - 1));
    }
    assert!(bucket.is_hit(last - 1));
}

/// A revocation that is announced during the read of earlier ones may be missing from the result.
#[test]
fn a_list_that_was_read_before_a_revocation_admits_nobody() {
    let bucket = BucketCache::with_sessions(2);
    bucket.announce_revocation();
    let tickets = bucket.memory.pending_revocations(&bucket.lease);
    let empty = |latest| RevocationsSince { bucket: BUCKET, latest, scopes: Some(vec![(scope("other"), 1)]) };
    // Tenant 0 is revoked, which raises the bucket to 2, too late for the read.
    bucket.announce_revocation();
    bucket.memory.apply_revocations(&tickets[0], &empty(1));
    assert!(bucket.is_pending(0) && bucket.is_pending(1));
    bucket.list_revocation(&scope(&tenant(0)), 2);
    assert!(!bucket.is_hit(0) && bucket.is_hit(1));
}

/// The mutant: with a ticket that is taken after the read, the revoked session is a hit.
#[test]
fn mutant_with_a_late_ticket_a_list_admits_whom_it_does_not_know() {
    let bucket = BucketCache::with_sessions(1);
    bucket.announce_revocation();
    let read_before = RevocationsSince { bucket: BUCKET, latest: 0, scopes: Some(Vec::new()) };
    // Tenant 0 is revoked.
    bucket.announce_revocation();
    let late = bucket.memory.pending_revocations(&bucket.lease);
    bucket.memory.apply_revocations(&late[0], &read_before);
    assert!(bucket.is_hit(0));
}

/// The store no longer lists all revocations, or lists fewer than before.
#[test]
fn without_a_complete_list_nothing_cached_is_relied_upon() {
    let cases = [(Some(Vec::new()), 0), (None, 5)];
    for (scopes, latest) in cases {
        let bucket = BucketCache::with_sessions(3);
        bucket.announce_revocation();
        bucket.list_revocation(&scope("other"), 1);
        assert!(bucket.is_hit(0));
        bucket.announce_revocation();
        let ticket = bucket.memory.pending_revocations(&bucket.lease).remove(0);
        let found = RevocationsSince { bucket: ticket.bucket, latest, scopes };
        bucket.memory.apply_revocations(&ticket, &found);
        assert_eq!(bucket.memory.size().sessions, 0);
    }
}

/// After a revocation on this node, none of the tenant's sessions is a hit; a STRONG validation includes revocations on
/// every node.
#[tokio::test]
async fn a_strong_validation_lists_what_was_announced() {
    let stage = CacheFixture::with_lease().await;
    let users = ["acme", "globex"].map(|tenant| TestUser::with_tenant(tenant, "ann").in_bucket(9));
    for user in &users {
        let id = stage.sign_in(user.login(1, NOW)).await;
        stage.read(id).await;
    }
    stage.store.revoke_mass(revoke_mass(scope("acme"), NOW, 1)).await.expect("revoke");
    let [acme, globex] = users.map(|user| user.session_id(1));
    let seen = stage.reads.read_strong(globex).await.expect("a read");
    assert!(seen.is_from_cache() && matches!(seen.status, SessionStatus::Live(_)));
    let seen = stage.reads.read_strong(acme).await.expect("a read");
    assert!(matches!(seen.status, SessionStatus::MassRevoked(..)), "{seen:?}");
}
