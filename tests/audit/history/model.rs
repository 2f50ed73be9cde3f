//! What every answer must be, worked out from the lives themselves.

use std::{collections::BTreeMap, time::Duration};

use session_authority::domain::{
    AuthEventKind, Device, DeviceType, EndReason, Event, EventKind, Location, Owner, Subject, TenantId, UnixMillis,
    UserId,
    event::Scope,
    search::{
        AuditEvent, AuditEventKind, End, EventSearch, SessionEntry, SessionSearch, SessionState, Stats, StatsPoint,
        StatsQuery, Tenants, Window,
        stats::{LISTED, QUANTILES},
    },
};

use super::lives::Life;

/// A failed login. They are not made by sessions.
#[derive(Clone)]
pub struct FailedLogin {
    pub owner: Owner,
    pub kind: AuthEventKind,
    pub at: UnixMillis,
}

#[derive(Clone, Default)]
pub struct Model {
    pub lives: Vec<Life>,
    /// Mass revocations.
    pub others: Vec<Event>,
    pub failed_logins: Vec<FailedLogin>,
}

impl Model {
    pub fn all_events(&self) -> impl Iterator<Item = &Event> {
        self.lives.iter().flat_map(|life| &life.events).chain(&self.others)
    }

    pub fn sessions(&self, search: &SessionSearch) -> Vec<SessionEntry> {
        let entries = self.lives.iter().map(entry);
        let mut found: Vec<_> = entries.filter(|entry| is_meant(search, entry)).collect();
        found.sort_by_key(|entry| std::cmp::Reverse((entry.created_at, entry.id.to_string())));
        found
    }

    /// Without the time of arrival.
    pub fn events(&self, search: &EventSearch) -> Vec<AuditEvent> {
        let events = self.all_events().map(audit_event);
        let mut found: Vec<_> = events.filter(|event| is_asked_for(search, event)).collect();
        found.sort_by_key(|event| std::cmp::Reverse((event.at, event.id)));
        found
    }

    pub fn stats(&self, query: &StatsQuery) -> Stats {
        let window = Window { start: Some(query.start), end: Some(query.end) };
        let of = |owner: &Owner| has(&query.tenants, Some(&owner.tenant)) && is(query.user.as_ref(), Some(&owner.user));
        let lives: Vec<_> = self.lives.iter().filter(|life| of(&life.session.owner)).collect();
        let live: Vec<_> = lives.iter().filter(|life| life.ended().is_none()).collect();
        let logins: Vec<_> = lives.iter().filter(|life| within(window, life.session.record.created_at)).collect();
        let ended = lives.iter().filter_map(|life| life.ended().map(|event| (life, event)));
        let endings: Vec<_> = ended.filter(|(_, event)| within(window, event.at)).collect();
        let failed: Vec<_> = self.failed_logins.iter().filter(|one| of(&one.owner) && within(window, one.at)).collect();
        let mut lasted: Vec<_> =
            endings.iter().map(|(life, event)| event.at.since(life.session.record.created_at)).collect();
        lasted.sort();
        Stats {
            active_sessions: live.len() as u64,
            active_users: tally(live.iter().map(|life| &life.session.owner)).len() as u64,
            logins: logins.len() as u64,
            endings: endings.len() as u64,
            failed_logins: failed.len() as u64,
            series: series(query, &lives, &failed),
            logins_by_country: listed(logins.iter().map(|life| life.session.record.location.country.clone())),
            logins_by_device_type: named(
                logins.iter().map(|life| life.session.record.device.kind.name()),
                DeviceType::from_name,
            ),
            logins_by_browser: listed(logins.iter().map(|life| life.session.record.device.browser.clone())),
            durations: QUANTILES.into_iter().filter_map(|share| Some((share, nearest_rank(&lasted, share)?))).collect(),
            endings_by_reason: named(endings.iter().map(|(_, event)| reason(event)), EndReason::from_name),
            failed_logins_by_kind: named(failed.iter().map(|one| one.kind.name()), AuthEventKind::from_name),
        }
    }
}

fn entry(life: &Life) -> SessionEntry {
    let session = &life.session;
    let record = session.record.clone();
    SessionEntry {
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
        end: life.ended().map(|event| End {
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
        kind: AuditEventKind::from_name(event.kind.family()).expect("a kind"),
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
        cause: event.cause.clone(),
    };
    match &event.subject {
        Subject::Scope(Scope::Everyone) => nothing,
        Subject::Scope(Scope::Tenant(tenant)) => AuditEvent { tenant: Some(tenant.clone()), ..nothing },
        Subject::Scope(Scope::User(owner)) => {
            AuditEvent { tenant: Some(owner.tenant.clone()), user: Some(owner.user.clone()), ..nothing }
        }
        Subject::Session(session) => {
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
        | EventKind::UserForgotten => "",
    }
}

fn is_meant(search: &SessionSearch, entry: &SessionEntry) -> bool {
    let SessionSearch { filter, state, end_reason } = search;
    let in_state = match state {
        None => true,
        Some(SessionState::Live) => entry.end.is_none(),
        Some(SessionState::Ended) => entry.end.is_some(),
    };
    in_state
        && is(end_reason.as_ref(), entry.end.as_ref().map(|end| &end.reason))
        && has(&filter.tenants, Some(&entry.owner.tenant))
        && is(filter.user.as_ref(), Some(&entry.owner.user))
        && is(filter.device_id.as_ref(), Some(&entry.device.id))
        && is(filter.device_type.as_ref(), Some(&entry.device.kind))
        && is(filter.country.as_ref(), Some(&entry.location.country))
        && filter.ip.is_none_or(|range| entry.location.ip.is_some_and(|ip| range.contains(ip)))
        && is(filter.asn.as_ref(), Some(&entry.location.asn))
        && filter.auth_method.as_ref().is_none_or(|method| entry.auth_methods.contains(method))
        && is(filter.policy.as_ref(), Some(&entry.policy))
        && within(filter.created, entry.created_at)
        && within(filter.last_active, entry.last_active)
}

fn is_asked_for(search: &EventSearch, event: &AuditEvent) -> bool {
    has(&search.tenants, event.tenant.as_ref())
        && is(search.user.as_ref(), event.user.as_ref())
        && is(search.session.as_ref(), event.session.as_ref())
        && (search.kinds.is_empty() || search.kinds.contains(&event.kind))
        && is(search.end_reason.as_ref(), event.end_reason.as_ref())
        && is(search.actor.as_ref(), Some(&event.cause.actor))
        && is(search.country.as_ref(), Some(&event.location.country))
        && search.ip.is_none_or(|range| event.location.ip.is_some_and(|ip| range.contains(ip)))
        && within(search.occurred, event.at)
}

fn is<T: PartialEq>(wanted: Option<&T>, actual: Option<&T>) -> bool {
    wanted.is_none() || wanted == actual
}

fn has(tenants: &Tenants, tenant: Option<&TenantId>) -> bool {
    tenants.as_ref().is_none_or(|tenants| tenant.is_some_and(|tenant| tenants.contains(tenant)))
}

fn within(window: Window, at: UnixMillis) -> bool {
    window.start.is_none_or(|start| at >= start) && window.end.is_none_or(|end| at < end)
}

fn series(query: &StatsQuery, lives: &[&Life], failed: &[&FailedLogin]) -> Vec<StatsPoint> {
    let mut points = Vec::new();
    let mut start = query.start;
    while start < query.end {
        let end = start.plus(query.step).min(query.end);
        let step = Window { start: Some(start), end: Some(end) };
        let count = |times: &mut dyn Iterator<Item = UnixMillis>| times.filter(|at| within(step, *at)).count() as u64;
        let was_live = |life: &&&Life| {
            life.session.record.created_at < start && life.ended().is_none_or(|event| event.at >= start)
        };
        points.push(StatsPoint {
            start,
            active_sessions: lives.iter().filter(was_live).count() as u64,
            logins: count(&mut lives.iter().map(|life| life.session.record.created_at)),
            endings: count(&mut lives.iter().filter_map(|life| Some(life.ended()?.at))),
            failed_logins: count(&mut failed.iter().map(|one| one.at)),
        });
        start = end;
    }
    points
}

/// The least that so large a share does not exceed.
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

/// Most first, of equals the lesser name first.
fn listed(names: impl Iterator<Item = String>) -> Vec<(String, u64)> {
    let mut counts: Vec<_> = tally(names).into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts.truncate(LISTED);
    counts
}

fn named<T>(names: impl Iterator<Item = &'static str>, known: fn(&str) -> Option<T>) -> Vec<(T, u64)> {
    let names = listed(names.map(str::to_owned));
    names.into_iter().map(|(name, count)| (known(&name).expect("a known name"), count)).collect()
}

/// An id as searches have it.
pub fn user(name: &str) -> UserId {
    UserId::new(name).expect("a user")
}

pub fn tenant(name: &str) -> TenantId {
    TenantId::new(name).expect("a tenant")
}
