//! Is this token good, now, for this?

use std::time::Duration;

use super::{
    Authority,
    activity::{Held, Noted},
};
use crate::{
    cache::{Pass, Seen, Standing},
    domain::{
        BearerToken, Cause, EndReason, Error, Liveness, RejectReason, Rejection, SessionClock, SessionId, TenantScope,
        Token, UnixMillis, token::NotAToken,
    },
    store::Touch,
    sync::Arc,
};

/// A token to be judged.
#[derive(Clone, Debug)]
pub struct ValidateToken<'a> {
    pub token: BearerToken,
    /// Whether every change answered before is to be seen, at the price of a look into the store; else what was
    /// answered within the staleness bound may not be.
    pub strong: bool,
    /// Whether this counts as activity.
    pub touch: bool,
    /// The authentication must not be older than this.
    pub max_auth_age: Option<Duration>,
    /// The session must have been assured at least so.
    pub min_assurance_level: u32,
    /// A session of another tenant is unknown to the caller.
    pub tenants: &'a TenantScope,
}

/// The answer: a live session, or why not.
#[derive(Clone, Debug)]
pub struct Verdict {
    pub outcome: Result<Live, Rejection>,
    /// Every change answered before this is respected.
    pub as_of: UnixMillis,
    pub source: VerdictSource,
}

/// What a verdict was derived from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerdictSource {
    /// The token alone: by its form or its key it cannot be one of ours.
    Token,
    Cache,
    Store,
}

impl VerdictSource {
    const fn of_read(from_memory: bool) -> Self {
        if from_memory { Self::Cache } else { Self::Store }
    }
}

/// A session that is live.
#[derive(Clone, Debug)]
pub struct Live {
    pub pass: Arc<Pass>,
    /// With this use of it counted in, if it counts.
    pub clock: SessionClock,
}

impl Authority {
    /// Judges a token. An error means that no verdict was reached, never that the user is signed out.
    pub async fn validate(&self, request: ValidateToken<'_>) -> Result<Verdict, Error> {
        let moment = self.parts.clock.moment();
        let now = moment.wall;
        let verdict = match self.parse_token(&request.token)? {
            Ok(token) => {
                self.parts.clock_monitor.verify(moment)?;
                self.judge(&token, &request, now).await?
            }
            Err(not) => {
                let reason = match not {
                    NotAToken::Malformed => RejectReason::Malformed,
                    NotAToken::Unknown | NotAToken::UnknownKey(_) => RejectReason::Unknown,
                };
                Verdict { outcome: Err(Rejection::bare(reason)), as_of: now, source: VerdictSource::Token }
            }
        };
        match &verdict.outcome {
            Ok(_) => self.parts.observer.accepted(),
            Err(rejection) => {
                if rejection.reason.rests_on_time() {
                    self.parts.clock_monitor.verify_recent(moment)?;
                }
                self.parts.observer.rejected(rejection.reason);
            }
        }
        Ok(verdict)
    }

    async fn judge(&self, token: &Token, request: &ValidateToken<'_>, now: UnixMillis) -> Result<Verdict, Error> {
        let reads = &self.parts.reads;
        let id = token.session_id;
        let at_hand = if request.strong { None } else { reads.at_hand(id) };
        let mut seen = match at_hand {
            Some(seen) => seen,
            None if request.strong => reads.strong(id).await?,
            None => reads.bounded(id).await?,
        };
        let mut opinion = self.consider(&seen, token, request, now);
        // Others may know of activity that this node does not: only the store can say that a session was idle, and only
        // as of now, which a read that was joined on its way does not.
        if let Opinion::Idle(rejection) = opinion {
            if seen.from_memory || seen.as_of < now {
                seen = reads.stored(id).await?;
                opinion = self.consider(&seen, token, request, now);
            } else {
                opinion = Opinion::Rejected(rejection);
            }
        }
        let outcome = match opinion {
            Opinion::Due(live) if !self.touch(&live).await? => {
                // It ended between the reading and the writing; what is remembered says how.
                seen = reads.stored(id).await?;
                match self.consider(&seen, token, request, now) {
                    Opinion::Live(_) | Opinion::Due(_) => Err(Rejection::bare(RejectReason::Unknown)),
                    Opinion::Idle(rejection) | Opinion::Rejected(rejection) => Err(rejection),
                }
            }
            Opinion::Live(live) | Opinion::Due(live) => Ok(live),
            Opinion::Idle(rejection) | Opinion::Rejected(rejection) => Err(rejection),
        };
        Ok(Verdict { outcome, as_of: seen.as_of, source: VerdictSource::of_read(seen.from_memory) })
    }

    /// What follows from what was seen. Only the right secret learns more than that a session is unknown.
    fn consider(&self, seen: &Seen, token: &Token, request: &ValidateToken<'_>, now: UnixMillis) -> Opinion {
        let unknown = Opinion::Rejected(Rejection::bare(RejectReason::Unknown));
        let hash = token.secret.hash();
        let (pass, mass) = match &seen.standing {
            Standing::Live(pass) => (pass, None),
            Standing::MassRevoked(pass, at, cause) => (pass, Some((*at, cause))),
            Standing::Ended(tombstone)
                if tombstone.secret == hash && request.tenants.allows(tombstone.tenant.as_str()) =>
            {
                let rejection = ended(token.session_id, tombstone.reason, tombstone.at, &tombstone.cause);
                return Opinion::Rejected(rejection);
            }
            Standing::Ended(_) | Standing::Missing => return unknown,
        };
        if pass.secret != hash || !request.tenants.allows(pass.tenant.as_str()) {
            return unknown;
        }
        let mut clock = pass.clock();
        let activity = self.activity.of(pass.id);
        if let Some(latest) = activity.latest() {
            clock.last_active = clock.last_active.max(latest);
        }
        if let Liveness::Over { reason, at } = clock.liveness_after(mass.map(|(at, _)| at), now) {
            let cause = mass.filter(|_| reason == EndReason::RevokedAll).map(|(_, cause)| Cause::clone(cause));
            let rejection = ended(pass.id, reason, at, &cause.unwrap_or_else(|| Cause::service("timeout")));
            return if reason == EndReason::IdleTimeout {
                Opinion::Idle(rejection)
            } else {
                Opinion::Rejected(rejection)
            };
        }
        if let Some(rejection) = step_up(pass, request, now) {
            return Opinion::Rejected(rejection);
        }
        let noted = if request.touch { note(activity, pass, clock, now) } else { Noted::NotNeeded };
        if request.touch && noted != Noted::Due {
            self.parts.observer.touch_coalesced();
        }
        // What is not kept is not told either: nobody is told of earlier activity later.
        if noted != Noted::NotNeeded {
            clock.last_active = clock.last_active.max(now);
        }
        let live = Live { pass: Arc::clone(pass), clock };
        if noted == Noted::Due { Opinion::Due(live) } else { Opinion::Live(live) }
    }

    /// Writes this activity. `false` when the session turned out to be gone.
    async fn touch(&self, live: &Live) -> Result<bool, Error> {
        let touch = Touch { session_id: live.pass.id, at: live.clock.last_active };
        let written = self.store().touch(&[touch]).await?;
        self.parts.observer.touches_written(1);
        let [Some(at)] = written[..] else { return Ok(false) };
        self.untold.note([Touch { at, ..touch }]);
        Ok(true)
    }
}

/// Notes that the session is in use at `now`.
fn note(activity: Held<'_>, pass: &Pass, clock: SessionClock, now: UnixMillis) -> Noted {
    if clock.idle_margin.is_zero() && !clock.idle_timeout.is_zero() {
        return Noted::Due;
    }
    activity.note(clock.last_active.max(now), pass.clock().last_active, clock.idle_timeout)
}

/// What follows from what was seen of a session.
enum Opinion {
    Live(Live),
    /// It is live if this activity can be written.
    Due(Live),
    /// It was not used for too long, as far as is known here.
    Idle(Rejection),
    Rejected(Rejection),
}

pub(super) fn ended(id: SessionId, reason: EndReason, at: UnixMillis, cause: &Cause) -> Rejection {
    Rejection {
        session_id: Some(id),
        ended_at: Some(at),
        actor: cause.actor.clone(),
        // What this service ends by itself has a reason of its own wording, which says no more than `reason`.
        stated_reason: if cause.caller.is_empty() { String::new() } else { cause.reason.clone() },
        ..Rejection::bare(RejectReason::Ended(reason))
    }
}

/// The session's authentication is too old or too weak (OWASP ASVS 7.5.1, 7.5.3).
fn step_up(pass: &Pass, request: &ValidateToken<'_>, now: UnixMillis) -> Option<Rejection> {
    let too_old = request.max_auth_age.is_some_and(|age| now.since(pass.authenticated_at) > age);
    let too_weak = pass.assurance_level < request.min_assurance_level;
    (too_old || too_weak).then(|| Rejection {
        session_id: Some(pass.id),
        required_assurance_level: if too_weak { request.min_assurance_level } else { 0 },
        required_max_auth_age: request.max_auth_age.filter(|_| too_old),
        ..Rejection::bare(RejectReason::StepUpRequired)
    })
}
