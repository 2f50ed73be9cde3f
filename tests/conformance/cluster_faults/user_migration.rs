//! A bucket in migration, with all keys of a user on one of the two servers: scripts run, and Redis refuses every
//! command in a script whose key no longer exists, even if the script itself emptied the key.

use std::time::Duration;

use session_authority::domain::event::RevocationScope;
use session_authority::domain::{EndReason, EventKind, TenantId};

use super::outbox_key;
use crate::conformance::findings::with_findings;
use crate::conformance::fixture::{StoreFixture, end_summaries, event_kinds, session_of};
use crate::conformance::operations::{revoke, revoke_all, revoke_mass};
use crate::conformance::users::{CreationExt, IDLE, MARGIN, NOW, TestUser, after};
use crate::support::redis_cluster::RedisCluster;

const BUCKET: u8 = 11;

async fn migration_route(cluster: &RedisCluster) -> (u16, usize, usize) {
    let from = cluster.master_of(&outbox_key(BUCKET), 0).await;
    (cluster.slot_of(&outbox_key(BUCKET)).await, from, (from + 1) % 3)
}

/// Signs in a user with session 1, on the device `laptop`, and with every key that a user can have.
async fn sign_in_with_all_keys(f: &StoreFixture, name: &str) -> TestUser {
    let user = TestUser::new(name).in_bucket(BUCKET);
    f.sign_in(user.login(9, NOW)).await;
    f.revoke(revoke(user.session_id(9), NOW)).await.expect("revoke");
    f.sign_in(with_findings(user.login(1, NOW).on_device("laptop").requested_as(1), &["NEW_DEVICE"])).await;
    user
}

/// Runs every operation that ends a user's last session, on keys that are all on the server `at`.
async fn assert_last_sessions_end(f: &StoreFixture, at: &str, bucket_is_at: impl AsyncFnOnce()) {
    let named = |what: &str| format!("{what} at the {at}");
    let replaced = sign_in_with_all_keys(f, &named("replaced")).await;
    let evicted = sign_in_with_all_keys(f, &named("evicted")).await;
    let revoked = sign_in_with_all_keys(f, &named("revoked")).await;
    let all_out = sign_in_with_all_keys(f, &named("all out")).await;
    let swept = sign_in_with_all_keys(f, &named("swept")).await;
    let listed = sign_in_with_all_keys(f, &named("listed")).await;
    bucket_is_at().await;

    let over = after(IDLE + MARGIN + Duration::from_secs(1));
    let one = |user: &TestUser, reason, at| vec![(user.session_id(1), reason, at)];
    let login = with_findings(replaced.login(2, NOW).on_device("laptop").requested_as(2), &["NEW_COUNTRY"]);
    assert_eq!(end_summaries(&f.sign_in(login).await), one(&replaced, EndReason::Replaced, NOW), "{at}");
    let ended = f.sign_in(evicted.login(2, NOW).limited_to(1)).await;
    assert_eq!(end_summaries(&ended), one(&evicted, EndReason::Evicted, NOW), "{at}");
    let ended = f.revoke(revoke(revoked.session_id(1), NOW)).await.expect("revoke");
    assert_eq!(end_summaries(&ended), one(&revoked, EndReason::Revoked, NOW), "{at}");
    let outcome = f.revoke_all(revoke_all(&all_out, NOW, 1)).await.expect("revoke all");
    assert_eq!(outcome.session_ids, [all_out.session_id(1)], "{at}");
    assert_eq!(f.live_sessions(&listed, over).await, [], "{at}");
    let ended = f.sweep(swept.bucket(), over, 100).await.expect("sweep").ended;
    assert!(end_summaries(&ended).contains(&(swept.session_id(1), EndReason::IdleTimeout, NOW.plus(IDLE))), "{at}");

    let events = f.drain().await;
    let came_and_went = |reason| vec![EventKind::Created, EventKind::Ended(reason)];
    for (user, number, reason) in [
        (&replaced, 1, EndReason::Replaced),
        (&replaced, 2, EndReason::IdleTimeout),
        (&evicted, 1, EndReason::Evicted),
        (&evicted, 2, EndReason::IdleTimeout),
        (&revoked, 1, EndReason::Revoked),
        (&all_out, 1, EndReason::RevokedAll),
        (&listed, 1, EndReason::IdleTimeout),
        (&swept, 1, EndReason::IdleTimeout),
    ] {
        let (name, id) = (user.owner.user.as_str(), user.session_id(number));
        assert_eq!(event_kinds(&events, id), came_and_went(reason), "{name}");
        assert_eq!(f.expect_tombstone(id).await.0, reason, "{name}");
    }
    let place = |number, kind| {
        let id = Some(replaced.session_id(number));
        events.iter().position(|event| event.kind == kind && session_of(event) == id).expect("an event")
    };
    let (gave_way, came) = (place(1, EventKind::Ended(EndReason::Replaced)), place(2, EventKind::Created));
    assert!(gave_way < came, "the replaced session ends before the new one is created");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_last_session_ends_whole_before_the_first_key_moves_and_after_the_last() {
    let f = StoreFixture::cluster().await;
    let cluster = f.redis_cluster();
    let other = TenantId::new("other").expect("a tenant");
    f.revoke_mass(revoke_mass(RevocationScope::Tenant(other), NOW, 1)).await.expect("generations");
    let (slot, from, to) = migration_route(cluster).await;

    assert_last_sessions_end(&f, "source", async || cluster.begin_move(slot, from, to).await).await;
    cluster.move_slot(slot, from, to).await;
    assert_last_sessions_end(&f, "target", async || {
        cluster.begin_move(slot, to, from).await;
        for key in cluster.keys(slot, to).await {
            cluster.move_key(&key, to, from).await;
        }
    })
    .await;
    cluster.move_slot(slot, to, from).await;
}

/// The mutant: a script that uses a key which it has emptied is refused there, and its earlier commands stay executed.
#[tokio::test]
async fn a_script_that_goes_back_to_a_key_that_it_emptied_is_left_half_done() {
    let f = StoreFixture::cluster().await;
    let cluster = f.redis_cluster();
    let ann = sign_in_with_all_keys(&f, "ann").await;
    let (slot, from, to) = migration_route(cluster).await;
    cluster.begin_move(slot, from, to).await;
    let mut source = cluster.nodes[from].admin().await;
    let mut script = redis::cmd("EVAL");
    script.arg("redis.call('HDEL', KEYS[2], ARGV[1]) redis.call('DEL', KEYS[1], KEYS[2])").arg(2);
    script.arg(ann.key('u')).arg(ann.key('c')).arg(&ann.session_id(1).unique[..]);
    let refusal = script.exec_async(&mut source).await.expect_err("a refusal");
    assert!(refusal.to_string().contains("non local key"), "{refusal}");
    let keys = cluster.keys(slot, from).await;
    assert!(keys.contains(&ann.key('u')) && !keys.contains(&ann.key('c')), "half of the script was executed");
    cluster.move_slot(slot, from, to).await;
    cluster.move_slot(slot, to, from).await;
}
