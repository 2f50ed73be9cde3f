//! The limit of one session per device, if the caller provides the device ID.

use std::time::Duration;

use session_authority::domain::{EndReason, device};
use session_authority::store::{AccessGuard, CreateOutcome, RevocationTarget, SessionRevocation};

use super::fixture::{StoreFixture, end_summaries};
use super::users::{CreationExt, NOW, TestUser, after, cause};

const LATER: Duration = Duration::from_mins(1);

pub async fn a_login_takes_the_place_of_the_session_on_the_same_device(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW).on_device("phone")).await;
    f.sign_in(ann.login(2, NOW).on_device("laptop")).await;
    let now = after(LATER);

    let ended = f.sign_in(ann.login(3, now).on_device("phone")).await;
    assert_eq!(end_summaries(&ended), [(ann.session_id(1), EndReason::Replaced, now)]);
    assert_eq!(ended[0].device_name, "Firefox on phone");
    assert_eq!(f.live_sessions(&ann, now).await, [3, 2].map(|number| ann.session_id(number)));
    assert_eq!(f.expect_tombstone(ann.session_id(1)).await, (EndReason::Replaced, now));
}

pub async fn what_is_replaced_does_not_count_against_the_limit(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW).on_device("phone")).await;
    f.sign_in(ann.login(2, NOW).on_device("laptop")).await;

    let ended = f.sign_in(ann.login(3, NOW).on_device("phone").refused_over(2)).await;
    assert_eq!(end_summaries(&ended), [(ann.session_id(1), EndReason::Replaced, NOW)]);
    let outcome = f.create(ann.login(4, NOW).on_device("tablet").refused_over(2)).await;
    assert_eq!(outcome.expect("create"), CreateOutcome::LimitReached { live: 2 });
}

pub async fn replacement_comes_before_eviction(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW).on_device("laptop")).await;
    f.sign_in(ann.login(2, after(LATER)).on_device("phone")).await;

    let ended = f.sign_in(ann.login(3, after(LATER)).on_device("phone").limited_to(2)).await;
    assert_eq!(end_summaries(&ended), [(ann.session_id(2), EndReason::Replaced, after(LATER))]);
}

pub async fn a_derived_device_replaces_nothing(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW)).await;
    assert!(f.sign_in(ann.login(2, NOW)).await.is_empty());
    f.sign_in(ann.login(3, NOW).on_device("phone")).await;

    let mut derived = ann.login(4, NOW).on_device("phone");
    derived.session.record.device.named_by_caller = false;
    assert!(f.sign_in(derived).await.is_empty());
    assert_eq!(f.live_sessions(&ann, NOW).await.len(), 4);
}

pub async fn revoking_a_device_ends_what_is_on_it(f: StoreFixture) {
    let ann = TestUser::new("ann");
    let mut derived = ann.login(1, NOW).on_device("phone");
    derived.session.record.device.named_by_caller = false;
    f.sign_in(derived.clone()).await;
    derived.session.id = ann.session_id(2);
    f.sign_in(derived).await;
    f.sign_in(ann.login(3, NOW).on_device("laptop")).await;
    let bob = TestUser::new("bob");
    f.sign_in(bob.login(1, NOW).on_device("phone")).await;

    let target = RevocationTarget::Device { handle: ann.handle, device: device::device_tag("phone") };
    let revocation = SessionRevocation {
        now: NOW,
        target,
        guard: AccessGuard::default(),
        is_compromised: false,
        reason: EndReason::Revoked,
        cause: cause("lost"),
    };
    let mut ended = end_summaries(&f.revoke(revocation).await.expect("revoke"));
    ended.sort_unstable_by_key(|(id, ..)| *id);
    assert_eq!(ended, [1, 2].map(|number| (ann.session_id(number), EndReason::Revoked, NOW)));
    assert_eq!(f.live_sessions(&ann, NOW).await, [ann.session_id(3)]);
    assert_eq!(f.live_sessions(&bob, NOW).await, [bob.session_id(1)]);
}
