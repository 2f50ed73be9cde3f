//! The permissions of callers: roles, tenants and fields. The contract states the roles of each method.

use crate::domain::{CallError, Caller, CallerRole, TenantId, TenantScope, search::TenantFilter};

use CallerRole::{Admin, Backend, Issuer, Metrics};

/// The roles that may revoke all sessions of a tenant, or of everyone.
pub const MASS_REVOCATION_ROLES: &[CallerRole] = &[Admin];

/// The roles that may read the metrics of a node.
pub const METRICS_ROLES: &[CallerRole] = &[Admin, Metrics];

/// Requires that `caller` has one of the `roles` that may call `method`.
pub fn permit_role(caller: &Caller, roles: &[CallerRole], method: &str) -> Result<(), CallError> {
    match caller.role {
        Some(role) if !roles.contains(&role) => {
            Err(CallError::PermissionDenied(format!("role {} may not call {method}", role.name())))
        }
        _ => Ok(()),
    }
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

/// The roles that may state that a user has authenticated again, or more strongly, or give out a new token.
pub const REAUTHENTICATION_ROLES: &[CallerRole] = &[Issuer];

/// Requires that `caller` may record an authentication by `Update`.
pub fn permit_reauthentication(caller: &Caller, what: &str) -> Result<(), CallError> {
    match caller.role {
        Some(role) if !REAUTHENTICATION_ROLES.contains(&role) => {
            Err(CallError::PermissionDenied(format!("role {} may not {what}; role issuer may", role.name())))
        }
        _ => Ok(()),
    }
}

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

/// Requires that `caller` may act on `tenant`.
pub fn permit_tenant(caller: &Caller, tenant: &TenantId) -> Result<(), CallError> {
    if caller.tenants.allows(tenant.as_str()) {
        return Ok(());
    }
    Err(CallError::PermissionDenied(format!("caller {} has no access to tenant {}", caller.name, tenant.as_str())))
}

/// Returns the tenants that a call covers: the one that it names, or all that its caller may reach.
pub fn permit_tenants(caller: &Caller, named: Option<TenantId>) -> Result<TenantFilter, CallError> {
    let Some(tenant) = named else { return Ok(reachable_tenants(&caller.tenants)) };
    permit_tenant(caller, &tenant)?;
    Ok(Some(vec![tenant]))
}

pub(super) fn reachable_tenants(scope: &TenantScope) -> TenantFilter {
    match scope {
        TenantScope::All => None,
        TenantScope::Only(tenants) => Some(tenants.iter().filter_map(|tenant| TenantId::new(tenant).ok()).collect()),
    }
}

/// Requires that `caller` may make a call that affects all tenants.
pub fn permit_all_tenants(caller: &Caller) -> Result<(), CallError> {
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
        assert!(permit_tenant(&admin, &tenant("acme")).is_ok());
        assert!(permit_tenant(&admin, &tenant("")).is_err());
        assert!(permit_all_tenants(&admin).is_err());
        let among = |named: Option<TenantId>| permit_tenants(&admin, named);
        assert_eq!(among(None), Ok(Some(vec![tenant("acme")])));
        assert_eq!(among(Some(tenant("acme"))), Ok(Some(vec![tenant("acme")])));
        assert!(among(Some(tenant("globex"))).is_err() && among(Some(tenant(""))).is_err());
        let everywhere = caller(CallerRole::Admin, TenantScope::All);
        assert_eq!(permit_tenants(&everywhere, None), Ok(None));
    }
}
