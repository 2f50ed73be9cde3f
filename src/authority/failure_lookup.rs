//! The failures before a login.

use std::sync::Arc;

use futures_util::future::{OptionFuture, join};

use super::{failure_subjects::network_handle, report_failure::record_or_default};
use crate::{
    detection::{FailureSettings, LoginFailures},
    domain::{InstallationSecret, failures::FailureSubject},
    store::{FailureStore, SessionCreation},
};

/// The failures of users and networks.
pub struct FailureLookup {
    pub failures: Arc<dyn FailureStore>,
    pub installation: InstallationSecret,
}

impl FailureLookup {
    /// Returns the failures of the user and from the network, and records that the user authenticated.
    pub(super) async fn before_login(&self, creation: &SessionCreation, settings: &FailureSettings) -> LoginFailures {
        let (session, handle) = (&creation.session, creation.session.id.handle);
        let (tenant, ip) = (&session.owner.tenant, session.record.location.ip);
        let network = network_handle(&self.installation, tenant, ip, settings.ipv6_prefix);
        let of_network = network.map(|handle| self.failures.load_failures(FailureSubject::Network, handle));
        let of_user = self.failures.record_success(handle, creation.now);
        let (user, network) = join(of_user, OptionFuture::from(of_network)).await;
        LoginFailures {
            user: record_or_default(user).since_success(),
            network: network.map(record_or_default).unwrap_or_default(),
        }
    }
}
