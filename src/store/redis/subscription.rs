//! A connection that receives published messages.

use std::time::Duration;

use futures_util::{Stream, stream::unfold};
use redis::aio::{PubSubSink, PubSubStream};
use tokio::time::{Interval, MissedTickBehavior, interval, timeout};
use tokio_stream::StreamExt;

use super::{RedisOptions, router::Router};
use crate::store::{StoreError, error::BoxError};

/// Time between two PINGs. Without them, an idle connection looks the same as a dead one.
const PING_INTERVAL: Duration = Duration::from_secs(2);

/// Subscribes to `channels`, on a connection of its own to the server of `key`. Returns the messages that are published
/// from then on, as `parse` decodes them; those that it returns `None` for are skipped. The stream ends after an error: if
/// the connection breaks, does not answer a PING in time, or a message cannot be decoded. Every server of a Cluster
/// delivers messages published on any of them.
pub(super) async fn subscribe<T: Send + 'static>(
    router: &Router,
    during: &'static str,
    key: &[u8],
    channels: &[String],
    parse: fn(&[u8]) -> Option<Result<T, StoreError>>,
) -> Result<impl Stream<Item = Result<T, StoreError>> + Send + 'static, StoreError> {
    let client = router.client_for_key(during, key)?;
    let RedisOptions { connect_timeout, response_timeout, .. } = router.options;
    let subscribed = async {
        let (mut sink, messages) = client.get_async_pubsub().await?.split();
        sink.subscribe(channels).await?;
        Ok::<_, redis::RedisError>((sink, messages))
    };
    let (sink, messages) = timeout(connect_timeout + response_timeout, subscribed)
        .await
        .map_err(|elapsed| connection_lost(during, elapsed))?
        .map_err(|error| connection_lost(during, error))?;
    let mut probe = interval(PING_INTERVAL);
    probe.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let connection = Subscription { during, sink, messages, probe, ping_timeout: response_timeout, parse };
    Ok(unfold(Some(connection), async |connection| {
        let mut connection = connection?;
        match connection.next().await {
            Ok(message) => Some((Ok(message), Some(connection))),
            Err(error) => Some((Err(error), None)),
        }
    }))
}

struct Subscription<T> {
    during: &'static str,
    sink: PubSubSink,
    messages: PubSubStream,
    probe: Interval,
    ping_timeout: Duration,
    parse: fn(&[u8]) -> Option<Result<T, StoreError>>,
}

impl<T> Subscription<T> {
    async fn next(&mut self) -> Result<T, StoreError> {
        loop {
            tokio::select! {
                biased;
                message = self.messages.next() => {
                    let message = message.ok_or_else(|| connection_lost(self.during, "the connection was closed"))?;
                    if let Some(parsed) = (self.parse)(message.get_payload_bytes()) {
                        return parsed;
                    }
                }
                _ = self.probe.tick() => {
                    let pong = timeout(self.ping_timeout, self.sink.ping::<redis::Value>()).await;
                    pong.map_err(|elapsed| connection_lost(self.during, elapsed))?
                        .map_err(|error| connection_lost(self.during, error))?;
                }
            }
        }
    }
}

fn connection_lost(during: &'static str, source: impl Into<BoxError>) -> StoreError {
    StoreError::Unreachable { during, source: source.into() }
}
