//! A Redis that lost the record of a mass revocation, for example by evicting keys: no session of that bucket is
//! accepted.

use std::time::Duration;

use redis::Value;
use session_authority::{
    domain::{UnixMillis, event::RevocationScope},
    store::{CreateOutcome, LoadOutcome, StoreError},
};

use super::{
    fixture::{StoreEngine, StoreFixture},
    operations::revoke_mass,
    users::{NOW, TestUser, after},
};

const BUCKET: u8 = 7;

fn seconds_later(seconds: u64) -> UnixMillis {
    after(Duration::from_secs(seconds))
}

/// Signs in one user before everyone is signed out and another one after, both in one bucket. Then the record is lost.
async fn after_a_loss(commands: &[&[&str]]) -> (StoreFixture, TestUser, TestUser) {
    let f = StoreFixture::redis().await;
    let [before, after] = ["before", "after"].map(|name| TestUser::new(name).in_bucket(BUCKET));
    f.sign_in(before.login(1, NOW)).await;
    f.revoke_mass(revoke_mass(RevocationScope::Everyone, NOW, 1)).await.expect("an operation");
    f.sign_in(after.login(1, seconds_later(1))).await;
    let StoreEngine::Redis(server) = &f.engine else { panic!("not on Redis") };
    for command in commands {
        assert_eq!(server.command(command).await.expect("a loss"), Value::Int(1));
    }
    (f, before, after)
}

async fn assert_corrupt(f: &StoreFixture, user: &TestUser) {
    let is_corrupt =
        |error: &StoreError| matches!(error, StoreError::Corrupt { .. }) && error.to_string().contains("lost");
    let loaded = f.load(user.session_id(1)).await.expect_err("no verdict");
    assert!(is_corrupt(&loaded), "{loaded}");
    let listed = f.list(&user.owner, user.handle, &[], NOW).await.expect_err("no list");
    assert!(is_corrupt(&listed), "{listed}");
    let created = f.create(user.login(2, NOW)).await.expect_err("no session");
    assert!(is_corrupt(&created), "{created}");
    let user_state = f.load_user_state(&user.owner, user.handle, NOW).await.expect_err("no history");
    assert!(is_corrupt(&user_state), "{user_state}");
}

#[tokio::test]
async fn nobody_is_accepted_by_a_bucket_that_lost_its_generations() {
    let (f, before, after) = after_a_loss(&[&["DEL", "sa1:{07}:g"]]).await;
    for user in [&before, &after] {
        assert_corrupt(&f, user).await;
    }
    // A mass revocation of another tenant would hide the loss.
    let tenant = RevocationScope::Tenant(before.owner.tenant.clone());
    f.revoke_mass(revoke_mass(tenant, NOW, 2)).await.expect_err("the loss stays");
    assert_corrupt(&f, &before).await;
    // Revoking everyone has the effect of the lost record, also as a retry.
    f.revoke_mass(revoke_mass(RevocationScope::Everyone, seconds_later(2), 1)).await.expect("an operation");
    for user in [&before, &after] {
        let Ok(LoadOutcome::Found(found)) = f.load(user.session_id(1)).await else { panic!("it is not swept yet") };
        assert!(found.mass_revoked.is_some(), "{found:?}");
        let created = f.create(user.login(2, seconds_later(3))).await.expect("an outcome");
        assert!(matches!(created, CreateOutcome::Created { .. }));
        assert_eq!(f.list(&user.owner, user.handle, &[], seconds_later(3)).await.expect("a list").len(), 1);
    }
}

/// The bucket has also lost the fact that generations were raised, but each session has its own generation.
#[tokio::test]
async fn a_session_of_a_later_generation_than_its_bucket_is_not_accepted() {
    let (f, _, after) = after_a_loss(&[&["DEL", "sa1:{07}:g"], &["HDEL", "sa1:{07}:meta", "generation"]]).await;
    assert_corrupt(&f, &after).await;
}

#[tokio::test]
async fn mutant_where_nothing_says_that_generations_were_raised_who_was_signed_out_is_accepted() {
    let (f, before, _) = after_a_loss(&[&["DEL", "sa1:{07}:g"], &["HDEL", "sa1:{07}:meta", "generation"]]).await;
    let Ok(LoadOutcome::Found(found)) = f.load(before.session_id(1)).await else { panic!("a session") };
    assert_eq!(found.mass_revoked, None);
}

/// A generation that an earlier release raised is recorded by the next sweep.
#[tokio::test]
async fn a_sweep_notes_the_generations_that_nobody_noted() {
    let (f, before, _) = after_a_loss(&[&["HDEL", "sa1:{07}:meta", "generation"]]).await;
    f.sweep(before.bucket(), NOW, 1).await.expect("a sweep");
    let StoreEngine::Redis(server) = &f.engine else { panic!("not on Redis") };
    server.command(&["DEL", "sa1:{07}:g"]).await.expect("a loss");
    f.load(before.session_id(1)).await.expect_err("no verdict");
}
