//! From the messages of the contract to the domain: checked, with every wrong field named.

use std::{collections::BTreeSet, mem::take, time::Duration};

use prost::Message;
use prost_types::Timestamp;

use super::call::Call;
use crate::{
    api,
    authority::{
        Authority, Changes, CreateSession, LoginTerms, RevokeAll, RevokeSession, Target, UpdateSession, create::digest,
        revoke_all::Except,
    },
    domain::{
        BearerToken, Cause, ClientContext, Data, Owner, SessionId, TenantId, UnixMillis, UserId, Violation, Violations,
        event::Scope,
        limits::{DEVICE_ID_BYTES, ECHO_BYTES, REQUEST_ID_BYTES, assurance_level, cut, optional_text, required_text},
        time::millis,
    },
};

/// The bound of `google.protobuf.Duration`, in seconds.
const LONGEST_SPAN: u64 = 315_576_000_000;
/// The bound of `google.protobuf.Timestamp`, in seconds: the end of the year 9999.
const LATEST_TIME: u64 = 253_402_300_799;

/// Fields of a session that an Update can name.
const UPDATABLE: usize = 6;

pub(super) fn create(
    mut request: api::CreateRequest,
    call: &Call,
    authority: &Authority,
) -> Result<CreateSession, Violations> {
    // What is compared under a request id is what the caller asks for. The client is what it saw: a retry may come from
    // another network.
    let seen = request.client.take();
    let body_digest = digest(&request.encode_to_vec());
    let mut violations = Violations::default();
    let owner = take_owner(&mut violations, &request.tenant_id, &request.user_id);
    let client = violations.take_all(client(seen)).unwrap_or_default();
    let data = violations.take(Data::new(&request.data.unwrap_or_default())).unwrap_or_default();
    let lifetime = violations.take(span("lifetime", request.lifetime)).flatten();
    let idle_timeout = violations.take(span("idle_timeout", request.idle_timeout)).flatten();
    let authenticated_at = violations.take(time("authenticated_at", request.authenticated_at)).flatten();
    violations.take_all(authority.check_login(LoginTerms {
        email: &request.email,
        roles: &request.roles,
        remember: request.remember,
        lifetime,
        idle_timeout,
        policy: &request.policy,
        auth_methods: &request.auth_methods,
        assurance_level: request.assurance_level,
        authenticated_at,
        request_id: &request.request_id,
    }));
    let Some(owner) = owner else { return Err(violations) };
    violations.into_result()?;
    Ok(CreateSession {
        owner,
        email: request.email,
        roles: request.roles,
        data,
        client,
        remember: request.remember,
        lifetime,
        idle_timeout,
        policy: request.policy,
        auth_methods: request.auth_methods,
        assurance_level: request.assurance_level,
        authenticated_at,
        request_id: request.request_id,
        is_migrated: request.migrated,
        body_digest,
        cause: call.cause("", ""),
    })
}

/// What a validation asks for besides the token.
pub(super) struct Demands {
    pub(super) strong: bool,
    pub(super) touch: bool,
    pub(super) max_auth_age: Option<Duration>,
}

pub(super) fn validate(request: &mut api::ValidateRequest) -> Result<Demands, Violations> {
    let mut violations = Violations::default();
    if let Some(context) = request.client.take() {
        violations.take_all(client(Some(context)));
    }
    let consistency = violations.take(known::<api::Consistency>("consistency", request.consistency));
    let activity = violations.take(known::<api::Activity>("activity", request.activity));
    let max_auth_age = violations.take(span("max_auth_age", request.max_auth_age)).flatten().map(round_up);
    if max_auth_age.is_some_and(|age| age.is_zero()) {
        violations.take::<()>(Err(Violation::new("max_auth_age", "is not greater than 0")));
    }
    violations.take(assurance_level("min_assurance_level", request.min_assurance_level));
    violations.into_result()?;
    let strong = consistency == Some(api::Consistency::Strong);
    Ok(Demands { strong, touch: activity != Some(api::Activity::Peek), max_auth_age })
}

pub(super) fn update(
    request: api::UpdateRequest,
    call: &Call,
    authority: &Authority,
) -> Result<UpdateSession, Violations> {
    let mut violations = Violations::default();
    let session_id = violations.take(request.session_id.parse::<SessionId>());
    let mut session = request.session.unwrap_or_default();
    let mut changes = Changes::default();
    let mask = request.update_mask.unwrap_or_default();
    let paths: BTreeSet<_> = mask.paths.iter().map(String::as_str).collect();
    if paths.is_empty() {
        violations.take::<()>(Err(Violation::new("update_mask", "is required")));
    }
    if paths.len() > UPDATABLE {
        let text = format!("names {} fields; there are {UPDATABLE} that can be updated", paths.len());
        violations.take::<()>(Err(Violation::new("update_mask", text)));
        return Err(violations);
    }
    for path in &paths {
        match *path {
            "email" => changes.email = Some(take(&mut session.email)),
            "roles" => changes.roles = Some(take(&mut session.roles)),
            "data" => {
                let data = Data::new(&take(&mut session.data).unwrap_or_default());
                changes.data = violations.take(data.map_err(|violation| violation.within("session")));
            }
            "auth_methods" => changes.auth_methods = Some(take(&mut session.auth_methods)),
            "assurance_level" => changes.assurance_level = Some(session.assurance_level),
            "authenticated_at" => {
                let field = "session.authenticated_at";
                changes.authenticated_at = violations.take(time(field, session.authenticated_at)).flatten();
                if session.authenticated_at.is_none() {
                    violations.take::<()>(Err(Violation::new(field, "is required where the mask names it")));
                }
            }
            other => {
                let text = format!("names {:?}, which is not a field that can be updated", cut(other, ECHO_BYTES));
                violations.take::<()>(Err(Violation::new("update_mask", text)));
            }
        }
    }
    violations.take_all(authority.check_changes(&changes));
    let Some(session_id) = session_id else { return Err(violations) };
    violations.into_result()?;
    let changed_fields = paths.into_iter().map(ToOwned::to_owned).collect();
    Ok(UpdateSession {
        session_id,
        changes,
        if_revision: request.if_revision,
        tenants: call.caller.tenants.clone(),
        cause: Cause { changed_fields, ..call.cause("", "") },
    })
}

pub(super) fn revoke(request: api::RevokeRequest, call: &Call) -> Result<RevokeSession, Violations> {
    use api::revoke_request::Target as Wire;
    let mut violations = Violations::default();
    violations.take_all(Cause::check(&request.reason, &request.actor));
    let (tenant_id, user_id) = (request.tenant_id, request.user_id);
    // A user is named within a tenant; a session or token needs neither.
    let named = !tenant_id.is_empty() || !user_id.is_empty();
    let tenant = named.then(|| violations.take(TenantId::new(&tenant_id))).flatten();
    let user = (!user_id.is_empty()).then(|| violations.take(UserId::new(&user_id))).flatten();
    let target = match request.target {
        Some(Wire::SessionId(id)) => violations.take(id.parse()).map(Target::Session),
        Some(Wire::Token(token)) => Some(Target::Token(BearerToken::new(token))),
        Some(Wire::DeviceId(device_id)) => {
            violations.take(required_text("device_id", &device_id, DEVICE_ID_BYTES));
            if user_id.is_empty() {
                violations.take::<()>(Err(Violation::new("user_id", "is required with device_id")));
            }
            let owner = tenant.clone().zip(user.clone()).map(|(tenant, user)| Owner { tenant, user });
            owner.map(|owner| Target::Device { owner, device_id })
        }
        None => violations.take(Err(Violation::new("target", "is required: session_id, token or device_id"))),
    };
    if request.sign_out && request.compromised {
        violations.take::<()>(Err(Violation::new("compromised", "does not go with sign_out")));
    }
    let Some(target) = target else { return Err(violations) };
    violations.into_result()?;
    let cause = call.cause(&request.reason, &request.actor);
    let (tenants, is_sign_out, is_compromised) = (call.caller.tenants.clone(), request.sign_out, request.compromised);
    Ok(RevokeSession { target, tenant, user, tenants, is_sign_out, is_compromised, cause })
}

pub(super) fn revoke_all(request: api::RevokeAllRequest, call: &Call) -> Result<RevokeAll, Violations> {
    use api::revoke_all_request::Scope as Wire;
    let mut violations = Violations::default();
    violations.take_all(Cause::check(&request.reason, &request.actor));
    let scope = match request.scope {
        Some(Wire::User(user)) => {
            let tenant = violations.take(TenantId::new(&user.tenant_id).map_err(|violation| violation.within("user")));
            let user = violations.take(UserId::new(&user.user_id).map_err(|violation| violation.within("user")));
            tenant.zip(user).map(|(tenant, user)| Scope::User(Owner { tenant, user }))
        }
        Some(Wire::Tenant(tenant)) if tenant.tenant_id.is_empty() => {
            violations.take(Err(Violation::new("tenant.tenant_id", "is required")))
        }
        Some(Wire::Tenant(tenant)) => violations
            .take(TenantId::new(&tenant.tenant_id).map_err(|violation| violation.within("tenant")))
            .map(Scope::Tenant),
        Some(Wire::Everyone(api::Everyone {})) => Some(Scope::Everyone),
        None => violations.take(Err(Violation::new("scope", "is required: user, tenant or everyone"))),
    };
    let except = match (request.except_session_id.as_str(), request.except_token.as_str()) {
        ("", "") => None,
        (id, "") => violations
            .take(id.parse().map_err(|_| Violation::new("except_session_id", "is not a session id")))
            .map(Except::Session),
        ("", token) => Some(Except::Token(BearerToken::new(token.to_owned()))),
        _ => violations.take(Err(Violation::new("except_token", "does not go with except_session_id"))),
    };
    if let (Some(except), Some(Scope::Tenant(_) | Scope::Everyone)) = (&except, &scope) {
        violations.take::<()>(Err(except.without_user()));
    }
    if let (true, Some(Scope::Tenant(_) | Scope::Everyone)) = (request.compromised, &scope) {
        violations.take::<()>(Err(Violation::new("compromised", "goes with a user's scope only")));
    }
    violations.take(optional_text("operation_id", &request.operation_id, REQUEST_ID_BYTES));
    let Some(scope) = scope else { return Err(violations) };
    violations.into_result()?;
    let cause = call.cause(&request.reason, &request.actor);
    let (operation_id, is_compromised) = (request.operation_id, request.compromised);
    Ok(RevokeAll { scope, except, operation_id, is_compromised, cause })
}

/// The owner named by two fields; both are checked.
pub(super) fn take_owner(violations: &mut Violations, tenant: &str, user: &str) -> Option<Owner> {
    let tenant = violations.take(TenantId::new(tenant));
    let user = violations.take(UserId::new(user));
    tenant.zip(user).map(|(tenant, user)| Owner { tenant, user })
}

fn client(client: Option<api::ClientContext>) -> Result<ClientContext, Violations> {
    let client = client.unwrap_or_default();
    ClientContext::new(
        &client.ip,
        &client.user_agent,
        &client.accept_language,
        &client.accept_encoding,
        &client.device_id,
        &client.country,
    )
}

/// Reads a time of the years 1970 to 9999.
pub(super) fn time(field: &'static str, time: Option<Timestamp>) -> Result<Option<UnixMillis>, Violation> {
    let Some(time) = time else { return Ok(None) };
    let seconds = u64::try_from(time.seconds).ok().filter(|seconds| *seconds <= LATEST_TIME);
    let (Some(seconds), Some(nanos)) = (seconds, nanos(time.nanos)) else {
        return Err(Violation::new(field, "is not a time of the years 1970 to 9999"));
    };
    Ok(Some(UnixMillis::new(seconds * 1000 + u64::from(nanos / 1_000_000))))
}

/// Reads a span of time that is not negative. The library's own conversion overflows at the ends.
pub(super) fn span(field: &'static str, span: Option<prost_types::Duration>) -> Result<Option<Duration>, Violation> {
    let Some(span) = span else { return Ok(None) };
    if span.seconds < 0 || (span.seconds == 0 && span.nanos < 0) {
        return Err(Violation::new(field, "is negative"));
    }
    let seconds = u64::try_from(span.seconds).ok().filter(|seconds| *seconds <= LONGEST_SPAN);
    let (Some(seconds), Some(nanos)) = (seconds, nanos(span.nanos)) else {
        return Err(Violation::new(field, "is longer than 10000 years, or its nanos are not within 0 to 999999999"));
    };
    Ok(Some(Duration::new(seconds, nanos)))
}

fn nanos(nanos: i32) -> Option<u32> {
    u32::try_from(nanos).ok().filter(|nanos| *nanos < 1_000_000_000)
}

/// `span` in whole milliseconds, the unit of the domain, and never shorter.
fn round_up(span: Duration) -> Duration {
    let millis = millis(span);
    Duration::from_millis(if Duration::from_millis(millis) < span { millis + 1 } else { millis })
}

pub(super) fn known<E: TryFrom<i32>>(field: &'static str, number: i32) -> Result<E, Violation> {
    E::try_from(number).map_err(|_| Violation::new(field, format!("has the unknown value {number}")))
}

/// The session to mark in a list; `None` when none is named.
pub(super) fn current(id: &str) -> Result<Option<SessionId>, Violation> {
    if id.is_empty() {
        return Ok(None);
    }
    id.parse().map(Some).map_err(|_| Violation::new("current_session_id", "is not a session id"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_times_are_checked_before_they_are_converted() {
        let duration = |seconds, nanos| span("f", Some(prost_types::Duration { seconds, nanos }));
        assert_eq!(duration(0, 0), Ok(Some(Duration::ZERO)));
        assert_eq!(duration(315_576_000_000, 999_999_999), Ok(Some(Duration::new(315_576_000_000, 999_999_999))));
        let timestamp = |seconds, nanos| time("f", Some(Timestamp { seconds, nanos }));
        assert_eq!(timestamp(1, 999_999_999), Ok(Some(UnixMillis::new(1_999))));
        assert_eq!(timestamp(253_402_300_799, 0), Ok(Some(UnixMillis::new(253_402_300_799_000))));
        let (seconds, nanos) = ([i64::MIN, i64::MAX], [i32::MIN, -1, 1_000_000_000, i32::MAX]);
        for (seconds, nanos) in seconds.iter().map(|seconds| (*seconds, 0)).chain(nanos.map(|nanos| (1, nanos))) {
            assert_eq!(duration(seconds, nanos).expect_err("out of range").field, "f", "{seconds} {nanos}");
            assert_eq!(timestamp(seconds, nanos).expect_err("out of range").field, "f", "{seconds} {nanos}");
        }
        assert!(duration(315_576_000_001, 0).is_err() && timestamp(253_402_300_800, 0).is_err());
        assert!(duration(0, -1).is_err() && duration(-1, 0).is_err() && timestamp(-1, 0).is_err());
    }

    #[test]
    fn a_span_is_rounded_up_to_the_unit_of_the_domain() {
        let nanos = Duration::from_nanos;
        for (span, rounded) in [(1, 1), (999_999, 1), (1_000_000, 1), (1_000_001, 2), (0, 0)] {
            assert_eq!(round_up(nanos(span)), Duration::from_millis(rounded), "{span}");
        }
    }
}
