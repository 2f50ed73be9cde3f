//! The dashboard and the alert rules, compared with the exported metrics.

use std::collections::BTreeSet;

use serde_json::Value;

use super::exported_metrics::ExportedMetrics;
use super::promql::{MetricSelector, selectors};
use super::read_deploy_file;
use crate::cli::program::{program, run};

const DASHBOARD: &str = "grafana/session-authority.json";
const RULES: &str = "prometheus/alerts.yaml";
const RULE_TESTS: [&str; 2] = ["prometheus/alerts.test.yaml", "prometheus/alerts-over-days.test.yaml"];

/// Metrics that are in no panel and no rule, each with the reason.
const UNDISPLAYED_METRICS: &[(&str, &str)] = &[];

/// Labels that Prometheus adds.
const PROMETHEUS_LABELS: [&str; 3] = ["job", "instance", "le"];

#[tokio::test]
async fn dashboard_and_rules_name_only_what_the_service_exports() {
    let exported = ExportedMetrics::from_server().await;
    let mut wrong = Vec::new();
    let files = [(DASHBOARD, dashboard_text()), (RULES, read_deploy_file(RULES))];
    for (file, text) in files.into_iter().chain(RULE_TESTS.map(|file| (file, read_deploy_file(file)))) {
        let named = selectors(&text);
        assert!(!named.is_empty(), "{file} names no metric");
        wrong.extend(
            named
                .iter()
                .filter_map(|selector| selector_problem(&exported, selector))
                .map(|why| format!("{file}: {why}")),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn every_metric_is_on_the_dashboard_or_in_a_rule() {
    let exported = ExportedMetrics::from_server().await;
    let texts = [dashboard_text(), read_deploy_file(RULES)];
    let named: Vec<MetricSelector> = texts.iter().flat_map(|text| selectors(text)).collect();
    let shown: BTreeSet<_> = named.iter().filter_map(|selector| exported.family_of(&selector.metric)).collect();
    let excused: BTreeSet<_> = UNDISPLAYED_METRICS.iter().map(|(name, _)| *name).collect();
    let missing: Vec<_> = exported.families().filter(|name| !shown.contains(name) && !excused.contains(name)).collect();
    assert!(missing.is_empty(), "in neither {DASHBOARD} nor {RULES}: {missing:?}");
    let needless: Vec<_> =
        excused.iter().filter(|name| shown.contains(*name) || !exported.families().any(|f| f == **name)).collect();
    assert!(needless.is_empty(), "needlessly excluded: {needless:?}");
}

#[test]
fn every_rule_is_tested_and_says_what_to_do() {
    let (rules, tests) = (read_deploy_file(RULES), RULE_TESTS.map(read_deploy_file).concat());
    let rules: Vec<_> = rules.split("- alert: ").skip(1).collect();
    assert!(rules.len() > 10, "the rules were not found");
    for rule in rules {
        let name = rule.lines().next().expect("a name");
        for part in ["severity: ", "summary: ", "description: ", "runbook: "] {
            assert!(rule.contains(part), "{name} has no {part}");
        }
        let short = name.strip_prefix("SessionAuthority").expect("the prefix of our rules");
        let is_named =
            |text: &str| text.split(|c: char| !c.is_alphanumeric()).any(|word| word == name || word == short);
        assert!(is_named(&tests), "{RULE_TESTS:?} do not name {name}");
    }
}

#[test]
fn every_metric_of_a_rule_is_in_the_world_where_all_is_well() {
    let tests = read_deploy_file(RULE_TESTS[0]);
    let (_, world) = tests.split_once("a healthy installation raises no alert").expect("the healthy installation");
    let (world, _) = world.split_once("\n  - name: ").expect("its end");
    let series: BTreeSet<_> = selectors(world).into_iter().map(|selector| selector.metric).collect();
    let rules = read_deploy_file(RULES);
    let rules = rules.split("- alert: ").skip(1).map(|rule| rule.split_once("labels:").expect("labels").0);
    for rule in rules {
        for metric in selectors(rule).into_iter().map(|selector| selector.metric) {
            assert!(series.contains(&metric), "no test shows that the rules on {metric} stay silent");
        }
    }
}

#[test]
fn texts_of_rules_name_only_rules_and_commands_that_exist() {
    let rules = read_deploy_file(RULES);
    let names: BTreeSet<_> = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    let is_word = |c: char| c.is_alphanumeric();
    let mentions = rules.split(|c| !is_word(c)).filter(|word| word.starts_with("SessionAuthority"));
    let unknown: Vec<_> = mentions.filter(|word| !names.contains(word)).collect();
    assert!(unknown.is_empty(), "{RULES} names rules that do not exist: {unknown:?}");
    let short: Vec<_> = names.iter().map(|name| name.trim_start_matches("SessionAuthority")).collect();
    let seen = rules.split("see ").skip(1).filter_map(|rest| rest.split(|c| !is_word(c)).next());
    let cut: Vec<_> = seen.filter(|word| short.contains(word)).collect();
    assert!(cut.is_empty(), "{RULES} names rules without their prefix: {cut:?}");

    let commands = rules.split("`session-authority ").skip(1).filter_map(|rest| rest.split('`').next());
    let commands: BTreeSet<Vec<&str>> =
        commands.map(|command| command.split(' ').take_while(|word| !word.starts_with('-')).collect()).collect();
    assert!(!commands.is_empty(), "no command was found");
    for command in commands {
        let ran = run(program().args(&command).arg("--help"), "");
        assert_eq!(ran.code, Some(0), "session-authority {command:?} does not exist: {}", ran.err);
    }
}

#[test]
fn panels_have_ids_descriptions_and_room_of_their_own() {
    let dashboard: Value = serde_json::from_str(&read_deploy_file(DASHBOARD)).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("panels");
    let mut ids = BTreeSet::new();
    let mut taken = BTreeSet::new();
    for panel in panels {
        let title = panel["title"].as_str().expect("a title");
        assert!(ids.insert(panel["id"].as_u64().expect("an id")), "{title}: its id is not unique");
        let [x, y, w, h] = ["x", "y", "w", "h"].map(|side| panel["gridPos"][side].as_u64().expect("a position"));
        assert!(x + w <= 24, "{title} is wider than the dashboard");
        for place in (y..y + h).flat_map(|line| (x..x + w).map(move |column| (line, column))) {
            assert!(taken.insert(place), "{title} overlaps another panel");
        }
        if panel["type"] == "row" {
            continue;
        }
        assert!(panel["description"].as_str().is_some_and(|text| !text.is_empty()), "{title} has no description");
        for target in panel["targets"].as_array().expect("targets") {
            assert_eq!(target["datasource"]["uid"], "${datasource}", "{title} does not use the common data source");
        }
    }
}

#[test]
fn a_wrong_name_or_label_is_noticed() {
    let exported =
        ExportedMetrics::parse("# TYPE session_authority_a counter\nsession_authority_a_total{kind=\"x\"} 0\n");
    for (text, is_right) in [
        ("session_authority_a_total", true),
        ("session_authority_a_total{job=\"j\",kind=~\"x\"}", true),
        ("session_authority_a", false),
        ("session_authority_b_total", false),
        ("session_authority_a_total{sort=\"x\"}", false),
        ("session_authority_a_total{kind=~\"x|y\"}", false),
    ] {
        assert_eq!(selector_problem(&exported, &selectors(text)[0]).is_none(), is_right, "{text}");
    }
}

/// Returns the problem of a selector that selects nothing the service exports.
fn selector_problem(exported: &ExportedMetrics, selector: &MetricSelector) -> Option<String> {
    let metric = &selector.metric;
    if exported.family_of(metric).is_none() {
        return Some(format!("{metric} is not exported"));
    }
    let own = selector.matchers.iter().filter(|matcher| !PROMETHEUS_LABELS.contains(&matcher.label.as_str()));
    own.flat_map(|matcher| matcher.values.iter().map(move |value| (&matcher.label, value))).find_map(
        |(label, value)| match exported.values(metric, label) {
            None => Some(format!("{metric} has no label {label}")),
            Some(values) if !values.contains(value) => Some(format!("{metric} has no {label} {value}")),
            Some(_) => None,
        },
    )
}

/// Returns the expressions of all panels and variables.
fn dashboard_text() -> String {
    let dashboard: Value = serde_json::from_str(&read_deploy_file(DASHBOARD)).expect("JSON");
    let mut texts = Vec::new();
    collect_expressions(&dashboard, &mut texts);
    texts.join("\n")
}

fn collect_expressions(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            let expressions = ["expr", "definition"].into_iter().filter_map(|name| fields.get(name)?.as_str());
            texts.extend(expressions.map(str::to_owned));
            fields.values().for_each(|value| collect_expressions(value, texts));
        }
        Value::Array(values) => values.iter().for_each(|value| collect_expressions(value, texts)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
