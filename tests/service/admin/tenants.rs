//! The list of tenants.

use session_authority::{
    api::{CreateRequest, ListTenantsRequest, ListTenantsResponse},
    domain::CallerRole,
};

use super::{sign_in, sign_out, wait_until_complete};
use crate::service::{
    callers::{KeyRing, directory, guarded_with},
    fixture::{TestService, assert_invalid_fields, eventually, login_of, signed},
};

super::on_every_audit![tenants_are_listed_with_their_counts];

async fn list(service: &TestService, request: ListTenantsRequest) -> ListTenantsResponse {
    service.admin().list_tenants(request).await.expect("tenants").into_inner()
}

fn rows(listed: &ListTenantsResponse) -> Vec<(&str, u64, u64, u64)> {
    let tenants = listed.tenants.iter();
    tenants.map(|entry| (entry.tenant_id.as_str(), entry.active_sessions, entry.logins, entry.alerts)).collect()
}

fn login_in(tenant: &str, user: &str) -> CreateRequest {
    CreateRequest { tenant_id: tenant.to_owned(), ..login_of(user) }
}

async fn tenants_are_listed_with_their_counts(service: TestService) {
    assert!(list(&service, ListTenantsRequest::default()).await.tenants.is_empty());
    sign_in(&service, login_in("globex", "ann")).await;
    let ended = sign_in(&service, login_in("globex", "bob")).await;
    sign_out(&service, &ended).await;
    sign_in(&service, login_in("acme", "ann")).await;
    service.raise_alert("initech", "ann").await;
    wait_until_complete(&service).await;
    eventually("the alert is archived", || async {
        list(&service, ListTenantsRequest::default()).await.tenants[2].alerts > 0
    })
    .await;
    let all = list(&service, ListTenantsRequest::default()).await;
    let alerts = all.tenants[2].alerts;
    assert_eq!(rows(&all), [("acme", 1, 1, 0), ("globex", 1, 2, 0), ("initech", 2, 2, alerts)]);
    assert!(all.next_page_token.is_empty() && all.complete_until.is_some());

    let first = list(&service, ListTenantsRequest { page_size: 2, ..Default::default() }).await;
    assert_eq!(rows(&first), [("acme", 1, 1, 0), ("globex", 1, 2, 0)]);
    let rest = ListTenantsRequest { page_size: 2, page_token: first.next_page_token, ..Default::default() };
    let rest = list(&service, rest).await;
    assert_eq!((rows(&rest), rest.next_page_token.as_str()), (vec![("initech", 2, 2, alerts)], ""));

    service.clock.advance(std::time::Duration::from_hours(25));
    let later = list(&service, ListTenantsRequest::default()).await;
    assert_eq!((later.tenants[1].logins, later.tenants[2].alerts), (0, 0), "of the last 24 hours");
    let since = Some(prost_types::Timestamp { seconds: 1, nanos: 0 });
    let refused = service.admin().list_tenants(ListTenantsRequest { since, ..Default::default() }).await;
    assert_invalid_fields(&refused.expect_err("too long ago"), &["since"]);
}

#[tokio::test]
async fn an_administrator_of_some_tenants_sees_those() {
    let directory = directory();
    let ring = KeyRing::open(&directory);
    let (all, one) = (ring.add("ops", CallerRole::Admin, &[]), ring.add("acme-ops", CallerRole::Admin, &["acme"]));
    let service = guarded_with(directory, &[("CALLERS__ANONYMOUS", "true")]).await;
    for tenant in ["acme", "globex"] {
        service.create(login_in(tenant, "ann")).await.expect("a session");
    }
    let names = async |key: &str| -> Vec<String> {
        let listed = service.admin().list_tenants(signed(key, ListTenantsRequest::default())).await;
        listed.expect("tenants").into_inner().tenants.into_iter().map(|entry| entry.tenant_id).collect()
    };
    eventually("the audit has both tenants", || async { names(&all).await == ["acme", "globex"] }).await;
    assert_eq!(names(&one).await, ["acme"]);
}
