//! Alerts beyond the time for which their stream keeps them.

use async_trait::async_trait;

use super::AuditError;
use crate::store::{AlertPosition, StreamedAlert};

/// The alerts of the audit database.
///
/// What holds for every verb is what holds for [`super::EventLog`]. Without an audit database nothing is kept, and
/// [`Self::newest`] is `None`.
#[async_trait]
pub trait AlertArchive: Send + Sync {
    /// Keeps alerts where they lay in the stream. Those that it has are passed over, and so are those about persons
    /// who were forgotten since.
    async fn keep(&self, alerts: &[StreamedAlert]) -> Result<(), AuditError>;

    /// Where the latest alert lay that it was ever given; [`AlertPosition::START`] when there was none, `None` when
    /// none is kept at all.
    async fn newest(&self) -> Result<Option<AlertPosition>, AuditError>;

    /// The alerts that lay after `after` and not after `up_to`, in the order of the stream, at most `limit`.
    async fn read(
        &self,
        after: AlertPosition,
        up_to: AlertPosition,
        limit: usize,
    ) -> Result<Vec<StreamedAlert>, AuditError>;
}
