//! What happened to sessions, as their callers saw it, and whether it may have.
//!
//! One clock times everything: when a call was sent and when it was answered. What must not be:
//!
//! - a validation that started `bound` or more after a revocation was answered accepts a session of it;
//! - a session is rejected that nobody has asked to end.

mod check;
mod tests;

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use session_authority::{api::RejectReason, clock::Stopwatch};

pub use check::{Report, Violation};

/// Number of a session in its history.
pub type Number = usize;

/// Records of one test.
pub struct History {
    clock: Stopwatch,
    records: Mutex<Records>,
}

#[derive(Default)]
struct Records {
    sessions: Vec<Created>,
    revocations: HashMap<Scope, Vec<Revocation>>,
    validations: Vec<Validation>,
}

/// When something was asked for and when it was answered, since the start of the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub sent: Duration,
    pub answered: Duration,
}

struct Created {
    user: usize,
    tenant: usize,
    span: Span,
}

/// What a revocation ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    Session(Number),
    User(usize),
    Tenant(usize),
    Everyone,
}

/// One that failed may have been carried out, at any time since it was sent.
#[derive(Clone, Copy)]
struct Revocation {
    sent: Duration,
    answered: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validation {
    pub session: Number,
    pub span: Span,
    pub verdict: Verdict,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Accepted {
        from_memory: bool,
    },
    Rejected(RejectReason),
    /// An error that says so, or no answer in time.
    Unavailable,
}

impl History {
    pub fn new() -> Self {
        Self { clock: Stopwatch::start(), records: Mutex::default() }
    }

    /// Now.
    pub fn now(&self) -> Duration {
        self.clock.elapsed()
    }

    /// A login asked for at `sent` is answered now.
    pub fn created(&self, user: usize, tenant: usize, sent: Duration) -> Number {
        let span = self.since(sent);
        let mut records = self.records();
        records.sessions.push(Created { user, tenant, span });
        records.sessions.len() - 1
    }

    /// A revocation asked for at `sent` is answered now, or fails.
    pub fn revoked(&self, scope: Scope, sent: Duration, succeeded: bool) {
        let answered = succeeded.then(|| self.now());
        self.records().revocations.entry(scope).or_default().push(Revocation { sent, answered });
    }

    /// A validation asked for at `sent` is answered now.
    pub fn validated(&self, session: Number, sent: Duration, verdict: Verdict) {
        let span = self.since(sent);
        self.records().validations.push(Validation { session, span, verdict });
    }

    /// Looks through everything that was recorded, once.
    pub fn check(&self, bound: Duration) -> Report {
        check::check(&mut self.records(), bound)
    }

    fn since(&self, sent: Duration) -> Span {
        Span { sent, answered: self.now() }
    }

    fn records(&self) -> std::sync::MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
