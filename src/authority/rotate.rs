//! The rotation of tokens.

use std::sync::Arc;

use super::{
    activity::SessionActivity,
    backlog::BacklogGate,
    clock_monitor::ClockMonitor,
    loaded_session::{LoadedSessionState, session_state},
    rejected_tokens::TokenOrigin,
    rejections::{ended_rejection, rotated_rejection},
    token_parser::TokenParser,
    token_presenter::{Presenter, TokenPresenter, reuse_cause},
};
use crate::{
    clock::Clock,
    domain::{
        BearerToken, CallError, Cause, EndReason, RejectReason, Session, SessionToken, TenantScope, TokenRejection,
        TokenStanding, UnixMillis,
    },
    store::{PresentationOutcome, SessionStore, TokenRotation},
};

/// The number of attempts while other calls change the session.
const ATTEMPTS: usize = 4;

/// A token to rotate.
#[derive(Clone, Debug)]
pub struct RotationRequest<'a> {
    pub token: BearerToken,
    /// The tenants of the caller. A session of another tenant is unknown to it.
    pub tenants: &'a TenantScope,
    pub presenter: Presenter<'a>,
    pub cause: Cause,
}

/// A session with its new token.
#[derive(Clone, Debug)]
pub struct RotatedSession {
    /// The token for the user. It can be retrieved again with the previous token, until it is in use.
    pub token: BearerToken,
    pub session: Session,
}

/// The result of a rotation: the new token, or a rejection of the given one.
pub type RotationVerdict = Result<RotatedSession, TokenRejection>;

/// Rotates tokens.
pub struct TokenRotator {
    pub tokens: TokenParser,
    pub store: Arc<dyn SessionStore>,
    pub activity: Arc<SessionActivity>,
    pub clock: Arc<dyn Clock>,
    pub clock_monitor: Arc<ClockMonitor>,
    pub backlog: Arc<BacklogGate>,
    pub presenter: Arc<TokenPresenter>,
}

impl TokenRotator {
    /// Replaces a token. Every repeat returns the same new token, until that is in use. An error means that no verdict
    /// was reached.
    pub async fn rotate(&self, request: RotationRequest<'_>) -> Result<RotationVerdict, CallError> {
        let moment = self.clock.instant();
        let origin = TokenOrigin { presenter: request.presenter, tenants: request.tenants };
        let token = match self.tokens.parse(&request.token, origin)? {
            Ok(token) => token,
            Err(error) => return Ok(Err(TokenRejection::from_reason(error.reject_reason()))),
        };
        self.clock_monitor.verify(moment)?;
        let verdict = self.rotate_token(&token, &request, moment.wall_clock).await?;
        if let Err(rejection) = &verdict {
            if rejection.reason.is_time_dependent() {
                self.clock_monitor.verify_recent(moment)?;
            }
            self.tokens.rejected.note_rejection(rejection, origin, moment.wall_clock);
        }
        Ok(verdict)
    }

    async fn rotate_token(
        &self,
        token: &SessionToken,
        request: &RotationRequest<'_>,
        now: UnixMillis,
    ) -> Result<RotationVerdict, CallError> {
        let unknown = || Ok(Err(TokenRejection::from_reason(RejectReason::Unknown)));
        let presented = token.presented();
        for _ in 0..ATTEMPTS {
            let loaded = self.store.load(token.session_id).await?;
            let session = match session_state(loaded, request.tenants, &self.activity, now) {
                LoadedSessionState::Live(session) => *session,
                LoadedSessionState::Ended { secret, reason, at, cause } if secret == presented.secret => {
                    return Ok(Err(ended_rejection(token.session_id, reason, at, &cause)));
                }
                LoadedSessionState::Ended { .. } | LoadedSessionState::Missing => return unknown(),
            };
            match session.record.standing(presented, now) {
                TokenStanding::Unknown => return unknown(),
                TokenStanding::Current if !self.backlog.admits_changes() => return Err(CallError::AuditBacklogFull),
                _ => {}
            }
            let key = self.tokens.keys.by_id(token.key_id);
            let key = key.ok_or_else(|| CallError::Internal("the key of a parsed token is missing".into()))?;
            let successor = key.successor_secret(token);
            let (rules, cause) = (session.record.rotation_rules, request.cause.clone());
            let rotation = Some(TokenRotation { successor: successor.hash(), rules, cause });
            match self.presenter.present(&session, presented, rotation, request.presenter, now).await? {
                PresentationOutcome::Rotated { record, clock, .. } => {
                    let token = key.mint(session.id, &successor, token.number.saturating_add(1));
                    let session = Session { record: *record, clock, ..session };
                    return Ok(Ok(RotatedSession { token, session }));
                }
                PresentationOutcome::Superseded | PresentationOutcome::Accepted => {
                    return Ok(Err(rotated_rejection(token)));
                }
                PresentationOutcome::Reused(Some((ending, _))) => {
                    let rejection = ended_rejection(session.id, EndReason::TokenReused, ending.at, &reuse_cause());
                    return Ok(Err(rejection));
                }
                PresentationOutcome::Unknown => return unknown(),
                // The session has changed since it was read.
                PresentationOutcome::NotFound | PresentationOutcome::Current | PresentationOutcome::Reused(None) => {}
            }
        }
        Err(CallError::StoreUnavailable("the session changed at every attempt to rotate its token".into()))
    }
}
