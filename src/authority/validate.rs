//! The validation of tokens.

use std::{sync::Arc, time::Duration};

use super::{
    activity::{ActivityGuard, RecordResult, SessionActivity},
    clock_monitor::ClockMonitor,
    loaded_session::{LoadedSessionState, session_state},
    observer::AuthorityObserver,
    rejected_tokens::TokenOrigin,
    rejections::{ended_rejection, rotated_rejection},
    session_watch::{ObservedClient, ObservedClients},
    token_parser::TokenParser,
    token_presenter::{Presenter, TokenPresenter, reuse_cause},
};
use crate::{
    clock::Clock,
    domain::{
        BearerToken, CallError, Cause, ClientBindingCheck, ClientContext, EndReason, Liveness, RejectReason,
        SessionClock, SessionToken, TenantScope, TokenRejection, TokenStanding, UnixMillis,
    },
    near_cache::{ClientTag, LiveSession, ReadOrigin, SessionRead, SessionReader, SessionStatus},
    store::{PresentationOutcome, SessionStore, Touch},
    sync,
};

/// The number of attempts while other calls change the session.
const ATTEMPTS: usize = 5;

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
    pub presenter: Presenter<'a>,
}

impl ValidationRequest<'_> {
    const fn origin(&self) -> TokenOrigin<'_> {
        TokenOrigin { presenter: self.presenter, tenants: self.tenants }
    }
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
    /// The time from which the token should be rotated. `None`: it need not be.
    pub rotate_after: Option<UnixMillis>,
}

/// Validates tokens.
pub struct TokenValidator {
    pub tokens: TokenParser,
    pub reader: Arc<SessionReader>,
    /// The store, to which activity is written. Its changes invalidate the cache of `reader`.
    pub store: Arc<dyn SessionStore>,
    pub activity: Arc<SessionActivity>,
    pub presenter: Arc<TokenPresenter>,
    /// Receives the clients that sessions did not have before.
    pub observed_clients: Arc<ObservedClients>,
    pub clock: Arc<dyn Clock>,
    pub clock_monitor: Arc<ClockMonitor>,
    pub observer: Arc<dyn AuthorityObserver>,
}

impl TokenValidator {
    /// Validates a token. An error means that no verdict was reached, never that the user is signed out.
    pub async fn validate(&self, request: &ValidationRequest<'_>) -> Result<TokenVerdict, CallError> {
        let moment = self.clock.instant();
        let now = moment.wall_clock;
        let verdict = match self.tokens.parse(&request.token, request.origin())? {
            Ok(token) => {
                self.clock_monitor.verify(moment)?;
                self.decide(&token, request, now).await?
            }
            Err(error) => TokenVerdict {
                outcome: Err(TokenRejection::from_reason(error.reject_reason())),
                as_of: now,
                source: VerdictSource::Token,
            },
        };
        match &verdict.outcome {
            Ok(_) => self.observer.accepted(),
            Err(rejection) => {
                if rejection.reason.is_time_dependent() {
                    self.clock_monitor.verify_recent(moment)?;
                }
                self.observer.rejected(rejection.reason);
                self.tokens.rejected.note_rejection(rejection, request.origin(), now);
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
            // Boxed, as is all below that few validations need: each takes as much memory as this future.
            None => Box::pin(reader.read_bounded(id)).await?,
        };
        let (mut is_use_noted, mut has_ended) = (false, false);
        for _ in 0..ATTEMPTS {
            // Other nodes may know of activity that this node does not, or have rotated the token. Only the store can
            // confirm that a session is idle or that a token is not its current one, and only as of now. A read in
            // flight that this call joined started earlier.
            let is_conclusive = !read.is_from_cache() && read.as_of >= now;
            let mismatch = match &read.status {
                SessionStatus::Live(session) if session.bound_client.is_some() => {
                    Box::pin(self.find_mismatch(session, request.presenter.client)).await
                }
                _ => None,
            };
            let outcome = match self.evaluate(&read, token, request, now, is_use_noted, mismatch) {
                // The session has ended between the read and the write, and is no longer remembered.
                Decision::Live(_) | Decision::Due(_) if has_ended => {
                    Some(Err(TokenRejection::from_reason(RejectReason::Unknown)))
                }
                Decision::Live(live) => Some(Ok(live)),
                Decision::Due(live) => {
                    has_ended = !Box::pin(self.touch(&live)).await?;
                    (!has_ended).then_some(Ok(live))
                }
                Decision::Rejected(rejection) => Some(Err(rejection)),
                Decision::Idle(rejection) => is_conclusive.then_some(Err(rejection)),
                Decision::FirstUse => {
                    let noted = Box::pin(self.presenter.note_use(id, token.presented(), now)).await?;
                    is_use_noted = noted == PresentationOutcome::Current;
                    if is_use_noted {
                        continue;
                    }
                    None
                }
                Decision::NotCurrent(_) if !is_conclusive => None,
                Decision::NotCurrent(TokenStanding::Reused) => {
                    Box::pin(self.end_reused(token, request, now)).await?.map(Err)
                }
                Decision::NotCurrent(standing) => {
                    if standing == TokenStanding::Unknown {
                        self.tokens.rejected.note_guess(&request.token, request.origin(), true);
                    }
                    Some(Err(former_token_rejection(token, standing)))
                }
            };
            match outcome {
                Some(outcome) => {
                    let source = VerdictSource::from_read(read.origin);
                    return Ok(TokenVerdict { outcome, as_of: read.as_of, source });
                }
                None => read = Box::pin(reader.read_store(id)).await?,
            }
        }
        Err(CallError::StoreUnavailable("the session changed at every attempt to validate its token".into()))
    }

    /// Ends a session whose token was rotated out. Returns the rejection of that token, or `None` if the session has
    /// changed since it was read.
    async fn end_reused(
        &self,
        token: &SessionToken,
        request: &ValidationRequest<'_>,
        now: UnixMillis,
    ) -> Result<Option<TokenRejection>, CallError> {
        let loaded = self.store.load(token.session_id).await?;
        let LoadedSessionState::Live(session) = session_state(loaded, request.tenants, &self.activity, now) else {
            return Ok(None);
        };
        let presented = token.presented();
        Ok(match self.presenter.present(&session, presented, None, request.presenter, now).await? {
            PresentationOutcome::Reused(Some((ending, _))) => {
                Some(ended_rejection(session.id, EndReason::TokenReused, ending.at, &reuse_cause()))
            }
            PresentationOutcome::Accepted | PresentationOutcome::Superseded => Some(rotated_rejection(token)),
            PresentationOutcome::Unknown => Some(TokenRejection::from_reason(RejectReason::Unknown)),
            PresentationOutcome::Current
            | PresentationOutcome::Rotated { .. }
            | PresentationOutcome::Reused(None)
            | PresentationOutcome::NotFound => None,
        })
    }

    /// Returns the reason for which the client of a request may not use a session that is bound to its client.
    async fn find_mismatch(&self, session: &LiveSession, client: &ClientContext) -> Option<RejectReason> {
        let bound = session.bound_client.as_deref()?;
        match bound.check(client) {
            ClientBindingCheck::Match => None,
            ClientBindingCheck::Mismatch(reason) => Some(reason),
            ClientBindingCheck::DependsOnUserAgent => {
                let described = self.presenter.clients.namer.describe(&client.user_agent).await;
                let is_same = bound.has_software(&described.browser, &described.os);
                (!is_same).then_some(RejectReason::DeviceMismatch)
            }
        }
    }

    /// Passes a client on that the session did not have before, to be compared after the response.
    fn observe(&self, observed: ObservedClient) {
        if !self.observed_clients.push(observed) {
            self.observer.client_dropped();
        }
    }

    /// Decides from the result of a read. Only the holder of the right token secret learns more than that the session
    /// is unknown.
    fn evaluate(
        &self,
        read: &SessionRead,
        token: &SessionToken,
        request: &ValidationRequest<'_>,
        now: UnixMillis,
        is_use_noted: bool,
        mismatch: Option<RejectReason>,
    ) -> Decision {
        let unknown = Decision::Rejected(TokenRejection::from_reason(RejectReason::Unknown));
        let presented = token.presented();
        let (session, mass) = match &read.status {
            SessionStatus::Live(pass) => (pass, None),
            SessionStatus::MassRevoked(pass, at, cause) => (pass, Some((*at, cause))),
            SessionStatus::Ended(tombstone)
                if tombstone.secret == presented.secret && request.tenants.allows(tombstone.tenant.as_str()) =>
            {
                let rejection = ended_rejection(token.session_id, tombstone.reason, tombstone.at, &tombstone.cause);
                return Decision::Rejected(rejection);
            }
            SessionStatus::Ended(_) | SessionStatus::Missing => return unknown,
        };
        if !request.tenants.allows(session.tenant.as_str()) {
            return unknown;
        }
        let client = self.observed_clients.tag(request.presenter.client);
        let standing = session.standing(presented, now);
        let is_accepted = matches!(standing, TokenStanding::Current | TokenStanding::Accepted);
        let mut clock = session.clock();
        let activity = self.activity.lock_session(session.id);
        if let Some(latest) = activity.latest() {
            clock.last_active = clock.last_active.max(latest);
        }
        match clock.liveness_after_revocation(mass.map(|(at, _)| at), now) {
            Liveness::Ended { .. } if !is_accepted => return unknown,
            Liveness::Ended { reason, at } => {
                let cause = mass.filter(|_| reason == EndReason::RevokedAll).map(|(_, cause)| Cause::clone(cause));
                let rejection =
                    ended_rejection(session.id, reason, at, &cause.unwrap_or_else(|| Cause::from_service("timeout")));
                return if reason == EndReason::IdleTimeout {
                    Decision::Idle(rejection)
                } else {
                    Decision::Rejected(rejection)
                };
            }
            Liveness::Live if !is_accepted => return Decision::NotCurrent(standing),
            Liveness::Live => {}
        }
        let observed = |tag, is_rejected| ObservedClient {
            session_id: session.id,
            client: request.presenter.client.clone(),
            tag,
            at: now,
            previous_use: clock.last_active,
            is_rejected,
        };
        if let Some(reason) = mismatch {
            drop(activity);
            if let Some(tag) = client {
                self.observe(observed(tag, true));
            }
            let session_id = Some(session.id);
            return Decision::Rejected(TokenRejection { session_id, ..TokenRejection::from_reason(reason) });
        }
        if standing == TokenStanding::Current && session.is_token_unused() && !is_use_noted {
            return Decision::FirstUse;
        }
        let rotate_after = rotate_after(session, standing);
        if standing == TokenStanding::Current
            && session.rotation_required
            && rotate_after.is_some_and(|time| time <= now)
        {
            return Decision::Rejected(TokenRejection {
                session_id: Some(session.id),
                ..TokenRejection::from_reason(RejectReason::RotationRequired)
            });
        }
        if let Some(rejection) = step_up_rejection(session, request, now) {
            return Decision::Rejected(rejection);
        }
        let new_client = client.filter(|tag| activity.client().or(session.client) != Some(*tag));
        let recorded = if request.touch {
            record_activity(activity, session, clock, now, client)
        } else {
            RecordResult::NotNeeded
        };
        if let Some(tag) = new_client {
            self.observe(observed(tag, false));
        }
        if request.touch && recorded != RecordResult::Due {
            self.observer.touch_coalesced();
        }
        // Activity that is not recorded is not returned either. Otherwise a later response could have an earlier time.
        if recorded != RecordResult::NotNeeded {
            clock.last_active = clock.last_active.max(now);
        }
        let live = ValidatedSession { session: sync::Arc::clone(session), clock, rotate_after };
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
    client: Option<ClientTag>,
) -> RecordResult {
    if clock.idle_margin.is_zero() && !clock.idle_timeout.is_zero() {
        return RecordResult::Due;
    }
    activity.record(clock.last_active.max(now), pass.clock().last_active, clock.idle_timeout, client)
}

/// The decision that follows from the state of a session.
enum Decision {
    Live(ValidatedSession),
    /// The session is active if this activity can be written.
    Due(ValidatedSession),
    /// The session has been idle for too long, as far as this node knows.
    Idle(TokenRejection),
    Rejected(TokenRejection),
    /// The session is active, and the token has replaced another one. Before it is accepted for the first time, the
    /// store must know that it is in use, so that its predecessor is recognised as stolen.
    FirstUse,
    /// The session is active, but this token does not open it, as far as this node knows.
    NotCurrent(TokenStanding),
}

/// Returns the rejection of a token that does not open its session, and ends nothing.
fn former_token_rejection(token: &SessionToken, standing: TokenStanding) -> TokenRejection {
    match standing {
        TokenStanding::Superseded => rotated_rejection(token),
        _ => TokenRejection::from_reason(RejectReason::Unknown),
    }
}

/// Returns the time from which an accepted token should be rotated. The previous one has been: its client should ask
/// for the current one.
fn rotate_after(session: &LiveSession, standing: TokenStanding) -> Option<UnixMillis> {
    match (standing, &session.rotation) {
        (TokenStanding::Accepted, Some(rotation)) => Some(rotation.at),
        _ => session.rotate_after,
    }
}

/// Returns a rejection if the authentication of the session is too old or too weak (OWASP ASVS 7.5.1, 7.5.3), or a rule
/// has demanded another one.
fn step_up_rejection(pass: &LiveSession, request: &ValidationRequest<'_>, now: UnixMillis) -> Option<TokenRejection> {
    let demanded = pass.step_up_since.map(|at| now.since(at));
    let max_age = request.max_auth_age.into_iter().chain(demanded).min();
    let too_old = demanded.is_some() || max_age.is_some_and(|age| now.since(pass.authenticated_at) > age);
    let too_weak = pass.assurance_level < request.min_assurance_level;
    (too_old || too_weak).then(|| TokenRejection {
        session_id: Some(pass.id),
        required_assurance_level: if too_weak { request.min_assurance_level } else { 0 },
        required_max_auth_age: max_age.filter(|_| too_old),
        ..TokenRejection::from_reason(RejectReason::StepUpRequired)
    })
}
