//! The expected result of every query, computed from the sessions themselves.

use std::{collections::BTreeMap, time::Duration};

use session_authority::domain::{
    AuthEventKind, AuthFailure, Device, DeviceType, EndReason, Event, EventKind, EventSubject, Location, Owner,
    TenantId, UnixMillis, UserId,
    alert::Severity,
    event::RevocationScope,
    search::{
        AuditEvent, AuditEventKind, AuditedEnding, AuditedSession, EventSearch, SessionSearch, SessionState,
        SessionStats, StatsPoint, StatsQuery, TenantFilter, TimeRange,
        stats::{MAX_LISTED_NAMES, QUANTILES},
    },
};

use super::sample_sessions::SampleSession;

/// A failed login, which is not an event of a session.
#[derive(Clone)]
pub struct SampleFailedLogin {
    pub owner: Owner,
    pub kind: AuthEventKind,
    pub at: UnixMillis,
}

/// An alert in the archive.
#[derive(Clone)]
pub struct SampleAlert {
    pub tenant: TenantId,
    pub user: Option<UserId>,
    pub rule: &'static str,
    pub severity: Severity,
    pub at: UnixMillis,
    /// Whether another alert was answered, and this one says so.
    pub is_answer: bool,
}

#[derive(Clone, Default)]
pub struct HistoryModel {
    pub sessions: Vec<SampleSession>,
    /// Mass revocations and a denial of JWTs.
    pub events_without_session: Vec<Event>,
    pub failed_logins: Vec<SampleFailedLogin>,
    pub alerts: Vec<SampleAlert>,
}

impl HistoryModel {
    pub fn all_events(&self) -> impl Iterator<Item = &Event> {
        self.sessions.iter().flat_map(|life| &life.events).chain(&self.events_without_session)
    }

    pub fn sessions(&self, search: &SessionSearch) -> Vec<AuditedSession> {
        let entries = self.sessions.iter().map(entry);
        let mut found: Vec<_> = entries.filter(|entry| matches_session(search, entry)).collect();
        found.sort_by_key(|entry| std::cmp::Reverse((entry.created_at, entry.id.to_string())));
        found
    }

    /// Returns the events without the time of arrival.
    pub fn events(&self, search: &EventSearch) -> Vec<AuditEvent> {
        let events = self.all_events().map(audit_event);
        let mut found: Vec<_> = events.filter(|event| matches_event(search, event)).collect();
        found.sort_by_key(|event| std::cmp::Reverse((event.at, event.id)));
        found
    }

    fn count_denials(&self, query: &StatsQuery) -> u64 {
        let window = TimeRange { start: Some(query.start), end: Some(query.end) };
        let denials = self.events_without_session.iter().filter(|event| match &event.subject {
            EventSubject::DeniedJwts { tenant, .. } => {
                includes_tenant(&query.tenants, Some(tenant)) && query.user.is_none() && within(window, event.at)
            }
            _ => false,
        });
        denials.count() as u64
    }

    pub fn stats(&self, query: &StatsQuery) -> SessionStats {
        let window = TimeRange { start: Some(query.start), end: Some(query.end) };
        let of = |owner: &Owner| {
            includes_tenant(&query.tenants, Some(&owner.tenant))
                && is_wanted_value(query.user.as_ref(), Some(&owner.user))
        };
        let lives: Vec<_> = self.sessions.iter().filter(|life| of(&life.session.owner)).collect();
        let live: Vec<_> = lives.iter().filter(|life| life.ended().is_none()).collect();
        let logins: Vec<_> = lives.iter().filter(|life| within(window, life.session.record.created_at)).collect();
        let ended = lives.iter().filter_map(|life| life.ended().map(|event| (life, event)));
        let endings: Vec<_> = ended.filter(|(_, event)| within(window, event.at)).collect();
        let failed: Vec<_> = self.failed_logins.iter().filter(|one| of(&one.owner) && within(window, one.at)).collect();
        let mut lasted: Vec<_> =
            endings.iter().map(|(life, event)| event.at.since(life.session.record.created_at)).collect();
        lasted.sort();
        let alerts = self.alerts.iter().filter(|alert| {
            includes_tenant(&query.tenants, Some(&alert.tenant))
                && (query.user.is_none() || query.user == alert.user)
                && within(window, alert.at)
                && !alert.is_answer
        });
        let alerts: Vec<_> = alerts.collect();
        let severities = Severity::ALL
            .into_iter()
            .rev()
            .map(|severity| (severity, alerts.iter().filter(|alert| alert.severity == severity).count() as u64));
        SessionStats {
            active_sessions: live.len() as u64,
            active_users: tally(live.iter().map(|life| &life.session.owner)).len() as u64,
            logins: logins.len() as u64,
            endings: endings.len() as u64,
            failed_logins: failed.len() as u64,
            refused_call_events: 0,
            token_denials: self.count_denials(query),
            series: series(query, &lives, &failed, &alerts),
            logins_by_country: top_counts(logins.iter().map(|life| life.session.record.location.country.clone())),
            logins_by_device_type: top_counts_by_name(
                logins.iter().map(|life| life.session.record.device.kind.name()),
                DeviceType::from_name,
            ),
            logins_by_browser: top_counts(logins.iter().map(|life| life.session.record.device.browser.clone())),
            durations: QUANTILES.into_iter().filter_map(|share| Some((share, nearest_rank(&lasted, share)?))).collect(),
            endings_by_reason: top_counts_by_name(endings.iter().map(|(_, event)| reason(event)), EndReason::from_name),
            failed_logins_by_kind: top_counts_by_name(
                failed.iter().map(|one| one.kind.name()),
                AuthEventKind::from_name,
            ),
            alerts: alerts.len() as u64,
            alerts_by_severity: severities.filter(|(_, count)| *count > 0).collect(),
            alerts_by_rule: top_counts(alerts.iter().map(|alert| alert.rule.to_owned())),
        }
    }
}

fn entry(life: &SampleSession) -> AuditedSession {
    let session = &life.session;
    let record = session.record.clone();
    AuditedSession {
        last_seen: None,
        id: session.id,
        owner: session.owner.clone(),
        revision: record.revision,
        email: record.email,
        roles: record.roles,
        policy: record.policy,
        remembered: record.remembered,
        created_at: record.created_at,
        authenticated_at: record.authenticated_at,
        auth_methods: record.auth_methods,
        assurance_level: record.assurance_level,
        last_active: session.clock.last_active,
        idle_timeout: session.clock.idle_timeout,
        expires_at: session.clock.expires_at,
        device: record.device,
        location: record.location,
        end: life.ended().map(|event| AuditedEnding {
            at: event.at,
            reason: EndReason::from_name(reason(event)).expect("a reason"),
            stated_reason: event.cause.reason.clone(),
            actor: event.cause.actor.clone(),
        }),
    }
}

fn audit_event(event: &Event) -> AuditEvent {
    let nothing = AuditEvent {
        id: event.id,
        kind: AuditEventKind::from_name(event.kind.name()).expect("a kind"),
        at: event.at,
        recorded_at: UnixMillis::default(),
        tenant: None,
        user: None,
        session: None,
        end_reason: EndReason::from_name(reason(event)),
        auth_event_kind: None,
        device: Device::default(),
        location: Location::default(),
        policy: String::new(),
        auth_methods: Vec::new(),
        assurance_level: 0,
        revision: 0,
        denied_jwts: Vec::new(),
        acknowledged: None,
        webhook: None,
        cause: event.cause.clone(),
    };
    match &event.subject {
        EventSubject::Scope(RevocationScope::Everyone) => nothing,
        EventSubject::Scope(RevocationScope::Tenant(tenant)) => AuditEvent { tenant: Some(tenant.clone()), ..nothing },
        EventSubject::Scope(RevocationScope::User(owner)) => {
            AuditEvent { tenant: Some(owner.tenant.clone()), user: Some(owner.user.clone()), ..nothing }
        }
        EventSubject::DeniedJwts { tenant, jwts } => {
            let denied_jwts = jwts.iter().map(ToString::to_string).collect();
            AuditEvent { tenant: Some(tenant.clone()), denied_jwts, ..nothing }
        }
        EventSubject::Acknowledgement { owner, session, acknowledged } => AuditEvent {
            tenant: Some(owner.tenant.clone()),
            user: Some(owner.user.clone()),
            session: *session,
            acknowledged: Some(*acknowledged),
            ..nothing
        },
        EventSubject::AuthFailure(failure) => {
            let AuthFailure { owner, kind, method, location, device, .. } = *failure.clone();
            AuditEvent {
                tenant: Some(owner.tenant),
                user: Some(owner.user),
                auth_event_kind: Some(kind),
                device: Device { user_agent: String::new(), ..device },
                location: Location { position: None, ..location },
                auth_methods: if method.is_empty() { Vec::new() } else { vec![method] },
                ..nothing
            }
        }
        EventSubject::Session(session) => {
            let record = session.record.clone();
            AuditEvent {
                tenant: Some(session.owner.tenant.clone()),
                user: Some(session.owner.user.clone()),
                session: Some(session.id),
                device: Device { user_agent: String::new(), ..record.device },
                location: Location { position: None, ..record.location },
                policy: record.policy,
                auth_methods: record.auth_methods,
                assurance_level: record.assurance_level,
                revision: record.revision,
                ..nothing
            }
        }
    }
}

fn reason(event: &Event) -> &'static str {
    match event.kind {
        EventKind::Ended(reason) => reason.name(),
        EventKind::Created
        | EventKind::Updated
        | EventKind::Rotated
        | EventKind::RevokedAll
        | EventKind::UserForgotten
        | EventKind::TokensDenied
        | EventKind::AuthFailed(_)
        | EventKind::AlertAcknowledged => "",
    }
}

fn contains_ignoring_case(text: &str, part: &str) -> bool {
    text.to_ascii_lowercase().contains(&part.to_ascii_lowercase())
}

fn matches_session(search: &SessionSearch, entry: &AuditedSession) -> bool {
    let SessionSearch { filter, state, end_reason } = search;
    let in_state = match state {
        None => true,
        Some(SessionState::Live) => entry.end.is_none(),
        Some(SessionState::Ended) => entry.end.is_some(),
    };
    in_state
        && is_wanted_value(end_reason.as_ref(), entry.end.as_ref().map(|end| &end.reason))
        && includes_tenant(&filter.tenants, Some(&entry.owner.tenant))
        && is_wanted_value(filter.user.as_ref(), Some(&entry.owner.user))
        && is_wanted_value(filter.device_id.as_ref(), Some(&entry.device.id))
        && is_wanted_value(filter.device_type.as_ref(), Some(&entry.device.kind))
        && is_wanted_value(filter.country.as_ref(), Some(&entry.location.country))
        && filter.ip.is_none_or(|range| entry.location.ip.is_some_and(|ip| range.contains(ip)))
        && is_wanted_value(filter.asn.as_ref(), Some(&entry.location.asn))
        && filter.auth_method.as_ref().is_none_or(|method| entry.auth_methods.contains(method))
        && filter.user_agent.as_ref().is_none_or(|part| contains_ignoring_case(&entry.device.user_agent, part))
        && is_wanted_value(filter.policy.as_ref(), Some(&entry.policy))
        && within(filter.created, entry.created_at)
        && within(filter.last_active, entry.last_active)
}

fn matches_event(search: &EventSearch, event: &AuditEvent) -> bool {
    includes_tenant(&search.tenants, event.tenant.as_ref())
        && is_wanted_value(search.user.as_ref(), event.user.as_ref())
        && is_wanted_value(search.session.as_ref(), event.session.as_ref())
        && (search.kinds.is_empty() || search.kinds.contains(&event.kind))
        && is_wanted_value(search.end_reason.as_ref(), event.end_reason.as_ref())
        && is_wanted_value(search.actor.as_ref(), Some(&event.cause.actor))
        && is_wanted_value(search.country.as_ref(), Some(&event.location.country))
        && search.ip.is_none_or(|range| event.location.ip.is_some_and(|ip| range.contains(ip)))
        && within(search.occurred, event.at)
}

fn is_wanted_value<T: PartialEq>(wanted: Option<&T>, actual: Option<&T>) -> bool {
    wanted.is_none() || wanted == actual
}

fn includes_tenant(tenants: &TenantFilter, tenant: Option<&TenantId>) -> bool {
    tenants.as_ref().is_none_or(|tenants| tenant.is_some_and(|tenant| tenants.contains(tenant)))
}

fn within(window: TimeRange, at: UnixMillis) -> bool {
    window.start.is_none_or(|start| at >= start) && window.end.is_none_or(|end| at < end)
}

fn series(
    query: &StatsQuery,
    lives: &[&SampleSession],
    failed: &[&SampleFailedLogin],
    alerts: &[&SampleAlert],
) -> Vec<StatsPoint> {
    let mut points = Vec::new();
    let mut start = query.start;
    while start < query.end {
        let end = start.plus(query.step).min(query.end);
        let step = TimeRange { start: Some(start), end: Some(end) };
        let count = |times: &mut dyn Iterator<Item = UnixMillis>| times.filter(|at| within(step, *at)).count() as u64;
        let was_live = |life: &&&SampleSession| {
            life.session.record.created_at < start && life.ended().is_none_or(|event| event.at >= start)
        };
        points.push(StatsPoint {
            start,
            active_sessions: lives.iter().filter(was_live).count() as u64,
            logins: count(&mut lives.iter().map(|life| life.session.record.created_at)),
            endings: count(&mut lives.iter().filter_map(|life| Some(life.ended()?.at))),
            failed_logins: count(&mut failed.iter().map(|one| one.at)),
            alerts: count(&mut alerts.iter().map(|alert| alert.at)),
            severe_alerts: count(
                &mut alerts.iter().filter(|alert| alert.severity >= Severity::High).map(|alert| alert.at),
            ),
        });
        start = end;
    }
    points
}

/// Returns the smallest value that at least `share` of the values do not exceed.
fn nearest_rank(sorted: &[Duration], share: f64) -> Option<Duration> {
    sorted.iter().enumerate().find_map(|(index, value)| {
        let reached = f64::from(u32::try_from(index + 1).ok()?) / f64::from(u32::try_from(sorted.len()).ok()?);
        (reached >= share).then_some(*value)
    })
}

fn tally<K: Ord>(keys: impl Iterator<Item = K>) -> BTreeMap<K, u64> {
    keys.fold(BTreeMap::new(), |mut counts, key| {
        *counts.entry(key).or_default() += 1;
        counts
    })
}

/// Returns names with their counts, the most frequent first, equal counts in order of name.
fn top_counts(names: impl Iterator<Item = String>) -> Vec<(String, u64)> {
    let mut counts: Vec<_> = tally(names).into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts.truncate(MAX_LISTED_NAMES);
    counts
}

fn top_counts_by_name<T>(names: impl Iterator<Item = &'static str>, known: fn(&str) -> Option<T>) -> Vec<(T, u64)> {
    let names = top_counts(names.map(str::to_owned));
    names.into_iter().map(|(name, count)| (known(&name).expect("a known name"), count)).collect()
}

/// Returns a user ID in the form of searches.
pub fn user(name: &str) -> UserId {
    UserId::new(name).expect("a user")
}

pub fn tenant(name: &str) -> TenantId {
    TenantId::new(name).expect("a tenant")
}
