//! Completeness of responses from the audit database.

use std::time::Duration;

use prost_types::Timestamp;

use crate::{
    cli::terminal::{TerminalStyle, print_to_stderr},
    domain::UnixMillis,
};

use super::session_format::to_unix_millis;

/// The lag that needs no warning. The audit database receives a change moments after it, and a timeout after the next
/// sweep, which usually runs twice a minute.
const USUAL_LAG: Duration = Duration::from_mins(1);

/// Returns the warning for a response that is complete only up to `until`, if everything before `end` was requested.
/// Returns `None` if the response lacks no more than the usual lag.
pub fn incomplete_warning(until: Option<Timestamp>, end: Option<Timestamp>, now: UnixMillis) -> Option<String> {
    let Some(until) = until.and_then(to_unix_millis) else {
        return Some("completeness is unknown".to_owned());
    };
    let wanted = end.and_then(to_unix_millis).map_or(now, |end| end.min(now));
    (wanted.since(until) > USUAL_LAG).then(|| format!("complete until {until}: audit records are delayed"))
}

/// Prints the warning to standard error, apart from the response.
pub fn warn_if_incomplete(until: Option<Timestamp>, end: Option<Timestamp>, now: UnixMillis) {
    if let Some(remark) = incomplete_warning(until, end, now) {
        print_to_stderr(&format!("{}\n", TerminalStyle::for_stderr().bad(&remark)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis::new(1_700_000_000_000);

    fn warning(until: i64, end: Option<i64>) -> Option<String> {
        let at = |seconds| Timestamp { seconds: 1_700_000_000 + seconds, nanos: 0 };
        incomplete_warning(Some(at(until)), end.map(at), NOW)
    }

    #[test]
    fn an_audit_that_is_behind_is_reported() {
        let text = "complete until 2023-11-14T22:11:50Z: audit records are delayed";
        assert_eq!(warning(-90, None).as_deref(), Some(text));
        assert_eq!(warning(-90, Some(3600)).as_deref(), Some(text));
        assert_eq!(warning(-40, None), None);
        assert!(incomplete_warning(None, None, NOW).is_some_and(|remark| remark.contains("unknown")));
    }

    #[test]
    fn what_was_not_asked_for_is_not_missed() {
        assert_eq!(warning(-90, Some(-91)), None);
    }
}
