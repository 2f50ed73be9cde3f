//! Random sequences of operations on a store and on the reference model. After every step both must agree.
//!
//! `PROPTEST_CASES` sets the number of sequences. Failed sequences are kept beside this file and run first.

use std::collections::BTreeSet;

use proptest::test_runner::{Config, FileFailurePersistence, TestCaseError, TestError, TestRunner};
use session_authority::domain::event::RevocationScope;
use session_authority::domain::{
    EndReason, Event, EventKind, EventSubject, Record, SecretHash, Session, SessionEnding, SessionId, UnixMillis,
    device, limits,
};
use session_authority::store::{
    AccessGuard, CreateOutcome, LoadOutcome, PresentationOutcome, RequestKey, RevocationTarget, SessionCreation,
    SessionRevocation, SessionUpdate, Tombstone, Touch, UserRevocation,
};

use super::fixture::{StoreFixture, session_of};
use super::model::StoreModel;
use super::operations::{forget, revoke_all, revoke_mass};
use super::rotation::rotation;
use super::steps::{GuardChoice, LoginStep, ModelStep, PresentStep, SessionUse, step_sequences, users};
use super::users::{CreationExt, NOW, TestUser, cause};

const CASES: u32 = 64;
const REGRESSIONS: &str = "tests/conformance/random_sessions.regressions";

#[test]
fn redis_agrees_with_the_reference_model() {
    run_cases(StoreFixture::redis);
}

#[test]
fn cluster_agrees_with_the_reference_model() {
    run_cases(StoreFixture::cluster);
}

#[test]
fn sqlite_agrees_with_the_reference_model() {
    run_cases(StoreFixture::sqlite);
}

fn run_cases<F: Future<Output = StoreFixture>>(fresh: impl Fn() -> F) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut config = Config {
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(REGRESSIONS))),
        max_shrink_iters: 2_000,
        ..Config::default()
    };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = CASES;
    }
    let outcome = TestRunner::new(config).run(&step_sequences(), |steps| {
        runtime
            .block_on(async { ModelComparison::new(fresh().await).run_steps(&steps).await })
            .map_err(TestCaseError::fail)
    });
    match outcome {
        Ok(()) => {}
        Err(TestError::Abort(reason)) => panic!("{reason}"),
        Err(TestError::Fail(reason, steps)) => {
            let steps: Vec<_> = steps.iter().map(|step| format!("  {step:?}")).collect();
            panic!("{reason}\nafter\n{}", steps.join("\n"));
        }
    }
}

/// A store and its model.
struct ModelComparison {
    store: StoreFixture,
    model: StoreModel,
    users: [TestUser; 3],
    now: UnixMillis,
    /// Every requested session, as it was created or last updated.
    made: Vec<Session>,
}

/// A difference between store and model.
type ModelDifference = String;

impl ModelComparison {
    fn new(store: StoreFixture) -> Self {
        Self { store, model: StoreModel::default(), users: users(), now: NOW, made: Vec::new() }
    }

    async fn run_steps(mut self, steps: &[ModelStep]) -> Result<(), ModelDifference> {
        for (number, step) in steps.iter().enumerate() {
            let took = async {
                self.apply_step(step).await?;
                self.compare_loads().await
            };
            took.await.map_err(|difference| format!("step {number}, {step:?}: {difference}"))?;
        }
        for user in users() {
            let ended = self.store.sweep_whole(user.bucket(), self.now).await;
            let events = self.store.drain().await;
            self.compare_swept(&ended, events)?;
        }
        expect_same("sessions not ended by a full sweep", &self.model.unreported_ends(|_| true, self.now), &Vec::new())
    }

    async fn apply_step(&mut self, step: &ModelStep) -> Result<(), ModelDifference> {
        match step {
            ModelStep::Wait(span) => {
                self.now = self.now.plus(*span);
                Ok(())
            }
            ModelStep::Create(login) => self.create(login).await,
            ModelStep::Touch(uses) => self.touch(uses).await,
            ModelStep::List { user, uses } => self.list(*user, uses).await,
            ModelStep::Update { pick, stale } => self.update(*pick, *stale).await,
            ModelStep::Present(step) => self.present(step).await,
            ModelStep::Revoke { pick, guard } => {
                let Some(id) = self.pick(*pick) else { return Ok(()) };
                self.revoke(RevocationTarget::Session(id), id, *guard).await
            }
            ModelStep::RevokeDevice { user, device, guard } => {
                let handle = self.users[*user].handle;
                let target = RevocationTarget::Device { handle, device: device::device_tag(&device_id(*device)) };
                self.revoke(target, self.users[*user].session_id(1), *guard).await
            }
            ModelStep::RevokeAll { user, except, operation } => self.revoke_all(*user, *except, *operation).await,
            ModelStep::Forget { user } => self.forget(*user).await,
            ModelStep::RevokeMass { tenant, operation } => self.revoke_mass(*tenant, *operation).await,
            ModelStep::Sweep { user, limit } => self.sweep(*user, *limit).await,
        }
    }

    async fn create(&mut self, login: &LoginStep) -> Result<(), ModelDifference> {
        let creation = self.creation(login);
        let handle = creation.session.id.handle;
        self.made.push(creation.session.clone());
        let (expected, expected_events) = self.model.create(&creation);
        let mut outcome = self.store.create(creation).await.map_err(|error| error.to_string())?;
        let made = matches!(outcome, CreateOutcome::Created { .. });
        if let CreateOutcome::Created { ended, .. } = &mut outcome {
            // Sessions that had ended anyway may be reported, too.
            ended.retain(|ended| matches!(ended.reason, EndReason::Replaced | EndReason::Evicted));
        }
        expect_same("the outcome", &outcome, &expected)?;
        self.compare_events(expected_events).await?;
        if made { self.check_all_reported(handle) } else { Ok(()) }
    }

    fn creation(&self, login: &LoginStep) -> SessionCreation {
        let number = u64::try_from(self.made.len()).expect("a small number");
        let mut creation = self.users[login.user].login(number, self.now);
        if let Some(device) = login.device {
            creation = creation.on_device(&device_id(device));
        }
        creation = if login.refuse { creation.refused_over(login.limit) } else { creation.limited_to(login.limit) };
        let clock = &mut creation.session.clock;
        clock.expires_at = self.now.plus(login.lifetime);
        clock.idle_timeout = login.idle_timeout;
        clock.idle_margin = login.idle_margin;
        let [.., unique] = creation.session.id.unique;
        creation.request = login.request.map(|(id, body)| RequestKey {
            id: [id; 16],
            body: [body; 16],
            nonce: [unique; 16],
            key_id: unique,
        });
        creation.authenticated_at = Some(self.now.minus(login.authenticated_ago));
        creation.touches = self.touches(&login.uses, Some(&self.users[login.user]));
        creation
    }

    async fn touch(&mut self, uses: &[SessionUse]) -> Result<(), ModelDifference> {
        let touches = self.touches(uses, None);
        let expected = self.model.touch(&touches);
        let answers = self.store.touch(&touches).await.map_err(|error| error.to_string())?;
        expect_same("the responses", &answers, &expected)?;
        self.compare_events(Vec::new()).await
    }

    async fn list(&mut self, number: usize, uses: &[SessionUse]) -> Result<(), ModelDifference> {
        let person = self.users[number].clone();
        let touches = self.touches(uses, Some(&person));
        let expected = self.model.list(person.handle, &touches, self.now);
        let answer = self.store.list(&person.owner, person.handle, &touches, self.now).await;
        expect_same("the list", &answer.map_err(|error| error.to_string())?, &expected)?;
        self.compare_events(Vec::new()).await?;
        self.check_all_reported(person.handle)
    }

    async fn update(&mut self, pick: usize, stale: bool) -> Result<(), ModelDifference> {
        let Some(id) = self.pick(pick) else { return Ok(()) };
        let known = self.made.iter_mut().find(|session| session.id == id).expect("a session");
        let mut session = known.clone();
        let expected_revision = session.record.revision - u32::from(stale);
        session.record.revision = expected_revision + 1;
        session.record.email = format!("{}@example.org", session.record.revision);
        let update =
            SessionUpdate { now: self.now, session, expected_revision, new_token: None, cause: cause("renamed") };
        let (expected, expected_events) = self.model.update(&update);
        if !expected_events.is_empty() {
            known.record.clone_from(&update.session.record);
        }
        let outcome = self.store.update(update).await.map_err(|error| error.to_string())?;
        expect_same("the outcome", &outcome, &expected)?;
        self.compare_events(expected_events).await
    }

    async fn present(&mut self, step: &PresentStep) -> Result<(), ModelDifference> {
        let Some(id) = self.pick(step.pick) else { return Ok(()) };
        let known = self.made.iter_mut().find(|session| session.id == id).expect("a session");
        let current = known.record.rotation.as_ref().map_or(0, |rotation| rotation.number);
        let number = current.saturating_sub(step.age.unwrap_or_default());
        let mut presentation = rotation(known, number, self.now);
        match (&mut presentation.rotation, step.rotation) {
            (Some(rotation), Some(rules)) => rotation.rules = rules,
            (rotation, _) => *rotation = None,
        }
        presentation.on_reuse = presentation.on_reuse.filter(|_| step.ends);
        if step.age.is_none() {
            presentation.token.secret = SecretHash([0; 32]);
            // Only the authority issues tokens with a number.
            presentation.token.number = 0;
        }
        let (expected, expected_events) = self.model.present(&presentation);
        let mut outcome = self.store.present_token(presentation).await.map_err(|error| error.to_string())?;
        if let PresentationOutcome::Rotated { record, .. } = &outcome {
            known.record = Record::clone(record);
        }
        if let PresentationOutcome::Reused(Some((_, alerts))) = &mut outcome {
            expect_same("number of alerts", &alerts.len(), &1)?;
            alerts.clear();
        }
        expect_same("the outcome", &outcome, &expected)?;
        self.compare_events(expected_events).await
    }

    async fn revoke(
        &mut self,
        target: RevocationTarget,
        of: SessionId,
        guard: GuardChoice,
    ) -> Result<(), ModelDifference> {
        let user = self.users.iter().find(|user| user.handle == of.handle).expect("a user");
        let secret = self.made.iter().find(|session| session.id == of).map(|s| s.record.secret);
        let stranger = TestUser::with_tenant("strange", "er").owner;
        let choose = |right| if right { user.owner.clone() } else { stranger.clone() };
        let guard = match guard {
            GuardChoice::Anyone => AccessGuard::default(),
            GuardChoice::Tenant(right) => {
                AccessGuard { tenants: Some(vec![choose(right).tenant]), ..AccessGuard::default() }
            }
            GuardChoice::User(right) => AccessGuard { user: Some(choose(right).user), ..AccessGuard::default() },
            GuardChoice::Secret(right) => {
                AccessGuard { secret: secret.filter(|_| right).or(Some(SecretHash([0; 32]))), ..AccessGuard::default() }
            }
        };
        let revocation = SessionRevocation {
            now: self.now,
            target,
            guard,
            is_compromised: false,
            reason: EndReason::Revoked,
            cause: cause("revoked"),
        };
        let expected_events = self.model.revoke(&revocation);
        let ended = self.store.revoke(revocation).await.map_err(|error| error.to_string())?;
        expect_same("the sessions ended", &names(&ended), &expected_events.iter().filter_map(name).collect())?;
        self.compare_events(expected_events).await
    }

    async fn revoke_all(&mut self, user: usize, except: Option<usize>, operation: u8) -> Result<(), ModelDifference> {
        let user = self.users[user].clone();
        let except = except.and_then(|pick| self.pick(pick));
        let revocation = UserRevocation { except, ..revoke_all(&user, self.now, operation) };
        let (expected, expected_events) = self.model.revoke_all(&revocation);
        let acted = !expected_events.is_empty();
        let revoked = self.store.revoke_all(revocation).await.map_err(|error| error.to_string())?;
        expect_same("the sessions revoked", &revoked.session_ids.into_iter().collect(), &expected)?;
        self.compare_events(expected_events).await?;
        if acted { self.check_all_reported(user.handle) } else { Ok(()) }
    }

    async fn forget(&mut self, user: usize) -> Result<(), ModelDifference> {
        let user = self.users[user].clone();
        let forgetting = forget(&user, self.now, 99);
        let event = Event {
            id: forgetting.event,
            kind: EventKind::UserForgotten,
            at: self.now,
            subject: EventSubject::Scope(RevocationScope::Tenant(user.owner.tenant.clone())),
            cause: forgetting.cause.clone(),
        };
        let (expected, expected_events) = self.model.forget(&forgetting);
        let ended = self.store.forget_user(forgetting).await.map_err(|error| error.to_string())?;
        expect_same("the sessions ended", &ended.session_ids.into_iter().collect(), &expected)?;
        let mut events = self.store.drain().await;
        let before = events.len();
        events.retain(|other| *other != event);
        expect_same("number of events", &(before - events.len()), &1)?;
        self.compare(events, expected_events)?;
        self.check_all_reported(user.handle)?;
        self.model.erase(user.handle);
        Ok(())
    }

    /// A mass revocation has one event, which also covers the sessions that it ends.
    async fn revoke_mass(&mut self, tenant: Option<bool>, operation: u8) -> Result<(), ModelDifference> {
        let scope = match tenant {
            None => RevocationScope::Everyone,
            Some(first) => RevocationScope::Tenant(self.users[if first { 0 } else { 2 }].owner.tenant.clone()),
        };
        // A caller repeats an operation soon or never, because the store decides how long exactly it is remembered.
        let days = self.now.since(NOW).as_secs() / limits::REQUEST_ID_RETENTION.as_secs();
        let operation = operation + 10 * u8::try_from(days).expect("a short life");
        // The operation IDs of the scopes are separate.
        let operation = operation + 80 * tenant.map_or(0, |first| 1 + u8::from(first));
        let revocation = revoke_mass(scope.clone(), self.now, operation);
        let acted_at = self.model.revoke_mass(&revocation);
        let expected_events = acted_at.map(|at| Event {
            id: revocation.event,
            kind: EventKind::RevokedAll,
            at,
            subject: EventSubject::Scope(scope),
            cause: revocation.cause.clone(),
        });
        self.store.revoke_mass(revocation).await.map_err(|error| error.to_string())?;
        self.compare_events(expected_events.into_iter().collect()).await
    }

    async fn sweep(&mut self, user: usize, limit: usize) -> Result<(), ModelDifference> {
        let bucket = self.users[user].bucket();
        let swept = self.store.sweep(bucket, self.now, limit).await.map_err(|error| error.to_string())?;
        let events = self.store.drain().await;
        expect_same("number of events", &swept.events, &(events.len() as u64))?;
        self.compare_swept(&swept.ended, events)?;
        let is_empty =
            |model: &StoreModel| model.unreported_ends(|handle| handle.bucket() == bucket, self.now).is_empty();
        if swept.has_more || is_empty(&self.model) {
            return Ok(());
        }
        // The pass that ended had begun before the latest mass revocation: the next sweep starts another one.
        let ended = self.store.sweep_whole(bucket, self.now).await;
        let events = self.store.drain().await;
        self.compare_swept(&ended, events)?;
        let left = self.model.unreported_ends(|handle| handle.bucket() == bucket, self.now);
        expect_same("sessions left", &left, &Vec::new())
    }

    /// A session that a sweep ended has a separate event, or the event of a mass revocation covers it.
    fn compare_swept(&mut self, ended: &[SessionEnding], events: Vec<Event>) -> Result<(), ModelDifference> {
        let with_events: BTreeSet<_> = events.iter().filter_map(name).collect();
        let (with_event, without): (Vec<_>, Vec<_>) =
            names(ended).into_iter().partition(|ended| with_events.contains(ended));
        expect_same("the sessions ended", &with_event.into_iter().collect(), &with_events)?;
        for (id, ..) in without {
            expect_same("whether one event covers it", &self.model.is_ended_by_mass_event(id, self.now), &true)?;
        }
        self.compare(events, Vec::new())
    }

    /// Drains the outbox, which must contain the `expected` events, and otherwise only ends of sessions.
    async fn compare_events(&mut self, expected: Vec<Event>) -> Result<(), ModelDifference> {
        let events = self.store.drain().await;
        self.compare(events, expected)
    }

    fn compare(&mut self, events: Vec<Event>, mut expected: Vec<Event>) -> Result<(), ModelDifference> {
        for event in events {
            if let Some(known) = expected.iter().position(|expected| *expected == event) {
                expected.remove(known);
                continue;
            }
            let of_one_over = session_of(&event).and_then(|id| self.model.report_end(id, self.now));
            match of_one_over {
                Some(expected_event) => expect_same("an event", &event, &expected_event)?,
                None => return Err(format!("unexpected event: {event:?}, but not {expected:?}")),
            }
        }
        expect_same("events that are missing", &Vec::new(), &expected)
    }

    /// Checks, after an operation that encountered all sessions of the user, that every end has been reported.
    fn check_all_reported(&self, handle: session_authority::domain::UserHandle) -> Result<(), ModelDifference> {
        let unreported = self.model.unreported_ends(|other| other == handle, self.now);
        expect_same("sessions encountered and not ended", &unreported, &Vec::new())
    }

    async fn compare_loads(&self) -> Result<(), ModelDifference> {
        for session in &self.made {
            let loaded = self.store.load(session.id).await.map_err(|error| error.to_string())?;
            self.compare_load(session, &loaded)
                .map_err(|difference| format!("loading {}: {difference}", session.id))?;
        }
        Ok(())
    }

    fn compare_load(&self, session: &Session, loaded: &LoadOutcome) -> Result<(), ModelDifference> {
        match (self.model.find_session(session.id), self.model.ended(session.id), loaded) {
            (Some((expected, mass)), _, LoadOutcome::Found(found)) => {
                expect_same("the session", &found.session, expected)?;
                let expected = mass.map(|end| (end.at, end.cause.clone()));
                expect_same("the mass revocation", &found.mass_revoked, &expected)
            }
            (None, Some(end), LoadOutcome::Ended(tombstone)) => {
                let secret = session.record.secret;
                let (tenant, cause) = (session.owner.tenant.clone(), end.cause.clone());
                let former_client = tombstone.former_client.clone();
                let expected = Tombstone { tenant, reason: end.reason, at: end.at, secret, cause, former_client };
                expect_same("the tombstone", tombstone, &expected)
            }
            (None, Some(end), LoadOutcome::NotFound) if self.now.since(end.at) >= limits::TOMBSTONE_RETENTION => Ok(()),
            (None, None, LoadOutcome::NotFound) => Ok(()),
            (expected, ended, loaded) => Err(format!("{loaded:?}, but expected {expected:?} or {ended:?}")),
        }
    }

    fn pick(&self, pick: usize) -> Option<SessionId> {
        let session = self.made.get(pick.checked_rem(self.made.len())?)?;
        Some(session.id)
    }

    /// Returns the touches of these uses, with `of` only those of one user.
    fn touches(&self, uses: &[SessionUse], of: Option<&TestUser>) -> Vec<Touch> {
        let touch = |one: &SessionUse| Some(Touch { session_id: self.pick(one.pick)?, at: self.now.minus(one.ago) });
        let touches = uses.iter().filter_map(touch);
        touches.filter(|touch| of.is_none_or(|user| user.handle == touch.session_id.handle)).collect()
    }
}

fn device_id(device: u8) -> String {
    format!("device {device}")
}

/// Returns the part of an end that a response and an event have in common.
fn names(ended: &[SessionEnding]) -> BTreeSet<(SessionId, u8, UnixMillis)> {
    ended.iter().map(|ended| (ended.session_id, ended.reason.code(), ended.at)).collect()
}

fn name(event: &Event) -> Option<(SessionId, u8, UnixMillis)> {
    match event.kind {
        EventKind::Ended(reason) => Some((session_of(event)?, reason.code(), event.at)),
        EventKind::Created
        | EventKind::Updated
        | EventKind::Rotated
        | EventKind::RevokedAll
        | EventKind::UserForgotten
        | EventKind::TokensDenied
        | EventKind::AuthFailed(_)
        | EventKind::AlertAcknowledged => None,
    }
}

fn expect_same<T: PartialEq + std::fmt::Debug>(what: &str, actual: &T, expected: &T) -> Result<(), ModelDifference> {
    if actual == expected { Ok(()) } else { Err(format!("{what}: {actual:?}, but expected {expected:?}")) }
}
