//! Readiness as `/readyz` shows it.

use std::fmt::{self, Write as _};

/// How one of the things is that a node depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CheckState {
    Ok,
    /// Verdicts are given; something else does not work as it should.
    Degraded,
    /// The node cannot do its work.
    Failed,
}

impl CheckState {
    pub const ALL: [Self; 3] = [Self::Ok, Self::Degraded, Self::Failed];

    /// Its name in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Degraded => "degraded",
            Self::Failed => "failed",
        }
    }

    /// Its name in `/readyz`.
    const fn label(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Degraded => "degraded",
            Self::Failed => "not ok",
        }
    }
}

/// One of the things that a node depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckReport {
    pub name: &'static str,
    pub state: CheckState,
    /// For an operator, without a line break at its end.
    pub detail: String,
}

/// Whether this node should be sent calls, with the reasons. Displays as a line for each check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadinessReport {
    pub checks: Vec<CheckReport>,
}

impl ReadinessReport {
    /// Returns whether no check failed. A degraded node is ready.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.checks.iter().all(|check| check.state != CheckState::Failed)
    }

    /// A line for each check, with its state alone.
    #[must_use]
    pub fn without_details(&self) -> String {
        let mut text = String::new();
        for CheckReport { name, state, .. } in &self.checks {
            // Writing to a String does not fail.
            let _ = writeln!(text, "{name}: {}", state.label());
        }
        text
    }
}

impl fmt::Display for ReadinessReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for CheckReport { name, state, detail } in &self.checks {
            writeln!(f, "{name}: {}: {detail}", state.label())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_degraded_node_is_ready_and_says_so_and_a_failed_one_is_not() {
        let check = |state| CheckReport { name: "store", state, detail: "redis answers".to_owned() };
        for (state, is_ready, line) in [
            (CheckState::Ok, true, "store: ok: redis answers\n"),
            (CheckState::Degraded, true, "store: degraded: redis answers\n"),
            (CheckState::Failed, false, "store: not ok: redis answers\n"),
        ] {
            let report = ReadinessReport { checks: vec![check(CheckState::Ok), check(state)] };
            assert_eq!(report.is_ready(), is_ready);
            assert!(report.to_string().ends_with(line));
        }
    }
}
