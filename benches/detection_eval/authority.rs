//! The use cases of a node over the embedded store, on a simulated clock.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
    fs,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::FutureExt;
use session_authority::{
    authority::{
        AlertRecorder, ChangeRecorder, ClientDescriber, FailureLookup, FailureReporter, FindingResponder, LoginRequest,
        LoginRules, ObservedClients, Presenter, RejectedTokenParts, RejectedTokenWatcher, RejectedTokens,
        ReportedFailure, RevocationRequest, RotationRequest, SessionActivity, SessionCreator, SessionRevoker,
        SessionSelector, SessionWatcher, SessionWatcherParts, SignInEvaluator, TokenIssuer, TokenParser,
        TokenPresenter, TokenRotator, TokenValidator, ValidationRequest, backlog::BacklogGate,
        clock_monitor::ClockMonitor, observer::AuthorityObserver,
    },
    cli::simulate::seeded_random::SeededRandom,
    clock::{Clock, ManualClock},
    detection::{AlertRule, DetectionSettings, NotEvaluatedReason},
    device::DeviceNamer,
    domain::{
        AuthEventKind, BearerToken, Cause, ClientContext, EndReason, InstallationSecret, NetworkClass, NetworkEntry,
        Owner, PolicySet, RejectReason, SessionData, SessionId, TenantScope, TokenKey, TokenKeys, TokenSecret,
        UserHandle,
        alert::{AlertVerdict, NotificationContact, Severity},
    },
    entropy::{Entropy, EntropyError},
    geo::NetworkLists,
    near_cache::{NearCache, NearCacheParts, NoopCacheObserver, source::InvalidationSource},
    store::sqlite::SqliteSessionStore,
};

use super::{
    places::{NetworkKind, Places},
    schedule::{Action, Label, START, SessionSlot, Step},
    score::Scoreboard,
};

const TENANT: &str = "acme";

/// The authority that is evaluated, with the tokens that its users hold.
pub struct EvalAuthority {
    clock: Arc<ManualClock>,
    creator: SessionCreator,
    validator: TokenValidator,
    rotator: TokenRotator,
    failures: FailureReporter,
    revoker: SessionRevoker,
    watcher: SessionWatcher,
    rejected: RejectedTokenWatcher,
    alerts: Arc<LabelledAlerts>,
    /// The tokens of each session of a user, the current one last.
    tokens: RefCell<HashMap<(String, SessionSlot), Vec<BearerToken>>>,
}

impl EvalAuthority {
    /// Starts an empty authority with the default settings, which knows the carriers and the anonymous networks.
    #[expect(clippy::too_many_lines, reason = "it composes all parts of a node, one after another")]
    pub async fn start(places: Places, scoreboard: Scoreboard) -> Self {
        let clock = Arc::new(ManualClock::new(START));
        let engine = Arc::new(SqliteSessionStore::open("sqlite::memory:").await.expect("a store"));
        let NearCache { memory, reader, store, .. } = NearCache::new(NearCacheParts {
            store: Arc::clone(&engine) as _,
            source: Arc::clone(&engine) as _,
            encode_session: |_| Box::default(),
            clock: Arc::clone(&clock) as _,
            observer: Arc::new(NoopCacheObserver),
            max_size: 64 << 20,
            max_staleness: Duration::from_mins(1),
        });
        // The embedded store attaches every bucket once, and then has nothing left to deliver.
        assert!(engine.run(memory).now_or_never().is_none());

        let alerts = Arc::new(LabelledAlerts(Mutex::new((Label::Attack(0), scoreboard))));
        let observer: Arc<dyn AuthorityObserver> = Arc::clone(&alerts) as _;
        let shared_clock: Arc<dyn Clock> = Arc::clone(&clock) as _;
        let entropy: Arc<dyn Entropy> = Arc::new(SeededEntropy(Mutex::new(SeededRandom::new(1))));
        let installation = InstallationSecret::new(&[1; 32]);
        let keys = TokenKeys::new(vec![TokenKey::new(1, &[2; 32])]).expect("keys");
        let activity = Arc::new(SessionActivity::new(100_000));
        let changes = ChangeRecorder {
            activity: Arc::clone(&activity),
            observer: Arc::clone(&observer),
            change_signal: Arc::default(),
        };
        let recorder = AlertRecorder { observer: Arc::clone(&observer), dirty_buckets: Arc::default() };
        let clients = ClientDescriber { namer: DeviceNamer::new(), locator: Arc::new(places) };
        let presenter = Arc::new(TokenPresenter {
            store: Arc::clone(&store),
            clients: clients.clone(),
            changes: changes.clone(),
            alerts: recorder.clone(),
        });
        let clock_monitor = Arc::new(ClockMonitor::new(shared_clock.as_ref(), Duration::from_secs(2)));
        let backlog = Arc::new(BacklogGate::new(u64::MAX));
        let settings = settings();
        let rejected_tokens = Arc::new(RejectedTokens::new(&settings));
        let tokens =
            || TokenParser { keys: keys.clone(), registry: Arc::default(), rejected: Arc::clone(&rejected_tokens) };
        let responder = || FindingResponder {
            store: Arc::clone(&store),
            activity: Arc::clone(&activity),
            changes: changes.clone(),
            entropy: Arc::clone(&entropy),
        };
        let observed_clients = Arc::new(ObservedClients::new());
        let networks = anonymous_networks();
        let watcher = SessionWatcher::new(
            Arc::clone(&observed_clients),
            SessionWatcherParts {
                store: Arc::clone(&store),
                failures: Arc::clone(&engine) as _,
                clients: clients.clone(),
                networks: Arc::clone(&networks),
                settings: settings.clone(),
                activity: Arc::clone(&activity),
                alerts: recorder.clone(),
                responder: responder(),
                clock: Arc::clone(&shared_clock),
                observer: Arc::clone(&observer),
            },
        );
        let rejected = RejectedTokenWatcher::new(
            Arc::clone(&rejected_tokens),
            RejectedTokenParts {
                store: Arc::clone(&store),
                failures: Arc::clone(&engine) as _,
                installation: installation.clone(),
                clients: clients.clone(),
                networks: Arc::clone(&networks),
                settings: settings.clone(),
                alerts: recorder.clone(),
                refused_calls: Arc::default(),
                clock: Arc::clone(&shared_clock),
                observer: Arc::clone(&observer),
            },
        );
        let sign_ins = SignInEvaluator::new(
            Arc::clone(&store),
            settings.clone(),
            Arc::clone(&observer),
            recorder.clone(),
            networks,
            FailureLookup { failures: Arc::clone(&engine) as _, installation: installation.clone() },
            responder(),
        );
        Self {
            creator: SessionCreator {
                clock: Arc::clone(&shared_clock),
                rules: LoginRules {
                    policies: PolicySet::new(BTreeMap::new()),
                    max_authentication_age: Duration::from_hours(24),
                },
                tokens: TokenIssuer {
                    installation: installation.clone(),
                    keys: keys.clone(),
                    entropy: Arc::clone(&entropy),
                },
                clients: clients.clone(),
                sign_ins,
                activity: Arc::clone(&activity),
                changes: changes.clone(),
                backlog: Arc::clone(&backlog),
            },
            validator: TokenValidator {
                tokens: tokens(),
                reader,
                store: Arc::clone(&store),
                activity: Arc::clone(&activity),
                presenter: Arc::clone(&presenter),
                observed_clients,
                clock: Arc::clone(&shared_clock),
                clock_monitor: Arc::clone(&clock_monitor),
                observer: Arc::clone(&observer),
            },
            revoker: SessionRevoker {
                store: Arc::clone(&store),
                clock: Arc::clone(&shared_clock),
                installation: installation.clone(),
                tokens: tokens(),
                activity: Arc::clone(&activity),
                presenter: Arc::clone(&presenter),
                changes: changes.clone(),
            },
            rotator: TokenRotator {
                tokens: tokens(),
                store: Arc::clone(&store),
                activity,
                clock: Arc::clone(&shared_clock),
                clock_monitor,
                backlog: Arc::clone(&backlog),
                presenter,
            },
            failures: FailureReporter {
                store,
                failures: engine,
                installation,
                clients,
                clock: shared_clock,
                entropy,
                backlog,
                settings,
                alerts: recorder,
                changes,
                observer,
            },
            watcher,
            rejected,
            clock,
            alerts,
            tokens: RefCell::default(),
        }
    }

    /// Takes a step at its time.
    pub async fn take(&self, step: Step) {
        let Step { at, label, user, action } = step;
        self.clock.set(at);
        self.alerts.begin(label);
        match action {
            Action::SignIn { slot, client } => {
                self.alerts.record_sign_in(label);
                self.sign_in(user, slot, client).await;
            }
            Action::Fail { kind, client } => self.fail(&user, kind, client).await,
            Action::Use { slot, client } => self.validate(&(user, slot), &client, 0).await,
            Action::Rotate { slot, client } => self.rotate((user, slot), &client).await,
            Action::SignOut { slot, is_copied } => {
                self.revoke(&(user.clone(), slot), true).await;
                if !is_copied {
                    self.tokens.borrow_mut().remove(&(user, slot));
                }
            }
            Action::Revoke { slot } => self.revoke(&(user, slot), false).await,
            Action::Guess { number, client } => {
                let session = SessionId { handle: UserHandle([number; 12]), unique: [number; 8] };
                // The key of the guesser is not that of the authority.
                let token = TokenKey::new(1, &[number; 32]).mint(session, &TokenSecret::new([number; 32]), 0);
                self.validate_token(token, &client).await;
            }
            Action::UseFormer { slot, client } => self.validate(&(user, slot), &client, 1).await,
        }
        self.watcher.compare_observed().await;
        self.rejected.process().await;
    }

    pub fn into_scoreboard(self) -> Scoreboard {
        let Self { alerts, creator, validator, rotator, revoker, failures, watcher, rejected, .. } = self;
        // They observe the alerts, too.
        drop((creator, validator, rotator, revoker, failures, watcher, rejected));
        let alerts = Arc::into_inner(alerts).expect("no other owner");
        alerts.0.into_inner().unwrap_or_else(PoisonError::into_inner).1
    }

    async fn sign_in(&self, user: String, slot: SessionSlot, client: ClientContext) {
        let login = LoginRequest {
            owner: owner(&user),
            email: String::new(),
            contact: NotificationContact::default(),
            roles: Vec::new(),
            data: SessionData::default(),
            client,
            remember: false,
            lifetime: None,
            idle_timeout: None,
            policy: String::new(),
            auth_methods: Vec::new(),
            assurance_level: 1,
            authenticated_at: None,
            request_id: String::new(),
            is_migrated: false,
            body_digest: [0; 16],
            cause: Cause::default(),
        };
        let created = self.creator.create(login).await.expect("a session");
        self.tokens.borrow_mut().insert((user, slot), vec![created.token]);
    }

    async fn fail(&self, user: &str, kind: AuthEventKind, client: ClientContext) {
        let failure = ReportedFailure {
            owner: owner(user),
            kind,
            method: String::new(),
            client,
            occurred_at: None,
            cause: Cause::default(),
        };
        self.failures.report(failure).await.expect("recorded");
    }

    /// Validates a token of a session: the current one, or the one before so many rotations. The session may have ended.
    async fn validate(&self, session: &(String, SessionSlot), client: &ClientContext, before: usize) {
        let token = self.tokens.borrow().get(session).and_then(|tokens| tokens.iter().rev().nth(before).cloned());
        let Some(token) = token else { return };
        self.validate_token(token, client).await;
    }

    async fn validate_token(&self, token: BearerToken, client: &ClientContext) {
        let request = ValidationRequest {
            token,
            strong: false,
            touch: true,
            max_auth_age: None,
            min_assurance_level: 0,
            tenants: &TenantScope::All,
            presenter: Presenter { client, caller: "", request_id: "" },
        };
        self.validator.validate(&request).await.expect("a verdict");
    }

    /// Ends a session, if the user has it.
    async fn revoke(&self, session: &(String, SessionSlot), is_sign_out: bool) {
        let token = self.tokens.borrow().get(session).and_then(|tokens| tokens.last().cloned());
        let Some(token) = token else { return };
        let request = RevocationRequest {
            target: SessionSelector::Token(token),
            tenant: None,
            user: None,
            tenants: TenantScope::All,
            is_sign_out,
            is_compromised: false,
            cause: Cause::default(),
        };
        self.revoker.revoke(request).await.expect("revoked");
    }

    async fn rotate(&self, session: (String, SessionSlot), client: &ClientContext) {
        let token = self.tokens.borrow().get(&session).and_then(|tokens| tokens.last().cloned()).expect("a token");
        let presenter = Presenter { client, caller: "", request_id: "" };
        let request = RotationRequest { token, tenants: &TenantScope::All, presenter, cause: Cause::default() };
        let rotated = self.rotator.rotate(request).await.expect("a verdict").expect("an active session");
        self.tokens.borrow_mut().entry(session).or_default().push(rotated.token);
    }
}

fn owner(user: &str) -> Owner {
    Owner::new(TENANT, user).expect("an owner")
}

/// Returns the default settings, with the carriers that an operator would name.
fn settings() -> DetectionSettings {
    let carriers = Places::systems(NetworkKind::Mobile);
    let carrier_networks = carriers.filter_map(|system| NetworkEntry::parse(&system)).collect();
    DetectionSettings { carrier_networks, ..DetectionSettings::default() }
}

/// Returns a list of the networks that hide where their users are.
fn anonymous_networks() -> Arc<NetworkLists> {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("anonymous.txt");
    let systems: Vec<_> = Places::systems(NetworkKind::Anonymous).collect();
    fs::write(&file, systems.join("\n")).expect("written");
    let lists = NetworkLists::new([(NetworkClass::Vpn, file)]);
    let status = lists.reload_if_changed();
    assert!(status.iter().all(|list| list.failure.is_none()), "{status:?}");
    Arc::new(lists)
}

/// Random bytes that follow from a seed.
struct SeededEntropy(Mutex<SeededRandom>);

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        let mut random = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&random.next_u64().to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

/// Counts alerts under the label of the current step.
struct LabelledAlerts(Mutex<(Label, Scoreboard)>);

impl LabelledAlerts {
    fn begin(&self, label: Label) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0 = label;
    }

    fn record_sign_in(&self, label: Label) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1.record_sign_in(label);
    }
}

impl AuthorityObserver for LabelledAlerts {
    fn alert_raised(&self, rule: AlertRule, severity: Severity) {
        let (label, scoreboard) = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        scoreboard.record_alert(*label, rule, severity);
    }

    fn created(&self) {}
    fn alert_acknowledged(&self, _: AlertVerdict) {}
    fn ended(&self, _: EndReason) {}
    fn accepted(&self) {}
    fn rejected(&self, _: RejectReason) {}
    fn touch_coalesced(&self) {}
    fn touches_written(&self, _: usize) {}
    fn rotated(&self, _: bool) {}
    fn not_evaluated(&self, _: AlertRule, _: NotEvaluatedReason) {}
    fn client_dropped(&self) {}
    fn tokens_guessed(&self, _: u64) {}
    fn rejected_tokens_dropped(&self, _: u64) {}
    fn evaluation_failed(&self) {}
    fn history_conflict(&self) {}
    fn failure_reported(&self, _: AuthEventKind, _: bool) {}
    fn throttle_advised(&self) {}
    fn login_refused(&self) {}
    fn jwts_denied(&self, _: u32) {}
    fn denylist_checked(&self, _: usize, _: usize) {}
}
