//! What the use cases tell whoever measures them.

use crate::domain::{EndReason, RejectReason};

/// Is told what happens. Called on the hot path: an implementation counts and returns.
pub trait Observer: Send + Sync {
    fn created(&self);
    fn ended(&self, reason: EndReason);
    fn accepted(&self);
    fn rejected(&self, reason: RejectReason);
    /// Activity that was put aside to be written with the next flush.
    fn touch_coalesced(&self);
    /// Activity that was written.
    fn touches_written(&self, count: usize);
}

/// Does not care.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn created(&self) {}
    fn ended(&self, _: EndReason) {}
    fn accepted(&self) {}
    fn rejected(&self, _: RejectReason) {}
    fn touch_coalesced(&self) {}
    fn touches_written(&self, _: usize) {}
}
