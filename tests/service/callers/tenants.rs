//! A caller of some tenants has no access to the others.

use prost_types::FieldMask;
use session_authority::{
    api::{
        Consistency, CreateRequest, CreateResponse, Everyone, ListRequest, PurgeRequest, RejectReason, Rejection,
        RevokeAllRequest, RevokeRequest, Session, TenantScope, UpdateRequest, UserScope, ValidateRequest,
        ValidateStreamRequest, revoke_all_request::Scope, revoke_request::Target, validate_response::Outcome,
        validate_stream_response,
    },
    domain::CallerRole,
};
use tonic::{Code, Status};

use super::{KeyRing, directory, guarded_on};
use crate::{
    service::fixture::{TestService, error_parts, id_of, login_of, signed},
    support::redis::RedisServer,
};

/// A node with callers of one tenant and with callers of all tenants, which observe the effects.
struct TwoTenantNode {
    service: TestService,
    acme_issuer: String,
    acme_admin: String,
    issuer: String,
    admin: String,
}

impl TwoTenantNode {
    async fn start() -> Self {
        Self::start_on(None).await
    }

    async fn start_on(redis: Option<RedisServer>) -> Self {
        let directory = directory();
        let ring = KeyRing::open(&directory);
        let acme_issuer = ring.add("acme-login", CallerRole::Issuer, &["acme"]);
        let acme_admin = ring.add("acme-admin", CallerRole::Admin, &["acme"]);
        let issuer = ring.add("login", CallerRole::Issuer, &[]);
        let admin = ring.add("admin", CallerRole::Admin, &[]);
        Self { service: guarded_on(redis, directory, &[]).await, acme_issuer, acme_admin, issuer, admin }
    }

    async fn login(&self, key: &str, tenant: &str) -> Result<CreateResponse, Status> {
        let login = CreateRequest { tenant_id: tenant.to_owned(), ..login_of("ann") };
        self.service.sessions().create(signed(key, login)).await.map(tonic::Response::into_inner)
    }

    async fn validate(&self, key: &str, token: &str) -> Result<Session, Rejection> {
        self.verdict(key, ValidateRequest { token: token.to_owned(), ..ValidateRequest::default() }).await
    }

    async fn verdict(&self, key: &str, validate: ValidateRequest) -> Result<Session, Rejection> {
        let answer = self.service.sessions().validate(signed(key, validate)).await.expect("a verdict");
        match answer.into_inner().outcome.expect("an outcome") {
            Outcome::Session(session) => Ok(session),
            Outcome::Rejection(rejection) => Err(rejection),
        }
    }

    /// Returns the verdict of the same check over a stream.
    async fn verdict_over_a_stream(&self, key: &str, validate: ValidateRequest) -> Result<Session, Rejection> {
        let check = ValidateStreamRequest { tag: 1, request: Some(validate) };
        let mut answers = self
            .service
            .sessions()
            .validate_stream(signed(key, tokio_stream::once(check)))
            .await
            .expect("a stream")
            .into_inner();
        let answer = answers.message().await.expect("a response").expect("one message");
        let Some(validate_stream_response::Result::Response(response)) = answer.result else { panic!("{answer:?}") };
        match response.outcome.expect("an outcome") {
            Outcome::Session(session) => Ok(session),
            Outcome::Rejection(rejection) => Err(rejection),
        }
    }

    async fn list(&self, key: &str, tenant: &str) -> Result<usize, Status> {
        let list = ListRequest { tenant_id: tenant.to_owned(), user_id: "ann".to_owned(), ..ListRequest::default() };
        let answer = self.service.sessions().list(signed(key, list)).await?;
        Ok(answer.into_inner().sessions.len())
    }

    async fn revoke_all(&self, key: &str, scope: Scope) -> Result<u64, Status> {
        let revoke_all = RevokeAllRequest { scope: Some(scope), ..RevokeAllRequest::default() };
        let answer = self.service.sessions().revoke_all(signed(key, revoke_all)).await?;
        Ok(answer.into_inner().revoked_count)
    }
}

fn ann_scope(tenant: &str) -> Scope {
    Scope::User(UserScope { tenant_id: tenant.to_owned(), user_id: "ann".to_owned() })
}

fn tenant_scope(tenant: &str) -> Scope {
    Scope::Tenant(TenantScope { tenant_id: tenant.to_owned() })
}

#[track_caller]
fn assert_denied<T: std::fmt::Debug>(outcome: Result<T, Status>) {
    let status = outcome.expect_err("another tenant's");
    assert_eq!(error_parts(&status), (Code::PermissionDenied, "CALLER_NOT_ALLOWED".into(), vec![]));
}

#[tokio::test]
async fn a_caller_of_one_tenant_acts_there_and_may_not_name_another() {
    let on = TwoTenantNode::start().await;
    on.login(&on.acme_issuer, "acme").await.expect("a session at home");
    on.login(&on.issuer, "globex").await.expect("a session elsewhere");
    on.login(&on.issuer, "").await.expect("a session of the default tenant");
    assert_eq!(on.list(&on.acme_issuer, "acme").await.expect("a list"), 1);
    for tenant in ["globex", ""] {
        assert_denied(on.login(&on.acme_issuer, tenant).await);
        assert_denied(on.list(&on.acme_admin, tenant).await);
        assert_denied(on.revoke_all(&on.acme_admin, ann_scope(tenant)).await);
        assert_eq!(on.list(&on.issuer, tenant).await.expect("a list"), 1, "the other tenant is not affected");
    }
    assert_denied(on.revoke_all(&on.acme_admin, tenant_scope("globex")).await);
    assert_eq!(on.list(&on.issuer, "globex").await.expect("a list"), 1);
    assert_eq!(on.revoke_all(&on.acme_admin, ann_scope("acme")).await.expect("a response"), 1);
}

#[tokio::test]
async fn a_session_of_another_tenant_is_not_there() {
    let on = TwoTenantNode::start().await;
    let theirs = on.login(&on.issuer, "globex").await.expect("a session elsewhere");
    let rejection = on.validate(&on.acme_issuer, &theirs.token).await.expect_err("not visible");
    assert_eq!(rejection.reason(), RejectReason::Unknown);
    assert!(rejection.session_id.is_empty() && rejection.ended_at.is_none(), "{rejection:?}");

    for target in [Target::SessionId(id_of(&theirs)), Target::Token(theirs.token.clone())] {
        let revoke = |tenant: &str| RevokeRequest {
            target: Some(target.clone()),
            tenant_id: tenant.to_owned(),
            ..RevokeRequest::default()
        };
        let mut sessions = on.service.sessions();
        let answer = sessions.revoke(signed(&on.acme_admin, revoke(""))).await.expect("a response").into_inner();
        assert!(!answer.revoked && answer.session_ids.is_empty());
        let answer = sessions.revoke(signed(&on.acme_admin, revoke("acme"))).await.expect("a response").into_inner();
        assert!(!answer.revoked, "it belongs to another tenant than the one named");
        assert_denied(sessions.revoke(signed(&on.acme_admin, revoke("globex"))).await);
    }
    let update = UpdateRequest {
        session_id: id_of(&theirs),
        session: Some(Session { roles: vec!["admin".to_owned()], ..Session::default() }),
        update_mask: Some(FieldMask { paths: vec!["roles".to_owned()] }),
        ..UpdateRequest::default()
    };
    let status = on.service.sessions().update(signed(&on.acme_admin, update)).await.expect_err("not found");
    assert_eq!(error_parts(&status), (Code::NotFound, "SESSION_NOT_FOUND".into(), vec![]));

    let session = on.validate(&on.issuer, &theirs.token).await.expect("an active session");
    assert_eq!((session.roles, session.revision), (vec!["user".to_owned()], 1));
}

#[tokio::test]
async fn what_reaches_every_tenant_takes_a_caller_of_every_tenant() {
    let on = TwoTenantNode::start().await;
    let created = on.login(&on.issuer, "acme").await.expect("a session");
    assert_denied(on.revoke_all(&on.acme_admin, Scope::Everyone(Everyone {})).await);
    assert_denied(on.service.admin().purge(signed(&on.acme_admin, PurgeRequest {})).await);
    on.validate(&on.issuer, &created.token).await.expect("an active session");

    on.service.admin().purge(signed(&on.admin, PurgeRequest {})).await.expect("a response");
    on.revoke_all(&on.admin, Scope::Everyone(Everyone {})).await.expect("a response");
    let rejection = on.validate(&on.issuer, &created.token).await.expect_err("signed out");
    assert_eq!(rejection.reason(), RejectReason::RevokedAll);
}

/// Returns the rejections that a caller gets for the token in every way: from memory or the store, as STRONG, over a
/// stream.
async fn rejections(on: &TwoTenantNode, key: &str, token: &str) -> Vec<Rejection> {
    let validate = ValidateRequest { token: token.to_owned(), ..ValidateRequest::default() };
    let strong = ValidateRequest { consistency: Consistency::Strong.into(), ..validate.clone() };
    let mut rejections = Vec::new();
    // The first one may be read from the store, the second is served from memory.
    for request in [validate.clone(), validate.clone(), strong] {
        rejections.push(on.verdict(key, request).await.expect_err("not to be accepted"));
    }
    rejections.push(on.verdict_over_a_stream(key, validate).await.expect_err("not to be accepted"));
    rejections
}

async fn how_a_session_of_another_tenant_ended_is_not_revealed(redis: Option<RedisServer>) {
    let on = TwoTenantNode::start_on(redis).await;
    for (presented_before, ended_by) in [(false, "revoke"), (true, "revoke"), (true, "tenant")] {
        let theirs = on.login(&on.issuer, "globex").await.expect("a session elsewhere");
        let before = rejections(&on, &on.acme_issuer, &theirs.token).await;
        if presented_before {
            on.validate(&on.issuer, &theirs.token).await.expect("an active session");
        }
        if ended_by == "tenant" {
            on.revoke_all(&on.admin, tenant_scope("globex")).await.expect("a response");
            on.service.admin().purge(signed(&on.admin, PurgeRequest {})).await.expect("a sweep");
        } else {
            let target = Some(Target::Token(theirs.token.clone()));
            let revoke = RevokeRequest { target, actor: "support-7".to_owned(), ..RevokeRequest::default() };
            on.service.sessions().revoke(signed(&on.admin, revoke)).await.expect("a response");
        }
        let after = rejections(&on, &on.acme_issuer, &theirs.token).await;
        assert_eq!(before, after, "{ended_by}");
        assert!(after.iter().all(is_bare), "{after:?}");
        // A caller with access to the tenant gets the details.
        for rejection in rejections(&on, &on.issuer, &theirs.token).await {
            assert_ne!(rejection.reason(), RejectReason::Unknown);
            assert!(!rejection.session_id.is_empty() && rejection.ended_at.is_some(), "{rejection:?}");
        }
        let after = rejections(&on, &on.acme_issuer, &theirs.token).await;
        assert!(after.iter().all(is_bare), "{after:?}");
    }
}

/// Returns true if the rejection states only that the token is unknown.
fn is_bare(rejection: &Rejection) -> bool {
    let reason = RejectReason::Unknown.into();
    *rejection == Rejection { reason, message: rejection.message.clone(), ..Rejection::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn how_a_session_of_another_tenant_ended_is_not_revealed_on_redis() {
    Box::pin(how_a_session_of_another_tenant_ended_is_not_revealed(Some(RedisServer::start().await))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn how_a_session_of_another_tenant_ended_is_not_revealed_on_sqlite() {
    Box::pin(how_a_session_of_another_tenant_ended_is_not_revealed(None)).await;
}

/// Operation IDs are separate per caller: two callers with the same ID both get what they request.
#[tokio::test]
async fn an_operation_id_is_of_its_caller() {
    let on = TwoTenantNode::start().await;
    let mut revoked = Vec::new();
    for key in [&on.acme_admin, &on.admin, &on.acme_admin] {
        let created = on.login(&on.acme_issuer, "acme").await.expect("a session");
        let request = RevokeAllRequest {
            scope: Some(ann_scope("acme")),
            operation_id: "nightly".to_owned(),
            ..RevokeAllRequest::default()
        };
        let answer = on.service.sessions().revoke_all(signed(key, request)).await.expect("a response").into_inner();
        revoked.push((answer.session_ids, id_of(&created)));
    }
    let [(first, created), (second, other), (repeated, untouched)] = <[_; 3]>::try_from(revoked).expect("three");
    assert_eq!(first, std::slice::from_ref(&created));
    assert_eq!(second, [other], "the same id of another caller is another operation");
    assert_eq!(repeated, [created], "a repeat returns the first outcome");
    assert!(!repeated.contains(&untouched));
}
