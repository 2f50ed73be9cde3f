//! The composition of the use cases.

use std::sync::Arc;

use tokio::sync::Notify;

use super::StoreIntegrity;
use crate::{
    audit::{AuditDatabase, Relay},
    authority::{
        ActivityWriter, AlertAcknowledger, AlertLinkIssuer, AlertRecorder, AuditQueries, AuditReader, BucketSweeper,
        ChangeRecorder, ClientDescriber, DenylistChecker, FailureLookup, FailureReporter, FilterRevoker,
        FindingResponder, JwtDenier, LinkAnswerer, LoginRules, MassRevocationLimiter, NotificationDispatcher,
        NotificationDispatcherParts, ObservedClients, RefusedCallRecorder, RejectedTokenParts, RejectedTokenWatcher,
        RejectedTokens, ScopeRevoker, SessionActivity, SessionCreator, SessionGetter, SessionLister, SessionRevoker,
        SessionToucher, SessionUpdater, SessionWatcher, SessionWatcherParts, SignInEvaluator, TokenIssuer, TokenParser,
        TokenPresenter, TokenRotator, TokenValidator, UseCases, UserEraser, WebhookAdministration,
        backlog::BacklogGate, clock_monitor::ClockMonitor, dirty_buckets::DirtyBuckets, observer::AuthorityObserver,
    },
    clock::Clock,
    config::Config,
    device::DeviceNamer,
    domain::{InstallationSecret, alert::AlertLinkKey},
    entropy::Entropy,
    geo::{GeoLocator, NetworkLists},
    near_cache::{CachedDenylist, NearCache, SessionReader},
    store::{AlertStream, FailureStore, SessionStore, SharedWork},
    telemetry::Metrics,
};

/// The signals by which use cases wake background tasks.
#[derive(Default)]
pub(super) struct ChangeSignals {
    /// Notified after every change, so that its event is relayed at once.
    pub(super) changes: Arc<Notify>,
    /// The buckets in which logins raised alerts, so that their findings are forwarded at once.
    pub(super) dirty_buckets: Arc<DirtyBuckets>,
}

/// The parts of a node that use cases are composed of.
pub(super) struct UseCaseParts<'a> {
    pub(super) config: &'a Config,
    pub(super) near_cache: &'a NearCache,
    pub(super) denylist: &'a CachedDenylist,
    /// The engine of the store.
    pub(super) engine: &'static str,
    pub(super) clock: &'a Arc<dyn Clock>,
    pub(super) clock_monitor: &'a Arc<ClockMonitor>,
    pub(super) entropy: &'a Arc<dyn Entropy>,
    pub(super) namer: DeviceNamer,
    pub(super) locator: Arc<dyn GeoLocator>,
    pub(super) network_lists: Arc<NetworkLists>,
    pub(super) metrics: &'a Arc<Metrics>,
    pub(super) backlog: &'a Arc<BacklogGate>,
    pub(super) alerts: &'a Arc<dyn AlertStream>,
    pub(super) failures: &'a Arc<dyn FailureStore>,
    pub(super) audit: &'a AuditDatabase,
    pub(super) integrity: &'a StoreIntegrity,
    pub(super) relay: &'a Relay,
    pub(super) shared: &'a Option<SharedWork>,
    pub(super) signals: &'a ChangeSignals,
    pub(super) refused_calls: &'a Arc<RefusedCallRecorder>,
    pub(super) webhooks: &'a Arc<WebhookAdministration>,
}

/// Gives each use case the parts that it needs.
pub(super) fn compose_use_cases(parts: &UseCaseParts<'_>) -> UseCases {
    let composer = UseCaseComposer::new(parts);
    let acknowledger = Arc::new(composer.acknowledger());
    UseCases {
        creator: Arc::new(composer.creator()),
        validator: Arc::new(composer.validator()),
        rotator: Arc::new(composer.rotator()),
        updater: Arc::new(composer.updater()),
        getter: Arc::new(composer.getter()),
        toucher: Arc::new(composer.toucher()),
        lister: Arc::new(composer.lister()),
        revoker: Arc::new(composer.revoker()),
        scope_revoker: Arc::new(composer.scope_revoker()),
        filter_revoker: Arc::new(composer.filter_revoker()),
        failure_reporter: Arc::new(composer.failure_reporter()),
        link_answerer: Arc::new(composer.link_answerer(Arc::clone(&acknowledger))),
        acknowledger,
        notifications: Arc::new(composer.notifications()),
        eraser: Arc::new(composer.eraser()),
        jwt_denier: Arc::new(composer.jwt_denier()),
        denylist_checker: Arc::new(composer.denylist_checker()),
        audit_queries: Arc::new(AuditQueries { audit: composer.audit_reader(), clock: composer.clock() }),
        sweeper: Arc::new(composer.sweeper()),
        activity_writer: Arc::new(composer.activity_writer()),
        session_watcher: Arc::new(composer.session_watcher()),
        rejected_token_watcher: Arc::new(composer.rejected_token_watcher()),
        webhooks: Arc::clone(parts.webhooks),
    }
}

/// The parts of a node, and those that its use cases share.
struct UseCaseComposer<'a> {
    parts: &'a UseCaseParts<'a>,
    changes: ChangeRecorder,
    alerts: AlertRecorder,
    clients: ClientDescriber,
    presenter: Arc<TokenPresenter>,
    observed_clients: Arc<ObservedClients>,
    rejected_tokens: Arc<RejectedTokens>,
}

impl<'a> UseCaseComposer<'a> {
    fn new(parts: &'a UseCaseParts<'a>) -> Self {
        let observer: Arc<dyn AuthorityObserver> = Arc::clone(parts.metrics) as _;
        let changes = ChangeRecorder {
            activity: Arc::new(SessionActivity::new(parts.config.sessions.max_pending_touches)),
            observer: Arc::clone(&observer),
            change_signal: Arc::clone(&parts.signals.changes),
        };
        let alerts = AlertRecorder { observer, dirty_buckets: Arc::clone(&parts.signals.dirty_buckets) };
        let clients = ClientDescriber { namer: parts.namer.clone(), locator: Arc::clone(&parts.locator) };
        let presenter = Arc::new(TokenPresenter {
            store: Arc::clone(&parts.near_cache.store),
            clients: clients.clone(),
            changes: changes.clone(),
            alerts: alerts.clone(),
        });
        let is_watching = !parts.config.detection.session_rules.is_empty();
        let observed_clients = Arc::new(if is_watching { ObservedClients::new() } else { ObservedClients::disabled() });
        let rejected_tokens = Arc::new(RejectedTokens::new(&parts.config.detection));
        Self { parts, changes, alerts, clients, presenter, observed_clients, rejected_tokens }
    }

    fn creator(&self) -> SessionCreator {
        let config = self.parts.config;
        SessionCreator {
            clock: self.clock(),
            rules: LoginRules {
                policies: config.policies.clone(),
                max_authentication_age: config.sessions.max_authentication_age,
            },
            tokens: self.token_issuer(),
            clients: self.clients.clone(),
            sign_ins: SignInEvaluator::new(
                self.store(),
                config.detection.clone(),
                self.observer(),
                self.alerts.clone(),
                Arc::clone(&self.parts.network_lists),
                FailureLookup { failures: Arc::clone(self.parts.failures), installation: self.installation() },
                self.responder(),
            ),
            activity: self.activity(),
            changes: self.changes.clone(),
            backlog: self.backlog(),
        }
    }

    fn validator(&self) -> TokenValidator {
        TokenValidator {
            tokens: self.token_parser(),
            reader: self.reader(),
            store: self.store(),
            activity: self.activity(),
            presenter: Arc::clone(&self.presenter),
            observed_clients: Arc::clone(&self.observed_clients),
            clock: self.clock(),
            clock_monitor: self.clock_monitor(),
            observer: self.observer(),
        }
    }

    fn session_watcher(&self) -> SessionWatcher {
        SessionWatcher::new(
            Arc::clone(&self.observed_clients),
            SessionWatcherParts {
                store: self.store(),
                failures: Arc::clone(self.parts.failures),
                clients: self.clients.clone(),
                networks: Arc::clone(&self.parts.network_lists),
                settings: self.parts.config.detection.clone(),
                activity: self.activity(),
                alerts: self.alerts.clone(),
                responder: self.responder(),
                clock: self.clock(),
                observer: self.observer(),
            },
        )
    }

    fn rejected_token_watcher(&self) -> RejectedTokenWatcher {
        RejectedTokenWatcher::new(
            Arc::clone(&self.rejected_tokens),
            RejectedTokenParts {
                store: self.store(),
                failures: Arc::clone(self.parts.failures),
                installation: self.installation(),
                clients: self.clients.clone(),
                networks: Arc::clone(&self.parts.network_lists),
                settings: self.parts.config.detection.clone(),
                alerts: self.alerts.clone(),
                refused_calls: Arc::clone(self.parts.refused_calls),
                clock: self.clock(),
                observer: self.observer(),
            },
        )
    }

    fn responder(&self) -> FindingResponder {
        FindingResponder {
            store: self.store(),
            activity: self.activity(),
            changes: self.changes.clone(),
            entropy: Arc::clone(self.parts.entropy),
        }
    }

    fn rotator(&self) -> TokenRotator {
        TokenRotator {
            tokens: self.token_parser(),
            store: self.store(),
            activity: self.activity(),
            clock: self.clock(),
            clock_monitor: self.clock_monitor(),
            backlog: self.backlog(),
            presenter: Arc::clone(&self.presenter),
        }
    }

    fn updater(&self) -> SessionUpdater {
        SessionUpdater {
            store: self.store(),
            clock: self.clock(),
            activity: self.activity(),
            changes: self.changes.clone(),
            backlog: self.backlog(),
            tokens: self.token_issuer(),
            max_authentication_age: self.parts.config.sessions.max_authentication_age,
        }
    }

    fn getter(&self) -> SessionGetter {
        SessionGetter {
            store: self.store(),
            clock: self.clock(),
            clock_monitor: self.clock_monitor(),
            activity: self.activity(),
        }
    }

    fn toucher(&self) -> SessionToucher {
        SessionToucher {
            reader: self.reader(),
            store: self.store(),
            activity: self.activity(),
            clock: self.clock(),
            clock_monitor: self.clock_monitor(),
            observer: self.observer(),
        }
    }

    fn jwt_denier(&self) -> JwtDenier {
        JwtDenier {
            denylist: Arc::clone(&self.parts.denylist.store),
            clock: self.clock(),
            entropy: Arc::clone(self.parts.entropy),
            changes: self.changes.clone(),
        }
    }

    fn denylist_checker(&self) -> DenylistChecker {
        DenylistChecker {
            reader: Arc::clone(&self.parts.denylist.reader),
            clock: self.clock(),
            clock_monitor: self.clock_monitor(),
            observer: self.observer(),
        }
    }

    fn lister(&self) -> SessionLister {
        SessionLister {
            store: self.store(),
            clock: self.clock(),
            installation: self.installation(),
            activity: self.activity(),
        }
    }

    fn revoker(&self) -> SessionRevoker {
        SessionRevoker {
            store: self.store(),
            clock: self.clock(),
            installation: self.installation(),
            tokens: self.token_parser(),
            activity: self.activity(),
            presenter: Arc::clone(&self.presenter),
            changes: self.changes.clone(),
        }
    }

    fn scope_revoker(&self) -> ScopeRevoker {
        ScopeRevoker {
            store: self.store(),
            clock: self.clock(),
            entropy: Arc::clone(self.parts.entropy),
            installation: self.installation(),
            tokens: self.token_parser(),
            activity: self.activity(),
            presenter: Arc::clone(&self.presenter),
            changes: self.changes.clone(),
            limiter: MassRevocationLimiter::new(self.parts.config.sessions.mass_revocation_burst),
        }
    }

    fn filter_revoker(&self) -> FilterRevoker {
        FilterRevoker {
            audit: self.audit_reader(),
            store: self.store(),
            clock: self.clock(),
            activity: self.activity(),
            changes: self.changes.clone(),
            backlog: self.backlog(),
        }
    }

    fn failure_reporter(&self) -> FailureReporter {
        FailureReporter {
            store: self.store(),
            failures: Arc::clone(self.parts.failures),
            installation: self.installation(),
            clients: self.clients.clone(),
            clock: self.clock(),
            entropy: Arc::clone(self.parts.entropy),
            backlog: self.backlog(),
            settings: self.parts.config.detection.clone(),
            alerts: self.alerts.clone(),
            changes: self.changes.clone(),
            observer: self.observer(),
        }
    }

    fn acknowledger(&self) -> AlertAcknowledger {
        AlertAcknowledger {
            store: self.store(),
            stream: Arc::clone(self.parts.alerts),
            archive: Arc::clone(&self.parts.audit.alerts),
            audit_condition: Arc::clone(&self.parts.integrity.audit_condition),
            clock: self.clock(),
            installation: self.installation(),
            settings: self.parts.config.detection.clone(),
            networks: Arc::clone(&self.parts.network_lists),
            changes: self.changes.clone(),
            alerts: self.alerts.clone(),
        }
    }

    fn link_answerer(&self, acknowledger: Arc<AlertAcknowledger>) -> LinkAnswerer {
        LinkAnswerer { key: AlertLinkKey::new(&self.installation()), clock: self.clock(), acknowledger }
    }

    fn notifications(&self) -> NotificationDispatcher {
        let installation = self.installation();
        let (key, url) = (AlertLinkKey::new(&installation), self.parts.config.alerts.link_url.clone());
        NotificationDispatcher::new(NotificationDispatcherParts {
            queue: Arc::clone(&self.parts.audit.notifications),
            audit_condition: Arc::clone(&self.parts.integrity.audit_condition),
            clock: self.clock(),
            clock_monitor: self.clock_monitor(),
            entropy: Arc::clone(self.parts.entropy),
            settings: self.parts.config.notifications.clone(),
            links: AlertLinkIssuer { installation, key, url },
            max_clock_skew: self.parts.config.sessions.max_clock_skew,
        })
    }

    fn eraser(&self) -> UserEraser {
        UserEraser {
            store: self.store(),
            engine: self.parts.engine,
            clock: self.clock(),
            entropy: Arc::clone(self.parts.entropy),
            installation: self.installation(),
            audit_log: Arc::clone(&self.parts.audit.log),
            audit_condition: Arc::clone(&self.parts.integrity.audit_condition),
            audit_retention: self.parts.config.audit.retention,
            alerts: Arc::clone(self.parts.alerts),
            failures: Arc::clone(self.parts.failures),
            changes: self.changes.clone(),
        }
    }

    fn sweeper(&self) -> BucketSweeper {
        BucketSweeper {
            store: self.store(),
            clock: self.clock(),
            clock_monitor: self.clock_monitor(),
            backlog: self.backlog(),
            changes: self.changes.clone(),
            progress: self.parts.relay.sweep_progress(),
            shared: self.parts.shared.clone(),
            batch: self.parts.config.sessions.sweep_batch,
        }
    }

    fn activity_writer(&self) -> ActivityWriter {
        ActivityWriter {
            activity: self.activity(),
            store: self.store(),
            clock: self.clock(),
            observer: self.observer(),
            audit_log: Arc::clone(&self.parts.audit.log),
            audit_condition: Arc::clone(&self.parts.integrity.audit_condition),
        }
    }

    fn audit_reader(&self) -> AuditReader {
        AuditReader {
            history: Arc::clone(&self.parts.audit.history),
            condition: Arc::clone(&self.parts.integrity.audit_condition),
            relay_status: self.parts.relay.status(),
        }
    }

    fn token_parser(&self) -> TokenParser {
        TokenParser {
            keys: self.parts.config.keys.token.clone(),
            registry: Arc::clone(&self.parts.integrity.token_key_registry),
            rejected: Arc::clone(&self.rejected_tokens),
        }
    }

    fn token_issuer(&self) -> TokenIssuer {
        TokenIssuer {
            installation: self.installation(),
            keys: self.parts.config.keys.token.clone(),
            entropy: Arc::clone(self.parts.entropy),
        }
    }

    fn installation(&self) -> InstallationSecret {
        self.parts.config.keys.installation.clone()
    }

    fn store(&self) -> Arc<dyn SessionStore> {
        Arc::clone(&self.parts.near_cache.store)
    }

    fn reader(&self) -> Arc<SessionReader> {
        Arc::clone(&self.parts.near_cache.reader)
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(self.parts.clock)
    }

    fn clock_monitor(&self) -> Arc<ClockMonitor> {
        Arc::clone(self.parts.clock_monitor)
    }

    fn backlog(&self) -> Arc<BacklogGate> {
        Arc::clone(self.parts.backlog)
    }

    fn activity(&self) -> Arc<SessionActivity> {
        Arc::clone(&self.changes.activity)
    }

    fn observer(&self) -> Arc<dyn AuthorityObserver> {
        Arc::clone(&self.changes.observer)
    }
}
