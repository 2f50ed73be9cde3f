//! Parsing of request messages into domain types. All invalid fields are reported at once.

use std::{collections::BTreeSet, mem::take, sync::Arc, time::Duration};

use prost::Message;
use prost_types::Timestamp;

use super::call::CallContext;
use crate::{
    api,
    authority::{
        FailureReporter, LoginRequest, LoginTerms, ReportedFailure, RevocationRequest, ScopeRevocationRequest,
        SessionChanges, SessionCreator, SessionLookup, SessionSelector, SessionToucher, SessionUpdateRequest,
        SessionUpdater, SessionUse, digest, revoke_all::ExemptSession,
    },
    domain::{
        AuthEventKind, BearerToken, Cause, ClientContext, FieldViolation, FieldViolations, Owner, SessionData,
        SessionId, TenantId, UnixMillis, UserId,
        alert::NotificationContact,
        event::RevocationScope,
        limits::{
            MAX_AUTH_METHOD_BYTES, MAX_DEVICE_ID_BYTES, MAX_ECHO_BYTES, MAX_REQUEST_ID_BYTES, MAX_TOUCHES,
            check_assurance_level, check_optional_text, check_required_text, truncate_text,
        },
        time::millis,
    },
};

/// The maximum of `google.protobuf.Duration`, in seconds.
const MAX_DURATION_SECONDS: u64 = 315_576_000_000;
/// The maximum of `google.protobuf.Timestamp`, in seconds: the end of the year 9999.
const MAX_TIMESTAMP_SECONDS: u64 = 253_402_300_799;

/// The number of session fields that an Update can name.
const UPDATABLE_FIELDS: usize = 6;

pub(super) fn parse_create(
    mut request: api::CreateRequest,
    call: &CallContext,
    creator: &SessionCreator,
) -> Result<LoginRequest, FieldViolations> {
    // The digest that is compared under a request ID covers the request of the caller only. The client context is what
    // the caller saw: a retry may come from another network.
    let client_context = request.client.take();
    let body_digest = digest(&request.encode_to_vec());
    let api::NotificationContact { email, locale } = request.notify.take().unwrap_or_default();
    let contact = NotificationContact { email, locale };
    let mut violations = FieldViolations::default();
    let owner = parse_owner(&mut violations, &request.tenant_id, &request.user_id);
    let client = violations.check_all(parse_client(client_context)).unwrap_or_default();
    let data = violations.check(SessionData::new(&request.data.unwrap_or_default())).unwrap_or_default();
    let lifetime = violations.check(parse_duration("lifetime", request.lifetime)).flatten();
    let idle_timeout = violations.check(parse_duration("idle_timeout", request.idle_timeout)).flatten();
    let authenticated_at = violations.check(parse_timestamp("authenticated_at", request.authenticated_at)).flatten();
    violations.check_all(creator.check_login(LoginTerms {
        email: &request.email,
        contact: &contact,
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
    Ok(LoginRequest {
        owner,
        email: request.email,
        contact,
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

/// The options of a validation, besides the token.
pub(super) struct ValidateOptions {
    pub(super) strong: bool,
    pub(super) touch: bool,
    pub(super) max_auth_age: Option<Duration>,
    pub(super) client: ClientContext,
}

pub(super) fn parse_validate(request: &mut api::ValidateRequest) -> Result<ValidateOptions, FieldViolations> {
    let mut violations = FieldViolations::default();
    let client = match request.client.take() {
        Some(context) => violations.check_all(parse_client(Some(context))).unwrap_or_default(),
        None => ClientContext::default(),
    };
    let consistency = violations.check(parse_enum::<api::Consistency>("consistency", request.consistency));
    let activity = violations.check(parse_enum::<api::Activity>("activity", request.activity));
    let max_auth_age =
        violations.check(parse_duration("max_auth_age", request.max_auth_age)).flatten().map(round_up_to_millis);
    if max_auth_age.is_some_and(|age| age.is_zero()) {
        violations.check::<()>(Err(FieldViolation::new("max_auth_age", "must be greater than 0")));
    }
    violations.check(check_assurance_level("min_assurance_level", request.min_assurance_level));
    violations.into_result()?;
    let strong = consistency == Some(api::Consistency::Strong);
    Ok(ValidateOptions { strong, touch: activity != Some(api::Activity::Peek), max_auth_age, client })
}

pub(super) fn parse_update(
    request: api::UpdateRequest,
    call: &CallContext,
    updater: &SessionUpdater,
) -> Result<SessionUpdateRequest, FieldViolations> {
    let mut violations = FieldViolations::default();
    let session_id = violations.check(request.session_id.parse::<SessionId>());
    let mut session = request.session.unwrap_or_default();
    let mut changes = SessionChanges::default();
    let mask = request.update_mask.unwrap_or_default();
    let paths: BTreeSet<_> = mask.paths.iter().map(String::as_str).collect();
    if paths.is_empty() {
        violations.check::<()>(Err(FieldViolation::new("update_mask", "is required")));
    }
    if paths.len() > UPDATABLE_FIELDS {
        let text = format!("has {} paths; only {UPDATABLE_FIELDS} fields can be updated", paths.len());
        violations.check::<()>(Err(FieldViolation::new("update_mask", text)));
        return Err(violations);
    }
    for path in &paths {
        match *path {
            "email" => changes.email = Some(take(&mut session.email)),
            "roles" => changes.roles = Some(take(&mut session.roles)),
            "data" => {
                let data = SessionData::new(&take(&mut session.data).unwrap_or_default());
                changes.data = violations.check(data.map_err(|violation| violation.within("session")));
            }
            "auth_methods" => changes.auth_methods = Some(take(&mut session.auth_methods)),
            "assurance_level" => changes.assurance_level = Some(session.assurance_level),
            "authenticated_at" => {
                let field = "session.authenticated_at";
                changes.authenticated_at = violations.check(parse_timestamp(field, session.authenticated_at)).flatten();
                if session.authenticated_at.is_none() {
                    violations.check::<()>(Err(FieldViolation::new(field, "is required when update_mask contains it")));
                }
            }
            other => {
                let text = format!("contains {:?}, which cannot be updated", truncate_text(other, MAX_ECHO_BYTES));
                violations.check::<()>(Err(FieldViolation::new("update_mask", text)));
            }
        }
    }
    violations.check_all(updater.check_changes(&changes));
    let Some(session_id) = session_id else { return Err(violations) };
    violations.into_result()?;
    let changed_fields = paths.into_iter().map(ToOwned::to_owned).collect();
    Ok(SessionUpdateRequest {
        session_id,
        changes,
        if_revision: request.if_revision,
        rotates: request.rotate,
        caller: Arc::clone(&call.caller),
        cause: Cause { changed_fields, ..call.cause("", "") },
    })
}

pub(super) fn parse_get(request: &api::GetRequest, call: &CallContext) -> Result<SessionLookup, FieldViolations> {
    let mut violations = FieldViolations::default();
    let (tenant, user) = parse_owner_guard(&mut violations, &request.tenant_id, &request.user_id);
    let session_id = violations.check(request.session_id.parse());
    let Some(session_id) = session_id else { return Err(violations) };
    violations.into_result()?;
    Ok(SessionLookup { session_id, tenant, user, tenants: call.caller.tenants.clone() })
}

pub(super) fn parse_touch(
    request: &api::TouchRequest,
    toucher: &SessionToucher,
) -> Result<Vec<SessionUse>, FieldViolations> {
    let mut violations = FieldViolations::default();
    let count = request.touches.len();
    if !(1..=MAX_TOUCHES).contains(&count) {
        let text = format!("has {count} entries; 1 to {MAX_TOUCHES} are allowed");
        violations.check::<()>(Err(FieldViolation::new("touches", text)));
        return Err(violations);
    }
    let mut uses = Vec::with_capacity(count);
    for (index, touch) in request.touches.iter().enumerate() {
        let of_entry = |field: &str, violation: FieldViolation| FieldViolation {
            field: format!("touches[{index}].{field}").into(),
            ..violation
        };
        let id = touch.session_id.parse::<SessionId>().map_err(|violation| of_entry("session_id", violation));
        let used_at = parse_timestamp("used_at", touch.used_at).and_then(|used_at| match used_at {
            None => Err(FieldViolation::new("used_at", "is required")),
            Some(at) => toucher.check_time(at).map(|()| at),
        });
        let used_at = used_at.map_err(|violation| of_entry("used_at", violation));
        if let (Some(session_id), Some(at)) = (violations.check(id), violations.check(used_at)) {
            uses.push(SessionUse { session_id, at });
        }
    }
    violations.into_result()?;
    Ok(uses)
}

pub(super) fn parse_failure(
    request: api::ReportAuthEventRequest,
    call: &CallContext,
    reporter: &FailureReporter,
) -> Result<ReportedFailure, FieldViolations> {
    let mut violations = FieldViolations::default();
    let owner = parse_owner(&mut violations, &request.tenant_id, &request.user_id);
    let kind = violations.check(parse_enum::<api::AuthEventKind>("kind", request.kind)).and_then(failure_kind);
    if request.kind == 0 {
        violations.check::<()>(Err(FieldViolation::new("kind", "is required")));
    }
    let client = match request.client {
        Some(context) => violations.check_all(parse_client(Some(context))).unwrap_or_default(),
        None => ClientContext::default(),
    };
    violations.check(check_optional_text("method", &request.method, MAX_AUTH_METHOD_BYTES));
    let occurred_at = parse_timestamp("occurred_at", request.occurred_at)
        .and_then(|at| at.map(|at| reporter.check_time(at).map(|()| at)).transpose());
    let occurred_at = violations.check(occurred_at).flatten();
    let (Some(owner), Some(kind)) = (owner, kind) else { return Err(violations) };
    violations.into_result()?;
    Ok(ReportedFailure { owner, kind, method: request.method, client, occurred_at, cause: call.cause("", "") })
}

/// Returns the kind of a failure; `None` if it is not specified.
const fn failure_kind(kind: api::AuthEventKind) -> Option<AuthEventKind> {
    match kind {
        api::AuthEventKind::Unspecified => None,
        api::AuthEventKind::PasswordFailed => Some(AuthEventKind::PasswordFailed),
        api::AuthEventKind::MfaFailed => Some(AuthEventKind::MfaFailed),
        api::AuthEventKind::MfaDenied => Some(AuthEventKind::MfaDenied),
        api::AuthEventKind::MfaExpired => Some(AuthEventKind::MfaExpired),
        api::AuthEventKind::UnknownUser => Some(AuthEventKind::UnknownUser),
        api::AuthEventKind::LockedOut => Some(AuthEventKind::LockedOut),
    }
}

/// Parses the tenant and the user to whom a session must belong. A user ID is valid within a tenant; a session needs
/// neither.
pub(super) fn parse_owner_guard(
    violations: &mut FieldViolations,
    tenant_id: &str,
    user_id: &str,
) -> (Option<TenantId>, Option<UserId>) {
    let is_named = !tenant_id.is_empty() || !user_id.is_empty();
    let tenant = is_named.then(|| violations.check(TenantId::new(tenant_id))).flatten();
    let user = (!user_id.is_empty()).then(|| violations.check(UserId::new(user_id))).flatten();
    (tenant, user)
}

pub(super) fn parse_revoke(
    request: api::RevokeRequest,
    call: &CallContext,
) -> Result<RevocationRequest, FieldViolations> {
    use api::revoke_request::Target as Wire;
    let mut violations = FieldViolations::default();
    violations.check_all(Cause::check(&request.reason, &request.actor));
    let (tenant_id, user_id) = (request.tenant_id, request.user_id);
    let (tenant, user) = parse_owner_guard(&mut violations, &tenant_id, &user_id);
    let target = match request.target {
        Some(Wire::SessionId(id)) => violations.check(id.parse()).map(SessionSelector::Session),
        Some(Wire::Token(token)) => Some(SessionSelector::Token(BearerToken::new(token))),
        Some(Wire::DeviceId(device_id)) => {
            violations.check(check_required_text("device_id", &device_id, MAX_DEVICE_ID_BYTES));
            if user_id.is_empty() {
                violations.check::<()>(Err(FieldViolation::new("user_id", "is required with device_id")));
            }
            let owner = tenant.clone().zip(user.clone()).map(|(tenant, user)| Owner { tenant, user });
            owner.map(|owner| SessionSelector::Device { owner, device_id })
        }
        None => violations.check(Err(FieldViolation::new("target", "is required: session_id, token or device_id"))),
    };
    if request.sign_out && request.compromised {
        violations.check::<()>(Err(FieldViolation::new("compromised", "cannot be combined with sign_out")));
    }
    let Some(target) = target else { return Err(violations) };
    violations.into_result()?;
    let cause = call.cause(&request.reason, &request.actor);
    let (tenants, is_sign_out, is_compromised) = (call.caller.tenants.clone(), request.sign_out, request.compromised);
    Ok(RevocationRequest { target, tenant, user, tenants, is_sign_out, is_compromised, cause })
}

pub(super) fn parse_revoke_all(
    request: api::RevokeAllRequest,
    call: &CallContext,
) -> Result<ScopeRevocationRequest, FieldViolations> {
    use api::revoke_all_request::Scope as Wire;
    let mut violations = FieldViolations::default();
    violations.check_all(Cause::check(&request.reason, &request.actor));
    let scope = match request.scope {
        Some(Wire::User(user)) => {
            let tenant = violations.check(TenantId::new(&user.tenant_id).map_err(|violation| violation.within("user")));
            let user = violations.check(UserId::new(&user.user_id).map_err(|violation| violation.within("user")));
            tenant.zip(user).map(|(tenant, user)| RevocationScope::User(Owner { tenant, user }))
        }
        Some(Wire::Tenant(tenant)) if tenant.tenant_id.is_empty() => {
            violations.check(Err(FieldViolation::new("tenant.tenant_id", "is required")))
        }
        Some(Wire::Tenant(tenant)) => violations
            .check(TenantId::new(&tenant.tenant_id).map_err(|violation| violation.within("tenant")))
            .map(RevocationScope::Tenant),
        Some(Wire::Everyone(api::Everyone {})) => Some(RevocationScope::Everyone),
        None => violations.check(Err(FieldViolation::new("scope", "is required: user, tenant or everyone"))),
    };
    let except = match (request.except_session_id.as_str(), request.except_token.as_str()) {
        ("", "") => None,
        (id, "") => violations
            .check(id.parse().map_err(|_| FieldViolation::new("except_session_id", "is not a session id")))
            .map(ExemptSession::Session),
        ("", token) => Some(ExemptSession::Token(BearerToken::new(token.to_owned()))),
        _ => violations.check(Err(FieldViolation::new("except_token", "cannot be combined with except_session_id"))),
    };
    if let (Some(except), Some(RevocationScope::Tenant(_) | RevocationScope::Everyone)) = (&except, &scope) {
        violations.check::<()>(Err(except.violation_without_user()));
    }
    if let (true, Some(RevocationScope::Tenant(_) | RevocationScope::Everyone)) = (request.compromised, &scope) {
        violations.check::<()>(Err(FieldViolation::new("compromised", "is only allowed with scope `user`")));
    }
    violations.check(check_optional_text("operation_id", &request.operation_id, MAX_REQUEST_ID_BYTES));
    let Some(scope) = scope else { return Err(violations) };
    violations.into_result()?;
    let cause = call.cause(&request.reason, &request.actor);
    let (operation_id, is_compromised) = (request.operation_id, request.compromised);
    Ok(ScopeRevocationRequest { scope, except, operation_id, is_compromised, cause })
}

/// Returns the owner that two fields name. Both fields are checked.
pub(super) fn parse_owner(violations: &mut FieldViolations, tenant: &str, user: &str) -> Option<Owner> {
    let tenant = violations.check(TenantId::new(tenant));
    let user = violations.check(UserId::new(user));
    tenant.zip(user).map(|(tenant, user)| Owner { tenant, user })
}

pub(super) fn parse_client(client: Option<api::ClientContext>) -> Result<ClientContext, FieldViolations> {
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

/// Parses a time in the years 1970 to 9999.
pub(super) fn parse_timestamp(
    field: &'static str,
    time: Option<Timestamp>,
) -> Result<Option<UnixMillis>, FieldViolation> {
    let Some(time) = time else { return Ok(None) };
    let seconds = u64::try_from(time.seconds).ok().filter(|seconds| *seconds <= MAX_TIMESTAMP_SECONDS);
    let (Some(seconds), Some(nanos)) = (seconds, check_nanos(time.nanos)) else {
        return Err(FieldViolation::new(field, "is not a time in the years 1970 to 9999"));
    };
    Ok(Some(UnixMillis::new(seconds * 1000 + u64::from(nanos / 1_000_000))))
}

/// Parses a duration that is not negative. The library's own conversion overflows at the ends.
pub(super) fn parse_duration(
    field: &'static str,
    span: Option<prost_types::Duration>,
) -> Result<Option<Duration>, FieldViolation> {
    let Some(span) = span else { return Ok(None) };
    if span.seconds < 0 || (span.seconds == 0 && span.nanos < 0) {
        return Err(FieldViolation::new(field, "is negative"));
    }
    let seconds = u64::try_from(span.seconds).ok().filter(|seconds| *seconds <= MAX_DURATION_SECONDS);
    let (Some(seconds), Some(nanos)) = (seconds, check_nanos(span.nanos)) else {
        return Err(FieldViolation::new(
            field,
            "is longer than 10000 years, or its nanos are not within 0 to 999999999",
        ));
    };
    Ok(Some(Duration::new(seconds, nanos)))
}

fn check_nanos(nanos: i32) -> Option<u32> {
    u32::try_from(nanos).ok().filter(|nanos| *nanos < 1_000_000_000)
}

/// Rounds a duration up to whole milliseconds, the unit of the domain.
fn round_up_to_millis(span: Duration) -> Duration {
    let millis = millis(span);
    Duration::from_millis(if Duration::from_millis(millis) < span { millis + 1 } else { millis })
}

pub(super) fn parse_enum<E: TryFrom<i32>>(field: &'static str, number: i32) -> Result<E, FieldViolation> {
    E::try_from(number).map_err(|_| FieldViolation::new(field, format!("has the unknown value {number}")))
}

/// Returns the session to mark in a list, or `None` if none is named.
pub(super) fn parse_current_session_id(id: &str) -> Result<Option<SessionId>, FieldViolation> {
    if id.is_empty() {
        return Ok(None);
    }
    id.parse().map(Some).map_err(|_| FieldViolation::new("current_session_id", "is not a session id"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_times_are_checked_before_they_are_converted() {
        let duration = |seconds, nanos| parse_duration("f", Some(prost_types::Duration { seconds, nanos }));
        assert_eq!(duration(0, 0), Ok(Some(Duration::ZERO)));
        assert_eq!(duration(315_576_000_000, 999_999_999), Ok(Some(Duration::new(315_576_000_000, 999_999_999))));
        let timestamp = |seconds, nanos| parse_timestamp("f", Some(Timestamp { seconds, nanos }));
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
            assert_eq!(round_up_to_millis(nanos(span)), Duration::from_millis(rounded), "{span}");
        }
    }
}
