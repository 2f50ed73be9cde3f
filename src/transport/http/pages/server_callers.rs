//! The callers that the pages themselves are.

use std::sync::Arc;

use crate::{
    domain::{Caller, CallerRole, TenantScope},
    transport::grpc::LocalCaller,
};

/// The name of the caller in the audit log if the page for users makes a call.
const ACCOUNT: &str = "account-page";
/// The same for the console, which manages the sessions of administrators.
const CONSOLE: &str = "console";

fn server_caller(name: &str, role: CallerRole, tenants: TenantScope) -> LocalCaller {
    LocalCaller::Server(Arc::new(Caller { name: name.to_owned(), role: Some(role), tenants }))
}

/// Returns the caller that validates the tokens of users. The session in the verdict states the tenant.
pub(super) fn account_validator() -> LocalCaller {
    server_caller(ACCOUNT, CallerRole::Validator, TenantScope::All)
}

/// Returns the caller that acts for a user of `tenant`: the back end of the page.
pub(super) fn account_backend(tenant: &str) -> LocalCaller {
    server_caller(ACCOUNT, CallerRole::Backend, TenantScope::Only(vec![tenant.to_owned()]))
}

/// Returns the caller that answers alerts by links. The link decides the tenant.
pub(super) fn link_answerer() -> LocalCaller {
    server_caller(ACCOUNT, CallerRole::Backend, TenantScope::All)
}

/// Returns the caller that reads the audit log for a user of `tenant`.
pub(super) fn account_reader(tenant: &str) -> LocalCaller {
    server_caller(ACCOUNT, CallerRole::Admin, TenantScope::Only(vec![tenant.to_owned()]))
}

/// Returns the caller that creates the sessions of administrators in `tenant`.
pub(super) fn console_issuer(tenant: &str) -> LocalCaller {
    server_caller(CONSOLE, CallerRole::Issuer, TenantScope::Only(vec![tenant.to_owned()]))
}
