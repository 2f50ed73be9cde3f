//! Every search criterion, alone and in pairs.

use std::time::Duration;

use session_authority::domain::{
    DeviceType, EndReason, IpRange,
    search::{AuditEventKind, EventSearch, SessionSearch, SessionState, TimeRange},
};

use super::{
    model::{tenant, user},
    sample_sessions::{SampleSession, made_at},
};

pub type NamedCriterion<S> = (&'static str, fn(&mut S));

pub const SESSIONS: &[NamedCriterion<SessionSearch>] = &[
    ("of a tenant", |search| search.filter.tenants = Some(vec![tenant("acme")])),
    ("of two tenants", |search| search.filter.tenants = Some(vec![tenant("acme"), tenant("initech")])),
    ("of no tenant", |search| search.filter.tenants = Some(Vec::new())),
    ("of a user", |search| search.filter.user = Some(user("user-3"))),
    ("of an unknown user", |search| search.filter.user = Some(user("user-99"))),
    ("on a device", |search| search.filter.device_id = Some("laptop".to_owned())),
    ("on a telephone", |search| search.filter.device_type = Some(DeviceType::Mobile)),
    ("from a country", |search| search.filter.country = Some("GB".to_owned())),
    ("from an address", |search| search.filter.ip = range("192.0.2.7")),
    ("from a network", |search| search.filter.ip = range("192.0.2.0/24")),
    ("from IPv4", |search| search.filter.ip = range("0.0.0.0/0")),
    ("from a network of IPv6", |search| search.filter.ip = range("2001:db8::/47")),
    ("through an autonomous system", |search| search.filter.asn = Some(64_501)),
    ("by a method", |search| search.filter.auth_method = Some("otp".to_owned())),
    ("with a user agent", |search| search.filter.user_agent = Some("iPHONE".to_owned())),
    ("with another user agent", |search| search.filter.user_agent = Some("%".to_owned())),
    ("under a policy", |search| search.filter.policy = Some("strict".to_owned())),
    ("made since", |search| search.filter.created.start = Some(made_at(30))),
    ("made before", |search| search.filter.created.end = Some(made_at(90))),
    ("made between", |search| search.filter.created = between(40, 60)),
    ("active since", |search| search.filter.last_active.start = Some(made_at(33))),
    ("active before", |search| search.filter.last_active.end = Some(made_at(81))),
    ("live", |search| search.state = Some(SessionState::Live)),
    ("ended", |search| search.state = Some(SessionState::Ended)),
    ("evicted", |search| search.end_reason = Some(EndReason::Evicted)),
];

pub const EVENTS: &[NamedCriterion<EventSearch>] = &[
    ("of a tenant", |search| search.tenants = Some(vec![tenant("acme")])),
    ("of two tenants", |search| search.tenants = Some(vec![tenant("acme"), tenant("initech")])),
    ("of no tenant", |search| search.tenants = Some(Vec::new())),
    ("of a user", |search| search.user = Some(user("user-3"))),
    ("of a session", |search| search.session = Some(SampleSession::new(60).session.id)),
    ("of a kind", |search| search.kinds = vec![AuditEventKind::Ended]),
    ("of two kinds", |search| search.kinds = vec![AuditEventKind::Updated, AuditEventKind::RevokedAll]),
    ("of answers to alerts", |search| search.kinds = vec![AuditEventKind::AlertAcknowledged]),
    ("of denials", |search| search.kinds = vec![AuditEventKind::TokensDenied]),
    ("of a kind without events", |search| search.kinds = vec![AuditEventKind::UserForgotten]),
    ("for a reason", |search| search.end_reason = Some(EndReason::Expired)),
    ("by an actor", |search| search.actor = Some("admin:eve".to_owned())),
    ("from a country", |search| search.country = Some("BR".to_owned())),
    ("from an address", |search| search.ip = range("2001:db8::1")),
    ("from a network", |search| search.ip = range("192.0.2.128/25")),
    ("since", |search| search.occurred.start = Some(made_at(30))),
    ("before", |search| search.occurred.end = Some(made_at(90))),
    ("between", |search| search.occurred = between(40, 60)),
];

/// Builds a search that all of `criteria` must match. Of two criteria about the same field, the last one counts.
pub fn build_search<S: Default>(criteria: &[&NamedCriterion<S>]) -> S {
    let mut search = S::default();
    for (_, narrow) in criteria {
        narrow(&mut search);
    }
    search
}

/// Returns the empty set, each criterion alone, and each pair.
pub fn alone_and_in_pairs<S>(criteria: &[NamedCriterion<S>]) -> Vec<Vec<&NamedCriterion<S>>> {
    let mut all = vec![Vec::new()];
    for (index, one) in criteria.iter().enumerate() {
        all.push(vec![one]);
        all.extend(criteria[index + 1..].iter().map(|other| vec![one, other]));
    }
    all
}

pub fn names<S>(criteria: &[&NamedCriterion<S>]) -> String {
    criteria.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

fn range(text: &str) -> Option<IpRange> {
    IpRange::parse("ip_range", text).ok()
}

fn between(first: u64, last: u64) -> TimeRange {
    TimeRange { start: Some(made_at(first)), end: Some(made_at(last).plus(Duration::from_millis(1))) }
}
