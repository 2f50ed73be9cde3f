//! Settings of the near cache.

use std::time::Duration;

use super::{
    durations::{millis, secs},
    reader::SettingsReader,
    setting_type::ByteSize,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheConfig {
    pub enabled: bool,
    /// Size limit in bytes.
    pub max_size: usize,
    /// Maximum staleness of cached sessions.
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
