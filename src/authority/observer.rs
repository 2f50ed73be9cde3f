//! The observer of the use cases, for metrics.

use crate::{
    detection::{AlertRule, NotEvaluatedReason},
    domain::{
        AuthEventKind, EndReason, RejectReason,
        alert::{AlertVerdict, Severity},
    },
};

/// An observer of the use cases. It is called on the hot path, so an implementation only counts and returns.
pub trait AuthorityObserver: Send + Sync {
    fn created(&self);
    fn ended(&self, reason: EndReason);
    fn accepted(&self);
    fn rejected(&self, reason: RejectReason);
    /// Records activity that was buffered for the next flush.
    fn touch_coalesced(&self);
    /// Records activity that was written.
    fn touches_written(&self, count: usize);
    /// Records a rotation. `is_new` is false for the repeat of an earlier one.
    fn rotated(&self, is_new: bool);
    fn alert_raised(&self, rule: AlertRule, severity: Severity);
    /// Records that an alert was answered for the first time.
    fn alert_acknowledged(&self, verdict: AlertVerdict);
    /// Records that a rule could not evaluate a login that succeeded, or a new client of a session.
    fn not_evaluated(&self, rule: AlertRule, reason: NotEvaluatedReason);
    /// Records that a new client of a session is not compared, because too many others wait.
    fn client_dropped(&self);
    /// Records tokens that were not issued by this installation.
    fn tokens_guessed(&self, count: u64);
    /// Records rejected tokens that are not evaluated, because too many others wait.
    fn rejected_tokens_dropped(&self, count: u64);
    /// Records that a finding or its response was lost, because the store failed.
    fn evaluation_failed(&self);
    /// Records that a login is evaluated again, because another login of the user has changed the history.
    fn history_conflict(&self);
    /// Records that a failed authentication was reported, and whether the audit records it.
    fn failure_reported(&self, kind: AuthEventKind, is_recorded: bool);
    /// Records that further attempts should be rejected for some time.
    fn throttle_advised(&self);
    /// Records that a login was refused, because too many of the same user were in progress.
    fn login_refused(&self);
    /// Records JWTs that were denied, or whose denial was extended.
    fn jwts_denied(&self, count: u32);
    /// Records a check of JWTs against the denylist.
    fn denylist_checked(&self, denied: usize, not_denied: usize);
}

/// An observer that does nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoopAuthorityObserver;

impl AuthorityObserver for NoopAuthorityObserver {
    fn created(&self) {}
    fn ended(&self, _: EndReason) {}
    fn accepted(&self) {}
    fn rejected(&self, _: RejectReason) {}
    fn touch_coalesced(&self) {}
    fn touches_written(&self, _: usize) {}
    fn rotated(&self, _: bool) {}
    fn alert_raised(&self, _: AlertRule, _: Severity) {}
    fn alert_acknowledged(&self, _: AlertVerdict) {}
    fn not_evaluated(&self, _: AlertRule, _: NotEvaluatedReason) {}
    fn client_dropped(&self) {}
    fn tokens_guessed(&self, _: u64) {}
    fn rejected_tokens_dropped(&self, _: u64) {}
    fn evaluation_failed(&self) {}
    fn history_conflict(&self) {}
    fn failure_reported(&self, _: AuthEventKind, _: bool) {}
    fn throttle_advised(&self) {}
    fn login_refused(&self) {}
    fn jwts_denied(&self, _: u32) {}
    fn denylist_checked(&self, _: usize, _: usize) {}
}
