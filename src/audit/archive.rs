//! Alerts beyond the time for which their stream keeps them.

use async_trait::async_trait;

use super::AuditError;
use crate::{
    domain::TenantId,
    store::{AlertPosition, StreamedAlert},
};

/// The alerts of the audit database.
///
/// What holds for every verb is what holds for [`super::EventLog`]. Without an audit database nothing is kept, and
/// [`Self::newest`] is `None`.
#[async_trait]
pub trait AlertArchive: Send + Sync {
    /// Keeps alerts where they lay in the stream, also those that this release cannot read. Those that it has are
    /// passed over. Of those about persons who were forgotten since, only the place is kept: it reads as
    /// [`crate::store::MissingAlert::Forgotten`].
    async fn archive(&self, alerts: &[StreamedAlert]) -> Result<(), AuditError>;

    /// Where the latest alert lies that it has; [`AlertPosition::START`] when it has none, `None` when none is kept at
    /// all. Forgetting does not move it back, as it leaves places; housekeeping does once everything is past its time.
    /// What lies there and before was given to it as far as the stream still had it, unless the store was put back to
    /// an earlier state: then positions may be given out twice.
    async fn newest(&self) -> Result<Option<AlertPosition>, AuditError>;

    /// The alerts that lay after `after` and not after `up_to`, in the order of the stream, from at most `limit` places.
    /// Where one names an earlier alert than the one before it, the store had lost what lies between; the archive has
    /// both.
    async fn read(
        &self,
        after: AlertPosition,
        up_to: AlertPosition,
        limit: usize,
    ) -> Result<Vec<StreamedAlert>, AuditError>;

    /// Reads as [`Self::read`] does, and only what lies in the way of these tenants: their alerts, and of those of others
    /// as many places without an alert as show where something is missing and how far the page reaches. Each names the
    /// one before it in this view. The cost does not depend on how many alerts other tenants have.
    async fn read_tenants(
        &self,
        tenants: &[TenantId],
        after: AlertPosition,
        up_to: AlertPosition,
        limit: usize,
    ) -> Result<Vec<StreamedAlert>, AuditError>;
}
