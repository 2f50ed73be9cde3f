//! A node on a Redis Cluster.

use session_authority::{api::ValidateRequest, domain::SessionId};
use tonic::Code;

use super::{
    fixture::{TestService, error_parts, eventually, id_of, login_of},
    management::get,
};
use crate::support::redis_cluster::{BorrowedCluster, RedisCluster};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_serves_the_users_of_all_masters() {
    let cluster = BorrowedCluster::empty().await;
    let service = TestService::start(None, &[("STORE__URL", &cluster.url())]).await;
    for number in 0..20 {
        let user = format!("user {number}");
        let created = service.login(&user).await;
        assert_eq!(service.validate(&created.token).await.expect("an active session").session_id, id_of(&created));
        assert_eq!(service.list(&user).await.len(), 1);
    }
    eventually("it reports its store", || async {
        get(service.node.management, "/readyz").await.1.contains("redis-cluster is reachable")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_a_master_fails_nobody_is_signed_out_and_the_node_stays_ready() {
    let cluster = RedisCluster::with_replicas().await;
    let service = TestService::start(None, &[("STORE__URL", &cluster.url())]).await;
    let created = service.login("ann").await;
    let id: SessionId = id_of(&created).parse().expect("a session's id");
    let key = format!("sa1:{{{}}}:outbox", id.handle.bucket());
    let lost = cluster.master_of(&key, 0).await;
    cluster.wait_until_replicated(lost).await;
    let store_answers = async || get(service.node.management, "/readyz").await.1.contains("store: ok");
    eventually("the store was checked", store_answers).await;

    cluster.nodes[lost].kill();
    let validate = ValidateRequest { token: created.token.clone(), ..ValidateRequest::default() };
    let status = service.sessions().validate(validate.clone()).await.expect_err("no verdict");
    assert_eq!(error_parts(&status), (Code::Unavailable, "STORE_UNAVAILABLE".into(), vec![]));
    eventually("there are verdicts again", || async {
        assert!(store_answers().await, "most users are served");
        service.sessions().validate(validate.clone()).await.is_ok()
    })
    .await;
    assert_eq!(service.validate(&created.token).await.expect("not signed out").session_id, id_of(&created));
    service.create(login_of("ann")).await.expect("another session");
    assert_eq!(service.list("ann").await.len(), 2);
}
