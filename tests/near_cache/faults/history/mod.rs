//! What happened to sessions, as their callers saw it, and whether it may have.
//!
//! One clock times everything: when a call was sent and when it was answered. What must not be:
//!
//! - a validation accepts a session that ended `bound` or more before it was sent: a session ended when a revocation of
//!   it was answered. There is no bound for a STRONG one, and none on the node that answered the revocation;
//! - a validation accepts a session that ended before the moment as of which the answer says it holds;
//! - an answer holds as of longer before the validation was sent than the same bound;
//! - a session is rejected that nobody has asked to end;
//! - a session is rejected because of a time limit: all of them last for hours.

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

/// Records of one test.
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

/// When something was asked for and when it was answered, since the start of the history.
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

/// What a revocation ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EndedScope {
    Session(SessionNumber),
    User(usize),
    Tenant(usize),
    Everyone,
}

/// One that failed may have been carried out, at any time since it was sent.
#[derive(Clone, Copy)]
struct RecordedRevocation {
    /// None: it went past the nodes.
    node: Option<NodeNumber>,
    sent: Duration,
    answered: Option<Duration>,
}

/// What a caller wants to know, and of whom.
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
    /// As of when the answer holds; none: it does not say.
    pub as_of: Option<AsOfBounds>,
    pub verdict: ObservedVerdict,
}

/// Between which moments that is: what is told in milliseconds says no more, and reading two clocks takes time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsOfBounds {
    pub earliest: Duration,
    pub latest: Duration,
}

/// What a caller was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValidationAnswer {
    pub verdict: ObservedVerdict,
    /// Every change answered before is in it.
    pub as_of: Option<UnixMillis>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObservedVerdict {
    Accepted {
        from_memory: bool,
    },
    Rejected(RejectReason),
    /// An error that says so, or no answer in time.
    Unavailable,
}

impl ValidationAnswer {
    pub const UNAVAILABLE: Self = Self::without_as_of(ObservedVerdict::Unavailable);

    /// It does not say as of when it holds.
    pub const fn without_as_of(verdict: ObservedVerdict) -> Self {
        Self { verdict, as_of: None }
    }
}

impl ValidationHistory {
    pub fn new() -> Self {
        Self { clock: Stopwatch::start(), records: Mutex::default() }
    }

    /// Now.
    pub fn now(&self) -> Duration {
        self.clock.elapsed()
    }

    /// A login asked for at `sent` is answered now.
    pub fn record_created(&self, user: usize, tenant: usize, sent: Duration) -> SessionNumber {
        let span = self.span_since(sent);
        let mut records = self.records();
        records.sessions.push(RecordedLogin { user, tenant, span });
        records.sessions.len() - 1
    }

    /// A revocation asked for at `sent`, of a node or past all of them, is answered now, or fails.
    pub fn record_revocation(&self, scope: EndedScope, node: Option<NodeNumber>, sent: Duration, succeeded: bool) {
        let answered = succeeded.then(|| self.now());
        self.records().revocations.entry(scope).or_default().push(RecordedRevocation { node, sent, answered });
    }

    /// A validation asked for at `sent` is answered now.
    pub fn record_validation(&self, question: ValidationCall, sent: Duration, answer: ValidationAnswer) {
        let span = self.span_since(sent);
        // By its age, as the clocks may drift apart in the long run.
        let as_of = answer.as_of.map(|as_of| {
            let age = SystemClock.now().since(as_of);
            let earliest = span.answered.saturating_sub(age + MILLISECOND);
            AsOfBounds { earliest, latest: (self.now() + MILLISECOND).saturating_sub(age) }
        });
        self.records().validations.push(RecordedValidation { call: question, span, as_of, verdict: answer.verdict });
    }

    /// Looks through everything that was recorded, once.
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
