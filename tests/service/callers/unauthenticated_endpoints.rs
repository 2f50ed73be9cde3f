//! Endpoints that need no key, and some that need one although they change nothing.

use session_authority::domain::CallerRole;
use tonic::{Code, Request, Status};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest,
};

use super::{KeyRing, directory, guarded};
use crate::service::{
    fixture::{TestService, error_parts, signed},
    management::get,
};

#[tokio::test]
async fn probes_and_metrics_on_loopback_take_no_key() {
    let directory = directory();
    KeyRing::open(&directory).add("login", CallerRole::Issuer, &[]);
    let service = guarded(directory).await;
    let mut health = HealthClient::new(service.channel.clone());
    health.check(HealthCheckRequest::default()).await.expect("a response without a key");
    for path in ["/livez", "/metrics"] {
        assert_eq!(get(service.node.management, path).await.0, 200, "{path}");
    }
}

#[tokio::test]
async fn reflection_is_for_callers_of_any_role() {
    let directory = directory();
    let ring = KeyRing::open(&directory);
    let keys = CallerRole::ALL.map(|role| ring.add(role.name(), role, &[]));
    let service = guarded(directory).await;
    let status = reflect(&service, None).await.expect_err("no key");
    assert_eq!(error_parts(&status).0, Code::Unauthenticated);
    for key in keys {
        reflect(&service, Some(&key)).await.expect("a caller");
    }
}

async fn reflect(service: &TestService, key: Option<&str>) -> Result<(), Status> {
    let list = tokio_stream::once(ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    });
    let request = match key {
        Some(key) => signed(key, list),
        None => Request::new(list),
    };
    ServerReflectionClient::new(service.channel.clone()).server_reflection_info(request).await.map(drop)
}
