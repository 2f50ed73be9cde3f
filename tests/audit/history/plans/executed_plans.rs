//! Query plans in the log of a server.

use std::collections::BTreeSet;

use serde_json::Value;

/// A statement that was executed.
pub struct ExecutedPlan {
    pub millis: f64,
    plan: Value,
}

/// Returns the executed statements in a part of a log.
pub fn parse_plans(log: &str) -> Vec<ExecutedPlan> {
    let mut found = Vec::new();
    for entry in log.split("duration: ").skip(1) {
        let Some((millis, rest)) = entry.split_once(" ms  plan:\n") else { continue };
        // The lines of an entry are indented; the next entry starts without indentation.
        let plan: String = rest.lines().take_while(|line| line.starts_with('\t')).collect();
        let plan: Value = serde_json::from_str(&plan).expect("a plan in JSON");
        found.push(ExecutedPlan { millis: millis.parse().expect("a number"), plan: plan["Plan"].clone() });
    }
    found
}

impl ExecutedPlan {
    /// Returns the distinct steps of the plan, such as `Index Scan sessions_of_user`.
    pub fn nodes(&self) -> Vec<String> {
        let mut nodes = Vec::new();
        visit_nodes(&self.plan, &mut |node| {
            let kind = node["Node Type"].as_str().unwrap_or_default();
            let is_scan = kind.ends_with("Scan") && kind != "Subquery Scan" && kind != "CTE Scan";
            let reads_index = !node["Index Name"].is_null();
            if kind == "Sort" || kind == "Incremental Sort" || (is_scan && (reads_index || reads_rows(node))) {
                let of = node["Index Name"].as_str().map(base_table_name).unwrap_or_default();
                let of =
                    if reads_index { of } else { base_table_name(node["Relation Name"].as_str().unwrap_or_default()) };
                nodes.push(format!("{kind} {of}").trim_end().to_owned());
            }
        });
        nodes
    }

    /// Returns the tables and partitions of which every row was read.
    pub fn scanned_tables(&self) -> Vec<String> {
        let mut tables = BTreeSet::new();
        visit_nodes(&self.plan, &mut |node| {
            if node["Node Type"] == "Seq Scan" && reads_rows(node) {
                tables.insert(node["Relation Name"].as_str().unwrap_or_default().to_owned());
            }
        });
        tables.into_iter().collect()
    }
}

/// Returns true if the node read any rows. Scanning an empty partition costs nothing.
fn reads_rows(node: &Value) -> bool {
    let number = |name: &str| node[name].as_f64().unwrap_or_default();
    number("Actual Rows") + number("Rows Removed by Filter") > 0.0
}

/// Visits the nodes of a plan, except those that were never executed.
fn visit_nodes(node: &Value, look: &mut dyn FnMut(&Value)) {
    if node["Actual Loops"].as_f64() == Some(0.0) {
        return;
    }
    look(node);
    for child in node["Plans"].as_array().into_iter().flatten() {
        visit_nodes(child, look);
    }
}

/// Returns the name of a partition or of its index, without the month.
fn base_table_name(name: &str) -> String {
    let is_month = |part: &&str| !(part.len() >= 2 && part.bytes().all(|byte| byte.is_ascii_digit()));
    name.split('_').filter(is_month).filter(|part| *part != "default").collect::<Vec<_>>().join("_")
}
