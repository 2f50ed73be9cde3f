//! What the use cases tell whoever measures them.

use crate::{
    detection::{NotEvaluatedReason, Rule},
    domain::{EndReason, RejectReason, alert::Severity},
};

/// Is told what happens. Called on the hot path: an implementation counts and returns.
pub trait AuthorityObserver: Send + Sync {
    fn created(&self);
    fn ended(&self, reason: EndReason);
    fn accepted(&self);
    fn rejected(&self, reason: RejectReason);
    /// Activity that was put aside to be written with the next flush.
    fn touch_coalesced(&self);
    /// Activity that was written.
    fn touches_written(&self, count: usize);
    fn alert_raised(&self, rule: Rule, severity: Severity);
    /// A rule could not look at a login that came to be.
    fn not_evaluated(&self, rule: Rule, reason: NotEvaluatedReason);
    /// A login was looked at anew, as another one of the user came between.
    fn history_conflict(&self);
    /// A login was refused, as too many of the same user were under way.
    fn login_refused(&self);
}

/// Does not care.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoopAuthorityObserver;

impl AuthorityObserver for NoopAuthorityObserver {
    fn created(&self) {}
    fn ended(&self, _: EndReason) {}
    fn accepted(&self) {}
    fn rejected(&self, _: RejectReason) {}
    fn touch_coalesced(&self) {}
    fn touches_written(&self, _: usize) {}
    fn alert_raised(&self, _: Rule, _: Severity) {}
    fn not_evaluated(&self, _: Rule, _: NotEvaluatedReason) {}
    fn history_conflict(&self) {}
    fn login_refused(&self) {}
}
