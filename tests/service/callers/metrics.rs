//! Metrics and details of readiness checks on a management port beyond loopback: only for callers with a suitable role.

use std::{sync::Arc, time::Duration};

use session_authority::{
    authority::{Authenticator, PresentedCredentials, permissions::METRICS_ROLES},
    callers::CallersHandle,
    domain::{CallError, Caller, CallerRole},
    transport::http::{
        CheckReport, CheckState, ConnectionLimits, ManagementAccess, ManagementSource, ReadinessReport, serve,
    },
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{KeyRing, directory};
use crate::service::{fixture::START, management::get_with};

const LIMITS: ConnectionLimits = ConnectionLimits { connections: 64, request_timeout: Duration::from_mins(1) };

struct CallersAuthenticator(CallersHandle);

impl Authenticator for CallersAuthenticator {
    fn authenticate(&self, credentials: PresentedCredentials<'_>) -> Result<Arc<Caller>, CallError> {
        self.0.authenticate(credentials, START).map_err(|_| CallError::Unauthenticated("who?"))
    }
}

struct FakeManagement;

impl ManagementSource for FakeManagement {
    fn readiness(&self) -> ReadinessReport {
        let detail = "the session store at 192.0.2.7:6379 does not respond".to_owned();
        ReadinessReport { checks: vec![CheckReport { name: "store", state: CheckState::Failed, detail }] }
    }

    fn metrics(&self) -> String {
        "# EOF\n".to_owned()
    }
}

#[tokio::test]
async fn metrics_and_reasons_beyond_loopback_take_a_key_of_a_role_that_may_read_them() {
    let directory = directory();
    let ring = KeyRing::open(&directory);
    let keys = CallerRole::ALL.map(|role| (role, ring.add(role.name(), role, &[])));
    let callers = CallersHandle::open(ring.file.path(), Vec::new(), &ring.installation, false, Duration::from_hours(1))
        .expect("callers");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let address = listener.local_addr().expect("an address");
    let access = ManagementAccess { authenticator: Arc::new(CallersAuthenticator(callers)), anonymous: false };
    let port = serve(listener, None, Arc::new(FakeManagement), access, LIMITS, CancellationToken::new());
    let looks = async {
        for (role, key) in keys {
            let (status, body) =
                get_with(address, "/metrics", &format!("host: localhost\r\nauthorization: Bearer {key}")).await;
            assert_eq!(status, if METRICS_ROLES.contains(&role) { 200 } else { 403 }, "{role:?}: {body}");
            assert!(!body.contains(&key), "the key is not echoed");
            let (status, body) =
                get_with(address, "/readyz", &format!("host: localhost\r\nauthorization: Bearer {key}")).await;
            assert_eq!((status, body.contains("192.0.2.7")), (503, METRICS_ROLES.contains(&role)), "{role:?}: {body}");
        }
        for stranger in ["host: localhost", "host: localhost\r\nauthorization: Bearer nonsense"] {
            assert_eq!(get_with(address, "/metrics", stranger).await.0, 401);
            assert_eq!(get_with(address, "/readyz", stranger).await, (503, "store: failed\n".to_owned()));
        }
        assert_eq!(get_with(address, "/livez", "host: localhost").await.0, 200, "probes need no key");
    };
    tokio::select! {
        () = looks => {}
        ended = port => panic!("the port ended: {ended:?}"),
    }
}
