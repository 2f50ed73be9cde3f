//! The documented permissions of callers are those of the code.

use std::collections::BTreeMap;

use prost::Message;
use prost_types::{DescriptorProto, FileDescriptorSet};
use session_authority::{
    api::DESCRIPTORS,
    authority::permissions::{MASS_REVOCATION_ROLES, REAUTHENTICATION_ROLES, UPDATE_FIELDS},
    domain::CallerRole,
    transport::grpc::methods::{METHODS, MethodSpec},
};

use super::tables::check_table;

const DOCUMENT: &str = "docs/permissions.md";
const CLIENT_CONTEXT: &str = ".session.v1.ClientContext";
const SESSION: &str = ".session.v1.Session";

/// The roles that may call a method of the contract. The other role, `metrics`, reads metrics only.
const ROLES: [CallerRole; 5] =
    [CallerRole::Issuer, CallerRole::Validator, CallerRole::Backend, CallerRole::Admin, CallerRole::Alerts];

fn heading(columns: &[&str]) -> String {
    let names = ROLES.map(|role| format!("`{}`", role.name()));
    let dashes = "---|".repeat(columns.len() + ROLES.len());
    format!("| {} | {} |\n|{dashes}\n", columns.join(" | "), names.join(" | "))
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
    let mut table = heading(&["method"]);
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

/// Returns the roles that may set a field of a request, besides those that may not call the method.
pub fn roles_for_field(method: &'static MethodSpec, field: &str) -> &'static [CallerRole] {
    let (_, name) = method.path.split_once('/').expect("a method");
    let of_session = || UPDATE_FIELDS.iter().find(|(listed, _)| field.strip_prefix("session.") == Some(*listed));
    match (name, field) {
        ("Update", "rotate") => REAUTHENTICATION_ROLES,
        ("Update", _) => of_session().map_or(method.roles, |(_, roles)| roles),
        ("RevokeAll", "tenant" | "everyone") => MASS_REVOCATION_ROLES,
        _ => method.roles,
    }
}

/// Returns the fields of the requests of each method: its own ones, and for `ValidateStream` those of each check. Of a
/// session, they are the ones that can be changed.
fn request_fields() -> Vec<(&'static MethodSpec, Vec<String>)> {
    let contract = FileDescriptorSet::decode(DESCRIPTORS).expect("descriptors");
    let messages: BTreeMap<String, &DescriptorProto> = contract
        .file
        .iter()
        .flat_map(|file| file.message_type.iter().map(|message| (qualified(file.package(), message.name()), message)))
        .collect();
    let services = contract.file.iter().flat_map(|file| file.service.iter().map(|service| (file.package(), service)));
    let mut fields = Vec::new();
    for (package, service) in services {
        for method in &service.method {
            let path = format!("{package}.{}/{}", service.name(), method.name());
            let spec = METHODS.iter().find(|method| method.path == path).expect("a row");
            fields.push((spec, fields_of(&messages, method.input_type())));
        }
    }
    fields
}

fn qualified(package: &str, name: &str) -> String {
    format!(".{package}.{name}")
}

fn fields_of(messages: &BTreeMap<String, &DescriptorProto>, message: &str) -> Vec<String> {
    let names = messages[message].field.iter().flat_map(|field| match (field.type_name(), field.name()) {
        (SESSION, name) => UPDATE_FIELDS.iter().map(|(field, _)| format!("{name}.{field}")).collect(),
        (nested, name) if nested.ends_with("Request") => {
            fields_of(messages, nested).iter().map(|field| format!("{name}.{field}")).collect()
        }
        (CLIENT_CONTEXT, name) => vec![format!("{name}.*")],
        (_, name) => vec![name.to_owned()],
    });
    names.collect()
}

#[test]
fn the_documented_fields_of_a_role_are_those_it_may_set() {
    let mut table = heading(&["method", "fields"]);
    for (method, fields) in request_fields() {
        // One line for the fields of the same roles. What is stated about the device of a user has its own line.
        let mut lines: Vec<(&[CallerRole], bool, Vec<String>)> = Vec::new();
        for field in fields {
            let key = (roles_for_field(method, &field), field.ends_with(".*"));
            match lines.iter_mut().find(|(roles, is_client, _)| (*roles, *is_client) == key) {
                Some((.., fields)) => fields.push(field),
                None => lines.push((key.0, key.1, vec![field])),
            }
        }
        for (roles, is_client, fields) in lines {
            assert!(roles.iter().all(|role| method.roles.contains(role)), "{method:?}: a role that may not call it");
            // An administrator of sessions is not asked about the device of a user.
            assert!(!is_client || !roles.contains(&CallerRole::Admin), "{method:?}");
            let fields: Vec<_> = fields.iter().map(|field| format!("`{field}`")).collect();
            table += &row(&format!("{} | {}", short_name(method.path), fields.join(", ")), roles);
        }
    }
    table += &row("`Update` | a change that raises the assurance", REAUTHENTICATION_ROLES);
    check_table(DOCUMENT, "fields", &table);
}

#[test]
fn fields_of_nested_messages_are_found() {
    let fields = request_fields();
    let of = |name: &str| fields.iter().find(|(method, _)| method.path.ends_with(name)).expect("a method").1.clone();
    assert!(of("/Update").contains(&"session.roles".to_owned()), "{:?}", of("/Update"));
    assert!(of("/ValidateStream").contains(&"request.client.*".to_owned()), "{:?}", of("/ValidateStream"));
    assert!(of("/ListCredentials").is_empty());
    let update = METHODS.iter().find(|method| method.path.ends_with("/Update")).expect("a method");
    assert_ne!(roles_for_field(update, "session.roles"), roles_for_field(update, "session.email"));
    assert_eq!(roles_for_field(update, "session_id"), update.roles);
}
