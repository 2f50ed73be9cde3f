//! A connection on which a node hears what waits in its buckets.

use std::time::Duration;

use futures_util::stream::unfold;
use redis::aio::{PubSubSink, PubSubStream};
use tokio::time::{Interval, MissedTickBehavior, interval, timeout};
use tokio_stream::StreamExt;

use super::{RedisOptions, keys, router::Router};
use crate::{
    domain::Bucket,
    store::{News, NewsMessages, NodeId, StoreError, error::Source},
};

const DURING: &str = "listening for news";

/// How often the connection is probed: one that has nothing to say looks like one that is dead.
const PROBE: Duration = Duration::from_secs(2);

/// Subscribes to what concerns `node`, on a connection that does nothing else, until that breaks or does not answer a
/// PING in time. Every server of a Cluster passes on what was published on any.
pub(super) async fn listen(router: &Router, node: NodeId) -> Result<NewsMessages, StoreError> {
    let client = router.client_of(DURING, &keys::nodes())?;
    let RedisOptions { connect_timeout, response_timeout, .. } = router.options;
    let subscribed = async {
        let (mut sink, messages) = client.get_async_pubsub().await?.split();
        sink.subscribe(&[keys::node_channel(node), keys::NODES_CHANNEL.to_owned()]).await?;
        Ok::<_, redis::RedisError>((sink, messages))
    };
    let (sink, messages) =
        timeout(connect_timeout + response_timeout, subscribed).await.map_err(broken)?.map_err(broken)?;
    let mut probe = interval(PROBE);
    probe.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let connection = NewsConnection { sink, messages, probe, patience: response_timeout };
    Ok(Box::pin(unfold(Some(connection), async |connection| {
        let mut connection = connection?;
        match connection.next().await {
            Ok(news) => Some((Ok(news), Some(connection))),
            Err(error) => Some((Err(error), None)),
        }
    })))
}

struct NewsConnection {
    sink: PubSubSink,
    messages: PubSubStream,
    probe: Interval,
    patience: Duration,
}

impl NewsConnection {
    async fn next(&mut self) -> Result<News, StoreError> {
        loop {
            tokio::select! {
                biased;
                message = self.messages.next() => {
                    let message = message.ok_or_else(|| broken("the connection was closed"))?;
                    if let Some(news) = parse(message.get_payload_bytes()) {
                        return Ok(news);
                    }
                }
                _ = self.probe.tick() => {
                    let _: redis::Value =
                        timeout(self.patience, self.sink.ping()).await.map_err(broken)?.map_err(broken)?;
                }
            }
        }
    }
}

/// `None` for news of another release.
fn parse(message: &[u8]) -> Option<News> {
    let (kind, rest) = message.split_first()?;
    let bucket = || u8::from_str_radix(std::str::from_utf8(rest).ok()?, 16).ok().map(Bucket);
    match kind {
        b'e' => bucket().map(News::Events),
        b'f' => bucket().map(News::Findings),
        b'c' => bucket().map(News::Claimed),
        b'n' => Some(News::Nodes),
        _ => None,
    }
}

fn broken(source: impl Into<Source>) -> StoreError {
    StoreError::Unreachable { during: DURING, source: source.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_name_what_waits_and_where() {
        assert_eq!(parse(b"e0a"), Some(News::Events(Bucket(10))));
        assert_eq!(parse(b"fff"), Some(News::Findings(Bucket(255))));
        assert_eq!(parse(b"c00"), Some(News::Claimed(Bucket(0))));
        assert_eq!(parse(b"n"), Some(News::Nodes));
        for other in [&b""[..], b"e", b"ezz", b"e100", b"x00"] {
            assert_eq!(parse(other), None, "{}", other.escape_ascii());
        }
    }
}
