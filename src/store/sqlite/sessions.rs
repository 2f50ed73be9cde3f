//! The operations on sessions, with the creation and the update of a session.

use async_trait::async_trait;
use sqlx::SqliteConnection;

use super::{
    SqliteSessionStore,
    answers::answer_alert,
    findings::{self, EvictedSessions},
    present_token::present_token,
    reads, remembered, revocations,
    sweep::sweep,
    touches::{self, touch},
    transaction::EngineError,
    users::{self, UserEntry},
};
use crate::{
    domain::{
        Bucket, EndReason, EventKind, Owner, Session, SessionEnding, SessionId, UnixMillis, UserHandle,
        failures::{FailureRecord, FailureSubject},
    },
    store::{
        AlertAnswer, AnswerOutcome, CreateOutcome, FailureStore, LoadOutcome, MassRevocation, PresentationOutcome,
        RequestKey, RevokedSessions, SeenClient, SessionCreation, SessionRevocation, SessionStore, SessionUpdate,
        SignInLookup, SignInState, StoreError, SweepOutcome, TokenPresentation, Touch, UpdateOutcome, UserErasure,
        UserErasureOutcome, UserRevocation, UserState, record,
        rules::{
            eviction::{EvictionPlan, LimitReached, plan_eviction},
            liveness::{EndingDetails, SessionHead, session_ending},
            start::session_start,
        },
    },
};

#[async_trait]
impl SessionStore for SqliteSessionStore {
    async fn create(&self, creation: SessionCreation) -> Result<CreateOutcome, StoreError> {
        let mut transaction = self.begin_growing("creating a session", Some(creation.now)).await?;
        let outcome = create_session(&mut transaction, creation).await;
        self.mark_full_on_error(transaction.finish(outcome).await)
    }

    async fn load_user_state(
        &self,
        owner: &Owner,
        handle: UserHandle,
        now: UnixMillis,
    ) -> Result<UserState, StoreError> {
        let operation = "loading the state of a user";
        self.check_clock(operation, Some(now))?;
        let mut connection = self.connection(operation).await?;
        reads::load_user_state(&mut connection, owner, handle, now)
            .await
            .map_err(|error| error.into_store_error(operation))
    }

    async fn load_sign_in_state(&self, lookup: &SignInLookup<'_>) -> Result<SignInState, StoreError> {
        let SignInLookup { owner, handle, network, now } = *lookup;
        Ok(SignInState {
            user: self.load_user_state(owner, handle, now).await?,
            user_failures: self.load_failures(FailureSubject::User, handle).await?,
            network_failures: match network {
                Some(network) => self.load_failures(FailureSubject::Network, network).await,
                None => Ok(FailureRecord::default()),
            },
        })
    }

    async fn load(&self, id: SessionId) -> Result<LoadOutcome, StoreError> {
        let operation = "loading a session";
        self.check_clock(operation, None)?;
        let mut connection = self.connection(operation).await?;
        reads::load(&mut connection, id).await.map_err(|error| error.into_store_error(operation))
    }

    async fn touch(&self, touches: &[Touch]) -> Result<Vec<Option<UnixMillis>>, StoreError> {
        let mut transaction = self.begin_growing("touching sessions", None).await?;
        let deferred = self.deferred_touches.take();
        let outcome = async {
            touch(&mut transaction, &deferred).await?;
            touch(&mut transaction, touches).await
        };
        let outcome = outcome.await;
        let outcome = self.mark_full_on_error(transaction.finish(outcome).await);
        if outcome.is_err() {
            self.deferred_touches.add(&deferred);
        }
        outcome
    }

    async fn put_last_seen(&self, clients: &[SeenClient]) -> Result<(), StoreError> {
        let mut transaction = self.begin_growing("writing the clients of sessions", None).await?;
        let outcome = touches::put_last_seen(&mut transaction, clients).await;
        self.mark_full_on_error(transaction.finish(outcome).await)
    }

    async fn list(
        &self,
        owner: &Owner,
        handle: UserHandle,
        touches: &[Touch],
        now: UnixMillis,
    ) -> Result<Vec<Session>, StoreError> {
        let operation = "listing sessions";
        self.check_clock(operation, Some(now))?;
        let touches = [touches, &self.deferred_touches.for_user(handle)].concat();
        if !self.disk_reserve.is_full() {
            let mut transaction = self.begin(operation, Some(now)).await?;
            let outcome = reads::list(&mut transaction, owner, handle, &touches, now).await;
            match self.mark_full_on_error(transaction.finish(outcome).await) {
                Err(StoreError::Unreachable { .. } | StoreError::NoResponse { .. }) => {}
                outcome => return outcome,
            }
        }
        // The writes of a list can be deferred; its response cannot.
        let mut connection = self.connection(operation).await?;
        let listed = reads::list_read_only(&mut connection, owner, handle, &touches, now).await;
        let listed = listed.map_err(|error| error.into_store_error(operation))?;
        self.deferred_touches.add(&touches);
        Ok(listed)
    }

    async fn update(&self, update: SessionUpdate) -> Result<UpdateOutcome, StoreError> {
        let mut transaction = self.begin_growing("updating a session", Some(update.now)).await?;
        let outcome = update_session(&mut transaction, update).await;
        self.mark_full_on_error(transaction.finish(outcome).await)
    }

    async fn present_token(&self, presentation: TokenPresentation) -> Result<PresentationOutcome, StoreError> {
        loop {
            let mut transaction = self.begin("presenting a token", Some(presentation.now)).await?;
            let outcome = present_token(&mut transaction, presentation.clone()).await;
            let outcome = transaction.finish(outcome).await;
            if !self.try_free_space(&outcome).await {
                return outcome;
            }
        }
    }

    async fn revoke(&self, revocation: SessionRevocation) -> Result<Vec<SessionEnding>, StoreError> {
        loop {
            let mut transaction = self.begin("revoking sessions", Some(revocation.now)).await?;
            let outcome = revocations::revoke(&mut transaction, revocation.clone()).await;
            let outcome = transaction.finish(outcome).await;
            if !self.try_free_space(&outcome).await {
                return outcome;
            }
        }
    }

    async fn revoke_all(&self, revocation: UserRevocation) -> Result<RevokedSessions, StoreError> {
        loop {
            let mut transaction = self.begin("revoking a user's sessions", Some(revocation.now)).await?;
            let outcome = revocations::revoke_all(&mut transaction, revocation.clone()).await;
            let outcome = transaction.finish(outcome).await;
            if !self.try_free_space(&outcome).await {
                return outcome;
            }
        }
    }

    async fn answer_alert(&self, answer: AlertAnswer) -> Result<AnswerOutcome, StoreError> {
        loop {
            let mut transaction = self.begin("answering an alert", Some(answer.now)).await?;
            let outcome = answer_alert(&mut transaction, answer.clone()).await;
            let outcome = transaction.finish(outcome).await;
            if !self.try_free_space(&outcome).await {
                return outcome;
            }
        }
    }

    async fn forget_user(&self, forgetting: UserErasure) -> Result<UserErasureOutcome, StoreError> {
        loop {
            let mut transaction = self.begin("erasing a user", Some(forgetting.now)).await?;
            let outcome = revocations::forget_user(&mut transaction, forgetting.clone()).await;
            let outcome = transaction.finish(outcome).await;
            if !self.try_free_space(&outcome).await {
                return outcome;
            }
        }
    }

    async fn revoke_mass(&self, revocation: MassRevocation) -> Result<(), StoreError> {
        loop {
            let mut transaction = self.begin("revoking the sessions of a scope", Some(revocation.now)).await?;
            let outcome = revocations::revoke_mass(&mut transaction, revocation.clone()).await;
            let outcome = transaction.finish(outcome).await;
            if !self.try_free_space(&outcome).await {
                return outcome;
            }
        }
    }

    async fn sweep(&self, bucket: Bucket, now: UnixMillis, limit: usize) -> Result<SweepOutcome, StoreError> {
        if let Some(fence) = &self.fence {
            fence.save(&self.pool, false).await;
        }
        let mut transaction = self.begin_growing("sweeping a bucket", Some(now)).await?;
        let outcome = sweep(&mut transaction, bucket, now, limit).await;
        self.mark_full_on_error(transaction.finish(outcome).await)
    }
}

/// Creates a session. All decisions precede the first write, so a refusal changes nothing.
async fn create_session(
    connection: &mut SqliteConnection,
    mut creation: SessionCreation,
) -> Result<CreateOutcome, EngineError> {
    let now = creation.now;
    let generation = remembered::latest_generation(connection).await?;
    let user = UserEntry::find_or_new(connection, creation.session.id.handle, &creation.session.owner).await?;
    let sessions = user.partition_sessions(connection, &creation.touches, now).await?;

    if let Some(request) = &creation.request
        && let Some(outcome) = find_repeated_request(connection, &user, request, &sessions.live, now).await?
    {
        return Ok(outcome);
    }
    let floor = remembered::load_floor(connection, user.handle).await?;
    let mass_floor = remembered::mass_revocation_floor(connection, &user.owner.tenant).await?;
    let floor = floor.max(mass_floor);
    if let Some(floor) = floor.filter(|floor| !creation.is_authenticated_after(*floor)) {
        return Ok(CreateOutcome::AuthenticatedBeforeRevocation { floor: floor.min(now) });
    }
    let session = &creation.session;
    let device = session.record.device.named_by_caller.then_some(session.clock.device);
    let plan = match plan_eviction(sessions.live, device, creation.limit, creation.on_limit) {
        Ok(plan) => plan,
        Err(LimitReached { live }) => return Ok(CreateOutcome::LimitReached { live }),
    };

    let (version, _) = findings::load_history(connection, user.handle).await?;
    if let Some(update) = &creation.history
        && update.expected_version.is_some_and(|expected| expected != version)
    {
        return Ok(CreateOutcome::HistoryConflict(Box::new(creation)));
    }

    let created_at = session_start(floor, mass_floor, now);
    creation.session.record.set_start(created_at);
    // The sweep uses the last activity, and the audit uses the start, to determine which sessions a mass revocation
    // ended.
    creation.session.clock.last_active = creation.session.clock.last_active.max(created_at);
    let session = &creation.session;
    let record = record::encode(&session.record, generation)?;
    let mut ended = user.end(connection, sessions.ended, now).await?;
    let evicted = EvictedSessions {
        sessions: u64::try_from(plan.evicted.len()).unwrap_or(u64::MAX),
        record: match plan.evicted.first() {
            Some(first) => users::load_record(connection, user.session_id(first)).await?,
            None => Vec::new(),
        },
    };
    let remaining = apply_eviction_plan(connection, &user, plan, &creation, &mut ended).await?;
    let created = SessionHead { unique: session.id.unique, clock: session.clock, generation, touched: false };
    insert_session(connection, &user, remaining, &created, record, &creation).await?;
    if let Some(update) = &creation.history {
        findings::put_history(connection, user.handle, version, update, now).await?;
    }
    let raised = findings::raise_alerts(connection, user.handle, &creation.findings, &evicted, now).await?;
    Ok(CreateOutcome::Created { session: Box::new(creation.session), ended, alerts: raised })
}

/// Returns the earlier outcome of the same request, or `None` if the request is new.
async fn find_repeated_request(
    connection: &mut SqliteConnection,
    user: &UserEntry,
    request: &RequestKey,
    live: &[SessionHead],
    now: UnixMillis,
) -> Result<Option<CreateOutcome>, EngineError> {
    let Some(known) = remembered::find_request(connection, user.handle, request.id, now).await? else {
        return Ok(None);
    };
    if known.request.body != request.body {
        return Ok(Some(CreateOutcome::RequestIdReused));
    }
    let Some(created) = live.iter().find(|session| session.unique == known.session) else {
        return Ok(Some(CreateOutcome::RepeatedEnded));
    };
    let id = user.session_id(created);
    let (record, _) = record::decode(&users::load_record(connection, id).await?)?;
    let session = Session { id, owner: user.owner.clone(), record, clock: created.clock };
    Ok(Some(CreateOutcome::Repeated { session: Box::new(session), request: known.request }))
}

/// Ends the replaced and evicted sessions, and writes the activity of the remaining ones.
async fn apply_eviction_plan(
    connection: &mut SqliteConnection,
    user: &UserEntry,
    plan: EvictionPlan,
    creation: &SessionCreation,
    ended: &mut Vec<SessionEnding>,
) -> Result<Vec<SessionHead>, EngineError> {
    let EvictionPlan { remaining, replaced, evicted } = plan;
    for (sessions, reason) in [(replaced, EndReason::Replaced), (evicted, EndReason::Evicted)] {
        let ending =
            EndingDetails { reason, at: creation.now, cause: creation.cause.clone(), is_mass_revocation: false };
        ended.extend(user.end_all(connection, sessions, &ending).await?);
    }
    users::update_touched_clocks(connection, user.handle, &remaining).await?;
    Ok(remaining)
}

/// Writes the session with its event, and stores the request that created it.
async fn insert_session(
    connection: &mut SqliteConnection,
    user: &UserEntry,
    remaining: Vec<SessionHead>,
    created: &SessionHead,
    record: Vec<u8>,
    creation: &SessionCreation,
) -> Result<(), EngineError> {
    let id = creation.session.id;
    let sessions = [remaining, vec![created.clone()]].concat();
    user.put(connection, &sessions).await?;
    users::insert_session(connection, user.handle, created, &record).await?;
    if let Some(request) = &creation.request {
        remembered::put_request(connection, id, request, creation.now).await?;
    }
    let created_at = creation.session.record.created_at;
    user.append_event(connection, EventKind::Created, created, record, created_at, &creation.cause).await
}

/// Replaces the record of a session, which keeps its generation, its clock, and its token unless that is replaced. A session whose time is up
/// is ended instead.
async fn update_session(
    connection: &mut SqliteConnection,
    update: SessionUpdate,
) -> Result<UpdateOutcome, EngineError> {
    let SessionUpdate { now, session, expected_revision, new_token, cause } = update;
    let user = UserEntry::find_or_new(connection, session.id.handle, &session.owner).await?;
    let Some(head) = users::load_head(connection, session.id).await? else {
        return Ok(UpdateOutcome::NotFound);
    };
    let mass = remembered::latest_mass_revocation(connection, &user.owner.tenant).await?;
    if session_ending(&head.clock, head.generation, mass.as_ref(), now).is_some() {
        let sessions = user.partition_sessions(connection, &[], now).await?;
        user.end(connection, sessions.ended, now).await?;
        user.update_or_remove(connection, &sessions.live).await?;
        return Ok(UpdateOutcome::NotFound);
    }
    let (current, generation) = record::decode(&users::load_record(connection, session.id).await?)?;
    let is_outdated = new_token.as_ref().is_some_and(|replacement| replacement.before != current.rotation);
    if current.revision != expected_revision || is_outdated {
        return Ok(UpdateOutcome::Conflict { current: current.revision });
    }
    let mut record = session.record;
    if new_token.is_none() {
        (record.secret, record.rotation) = (current.secret, current.rotation);
    }
    let record = record::encode(&record, generation)?;
    users::update_record(connection, session.id, &record).await?;
    user.append_event(connection, EventKind::Updated, &head, record, now, &cause).await?;
    Ok(UpdateOutcome::Updated)
}
