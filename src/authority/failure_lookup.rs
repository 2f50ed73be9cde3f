//! The failures before a login.

use std::sync::Arc;

use super::{failure_subjects::network_handle, report_failure::record_or_default};
use crate::{
    detection::{FailureSettings, LoginFailures},
    domain::{InstallationSecret, Session, UnixMillis, UserHandle, failures::FailureRecord},
    store::{FailureStore, StoreError},
};

/// The failures of users and networks.
pub struct FailureLookup {
    pub failures: Arc<dyn FailureStore>,
    pub installation: InstallationSecret,
}

impl FailureLookup {
    /// Returns the network of a login; `None` if its address is unknown.
    pub(super) fn network(&self, session: &Session, settings: &FailureSettings) -> Option<UserHandle> {
        let (tenant, ip) = (&session.owner.tenant, session.record.location.ip);
        network_handle(&self.installation, tenant, ip, settings.ipv6_prefix)
    }

    /// Returns the failures before a login, of which `user` and `network` were read, and records that the user
    /// authenticated. Each failure of the user counts for one login: the one that this step shows it to.
    pub(super) async fn before_login(
        &self,
        handle: UserHandle,
        now: UnixMillis,
        user: FailureRecord,
        network: Result<FailureRecord, StoreError>,
    ) -> LoginFailures {
        let user = if user == FailureRecord::default() { user } else { self.record_success(handle, now).await };
        LoginFailures { user: user.since_success(), network: record_or_default(network) }
    }

    /// Records that a user authenticated. Returns the failures before. An error is logged: no login is refused for it.
    pub(super) async fn record_success(&self, handle: UserHandle, now: UnixMillis) -> FailureRecord {
        record_or_default(self.failures.record_success(handle, now).await)
    }
}
