//! The permissions of callers: one table, deny by default.

use crate::domain::{CallError, Caller, CallerRole, TenantId, TenantScope, search::TenantFilter};

/// A method of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ApiMethod {
    Create,
    Validate,
    ValidateStream,
    Update,
    Rotate,
    List,
    Revoke,
    RevokeAllOfUser,
    RevokeAllOfTenant,
    RevokeAllOfEveryone,
    ReportAuthEvent,
    StreamAlerts,
    SearchSessions,
    ListEvents,
    GetStats,
    Purge,
    RevokeWhere,
    ForgetUser,
    Deny,
    Check,
    Metrics,
}

use CallerRole::{Admin, Alerts, Backend, Issuer, Metrics, Validator};

/// The table of methods and roles. A method that is not in it does not exist for any caller.
pub const PERMISSIONS: &[(ApiMethod, &str, &[CallerRole])] = &[
    (ApiMethod::Create, "session.v1.SessionService/Create", &[Issuer]),
    (ApiMethod::Validate, "session.v1.SessionService/Validate", &[Issuer, Validator, Backend]),
    (ApiMethod::ValidateStream, "session.v1.SessionService/ValidateStream", &[Issuer, Validator, Backend]),
    (ApiMethod::Update, "session.v1.SessionService/Update", &[Issuer, Backend, Admin]),
    (ApiMethod::Rotate, "session.v1.SessionService/Rotate", &[Issuer, Backend]),
    (ApiMethod::List, "session.v1.SessionService/List", &[Issuer, Backend, Admin]),
    (ApiMethod::Revoke, "session.v1.SessionService/Revoke", &[Issuer, Backend, Admin]),
    (ApiMethod::RevokeAllOfUser, "session.v1.SessionService/RevokeAll", &[Issuer, Backend, Admin]),
    (ApiMethod::RevokeAllOfTenant, "session.v1.SessionService/RevokeAll", &[Admin]),
    (ApiMethod::RevokeAllOfEveryone, "session.v1.SessionService/RevokeAll", &[Admin]),
    (ApiMethod::ReportAuthEvent, "session.v1.SessionService/ReportAuthEvent", &[Issuer]),
    (ApiMethod::StreamAlerts, "session.v1.SessionService/StreamAlerts", &[Admin, Alerts]),
    (ApiMethod::SearchSessions, "session.v1.AdminService/SearchSessions", &[Admin]),
    (ApiMethod::ListEvents, "session.v1.AdminService/ListEvents", &[Admin]),
    (ApiMethod::GetStats, "session.v1.AdminService/GetStats", &[Admin]),
    (ApiMethod::Purge, "session.v1.AdminService/Purge", &[Admin]),
    (ApiMethod::RevokeWhere, "session.v1.AdminService/RevokeWhere", &[Admin]),
    (ApiMethod::ForgetUser, "session.v1.AdminService/ForgetUser", &[Admin]),
    (ApiMethod::Deny, "session.v1.DenylistService/Deny", &[Issuer, Backend, Admin]),
    (ApiMethod::Check, "session.v1.DenylistService/Check", &[Issuer, Validator, Backend]),
    (ApiMethod::Metrics, "GET /metrics", &[Admin, Metrics]),
];

/// Requires that `caller` may call `method` at all.
pub fn permit(caller: &Caller, method: ApiMethod) -> Result<(), CallError> {
    let Some(role) = caller.role else { return Ok(()) };
    let row = PERMISSIONS.iter().find(|(listed, _, _)| *listed == method);
    if row.is_some_and(|(_, _, roles)| roles.contains(&role)) {
        return Ok(());
    }
    Err(CallError::PermissionDenied(format!("role {} may not call {}", role.name(), method_path(method))))
}

/// Requires that `caller` may call the method at `path`, as listed in the table, for at least one purpose. A method
/// that is not part of the contract is open to every caller.
pub fn permit_path(caller: &Caller, path: &'static str) -> Result<(), CallError> {
    let Some(role) = caller.role else { return Ok(()) };
    let mut rows = PERMISSIONS.iter().filter(|(_, listed, _)| *listed == path).peekable();
    if rows.peek().is_none() || rows.any(|(_, _, roles)| roles.contains(&role)) {
        return Ok(());
    }
    Err(CallError::PermissionDenied(format!("role {} may not call {path}", role.name())))
}

/// The fields that each role may change by `Update`. The back end of a user's own pages may not change fields that
/// decide over the user's rights. No role may change a field that is not listed.
pub const UPDATE_FIELDS: &[(&str, &[CallerRole])] = &[
    ("email", &[Issuer, Backend, Admin]),
    ("data", &[Issuer, Backend, Admin]),
    ("roles", &[Issuer, Admin]),
    ("auth_methods", &[Issuer, Admin]),
    ("assurance_level", &[Issuer, Admin]),
    ("authenticated_at", &[Issuer, Admin]),
];

/// Requires that `caller` may change each of `fields` by `Update`.
pub fn permit_fields<'a>(caller: &Caller, fields: impl IntoIterator<Item = &'a str>) -> Result<(), CallError> {
    let Some(role) = caller.role else { return Ok(()) };
    let may = |field: &str| UPDATE_FIELDS.iter().any(|(listed, roles)| *listed == field && roles.contains(&role));
    match fields.into_iter().find(|field| !may(field)) {
        None => Ok(()),
        Some(field) => {
            let role = role.name();
            Err(CallError::PermissionDenied(format!("role {role} may not change {field}; roles issuer and admin may")))
        }
    }
}

/// Returns the name of a method on the wire.
#[must_use]
pub fn method_path(method: ApiMethod) -> &'static str {
    PERMISSIONS.iter().find(|(listed, _, _)| *listed == method).map_or("an unlisted method", |(_, path, _)| path)
}

/// Requires that `caller` may call `method` and act on `tenant`.
pub fn permit_tenant(caller: &Caller, method: ApiMethod, tenant: &TenantId) -> Result<(), CallError> {
    permit(caller, method)?;
    if caller.tenants.allows(tenant.as_str()) {
        return Ok(());
    }
    Err(CallError::PermissionDenied(format!("caller {} has no access to tenant {}", caller.name, tenant.as_str())))
}

/// Returns the tenants that a call of `method` covers: the one that it names, or all that its caller may reach.
pub fn permit_tenants(caller: &Caller, method: ApiMethod, named: Option<TenantId>) -> Result<TenantFilter, CallError> {
    let Some(tenant) = named else {
        permit(caller, method)?;
        return Ok(reachable_tenants(&caller.tenants));
    };
    permit_tenant(caller, method, &tenant)?;
    Ok(Some(vec![tenant]))
}

pub(super) fn reachable_tenants(scope: &TenantScope) -> TenantFilter {
    match scope {
        TenantScope::All => None,
        TenantScope::Only(tenants) => Some(tenants.iter().filter_map(|tenant| TenantId::new(tenant).ok()).collect()),
    }
}

/// Requires that `caller` may call `method`, which affects all tenants.
pub fn permit_all_tenants(caller: &Caller, method: ApiMethod) -> Result<(), CallError> {
    permit(caller, method)?;
    if caller.tenants == TenantScope::All {
        return Ok(());
    }
    Err(CallError::PermissionDenied(format!(
        "caller {} is limited to some tenants; this call affects all tenants",
        caller.name
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(role: CallerRole, tenants: TenantScope) -> Caller {
        Caller { name: "c".to_owned(), role: Some(role), tenants }
    }

    #[test]
    fn a_role_may_call_what_its_row_says_and_nothing_else() {
        for (method, _, allowed) in PERMISSIONS {
            for role in CallerRole::ALL {
                let verdict = permit(&caller(role, TenantScope::All), *method);
                assert_eq!(verdict.is_ok(), allowed.contains(&role), "{role:?} {method:?}");
            }
        }
    }

    #[test]
    fn by_the_path_alone_a_role_is_refused_what_none_of_its_rows_allows() {
        for (_, path, _) in PERMISSIONS {
            for role in CallerRole::ALL {
                let may = PERMISSIONS.iter().any(|(_, listed, roles)| listed == path && roles.contains(&role));
                assert_eq!(permit_path(&caller(role, TenantScope::All), path).is_ok(), may, "{role:?} {path}");
            }
        }
        assert!(permit_path(&caller(CallerRole::Metrics, TenantScope::All), "other").is_ok());
        assert!(permit_path(&Caller::anonymous(), "session.v1.AdminService/Purge").is_ok());
    }

    #[test]
    fn who_keeps_a_users_own_pages_cannot_raise_the_users_rights() {
        for (field, roles) in UPDATE_FIELDS {
            for role in CallerRole::ALL {
                let may = permit_fields(&caller(role, TenantScope::All), [*field]).is_ok();
                assert_eq!(may, roles.contains(&role), "{role:?} {field}");
            }
        }
        let backend = caller(CallerRole::Backend, TenantScope::All);
        assert!(permit_fields(&backend, ["data", "email"]).is_ok());
        assert!(permit_fields(&backend, ["data", "roles"]).is_err());
        assert!(permit_fields(&backend, ["user_id"]).is_err());
        assert!(permit_fields(&Caller::anonymous(), ["roles"]).is_ok());
    }

    #[test]
    fn a_caller_of_one_tenant_reaches_neither_another_nor_all() {
        let admin = caller(CallerRole::Admin, TenantScope::Only(vec!["acme".to_owned()]));
        let tenant = |name| TenantId::new(name).expect("tenant");
        assert!(permit_tenant(&admin, ApiMethod::List, &tenant("acme")).is_ok());
        assert!(permit_tenant(&admin, ApiMethod::List, &tenant("")).is_err());
        assert!(permit_all_tenants(&admin, ApiMethod::RevokeAllOfEveryone).is_err());
        let among = |named: Option<TenantId>| permit_tenants(&admin, ApiMethod::SearchSessions, named);
        assert_eq!(among(None), Ok(Some(vec![tenant("acme")])));
        assert_eq!(among(Some(tenant("acme"))), Ok(Some(vec![tenant("acme")])));
        assert!(among(Some(tenant("globex"))).is_err() && among(Some(tenant(""))).is_err());
        let everywhere = caller(CallerRole::Admin, TenantScope::All);
        assert_eq!(permit_tenants(&everywhere, ApiMethod::SearchSessions, None), Ok(None));
    }
}
