//! The health that nodes report with their heartbeats.

use std::{fmt, time::Duration};

use crate::domain::{UnixMillis, time::millis};

/// The release of a program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Release {
    pub major: u16,
    pub minor: u16,
    pub patch: u16,
}

impl Release {
    /// Parses a version such as `0.1.0`, without what follows the three numbers.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split(['.', '-', '+']).map(|number| number.parse().ok());
        let mut next = || numbers.next().flatten();
        Some(Self { major: next()?, minor: next()?, patch: next()? })
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// The health of a node. Readiness checks are bits, numbered in the order of `/readyz`; a release may add some at the
/// end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeHealth {
    pub release: Release,
    pub started_at: UnixMillis,
    pub failed_checks: u32,
    pub degraded_checks: u32,
    /// The difference between the clocks of the node and the store. `None`: not compared yet.
    pub clock_skew: Option<Duration>,
    /// The age of the youngest lease of the near cache. `None`: there is no lease with a proof.
    pub lease_age: Option<Duration>,
}

/// Six fields without spaces; `-` stands for no value.
impl fmt::Display for NodeHealth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let span = |span: Option<Duration>| span.map_or_else(|| "-".to_owned(), |span| millis(span).to_string());
        let Self { release, started_at, failed_checks, degraded_checks, clock_skew, lease_age } = self;
        write!(f, "{release},{},{failed_checks:x},{degraded_checks:x},", started_at.get())?;
        write!(f, "{},{}", span(*clock_skew), span(*lease_age))
    }
}

impl NodeHealth {
    /// Parses the text that [`fmt::Display`] writes. Returns `None` for the text of another release; fields that follow
    /// are ignored.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut fields = text.split(',');
        let mut field = || fields.next();
        let span = |field: &str| match field {
            "-" => Some(None),
            number => number.parse().ok().map(|number| Some(Duration::from_millis(number))),
        };
        Some(Self {
            release: Release::parse(field()?)?,
            started_at: UnixMillis::new(field()?.parse().ok()?),
            failed_checks: u32::from_str_radix(field()?, 16).ok()?,
            degraded_checks: u32::from_str_radix(field()?, 16).ok()?,
            clock_skew: span(field()?)?,
            lease_age: span(field()?)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn health_survives_its_text() {
        let full = NodeHealth {
            release: Release { major: 1, minor: 20, patch: 3 },
            started_at: UnixMillis::new(1_700_000_000_000),
            failed_checks: 0b1010,
            degraded_checks: 1,
            clock_skew: Some(Duration::from_millis(12)),
            lease_age: Some(Duration::ZERO),
        };
        for health in [NodeHealth::default(), full] {
            let text = health.to_string();
            assert!(!text.contains(' '), "{text}");
            assert_eq!(NodeHealth::parse(&text), Some(health));
            assert_eq!(NodeHealth::parse(&format!("{text},later")), Some(health));
        }
        for wrong in ["", "-", "1.2,0,0,0,-,-", "1.2.3,0,x,0,-,-", "1.2.3,0,0,0,-"] {
            assert_eq!(NodeHealth::parse(wrong), None, "{wrong}");
        }
        assert_eq!(Release::parse("1.2.3-rc.1"), Some(Release { major: 1, minor: 2, patch: 3 }));
    }
}
