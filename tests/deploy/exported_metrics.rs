//! The metrics that a running server exports.

use std::collections::{BTreeMap, BTreeSet};

use super::promql;
use crate::service::fixture::{TestService, eventually};
use crate::service::management::get;

/// Metrics by their registered name, and the values of each of their labels.
pub struct ExportedMetrics {
    /// Type by name.
    families: BTreeMap<String, String>,
    /// Values by series name and label.
    labels: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
}

impl ExportedMetrics {
    pub async fn from_server() -> Self {
        // The metrics of webhooks have series once there is one.
        let webhook = [
            ("WEBHOOKS__ENDPOINTS__SIEM__URL", "https://localhost:9/"),
            ("WEBHOOKS__ENDPOINTS__SIEM__SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        ];
        let service = TestService::start(None, &webhook).await;
        service.login("ann").await;
        let metrics = async || get(service.node.management, "/metrics").await;
        eventually("an attempt is counted", async || metrics().await.1.contains("webhook_attempts_total{")).await;
        let (status, text) = metrics().await;
        assert_eq!(status, 200);
        Self::parse(&text)
    }

    pub fn parse(text: &str) -> Self {
        let mut exported = Self { families: BTreeMap::new(), labels: BTreeMap::new() };
        for line in text.lines() {
            if let Some(described) = line.strip_prefix("# TYPE ") {
                let (name, kind) = described.split_once(' ').expect("a name and a type");
                exported.families.insert(name.to_owned(), kind.to_owned());
            } else if !line.starts_with('#') {
                for selector in promql::selectors(line) {
                    let labels = exported.labels.entry(selector.metric).or_default();
                    for matcher in selector.matchers {
                        labels.entry(matcher.label).or_default().extend(matcher.values);
                    }
                }
            }
        }
        assert!(!exported.families.is_empty(), "no metrics in {text}");
        exported
    }

    /// Returns the registered names, which are the prefixes of the series names.
    pub fn families(&self) -> impl Iterator<Item = &str> {
        self.families.keys().map(String::as_str)
    }

    /// Returns the metric of the series `name`, according to the suffixes of `OpenMetrics`.
    pub fn family_of<'a>(&self, name: &'a str) -> Option<&'a str> {
        let suffixes: [(&str, &[&str]); 4] = [
            ("counter", &["_total"]),
            ("histogram", &["_bucket", "_sum", "_count"]),
            ("info", &["_info"]),
            ("gauge", &[""]),
        ];
        suffixes
            .into_iter()
            .flat_map(|(kind, suffixes)| suffixes.iter().map(move |suffix| (kind, *suffix)))
            .filter_map(|(kind, suffix)| name.strip_suffix(suffix).map(|family| (kind, family)))
            .find(|(kind, family)| self.families.get(*family).is_some_and(|actual| actual == kind))
            .map(|(_, family)| family)
    }

    /// Returns the values of a label of a series; `None` if it has no such label.
    pub fn values(&self, series: &str, label: &str) -> Option<&BTreeSet<String>> {
        self.labels.get(series)?.get(label)
    }
}
