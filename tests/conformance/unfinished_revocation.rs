//! A mass revocation that was interrupted between its home bucket and the others is completed by sweeps. This can
//! happen only on Redis: an embedded engine executes it in one step.

use std::time::Duration;

use session_authority::{
    domain::{Bucket, TenantId, UnixMillis, event::RevocationScope},
    store::{LoadOutcome, UnfinishedRevocation},
};
use sha2::{Digest, Sha256};

use super::{
    fixture::{StoreEngine, StoreFixture},
    operations::revoke_mass,
    users::{NOW, TestUser, after, cause},
};

const LATER: Duration = Duration::from_mins(1);
const BUCKET: u8 = 7;

fn home_bucket() -> Bucket {
    Bucket(Sha256::digest("tacme")[0])
}

async fn command(f: &StoreFixture, command: &[&str]) {
    let StoreEngine::Redis(server) = &f.engine else { panic!("not on Redis") };
    server.command(command).await.expect("a command");
}

/// Signs in a session of a tenant and revokes the tenant. The revocation does not reach the bucket of the session.
async fn interrupt_revocation(f: &StoreFixture) -> TestUser {
    assert_ne!(home_bucket(), Bucket(BUCKET));
    let ann = TestUser::with_tenant("acme", "ann").in_bucket(BUCKET);
    f.sign_in(ann.login(1, NOW)).await;
    let acme = RevocationScope::Tenant(TenantId::new("acme").expect("a tenant"));
    f.revoke_mass(revoke_mass(acme, after(LATER), 1)).await.expect("revoke a tenant");
    // The state in which the revocation has not reached this bucket.
    command(f, &["DEL", "sa1:{07}:g"]).await;
    command(f, &["HDEL", "sa1:{07}:meta", "generation"]).await;
    let unfinished = format!("sa1:{{{}}}:unfinished", home_bucket());
    let list = "return redis.call('HSET', KEYS[1], 'tacme', struct.pack('>I6', ARGV[1]))";
    command(f, &["EVAL", list, "1", &unfinished, &after(LATER).get().to_string()]).await;
    ann
}

async fn mass_revoked(f: &StoreFixture, user: &TestUser) -> Option<UnixMillis> {
    let Ok(LoadOutcome::Found(found)) = f.load(user.session_id(1)).await else { panic!("not found") };
    found.mass_revoked.map(|(at, stated)| {
        assert_eq!(stated, cause("incident 1"));
        at
    })
}

#[tokio::test]
async fn a_sweep_of_the_home_bucket_carries_on_with_it() {
    let f = StoreFixture::redis().await;
    let ann = interrupt_revocation(&f).await;
    assert_eq!(mass_revoked(&f, &ann).await, None);

    let swept = f.sweep(home_bucket(), after(LATER * 2), 0).await.expect("a sweep that visits no user");
    assert_eq!(swept.unfinished, Some(UnfinishedRevocation { at: after(LATER), finished_at: None }));
    assert_eq!(mass_revoked(&f, &ann).await, Some(after(LATER)));
    assert_eq!(f.drain().await.len(), 2, "a login and one revocation");
    // The revocation took long, so it stays listed for as long as nodes may need to learn of it.
    let finished = Some(UnfinishedRevocation { at: after(LATER), finished_at: Some(after(LATER * 2)) });
    assert_eq!(f.sweep(home_bucket(), after(LATER * 3), 10).await.expect("a sweep").unfinished, finished);
    f.sweep(home_bucket(), after(LATER * 90), 10).await.expect("a sweep");
    assert_eq!(f.sweep(home_bucket(), after(LATER * 91), 10).await.expect("a sweep").unfinished, None);
}

#[tokio::test]
async fn a_repetition_carries_on_with_it() {
    let f = StoreFixture::redis().await;
    let ann = interrupt_revocation(&f).await;
    let acme = RevocationScope::Tenant(TenantId::new("acme").expect("a tenant"));
    f.revoke_mass(revoke_mass(acme, after(LATER * 2), 1)).await.expect("again");
    assert_eq!(mass_revoked(&f, &ann).await, Some(after(LATER)));
    assert_eq!(f.drain().await.len(), 2, "a login and one revocation");
}

/// The mutant: a revocation that is not listed is not completed.
#[tokio::test]
async fn mutant_without_the_list_the_session_lives_on() {
    let f = StoreFixture::redis().await;
    let ann = interrupt_revocation(&f).await;
    command(&f, &["DEL", &format!("sa1:{{{}}}:unfinished", home_bucket())]).await;
    f.sweep_all(after(LATER * 2)).await;
    assert_eq!(mass_revoked(&f, &ann).await, None);
}
