//! The overview: what happens now, and what happened in a time range.

use std::time::Duration;

use askama::Template;

use crate::{
    api,
    domain::UnixMillis,
    web::{
        language::Language,
        layout::PageLayout,
        link,
        page_time::{PageTime, format_span},
        untrusted::UntrustedText,
    },
};

use super::{AlertItem, ChartSeries, CountTable, TimeChart, enum_label};

/// The page with the figures of all sessions, or of one tenant.
#[derive(Clone, Debug, Template)]
#[template(path = "console/overview.html")]
pub struct OverviewPage {
    pub layout: PageLayout,
    pub tenant: String,
    pub range: StatsRange,
    pub stats: StatsView,
    /// Set if nobody but administrators has signed in yet.
    pub is_unused: bool,
    pub alerts: Vec<AlertItem>,
    /// The address of the stream of new alerts.
    pub stream: String,
}

/// A time range up to now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StatsRange {
    Hour,
    #[default]
    Day,
    Week,
    Month,
}

impl StatsRange {
    pub const ALL: [Self; 4] = [Self::Hour, Self::Day, Self::Week, Self::Month];

    /// Returns the range with this name, or the default one.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        Self::ALL.into_iter().find(|range| range.name() == name).unwrap_or_default()
    }

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Hour => "1 hour",
            Self::Day => "24 hours",
            Self::Week => "7 days",
            Self::Month => "30 days",
        }
    }

    /// Returns the length of the range and of each step.
    #[must_use]
    pub const fn spans(self) -> (Duration, Duration) {
        match self {
            Self::Hour => (Duration::from_hours(1), Duration::from_mins(1)),
            Self::Day => (Duration::from_hours(24), Duration::from_mins(30)),
            Self::Week => (Duration::from_hours(24 * 7), Duration::from_hours(4)),
            Self::Month => (Duration::from_hours(24 * 30), Duration::from_hours(24)),
        }
    }
}

impl OverviewPage {
    #[must_use]
    pub fn shown_tenant(&self) -> UntrustedText {
        self.tenant.as_str().into()
    }

    /// Returns the address of this page with each range, the name of the range, and whether it is the present one.
    #[must_use]
    pub fn ranges(&self) -> Vec<(String, &'static str, bool)> {
        let address = |range: StatsRange| link("/console", &[("range", range.name()), ("tenant", &self.tenant)]);
        StatsRange::ALL.map(|range| (address(range), range.label(), range == self.range)).to_vec()
    }
}

/// The figures of a time range.
#[derive(Clone, Debug)]
pub struct StatsView {
    pub active_sessions: u64,
    pub active_users: u64,
    pub logins: u64,
    pub failed_logins: u64,
    pub endings: u64,
    pub refused_call_events: u64,
    pub token_denials: u64,
    pub alerts: u64,
    /// "p50 4 h, p90 30 days"; empty if no session ended.
    pub durations: String,
    pub charts: Vec<TimeChart>,
    /// Alerts by severity and by rule.
    pub alert_tables: Vec<CountTable>,
    pub tables: Vec<CountTable>,
    pub complete_until: PageTime,
}

impl StatsView {
    #[must_use]
    pub fn new(stats: &api::GetStatsResponse, now: UnixMillis) -> Self {
        let time = |at| PageTime::new(at, now, Language::English);
        let times: Vec<_> = stats.series.iter().map(|point| time(point.start)).collect();
        let series = |name, class, value: fn(&api::StatsPoint) -> u64| ChartSeries {
            name,
            class,
            values: stats.series.iter().map(value).collect(),
        };
        // A point has the sessions that were active at its start. The line goes on to the present.
        let mut active = series("Active sessions", "first", |point| point.active_sessions);
        active.values.push(stats.active_sessions);
        let active_times = [times.as_slice(), &[PageTime::at(now, now, Language::English)]].concat();
        let logins = series("Sign-ins", "first", |point| point.logins);
        let failed = series("Failed sign-ins", "second", |point| point.failed_logins);
        let severe = series("High and critical", "bad", |point| point.severe_alerts);
        let others = series("Others", "second", |point| point.alerts.saturating_sub(point.severe_alerts));
        let counts = |counts: &[api::StatsCount]| -> Vec<_> {
            counts.iter().take(10).map(|count| (count.key.clone(), count.count)).collect()
        };
        let devices = stats.logins_by_device_type.iter();
        let devices = devices.map(|by| (enum_label(by.r#type().as_str_name(), "DEVICE_TYPE_"), by.count));
        let reasons = stats.endings_by_reason.iter();
        let reasons = reasons.map(|by| (enum_label(by.reason().as_str_name(), "END_REASON_"), by.count));
        let kinds = stats.failed_logins_by_kind.iter();
        let kinds = kinds.map(|by| (enum_label(by.kind().as_str_name(), "AUTH_EVENT_KIND_"), by.count));
        let severities = stats.alerts_by_severity.iter();
        let severities = severities.map(|by| (enum_label(by.severity().as_str_name(), "SEVERITY_"), by.count));
        let rules = stats.alerts_by_rule.iter().take(10).map(|by| (enum_label(&by.rule, ""), by.count));
        let quantile = |by: &api::DurationQuantile| {
            let seconds = by.value.and_then(|value| u64::try_from(value.seconds).ok())?;
            let span = format_span(Duration::from_secs(seconds), Language::English);
            Some(format!("p{} {span}", by.quantile * 100.0))
        };
        Self {
            active_sessions: stats.active_sessions,
            active_users: stats.active_users,
            logins: stats.logins,
            failed_logins: stats.failed_logins,
            endings: stats.endings,
            refused_call_events: stats.refused_call_events,
            token_denials: stats.token_denials,
            alerts: stats.alerts,
            durations: stats.session_durations.iter().filter_map(quantile).collect::<Vec<_>>().join(", "),
            charts: vec![
                TimeChart { title: "Active sessions", times: active_times, series: vec![active] },
                TimeChart { title: "Sign-ins and failures", times: times.clone(), series: vec![logins, failed] },
                TimeChart { title: "Alerts", times, series: vec![severe, others] },
            ],
            alert_tables: vec![
                CountTable::new("Alerts by severity", "Severity", severities),
                CountTable::new("Alerts by rule", "Rule", rules),
            ],
            tables: vec![
                CountTable::new("Sign-ins by country", "Country", counts(&stats.logins_by_country)),
                CountTable::new("Sign-ins by browser", "Browser", counts(&stats.logins_by_browser)),
                CountTable::new("Sign-ins by device", "Device", devices),
                CountTable::new("Sessions ended", "Reason", reasons),
                CountTable::new("Failed sign-ins", "Kind", kinds),
            ],
            complete_until: time(stats.complete_until),
        }
    }
}
