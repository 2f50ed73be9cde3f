//! Is this token good, now, for this?

use std::time::Duration;

use super::Authority;
use crate::{
    domain::{
        BearerToken, Cause, EndReason, Error, Liveness, RejectReason, Rejection, Session, SessionId, TenantScope,
        Token, UnixMillis, token::NotAToken,
    },
    store::{Found, Loaded, Touch},
};

/// A token to be judged.
#[derive(Clone, Debug)]
pub struct ValidateToken<'a> {
    pub token: BearerToken,
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
    pub outcome: Result<Box<Session>, Rejection>,
    /// The time that the verdict speaks of.
    pub as_of: UnixMillis,
}

impl Authority {
    /// Judges a token. An error means that no verdict was reached, never that the user is signed out.
    pub async fn validate(&self, request: ValidateToken<'_>) -> Result<Verdict, Error> {
        let as_of = self.now();
        let outcome = match self.parts.tokens.parse(request.token.as_str()) {
            Ok(token) => self.judge(&token, &request, as_of).await?,
            Err(NotAToken::Malformed) => Err(Rejection::bare(RejectReason::Malformed)),
            Err(NotAToken::Unknown) => Err(Rejection::bare(RejectReason::Unknown)),
        };
        match &outcome {
            Ok(_) => self.parts.observer.accepted(),
            Err(rejection) => self.parts.observer.rejected(rejection.reason),
        }
        Ok(Verdict { outcome, as_of })
    }

    async fn judge(
        &self,
        token: &Token,
        request: &ValidateToken<'_>,
        now: UnixMillis,
    ) -> Result<Result<Box<Session>, Rejection>, Error> {
        let found = match self.open(token, request.tenants).await? {
            Ok(found) => found,
            Err(rejection) => return Ok(Err(rejection)),
        };
        let stored = found.session.clock.last_active;
        let mut session = match self.living(*found, now) {
            Ok(session) => session,
            Err(rejection) => return Ok(Err(rejection)),
        };
        if let Some(rejection) = step_up(&session, request, now) {
            return Ok(Err(rejection));
        }
        if request.touch && !self.touch(&mut session, stored, now).await? {
            // It ended between the reading and the writing; what is remembered says how.
            return Ok(Err(match self.open(token, request.tenants).await? {
                Ok(_) => Rejection::bare(RejectReason::Unknown),
                Err(rejection) => rejection,
            }));
        }
        Ok(Ok(Box::new(session)))
    }

    /// What the store holds for a token. Only the right secret learns more than that it is unknown.
    async fn open(&self, token: &Token, tenants: &TenantScope) -> Result<Result<Box<Found>, Rejection>, Error> {
        let unknown = Rejection::bare(RejectReason::Unknown);
        let hash = token.secret.hash();
        Ok(match self.store().load(token.session_id).await? {
            Loaded::Found(found) if found.session.record.secret != hash => Err(unknown),
            Loaded::Found(found) if !tenants.allows(found.session.owner.tenant.as_str()) => Err(unknown),
            Loaded::Found(found) => Ok(found),
            Loaded::Ended(tombstone) if tombstone.secret == hash => {
                Err(ended(token.session_id, tombstone.reason, tombstone.at, &tombstone.cause))
            }
            Loaded::Ended(_) | Loaded::Missing => Err(unknown),
        })
    }

    /// The session if it is live at `now`, with the activity that this node knows of counted in.
    pub(super) fn living(&self, found: Found, now: UnixMillis) -> Result<Session, Rejection> {
        let Found { mut session, mass_revoked } = found;
        if let Some(latest) = self.activity.latest(session.id) {
            session.clock.last_active = session.clock.last_active.max(latest);
        }
        // A mass revocation ended what was live then.
        if let Some((at, cause)) = mass_revoked.filter(|(at, _)| session.clock.liveness(*at) == Liveness::Live) {
            return Err(ended(session.id, EndReason::RevokedAll, at, &cause));
        }
        match session.clock.liveness(now) {
            Liveness::Live => Ok(session),
            Liveness::Over { reason, at } => Err(ended(session.id, reason, at, &Cause::service("timeout"))),
        }
    }

    /// Counts this as activity. `stored` is the activity that the store has, which is what decides when
    /// to write again. `false` when the session turned out to be gone.
    async fn touch(&self, session: &mut Session, stored: UnixMillis, now: UnixMillis) -> Result<bool, Error> {
        session.clock.last_active = session.clock.last_active.max(now);
        let touch = Touch { session_id: session.id, at: session.clock.last_active };
        let strict = session.clock.idle_margin.is_zero() && !session.clock.idle_timeout.is_zero();
        if !strict && self.activity.note(touch, stored, session.clock.idle_timeout) {
            self.parts.observer.touch_coalesced();
            return Ok(true);
        }
        let written = self.store().touch(&[touch]).await?;
        self.parts.observer.touches_written(1);
        Ok(matches!(written.as_slice(), [Some(_)]))
    }
}

fn ended(id: SessionId, reason: EndReason, at: UnixMillis, cause: &Cause) -> Rejection {
    Rejection {
        session_id: Some(id),
        ended_at: Some(at),
        actor: cause.actor.clone(),
        ..Rejection::bare(RejectReason::Ended(reason))
    }
}

/// The session's authentication is too old or too weak (OWASP ASVS 7.5.1, 7.5.3).
fn step_up(session: &Session, request: &ValidateToken<'_>, now: UnixMillis) -> Option<Rejection> {
    let record = &session.record;
    let too_old = request.max_auth_age.is_some_and(|age| now.since(record.authenticated_at) > age);
    let too_weak = record.assurance_level < request.min_assurance_level;
    (too_old || too_weak).then(|| Rejection {
        session_id: Some(session.id),
        required_assurance_level: if too_weak { request.min_assurance_level } else { 0 },
        required_max_auth_age: request.max_auth_age.filter(|_| too_old),
        ..Rejection::bare(RejectReason::StepUpRequired)
    })
}
