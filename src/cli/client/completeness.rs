//! How far an answer out of the audit database is complete.

use std::time::Duration;

use prost_types::Timestamp;

use crate::{
    cli::terminal::{Style, print_error},
    domain::UnixMillis,
};

use super::session::millis;

/// The audit database learns of a change a moment after it, and of a timeout when the service comes round to it, twice a
/// minute as a rule: less than this needs no word.
const USUAL: Duration = Duration::from_mins(1);

/// What to say of an answer that is complete only `until` then, of which everything before `end` was asked
/// for; nothing when it lacks nothing that is asked for but the last few seconds.
pub fn remark(until: Option<Timestamp>, end: Option<Timestamp>, now: UnixMillis) -> Option<String> {
    let Some(until) = until.and_then(millis) else {
        return Some("how far this is complete is not known".to_owned());
    };
    let wanted = end.and_then(millis).map_or(now, |end| end.min(now));
    (wanted.since(until) > USUAL).then(|| format!("complete until {until}: the audit is behind"))
}

/// Says it to whoever reads the terminal rather than the answer.
pub fn say(until: Option<Timestamp>, end: Option<Timestamp>, now: UnixMillis) {
    if let Some(remark) = remark(until, end, now) {
        print_error(&format!("{}\n", Style::of_stderr().bad(&remark)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis::new(1_700_000_000_000);

    fn told(until: i64, end: Option<i64>) -> Option<String> {
        let at = |seconds| Timestamp { seconds: 1_700_000_000 + seconds, nanos: 0 };
        remark(Some(at(until)), end.map(at), NOW)
    }

    #[test]
    fn an_audit_that_is_behind_is_told() {
        let text = "complete until 2023-11-14T22:11:50Z: the audit is behind";
        assert_eq!(told(-90, None).as_deref(), Some(text));
        assert_eq!(told(-90, Some(3600)).as_deref(), Some(text));
        assert_eq!(told(-40, None), None);
        assert!(remark(None, None, NOW).is_some_and(|remark| remark.contains("not known")));
    }

    #[test]
    fn what_was_not_asked_for_is_not_missed() {
        assert_eq!(told(-90, Some(-91)), None);
    }
}
