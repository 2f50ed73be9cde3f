//! Parsing of filters. All invalid fields are reported at once.

use crate::{
    api,
    domain::{
        DeviceType, EndReason, FieldViolation, FieldViolations, IpRange, TenantId, UserId,
        country::normalise,
        limits::{
            MAX_AUTH_METHOD_BYTES, MAX_DEVICE_ID_BYTES, MAX_POLICY_NAME_BYTES, MAX_USER_AGENT_PART_BYTES,
            check_optional_text,
        },
        search::{SessionFilter, TimeRange},
    },
    transport::grpc::{
        request::{parse_enum, parse_timestamp},
        response,
    },
};

/// Parses the field `filter`. Returns the tenant that it names, and a filter that covers sessions of every tenant.
pub(super) fn parse_filter_field(
    filter: Option<api::SessionFilter>,
) -> Result<(Option<TenantId>, SessionFilter), FieldViolations> {
    parse_session_filter(filter.unwrap_or_default()).map_err(|violations| violations.within("filter"))
}

fn parse_session_filter(filter: api::SessionFilter) -> Result<(Option<TenantId>, SessionFilter), FieldViolations> {
    let mut violations = FieldViolations::default();
    let mut take_text = |field, text, most| violations.check(optional_filter_text(field, text, most)).flatten();
    let device_id = take_text("device_id", filter.device_id, MAX_DEVICE_ID_BYTES);
    let auth_method = take_text("auth_method", filter.auth_method, MAX_AUTH_METHOD_BYTES);
    let user_agent = take_text("user_agent", filter.user_agent, MAX_USER_AGENT_PART_BYTES);
    let policy = take_text("policy", filter.policy, MAX_POLICY_NAME_BYTES);
    let tenant = violations.check(tenant(&filter.tenant_id)).flatten();
    let sessions = SessionFilter {
        tenants: None,
        user: violations.check(user(&filter.user_id)).flatten(),
        device_id,
        device_type: violations.check(device_type("device_type", filter.device_type)).flatten(),
        country: violations.check(country("country", &filter.country)).flatten(),
        ip: violations.check(ip_range("ip_range", &filter.ip_range)).flatten(),
        asn: (filter.asn != 0).then_some(filter.asn),
        auth_method,
        user_agent,
        policy,
        created: violations.check_all(parse_window("created", filter.created)).unwrap_or_default(),
        last_active: violations.check_all(parse_window("last_active", filter.last_active)).unwrap_or_default(),
    };
    violations.into_result()?;
    Ok((tenant, sessions))
}

/// Parses the tenant of a filter. An empty ID means every tenant, unlike in calls that act on a tenant.
pub(super) fn tenant(id: &str) -> Result<Option<TenantId>, FieldViolation> {
    if id.is_empty() { Ok(None) } else { TenantId::new(id).map(Some) }
}

pub(super) fn user(id: &str) -> Result<Option<UserId>, FieldViolation> {
    if id.is_empty() { Ok(None) } else { UserId::new(id).map(Some) }
}

pub(super) fn optional_filter_text(
    field: &'static str,
    text: String,
    most: usize,
) -> Result<Option<String>, FieldViolation> {
    check_optional_text(field, &text, most)?;
    Ok(Some(text).filter(|text| !text.is_empty()))
}

pub(super) fn country(field: &'static str, code: &str) -> Result<Option<String>, FieldViolation> {
    if code.is_empty() {
        return Ok(None);
    }
    // A code that stands for no country must not become "any country".
    let country = normalise(code).filter(|country| !country.is_empty());
    country.map(Some).ok_or_else(|| FieldViolation::new(field, "is not an ISO 3166-1 alpha-2 country code"))
}

pub(super) fn ip_range(field: &'static str, text: &str) -> Result<Option<IpRange>, FieldViolation> {
    if text.is_empty() { Ok(None) } else { IpRange::parse(field, text).map(Some) }
}

pub(in crate::transport::grpc) fn parse_window(
    field: &'static str,
    window: Option<api::TimeWindow>,
) -> Result<TimeRange, FieldViolations> {
    let Some(window) = window else { return Ok(TimeRange::default()) };
    let mut violations = FieldViolations::default();
    let start =
        violations.check(parse_timestamp("start", window.start).map_err(|violation| violation.within(field))).flatten();
    let end =
        violations.check(parse_timestamp("end", window.end).map_err(|violation| violation.within(field))).flatten();
    violations.into_result()?;
    match (start, end) {
        (None, None) => Err(FieldViolation::new(field, "has neither start nor end").into()),
        (Some(start), Some(end)) if start >= end => Err(FieldViolation::new(field, "must start before it ends").into()),
        (start, end) => Ok(TimeRange { start, end }),
    }
}

pub(super) fn end_reason(field: &'static str, number: i32) -> Result<Option<EndReason>, FieldViolation> {
    let wire = parse_enum::<api::EndReason>(field, number)?;
    Ok(EndReason::ALL.into_iter().find(|reason| response::end_reason(*reason) == wire))
}

fn device_type(field: &'static str, number: i32) -> Result<Option<DeviceType>, FieldViolation> {
    let wire = parse_enum::<api::DeviceType>(field, number)?;
    let mut known = DeviceType::ALL.into_iter().filter(|kind| *kind != DeviceType::Unknown);
    Ok(known.find(|kind| response::device_type(*kind) == wire))
}
