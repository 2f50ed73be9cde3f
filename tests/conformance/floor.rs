//! Signing out a user everywhere also refuses logins whose authentication was earlier.

use std::time::Duration;

use session_authority::domain::{UnixMillis, event::RevocationScope};
use session_authority::store::CreateOutcome;

use super::fixture::StoreFixture;
use super::operations::{revoke_all, revoke_mass};
use super::users::{CreationExt, NOW, TestUser, after};

const MS: Duration = Duration::from_millis(1);
const LATER: Duration = Duration::from_mins(1);

/// Returns the outcome of a login of session `number` that was authenticated at `authenticated_at` and arrives later.
async fn login(f: &StoreFixture, user: &TestUser, number: u64, authenticated_at: UnixMillis) -> CreateOutcome {
    let mut creation = user.login(number, after(LATER * 2));
    creation.authenticated_at = Some(authenticated_at);
    f.create(creation).await.expect("create")
}

fn is_created(outcome: &CreateOutcome) -> bool {
    matches!(outcome, CreateOutcome::Created { .. })
}

pub async fn a_login_must_be_proven_after_the_revocation(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW)).await;
    f.revoke_all(revoke_all(&ann, after(LATER), 1)).await.expect("revoke all");
    let before = f.keyspace().await;

    let too_early = CreateOutcome::AuthenticatedBeforeRevocation { floor: after(LATER) };
    assert_eq!(login(&f, &ann, 2, NOW).await, too_early);
    assert_eq!(login(&f, &ann, 2, after(LATER)).await, too_early);
    assert_eq!(f.keyspace().await, before);
    assert!(is_created(&login(&f, &ann, 2, after(LATER + MS)).await));
}

pub async fn it_holds_for_a_user_who_had_no_session(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.revoke_all(revoke_all(&ann, after(LATER), 1)).await.expect("revoke all");
    let too_early = CreateOutcome::AuthenticatedBeforeRevocation { floor: after(LATER) };
    assert_eq!(login(&f, &ann, 1, after(LATER)).await, too_early);
}

pub async fn it_holds_for_that_user_only(f: StoreFixture) {
    let [ann, bob] = ["ann", "bob"].map(|name| TestUser::new(name).in_bucket(9));
    f.revoke_all(revoke_all(&ann, after(LATER), 1)).await.expect("revoke all");
    assert!(is_created(&login(&f, &bob, 1, NOW).await));
}

pub async fn it_never_goes_back(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.revoke_all(revoke_all(&ann, after(LATER), 1)).await.expect("revoke all");
    f.revoke_all(revoke_all(&ann, NOW, 2)).await.expect("revoke all, on a node whose clock is behind");
    let too_early = CreateOutcome::AuthenticatedBeforeRevocation { floor: after(LATER) };
    assert_eq!(login(&f, &ann, 1, after(LATER)).await, too_early);
}

pub async fn a_repeated_operation_does_not_raise_it(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.revoke_all(revoke_all(&ann, NOW, 1)).await.expect("revoke all");
    f.revoke_all(revoke_all(&ann, after(LATER), 1)).await.expect("the same operation");
    assert!(is_created(&login(&f, &ann, 1, after(MS)).await));
}

pub async fn signing_a_tenant_or_everyone_out_raises_it_too(f: StoreFixture) {
    let [ann, eve] = [TestUser::new("ann"), TestUser::with_tenant("other", "eve")];
    for (scope, concerned, other) in [
        (RevocationScope::Tenant(ann.owner.tenant.clone()), vec![&ann], Some(&eve)),
        (RevocationScope::Everyone, vec![&ann, &eve], None),
    ] {
        let (at, operation) = (after(LATER), u8::from(other.is_none()));
        f.revoke_mass(revoke_mass(scope, at, operation)).await.expect("revoke");
        let too_early = CreateOutcome::AuthenticatedBeforeRevocation { floor: at };
        for user in concerned {
            assert_eq!(login(&f, user, 1, at).await, too_early);
            assert!(is_created(&login(&f, user, 2 + u64::from(operation), at.plus(MS)).await));
        }
        if let Some(other) = other {
            assert!(is_created(&login(&f, other, 1, NOW).await), "another tenant");
        }
    }
}

pub async fn neither_a_floor_nor_a_statement_in_the_future_counts_for_more_than_now(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.revoke_all(revoke_all(&ann, after(LATER * 9), 1)).await.expect("revoke all, on a node whose clock is ahead");
    let refused = CreateOutcome::AuthenticatedBeforeRevocation { floor: after(LATER * 2) };
    assert_eq!(
        login(&f, &ann, 1, after(LATER * 5)).await,
        refused,
        "an authentication time in the future does not pass the floor"
    );
    let mut fresh = ann.login(2, after(LATER * 2));
    fresh.authenticated_at = None;
    assert!(is_created(&f.create(fresh).await.expect("create")), "a user who signs in now is accepted");
}

pub async fn a_revoked_session_alone_raises_none(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW)).await;
    f.sign_in(ann.login(2, after(LATER)).limited_to(1)).await;
    assert!(is_created(&login(&f, &ann, 3, NOW).await));
}
