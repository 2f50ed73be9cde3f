//! Settings of the GeoIP databases.

use std::{path::PathBuf, time::Duration};

use crate::domain::NetworkClass;

use super::{
    durations::{millis, secs},
    reader::SettingsReader,
};

const DAY: u64 = 86_400;
/// Maximum number of databases: each lookup searches all of them.
const MAX_DATABASES: usize = 8;
/// Maximum number of files that list networks.
const MAX_NETWORK_LISTS: usize = 32;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeoConfig {
    /// Paths of the databases. A missing file is reported while the server runs, and loaded as soon as it exists.
    pub databases: Vec<PathBuf>,
    pub reload_interval: Duration,
    pub max_age: Duration,
    /// Files that list networks that hide where their users are, each with the class of its networks.
    pub network_lists: Vec<(NetworkClass, PathBuf)>,
}

impl GeoConfig {
    pub(super) fn read(r: &mut SettingsReader) -> Self {
        let databases = r.get_paths("geo.databases");
        if databases.len() > MAX_DATABASES {
            r.add_problem("geo.databases", format!("lists {} files; the limit is {MAX_DATABASES}", databases.len()));
        }
        let network_lists: Vec<_> = NetworkClass::ALL
            .into_iter()
            .flat_map(|class| {
                let paths = r.get_paths(&format!("geo.network_lists.{}", class.name()));
                paths.into_iter().map(move |path| (class, path))
            })
            .collect();
        if network_lists.len() > MAX_NETWORK_LISTS {
            let reason = format!("lists {} files; the limit is {MAX_NETWORK_LISTS}", network_lists.len());
            r.add_problem("geo.network_lists", reason);
        }
        Self {
            network_lists,
            databases,
            reload_interval: r.get_in_range("geo.reload_interval", millis(100)..=secs(DAY)),
            max_age: r.get_in_range("geo.max_age", secs(DAY)..=secs(3650 * DAY)),
        }
    }
}
