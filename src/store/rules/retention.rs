//! Retention of idempotency keys.

use crate::domain::{UnixMillis, limits};

/// Returns the time of the oldest request or operation that is still known at `now`. A repeat of it changes nothing and
/// returns the first outcome.
pub(in crate::store) fn oldest_known_request(now: UnixMillis) -> UnixMillis {
    now.minus(limits::REQUEST_ID_RETENTION)
}
