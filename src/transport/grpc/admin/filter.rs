//! Filters, checked: with every wrong field named.

use crate::{
    api,
    domain::{
        DeviceType, EndReason, IpRange, TenantId, UserId, Violation, Violations,
        country::normalise,
        limits::{AUTH_METHOD_BYTES, DEVICE_ID_BYTES, POLICY_BYTES, optional_text},
        search::{SessionFilter, Window},
    },
    transport::grpc::{
        answer,
        request::{known, time},
    },
};

/// The sessions that the field `filter` means, of every tenant, and the tenant that it names.
pub(super) fn within_filter(
    filter: Option<api::SessionFilter>,
) -> Result<(Option<TenantId>, SessionFilter), Violations> {
    sessions(filter.unwrap_or_default()).map_err(|violations| violations.within("filter"))
}

fn sessions(filter: api::SessionFilter) -> Result<(Option<TenantId>, SessionFilter), Violations> {
    let mut violations = Violations::default();
    let mut take_text = |field, text, most| violations.take(stated(field, text, most)).flatten();
    let device_id = take_text("device_id", filter.device_id, DEVICE_ID_BYTES);
    let auth_method = take_text("auth_method", filter.auth_method, AUTH_METHOD_BYTES);
    let policy = take_text("policy", filter.policy, POLICY_BYTES);
    let tenant = violations.take(tenant(&filter.tenant_id)).flatten();
    let sessions = SessionFilter {
        tenants: None,
        user: violations.take(user(&filter.user_id)).flatten(),
        device_id,
        device_type: violations.take(device_type("device_type", filter.device_type)).flatten(),
        country: violations.take(country("country", &filter.country)).flatten(),
        ip: violations.take(ip_range("ip_range", &filter.ip_range)).flatten(),
        asn: (filter.asn != 0).then_some(filter.asn),
        auth_method,
        policy,
        created: violations.take_all(window("created", filter.created)).unwrap_or_default(),
        last_active: violations.take_all(window("last_active", filter.last_active)).unwrap_or_default(),
    };
    violations.into_result()?;
    Ok((tenant, sessions))
}

/// Empty: every tenant, other than where one is acted on.
pub(super) fn tenant(id: &str) -> Result<Option<TenantId>, Violation> {
    if id.is_empty() { Ok(None) } else { TenantId::new(id).map(Some) }
}

pub(super) fn user(id: &str) -> Result<Option<UserId>, Violation> {
    if id.is_empty() { Ok(None) } else { UserId::new(id).map(Some) }
}

pub(super) fn stated(field: &'static str, text: String, most: usize) -> Result<Option<String>, Violation> {
    optional_text(field, &text, most)?;
    Ok(Some(text).filter(|text| !text.is_empty()))
}

pub(super) fn country(field: &'static str, code: &str) -> Result<Option<String>, Violation> {
    if code.is_empty() {
        return Ok(None);
    }
    // A code that names no country must not become "any country".
    let country = normalise(code).filter(|country| !country.is_empty());
    country.map(Some).ok_or_else(|| Violation::new(field, "is not the code of a country (ISO 3166-1 alpha-2)"))
}

pub(super) fn ip_range(field: &'static str, text: &str) -> Result<Option<IpRange>, Violation> {
    if text.is_empty() { Ok(None) } else { IpRange::parse(field, text).map(Some) }
}

pub(super) fn window(field: &'static str, window: Option<api::TimeWindow>) -> Result<Window, Violations> {
    let Some(window) = window else { return Ok(Window::default()) };
    let mut violations = Violations::default();
    let start = violations.take(time("start", window.start).map_err(|violation| violation.within(field))).flatten();
    let end = violations.take(time("end", window.end).map_err(|violation| violation.within(field))).flatten();
    violations.into_result()?;
    match (start, end) {
        (None, None) => Err(Violation::new(field, "has neither start nor end").into()),
        (Some(start), Some(end)) if start >= end => Err(Violation::new(field, "does not start before it ends").into()),
        (start, end) => Ok(Window { start, end }),
    }
}

pub(super) fn end_reason(field: &'static str, number: i32) -> Result<Option<EndReason>, Violation> {
    let wire = known::<api::EndReason>(field, number)?;
    Ok(EndReason::ALL.into_iter().find(|reason| answer::end_reason(*reason) == wire))
}

fn device_type(field: &'static str, number: i32) -> Result<Option<DeviceType>, Violation> {
    let wire = known::<api::DeviceType>(field, number)?;
    let mut known = DeviceType::ALL.into_iter().filter(|kind| *kind != DeviceType::Unknown);
    Ok(known.find(|kind| answer::device_type(*kind) == wire))
}
