//! Queries of the audit by administrators, and actions based on them.
//!
//! Each case runs with sessions and audit in SQLite, and with sessions in Redis and the audit in PostgreSQL.

mod alerts;
mod events;
mod forgetting;
mod recorded;
mod rejected_requests;
mod revoke_where;
mod search;
mod stats;
pub mod store_dump;
mod tenants;

use std::time::Duration;

use session_authority::{
    api::{
        ClientContext, CreateRequest, CreateResponse, PurgeRequest, RevokeRequest, SearchSessionsRequest,
        SearchSessionsResponse, SessionFilter, revoke_request::Target,
    },
    audit,
    clock::Clock,
};

use super::fixture::{TestService, eventually, id_of, login_of};
use crate::support::{postgres::PostgresServer, redis::RedisServer};

/// Makes each case a separate test on each pair of engines.
macro_rules! on_every_audit {
    ($($case:ident),+ $(,)?) => {
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                super::$case($crate::service::admin::on_postgres().await).await;
            })+
        }

        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                super::$case($crate::service::fixture::TestService::on_sqlite().await).await;
            })+
        }
    };
}

pub(in crate::service) use on_every_audit;

/// Starts a node with its sessions in Redis and its audit in PostgreSQL.
pub(in crate::service) async fn on_postgres() -> TestService {
    on_postgres_at(&PostgresServer::shared().await.database().await).await
}

async fn on_postgres_at(audit: &str) -> TestService {
    audit::migrate(audit).await.expect("the schema");
    let redis = RedisServer::start().await;
    let url = redis.url();
    TestService::start(Some(redis), &[("STORE__URL", &url), ("AUDIT__URL", audit)]).await
}

/// Returns a login from an address.
fn login_from(user: &str, ip: &str) -> CreateRequest {
    let client = ClientContext { ip: ip.to_owned(), ..login_of(user).client.expect("a client") };
    CreateRequest { client: Some(client), ..login_of(user) }
}

/// Signs in, some time after all earlier events.
async fn sign_in(service: &TestService, request: CreateRequest) -> CreateResponse {
    service.clock.advance(Duration::from_secs(1));
    service.create(request).await.expect("a session")
}

async fn sign_out(service: &TestService, created: &CreateResponse) {
    service.clock.advance(Duration::from_secs(1));
    let revoke = RevokeRequest {
        target: Some(Target::SessionId(id_of(created))),
        reason: "lost phone".to_owned(),
        actor: "support-7".to_owned(),
        ..RevokeRequest::default()
    };
    assert!(service.sessions().revoke(revoke).await.expect("a response").into_inner().revoked);
}

async fn search(service: &TestService, request: SearchSessionsRequest) -> SearchSessionsResponse {
    service.admin().search_sessions(request).await.expect("sessions").into_inner()
}

/// Returns the IDs of the found sessions, in the order of the response.
async fn found_ids(service: &TestService, filter: SessionFilter) -> Vec<String> {
    let answer = search(service, SearchSessionsRequest { filter: Some(filter), ..Default::default() }).await;
    answer.sessions.into_iter().map(|entry| entry.session.expect("a session").session_id).collect()
}

/// Events that are more recent than this may still be on their way to the audit.
const IN_FLIGHT: Duration = Duration::from_secs(5);

/// Waits until the audit has all earlier events.
pub async fn wait_until_complete(service: &TestService) {
    service.clock.advance(Duration::from_millis(1));
    let now = service.clock.now().to_offset_date_time();
    service.clock.advance(IN_FLIGHT);
    let is_complete = || async {
        let complete = search(service, SearchSessionsRequest::default()).await.complete_until;
        complete.is_some_and(|at| (at.seconds, at.nanos) >= (now.unix_timestamp(), now.nanosecond().cast_signed()))
    };
    eventually("the audit is complete", || async {
        service.admin().purge(PurgeRequest::default()).await.expect("a sweep of all buckets");
        // The relay needs the store as well, so another sweep waits for it.
        for _ in 0..100 {
            if is_complete().await {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        false
    })
    .await;
}
