//! The readiness report that `/readyz` returns.

use std::fmt::{self, Write as _};

/// The state of a readiness check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CheckState {
    Ok,
    /// Verdicts are given, but something else does not work as it should.
    Degraded,
    /// The node cannot do its work.
    Failed,
}

impl CheckState {
    pub const ALL: [Self; 3] = [Self::Ok, Self::Degraded, Self::Failed];

    /// Returns the name in metrics and in `/readyz`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Degraded => "degraded",
            Self::Failed => "failed",
        }
    }
}

/// The result of one readiness check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckReport {
    pub name: &'static str,
    pub state: CheckState,
    /// Details for an operator, without a line break at the end.
    pub detail: String,
}

/// The readiness of this node, with the reasons. Displays as one line for each check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadinessReport {
    pub checks: Vec<CheckReport>,
}

impl ReadinessReport {
    /// Returns whether this node should receive calls: no check failed. A degraded node is ready.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.checks.iter().all(|check| check.state != CheckState::Failed)
    }

    /// Returns one line for each check, with only its state.
    #[must_use]
    pub fn without_details(&self) -> String {
        let mut text = String::new();
        for CheckReport { name, state, .. } in &self.checks {
            // Writing to a `String` does not fail.
            let _ = writeln!(text, "{name}: {}", state.name());
        }
        text
    }
}

impl fmt::Display for ReadinessReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for CheckReport { name, state, detail } in &self.checks {
            writeln!(f, "{name}: {}: {detail}", state.name())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_degraded_node_is_ready_and_says_so_and_a_failed_one_is_not() {
        let check = |state| CheckReport { name: "store", state, detail: "redis responds".to_owned() };
        for (state, is_ready, line) in [
            (CheckState::Ok, true, "store: ok: redis responds\n"),
            (CheckState::Degraded, true, "store: degraded: redis responds\n"),
            (CheckState::Failed, false, "store: failed: redis responds\n"),
        ] {
            let report = ReadinessReport { checks: vec![check(CheckState::Ok), check(state)] };
            assert_eq!(report.is_ready(), is_ready);
            assert!(report.to_string().ends_with(line));
        }
    }
}
