//! The table of methods against roles, over the wire, and that it is complete.

use std::collections::BTreeSet;

use prost::Message;
use prost_types::FileDescriptorSet;
use session_authority::{
    api::{DESCRIPTORS, Everyone, RevokeAllRequest, TenantScope, revoke_all_request::Scope},
    authority::permissions::{Method, TABLE},
    domain::Role,
};
use tonic::{Code, Status};

use super::{KeyRing, directory, guarded};
use crate::service::fixture::{Service, anatomy_of, call, signed};

#[tokio::test]
async fn a_role_reaches_the_methods_of_its_row_and_no_other() {
    let directory = directory();
    let ring = KeyRing::of(&directory);
    let keys = Role::ALL.map(|role| (role, ring.add(role.name(), role, &[])));
    let service = guarded(directory).await;
    for (method, path, allowed) in over_grpc() {
        for (role, key) in &keys {
            let outcome = attempt(&service, *method, path, key).await;
            match outcome {
                Err(status) if !allowed.contains(role) => {
                    let expected = (Code::PermissionDenied, "CALLER_NOT_ALLOWED".to_owned(), vec![]);
                    assert_eq!(anatomy_of(&status), expected, "{role:?} {method:?}");
                    assert!(status.message().contains(role.name()), "{}", status.message());
                }
                Ok(()) => assert!(allowed.contains(role), "{role:?} must not reach {method:?}"),
                Err(status) => {
                    let reached = matches!(status.code(), Code::InvalidArgument | Code::Unimplemented);
                    assert!(reached, "{role:?} {method:?}: {status:?}");
                }
            }
        }
    }
}

/// Calls with as little in the message as tells the method.
async fn attempt(service: &Service, method: Method, path: &str, key: &str) -> Result<(), Status> {
    let scope = match method {
        Method::RevokeAllOfTenant => Some(Scope::Tenant(TenantScope { tenant_id: "acme".to_owned() })),
        Method::RevokeAllOfEveryone => Some(Scope::Everyone(Everyone {})),
        _ => None,
    };
    let outcome = match scope {
        None => call(&service.channel, path, signed(key, ())).await,
        scope => call(&service.channel, path, signed(key, RevokeAllRequest { scope, ..Default::default() })).await,
    };
    outcome.map(drop)
}

fn over_grpc() -> impl Iterator<Item = &'static (Method, &'static str, &'static [Role])> {
    TABLE.iter().filter(|(method, _, _)| *method != Method::Metrics)
}

#[test]
fn every_method_of_the_contract_has_a_row() {
    let contract = methods_of_the_contract();
    assert_eq!(contract.len(), 18, "{contract:?}");
    let mut rows: BTreeSet<_> = over_grpc().map(|(_, path, _)| (*path).to_owned()).collect();
    assert_eq!(rows, contract);

    // The comparison is worth something: a forgotten row would be noticed.
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
