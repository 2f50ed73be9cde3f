//! The parsed URL of an embedded store.

use std::path::PathBuf;

use sqlx::sqlite::SqliteSynchronous;

/// A location: `sqlite://<path>`, `sqlite:<path>` or `sqlite::memory:`. With `?synchronous=normal` a power failure may
/// undo the last changes. The path is used verbatim, without percent decoding.
#[derive(Debug)]
pub(super) struct DatabaseLocation {
    /// `None`: in memory, until the process ends.
    pub file: Option<PathBuf>,
    pub synchronous: SqliteSynchronous,
}

impl DatabaseLocation {
    /// Parses a URL. The error completes "cannot open the session store: ".
    pub(super) fn parse(url: &str) -> Result<Self, String> {
        let rest = url
            .strip_prefix("sqlite://")
            .or_else(|| url.strip_prefix("sqlite:"))
            .ok_or_else(|| format!("{url} does not begin with sqlite://"))?;
        let (path, options) = rest.split_once('?').unwrap_or((rest, ""));
        if path.is_empty() {
            return Err(format!("{url} contains no file path; use sqlite::memory: for an in-memory store"));
        }
        let mut synchronous = SqliteSynchronous::Full;
        for option in options.split('&').filter(|option| !option.is_empty()) {
            synchronous = match option {
                "synchronous=full" => SqliteSynchronous::Full,
                "synchronous=normal" => SqliteSynchronous::Normal,
                _ => {
                    let supported = "supported: synchronous=full, synchronous=normal";
                    return Err(format!("unknown option {option}; {supported}"));
                }
            };
        }
        Ok(Self { file: (path != ":memory:").then(|| path.into()), synchronous })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(url: &str) -> Option<PathBuf> {
        DatabaseLocation::parse(url).expect("location").file
    }

    #[test]
    fn a_path_is_relative_or_absolute() {
        assert_eq!(file("sqlite://data/s.db"), Some("data/s.db".into()));
        assert_eq!(file("sqlite:///var/s.db?synchronous=normal"), Some("/var/s.db".into()));
        assert_eq!(file("sqlite::memory:"), None);
        assert_eq!(file("sqlite://:memory:"), None);
    }

    #[test]
    fn every_change_is_on_disk_unless_the_url_says_otherwise() {
        let synchronous = |url| DatabaseLocation::parse(url).expect("location").synchronous;
        assert!(matches!(synchronous("sqlite://s.db"), SqliteSynchronous::Full));
        assert!(matches!(synchronous("sqlite://s.db?synchronous=normal"), SqliteSynchronous::Normal));
    }

    #[test]
    fn anything_else_is_refused() {
        for wrong in ["redis://h", "sqlite://", "sqlite://s.db?mode=ro", "sqlite://s.db?synchronous=off"] {
            assert!(DatabaseLocation::parse(wrong).is_err(), "{wrong}");
        }
    }
}
