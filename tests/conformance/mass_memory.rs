//! The memory that mass revocations take in Redis: the same for one session as for many, and only as long as it is
//! needed.

use std::{ops::Range, time::Duration};

use redis::aio::MultiplexedConnection;
use session_authority::domain::{TenantId, event::RevocationScope, limits};
use sha2::{Digest, Sha256};

use super::{
    fixture::{StoreEngine, StoreFixture},
    operations::revoke_mass,
    users::{NOW, TestUser, after},
};

const LATER: Duration = Duration::from_secs(1);
/// The maximum age of an accepted login.
const LOGIN_AGE: Duration = limits::MAX_AUTHENTICATION_AGE;
const DAY: Duration = Duration::from_hours(24);

fn tenant(name: &str) -> RevocationScope {
    RevocationScope::Tenant(TenantId::new(name).expect("a tenant"))
}

async fn admin(f: &StoreFixture) -> MultiplexedConnection {
    let StoreEngine::Redis(server) = &f.engine else { panic!("not on Redis") };
    server.admin().await
}

/// Returns the bytes of the generations, of the data about `tenant` in its home bucket, and of the outboxes.
async fn bytes(f: &StoreFixture, tenant: &str) -> u64 {
    let home = Sha256::digest(format!("t{tenant}"))[0];
    let mut keys = vec![format!("sa1:{{{home:02x}}}:m:t{tenant}"), format!("sa1:{{{home:02x}}}:unfinished")];
    for bucket in 0..=u8::MAX {
        keys.extend(["g", "outbox"].map(|key| format!("sa1:{{{bucket:02x}}}:{key}")));
    }
    let mut pipe = redis::pipe();
    for key in &keys {
        pipe.cmd("MEMORY").arg("USAGE").arg(key).arg("SAMPLES").arg(0);
    }
    let usages: Vec<Option<u64>> = pipe.query_async(&mut admin(f).await).await.expect("MEMORY USAGE");
    usages.into_iter().flatten().sum()
}

async fn fields(f: &StoreFixture) -> usize {
    let mut pipe = redis::pipe();
    for bucket in 0..=u8::MAX {
        pipe.cmd("HKEYS").arg(format!("sa1:{{{bucket:02x}}}:g"));
    }
    let fields: Vec<Vec<String>> = pipe.query_async(&mut admin(f).await).await.expect("HKEYS");
    fields.iter().flatten().filter(|field| *field == "*" || field.starts_with('t')).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mass_revocation_takes_as_much_memory_for_a_session_as_for_many() {
    let mut taken = Vec::new();
    for sessions in [1, 1_000] {
        let f = StoreFixture::redis().await;
        for number in 0..sessions {
            f.sign_in(TestUser::with_tenant("acme", &format!("user {number}")).login(1, NOW)).await;
        }
        f.drain().await;
        let before = bytes(&f, "acme").await;
        f.revoke_mass(revoke_mass(tenant("acme"), after(LATER), 1)).await.expect("revoke a tenant");
        assert_eq!(f.backlog().await.expect("a backlog").events, 1);
        taken.push(bytes(&f, "acme").await - before);
        let swept = f.sweep_all(after(LATER * 2)).await;
        assert_eq!((swept.len(), f.backlog().await.expect("a backlog").events), (sessions, 1));
    }
    // Drained outboxes differ in size.
    assert!(taken[0].abs_diff(taken[1]) < 4_096, "{taken:?}");
    assert!(taken.iter().all(|bytes| *bytes < 256 * 160), "{taken:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_that_is_revoked_often_costs_one_field_a_bucket() {
    let f = StoreFixture::redis().await;
    let revoke = async |operations: Range<u16>| {
        for operation in operations {
            let mut revocation = revoke_mass(tenant("acme"), after(LATER * u32::from(operation)), 1);
            revocation.operation[..2].copy_from_slice(&operation.to_be_bytes());
            f.revoke_mass(revocation).await.expect("revoke a tenant");
            f.drain().await;
        }
    };
    // From here on the list of the latest revocations of each bucket is full, as are operation IDs and causes.
    revoke(0..300).await;
    let full = bytes(&f, "acme").await;
    assert!(full < 2 << 20, "{full}");
    revoke(300..500).await;
    assert_eq!(fields(&f).await, 256);
    let often = bytes(&f, "acme").await;
    assert!(often < full + 64 * 1024, "{full} and {often}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tenants_that_were_revoked_leave_nothing_behind_in_the_end() {
    let f = StoreFixture::redis().await;
    for number in 0..100 {
        let revocation = revoke_mass(tenant(&format!("tenant-{number}")), NOW, number);
        f.revoke_mass(revocation).await.expect("revoke a tenant");
    }
    assert_eq!(fields(&f).await, 100 * 256);
    f.sweep_all(after(LATER)).await;
    let before_the_limit = LOGIN_AGE.checked_sub(DAY).expect("more than a day");
    f.sweep_all(after(before_the_limit)).await;
    assert_eq!(fields(&f).await, 100 * 256, "earlier logins are still refused");
    f.sweep_all(after(LOGIN_AGE + DAY)).await;
    assert_eq!(fields(&f).await, 0);
    let ann = TestUser::with_tenant("tenant-1", "ann");
    f.sign_in(ann.login(1, after(LOGIN_AGE + DAY))).await;
    assert_eq!(f.live_sessions(&ann, after(LOGIN_AGE + DAY)).await, [ann.session_id(1)]);
}

/// A mass revocation that has not ended all its sessions stays, however old it is.
#[tokio::test]
async fn a_mass_revocation_stays_until_its_sessions_are_gone() {
    let f = StoreFixture::redis().await;
    f.revoke_mass(revoke_mass(tenant("acme"), NOW, 1)).await.expect("revoke a tenant");
    let bob = TestUser::with_tenant("acme", "bob").in_bucket(9);
    f.sign_in(bob.login(1, after(LATER))).await;
    let mut broken = b"sa1:{09}:c:".to_vec();
    broken.extend_from_slice(&bob.handle.0);
    let mut admin = admin(&f).await;
    let clock: Vec<u8> = redis::cmd("HGET")
        .arg(&broken)
        .arg(&bob.session_id(1).unique[..])
        .query_async(&mut admin)
        .await
        .expect("a clock");
    redis::cmd("HSET")
        .arg(&broken)
        .arg(&bob.session_id(1).unique[..])
        .arg(&clock[..3])
        .exec_async(&mut admin)
        .await
        .expect("a damaged clock");
    f.sweep_whole(bob.bucket(), after(LATER)).await;
    f.sweep_whole(bob.bucket(), after(LOGIN_AGE + DAY)).await;
    let stored: Option<Vec<u8>> =
        redis::cmd("HGET").arg("sa1:{09}:g").arg("tacme").query_async(&mut admin).await.expect("a field");
    assert!(stored.is_some(), "sessions that cannot be read may still exist");
}
