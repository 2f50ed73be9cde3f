//! A connection that receives published messages.

use std::time::Duration;

use futures_util::{Stream, stream::unfold};
use redis::aio::{PubSubSink, PubSubStream};
use tokio::time::{Interval, MissedTickBehavior, interval, timeout};
use tokio_stream::StreamExt;

use crate::{client_error::ClientError, inspection::ServerInspection, options::RouterOptions, router::Router};

/// Time between two PINGs. Without them, an idle connection looks the same as a dead one.
const PING_INTERVAL: Duration = Duration::from_secs(2);

impl<I: ServerInspection> Router<I> {
    /// Subscribes to `channels`, on a connection of its own to the server of `key`. Returns the messages that are
    /// published from then on, as `parse` decodes them; those that it returns `None` for are skipped. The stream ends
    /// after an error: if the connection breaks, does not answer a PING in time, or a message cannot be decoded. Every
    /// server of a Cluster delivers messages published on any of them.
    pub async fn subscribe<T, E>(
        &self,
        during: &'static str,
        key: &[u8],
        channels: &[String],
        parse: fn(&[u8]) -> Option<Result<T, E>>,
    ) -> Result<impl Stream<Item = Result<T, E>> + Send + use<I, T, E>, ClientError>
    where
        T: Send + 'static,
        E: From<ClientError> + Send + 'static,
    {
        let client = self.client_for_key(during, key)?;
        let RouterOptions { connect_timeout, response_timeout, .. } = self.options;
        let subscribed = async {
            let (mut sink, messages) = client.get_async_pubsub().await?.split();
            sink.subscribe(channels).await?;
            Ok::<_, redis::RedisError>((sink, messages))
        };
        let (sink, messages) = timeout(connect_timeout + response_timeout, subscribed)
            .await
            .map_err(|elapsed| ClientError::unreachable(during, elapsed))?
            .map_err(|error| ClientError::unreachable(during, error))?;
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
}

struct Subscription<T, E> {
    during: &'static str,
    sink: PubSubSink,
    messages: PubSubStream,
    probe: Interval,
    ping_timeout: Duration,
    parse: fn(&[u8]) -> Option<Result<T, E>>,
}

impl<T, E: From<ClientError>> Subscription<T, E> {
    async fn next(&mut self) -> Result<T, E> {
        loop {
            tokio::select! {
                biased;
                message = self.messages.next() => {
                    let message = message.ok_or_else(|| ClientError::unreachable(self.during, "the connection was closed"))?;
                    if let Some(parsed) = (self.parse)(message.get_payload_bytes()) {
                        return parsed;
                    }
                }
                _ = self.probe.tick() => {
                    let pong = timeout(self.ping_timeout, self.sink.ping::<redis::Value>()).await;
                    pong.map_err(|elapsed| ClientError::unreachable(self.during, elapsed))?
                        .map_err(|error| ClientError::unreachable(self.during, error))?;
                }
            }
        }
    }
}
