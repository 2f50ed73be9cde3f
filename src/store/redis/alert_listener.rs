//! A connection that hears of alerts as they are appended.

use std::time::Duration;

use futures_util::stream::unfold;
use redis::aio::{PubSubSink, PubSubStream};
use tokio::time::{Interval, MissedTickBehavior, interval, timeout};
use tokio_stream::StreamExt;

use super::{RedisOptions, alerts::parse_published, keys, router::Router};
use crate::store::{AlertMessages, StoreError, StreamedAlert};

const DURING: &str = "listening for alerts";

/// A connection that has nothing to tell looks like one that is dead: so it is asked.
const PING_INTERVAL: Duration = Duration::from_secs(1);

/// Hears all that is published from when this answers, on a connection that does nothing else, until that breaks
/// or does not answer a PING in time. Every server of a Cluster tells what was published on any.
pub(super) async fn listen(router: &Router) -> Result<AlertMessages, StoreError> {
    let client = router.client_for_key(DURING, &keys::alerts())?;
    let RedisOptions { connect_timeout, response_timeout, .. } = router.options;
    let subscribed = async {
        let (mut sink, messages) = client.get_async_pubsub().await?.split();
        sink.subscribe(keys::ALERTS_CHANNEL).await?;
        Ok::<_, redis::RedisError>((sink, messages))
    };
    let (sink, messages) = timeout(connect_timeout + response_timeout, subscribed)
        .await
        .map_err(connection_lost)?
        .map_err(connection_lost)?;
    let mut probe = interval(PING_INTERVAL);
    probe.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let connection = AlertConnection { sink, messages, probe, ping_timeout: response_timeout };
    Ok(Box::pin(unfold(Some(connection), async |hearing| {
        let mut connection = hearing?;
        match connection.next().await {
            Ok(alert) => Some((Ok(alert), Some(connection))),
            Err(error) => Some((Err(error), None)),
        }
    })))
}

struct AlertConnection {
    sink: PubSubSink,
    messages: PubSubStream,
    probe: Interval,
    ping_timeout: Duration,
}

impl AlertConnection {
    async fn next(&mut self) -> Result<StreamedAlert, StoreError> {
        loop {
            tokio::select! {
                biased;
                message = self.messages.next() => {
                    let message = message.ok_or_else(|| connection_lost("the connection was closed"))?;
                    return parse_published(message.get_payload_bytes());
                }
                _ = self.probe.tick() => {
                    let _: redis::Value =
                        timeout(self.ping_timeout, self.sink.ping()).await.map_err(connection_lost)?.map_err(connection_lost)?;
                }
            }
        }
    }
}

fn connection_lost(source: impl Into<crate::store::error::BoxError>) -> StoreError {
    StoreError::Unreachable { during: DURING, source: source.into() }
}
