//! Waiting for a condition.

use std::time::Duration;

const POLL: Duration = Duration::from_millis(10);

/// Time limit for servers on a busy machine.
const TIMEOUT: Duration = Duration::from_mins(3);

/// Waits for a condition, with a deadline.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(POLL).await;
        }
    };
    assert!(tokio::time::timeout(TIMEOUT, waiting).await.is_ok(), "timed out waiting until {what}");
}
