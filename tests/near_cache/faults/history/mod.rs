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

pub use check::{Report, Violation};

/// Number of a session in its history.
pub type Number = usize;

/// Number of a node.
pub type NodeNumber = usize;

const MILLISECOND: Duration = Duration::from_millis(1);

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    Session(Number),
    User(usize),
    Tenant(usize),
    Everyone,
}

/// One that failed may have been carried out, at any time since it was sent.
#[derive(Clone, Copy)]
struct Revocation {
    /// None: it went past the nodes.
    node: Option<NodeNumber>,
    sent: Duration,
    answered: Option<Duration>,
}

/// What a caller wants to know, and of whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question {
    pub session: Number,
    pub node: NodeNumber,
    pub strong: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validation {
    pub question: Question,
    pub span: Span,
    /// As of when the answer holds; none: it does not say.
    pub as_of: Option<AsOf>,
    pub verdict: Verdict,
}

/// Between which moments that is: what is told in milliseconds says no more, and reading two clocks takes time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsOf {
    pub earliest: Duration,
    pub latest: Duration,
}

/// What a caller was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    pub verdict: Verdict,
    /// Every change answered before is in it.
    pub as_of: Option<UnixMillis>,
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

impl Answer {
    pub const UNAVAILABLE: Self = Self::bare(Verdict::Unavailable);

    /// It does not say as of when it holds.
    pub const fn bare(verdict: Verdict) -> Self {
        Self { verdict, as_of: None }
    }
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

    /// A revocation asked for at `sent`, of a node or past all of them, is answered now, or fails.
    pub fn revoked(&self, scope: Scope, node: Option<NodeNumber>, sent: Duration, succeeded: bool) {
        let answered = succeeded.then(|| self.now());
        self.records().revocations.entry(scope).or_default().push(Revocation { node, sent, answered });
    }

    /// A validation asked for at `sent` is answered now.
    pub fn validated(&self, question: Question, sent: Duration, answer: Answer) {
        let span = self.since(sent);
        // By its age, as the clocks may drift apart in the long run.
        let as_of = answer.as_of.map(|as_of| {
            let age = SystemClock.now().since(as_of);
            let earliest = span.answered.saturating_sub(age + MILLISECOND);
            AsOf { earliest, latest: (self.now() + MILLISECOND).saturating_sub(age) }
        });
        self.records().validations.push(Validation { question, span, as_of, verdict: answer.verdict });
    }

    /// Looks through everything that was recorded, once.
    pub fn check(&self, bound: Duration) -> Report {
        check::check(&self.records(), bound)
    }

    fn since(&self, sent: Duration) -> Span {
        Span { sent, answered: self.now() }
    }

    fn records(&self) -> std::sync::MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
