//! A connection that receives alerts as they are appended.

use std::time::Duration;

use futures_util::stream::unfold;
use redis::aio::{PubSubSink, PubSubStream};
use tokio::time::{Interval, MissedTickBehavior, interval, timeout};
use tokio_stream::StreamExt;

use super::{RedisOptions, alert_entry::parse_published, keys, router::Router};
use crate::store::{AlertMessages, StoreError, StreamedAlert};

const DURING: &str = "subscribing to alerts";

/// Time between two PINGs. Without them, an idle connection looks the same as a dead one.
const PING_INTERVAL: Duration = Duration::from_secs(2);

/// Subscribes to the alerts that are published from the time this returns, on a connection of its own. The stream ends
/// when that connection breaks or does not answer a PING in time. Every server of a Cluster delivers messages published
/// on any of them.
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
    Ok(Box::pin(unfold(Some(connection), async |connection| {
        let mut connection = connection?;
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
