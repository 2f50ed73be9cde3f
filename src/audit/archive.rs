//! Archive of alerts, beyond the retention of the alert stream.

use async_trait::async_trait;

use super::AuditError;
use crate::{
    domain::{TenantId, alert::AlertId},
    store::{AlertPosition, StreamedAlert},
};

/// The alerts in the audit database.
///
/// Each method keeps the guarantees of [`super::EventLog`]. Without an audit database nothing is archived, and
/// [`Self::newest`] returns `None`.
#[async_trait]
pub trait AlertArchive: Send + Sync {
    /// Archives alerts at their positions in the stream, including those that this release cannot decode. Alerts that
    /// are already archived are skipped. For alerts about users that have been erased since, only the position is kept,
    /// which reads as [`crate::store::MissingAlert::Forgotten`].
    async fn archive(&self, alerts: &[StreamedAlert]) -> Result<(), AuditError>;

    /// Returns the position of the newest archived alert: [`AlertPosition::START`] if no alert is archived yet, `None`
    /// if there is no archive. Erasure does not move it back, as it leaves placeholders. Maintenance does, once all
    /// alerts are beyond their retention.
    ///
    /// Every alert up to this position that was still in the stream has been archived, unless the store was restored to
    /// an earlier state: positions may then be used twice.
    async fn newest(&self) -> Result<Option<AlertPosition>, AuditError>;

    /// Returns an archived alert, by its ID.
    async fn find(&self, id: AlertId) -> Result<Option<StreamedAlert>, AuditError>;

    /// Returns the alerts after `after` and up to `up_to` in the order of the stream, from at most `limit` positions.
    /// If an alert names an earlier predecessor than the alert before it, the store had lost the alerts between them;
    /// the archive has both.
    async fn read(
        &self,
        after: AlertPosition,
        up_to: AlertPosition,
        limit: usize,
    ) -> Result<Vec<StreamedAlert>, AuditError>;

    /// Reads as [`Self::read`] does, but only the view of these tenants. It has their alerts and, of other tenants, as
    /// many positions without an alert as needed to show gaps and the extent of the page. Each names the one before it
    /// in this view. The cost does not depend on the number of alerts of other tenants.
    async fn read_tenants(
        &self,
        tenants: &[TenantId],
        after: AlertPosition,
        up_to: AlertPosition,
        limit: usize,
    ) -> Result<Vec<StreamedAlert>, AuditError>;
}
