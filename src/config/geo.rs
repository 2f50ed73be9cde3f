//! Settings of the GeoIP databases.

use std::{path::PathBuf, time::Duration};

use super::{
    durations::{millis, secs},
    reader::SettingsReader,
};

const DAY: u64 = 86_400;
/// Maximum number of databases: each lookup searches all of them.
const MAX_DATABASES: usize = 8;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeoConfig {
    /// Paths of the databases. A missing file is reported while the server runs, and loaded as soon as it exists.
    pub databases: Vec<PathBuf>,
    pub reload_interval: Duration,
    pub max_age: Duration,
}

impl GeoConfig {
    pub(super) fn read(r: &mut SettingsReader) -> Self {
        let databases = r.get_paths("geo.databases");
        if databases.len() > MAX_DATABASES {
            r.add_problem("geo.databases", format!("lists {} files; the limit is {MAX_DATABASES}", databases.len()));
        }
        Self {
            databases,
            reload_interval: r.get_in_range("geo.reload_interval", millis(100)..=secs(DAY)),
            max_age: r.get_in_range("geo.max_age", secs(DAY)..=secs(3650 * DAY)),
        }
    }
}
