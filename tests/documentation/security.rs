//! `docs/security.md`: each requirement has an answer, and each test that it names exists.

use std::collections::BTreeSet;

use super::{read_document, table_cells, test_names::test_exists};

/// The headings of the tables, with the requirements that each must answer.
const STANDARDS: &[(&str, &[&str])] = &[
    (
        "OWASP ASVS 5.0, chapter 7",
        &[
            "7.1.1", "7.1.2", "7.1.3", "7.2.1", "7.2.2", "7.2.3", "7.2.4", "7.3.1", "7.3.2", "7.4.1", "7.4.2", "7.4.3",
            "7.4.4", "7.4.5", "7.5.1", "7.5.2", "7.5.3", "7.6.1", "7.6.2",
        ],
    ),
    (
        "NIST SP 800-63B-4",
        &[
            "2",
            "2.1.3",
            "2.2.3",
            "2.3.3",
            "5.1 secret",
            "5.1 issue",
            "5.1 persistence",
            "5.1 possession",
            "5.1 AAL",
            "5.1 (1)",
            "5.1 (2)",
            "5.1 (3)",
            "5.1 (4)",
            "5.1 (5)",
            "5.1 (6)",
            "5.1 storage",
            "5.1 transport",
            "5.1 CSRF",
            "5.1 sign-out",
            "5.1.1 (1) to (6)",
            "5.1.1 (7)",
            "5.1.2",
            "5.2 timeouts",
            "5.2 reset",
            "5.2 limits",
            "5.2 federation",
            "5.3 response",
            "5.3 privacy",
        ],
    ),
    (
        "OWASP Session Management Cheat Sheet",
        &[
            "properties",
            "content",
            "cookies",
            "strict",
            "input",
            "renewal",
            "idle timeout",
            "absolute timeout",
            "renewal timeout",
            "expiry",
            "guessing",
            "anomalies",
            "binding",
            "logging",
            "concurrent",
            "administration",
        ],
    ),
    ("PCI DSS 4.0", &["8.2.8", "8.3.4"]),
    ("RFC 9700", &["4.14.2 replay", "4.14.2 reuse", "4.14.2 end"]),
];

/// The ways in which an answer begins.
const ANSWERS: [&str; 4] = ["**Met.**", "**In part.**", "**Yours.**", "**Not met.**"];

/// A row of a table: a requirement and its answer.
struct RequirementRow<'a> {
    heading: &'a str,
    id: &'a str,
    answer: &'a str,
    tests: Vec<&'a str>,
}

fn read_rows(text: &str) -> Vec<RequirementRow<'_>> {
    let mut heading = "";
    let mut rows = Vec::new();
    for line in text.lines() {
        heading = line.strip_prefix("## ").unwrap_or(heading);
        match table_cells(line).as_deref() {
            Some([id, _, answer, tests]) if *id != "ID" => {
                // The level follows the ID after a comma.
                let id = id.split_once(',').map_or(*id, |(id, _)| id);
                let tests = tests.split('`').skip(1).step_by(2).collect();
                rows.push(RequirementRow { heading, id, answer, tests });
            }
            _ => {}
        }
    }
    rows
}

/// Returns the defects of the tables in `text`.
fn defects(text: &str) -> Vec<String> {
    let rows = read_rows(text);
    let mut defects = Vec::new();
    for (standard, ids) in STANDARDS {
        let of_standard: Vec<_> = rows.iter().filter(|row| row.heading == *standard).map(|row| row.id).collect();
        let (expected, answered) =
            (ids.iter().copied().collect::<BTreeSet<_>>(), of_standard.iter().copied().collect());
        for id in expected.symmetric_difference(&answered) {
            defects.push(format!("{standard} {id}: has no row, or is not a requirement"));
        }
        if of_standard.len() > answered.len() {
            defects.push(format!("{standard}: has two rows for one requirement"));
        }
    }
    for RequirementRow { heading, id, answer, tests } in &rows {
        let Some(kind) = ANSWERS.iter().find(|kind| answer.starts_with(**kind)) else {
            defects.push(format!("{heading} {id}: the answer begins with none of {ANSWERS:?}"));
            continue;
        };
        let has_reason = answer.len() > kind.len();
        if tests.is_empty() && (*kind == "**Met.**" || *kind == "**In part.**") {
            defects.push(format!("{heading} {id}: names no test"));
        }
        if !has_reason && *kind != "**Met.**" {
            defects.push(format!("{heading} {id}: states no reason"));
        }
        defects.extend(
            tests
                .iter()
                .filter(|test| !test_exists(test))
                .map(|test| format!("{heading} {id}: there is no test {test}")),
        );
    }
    defects
}

#[test]
fn each_requirement_has_an_answer_whose_tests_exist() {
    let defects = defects(&read_document("docs/security.md"));
    assert!(defects.is_empty(), "{}", defects.join("\n"));
}

#[test]
fn defects_of_the_tables_are_found() {
    let text = read_document("docs/security.md");
    let first_test = read_rows(&text)[0].tests[0].to_owned();
    for (from, to, defect) in [
        ("| 8.2.8 |", "| 8.2.9 |", "PCI DSS 4.0 8.2.8: has no row"),
        ("| 8.3.4 |", "| 8.2.8 |", "PCI DSS 4.0: has two rows"),
        (first_test.as_str(), "service::sessions::none", "7.1.1: there is no test service::sessions::none"),
        ("**Met.**", "Met.", "the answer begins with none of"),
    ] {
        let found = defects(&text.replace(from, to));
        assert!(found.iter().any(|found| found.contains(defect)), "{defect}: {found:?}");
    }
    let row = |answer: &str, tests: &str| defects(&format!("{text}\n## More\n| 1 | x | {answer} | {tests} |\n"));
    assert_eq!(row("**Met.**", ""), ["More 1: names no test"]);
    assert_eq!(row("**In part.** Almost.", ""), ["More 1: names no test"]);
    assert_eq!(row("**Yours.**", ""), ["More 1: states no reason"]);
    assert_eq!(row("**Not met.**", ""), ["More 1: states no reason"]);
    assert!(row("**Not met.** It is not needed.", "").is_empty());
}
