//! Failures of calls, for protocols that are translated to gRPC.

use std::{collections::BTreeMap, time::Duration};

use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::{RpcError, status};

/// The failure of a call: the parts of its status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::transport) struct FailedCall {
    pub(in crate::transport) code: Code,
    /// The name of the reason: a value of `ErrorReason` without its prefix.
    pub(in crate::transport) reason: String,
    pub(in crate::transport) message: String,
    /// The invalid fields, each with the end of a sentence that begins with its name.
    pub(in crate::transport) fields: Vec<(String, String)>,
    pub(in crate::transport) metadata: BTreeMap<String, String>,
    pub(in crate::transport) retry_after: Option<Duration>,
}

impl FailedCall {
    pub(super) fn from_status(status: &Status) -> Self {
        let details = status.get_error_details();
        let info = details.error_info().cloned();
        let fields = details.bad_request().map(|bad| bad.field_violations.clone()).unwrap_or_default();
        let (reason, metadata) = info.map(|info| (info.reason, info.metadata)).unwrap_or_default();
        Self {
            code: status.code(),
            reason: if reason.is_empty() { "INTERNAL".to_owned() } else { reason },
            message: status.message().to_owned(),
            fields: fields.into_iter().map(|violation| (violation.field, violation.description)).collect(),
            metadata: metadata.into_iter().collect(),
            retry_after: details.retry_info().and_then(|retry| retry.retry_delay),
        }
    }

    /// Returns the failure of a call whose time limit has passed.
    pub(in crate::transport) fn deadline_exceeded() -> Self {
        Self::from_status(&status::deadline_exceeded())
    }

    /// Returns the failure of a call for the reason `error`, whose details are logged.
    pub(in crate::transport) fn log(error: &RpcError) -> Self {
        status::log_error(error);
        Self::from(error)
    }

    /// Returns the HTTP status of the failure.
    pub(in crate::transport) fn http_status(&self) -> u16 {
        status::http_status(self.code, &self.reason)
    }
}

impl From<&RpcError> for FailedCall {
    fn from(error: &RpcError) -> Self {
        Self::from_status(&status::from_error(error))
    }
}

impl From<Status> for FailedCall {
    fn from(status: Status) -> Self {
        Self::from_status(&status)
    }
}
