//! Alerts of logins while Redis is killed under an open stream.

use futures_util::future::join_all;

use super::{HEARTBEAT_EVERY_100MS, logins::login_alert, reader::AlertReader};
use crate::{
    service::fixture::{TestService, eventually, login_of},
    support::redis::RedisServer,
};

const LOGINS: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_killed_under_an_open_stream_loses_no_alert_and_repeats_none() {
    let redis = RedisServer::durable().await;
    let url = redis.url();
    let settings =
        [HEARTBEAT_EVERY_100MS, ("STORE__URL", &url), ("AUDIT__URL", "none"), ("DETECTION__LEARNING_MIN_LOGINS", "1")];
    let service = TestService::start(Some(redis), &settings).await;
    let redis = service.redis.as_ref().expect("a server");
    let mut reader = AlertReader::start(vec![service.channel.clone()]).await;
    let mut raised = Vec::new();
    for round in 0..3 {
        let users = |what: &str| (0..LOGINS).map(|i| format!("{what}-{round}-{i}")).collect::<Vec<_>>();
        let all = async |users: Vec<String>| {
            let logins = users.iter().map(|user| login_alert(&service.channel, user));
            join_all(logins).await.into_iter().filter_map(Result::ok).map(|alert| alert.alert_id).collect::<Vec<_>>()
        };
        let before = all(users("before")).await;
        assert_eq!(before.len(), LOGINS);
        raised.extend(before);
        // Some alerts have been read, some are in flight, and more logins are in progress.
        reader.read(raised.len() - LOGINS / 2).await;
        let ((), during) = tokio::join!(async { redis.kill() }, all(users("during")));
        raised.extend(during);
        redis.restart().await;
        eventually("logins succeed again", async || service.create(login_of("eve")).await.is_ok()).await;
        let after = all(users("after")).await;
        assert_eq!(after.len(), LOGINS);
        raised.extend(after);
    }
    reader.read_each_once(&raised).await;
    assert_eq!(reader.ended, 0, "an open stream survives the outage");
}
