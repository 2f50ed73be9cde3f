//! What the contract of `SessionStore` says, in plain maps: slow, obvious, and written from the contract alone.
//!
//! The contract leaves open when a session that is over is ended: any verb that comes across it may do so. The model
//! therefore does not foretell those endings, it only accepts them, each once and with the right reason, time and cause;
//! [`Model::untold`] says which are still owed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use session_authority::domain::event::Scope;
use session_authority::domain::{
    Cause, EndReason, Ended, Event, EventId, EventKind, Liveness, OnLimit, Owner, Session, SessionId, Subject,
    UnixMillis, UserHandle, limits,
};
use session_authority::store::{
    CreateOutcome, Creation, MassRevocation, OperationKey, RequestKey, Revocation, RevokeTarget, Touch, Update,
    UpdateOutcome, UserForgetting, UserRevocation,
};

/// Why, since when and by what cause a session is over.
#[derive(Clone, Debug, PartialEq)]
pub struct End {
    pub reason: EndReason,
    pub at: UnixMillis,
    pub cause: Cause,
}

/// A session that was made and whose end was not told yet.
#[derive(Clone, Debug)]
struct Kept {
    session: Session,
    /// The latest mass revocation since it was made.
    mass_revoked: Option<End>,
}

#[derive(Clone, Debug, Default)]
struct User {
    kept: BTreeMap<SessionId, Kept>,
    ended: BTreeMap<SessionId, End>,
    floor: Option<UnixMillis>,
    requests: Vec<(UnixMillis, RequestKey, SessionId)>,
    operations: Vec<(UnixMillis, OperationKey, BTreeSet<SessionId>)>,
}

#[derive(Clone, Debug, Default)]
pub struct Model {
    users: BTreeMap<UserHandle, User>,
    mass_operations: BTreeSet<OperationKey>,
    mass_revocations: Vec<(Scope, UnixMillis)>,
}

impl Kept {
    /// A mass-revoked session is over; one that had timed out before that keeps its own reason.
    fn over(&self, now: UnixMillis) -> Option<End> {
        let decided_at = self.mass_revoked.as_ref().map_or(now, |end| end.at.min(now));
        match (self.session.clock.liveness(decided_at), &self.mass_revoked) {
            (Liveness::Over { reason, at }, _) => Some(End { reason, at, cause: Cause::service("timeout") }),
            (Liveness::Live, Some(end)) => Some(end.clone()),
            (Liveness::Live, None) => None,
        }
    }

    /// A touch counts if the session was not over by its clock when it was used.
    fn touch(&mut self, at: UnixMillis) -> bool {
        let clock = &mut self.session.clock;
        let live = clock.liveness(at) == Liveness::Live;
        if live {
            clock.last_active = clock.last_active.max(at);
        }
        live
    }
}

impl User {
    fn touch(&mut self, touches: &[Touch]) {
        for touch in touches {
            if let Some(kept) = self.kept.get_mut(&touch.session_id) {
                kept.touch(touch.at);
            }
        }
    }

    /// The live sessions, least recently active first, by id among equals.
    fn live(&self, now: UnixMillis) -> Vec<Session> {
        let live = self.kept.values().filter(|kept| kept.over(now).is_none());
        let mut live: Vec<_> = live.map(|kept| kept.session.clone()).collect();
        live.sort_by_key(|session| (session.clock.last_active, session.id));
        live
    }

    /// Ends a session and tells of it.
    fn end(&mut self, id: SessionId, end: End, told: &mut Vec<Event>) {
        if let Some(kept) = self.kept.remove(&id) {
            told.push(about(EventKind::Ended(end.reason), kept.session, end.at, &end.cause));
            self.ended.insert(id, end);
        }
    }
}

/// The event of a change to a session.
fn about(kind: EventKind, session: Session, at: UnixMillis, cause: &Cause) -> Event {
    let id = EventId::of_session(kind, session.id, session.record.revision);
    Event { id, kind, at, subject: Subject::Session(Box::new(session)), cause: cause.clone() }
}

fn concerns(scope: &Scope, owner: &Owner) -> bool {
    match scope {
        Scope::Everyone => true,
        Scope::Tenant(tenant) => owner.tenant == *tenant,
        Scope::User(_) => false,
    }
}

fn remembered(since: UnixMillis, now: UnixMillis) -> bool {
    now.since(since) <= limits::REQUEST_AGE
}

impl Model {
    /// What becomes of the creation, and the events told of it. The sessions that gave way come in order: the replaced
    /// one, then the evicted ones.
    pub fn create(&mut self, creation: &Creation) -> (CreateOutcome, Vec<Event>) {
        let Creation { now, session, cause, .. } = creation.clone();
        let mass_floor = self.mass_floor(&session.owner);
        let before = self.users.entry(session.id.handle).or_default();
        let mut user = before.clone();
        user.touch(&creation.touches);
        let live = user.live(now);
        let nothing = |outcome| (outcome, Vec::new());

        if let Some(request) = creation.request {
            let known = |(at, key, _): &&(UnixMillis, RequestKey, _)| key.id == request.id && remembered(*at, now);
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
        if staying.len() >= limit && creation.on_limit == OnLimit::Refuse {
            let live = u32::try_from(staying.len()).expect("a small number");
            return nothing(CreateOutcome::LimitReached { live });
        }

        let excess = (staying.len() + 1).saturating_sub(limit);
        let giving_way = replaced.into_iter().map(|session| (session, EndReason::Replaced));
        let giving_way =
            giving_way.chain(staying.into_iter().take(excess).map(|session| (session, EndReason::Evicted)));
        let (mut ended, mut told) = (Vec::new(), Vec::new());
        for (other, reason) in giving_way {
            let end = End { reason, at: now, cause: cause.clone() };
            let device_name = other.record.device.name;
            ended.push(Ended { session_id: other.id, reason, at: now, device_name });
            user.end(other.id, end, &mut told);
        }
        if let Some(key) = creation.request {
            user.requests.push((now, key, session.id));
        }
        let mut session = session;
        let created_at = floor.map_or(now, |floor| now.max(floor.plus(Duration::from_millis(1))));
        session.record.set_start(created_at);
        session.clock.last_active = session.clock.last_active.max(created_at);
        user.kept.insert(session.id, Kept { session: session.clone(), mass_revoked: None });
        told.push(about(EventKind::Created, session.clone(), created_at, &cause));
        *before = user;
        (CreateOutcome::Created { session: Box::new(session), ended, raised: Vec::new() }, told)
    }

    pub fn touch(&mut self, touches: &[Touch]) -> Vec<Option<UnixMillis>> {
        let one = |touch: &Touch| {
            let kept = self.users.get_mut(&touch.session_id.handle)?.kept.get_mut(&touch.session_id)?;
            kept.touch(touch.at).then_some(kept.session.clock.last_active)
        };
        touches.iter().map(one).collect()
    }

    /// The live sessions, most recently active first.
    pub fn list(&mut self, handle: UserHandle, touches: &[Touch], now: UnixMillis) -> Vec<Session> {
        let user = self.users.entry(handle).or_default();
        user.touch(touches);
        user.live(now).into_iter().rev().collect()
    }

    pub fn update(&mut self, update: &Update) -> (UpdateOutcome, Vec<Event>) {
        let Update { now, session, expected_revision, cause } = update;
        let user = self.users.entry(session.id.handle).or_default();
        let live = user.kept.get_mut(&session.id).filter(|kept| kept.over(*now).is_none());
        let Some(Kept { session: stored, .. }) = live else {
            return (UpdateOutcome::Gone, Vec::new());
        };
        if stored.record.revision != *expected_revision {
            return (UpdateOutcome::Conflict { current: stored.record.revision }, Vec::new());
        }
        let secret = stored.record.secret;
        stored.record = session.record.clone();
        stored.record.secret = secret;
        (UpdateOutcome::Updated, vec![about(EventKind::Updated, stored.clone(), *now, cause)])
    }

    pub fn revoke(&mut self, revocation: &Revocation) -> Vec<Event> {
        let Revocation { now, target, guard, reason, cause, .. } = revocation;
        let handle = match target {
            RevokeTarget::Session(id) => id.handle,
            RevokeTarget::Device { handle, .. } => *handle,
        };
        let user = self.users.entry(handle).or_default();
        let meant = |session: &Session| {
            let named = match target {
                RevokeTarget::Session(id) => session.id == *id,
                RevokeTarget::Device { device, .. } => session.clock.device == *device,
            };
            named && guard.admits(&session.owner) && guard.secret.is_none_or(|secret| secret == session.record.secret)
        };
        let end = End { reason: *reason, at: *now, cause: cause.clone() };
        let mut told = Vec::new();
        for session in user.live(*now).into_iter().filter(meant) {
            user.end(session.id, end.clone(), &mut told);
        }
        told
    }

    pub fn revoke_all(&mut self, revocation: &UserRevocation) -> (BTreeSet<SessionId>, Vec<Event>) {
        let UserRevocation { now, owner, handle, except, operation, event, cause, .. } = revocation.clone();
        let user = self.users.entry(handle).or_default();
        let known = |(at, key, _): &&(UnixMillis, OperationKey, _)| *key == operation && remembered(*at, now);
        if let Some((_, _, outcome)) = user.operations.iter().rfind(known) {
            return (outcome.clone(), Vec::new());
        }
        let subject = Subject::Scope(Scope::User(owner));
        let mut told = vec![Event { id: event, kind: EventKind::RevokedAll, at: now, subject, cause: cause.clone() }];
        let mut revoked = BTreeSet::new();
        let end = End { reason: EndReason::RevokedAll, at: now, cause };
        for session in user.live(now).into_iter().filter(|session| Some(session.id) != except) {
            user.end(session.id, end.clone(), &mut told);
            revoked.insert(session.id);
        }
        user.floor = user.floor.max(Some(now));
        user.operations.push((now, operation, revoked.clone()));
        (revoked, told)
    }

    /// The sessions that end, and the events of that.
    pub fn forget(&mut self, forgetting: &UserForgetting) -> (BTreeSet<SessionId>, Vec<Event>) {
        let UserForgetting { now, handle, cause, .. } = forgetting.clone();
        let user = self.users.entry(handle).or_default();
        let end = End { reason: EndReason::RevokedAll, at: now, cause };
        let (mut ended, mut told) = (BTreeSet::new(), Vec::new());
        let latest = user.kept.values().map(|kept| kept.session.record.created_at).max();
        for session in user.live(now) {
            user.end(session.id, end.clone(), &mut told);
            ended.insert(session.id);
        }
        user.floor = user.floor.max(latest.max(Some(now)));
        (ended, told)
    }

    /// Forgets what is remembered of a user once all endings were told.
    pub fn erase(&mut self, handle: UserHandle) {
        let user = self.users.entry(handle).or_default();
        user.ended.clear();
        user.requests.clear();
        user.operations.clear();
    }

    /// Its time, unless it is known already. The times of a scope grow.
    pub fn revoke_mass(&mut self, revocation: &MassRevocation) -> Option<UnixMillis> {
        let MassRevocation { now, scope, operation, cause, .. } = revocation;
        if !self.mass_operations.insert(*operation) {
            return None;
        }
        let before = self.mass_revocations.iter().filter(|(other, _)| other == scope).map(|(_, at)| *at).max();
        let at = before.map_or(*now, |before| before.plus(Duration::from_millis(1)).max(*now));
        self.mass_revocations.push((scope.clone(), at));
        for kept in self.users.values_mut().flat_map(|user| user.kept.values_mut()) {
            if concerns(scope, &kept.session.owner) {
                let end = End { reason: EndReason::RevokedAll, at, cause: cause.clone() };
                kept.mass_revoked = Some(end);
            }
        }
        Some(at)
    }

    /// Takes note that a sweep ended a session without an event of its own. Whether the event of a mass revocation tells of
    /// it: the session was stored before.
    pub fn told_by_one_event(&mut self, id: SessionId, now: UnixMillis) -> bool {
        let Some(kept) = self.users.get(&id.handle).and_then(|user| user.kept.get(&id)) else { return false };
        let is_before = kept
            .over(now)
            .is_some_and(|end| end.reason == EndReason::RevokedAll && kept.session.clock.last_active < end.at);
        is_before && self.told(id, now).is_some()
    }

    /// The latest time at which everyone or the owner's tenant was signed out.
    fn mass_floor(&self, owner: &Owner) -> Option<UnixMillis> {
        self.mass_revocations.iter().filter(|(scope, _)| concerns(scope, owner)).map(|(_, at)| *at).max()
    }

    /// The sessions of the users in question that are over and whose end was not told yet.
    pub fn untold(&self, of: impl Fn(UserHandle) -> bool, now: UnixMillis) -> Vec<SessionId> {
        let users = self.users.iter().filter(|(handle, _)| of(**handle));
        let kept = users.flat_map(|(_, user)| &user.kept);
        kept.filter(|(_, kept)| kept.over(now).is_some()).map(|(id, _)| *id).collect()
    }

    /// Takes note that the end of a session that is over was told.
    pub fn told(&mut self, id: SessionId, now: UnixMillis) -> Option<Event> {
        let user = self.users.get_mut(&id.handle)?;
        let end = user.kept.get(&id)?.over(now)?;
        let mut told = Vec::new();
        user.end(id, end, &mut told);
        told.pop()
    }

    /// The session as it is stored, with the mass revocation that ended it.
    pub fn found(&self, id: SessionId) -> Option<(&Session, Option<&End>)> {
        let kept = self.users.get(&id.handle)?.kept.get(&id)?;
        Some((&kept.session, kept.mass_revoked.as_ref()))
    }

    /// How the session ended, if that was told.
    pub fn ended(&self, id: SessionId) -> Option<&End> {
        self.users.get(&id.handle)?.ended.get(&id)
    }
}
