//! Where places come from.

use std::{path::PathBuf, time::Duration};

use super::{
    reader::Reader,
    span::{millis, secs},
};

const DAY: u64 = 86_400;
/// Each address is looked up in each.
const MAX_DATABASES: usize = 8;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Geo {
    /// Need not exist: what is missing is told while serving, and taken over when it is there.
    pub databases: Vec<PathBuf>,
    pub reload_interval: Duration,
    pub max_age: Duration,
}

impl Geo {
    pub(super) fn read(r: &mut Reader) -> Self {
        let databases = r.paths("geo.databases");
        if databases.len() > MAX_DATABASES {
            r.refuse("geo.databases", format!("names {} files; at most {MAX_DATABASES} are read", databases.len()));
        }
        Self {
            databases,
            reload_interval: r.within("geo.reload_interval", millis(100)..=secs(DAY)),
            max_age: r.within("geo.max_age", secs(DAY)..=secs(3650 * DAY)),
        }
    }
}
