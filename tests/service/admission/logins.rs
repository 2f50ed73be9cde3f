//! Logins of one user are serialized, and do not delay others.

use std::{collections::BTreeMap, time::Duration};

use futures_util::{StreamExt, stream::FuturesUnordered};
use session_authority::domain::{InstallationSecret, Owner};
use tonic::Code;
use tonic_types::StatusExt;

use crate::{
    service::{
        fixture::{TestService, error_parts, login_of},
        management::get,
        transport::FreezableNode,
    },
    support::proxy::ProxyDirection,
};

/// Returns two users whose sessions are in the same bucket.
fn neighbours() -> (String, String) {
    let installation = InstallationSecret::new(&[0; 32]);
    let mut users = BTreeMap::new();
    for n in 0.. {
        let user = format!("user-{n}");
        let bucket = installation.user_handle(&Owner::new("", &user).expect("an owner")).bucket();
        if let Some(other) = users.insert(bucket, user.clone()) {
            return (other, user);
        }
    }
    unreachable!("there are fewer buckets than users");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_logins_of_one_user_do_not_hold_up_another() {
    let FreezableNode { service, proxy } = FreezableNode::start(&[]).await;
    let (busy, other) = neighbours();
    // The first login of each user does the one-time work, so that the compared logins need not.
    for user in [&busy, &other] {
        service.login(user).await;
    }
    proxy.delay(ProxyDirection::Replies, Duration::from_millis(100));
    let mut logins: FuturesUnordered<_> = (0..40).map(|_| service.create(login_of(&busy))).collect();
    let mut refused = 0;
    while refused < 35 {
        let status = logins.next().await.expect("a response").expect_err("one is in progress and four wait");
        assert_eq!(error_parts(&status), (Code::ResourceExhausted, "LOGIN_QUEUE_FULL".into(), vec![]));
        assert!(status.get_error_details().retry_info().is_some_and(|retry| retry.retry_delay.is_some()));
        refused += 1;
    }
    let waited = async {
        let mut done = 0;
        while let Some(login) = logins.next().await {
            login.expect("a login that waited");
            done += 1;
        }
        done
    };
    // The logins take the same time each, and five run one after the other.
    let login_of_other = service.create(login_of(&other));
    let mut waited = std::pin::pin!(waited);
    tokio::select! {
        biased;
        created = login_of_other => drop(created.expect("a session")),
        _ = &mut waited => panic!("five logins of one user finished before one of another"),
    }
    assert_eq!(waited.await, 5);
    assert_refusals(&service, 35).await;
}

async fn assert_refusals(service: &TestService, count: usize) {
    let line =
        format!("session_authority_admission_refusals_total{{budget=\"writes\",reason=\"user_queue\"}} {count}\n");
    let metrics = get(service.node.management, "/metrics").await.1;
    assert!(metrics.contains(&line), "{line}");
}
