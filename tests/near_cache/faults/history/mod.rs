//! A record of the calls about sessions, as their callers saw them, and its check.
//!
//! One clock gives all times of requests and responses. Violations are:
//!
//! - a validation accepts a session that ended `bound` or more before the request was sent. A session has ended when
//!   the response to a revocation of it has arrived. For a STRONG validation, and on the node that responded to the
//!   revocation, the bound is zero;
//! - a validation accepts a session that ended before the `as_of` of the response;
//! - the `as_of` of a response is before the request by more than the same bound;
//! - a session is rejected whose end was not requested;
//! - a session is rejected because of a time limit: all of them are valid for hours.

mod check;
mod tests;
mod timeline;

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use session_authority::{
    api::RejectReason,
    clock::{Clock, Stopwatch, SystemClock},
    domain::UnixMillis,
};

pub use check::{HistoryReport, HistoryViolation};

/// Number of a session in its history.
pub type SessionNumber = usize;

/// Number of a node.
pub type NodeNumber = usize;

const MILLISECOND: Duration = Duration::from_millis(1);

/// The records of one test.
pub struct ValidationHistory {
    clock: Stopwatch,
    records: Mutex<HistoryRecords>,
}

#[derive(Default)]
struct HistoryRecords {
    sessions: Vec<RecordedLogin>,
    revocations: HashMap<EndedScope, Vec<RecordedRevocation>>,
    validations: Vec<RecordedValidation>,
}

/// The times of a request and of its response, since the start of the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallSpan {
    pub sent: Duration,
    pub answered: Duration,
}

struct RecordedLogin {
    user: usize,
    tenant: usize,
    span: CallSpan,
}

/// The sessions that a revocation ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EndedScope {
    Session(SessionNumber),
    User(usize),
    Tenant(usize),
    Everyone,
}

/// A recorded revocation. A failed one may have been executed at any time since it was sent.
#[derive(Clone, Copy)]
struct RecordedRevocation {
    /// The node of the request; `None` if it bypassed the nodes.
    node: Option<NodeNumber>,
    sent: Duration,
    answered: Option<Duration>,
}

/// A validation request: session, node and consistency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValidationCall {
    pub session: SessionNumber,
    pub node: NodeNumber,
    pub strong: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordedValidation {
    pub call: ValidationCall,
    pub span: CallSpan,
    /// The `as_of` of the response, or `None` if it has none.
    pub as_of: Option<AsOfBounds>,
    pub verdict: ObservedVerdict,
}

/// The interval in which `as_of` lies: it has a precision of milliseconds, and reading two clocks takes time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsOfBounds {
    pub earliest: Duration,
    pub latest: Duration,
}

/// The response to a validation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValidationAnswer {
    pub verdict: ObservedVerdict,
    /// The time up to which the verdict includes every acknowledged change.
    pub as_of: Option<UnixMillis>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObservedVerdict {
    Accepted {
        from_memory: bool,
    },
    Rejected(RejectReason),
    /// An error, or no response in time.
    Unavailable,
}

impl ValidationAnswer {
    pub const UNAVAILABLE: Self = Self::without_as_of(ObservedVerdict::Unavailable);

    /// Returns an answer without `as_of`.
    pub const fn without_as_of(verdict: ObservedVerdict) -> Self {
        Self { verdict, as_of: None }
    }
}

impl ValidationHistory {
    pub fn new() -> Self {
        Self { clock: Stopwatch::start(), records: Mutex::default() }
    }

    /// Returns the current time of the history.
    pub fn now(&self) -> Duration {
        self.clock.elapsed()
    }

    /// Records a login that was sent at `sent` and has succeeded now.
    pub fn record_created(&self, user: usize, tenant: usize, sent: Duration) -> SessionNumber {
        let span = self.span_since(sent);
        let mut records = self.records();
        records.sessions.push(RecordedLogin { user, tenant, span });
        records.sessions.len() - 1
    }

    /// Records a revocation that was sent at `sent`, on a node or bypassing all of them, and has succeeded or failed
    /// now.
    pub fn record_revocation(&self, scope: EndedScope, node: Option<NodeNumber>, sent: Duration, succeeded: bool) {
        let answered = succeeded.then(|| self.now());
        self.records().revocations.entry(scope).or_default().push(RecordedRevocation { node, sent, answered });
    }

    /// Records a validation that was sent at `sent` and has a response now.
    pub fn record_validation(&self, question: ValidationCall, sent: Duration, answer: ValidationAnswer) {
        let span = self.span_since(sent);
        // Computed from its age, because the clocks may drift apart in the long run.
        let as_of = answer.as_of.map(|as_of| {
            let age = SystemClock.now().since(as_of);
            let earliest = span.answered.saturating_sub(age + MILLISECOND);
            AsOfBounds { earliest, latest: (self.now() + MILLISECOND).saturating_sub(age) }
        });
        self.records().validations.push(RecordedValidation { call: question, span, as_of, verdict: answer.verdict });
    }

    /// Checks all records.
    pub fn check(&self, bound: Duration) -> HistoryReport {
        check::check(&self.records(), bound)
    }

    fn span_since(&self, sent: Duration) -> CallSpan {
        CallSpan { sent, answered: self.now() }
    }

    fn records(&self) -> std::sync::MutexGuard<'_, HistoryRecords> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
