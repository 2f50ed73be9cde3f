//! The use cases over one store, and the requests that the tests send.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::FutureExt;
use tokio::sync::{Notify, watch};

use crate::{
    audit::{self, AuditDatabase, Relay, RelayStatus, SweepProgress},
    authority::{
        ActivityWriter, AlertAcknowledger, AlertRecorder, AuditQueries, AuditReader, BucketSweeper, ChangeRecorder,
        ClientDescriber, CreatedSession, DenylistChecker, FailureLookup, FilterRevoker, FindingResponder, JwtDenier,
        LoginRequest, LoginRules, MassRevocationLimiter, ObservedClients, Presenter, RefusedCallRecorder,
        RejectedTokenParts, RejectedTokenWatcher, RejectedTokens, RevocationRequest, RotationRequest, RotationVerdict,
        ScopeRevocationRequest, ScopeRevoker, SessionActivity, SessionCreator, SessionListRequest, SessionLister,
        SessionRevoker, SessionSelector, SessionUpdater, SessionWatcher, SessionWatcherParts, SignInEvaluator,
        TokenIssuer, TokenParser, TokenPresenter, TokenRotator, TokenValidator, TokenVerdict, UserEraser,
        ValidationRequest, audit_condition::AuditCondition, backlog::BacklogGate, clock_monitor::ClockMonitor, digest,
        dirty_buckets::DirtyBuckets, observer::AuthorityObserver, token_key_registry::TokenKeyRegistry,
    },
    clock::{Clock, ManualClock, SystemClock},
    detection::{AlertRule, DetectionSettings, NotEvaluatedReason},
    device::DeviceNamer,
    domain::{
        Alert, AuthEventKind, BearerToken, Bucket, Cause, ClientContext, EndReason, InstallationSecret, Owner, Policy,
        PolicySet, RejectReason, Session, SessionData, SessionId, TenantScope, TokenKey, TokenKeys, UnixMillis,
        alert::{AlertVerdict, NotificationContact, Severity},
        event::RevocationScope,
        policy::PolicyPreset,
    },
    entropy::{Entropy, EntropyError},
    geo::NoopLocator,
    near_cache::{
        CachedDenylist, NearCache, NearCacheParts, NoopCacheObserver, SessionReader, source::InvalidationSource,
    },
    store::{AlertPosition, AlertRetention, AlertStream, SessionStore, sqlite::SqliteSessionStore},
};

pub(super) const START: UnixMillis = UnixMillis::new(1_700_000_000_000);
pub(super) const SECOND: Duration = Duration::from_secs(1);
pub(super) const MINUTE: Duration = Duration::from_mins(1);
pub(super) const HOUR: Duration = Duration::from_hours(1);

/// A node's use cases over an empty store, at [`START`].
pub(super) struct AuthorityFixture {
    pub(super) clock: Arc<ManualClock>,
    pub(super) observer: Arc<RecordingObserver>,
    pub(super) activity: Arc<SessionActivity>,
    pub(super) dirty_buckets: Arc<DirtyBuckets>,
    pub(super) token_key_registry: Arc<TokenKeyRegistry>,
    pub(super) audit_condition: Arc<AuditCondition>,
    pub(super) relay_status: watch::Sender<RelayStatus>,
    pub(super) sweep_progress: Arc<SweepProgress>,
    pub(super) audit: AuditDatabase,
    /// The store, as other nodes use it: without the cache of this one.
    pub(super) engine: Arc<SqliteSessionStore>,
    store: Arc<dyn SessionStore>,
    reader: Arc<SessionReader>,
    denylist: CachedDenylist,
    change_signal: Arc<Notify>,
    entropy: Arc<SequentialEntropy>,
    observed_clients: Arc<ObservedClients>,
    rejected_tokens: Arc<RejectedTokens>,
    pub(super) refused_calls: Arc<RefusedCallRecorder>,
}

impl AuthorityFixture {
    /// Creates a node without an audit database.
    pub(super) async fn new() -> Self {
        Self::with_audit(AuditDatabase::none()).await
    }

    /// Creates a node with an empty audit database.
    pub(super) async fn with_embedded_audit() -> Self {
        Self::with_audit(audit::open("sqlite::memory:", true).await.expect("an audit database")).await
    }

    async fn with_audit(audit: AuditDatabase) -> Self {
        let clock = Arc::new(ManualClock::new(START));
        let engine = Arc::new(SqliteSessionStore::open("sqlite::memory:").await.expect("a store"));
        let near_cache = NearCache::new(NearCacheParts {
            store: Arc::clone(&engine) as _,
            source: Arc::clone(&engine) as _,
            encode_session: |_| Box::default(),
            clock: Arc::clone(&clock) as _,
            observer: Arc::new(NoopCacheObserver),
            max_size: 1 << 20,
            max_staleness: MINUTE,
        });
        let denylist = CachedDenylist::new(Arc::clone(&engine) as _, &near_cache, Arc::new(NoopCacheObserver));
        let NearCache { memory, reader, store, .. } = near_cache;
        // The embedded store attaches every bucket once, and then has nothing left to deliver.
        assert!(engine.run(memory).now_or_never().is_none());
        let audit_condition = Arc::new(AuditCondition::default());
        audit_condition.mark_examined();
        Self {
            clock,
            observer: Arc::default(),
            activity: Arc::new(SessionActivity::new(1_000)),
            dirty_buckets: Arc::default(),
            token_key_registry: Arc::default(),
            audit_condition,
            relay_status: watch::Sender::default(),
            sweep_progress: Arc::default(),
            audit,
            engine,
            store,
            reader,
            denylist,
            change_signal: Arc::default(),
            entropy: Arc::default(),
            observed_clients: Arc::default(),
            rejected_tokens: Arc::new(RejectedTokens::new(&DetectionSettings::default())),
            refused_calls: Arc::default(),
        }
    }

    pub(super) fn creator(&self) -> SessionCreator {
        SessionCreator {
            clock: self.clock(),
            rules: rules_with(PolicyPreset::Default.policy()),
            tokens: self.issuer(),
            clients: describer(),
            sign_ins: self.evaluator(DetectionSettings::default()),
            activity: Arc::clone(&self.activity),
            changes: self.changes(),
            backlog: open_backlog(),
        }
    }

    pub(super) fn evaluator(&self, settings: DetectionSettings) -> SignInEvaluator {
        SignInEvaluator::new(
            self.store(),
            settings,
            self.observer(),
            self.alerts(),
            Arc::default(),
            self.failure_lookup(),
            self.responder(),
        )
    }

    fn failure_lookup(&self) -> FailureLookup {
        FailureLookup { failures: Arc::clone(&self.engine) as _, installation: installation() }
    }

    pub(super) fn jwt_denier(&self) -> JwtDenier {
        JwtDenier {
            denylist: Arc::clone(&self.denylist.store),
            clock: self.clock(),
            entropy: self.entropy(),
            changes: self.changes(),
        }
    }

    pub(super) fn denylist_checker(&self) -> DenylistChecker {
        DenylistChecker {
            reader: Arc::clone(&self.denylist.reader),
            clock: self.clock(),
            clock_monitor: self.clock_monitor(),
            observer: self.observer(),
        }
    }

    pub(super) fn validator(&self) -> TokenValidator {
        TokenValidator {
            tokens: self.tokens(),
            reader: Arc::clone(&self.reader),
            store: self.store(),
            activity: Arc::clone(&self.activity),
            presenter: self.presenter(),
            observed_clients: Arc::clone(&self.observed_clients),
            clock: self.clock(),
            clock_monitor: self.clock_monitor(),
            observer: self.observer(),
        }
    }

    /// Returns a watcher of the sessions that [`Self::validator`] validates.
    pub(super) fn watcher(&self, settings: DetectionSettings) -> SessionWatcher {
        SessionWatcher::new(
            Arc::clone(&self.observed_clients),
            SessionWatcherParts {
                store: self.store(),
                failures: Arc::clone(&self.engine) as _,
                clients: describer(),
                networks: Arc::default(),
                settings,
                activity: Arc::clone(&self.activity),
                alerts: self.alerts(),
                responder: self.responder(),
                clock: self.clock(),
                observer: self.observer(),
            },
        )
    }

    pub(super) fn rejected_token_watcher(
        &self,
        rejected: &Arc<RejectedTokens>,
        settings: DetectionSettings,
        clients: ClientDescriber,
    ) -> RejectedTokenWatcher {
        RejectedTokenWatcher::new(
            Arc::clone(rejected),
            RejectedTokenParts {
                store: self.store(),
                failures: Arc::clone(&self.engine) as _,
                installation: installation(),
                clients,
                networks: Arc::default(),
                settings,
                alerts: self.alerts(),
                refused_calls: Arc::clone(&self.refused_calls),
                clock: self.clock(),
                observer: self.observer(),
            },
        )
    }

    fn responder(&self) -> FindingResponder {
        FindingResponder {
            store: self.store(),
            activity: Arc::clone(&self.activity),
            changes: self.changes(),
            entropy: self.entropy(),
        }
    }

    pub(super) fn rotator(&self) -> TokenRotator {
        TokenRotator {
            tokens: self.tokens(),
            store: self.store(),
            activity: Arc::clone(&self.activity),
            clock: self.clock(),
            clock_monitor: self.clock_monitor(),
            backlog: open_backlog(),
            presenter: self.presenter(),
        }
    }

    pub(super) fn updater(&self) -> SessionUpdater {
        SessionUpdater {
            store: self.store(),
            clock: self.clock(),
            activity: Arc::clone(&self.activity),
            changes: self.changes(),
            backlog: open_backlog(),
            tokens: self.issuer(),
            max_authentication_age: 24 * HOUR,
        }
    }

    pub(super) fn lister(&self) -> SessionLister {
        SessionLister {
            store: self.store(),
            clock: self.clock(),
            installation: installation(),
            activity: Arc::clone(&self.activity),
        }
    }

    pub(super) fn revoker(&self) -> SessionRevoker {
        SessionRevoker {
            store: self.store(),
            clock: self.clock(),
            installation: installation(),
            tokens: self.tokens(),
            activity: Arc::clone(&self.activity),
            presenter: self.presenter(),
            changes: self.changes(),
        }
    }

    /// Returns a revoker that admits two mass revocations at once.
    pub(super) fn scope_revoker(&self) -> ScopeRevoker {
        ScopeRevoker {
            store: self.store(),
            clock: self.clock(),
            entropy: self.entropy(),
            installation: installation(),
            tokens: self.tokens(),
            activity: Arc::clone(&self.activity),
            presenter: self.presenter(),
            changes: self.changes(),
            limiter: MassRevocationLimiter::new(2),
        }
    }

    pub(super) fn filter_revoker(&self) -> FilterRevoker {
        FilterRevoker {
            audit: self.audit_reader(),
            store: self.store(),
            clock: self.clock(),
            activity: Arc::clone(&self.activity),
            changes: self.changes(),
            backlog: open_backlog(),
        }
    }

    pub(super) fn acknowledger(&self) -> AlertAcknowledger {
        AlertAcknowledger {
            store: self.store(),
            stream: Arc::clone(&self.engine) as _,
            archive: Arc::clone(&self.audit.alerts),
            audit_condition: Arc::clone(&self.audit_condition),
            clock: self.clock(),
            installation: installation(),
            settings: DetectionSettings::default(),
            networks: Arc::default(),
            changes: self.changes(),
            alerts: self.alerts(),
        }
    }

    pub(super) fn eraser(&self) -> UserEraser {
        UserEraser {
            store: self.store(),
            engine: "sqlite",
            clock: self.clock(),
            entropy: self.entropy(),
            installation: installation(),
            audit_log: Arc::clone(&self.audit.log),
            audit_condition: Arc::clone(&self.audit_condition),
            audit_retention: 365 * 24 * HOUR,
            alerts: Arc::clone(&self.engine) as _,
            failures: Arc::clone(&self.engine) as _,
            changes: self.changes(),
        }
    }

    pub(super) fn audit_queries(&self) -> AuditQueries {
        AuditQueries { audit: self.audit_reader(), clock: self.clock() }
    }

    pub(super) fn sweeper(&self) -> BucketSweeper {
        BucketSweeper {
            store: self.store(),
            clock: self.clock(),
            clock_monitor: self.clock_monitor(),
            backlog: open_backlog(),
            changes: self.changes(),
            progress: Arc::clone(&self.sweep_progress),
            shared: None,
            batch: 100,
        }
    }

    pub(super) fn activity_writer(&self) -> ActivityWriter {
        ActivityWriter {
            activity: Arc::clone(&self.activity),
            store: self.store(),
            clock: self.clock(),
            observer: self.observer(),
            audit_log: Arc::clone(&self.audit.log),
            audit_condition: Arc::clone(&self.audit_condition),
        }
    }

    /// Moves the events of all changes so far to the audit database.
    pub(super) async fn relay_events(&self) {
        let relay = Relay::new(Arc::clone(&self.engine) as _, Arc::clone(&self.audit.log), self.clock());
        relay.drain_once().await.expect("recorded");
    }

    /// Forwards the alerts so far. Returns them, oldest first.
    pub(super) async fn forwarded_alerts(&self) -> Vec<Alert> {
        let keep = AlertRetention { alerts: 100, age: 24 * HOUR, archived: None };
        for bucket in Bucket::all() {
            self.engine.forward(bucket, 100, keep).await.expect("forwarded");
        }
        let page = self.engine.read(AlertPosition::START, 100).await.expect("read");
        page.alerts.into_iter().map(|streamed| streamed.alert.expect("an alert")).collect()
    }

    /// Creates a session for [`login`].
    pub(super) async fn sign_in(&self, user: &str) -> CreatedSession {
        self.creator().create(login(user)).await.expect("a session")
    }

    /// Rotates a token for a caller of all tenants.
    pub(super) async fn rotate(&self, token: &BearerToken) -> RotationVerdict {
        let (tenants, presenter) = (&TenantScope::All, Presenter::UNKNOWN);
        let request = RotationRequest { token: token.clone(), tenants, presenter, cause: cause("") };
        self.rotator().rotate(request).await.expect("a verdict")
    }

    /// Validates a token as activity.
    pub(super) async fn validate(&self, token: &BearerToken) -> TokenVerdict {
        self.validator().validate(&validation(token)).await.expect("a verdict")
    }

    /// Returns whether a token is accepted, without counting as activity.
    pub(super) async fn is_accepted(&self, token: &BearerToken) -> bool {
        let peek = ValidationRequest { touch: false, ..validation(token) };
        self.validator().validate(&peek).await.expect("a verdict").outcome.is_ok()
    }

    /// Returns the reason for which a token is rejected.
    pub(super) async fn rejection_reason(&self, token: &BearerToken) -> RejectReason {
        self.validate(token).await.outcome.expect_err("a rejection").reason
    }

    pub(super) async fn list(&self, user: &str) -> Vec<Session> {
        self.lister().list(SessionListRequest { owner: owner(user) }).await.expect("a list")
    }

    /// Returns whether a change was signalled since the last call.
    pub(super) fn take_change_signal(&self) -> bool {
        self.change_signal.notified().now_or_never().is_some()
    }

    pub(super) fn clock_monitor(&self) -> Arc<ClockMonitor> {
        Arc::new(ClockMonitor::new(self.clock.as_ref(), 2 * SECOND))
    }

    fn store(&self) -> Arc<dyn SessionStore> {
        Arc::clone(&self.store)
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock) as _
    }

    fn entropy(&self) -> Arc<dyn Entropy> {
        Arc::clone(&self.entropy) as _
    }

    fn observer(&self) -> Arc<dyn AuthorityObserver> {
        Arc::clone(&self.observer) as _
    }

    fn changes(&self) -> ChangeRecorder {
        ChangeRecorder {
            activity: Arc::clone(&self.activity),
            observer: self.observer(),
            change_signal: Arc::clone(&self.change_signal),
        }
    }

    fn issuer(&self) -> TokenIssuer {
        TokenIssuer { installation: installation(), keys: keys(&[1]), entropy: self.entropy() }
    }

    fn alerts(&self) -> AlertRecorder {
        AlertRecorder { observer: self.observer(), dirty_buckets: Arc::clone(&self.dirty_buckets) }
    }

    fn presenter(&self) -> Arc<TokenPresenter> {
        let (store, changes, alerts) = (self.store(), self.changes(), self.alerts());
        Arc::new(TokenPresenter { store, clients: describer(), changes, alerts })
    }

    fn tokens(&self) -> TokenParser {
        let (registry, rejected) = (Arc::clone(&self.token_key_registry), Arc::clone(&self.rejected_tokens));
        TokenParser { keys: keys(&[1]), registry, rejected }
    }

    fn audit_reader(&self) -> AuditReader {
        AuditReader {
            history: Arc::clone(&self.audit.history),
            condition: Arc::clone(&self.audit_condition),
            relay_status: self.relay_status.subscribe(),
        }
    }
}

pub(super) fn describer() -> ClientDescriber {
    ClientDescriber { namer: DeviceNamer::new(), locator: Arc::new(NoopLocator) }
}

pub(super) fn installation() -> InstallationSecret {
    InstallationSecret::new(&[1; 32])
}

/// Returns token keys with these IDs, the first of which mints.
pub(super) fn keys(ids: &[u8]) -> TokenKeys {
    TokenKeys::new(ids.iter().map(|id| TokenKey::new(*id, &[*id; 32])).collect()).expect("token keys")
}

/// Returns the rules of an installation whose default policy is `default`.
pub(super) fn rules_with(default: Policy) -> LoginRules {
    let policies = PolicySet::new(BTreeMap::from([(PolicySet::DEFAULT.to_owned(), default)]));
    LoginRules { policies, max_authentication_age: 24 * HOUR }
}

/// Returns a gate that admits everything.
pub(super) fn open_backlog() -> Arc<BacklogGate> {
    Arc::new(BacklogGate::new(1_000_000))
}

/// Returns a gate with a limit of 100, behind which `waiting` events wait.
pub(super) fn backlog_with(waiting: u64) -> Arc<BacklogGate> {
    let gate = BacklogGate::new(100);
    gate.update_backlog(waiting, Some(START));
    Arc::new(gate)
}

/// Returns the monitor of a clock that has not been compared with the store's.
pub(super) fn uncompared_clock() -> Arc<ClockMonitor> {
    Arc::new(ClockMonitor::new(&SystemClock, 2 * SECOND))
}

pub(super) fn owner(user: &str) -> Owner {
    owner_in("acme", user)
}

pub(super) fn owner_in(tenant: &str, user: &str) -> Owner {
    Owner::new(tenant, user).expect("an owner")
}

/// Returns a login with the default policy on an unnamed device in Germany.
pub(super) fn login(user: &str) -> LoginRequest {
    LoginRequest {
        owner: owner(user),
        email: String::new(),
        contact: NotificationContact::default(),
        roles: Vec::new(),
        data: SessionData::default(),
        client: client("", "DE"),
        remember: false,
        lifetime: None,
        idle_timeout: None,
        policy: String::new(),
        auth_methods: Vec::new(),
        assurance_level: 1,
        authenticated_at: None,
        request_id: String::new(),
        is_migrated: false,
        body_digest: digest(b"login"),
        cause: cause("login"),
    }
}

pub(super) fn client(device_id: &str, country: &str) -> ClientContext {
    ClientContext { device_id: device_id.to_owned(), country: country.to_owned(), ..ClientContext::default() }
}

/// Returns a validation without demands that counts as activity.
pub(super) fn validation(token: &BearerToken) -> ValidationRequest<'static> {
    ValidationRequest {
        token: token.clone(),
        strong: false,
        touch: true,
        max_auth_age: None,
        min_assurance_level: 0,
        tenants: &TenantScope::All,
        presenter: Presenter::UNKNOWN,
    }
}

/// Returns a revocation of one session by a caller of all tenants.
pub(super) fn revocation(target: SessionSelector) -> RevocationRequest {
    RevocationRequest {
        target,
        tenant: None,
        user: None,
        tenants: TenantScope::All,
        is_sign_out: false,
        is_compromised: false,
        cause: cause("stolen"),
    }
}

/// Returns a revocation of all sessions of a scope.
pub(super) fn scope_revocation(scope: RevocationScope) -> ScopeRevocationRequest {
    ScopeRevocationRequest {
        scope,
        except: None,
        operation_id: String::new(),
        is_compromised: false,
        cause: cause("breach"),
    }
}

/// Returns the cause that the caller `backend` states for the actor `ann`.
pub(super) fn cause(reason: &str) -> Cause {
    Cause { reason: reason.to_owned(), actor: "ann".to_owned(), caller: "backend".to_owned(), ..Cause::default() }
}

pub(super) fn ids(sessions: &[Session]) -> Vec<SessionId> {
    sessions.iter().map(|session| session.id).collect()
}

/// Fills buffers with the numbers 1, 2, 3 and so on.
#[derive(Default)]
struct SequentialEntropy(AtomicU64);

impl Entropy for SequentialEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        let number = (self.0.fetch_add(1, Ordering::Relaxed) + 1).to_le_bytes();
        for (byte, value) in bytes.iter_mut().zip(number.iter().cycle()) {
            *byte = *value;
        }
        Ok(())
    }
}

/// The events that the use cases reported.
#[derive(Clone, Debug, Default)]
pub(super) struct ReportedEvents {
    pub(super) created: usize,
    pub(super) ended: Vec<EndReason>,
    pub(super) accepted: usize,
    pub(super) rejected: Vec<RejectReason>,
    pub(super) coalesced: usize,
    pub(super) written: usize,
    pub(super) rotated: Vec<bool>,
    pub(super) alerts: Vec<AlertRule>,
    pub(super) acknowledged: Vec<AlertVerdict>,
    pub(super) not_evaluated: Vec<(AlertRule, NotEvaluatedReason)>,
    pub(super) refused_logins: usize,
    pub(super) denied_jwts: u32,
    /// The numbers of JWTs that were found denied and not denied.
    pub(super) denylist_verdicts: (usize, usize),
}

#[derive(Default)]
pub(super) struct RecordingObserver(Mutex<ReportedEvents>);

impl RecordingObserver {
    pub(super) fn reported(&self) -> ReportedEvents {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn record(&self, change: impl FnOnce(&mut ReportedEvents)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl AuthorityObserver for RecordingObserver {
    fn created(&self) {
        self.record(|reported| reported.created += 1);
    }

    fn ended(&self, reason: EndReason) {
        self.record(|reported| reported.ended.push(reason));
    }

    fn accepted(&self) {
        self.record(|reported| reported.accepted += 1);
    }

    fn rejected(&self, reason: RejectReason) {
        self.record(|reported| reported.rejected.push(reason));
    }

    fn touch_coalesced(&self) {
        self.record(|reported| reported.coalesced += 1);
    }

    fn touches_written(&self, count: usize) {
        self.record(|reported| reported.written += count);
    }

    fn rotated(&self, is_new: bool) {
        self.record(|reported| reported.rotated.push(is_new));
    }

    fn alert_raised(&self, rule: AlertRule, _: Severity) {
        self.record(|reported| reported.alerts.push(rule));
    }

    fn alert_acknowledged(&self, verdict: AlertVerdict) {
        self.record(|reported| reported.acknowledged.push(verdict));
    }

    fn failure_reported(&self, _: AuthEventKind, _: bool) {}

    fn throttle_advised(&self) {}

    fn not_evaluated(&self, rule: AlertRule, reason: NotEvaluatedReason) {
        self.record(|reported| reported.not_evaluated.push((rule, reason)));
    }

    fn client_dropped(&self) {}
    fn tokens_guessed(&self, _: u64) {}
    fn rejected_tokens_dropped(&self, _: u64) {}
    fn evaluation_failed(&self) {}

    fn history_conflict(&self) {}

    fn login_refused(&self) {
        self.record(|reported| reported.refused_logins += 1);
    }

    fn jwts_denied(&self, count: u32) {
        self.record(|reported| reported.denied_jwts += count);
    }

    fn denylist_checked(&self, denied: usize, not_denied: usize) {
        self.record(|reported| {
            reported.denylist_verdicts.0 += denied;
            reported.denylist_verdicts.1 += not_denied;
        });
    }
}
