//! Who may call what: one table, deny by default.

use crate::domain::{Caller, Error, Role, TenantId, TenantScope, search::Tenants};

/// Every method of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
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

use Role::{Admin, Alerts, Backend, Issuer, Metrics, Validator};

/// The table. A method that is not in it does not exist for anybody.
pub const TABLE: &[(Method, &str, &[Role])] = &[
    (Method::Create, "session.v1.SessionService/Create", &[Issuer]),
    (Method::Validate, "session.v1.SessionService/Validate", &[Issuer, Validator, Backend]),
    (Method::ValidateStream, "session.v1.SessionService/ValidateStream", &[Issuer, Validator, Backend]),
    (Method::Update, "session.v1.SessionService/Update", &[Issuer, Backend, Admin]),
    (Method::Rotate, "session.v1.SessionService/Rotate", &[Issuer, Backend]),
    (Method::List, "session.v1.SessionService/List", &[Issuer, Backend, Admin]),
    (Method::Revoke, "session.v1.SessionService/Revoke", &[Issuer, Backend, Admin]),
    (Method::RevokeAllOfUser, "session.v1.SessionService/RevokeAll", &[Issuer, Backend, Admin]),
    (Method::RevokeAllOfTenant, "session.v1.SessionService/RevokeAll", &[Admin]),
    (Method::RevokeAllOfEveryone, "session.v1.SessionService/RevokeAll", &[Admin]),
    (Method::ReportAuthEvent, "session.v1.SessionService/ReportAuthEvent", &[Issuer]),
    (Method::StreamAlerts, "session.v1.SessionService/StreamAlerts", &[Admin, Alerts]),
    (Method::SearchSessions, "session.v1.AdminService/SearchSessions", &[Admin]),
    (Method::ListEvents, "session.v1.AdminService/ListEvents", &[Admin]),
    (Method::GetStats, "session.v1.AdminService/GetStats", &[Admin]),
    (Method::Purge, "session.v1.AdminService/Purge", &[Admin]),
    (Method::RevokeWhere, "session.v1.AdminService/RevokeWhere", &[Admin]),
    (Method::ForgetUser, "session.v1.AdminService/ForgetUser", &[Admin]),
    (Method::Deny, "session.v1.DenylistService/Deny", &[Issuer, Backend, Admin]),
    (Method::Check, "session.v1.DenylistService/Check", &[Issuer, Validator, Backend]),
    (Method::Metrics, "GET /metrics", &[Admin, Metrics]),
];

/// Requires that `caller` may call `method` at all.
pub fn permit(caller: &Caller, method: Method) -> Result<(), Error> {
    let Some(role) = caller.role else { return Ok(()) };
    let row = TABLE.iter().find(|(listed, _, _)| *listed == method);
    if row.is_some_and(|(_, _, roles)| roles.contains(&role)) {
        return Ok(());
    }
    Err(Error::PermissionDenied(format!("role {} may not call {}", role.name(), path(method))))
}

/// Requires that `caller` may call the method at `path`, as the table has it, for one thing at least. A method that is
/// not of the contract is everybody's.
pub fn permit_path(caller: &Caller, path: &'static str) -> Result<(), Error> {
    let Some(role) = caller.role else { return Ok(()) };
    let mut rows = TABLE.iter().filter(|(_, listed, _)| *listed == path).peekable();
    if rows.peek().is_none() || rows.any(|(_, _, roles)| roles.contains(&role)) {
        return Ok(());
    }
    Err(Error::PermissionDenied(format!("role {} may not call {path}", role.name())))
}

/// The fields that each role may change by `Update`. What decides over a user's rights is not for the back end of the
/// user's own pages. A field that is not listed is nobody's.
pub const UPDATE_FIELDS: &[(&str, &[Role])] = &[
    ("email", &[Issuer, Backend, Admin]),
    ("data", &[Issuer, Backend, Admin]),
    ("roles", &[Issuer, Admin]),
    ("auth_methods", &[Issuer, Admin]),
    ("assurance_level", &[Issuer, Admin]),
    ("authenticated_at", &[Issuer, Admin]),
];

/// Requires that `caller` may change each of `fields` by `Update`.
pub fn permit_fields<'a>(caller: &Caller, fields: impl IntoIterator<Item = &'a str>) -> Result<(), Error> {
    let Some(role) = caller.role else { return Ok(()) };
    let may = |field: &str| UPDATE_FIELDS.iter().any(|(listed, roles)| *listed == field && roles.contains(&role));
    match fields.into_iter().find(|field| !may(field)) {
        None => Ok(()),
        Some(field) => {
            let role = role.name();
            Err(Error::PermissionDenied(format!("role {role} may not change {field}; roles issuer and admin may")))
        }
    }
}

/// The name of a method on the wire.
#[must_use]
pub fn path(method: Method) -> &'static str {
    TABLE.iter().find(|(listed, _, _)| *listed == method).map_or("an unlisted method", |(_, path, _)| path)
}

/// Requires that `caller` may call `method` and act on `tenant`.
pub fn permit_in(caller: &Caller, method: Method, tenant: &TenantId) -> Result<(), Error> {
    permit(caller, method)?;
    if caller.tenants.allows(tenant.as_str()) {
        return Ok(());
    }
    Err(Error::PermissionDenied(format!("caller {} may not act on tenant {}", caller.name, tenant.as_str())))
}

/// The tenants that a call of `method` is about: the one that it names, or all that its caller may reach.
pub fn permit_among(caller: &Caller, method: Method, named: Option<TenantId>) -> Result<Tenants, Error> {
    let Some(tenant) = named else {
        permit(caller, method)?;
        return Ok(reachable(&caller.tenants));
    };
    permit_in(caller, method, &tenant)?;
    Ok(Some(vec![tenant]))
}

pub(super) fn reachable(scope: &TenantScope) -> Tenants {
    match scope {
        TenantScope::All => None,
        TenantScope::Only(tenants) => Some(tenants.iter().filter_map(|tenant| TenantId::new(tenant).ok()).collect()),
    }
}

/// Requires that `caller` may call `method`, which reaches every tenant.
pub fn permit_everywhere(caller: &Caller, method: Method) -> Result<(), Error> {
    permit(caller, method)?;
    if caller.tenants == TenantScope::All {
        return Ok(());
    }
    Err(Error::PermissionDenied(format!("caller {} may act on some tenants only; this reaches every one", caller.name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(role: Role, tenants: TenantScope) -> Caller {
        Caller { name: "c".to_owned(), role: Some(role), tenants }
    }

    #[test]
    fn a_role_may_call_what_its_row_says_and_nothing_else() {
        for (method, _, allowed) in TABLE {
            for role in Role::ALL {
                let verdict = permit(&caller(role, TenantScope::All), *method);
                assert_eq!(verdict.is_ok(), allowed.contains(&role), "{role:?} {method:?}");
            }
        }
    }

    #[test]
    fn by_the_path_alone_a_role_is_refused_what_none_of_its_rows_allows() {
        for (_, path, _) in TABLE {
            for role in Role::ALL {
                let may = TABLE.iter().any(|(_, listed, roles)| listed == path && roles.contains(&role));
                assert_eq!(permit_path(&caller(role, TenantScope::All), path).is_ok(), may, "{role:?} {path}");
            }
        }
        assert!(permit_path(&caller(Role::Metrics, TenantScope::All), "other").is_ok());
        assert!(permit_path(&Caller::anonymous(), "session.v1.AdminService/Purge").is_ok());
    }

    #[test]
    fn who_keeps_a_users_own_pages_cannot_raise_the_users_rights() {
        for (field, roles) in UPDATE_FIELDS {
            for role in Role::ALL {
                let may = permit_fields(&caller(role, TenantScope::All), [*field]).is_ok();
                assert_eq!(may, roles.contains(&role), "{role:?} {field}");
            }
        }
        let backend = caller(Role::Backend, TenantScope::All);
        assert!(permit_fields(&backend, ["data", "email"]).is_ok());
        assert!(permit_fields(&backend, ["data", "roles"]).is_err());
        assert!(permit_fields(&backend, ["user_id"]).is_err());
        assert!(permit_fields(&Caller::anonymous(), ["roles"]).is_ok());
    }

    #[test]
    fn a_caller_of_one_tenant_reaches_neither_another_nor_all() {
        let admin = caller(Role::Admin, TenantScope::Only(vec!["acme".to_owned()]));
        let tenant = |name| TenantId::new(name).expect("tenant");
        assert!(permit_in(&admin, Method::List, &tenant("acme")).is_ok());
        assert!(permit_in(&admin, Method::List, &tenant("")).is_err());
        assert!(permit_everywhere(&admin, Method::RevokeAllOfEveryone).is_err());
        let among = |named: Option<TenantId>| permit_among(&admin, Method::SearchSessions, named);
        assert_eq!(among(None), Ok(Some(vec![tenant("acme")])));
        assert_eq!(among(Some(tenant("acme"))), Ok(Some(vec![tenant("acme")])));
        assert!(among(Some(tenant("globex"))).is_err() && among(Some(tenant(""))).is_err());
        let everywhere = caller(Role::Admin, TenantScope::All);
        assert_eq!(permit_among(&everywhere, Method::SearchSessions, None), Ok(None));
    }
}
