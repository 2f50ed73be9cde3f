//! Mutants: without a protection, the assertions of the suite fail.

use std::sync::Arc;
use std::time::Duration;

use session_authority::domain::limits;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::fixture::{StoreEngine, StoreFixture};
use super::operations::revoke_all;
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
