//! Alerts of two server processes on one Redis, with logins and readers on either.

use futures_util::future::join_all;
use tonic::transport::Channel;

use super::{fleet::ServerFleet, server::ServerProgram};
use crate::service::alerts::{logins::login_alert, reader::AlertReader};

const LOGINS: usize = 20;

/// Returns the IDs of the alerts of acknowledged logins at `node`.
async fn raise(node: &Channel, what: &str) -> Vec<String> {
    let users: Vec<_> = (0..LOGINS).map(|i| format!("{what}-{i}")).collect();
    let logins = join_all(users.iter().map(|user| login_alert(node, user))).await;
    logins.into_iter().filter_map(Result::ok).map(|alert| alert.alert_id).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_at_either_raises_an_alert_at_both() {
    let fleet = ServerFleet::new().await;
    let servers = [fleet.server().await, fleet.server().await];
    let [one, other] = servers.each_ref().map(ServerProgram::channel);
    let mut at_one = AlertReader::start(vec![one.clone()]).await;
    let mut at_other = AlertReader::start(vec![other.clone()]).await;
    let raised = [raise(&one, "one").await, raise(&other, "other").await].concat();
    assert_eq!(raised.len(), 2 * LOGINS);
    at_one.read_each_once(&raised).await;
    at_other.read_each_once(&raised).await;
    assert_eq!((at_one.ended, at_other.ended), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_of_one_that_is_killed_resumes_at_the_other_with_nothing_lost_and_nothing_twice() {
    let fleet = ServerFleet::new().await;
    let servers = [fleet.server().await, fleet.server().await];
    let [one, other] = servers.each_ref().map(ServerProgram::channel);
    let [killed, _alive] = servers;
    let mut reader = AlertReader::start(vec![one.clone(), other.clone()]).await;
    let mut raised = [raise(&one, "one").await, raise(&other, "other").await].concat();
    assert_eq!(raised.len(), 2 * LOGINS);
    // Some alerts have been read, the others are in flight, and more logins are in progress on both servers.
    reader.read(LOGINS).await;
    let ((), at_killed, at_other) =
        tokio::join!(async { drop(killed) }, raise(&one, "at-killed"), raise(&other, "meanwhile"));
    assert_eq!(at_other.len(), LOGINS);
    raised.extend([at_killed, at_other, raise(&other, "after").await].concat());
    reader.read_each_once(&raised).await;
    assert!(reader.ended > 0, "its stream was interrupted");
}
