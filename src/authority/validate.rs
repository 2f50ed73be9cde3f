//! The validation of tokens.

use std::{sync::Arc, time::Duration};

use super::{
    activity::{ActivityGuard, RecordResult, SessionActivity},
    clock_monitor::ClockMonitor,
    observer::AuthorityObserver,
    token_parser::TokenParser,
};
use crate::{
    clock::Clock,
    domain::{
        BearerToken, CallError, Cause, EndReason, Liveness, RejectReason, SessionClock, SessionId, SessionToken,
        TenantScope, TokenRejection, UnixMillis, token::TokenParseError,
    },
    near_cache::{LiveSession, ReadOrigin, SessionRead, SessionReader, SessionStatus},
    store::{SessionStore, Touch},
    sync,
};

/// A token to validate, with the demands of the caller.
#[derive(Clone, Debug)]
pub struct ValidationRequest<'a> {
    pub token: BearerToken,
    /// Demands a verdict that includes every change acknowledged before, at the cost of a round trip to the store.
    /// Otherwise the verdict may lack changes acknowledged within the staleness bound.
    pub strong: bool,
    /// Counts the validation as activity.
    pub touch: bool,
    /// The maximum age of the authentication.
    pub max_auth_age: Option<Duration>,
    /// The minimum assurance level of the session.
    pub min_assurance_level: u32,
    /// The tenants of the caller. A session of another tenant is unknown to it.
    pub tenants: &'a TenantScope,
}

/// The result of a validation: an active session, or a rejection with its reason.
#[derive(Clone, Debug)]
pub struct TokenVerdict {
    pub outcome: Result<ValidatedSession, TokenRejection>,
    /// The time before which every acknowledged change is included.
    pub as_of: UnixMillis,
    pub source: VerdictSource,
}

/// The basis of a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerdictSource {
    /// The token alone: its form or its key shows that this installation did not issue it.
    Token,
    Cache,
    Store,
}

impl VerdictSource {
    const fn from_read(origin: ReadOrigin) -> Self {
        match origin {
            ReadOrigin::Cache => Self::Cache,
            ReadOrigin::Store { .. } => Self::Store,
        }
    }
}

/// An active session.
#[derive(Clone, Debug)]
pub struct ValidatedSession {
    pub session: sync::Arc<LiveSession>,
    /// The clock of the session, including this use if it counts as activity.
    pub clock: SessionClock,
}

/// Validates tokens.
pub struct TokenValidator {
    pub tokens: TokenParser,
    pub reader: Arc<SessionReader>,
    /// The store, to which activity is written. Its changes invalidate the cache of `reader`.
    pub store: Arc<dyn SessionStore>,
    pub activity: Arc<SessionActivity>,
    pub clock: Arc<dyn Clock>,
    pub clock_monitor: Arc<ClockMonitor>,
    pub observer: Arc<dyn AuthorityObserver>,
}

impl TokenValidator {
    /// Validates a token. An error means that no verdict was reached, never that the user is signed out.
    pub async fn validate(&self, request: ValidationRequest<'_>) -> Result<TokenVerdict, CallError> {
        let moment = self.clock.instant();
        let now = moment.wall_clock;
        let verdict = match self.tokens.parse(&request.token)? {
            Ok(token) => {
                self.clock_monitor.verify(moment)?;
                self.decide(&token, &request, now).await?
            }
            Err(not) => {
                let reason = match not {
                    TokenParseError::Malformed => RejectReason::Malformed,
                    TokenParseError::InvalidMac | TokenParseError::UnknownKey(_) => RejectReason::Unknown,
                };
                TokenVerdict {
                    outcome: Err(TokenRejection::from_reason(reason)),
                    as_of: now,
                    source: VerdictSource::Token,
                }
            }
        };
        match &verdict.outcome {
            Ok(_) => self.observer.accepted(),
            Err(rejection) => {
                if rejection.reason.is_time_dependent() {
                    self.clock_monitor.verify_recent(moment)?;
                }
                self.observer.rejected(rejection.reason);
            }
        }
        Ok(verdict)
    }

    async fn decide(
        &self,
        token: &SessionToken,
        request: &ValidationRequest<'_>,
        now: UnixMillis,
    ) -> Result<TokenVerdict, CallError> {
        let reader = self.reader.as_ref();
        let id = token.session_id;
        let cached = if request.strong { None } else { reader.try_cached(id) };
        let mut read = match cached {
            Some(seen) => seen,
            None if request.strong => reader.read_strong(id).await?,
            None => reader.read_bounded(id).await?,
        };
        let mut decision = self.evaluate(&read, token, request, now);
        // Other nodes may know of activity that this node does not. Only the store can confirm that a session is idle,
        // and only as of now. A read in flight that this call joined started earlier.
        if let Decision::Idle(rejection) = decision {
            if read.is_from_cache() || read.as_of < now {
                read = reader.read_store(id).await?;
                decision = self.evaluate(&read, token, request, now);
            } else {
                decision = Decision::Rejected(rejection);
            }
        }
        let outcome = match decision {
            Decision::Due(live) if !self.touch(&live).await? => {
                // The session ended between the read and the write. Its tombstone has the reason.
                read = reader.read_store(id).await?;
                match self.evaluate(&read, token, request, now) {
                    Decision::Live(_) | Decision::Due(_) => Err(TokenRejection::from_reason(RejectReason::Unknown)),
                    Decision::Idle(rejection) | Decision::Rejected(rejection) => Err(rejection),
                }
            }
            Decision::Live(live) | Decision::Due(live) => Ok(live),
            Decision::Idle(rejection) | Decision::Rejected(rejection) => Err(rejection),
        };
        Ok(TokenVerdict { outcome, as_of: read.as_of, source: VerdictSource::from_read(read.origin) })
    }

    /// Decides from the result of a read. Only the holder of the right token secret learns more than that the session
    /// is unknown.
    fn evaluate(
        &self,
        read: &SessionRead,
        token: &SessionToken,
        request: &ValidationRequest<'_>,
        now: UnixMillis,
    ) -> Decision {
        let unknown = Decision::Rejected(TokenRejection::from_reason(RejectReason::Unknown));
        let hash = token.secret.hash();
        let (session, mass) = match &read.status {
            SessionStatus::Live(pass) => (pass, None),
            SessionStatus::MassRevoked(pass, at, cause) => (pass, Some((*at, cause))),
            SessionStatus::Ended(tombstone)
                if tombstone.secret == hash && request.tenants.allows(tombstone.tenant.as_str()) =>
            {
                let rejection = ended_rejection(token.session_id, tombstone.reason, tombstone.at, &tombstone.cause);
                return Decision::Rejected(rejection);
            }
            SessionStatus::Ended(_) | SessionStatus::Missing => return unknown,
        };
        if session.secret != hash || !request.tenants.allows(session.tenant.as_str()) {
            return unknown;
        }
        let mut clock = session.clock();
        let activity = self.activity.lock_session(session.id);
        if let Some(latest) = activity.latest() {
            clock.last_active = clock.last_active.max(latest);
        }
        if let Liveness::Ended { reason, at } = clock.liveness_after_revocation(mass.map(|(at, _)| at), now) {
            let cause = mass.filter(|_| reason == EndReason::RevokedAll).map(|(_, cause)| Cause::clone(cause));
            let rejection =
                ended_rejection(session.id, reason, at, &cause.unwrap_or_else(|| Cause::from_service("timeout")));
            return if reason == EndReason::IdleTimeout {
                Decision::Idle(rejection)
            } else {
                Decision::Rejected(rejection)
            };
        }
        if let Some(rejection) = step_up_rejection(session, request, now) {
            return Decision::Rejected(rejection);
        }
        let recorded =
            if request.touch { record_activity(activity, session, clock, now) } else { RecordResult::NotNeeded };
        if request.touch && recorded != RecordResult::Due {
            self.observer.touch_coalesced();
        }
        // Activity that is not recorded is not returned either. Otherwise a later response could have an earlier time.
        if recorded != RecordResult::NotNeeded {
            clock.last_active = clock.last_active.max(now);
        }
        let live = ValidatedSession { session: sync::Arc::clone(session), clock };
        if recorded == RecordResult::Due { Decision::Due(live) } else { Decision::Live(live) }
    }

    /// Writes the activity. Returns `false` if the session no longer exists.
    async fn touch(&self, live: &ValidatedSession) -> Result<bool, CallError> {
        let touch = Touch { session_id: live.session.id, at: live.clock.last_active };
        let written = self.store.touch(&[touch]).await?;
        self.observer.touches_written(1);
        let [Some(at)] = written[..] else { return Ok(false) };
        self.activity.add_written(Touch { at, ..touch });
        Ok(true)
    }
}

/// Records that the session is in use at `now`.
fn record_activity(
    activity: ActivityGuard<'_>,
    pass: &LiveSession,
    clock: SessionClock,
    now: UnixMillis,
) -> RecordResult {
    if clock.idle_margin.is_zero() && !clock.idle_timeout.is_zero() {
        return RecordResult::Due;
    }
    activity.record(clock.last_active.max(now), pass.clock().last_active, clock.idle_timeout)
}

/// The decision that follows from the state of a session.
enum Decision {
    Live(ValidatedSession),
    /// The session is active if this activity can be written.
    Due(ValidatedSession),
    /// The session has been idle for too long, as far as this node knows.
    Idle(TokenRejection),
    Rejected(TokenRejection),
}

pub(super) fn ended_rejection(id: SessionId, reason: EndReason, at: UnixMillis, cause: &Cause) -> TokenRejection {
    TokenRejection {
        session_id: Some(id),
        ended_at: Some(at),
        actor: cause.actor.clone(),
        // An ending by this service itself has an internal wording, which adds nothing to `reason`.
        stated_reason: if cause.caller.is_empty() { String::new() } else { cause.reason.clone() },
        ..TokenRejection::from_reason(RejectReason::Ended(reason))
    }
}

/// Returns a rejection if the authentication of the session is too old or too weak (OWASP ASVS 7.5.1, 7.5.3).
fn step_up_rejection(pass: &LiveSession, request: &ValidationRequest<'_>, now: UnixMillis) -> Option<TokenRejection> {
    let too_old = request.max_auth_age.is_some_and(|age| now.since(pass.authenticated_at) > age);
    let too_weak = pass.assurance_level < request.min_assurance_level;
    (too_old || too_weak).then(|| TokenRejection {
        session_id: Some(pass.id),
        required_assurance_level: if too_weak { request.min_assurance_level } else { 0 },
        required_max_auth_age: request.max_auth_age.filter(|_| too_old),
        ..TokenRejection::from_reason(RejectReason::StepUpRequired)
    })
}
