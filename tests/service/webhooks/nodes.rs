//! Several nodes, and a node that starts again.

use std::{collections::HashSet, sync::Arc, time::Duration};

use session_authority::{
    api::{
        AddWebhookRequest, session_service_client::SessionServiceClient, webhook_service_client::WebhookServiceClient,
    },
    audit,
    clock::{Clock, ManualClock, SystemClock},
};

use sqlx::{Connection, Executor, PgConnection};

use super::{
    TestService, endpoint, eventually, eventually_entry,
    receiver::{Receiver, Reply},
};
use crate::{
    service::{
        fixture::{START, channel_to, create_with_retries, first_sweep, login_of, start_node},
        management::get,
    },
    support::{postgres::PostgresServer, redis::RedisServer},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_survives_a_restart() {
    let receiver = Receiver::start().await;
    let directory = tempfile::tempdir().expect("a directory");
    let clock = Arc::new(ManualClock::new(START));
    let node = start_node(&directory, &[], Arc::clone(&clock) as _).await;
    first_sweep(&node).await;
    let channel = channel_to(&node).await;
    let service = TestService { node, clock, redis: None, directory, channel };
    let mut webhook = endpoint("hook", &receiver.url());
    webhook.event_types = vec!["session.created".to_owned()];
    super::add(&service, webhook).await;
    receiver.always(Reply::Status(500, ""));
    service.login("ann").await;
    eventually_entry(&service, "hook", "the attempt is recorded", |entry| entry.consecutive_failures == 1).await;

    let TestService { node, clock, directory, .. } = service;
    assert!(node.stop().await);
    receiver.always(Reply::Status(200, ""));
    clock.advance(Duration::from_mins(1));
    let node = start_node(&directory, &[], Arc::clone(&clock) as _).await;
    let requests = receiver.wait_for(2).await;
    assert_eq!(requests[0].id(), requests[1].id());
    assert!(node.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_deliver_each_message_once() {
    let (redis, receiver) = (RedisServer::start().await, Receiver::start().await);
    let audit_url = PostgresServer::shared().await.database().await;
    audit::migrate(&audit_url).await.expect("the schema");
    let directory = tempfile::tempdir().expect("a directory");
    let store = redis.url();
    let settings = [("STORE__URL", store.as_str()), ("AUDIT__URL", audit_url.as_str())];
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let first = start_node(&directory, &settings, Arc::clone(&clock)).await;
    let second = start_node(&directory, &settings, clock).await;

    let mut webhook = endpoint("hook", &receiver.url());
    webhook.event_types = vec!["session.created".to_owned()];
    let request = AddWebhookRequest { webhook: Some(webhook), ..AddWebhookRequest::default() };
    WebhookServiceClient::new(channel_to(&first).await).add_webhook(request).await.expect("added");
    for (node, users) in [(&first, 0..30), (&second, 30..60)] {
        let mut sessions = SessionServiceClient::new(channel_to(node).await);
        for number in users {
            create_with_retries(&mut sessions, login_of(&format!("user-{number}"))).await.expect("a session");
        }
    }
    receiver.wait_for(60).await;
    // The node that delivers stops; the other one takes over without a repetition.
    assert!(first.stop().await);
    let mut sessions = SessionServiceClient::new(channel_to(&second).await);
    for number in 60..80 {
        create_with_retries(&mut sessions, login_of(&format!("user-{number}"))).await.expect("a session");
    }
    let requests = receiver.wait_for(80).await;
    let ids: HashSet<_> = requests.iter().map(|request| request.id().to_owned()).collect();
    assert_eq!((requests.len(), ids.len()), (80, 80));
    assert!(second.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhooks_that_cannot_be_read_degrade_a_node() {
    let (redis, receiver) = (RedisServer::start().await, Receiver::start().await);
    let audit_url = PostgresServer::shared().await.database().await;
    audit::migrate(&audit_url).await.expect("the schema");
    let store = redis.url();
    let service = TestService::start(Some(redis), &[("STORE__URL", &store), ("AUDIT__URL", &audit_url)]).await;
    let mut database = PgConnection::connect(&audit_url).await.expect("a database");
    let reported =
        || async { get(service.node.management, "/readyz").await.1.contains("webhooks are not delivered: ") };
    super::add(&service, endpoint("hook", &receiver.url())).await;
    receiver.wait_for(1).await;
    assert!(!reported().await);
    database.execute("ALTER TABLE webhook_endpoints RENAME TO away").await.expect("renamed");
    eventually("it is reported", reported).await;
    database.execute("ALTER TABLE away RENAME TO webhook_endpoints").await.expect("renamed");
    eventually("it has recovered", || async { !reported().await }).await;
}
