//! The part of `PromQL` that is needed to find the series in an expression.

/// The prefix of our metrics, and the only other metric that the service exports.
const METRIC_PREFIXES: [&str; 2] = ["session_authority_", "process_start_time_seconds"];

/// `metric{label="value"}`, in an expression or in an exposition.
#[derive(Debug, PartialEq, Eq)]
pub struct MetricSelector {
    pub metric: String,
    pub matchers: Vec<LabelMatcher>,
}

/// A condition on a label. Each alternative of a regular expression is a separate value.
#[derive(Debug, PartialEq, Eq)]
pub struct LabelMatcher {
    pub label: String,
    pub values: Vec<String>,
}

/// Returns every mention of a metric of the service in `text`, in order.
pub fn selectors(text: &str) -> Vec<MetricSelector> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(is_name) {
        rest = &rest[start..];
        let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        rest = after;
        if METRIC_PREFIXES.iter().any(|ours| name.starts_with(ours)) {
            let block = after.strip_prefix('{').and_then(|block| block.split_once('}')).map(|(block, _)| block);
            let matchers = block.map(matchers).unwrap_or_default();
            found.push(MetricSelector { metric: name.to_owned(), matchers });
        }
    }
    found
}

fn matchers(block: &str) -> Vec<LabelMatcher> {
    let mut pieces = block.split('"');
    let mut matchers = Vec::new();
    while let (Some(label), Some(value)) = (pieces.next(), pieces.next()) {
        let label = label.trim_matches(|c: char| " ,=!~".contains(c)).to_owned();
        matchers.push(LabelMatcher { label, values: value.split('|').map(str::to_owned).collect() });
    }
    matchers
}

#[test]
fn a_metric_is_found_with_what_it_is_narrowed_by() {
    let expression = r#"sum by (le) (rate(session_authority_x_bucket{job=~"$job", kind=~"a|b",code!="OK"}[5m])) > up"#;
    let matcher = |label: &str, values: &[&str]| LabelMatcher {
        label: label.to_owned(),
        values: values.iter().map(|&value| value.to_owned()).collect(),
    };
    let matchers = vec![matcher("job", &["$job"]), matcher("kind", &["a", "b"]), matcher("code", &["OK"])];
    assert_eq!(selectors(expression), [MetricSelector { metric: "session_authority_x_bucket".to_owned(), matchers }]);
    assert!(selectors("time() - other_session_authority_x").is_empty());
}
