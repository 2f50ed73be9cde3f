//! One session on a device, where the caller says which device it is.

use std::time::Duration;

use session_authority::domain::{EndReason, device};
use session_authority::store::{CreateOutcome, Guard, Revocation, RevokeTarget};

use super::fixture::{Fixture, ends};
use super::people::{LoginWith, NOW, User, after, cause};

const LATER: Duration = Duration::from_mins(1);

pub async fn a_login_takes_the_place_of_the_session_on_the_same_device(f: Fixture) {
    let ann = User::new("ann");
    f.sign_in(ann.login(1, NOW).on_device("phone")).await;
    f.sign_in(ann.login(2, NOW).on_device("laptop")).await;
    let now = after(LATER);

    let ended = f.sign_in(ann.login(3, now).on_device("phone")).await;
    assert_eq!(ends(&ended), [(ann.session_id(1), EndReason::Replaced, now)]);
    assert_eq!(ended[0].device_name, "Firefox on phone");
    assert_eq!(f.live(&ann, now).await, [3, 2].map(|number| ann.session_id(number)));
    assert_eq!(f.remembered(ann.session_id(1)).await, (EndReason::Replaced, now));
}

pub async fn what_is_replaced_does_not_count_against_the_limit(f: Fixture) {
    let ann = User::new("ann");
    f.sign_in(ann.login(1, NOW).on_device("phone")).await;
    f.sign_in(ann.login(2, NOW).on_device("laptop")).await;

    let ended = f.sign_in(ann.login(3, NOW).on_device("phone").refused_over(2)).await;
    assert_eq!(ends(&ended), [(ann.session_id(1), EndReason::Replaced, NOW)]);
    let outcome = f.create(ann.login(4, NOW).on_device("tablet").refused_over(2)).await;
    assert_eq!(outcome.expect("create"), CreateOutcome::LimitReached { live: 2 });
}

pub async fn replacement_comes_before_eviction(f: Fixture) {
    let ann = User::new("ann");
    f.sign_in(ann.login(1, NOW).on_device("laptop")).await;
    f.sign_in(ann.login(2, after(LATER)).on_device("phone")).await;

    let ended = f.sign_in(ann.login(3, after(LATER)).on_device("phone").limited_to(2)).await;
    assert_eq!(ends(&ended), [(ann.session_id(2), EndReason::Replaced, after(LATER))]);
}

pub async fn a_derived_device_replaces_nothing(f: Fixture) {
    let ann = User::new("ann");
    f.sign_in(ann.login(1, NOW)).await;
    assert!(f.sign_in(ann.login(2, NOW)).await.is_empty());
    f.sign_in(ann.login(3, NOW).on_device("phone")).await;

    let mut derived = ann.login(4, NOW).on_device("phone");
    derived.session.record.device.named_by_caller = false;
    assert!(f.sign_in(derived).await.is_empty());
    assert_eq!(f.live(&ann, NOW).await.len(), 4);
}

pub async fn revoking_a_device_ends_what_is_on_it(f: Fixture) {
    let ann = User::new("ann");
    let mut derived = ann.login(1, NOW).on_device("phone");
    derived.session.record.device.named_by_caller = false;
    f.sign_in(derived.clone()).await;
    derived.session.id = ann.session_id(2);
    f.sign_in(derived).await;
    f.sign_in(ann.login(3, NOW).on_device("laptop")).await;
    let bob = User::new("bob");
    f.sign_in(bob.login(1, NOW).on_device("phone")).await;

    let target = RevokeTarget::Device { handle: ann.handle, device: device::tag_of("phone") };
    let revocation = Revocation {
        now: NOW,
        target,
        guard: Guard::default(),
        is_compromised: false,
        reason: EndReason::Revoked,
        cause: cause("lost"),
    };
    let mut ended = ends(&f.revoke(revocation).await.expect("revoke"));
    ended.sort_unstable_by_key(|(id, ..)| *id);
    assert_eq!(ended, [1, 2].map(|number| (ann.session_id(number), EndReason::Revoked, NOW)));
    assert_eq!(f.live(&ann, NOW).await, [ann.session_id(3)]);
    assert_eq!(f.live(&bob, NOW).await, [bob.session_id(1)]);
}
