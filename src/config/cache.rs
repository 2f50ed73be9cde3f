//! What a node keeps of sessions in memory.

use std::time::Duration;

use super::{
    durations::{millis, secs},
    reader::SettingsReader,
    setting_type::ByteSize,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheConfig {
    pub enabled: bool,
    /// Bytes.
    pub max_size: usize,
    /// No answer is given from memory that is not proven to be younger.
    pub max_staleness: Duration,
}

impl CacheConfig {
    pub(super) fn read(r: &mut SettingsReader) -> Self {
        Self {
            enabled: r.get_bool("cache.enabled"),
            max_size: r.get_in_range("cache.max_size", ByteSize::kib(1 << 10)..=ByteSize::kib(64 << 20)).0,
            max_staleness: r.get_in_range("cache.max_staleness", millis(100)..=secs(5)),
        }
    }
}
