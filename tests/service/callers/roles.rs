//! The table of methods against roles, tested over the wire and for completeness.

use std::collections::BTreeSet;

use prost::Message;
use prost_types::{FieldMask, FileDescriptorSet};
use session_authority::{
    api::{DESCRIPTORS, Everyone, RevokeAllRequest, Session, TenantScope, UpdateRequest, revoke_all_request::Scope},
    authority::permissions::MASS_REVOCATION_ROLES,
    domain::CallerRole,
    transport::grpc::methods::METHODS,
};
use tonic::{Code, Status};

use super::{KeyRing, directory, guarded};
use crate::service::fixture::{TestService, call, error_parts, id_of, login_of, signed};

#[tokio::test]
async fn a_role_reaches_the_methods_of_its_row_and_no_other() {
    let directory = directory();
    let ring = KeyRing::open(&directory);
    let keys = CallerRole::ALL.map(|role| (role, ring.add(role.name(), role, &[])));
    let service = guarded(directory).await;
    for (path, allowed, scope) in requests() {
        for (role, key) in &keys {
            let outcome = attempt(&service, path, scope.clone(), key).await;
            match outcome {
                Err(status) if !allowed.contains(role) => {
                    let expected = (Code::PermissionDenied, "CALLER_NOT_ALLOWED".to_owned(), vec![]);
                    assert_eq!(error_parts(&status), expected, "{role:?} {path} {scope:?}");
                    assert!(status.message().contains(role.name()), "{}", status.message());
                }
                Ok(()) => assert!(allowed.contains(role), "{role:?} must not reach {path} {scope:?}"),
                Err(status) => {
                    let served = status.message() != "Not yet implemented";
                    let reached = served
                        && matches!(
                            status.code(),
                            Code::InvalidArgument | Code::Unimplemented | Code::FailedPrecondition
                        );
                    assert!(reached, "{role:?} {path} {scope:?}: {status:?}");
                }
            }
        }
    }
}

/// Calls the method with a minimal message.
async fn attempt(service: &TestService, path: &str, scope: Option<Scope>, key: &str) -> Result<(), Status> {
    let outcome = match scope {
        None => call(&service.channel, path, signed(key, ())).await,
        scope => call(&service.channel, path, signed(key, RevokeAllRequest { scope, ..Default::default() })).await,
    };
    outcome.map(drop)
}

/// Returns every method with its roles, and `RevokeAll` again for the scopes that take other roles.
fn requests() -> impl Iterator<Item = (&'static str, &'static [CallerRole], Option<Scope>)> {
    let tenant = Scope::Tenant(TenantScope { tenant_id: "acme".to_owned() });
    let mass = [tenant, Scope::Everyone(Everyone {})]
        .map(|scope| ("session.v1.SessionService/RevokeAll", MASS_REVOCATION_ROLES, Some(scope)));
    METHODS.iter().map(|method| (method.path, method.roles, None)).chain(mass)
}

#[tokio::test]
async fn a_back_end_changes_what_a_user_says_of_itself_and_not_what_it_may() {
    let directory = directory();
    let ring = KeyRing::open(&directory);
    let [issuer, backend, admin] =
        [CallerRole::Issuer, CallerRole::Backend, CallerRole::Admin].map(|role| ring.add(role.name(), role, &[]));
    let service = guarded(directory).await;
    let created = service.sessions().create(signed(&issuer, login_of("ann"))).await.expect("a session").into_inner();
    let update = async |key: &str, paths: &[&str]| {
        let request = UpdateRequest {
            session_id: id_of(&created),
            session: Some(Session {
                email: "ann@example.org".to_owned(),
                roles: vec!["root".to_owned()],
                auth_methods: vec!["otp".to_owned()],
                assurance_level: 3,
                authenticated_at: created.session.as_ref().and_then(|session| session.authenticated_at),
                ..Session::default()
            }),
            update_mask: Some(FieldMask { paths: paths.iter().map(ToString::to_string).collect() }),
            ..UpdateRequest::default()
        };
        service.sessions().update(signed(key, request)).await.map(|updated| updated.into_inner().session)
    };
    for field in ["roles", "auth_methods", "assurance_level", "authenticated_at"] {
        let status = update(&backend, &["email", field]).await.expect_err("not for a back end");
        assert_eq!(error_parts(&status), (Code::PermissionDenied, "CALLER_NOT_ALLOWED".into(), vec![]), "{field}");
        assert!(status.message().contains(field), "{}", status.message());
    }
    let updated = update(&backend, &["email", "data"]).await.expect("its own pages").expect("a session");
    assert_eq!((updated.email.as_str(), updated.roles), ("ann@example.org", login_of("ann").roles));
    let status = update(&admin, &["roles", "assurance_level"]).await.expect_err("it has checked no credentials");
    assert_eq!(error_parts(&status), (Code::PermissionDenied, "CALLER_NOT_ALLOWED".into(), vec![]));
    assert!(status.message().contains("may not raise the assurance"), "{}", status.message());
    for key in [&issuer, &admin] {
        let updated = update(key, &["roles", "assurance_level"]).await.expect("allowed").expect("a session");
        assert_eq!((updated.roles.as_slice(), updated.assurance_level), (&["root".to_owned()][..], 3));
    }
}

/// A token opens the session, so only who has checked the user's credentials may ask for one.
#[tokio::test]
async fn only_an_issuer_gets_a_token_for_a_session_id() {
    let directory = directory();
    let ring = KeyRing::open(&directory);
    let roles = [CallerRole::Issuer, CallerRole::Backend, CallerRole::Admin];
    let [issuer, backend, admin] = roles.map(|role| ring.add(role.name(), role, &[]));
    let service = guarded(directory).await;
    let created = service.sessions().create(signed(&issuer, login_of("ann"))).await.expect("a session").into_inner();
    let update = UpdateRequest {
        session_id: id_of(&created),
        session: Some(Session::default()),
        update_mask: Some(FieldMask { paths: vec!["email".to_owned()] }),
        rotate: true,
        ..UpdateRequest::default()
    };
    for key in [&backend, &admin] {
        let status = service.sessions().update(signed(key, update.clone())).await.expect_err("not for this role");
        assert_eq!(error_parts(&status), (Code::PermissionDenied, "CALLER_NOT_ALLOWED".into(), vec![]));
        assert!(status.message().contains("rotate"), "{}", status.message());
    }
    let updated = service.sessions().update(signed(&issuer, update)).await.expect("allowed").into_inner();
    assert!(updated.token.starts_with("sa_"));
}

#[test]
fn every_method_of_the_contract_has_a_row() {
    let contract = methods_of_the_contract();
    assert_eq!(contract.len(), 39, "{contract:?}");
    let of_contract = METHODS.iter().filter(|method| method.path.starts_with("session.v1."));
    let mut rows: BTreeSet<_> = of_contract.map(|method| method.path.to_owned()).collect();
    assert_eq!(rows, contract);

    // The comparison is meaningful: a missing row would be found.
    rows.remove("session.v1.AdminService/Purge");
    assert_eq!(contract.difference(&rows).collect::<Vec<_>>(), ["session.v1.AdminService/Purge"]);
}

fn methods_of_the_contract() -> BTreeSet<String> {
    let contract = FileDescriptorSet::decode(DESCRIPTORS).expect("descriptors");
    let mut methods = BTreeSet::new();
    for file in contract.file {
        for service in &file.service {
            for method in &service.method {
                methods.insert(format!("{}.{}/{}", file.package(), service.name(), method.name()));
            }
        }
    }
    methods
}
