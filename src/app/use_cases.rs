//! The composition of the use cases.

use std::sync::Arc;

use tokio::sync::Notify;

use super::StoreIntegrity;
use crate::{
    audit::{AuditDatabase, Relay},
    authority::{
        ActivityWriter, AuditQueries, AuditReader, BucketSweeper, ChangeRecorder, ClientDescriber, FilterRevoker,
        LoginRules, MassRevocationLimiter, ScopeRevoker, SessionActivity, SessionCreator, SessionLister,
        SessionRevoker, SessionUpdater, SignInEvaluator, TokenIssuer, TokenParser, TokenValidator, UseCases,
        UserEraser, backlog::BacklogGate, clock_monitor::ClockMonitor, dirty_buckets::DirtyBuckets,
        observer::AuthorityObserver,
    },
    clock::Clock,
    config::Config,
    device::DeviceNamer,
    entropy::Entropy,
    geo::GeoLocator,
    near_cache::NearCache,
    store::{AlertStream, SessionStore, SharedWork},
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
    /// The engine of the store.
    pub(super) engine: &'static str,
    pub(super) clock: &'a Arc<dyn Clock>,
    pub(super) clock_monitor: &'a Arc<ClockMonitor>,
    pub(super) entropy: &'a Arc<dyn Entropy>,
    pub(super) locator: Arc<dyn GeoLocator>,
    pub(super) metrics: &'a Arc<Metrics>,
    pub(super) backlog: &'a Arc<BacklogGate>,
    pub(super) alerts: &'a Arc<dyn AlertStream>,
    pub(super) audit: &'a AuditDatabase,
    pub(super) integrity: &'a StoreIntegrity,
    pub(super) relay: &'a Relay,
    pub(super) shared: &'a Option<SharedWork>,
    pub(super) signals: &'a ChangeSignals,
}

/// Gives each use case the parts that it needs.
pub(super) fn compose_use_cases(parts: &UseCaseParts<'_>) -> UseCases {
    let UseCaseParts { config, near_cache, integrity, audit, signals, .. } = parts;
    let observer: Arc<dyn AuthorityObserver> = Arc::clone(parts.metrics) as _;
    let activity = Arc::new(SessionActivity::new(config.sessions.max_pending_touches));
    let changes = ChangeRecorder {
        activity: Arc::clone(&activity),
        observer: Arc::clone(&observer),
        change_signal: Arc::clone(&signals.changes),
    };
    let tokens = TokenParser { keys: config.keys.token.clone(), registry: Arc::clone(&integrity.token_key_registry) };
    let audit_reader = AuditReader {
        history: Arc::clone(&audit.history),
        condition: Arc::clone(&integrity.audit_condition),
        relay_status: parts.relay.status(),
    };
    let store = || -> Arc<dyn SessionStore> { Arc::clone(&near_cache.store) };
    let clock = || Arc::clone(parts.clock);
    let installation = || config.keys.installation.clone();
    UseCases {
        creator: Arc::new(creator(parts, &changes)),
        validator: Arc::new(TokenValidator {
            tokens: tokens.clone(),
            reader: Arc::clone(&near_cache.reader),
            store: store(),
            activity: Arc::clone(&activity),
            clock: clock(),
            clock_monitor: Arc::clone(parts.clock_monitor),
            observer: Arc::clone(&observer),
        }),
        updater: Arc::new(SessionUpdater {
            store: store(),
            clock: clock(),
            activity: Arc::clone(&activity),
            changes: changes.clone(),
            backlog: Arc::clone(parts.backlog),
            max_authentication_age: config.sessions.max_authentication_age,
        }),
        lister: Arc::new(SessionLister {
            store: store(),
            clock: clock(),
            installation: installation(),
            activity: Arc::clone(&activity),
        }),
        revoker: Arc::new(SessionRevoker {
            store: store(),
            clock: clock(),
            installation: installation(),
            tokens: tokens.clone(),
            changes: changes.clone(),
        }),
        scope_revoker: Arc::new(ScopeRevoker {
            store: store(),
            clock: clock(),
            entropy: Arc::clone(parts.entropy),
            installation: installation(),
            tokens,
            changes: changes.clone(),
            limiter: MassRevocationLimiter::new(config.sessions.mass_revocation_burst),
        }),
        filter_revoker: Arc::new(FilterRevoker {
            audit: audit_reader.clone(),
            store: store(),
            clock: clock(),
            activity: Arc::clone(&activity),
            changes: changes.clone(),
            backlog: Arc::clone(parts.backlog),
        }),
        eraser: Arc::new(eraser(parts, &changes)),
        audit_queries: Arc::new(AuditQueries { audit: audit_reader, clock: clock() }),
        sweeper: Arc::new(BucketSweeper {
            store: store(),
            clock: clock(),
            clock_monitor: Arc::clone(parts.clock_monitor),
            backlog: Arc::clone(parts.backlog),
            changes,
            progress: parts.relay.sweep_progress(),
            shared: parts.shared.clone(),
            batch: config.sessions.sweep_batch,
        }),
        activity_writer: Arc::new(ActivityWriter {
            activity,
            store: store(),
            clock: clock(),
            observer,
            audit_log: Arc::clone(&audit.log),
            audit_condition: Arc::clone(&integrity.audit_condition),
        }),
    }
}

fn creator(parts: &UseCaseParts<'_>, changes: &ChangeRecorder) -> SessionCreator {
    let UseCaseParts { config, signals, .. } = parts;
    SessionCreator {
        clock: Arc::clone(parts.clock),
        rules: LoginRules {
            policies: config.policies.clone(),
            max_authentication_age: config.sessions.max_authentication_age,
        },
        tokens: TokenIssuer {
            installation: config.keys.installation.clone(),
            keys: config.keys.token.clone(),
            entropy: Arc::clone(parts.entropy),
        },
        clients: ClientDescriber { namer: DeviceNamer::new(), locator: Arc::clone(&parts.locator) },
        sign_ins: SignInEvaluator::new(
            Arc::clone(&parts.near_cache.store),
            config.detection,
            Arc::clone(&changes.observer),
            Arc::clone(&signals.dirty_buckets),
        ),
        activity: Arc::clone(&changes.activity),
        changes: changes.clone(),
        backlog: Arc::clone(parts.backlog),
    }
}

fn eraser(parts: &UseCaseParts<'_>, changes: &ChangeRecorder) -> UserEraser {
    UserEraser {
        store: Arc::clone(&parts.near_cache.store),
        engine: parts.engine,
        clock: Arc::clone(parts.clock),
        entropy: Arc::clone(parts.entropy),
        installation: parts.config.keys.installation.clone(),
        audit_log: Arc::clone(&parts.audit.log),
        audit_condition: Arc::clone(&parts.integrity.audit_condition),
        audit_retention: parts.config.audit.retention,
        alerts: Arc::clone(parts.alerts),
        changes: changes.clone(),
    }
}
