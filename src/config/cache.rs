//! What a node keeps of sessions in memory.

use std::time::Duration;

use super::{
    kind::Size,
    reader::Reader,
    span::{millis, secs},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cache {
    pub enabled: bool,
    /// Bytes.
    pub max_size: usize,
    /// No answer is given from memory that is not proven to be younger.
    pub max_staleness: Duration,
}

impl Cache {
    pub(super) fn read(r: &mut Reader) -> Self {
        Self {
            enabled: r.flag("cache.enabled"),
            max_size: r.within("cache.max_size", Size::kib(1 << 10)..=Size::kib(64 << 20)).0,
            max_staleness: r.within("cache.max_staleness", millis(100)..=secs(5)),
        }
    }
}
