//! Where places come from.

use std::{path::PathBuf, time::Duration};

use super::{
    durations::{millis, secs},
    reader::SettingsReader,
};

const DAY: u64 = 86_400;
/// Each address is looked up in each.
const MAX_DATABASES: usize = 8;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeoConfig {
    /// Need not exist: what is missing is told while serving, and taken over when it is there.
    pub databases: Vec<PathBuf>,
    pub reload_interval: Duration,
    pub max_age: Duration,
}

impl GeoConfig {
    pub(super) fn read(r: &mut SettingsReader) -> Self {
        let databases = r.get_paths("geo.databases");
        if databases.len() > MAX_DATABASES {
            r.add_problem(
                "geo.databases",
                format!("names {} files; at most {MAX_DATABASES} are read", databases.len()),
            );
        }
        Self {
            databases,
            reload_interval: r.get_in_range("geo.reload_interval", millis(100)..=secs(DAY)),
            max_age: r.get_in_range("geo.max_age", secs(DAY)..=secs(3650 * DAY)),
        }
    }
}
