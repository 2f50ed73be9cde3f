//! Refused calls, as the audit records them.

use super::{event::EventId, id::TenantId, location::Location, time::UnixMillis};

/// Calls of one kind that were refused to one caller within about half a minute.
#[derive(Clone, Debug, PartialEq)]
pub struct RefusedCalls {
    pub id: EventId,
    /// The time of the latest one.
    pub at: UnixMillis,
    /// The only tenant that the caller may act on. `None`: it may act on several, or is unknown.
    pub tenant: Option<TenantId>,
    /// The name of the caller; empty if it is unknown.
    pub caller: String,
    /// The method, the reason and the number of calls.
    pub reason: String,
    /// The ID of the first call.
    pub request_id: String,
    /// The address from which the first call came.
    pub location: Location,
}
