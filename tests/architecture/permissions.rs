//! The documented permissions of callers are those of the code.

use std::{collections::BTreeMap, fmt::Write};

use prost::Message;
use prost_types::{DescriptorProto, FileDescriptorSet};
use session_authority::{
    api::DESCRIPTORS,
    authority::permissions::{MASS_REVOCATION_ROLES, REAUTHENTICATION_ROLES, UPDATE_FIELDS},
    domain::CallerRole,
    transport::grpc::methods::METHODS,
};

use super::tables::check_table;

const DOCUMENT: &str = "docs/permissions.md";
const CLIENT_CONTEXT: &str = ".session.v1.ClientContext";

/// The roles that may call a method of the contract. The other role, `metrics`, reads metrics only.
const ROLES: [CallerRole; 5] =
    [CallerRole::Issuer, CallerRole::Validator, CallerRole::Backend, CallerRole::Admin, CallerRole::Alerts];

fn heading(first: &str) -> String {
    let names = ROLES.map(|role| format!("`{}`", role.name()));
    format!("| {first} | {} |\n|---|{}\n", names.join(" | "), "---|".repeat(ROLES.len()))
}

fn row(name: &str, roles: &[CallerRole]) -> String {
    assert!(roles.iter().all(|role| ROLES.contains(role)), "{name}: a role without a column");
    let marks = ROLES.map(|role| if roles.contains(&role) { "yes" } else { "" });
    format!("| {name} | {} |\n", marks.join(" | "))
}

/// Returns a method by its short name, and `AdminService` in front of its own.
fn short_name(path: &str) -> String {
    let name = path.rsplit('.').next().expect("a name");
    let (service, method) = name.split_once('/').expect("a method");
    if service == "SessionService" { format!("`{method}`") } else { format!("`{service}.{method}`") }
}

#[test]
fn the_documented_methods_of_a_role_are_those_it_may_call() {
    let mut table = heading("method");
    for method in &METHODS {
        let name = short_name(method.path);
        if method.path.ends_with("/RevokeAll") {
            table += &row(&format!("{name} of a user"), method.roles);
            table += &row(&format!("{name} of a tenant or of everyone"), MASS_REVOCATION_ROLES);
        } else {
            table += &row(&name, method.roles);
        }
    }
    check_table(DOCUMENT, "methods", &table);
}

#[test]
fn the_documented_fields_of_update_are_those_a_role_may_change() {
    let update = METHODS.iter().find(|method| method.path.ends_with("/Update")).expect("a method");
    let mut table = heading("field");
    for (field, roles) in UPDATE_FIELDS {
        assert!(roles.iter().all(|role| update.roles.contains(role)), "{field}: a role that may not call Update");
        table += &row(&format!("`{field}`"), roles);
    }
    table += &row("a change that raises the assurance", REAUTHENTICATION_ROLES);
    table += &row("`rotate`", REAUTHENTICATION_ROLES);
    check_table(DOCUMENT, "update-fields", &table);
}

#[test]
fn the_documented_roles_that_state_a_users_address_are_those_that_can() {
    let contract = FileDescriptorSet::decode(DESCRIPTORS).expect("descriptors");
    let messages: BTreeMap<String, &DescriptorProto> = contract
        .file
        .iter()
        .flat_map(|file| {
            file.message_type.iter().map(|message| (format!(".{}.{}", file.package(), message.name()), message))
        })
        .collect();
    let services = contract.file.iter().flat_map(|file| file.service.iter().map(|service| (file.package(), service)));
    let mut table = heading("method");
    let mut found = 0;
    for (package, service) in services {
        for method in &service.method {
            let path = format!("{package}.{}/{}", service.name(), method.name());
            if has_client_context(&messages, method.input_type(), 0) {
                let spec = METHODS.iter().find(|method| method.path == path).expect("a row");
                table += &row(&short_name(&path), spec.roles);
                // Whoever administers sessions is not asked about the device of a user.
                assert!(!spec.roles.contains(&CallerRole::Admin), "{path}");
                found += 1;
            }
        }
    }
    assert!(found >= 3, "Create, Validate and ValidateStream at least");
    check_table(DOCUMENT, "client-context", &table);
}

/// Returns whether a request has the field, or a message in it.
fn has_client_context(messages: &BTreeMap<String, &DescriptorProto>, message: &str, depth: usize) -> bool {
    let Some(message) = messages.get(message).filter(|_| depth < 3) else { return false };
    message
        .field
        .iter()
        .any(|field| field.type_name() == CLIENT_CONTEXT || has_client_context(messages, field.type_name(), depth + 1))
}

#[test]
fn a_table_differs_if_a_role_is_added() {
    let mut text = String::new();
    let _ = write!(text, "{}", row("x", &[CallerRole::Issuer]));
    assert_ne!(text, row("x", &[CallerRole::Issuer, CallerRole::Backend]));
}
