//! A connection on which a node is notified of pending work in its buckets.

use super::{client::StoreRouter, keys};
use crate::{
    domain::Bucket,
    store::{NodeId, NotificationStream, StoreError, StoreNotification},
};

/// Subscribes to the notifications of `node`. The stream ends with its connection.
pub(super) async fn listen(router: &StoreRouter, node: NodeId) -> Result<NotificationStream, StoreError> {
    let channels = [keys::node_channel(node), keys::NODES_CHANNEL.to_owned()];
    let parse = |message: &[u8]| parse(message).map(Ok);
    let notifications = router.subscribe("subscribing to notifications", &keys::nodes(), &channels, parse).await?;
    Ok(Box::pin(notifications))
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
