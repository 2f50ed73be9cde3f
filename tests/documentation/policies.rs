//! The presets in `docs/policies.md` are those of the program.

use std::time::Duration;

use session_authority::domain::{LimitAction, Policy, policy::PolicyPreset};

use super::{read_document, table_cells};

/// The columns before the last one, which names the source.
const COLUMNS: [&str; 6] =
    ["name", "absolute timeout", "idle timeout", "remembered device", "sessions", "at the session limit"];

#[test]
fn documented_presets_are_those_of_the_program() {
    let text = read_document("docs/policies.md");
    let rows: Vec<_> = text.lines().filter_map(table_cells).skip_while(|cells| cells[0] != "name").collect();
    assert_eq!(rows[0][..COLUMNS.len()], COLUMNS);
    let documented: Vec<_> = rows[1..].iter().take(PolicyPreset::ALL.len()).collect();
    for (cells, preset) in documented.iter().zip(PolicyPreset::ALL) {
        assert_eq!(cells[0].trim_matches('`'), preset.name());
        assert_eq!(read_policy(cells, &preset.policy()), preset.policy(), "{}", preset.name());
    }
    assert_eq!(documented.len(), PolicyPreset::ALL.len());
}

/// Returns the policy of a row. What the row does not state is taken from `program`.
fn read_policy(cells: &[&str], program: &Policy) -> Policy {
    let (lifetime, idle_timeout) = (read_span(cells[1]), read_span(cells[2]));
    let (remembered_lifetime, remembered_idle_timeout) = match cells[3].split_once(", ") {
        None => {
            assert_eq!(cells[3], "no difference");
            (lifetime, idle_timeout)
        }
        Some((lifetime, idle)) => {
            (read_span(lifetime), read_span(idle.strip_suffix(" idle").expect("an idle timeout")))
        }
    };
    let on_limit = match cells[5] {
        "the least recently active ends" => LimitAction::EvictLeastRecent,
        "the sign-in is refused" => LimitAction::Refuse,
        other => panic!("{other}"),
    };
    let max_sessions = cells[4].parse().expect("a number");
    Policy {
        lifetime,
        remembered_lifetime,
        idle_timeout,
        remembered_idle_timeout,
        max_sessions,
        on_limit,
        ..program.clone()
    }
}

fn read_span(text: &str) -> Duration {
    let (number, unit) = text.split_once(' ').expect("a number and a unit");
    let number: u64 = number.parse().expect("a number");
    match unit.trim_end_matches('s') {
        "day" => Duration::from_hours(24 * number),
        "hour" => Duration::from_hours(number),
        "minute" => Duration::from_mins(number),
        other => panic!("{other}"),
    }
}
