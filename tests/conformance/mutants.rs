//! Mutants: without a protection, the assertions of the suite fail.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use session_authority::domain::{PresentedToken, limits};
use session_authority::store::{LoadOutcome, PresentationOutcome};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::fixture::{StoreEngine, StoreFixture};
use super::operations::revoke_all;
use super::rotation::{rotation, token};
use super::users::{CreationExt, NOW, TestUser, after};

/// A limit that is read first and applied later, as callers of a store without a limit would do. All callers have read
/// before the first one writes.
pub async fn a_limit_that_is_read_first_does_not_hold(f: StoreFixture) {
    const LIMIT: usize = 5;
    let ann = TestUser::new("ann");
    let everyone_has_read = Arc::new(Barrier::new(100));
    let mut logins = JoinSet::new();
    for number in 0..100 {
        let (store, ann, read) = (f.store(), ann.clone(), Arc::clone(&everyone_has_read));
        logins.spawn(async move {
            let live = store.list(&ann.owner, ann.handle, &[], NOW).await.expect("list").len();
            read.wait().await;
            if live < LIMIT {
                let unlimited = ann.login(number, NOW).limited_to(limits::MAX_SESSIONS_PER_USER);
                store.create(unlimited).await.expect("create");
            }
        });
    }
    logins.join_all().await;
    assert_eq!(f.live_sessions(&ann, NOW).await.len(), 100);
}

/// A rotation that is decided by what was read, and written unconditionally: each caller gets a token of its own, and
/// only that of the last one opens the session.
pub async fn a_rotation_that_is_read_first_gives_many_successors(f: StoreFixture) {
    const CALLERS: u32 = 10;
    let creation = TestUser::new("ann").login(1, NOW);
    let session = creation.session.clone();
    f.sign_in(creation).await;
    let everyone_has_read = Arc::new(Barrier::new(10));
    let mut rotations = JoinSet::new();
    for caller in 1..=CALLERS {
        let (store, session, read) = (f.store(), session.clone(), Arc::clone(&everyone_has_read));
        rotations.spawn(async move {
            let LoadOutcome::Found(found) = store.load(session.id).await.expect("load") else { panic!("not found") };
            read.wait().await;
            let old = PresentedToken { secret: found.session.record.secret, number: 0 };
            let mut current = old;
            // Without the condition on the token, the write goes to whichever is current.
            loop {
                let mut rotation = rotation(&session, 0, NOW);
                rotation.token = current;
                rotation.on_reuse = None;
                if let Some(planned) = &mut rotation.rotation {
                    planned.successor = token(session.id, 100 + caller).secret;
                }
                if let PresentationOutcome::Rotated { record, is_new: true, .. } =
                    store.present_token(rotation).await.expect("rotate")
                {
                    return record.secret;
                }
                let LoadOutcome::Found(found) = store.load(session.id).await.expect("load") else { panic!("gone") };
                current = PresentedToken { secret: found.session.record.secret, number: 0 };
            }
        });
    }
    let successors: HashSet<_> = rotations.join_all().await.into_iter().map(|secret| secret.0).collect();
    assert_eq!(successors.len(), 10);
}

/// A node that does not store the first use of a successor: the thief's old token still gets the successor.
pub async fn a_first_use_that_is_not_stored_hides_a_theft(f: StoreFixture) {
    let creation = TestUser::new("ann").login(1, NOW);
    let session = creation.session.clone();
    f.sign_in(creation).await;
    f.present_token(rotation(&session, 0, NOW)).await.expect("rotate");
    let stolen = f.present_token(rotation(&session, 0, after(Duration::from_mins(20)))).await.expect("rotate");
    assert!(matches!(stolen, PresentationOutcome::Rotated { is_new: false, .. }), "{stolen:?}");
}

/// A caller that writes back the whole session it has read, as a cache would.
#[tokio::test]
async fn a_session_that_is_written_back_unconditionally_comes_back() {
    let f = StoreFixture::redis().await;
    let StoreEngine::Redis(server) = &f.engine else { panic!("not on Redis") };
    let mut redis = server.admin().await;
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW)).await;

    let keys: Vec<Vec<u8>> = redis::cmd("KEYS").arg("sa1:*:[uc]:*").query_async(&mut redis).await.expect("KEYS");
    assert_eq!(keys.len(), 2);
    let mut read = Vec::new();
    for key in keys {
        let fields: Vec<(Vec<u8>, Vec<u8>)> =
            redis::cmd("HGETALL").arg(&key).query_async(&mut redis).await.expect("HGETALL");
        read.push((key, fields));
    }
    let now = after(Duration::from_mins(1));
    f.revoke_all(revoke_all(&ann, now, 1)).await.expect("revoke all");
    assert!(f.live_sessions(&ann, now).await.is_empty());

    for (key, fields) in read {
        let mut write = redis::cmd("HSET");
        write.arg(key);
        for (field, value) in fields {
            write.arg(field).arg(value);
        }
        write.exec_async(&mut redis).await.expect("HSET");
    }
    assert_eq!(f.live_sessions(&ann, now).await, [ann.session_id(1)]);
}
