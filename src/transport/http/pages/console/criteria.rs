//! Criteria of sessions in forms.

use super::super::browser_request::FormFields;
use crate::{
    api,
    domain::UnixMillis,
    transport::{grpc::timestamp, http::pages::PageFailure},
    web::console::SessionCriteria,
};

/// Returns the criteria in a query or a form, as they were entered.
pub(super) fn read_criteria(fields: &FormFields) -> SessionCriteria {
    let text = |name| fields.get(name).to_owned();
    SessionCriteria {
        tenant: text("tenant"),
        user: text("user"),
        device_id: text("device_id"),
        device_type: text("device_type"),
        country: text("country").to_uppercase(),
        ip_range: text("ip_range"),
        auth_method: text("auth_method"),
        user_agent: text("user_agent"),
        policy: text("policy"),
        created_since: text("created_since"),
        created_until: text("created_until"),
        inactive_since: text("inactive_since"),
        state: text("state"),
        end_reason: text("end_reason"),
    }
}

/// Returns the filter of these criteria.
pub(super) fn session_filter(search: &SessionCriteria) -> Result<api::SessionFilter, PageFailure> {
    Ok(api::SessionFilter {
        tenant_id: search.tenant.clone(),
        user_id: search.user.clone(),
        device_id: search.device_id.clone(),
        device_type: enum_value::<api::DeviceType>("DEVICE_TYPE_", &search.device_type)?,
        country: search.country.clone(),
        ip_range: search.ip_range.clone(),
        asn: 0,
        auth_method: search.auth_method.clone(),
        user_agent: search.user_agent.clone(),
        policy: search.policy.clone(),
        created: window(&search.created_since, &search.created_until)?,
        last_active: window("", &search.inactive_since)?,
    })
}

/// An enum of the contract whose values have names.
pub(super) trait NamedEnum: Into<i32> {
    fn from_name(name: &str) -> Option<Self>;
}

macro_rules! named_enum {
    ($($kind:ty),*) => {
        $(impl NamedEnum for $kind {
            fn from_name(name: &str) -> Option<Self> {
                Self::from_str_name(name)
            }
        })*
    };
}

named_enum!(api::DeviceType, api::SessionState, api::EndReason, api::AuditEventKind, api::Severity, api::AlertState);

/// Returns the number of an enum value that is named without its prefix; 0 if none is named.
pub(super) fn enum_value<E: NamedEnum>(prefix: &str, name: &str) -> Result<i32, PageFailure> {
    if name.is_empty() {
        return Ok(0);
    }
    let value = E::from_name(&format!("{prefix}{name}")).map(Into::into);
    value.ok_or_else(|| PageFailure::Invalid("A choice in the form is unknown.".to_owned()))
}

/// Returns the window between two entered times; `None` if neither is set.
pub(super) fn window(start: &str, end: &str) -> Result<Option<api::TimeWindow>, PageFailure> {
    if start.is_empty() && end.is_empty() {
        return Ok(None);
    }
    Ok(Some(api::TimeWindow { start: entered_time(start)?, end: entered_time(end)? }))
}

/// Parses a date and time in UTC, as the field of a form has it: `2026-11-30T16:45`, with seconds or without.
fn entered_time(text: &str) -> Result<Option<prost_types::Timestamp>, PageFailure> {
    if text.is_empty() {
        return Ok(None);
    }
    let complete = if text.len() == 16 { format!("{text}:00Z") } else { format!("{text}Z") };
    let parsed = time::OffsetDateTime::parse(&complete, &time::format_description::well_known::Rfc3339).ok();
    let millis =
        parsed.and_then(|at| u64::try_from(at.unix_timestamp()).ok()).map(|seconds| seconds.saturating_mul(1000));
    let time = millis.map(|millis| timestamp(UnixMillis::new(millis)));
    time.map(Some).ok_or_else(|| PageFailure::Invalid("A date in the form is not valid.".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_in_utc_with_seconds_or_without() {
        let seconds = |text| entered_time(text).ok().flatten().map(|at| at.seconds);
        assert_eq!(seconds("2023-11-14T22:13"), Some(1_699_999_980));
        assert_eq!(seconds("2023-11-14T22:13:20"), Some(1_700_000_000));
        assert!(matches!(entered_time(""), Ok(None)));
        for wrong in ["2023-11-14", "yesterday", "2023-13-14T22:13", "1800-01-01T00:00"] {
            assert!(entered_time(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn choices_are_names_of_the_contract() {
        assert_eq!(enum_value::<api::EndReason>("END_REASON_", "EVICTED").ok(), Some(3));
        assert_eq!(enum_value::<api::EndReason>("END_REASON_", "").ok(), Some(0));
        assert!(enum_value::<api::EndReason>("END_REASON_", "evicted").is_err());
    }
}
