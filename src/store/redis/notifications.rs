//! A connection on which a node is notified of pending work in its buckets.

use std::time::Duration;

use futures_util::stream::unfold;
use redis::aio::{PubSubSink, PubSubStream};
use tokio::time::{Interval, MissedTickBehavior, interval, timeout};
use tokio_stream::StreamExt;

use super::{RedisOptions, keys, router::Router};
use crate::{
    domain::Bucket,
    store::{NodeId, NotificationStream, StoreError, StoreNotification, error::BoxError},
};

const DURING: &str = "subscribing to notifications";

/// Time between two PINGs. Without them, an idle connection looks the same as a dead one.
const PING_INTERVAL: Duration = Duration::from_secs(2);

/// Subscribes to the notifications of `node`, on a connection of its own. The stream ends when that connection breaks
/// or does not answer a PING in time. Every server of a Cluster delivers messages published on any of them.
pub(super) async fn listen(router: &Router, node: NodeId) -> Result<NotificationStream, StoreError> {
    let client = router.client_for_key(DURING, &keys::nodes())?;
    let RedisOptions { connect_timeout, response_timeout, .. } = router.options;
    let subscribed = async {
        let (mut sink, messages) = client.get_async_pubsub().await?.split();
        sink.subscribe(&[keys::node_channel(node), keys::NODES_CHANNEL.to_owned()]).await?;
        Ok::<_, redis::RedisError>((sink, messages))
    };
    let (sink, messages) = timeout(connect_timeout + response_timeout, subscribed)
        .await
        .map_err(connection_lost)?
        .map_err(connection_lost)?;
    let mut probe = interval(PING_INTERVAL);
    probe.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let connection = NotificationConnection { sink, messages, probe, ping_timeout: response_timeout };
    Ok(Box::pin(unfold(Some(connection), async |connection| {
        let mut connection = connection?;
        match connection.next().await {
            Ok(notification) => Some((Ok(notification), Some(connection))),
            Err(error) => Some((Err(error), None)),
        }
    })))
}

struct NotificationConnection {
    sink: PubSubSink,
    messages: PubSubStream,
    probe: Interval,
    ping_timeout: Duration,
}

impl NotificationConnection {
    async fn next(&mut self) -> Result<StoreNotification, StoreError> {
        loop {
            tokio::select! {
                biased;
                message = self.messages.next() => {
                    let message = message.ok_or_else(|| connection_lost("the connection was closed"))?;
                    if let Some(notification) = parse(message.get_payload_bytes()) {
                        return Ok(notification);
                    }
                }
                _ = self.probe.tick() => {
                    let _: redis::Value =
                        timeout(self.ping_timeout, self.sink.ping()).await.map_err(connection_lost)?.map_err(connection_lost)?;
                }
            }
        }
    }
}

/// Parses a notification; `None` for one of another release.
fn parse(message: &[u8]) -> Option<StoreNotification> {
    let (kind, rest) = message.split_first()?;
    let bucket = || u8::from_str_radix(std::str::from_utf8(rest).ok()?, 16).ok().map(Bucket);
    match kind {
        b'e' => bucket().map(StoreNotification::Events),
        b'f' => bucket().map(StoreNotification::Findings),
        b'c' => bucket().map(StoreNotification::Claimed),
        b'n' => Some(StoreNotification::NodesChanged),
        _ => None,
    }
}

fn connection_lost(source: impl Into<BoxError>) -> StoreError {
    StoreError::Unreachable { during: DURING, source: source.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notifications_name_the_queue_and_the_bucket() {
        assert_eq!(parse(b"e0a"), Some(StoreNotification::Events(Bucket(10))));
        assert_eq!(parse(b"fff"), Some(StoreNotification::Findings(Bucket(255))));
        assert_eq!(parse(b"c00"), Some(StoreNotification::Claimed(Bucket(0))));
        assert_eq!(parse(b"n"), Some(StoreNotification::NodesChanged));
        for other in [&b""[..], b"e", b"ezz", b"e100", b"x00"] {
            assert_eq!(parse(other), None, "{}", other.escape_ascii());
        }
    }
}
