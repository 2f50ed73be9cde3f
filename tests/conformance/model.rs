//! The contract of `SessionStore` as plain maps: slow, obvious, and written from the contract alone.
//!
//! The contract leaves open when a session whose time is up is ended: any operation that encounters it may do so. The
//! model therefore does not predict these ends but accepts them, each once and with the right reason, time and cause.
//! [`StoreModel::unreported_ends`] returns those that have not been reported yet.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use session_authority::domain::event::RevocationScope;
use session_authority::domain::{
    Cause, EndReason, Event, EventId, EventKind, EventSubject, LimitAction, Liveness, LostAnswer, Owner, Record,
    Rotation, SecretHash, Session, SessionEnding, SessionId, UnixMillis, UserHandle, limits,
};
use session_authority::store::{
    CreateOutcome, MassRevocation, OperationKey, PresentationOutcome, RequestKey, RevocationTarget, SessionCreation,
    SessionRevocation, SessionUpdate, TokenPresentation, TokenRotation, Touch, UpdateOutcome, UserErasure,
    UserRevocation,
};

/// Reason, time and cause of the end of a session.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelEnd {
    pub reason: EndReason,
    pub at: UnixMillis,
    pub cause: Cause,
}

/// A session whose end has not been reported yet.
#[derive(Clone, Debug)]
struct ModelSession {
    session: Session,
    /// The latest mass revocation since it was created.
    mass_revoked: Option<ModelEnd>,
    /// Every token that it has had, the current one last.
    tokens: Vec<SecretHash>,
}

#[derive(Clone, Debug, Default)]
struct ModelUser {
    sessions: BTreeMap<SessionId, ModelSession>,
    ended: BTreeMap<SessionId, ModelEnd>,
    floor: Option<UnixMillis>,
    requests: Vec<(UnixMillis, RequestKey, SessionId)>,
    operations: Vec<(UnixMillis, OperationKey, BTreeSet<SessionId>)>,
}

#[derive(Clone, Debug, Default)]
pub struct StoreModel {
    users: BTreeMap<UserHandle, ModelUser>,
    mass_operations: BTreeSet<OperationKey>,
    mass_revocations: Vec<(RevocationScope, UnixMillis)>,
}

impl ModelSession {
    /// Returns the end of the session. A mass-revoked session has ended; one that had timed out before keeps its own
    /// reason.
    fn end_at(&self, now: UnixMillis) -> Option<ModelEnd> {
        let decided_at = self.mass_revoked.as_ref().map_or(now, |end| end.at.min(now));
        match (self.session.clock.liveness(decided_at), &self.mass_revoked) {
            (Liveness::Ended { reason, at }, _) => Some(ModelEnd { reason, at, cause: Cause::from_service("timeout") }),
            (Liveness::Live, Some(end)) => Some(end.clone()),
            (Liveness::Live, None) => None,
        }
    }

    /// Applies a touch, which counts if the session had not timed out at its time.
    fn touch_at(&mut self, at: UnixMillis) -> bool {
        let clock = &mut self.session.clock;
        let live = clock.liveness(at) == Liveness::Live;
        if live {
            clock.last_active = clock.last_active.max(at);
        }
        live
    }
}

impl ModelUser {
    fn apply_touches(&mut self, touches: &[Touch]) {
        for touch in touches {
            if let Some(kept) = self.sessions.get_mut(&touch.session_id) {
                kept.touch_at(touch.at);
            }
        }
    }

    /// Returns the active sessions, the least recently active first, by ID among equals.
    fn live(&self, now: UnixMillis) -> Vec<Session> {
        let live = self.sessions.values().filter(|kept| kept.end_at(now).is_none());
        let mut live: Vec<_> = live.map(|kept| kept.session.clone()).collect();
        live.sort_by_key(|session| (session.clock.last_active, session.id));
        live
    }

    /// Ends a session and reports it.
    fn end(&mut self, id: SessionId, end: ModelEnd, events: &mut Vec<Event>) {
        if let Some(kept) = self.sessions.remove(&id) {
            events.push(session_event(EventKind::Ended(end.reason), kept.session, end.at, &end.cause));
            self.ended.insert(id, end);
        }
    }
}

/// Returns the event of a change to a session.
fn session_event(kind: EventKind, session: Session, at: UnixMillis, cause: &Cause) -> Event {
    let id = EventId::from_session(kind, session.id, session.record.revision);
    Event { id, kind, at, subject: EventSubject::Session(Box::new(session)), cause: cause.clone() }
}

fn is_in_scope(scope: &RevocationScope, owner: &Owner) -> bool {
    match scope {
        RevocationScope::Everyone => true,
        RevocationScope::Tenant(tenant) => owner.tenant == *tenant,
        RevocationScope::User(_) => false,
    }
}

fn is_remembered(since: UnixMillis, now: UnixMillis) -> bool {
    now.since(since) <= limits::REQUEST_ID_RETENTION
}

impl StoreModel {
    /// Returns the outcome of the creation and its events. Ended sessions come in order: the replaced one, then the
    /// evicted ones.
    pub fn create(&mut self, creation: &SessionCreation) -> (CreateOutcome, Vec<Event>) {
        let SessionCreation { now, session, cause, .. } = creation.clone();
        let mass_floor = self.mass_floor(&session.owner);
        let before = self.users.entry(session.id.handle).or_default();
        let mut user = before.clone();
        user.apply_touches(&creation.touches);
        let live = user.live(now);
        let nothing = |outcome| (outcome, Vec::new());

        if let Some(request) = creation.request {
            let known = |(at, key, _): &&(UnixMillis, RequestKey, _)| key.id == request.id && is_remembered(*at, now);
            if let Some((_, key, id)) = user.requests.iter().rfind(known) {
                return nothing(match live.into_iter().find(|session| session.id == *id) {
                    _ if key.body != request.body => CreateOutcome::RequestIdReused,
                    Some(session) => CreateOutcome::Repeated { session: Box::new(session), request: *key },
                    None => CreateOutcome::RepeatedEnded,
                });
            }
        }
        let floor = user.floor.max(mass_floor);
        let is_before = |floor: &UnixMillis| creation.authenticated_at.is_some_and(|at| at <= (*floor).min(now));
        if let Some(floor) = floor.filter(is_before) {
            return nothing(CreateOutcome::AuthenticatedBeforeRevocation { floor: floor.min(now) });
        }
        let same_device = |other: &Session| {
            session.record.device.named_by_caller && other.record.device.id == session.record.device.id
        };
        let (replaced, staying): (Vec<_>, Vec<_>) = live.into_iter().partition(same_device);
        let limit = usize::from(creation.limit);
        if staying.len() >= limit && creation.on_limit == LimitAction::Refuse {
            let live = u32::try_from(staying.len()).expect("a small number");
            return nothing(CreateOutcome::LimitReached { live });
        }

        let excess = (staying.len() + 1).saturating_sub(limit);
        let giving_way = replaced.into_iter().map(|session| (session, EndReason::Replaced));
        let giving_way =
            giving_way.chain(staying.into_iter().take(excess).map(|session| (session, EndReason::Evicted)));
        let (mut ended, mut events) = (Vec::new(), Vec::new());
        for (other, reason) in giving_way {
            let end = ModelEnd { reason, at: now, cause: cause.clone() };
            let device_name = other.record.device.name;
            ended.push(SessionEnding { session_id: other.id, reason, at: now, device_name });
            user.end(other.id, end, &mut events);
        }
        if let Some(key) = creation.request {
            user.requests.push((now, key, session.id));
        }
        let mut session = session;
        let created_at = floor.map_or(now, |floor| now.max(floor.plus(Duration::from_millis(1))));
        session.record.set_start(created_at);
        session.clock.last_active = session.clock.last_active.max(created_at);
        let tokens = vec![session.record.secret];
        user.sessions.insert(session.id, ModelSession { session: session.clone(), mass_revoked: None, tokens });
        events.push(session_event(EventKind::Created, session.clone(), created_at, &cause));
        *before = user;
        (CreateOutcome::Created { session: Box::new(session), ended, alerts: Vec::new() }, events)
    }

    pub fn touch(&mut self, touches: &[Touch]) -> Vec<Option<UnixMillis>> {
        let one = |touch: &Touch| {
            let kept = self.users.get_mut(&touch.session_id.handle)?.sessions.get_mut(&touch.session_id)?;
            kept.touch_at(touch.at).then_some(kept.session.clock.last_active)
        };
        touches.iter().map(one).collect()
    }

    /// Returns the active sessions, the most recently active first.
    pub fn list(&mut self, handle: UserHandle, touches: &[Touch], now: UnixMillis) -> Vec<Session> {
        let user = self.users.entry(handle).or_default();
        user.apply_touches(touches);
        user.live(now).into_iter().rev().collect()
    }

    pub fn update(&mut self, update: &SessionUpdate) -> (UpdateOutcome, Vec<Event>) {
        let SessionUpdate { now, session, expected_revision, cause, .. } = update;
        let user = self.users.entry(session.id.handle).or_default();
        let live = user.sessions.get_mut(&session.id).filter(|kept| kept.end_at(*now).is_none());
        let Some(ModelSession { session: stored, .. }) = live else {
            return (UpdateOutcome::NotFound, Vec::new());
        };
        if stored.record.revision != *expected_revision {
            return (UpdateOutcome::Conflict { current: stored.record.revision }, Vec::new());
        }
        let (secret, rotation) = (stored.record.secret, stored.record.rotation.clone());
        stored.record = Record { secret, rotation, ..session.record.clone() };
        (UpdateOutcome::Updated, vec![session_event(EventKind::Updated, stored.clone(), *now, cause)])
    }

    /// Returns the outcome, without alerts, and the events.
    pub fn present(&mut self, presentation: &TokenPresentation) -> (PresentationOutcome, Vec<Event>) {
        let TokenPresentation { now, session_id, token, rotation, on_reuse } = presentation.clone();
        let nothing = |outcome| (outcome, Vec::new());
        let user = self.users.entry(session_id.handle).or_default();
        let live = user.sessions.get_mut(&session_id).filter(|kept| kept.end_at(now).is_none());
        let Some(ModelSession { session, tokens, .. }) = live else { return nothing(PresentationOutcome::NotFound) };
        let Some(position) = tokens.iter().position(|known| *known == token.secret) else {
            return nothing(PresentationOutcome::Unknown);
        };
        let clock = &mut session.clock;
        let record = &mut session.record;
        let repeated = PresentationOutcome::Rotated { record: Box::new(record.clone()), clock: *clock, is_new: false };
        let is_in_grace = |latest: &Rotation| now < latest.at.plus(latest.grace);
        match (tokens.len() - 1 - position, rotation, record.rotation.as_mut()) {
            (0, Some(TokenRotation { successor, rules, cause }), _) => {
                let number = u32::try_from(tokens.len()).expect("a small number");
                record.rotation = Some(Rotation {
                    number,
                    at: now,
                    grace: rules.grace,
                    is_presented: false,
                    accepts_previous: true,
                    repeats: rules.lost_answer == LostAnswer::Repeat,
                    previous: token.secret,
                    first: tokens[0],
                });
                record.revision += 1;
                record.secret = successor;
                tokens.push(successor);
                clock.last_active = clock.last_active.max(now);
                let outcome =
                    PresentationOutcome::Rotated { record: Box::new(record.clone()), clock: *clock, is_new: true };
                (outcome, vec![session_event(EventKind::Rotated, session.clone(), now, &cause)])
            }
            (0, None, latest) => {
                if let Some(latest) = latest {
                    latest.is_presented = true;
                }
                nothing(PresentationOutcome::Current)
            }
            (1, None, Some(latest)) if is_in_grace(latest) => nothing(PresentationOutcome::Accepted),
            (1, Some(_), Some(latest)) if is_in_grace(latest) => nothing(repeated),
            (1, Some(_), Some(latest)) if !latest.is_presented && latest.repeats => nothing(repeated),
            (1, _, Some(latest)) if !latest.is_presented => nothing(PresentationOutcome::Superseded),
            _ => {
                let Some(ending) = on_reuse else { return nothing(PresentationOutcome::Reused(None)) };
                let device_name = record.device.name.clone();
                let reason = EndReason::TokenReused;
                let mut events = Vec::new();
                user.end(session_id, ModelEnd { reason, at: now, cause: ending.cause }, &mut events);
                let ended = SessionEnding { session_id, reason, at: now, device_name };
                (PresentationOutcome::Reused(Some((ended, Vec::new()))), events)
            }
        }
    }

    pub fn revoke(&mut self, revocation: &SessionRevocation) -> Vec<Event> {
        let SessionRevocation { now, target, guard, reason, cause, .. } = revocation;
        let handle = match target {
            RevocationTarget::Session(id) => id.handle,
            RevocationTarget::Device { handle, .. } => *handle,
        };
        let user = self.users.entry(handle).or_default();
        let meant = |session: &Session| {
            let named = match target {
                RevocationTarget::Session(id) => session.id == *id,
                RevocationTarget::Device { device, .. } => session.clock.device == *device,
            };
            named && guard.admits(&session.owner) && guard.secret.is_none_or(|secret| secret == session.record.secret)
        };
        let end = ModelEnd { reason: *reason, at: *now, cause: cause.clone() };
        let mut events = Vec::new();
        for session in user.live(*now).into_iter().filter(meant) {
            user.end(session.id, end.clone(), &mut events);
        }
        events
    }

    pub fn revoke_all(&mut self, revocation: &UserRevocation) -> (BTreeSet<SessionId>, Vec<Event>) {
        let UserRevocation { now, owner, handle, except, operation, event, cause, .. } = revocation.clone();
        let user = self.users.entry(handle).or_default();
        let known = |(at, key, _): &&(UnixMillis, OperationKey, _)| *key == operation && is_remembered(*at, now);
        if let Some((_, _, outcome)) = user.operations.iter().rfind(known) {
            return (outcome.clone(), Vec::new());
        }
        let subject = EventSubject::Scope(RevocationScope::User(owner));
        let mut events = vec![Event { id: event, kind: EventKind::RevokedAll, at: now, subject, cause: cause.clone() }];
        let mut revoked = BTreeSet::new();
        let end = ModelEnd { reason: EndReason::RevokedAll, at: now, cause };
        for session in user.live(now).into_iter().filter(|session| Some(session.id) != except) {
            user.end(session.id, end.clone(), &mut events);
            revoked.insert(session.id);
        }
        user.floor = user.floor.max(Some(now));
        user.operations.push((now, operation, revoked.clone()));
        (revoked, events)
    }

    /// Returns the sessions that end, and their events.
    pub fn forget(&mut self, forgetting: &UserErasure) -> (BTreeSet<SessionId>, Vec<Event>) {
        let UserErasure { now, handle, cause, .. } = forgetting.clone();
        let user = self.users.entry(handle).or_default();
        let end = ModelEnd { reason: EndReason::RevokedAll, at: now, cause };
        let (mut ended, mut events) = (BTreeSet::new(), Vec::new());
        let latest = user.sessions.values().map(|kept| kept.session.record.created_at).max();
        for session in user.live(now) {
            user.end(session.id, end.clone(), &mut events);
            ended.insert(session.id);
        }
        user.floor = user.floor.max(latest.max(Some(now)));
        (ended, events)
    }

    /// Removes the data of a user after all ends have been reported.
    pub fn erase(&mut self, handle: UserHandle) {
        let user = self.users.entry(handle).or_default();
        user.ended.clear();
        user.requests.clear();
        user.operations.clear();
    }

    /// Returns the time of the revocation unless it is a repeat. The times of a scope grow.
    pub fn revoke_mass(&mut self, revocation: &MassRevocation) -> Option<UnixMillis> {
        let MassRevocation { now, scope, operation, cause, .. } = revocation;
        if !self.mass_operations.insert(*operation) {
            return None;
        }
        let before = self.mass_revocations.iter().filter(|(other, _)| other == scope).map(|(_, at)| *at).max();
        let at = before.map_or(*now, |before| before.plus(Duration::from_millis(1)).max(*now));
        self.mass_revocations.push((scope.clone(), at));
        for kept in self.users.values_mut().flat_map(|user| user.sessions.values_mut()) {
            if is_in_scope(scope, &kept.session.owner) {
                let end = ModelEnd { reason: EndReason::RevokedAll, at, cause: cause.clone() };
                kept.mass_revoked = Some(end);
            }
        }
        Some(at)
    }

    /// Records that a sweep ended a session without a separate event. Returns true if the event of a mass revocation
    /// covers it, because the session was stored before.
    pub fn is_ended_by_mass_event(&mut self, id: SessionId, now: UnixMillis) -> bool {
        let Some(kept) = self.users.get(&id.handle).and_then(|user| user.sessions.get(&id)) else { return false };
        let is_before = kept
            .end_at(now)
            .is_some_and(|end| end.reason == EndReason::RevokedAll && kept.session.clock.last_active < end.at);
        is_before && self.report_end(id, now).is_some()
    }

    /// Returns the latest time at which everyone or the owner's tenant was signed out.
    fn mass_floor(&self, owner: &Owner) -> Option<UnixMillis> {
        self.mass_revocations.iter().filter(|(scope, _)| is_in_scope(scope, owner)).map(|(_, at)| *at).max()
    }

    /// Returns the sessions of the selected users that have ended and whose end has not been reported yet.
    pub fn unreported_ends(&self, of: impl Fn(UserHandle) -> bool, now: UnixMillis) -> Vec<SessionId> {
        let users = self.users.iter().filter(|(handle, _)| of(**handle));
        let kept = users.flat_map(|(_, user)| &user.sessions);
        kept.filter(|(_, kept)| kept.end_at(now).is_some()).map(|(id, _)| *id).collect()
    }

    /// Records that the end of a session was reported.
    pub fn report_end(&mut self, id: SessionId, now: UnixMillis) -> Option<Event> {
        let user = self.users.get_mut(&id.handle)?;
        let end = user.sessions.get(&id)?.end_at(now)?;
        let mut events = Vec::new();
        user.end(id, end, &mut events);
        events.pop()
    }

    /// Returns the session as it is stored, with the mass revocation that ended it.
    pub fn find_session(&self, id: SessionId) -> Option<(&Session, Option<&ModelEnd>)> {
        let kept = self.users.get(&id.handle)?.sessions.get(&id)?;
        Some((&kept.session, kept.mass_revoked.as_ref()))
    }

    /// Returns the reported end of the session.
    pub fn ended(&self, id: SessionId) -> Option<&ModelEnd> {
        self.users.get(&id.handle)?.ended.get(&id)
    }
}
