//! The presentation of tokens to the store.

use std::sync::Arc;

use super::{alert_recorder::AlertRecorder, change_recorder::ChangeRecorder, client_describer::ClientDescriber};
use crate::{
    detection::{ReusedToken, token_reuse_alert},
    domain::{
        CallError, Cause, ClientContext, PresentedToken, Session, SessionId, UnixMillis, alert::ClientObservation,
        client::UNKNOWN_CLIENT,
    },
    store::{PresentationOutcome, ReuseEnding, SessionStore, StoreError, TokenPresentation, TokenRotation},
};

/// The origin of a presented token.
#[derive(Clone, Copy, Debug)]
pub struct Presenter<'a> {
    /// The client that sent the token. Every part may be missing.
    pub client: &'a ClientContext,
    /// The caller that received it from the client.
    pub caller: &'a str,
    /// The `x-request-id` of the call.
    pub request_id: &'a str,
}

impl<'a> Presenter<'a> {
    /// A presenter of which nothing is known.
    pub const UNKNOWN: Presenter<'static> = Presenter { client: &UNKNOWN_CLIENT, caller: "", request_id: "" };

    /// Returns the presenter of a token in a call that does not state the client.
    pub(super) fn from_cause(cause: &'a Cause) -> Self {
        Self { client: &UNKNOWN_CLIENT, caller: &cause.caller, request_id: &cause.request_id }
    }
}

/// Presents tokens to the store. A session whose token was rotated out ends with an alert.
pub struct TokenPresenter {
    pub store: Arc<dyn SessionStore>,
    pub clients: ClientDescriber,
    pub changes: ChangeRecorder,
    pub alerts: AlertRecorder,
}

impl TokenPresenter {
    /// Stores that the current token of a session is in use. Nothing ends, whatever the token turns out to be.
    pub(super) async fn note_use(
        &self,
        session_id: SessionId,
        token: PresentedToken,
        now: UnixMillis,
    ) -> Result<PresentationOutcome, StoreError> {
        let presentation = TokenPresentation { now, session_id, token, rotation: None, on_reuse: None };
        self.store.present_token(presentation).await
    }

    /// Presents a token of `session`, and rotates it if asked to. The alert is built only if it is needed: the token of
    /// a thief costs a second round trip.
    pub(super) async fn present(
        &self,
        session: &Session,
        token: PresentedToken,
        rotation: Option<TokenRotation>,
        presenter: Presenter<'_>,
        now: UnixMillis,
    ) -> Result<PresentationOutcome, CallError> {
        let presentation = TokenPresentation { now, session_id: session.id, token, rotation, on_reuse: None };
        let mut outcome = self.store.present_token(presentation.clone()).await?;
        if outcome == PresentationOutcome::Reused(None) {
            let on_reuse = Some(Box::new(self.reuse_ending(session, presenter, now).await));
            outcome = self.store.present_token(TokenPresentation { on_reuse, ..presentation }).await?;
        }
        match &outcome {
            PresentationOutcome::Reused(Some((ending, alerts))) => {
                self.changes.record_ended(std::slice::from_ref(ending));
                self.alerts.record(session.id.handle.bucket(), alerts);
            }
            PresentationOutcome::Rotated { is_new, .. } => self.changes.record_rotated(*is_new),
            _ => {}
        }
        Ok(outcome)
    }

    async fn reuse_ending(&self, session: &Session, presenter: Presenter<'_>, now: UnixMillis) -> ReuseEnding {
        let Presenter { client, caller, request_id } = presenter;
        let mut device = None;
        if *client != UNKNOWN_CLIENT {
            let mut described = self.clients.describe_device(&session.owner, client).await;
            described.user_agent.clear();
            device = Some(described);
        }
        let presented_by = ClientObservation { location: self.clients.locate(client), device, at: now };
        let alert = token_reuse_alert(ReusedToken { session, presented_by, caller, now });
        let cause = Cause { request_id: request_id.to_owned(), ..reuse_cause() };
        ReuseEnding { alert, cause }
    }
}

/// Returns the cause of the end of a session whose token was rotated out.
pub(super) fn reuse_cause() -> Cause {
    Cause::from_service("a token that had been rotated was presented again")
}
