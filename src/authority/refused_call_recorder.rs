//! The record of refused calls for the audit.
//!
//! Anyone can cause refused calls, so calls of one kind are recorded together: each time that they are taken for the
//! audit, there are at most [`MAX_KINDS`] events, however many calls were refused.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use super::PresentedIdentity;
use crate::{
    domain::{Caller, EventId, Location, RefusedCalls, TenantId, TenantScope, UnixMillis, limits},
    entropy::{Entropy, EntropyError, random_bytes},
};

/// Maximum number of kinds of refused calls that are distinguished at a time. Calls of further kinds are counted
/// together.
const MAX_KINDS: usize = 64;

/// A call that was refused.
#[derive(Clone, Copy, Debug)]
pub struct CallRefusal<'a> {
    /// `None` if the caller did not authenticate.
    pub caller: Option<&'a Caller>,
    /// The public part of the credentials of a caller that did not authenticate.
    pub identity: &'a PresentedIdentity,
    pub method: &'static str,
    /// The message of the response. It contains no secret.
    pub reason: &'a str,
    pub peer: Option<IpAddr>,
    pub request_id: &'a str,
    pub at: UnixMillis,
}

/// The refused calls that were not handed over to the audit yet.
#[derive(Debug, Default)]
pub struct RefusedCallRecorder(Mutex<BTreeMap<RefusalKind, RefusalCount>>);

/// The properties by which refused calls are distinguished. None of them is free text of a client.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct RefusalKind {
    caller: String,
    /// The credential of a caller that did not authenticate although it is known.
    credential: String,
    /// The method, for a caller that authenticated. Otherwise the reason, of which there are few.
    subject: String,
}

#[derive(Debug)]
struct RefusalCount {
    calls: u64,
    latest: UnixMillis,
    tenant: Option<TenantId>,
    method: &'static str,
    reason: String,
    request_id: String,
    peer: Option<IpAddr>,
}

impl RefusedCallRecorder {
    /// Counts a refused call.
    pub fn record(&self, refusal: CallRefusal<'_>) {
        self.record_many(refusal, 1);
    }

    /// Counts refused calls of one kind.
    pub(super) fn record_many(&self, refusal: CallRefusal<'_>, calls: u64) {
        let mut kinds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut kind = RefusalKind::new(&refusal);
        if kinds.len() >= MAX_KINDS - 1 && !kinds.contains_key(&kind) {
            kind = RefusalKind::default();
        }
        let is_other = kind == RefusalKind::default();
        let count = kinds.entry(kind).or_insert_with(|| RefusalCount::new(&refusal, is_other));
        count.calls += calls;
        count.latest = count.latest.max(refusal.at);
    }

    /// Takes the refused calls since the last time, as events for the audit.
    pub fn take(&self, entropy: &dyn Entropy) -> Result<Vec<RefusedCalls>, EntropyError> {
        let kinds = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        kinds.into_iter().map(|(kind, count)| Ok(count.into_event(kind, random_bytes(entropy)?))).collect()
    }
}

impl RefusalKind {
    fn new(refusal: &CallRefusal<'_>) -> Self {
        if let Some(caller) = refusal.caller {
            let (caller, subject) = (caller.name.clone(), refusal.method.to_owned());
            return Self { caller, credential: String::new(), subject };
        }
        // The credential of an unknown caller is its own invention.
        let PresentedIdentity { credential, caller } = refusal.identity;
        let credential = credential.as_ref().filter(|_| caller.is_some());
        Self {
            caller: caller.clone().unwrap_or_default(),
            credential: credential.cloned().unwrap_or_default(),
            subject: refusal.reason.to_owned(),
        }
    }
}

impl RefusalCount {
    fn new(refusal: &CallRefusal<'_>, is_other: bool) -> Self {
        let tenant = match refusal.caller.map(|caller| &caller.tenants) {
            Some(TenantScope::Only(tenants)) if !is_other => match tenants.as_slice() {
                [tenant] => TenantId::new(tenant).ok(),
                _ => None,
            },
            _ => None,
        };
        let reason = if is_other { "calls of further kinds were refused" } else { refusal.reason };
        Self {
            calls: 0,
            latest: refusal.at,
            tenant,
            method: if is_other { "" } else { refusal.method },
            reason: reason.to_owned(),
            request_id: refusal.request_id.to_owned(),
            peer: refusal.peer,
        }
    }

    fn into_event(self, kind: RefusalKind, random: [u8; 16]) -> RefusedCalls {
        let calls = if self.calls == 1 { "1 call".to_owned() } else { format!("{} calls", self.calls) };
        // A text that is too long loses its end.
        let parts = [&calls, self.method, &kind.credential, &self.reason];
        let reason = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ");
        RefusedCalls {
            id: EventId::from_refusal(random),
            at: self.latest,
            tenant: self.tenant,
            caller: kind.caller,
            reason: limits::truncate_text(&reason, limits::MAX_CAUSE_TEXT_BYTES),
            request_id: self.request_id,
            location: Location { ip: self.peer, ..Location::default() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::CallerRole, entropy::SystemEntropy};

    fn refuse(recorder: &RefusedCallRecorder, caller: Option<&Caller>, identity: &PresentedIdentity, reason: &str) {
        recorder.record(CallRefusal {
            caller,
            identity,
            method: "Revoke",
            reason,
            peer: "192.0.2.7".parse().ok(),
            request_id: "r1",
            at: UnixMillis::new(1_000),
        });
    }

    fn take(recorder: &RefusedCallRecorder) -> Vec<RefusedCalls> {
        recorder.take(&SystemEntropy).expect("random bytes")
    }

    #[test]
    fn calls_of_one_kind_are_one_event() {
        let recorder = RefusedCallRecorder::default();
        let tenants = TenantScope::Only(vec!["acme".to_owned()]);
        let caller = Caller { name: "gw".to_owned(), role: Some(CallerRole::Validator), tenants };
        for _ in 0..3 {
            refuse(&recorder, Some(&caller), &PresentedIdentity::default(), "role validator may not call Revoke");
        }
        let known = PresentedIdentity { credential: Some("k1".to_owned()), caller: Some("login".to_owned()) };
        refuse(&recorder, None, &known, "the API key was revoked");
        let events = take(&recorder);
        let texts: Vec<_> = events.iter().map(|event| (event.caller.as_str(), event.reason.as_str())).collect();
        assert_eq!(
            texts,
            [
                ("gw", "3 calls; Revoke; role validator may not call Revoke"),
                ("login", "1 call; Revoke; k1; the API key was revoked"),
            ]
        );
        assert_eq!(events[0].tenant.as_ref().map(TenantId::as_str), Some("acme"));
        assert_eq!((events[1].tenant.as_ref(), events[1].location.ip), (None, "192.0.2.7".parse().ok()));
        assert!(take(&recorder).is_empty(), "each call is recorded once");
    }

    #[test]
    fn a_flood_of_refused_calls_is_a_bounded_number_of_events() {
        let recorder = RefusedCallRecorder::default();
        for n in 0..10_000 {
            let invented = PresentedIdentity { credential: Some(n.to_string()), caller: None };
            refuse(&recorder, None, &invented, "unknown API key");
            let caller = Caller { name: n.to_string(), ..Caller::anonymous() };
            refuse(&recorder, Some(&caller), &PresentedIdentity::default(), "no");
        }
        let events = take(&recorder);
        assert_eq!(events.len(), MAX_KINDS);
        assert!(
            events
                .iter()
                .any(|event| event.caller.is_empty() && event.reason == "10000 calls; Revoke; unknown API key")
        );
        assert!(events.iter().any(|event| event.reason.ends_with(" calls; calls of further kinds were refused")));
    }
}
