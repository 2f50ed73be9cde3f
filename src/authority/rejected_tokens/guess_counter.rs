//! The count of tokens that this installation did not issue, by caller and by network.

use std::{collections::HashMap, net::IpAddr, time::Duration};

use super::{ProcessedTokens, RejectedTokenWatcher};
use crate::{
    authority::{
        CallRefusal, PresentedIdentity, Presenter,
        failure_alerts::raise_alerts,
        failure_subjects::{record_limit, to_seconds},
    },
    detection::FailureContext,
    domain::{
        AuthEventKind, AuthFailure, CallError, Caller, ClientContext, Device, EventId, Owner, TenantScope, UnixMillis,
        UserHandle,
        failures::{Failure, FailureSubject, PeerTag},
    },
    store::FailureReport,
};

/// The maximum number of different tokens of one source that are counted in an interval. No threshold is higher.
const MAX_TAGS: usize = 64;
/// The maximum number of counts that a node writes in an interval. The sources with most tokens come first.
const MAX_REPORTS: usize = 64;

/// The source of guesses, with the tenant of the caller.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum GuessSource {
    Caller(String, String),
    /// The first address of the network.
    Network(String, IpAddr),
}

impl GuessSource {
    const fn subject(&self) -> FailureSubject {
        match self {
            Self::Caller(..) => FailureSubject::CallerTokens,
            Self::Network(..) => FailureSubject::NetworkTokens,
        }
    }

    /// Returns the caller or the network, as the owner of a record of failures.
    fn owner(&self) -> Result<Owner, CallError> {
        let (tenant, name) = match self {
            // An identifier is not empty.
            Self::Caller(tenant, name) => (tenant, if name.is_empty() { "anonymous".to_owned() } else { name.clone() }),
            Self::Network(tenant, network) => (tenant, network.to_string()),
        };
        Owner::new(tenant, &name).map_err(|violation| CallError::Internal(violation.description.into()))
    }
}

/// The guesses of one source.
#[derive(Clone, Debug)]
pub(super) struct Guesses {
    /// The different tokens, and whether the MAC of each is right.
    tags: Vec<(PeerTag, bool)>,
    /// The number of tokens, with repeats.
    tokens: u64,
    /// The client and the request of the first token.
    client: ClientContext,
    request_id: String,
}

impl Guesses {
    pub(super) fn new(presenter: Presenter<'_>) -> Self {
        let (client, request_id) = (presenter.client.clone(), presenter.request_id.to_owned());
        Self { tags: Vec::new(), tokens: 0, client, request_id }
    }

    pub(super) fn add(&mut self, tag: PeerTag, is_signed: bool) {
        self.tokens += 1;
        if self.tags.len() < MAX_TAGS && !self.tags.iter().any(|(known, _)| *known == tag) {
            self.tags.push((tag, is_signed));
        }
    }

    #[cfg(test)]
    pub(super) fn tags(&self) -> &[(PeerTag, bool)] {
        &self.tags
    }
}

/// A token of a source that was counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct ReportedGuess(FailureSubject, UserHandle, PeerTag);

impl RejectedTokenWatcher {
    /// Counts guesses, and raises the alerts about their sources.
    pub(super) async fn count_guesses(&self, guesses: HashMap<GuessSource, Guesses>) {
        let mut sources: Vec<_> = guesses.into_iter().collect();
        sources.sort_unstable_by_key(|(source, guesses)| (usize::MAX - guesses.tags.len(), source.clone()));
        let (now, mut reports) = (self.parts.clock.now(), 0);
        for (source, mut guesses) in sources {
            self.record_in_audit(&source, &guesses, now);
            let Ok(owner) = source.owner() else { continue };
            let handle = self.parts.installation.user_handle(&owner);
            self.memory().remove_repeats(source.subject(), handle, &mut guesses, self.guess_window(), now);
            guesses.tags.truncate(MAX_REPORTS.saturating_sub(reports));
            if guesses.tags.is_empty() {
                continue;
            }
            reports += guesses.tags.len();
            if let Err(error) = self.count_source(source.subject(), owner, handle, &guesses, now).await {
                self.parts.observer.evaluation_failed();
                tracing::warn!(%error, "failed to count tokens that were not issued here");
            }
        }
    }

    async fn count_source(
        &self,
        subject: FailureSubject,
        owner: Owner,
        handle: UserHandle,
        guesses: &Guesses,
        now: UnixMillis,
    ) -> Result<(), CallError> {
        let parts = &self.parts;
        let settings = &parts.settings.failures;
        let mut record = None;
        let mut kind = AuthEventKind::TokenGuessed;
        for (peer, is_signed) in &guesses.tags {
            kind = if *is_signed { AuthEventKind::SignedTokenGuessed } else { AuthEventKind::TokenGuessed };
            let failure = Failure { at: to_seconds(now), kind, peer: *peer, is_familiar: false };
            let limit = record_limit(settings, subject);
            let report = FailureReport { now, subject, handle, failure, event: None, limit };
            record = Some(parts.failures.record_failure(report).await?);
            self.memory().guesses.insert(ReportedGuess(subject, handle, *peer), now);
        }
        let Some(record) = record else { return Ok(()) };
        let location = parts.clients.locate(&guesses.client);
        let guess = AuthFailure { owner, kind, method: String::new(), location, device: Device::default(), at: now };
        let context = FailureContext {
            now,
            subject,
            failure: &guess,
            event: EventId::from_parts(&[b"guess", &[subject as u8], &handle.0, &now.get().to_be_bytes()]),
            record: &record,
            settings,
            audit_only: parts.settings.audit_only,
            dedup_window: parts.settings.dedup_window,
        };
        raise_alerts(parts.failures.as_ref(), &parts.alerts, &context, handle).await?;
        Ok(())
    }

    /// Records the tokens that a caller passed on. Those of a network are the same.
    fn record_in_audit(&self, source: &GuessSource, guesses: &Guesses, now: UnixMillis) {
        let GuessSource::Caller(tenant, name) = source else { return };
        self.parts.observer.tokens_guessed(guesses.tokens);
        let tenants = TenantScope::Only(vec![tenant.clone()]);
        let refusal = CallRefusal {
            caller: Some(&Caller { name: name.clone(), role: None, tenants }),
            identity: &PresentedIdentity::default(),
            method: "Validate",
            reason: "the token was not issued by this installation",
            peer: guesses.client.ip,
            request_id: &guesses.request_id,
            at: now,
        };
        self.parts.refused_calls.record_many(refusal, guesses.tokens);
    }

    const fn guess_window(&self) -> Duration {
        self.parts.settings.failures.token_guess_window
    }
}

impl ProcessedTokens {
    /// Removes the tokens that this node has counted within the window: a client that repeats its old token costs one
    /// write.
    fn remove_repeats(
        &mut self,
        subject: FailureSubject,
        handle: UserHandle,
        guesses: &mut Guesses,
        window: Duration,
        now: UnixMillis,
    ) {
        guesses.tags.retain(|(tag, _)| {
            let counted = self.guesses.get(&ReportedGuess(subject, handle, *tag));
            counted.is_none_or(|at| now.since(*at) >= window)
        });
    }
}
