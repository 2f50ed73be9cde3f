//! The report of a simulation.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde::Serialize;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::{
    api::{self, validate_response::Outcome},
    cli::{
        client::{enum_label, format_user},
        terminal::{FieldList, TerminalStyle, TextTable},
    },
};

use super::plan::SimulationPlan;

/// Maximum number of distinct alerts of a source. Further ones are not counted.
const MAX_ALERTS: usize = 100_000;

/// The counts of a run. Names are those of the contract, in lower case.
#[derive(Debug, Default, Serialize)]
pub struct SimulationReport {
    pub server: String,
    /// The seed, which repeats the run on a server that has not seen it.
    pub seed: u64,
    pub seconds: f64,
    pub planned: usize,
    /// Calls that were not made because their session had not been created.
    pub skipped: u64,
    pub calls: BTreeMap<&'static str, CallCounts>,
    /// Errors of calls, by reason.
    pub errors: BTreeMap<String, u64>,
    /// Verdicts of Validate: `valid`, or the reason of the rejection.
    pub verdicts: BTreeMap<String, u64>,
    /// Sessions that Create ended for new ones, by reason.
    pub ended: BTreeMap<String, u64>,
    /// Alerts, by rule.
    pub alerts: BTreeMap<String, AlertCounts>,
    pub attacks: Vec<AttackResult>,
    pub stream: AlertStreamStats,
    #[serde(skip)]
    response_alert_ids: BTreeSet<String>,
    #[serde(skip)]
    streamed_alert_ids: BTreeSet<String>,
}

/// Calls of one method.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct CallCounts {
    pub succeeded: u64,
    pub failed: u64,
}

/// Alerts of one rule, by source.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct AlertCounts {
    pub in_responses: u64,
    pub in_stream: u64,
}

/// The result of an attack.
#[derive(Debug, Serialize)]
pub struct AttackResult {
    pub attack: String,
    pub tenant_id: String,
    pub user_id: String,
    /// Calls of the attack that were made.
    pub calls: u64,
    /// Rules that raised an alert about its victim.
    pub alerts: BTreeSet<String>,
}

/// The results of `StreamAlerts`.
#[derive(Debug, Default, Serialize)]
pub struct AlertStreamStats {
    /// `false` if the server does not serve the stream, or not to this caller.
    pub served: bool,
    /// Number of times that the stream broke and was resumed.
    pub reconnects: u64,
    /// Number of gaps that the stream reported.
    pub gaps: u64,
}

/// The source of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertSource {
    Response,
    Stream,
}

impl SimulationReport {
    pub fn new(plan: &SimulationPlan, server: String, seed: u64) -> Self {
        let attacked = |staged: &super::plan::PlannedAttack| {
            let person = &plan.users[staged.user];
            AttackResult {
                attack: staged.attack.name(),
                tenant_id: person.tenant_id.clone(),
                user_id: person.user_id.clone(),
                calls: 0,
                alerts: BTreeSet::new(),
            }
        };
        let attacks = plan.attacks.iter().map(attacked).collect();
        Self { server, seed, planned: plan.calls.len(), attacks, ..Self::default() }
    }

    pub fn made_calls(&self) -> u64 {
        self.calls.values().map(|calls| calls.succeeded + calls.failed).sum()
    }

    pub fn succeeded_calls(&self) -> u64 {
        self.calls.values().map(|calls| calls.succeeded).sum()
    }

    pub fn failed_calls(&self) -> u64 {
        self.made_calls() - self.succeeded_calls()
    }

    /// Counts a call and its result.
    pub fn record_call<T>(&mut self, method: &'static str, answer: &Result<T, Status>) {
        let calls = self.calls.entry(method).or_default();
        match answer {
            Ok(_) => calls.succeeded += 1,
            Err(status) => {
                calls.failed += 1;
                *self.errors.entry(error_name(status)).or_default() += 1;
            }
        }
    }

    pub fn record_verdict(&mut self, answer: &api::ValidateResponse) {
        let verdict = match &answer.outcome {
            Some(Outcome::Session(_)) => "valid".to_owned(),
            Some(Outcome::Rejection(rejection)) => enum_label(rejection.reason().as_str_name(), "REJECT_REASON_"),
            None => "none".to_owned(),
        };
        *self.verdicts.entry(verdict).or_default() += 1;
    }

    pub fn record_ended_sessions(&mut self, ended: &[api::EndedSession]) {
        for one in ended {
            *self.ended.entry(enum_label(one.reason().as_str_name(), "END_REASON_")).or_default() += 1;
        }
    }

    /// Counts one call of the attack on this user.
    pub fn record_attack_call(&mut self, tenant_id: &str, user_id: &str) {
        if let Some(attack) = self.attack_on_user(tenant_id, user_id) {
            attack.calls += 1;
        }
    }

    /// Counts an alert, once for each source. Returns `true` if neither source had it before.
    pub fn record_alert(&mut self, alert: &api::Alert, source: AlertSource) -> bool {
        let is_known =
            self.response_alert_ids.contains(&alert.alert_id) || self.streamed_alert_ids.contains(&alert.alert_id);
        let seen = match source {
            AlertSource::Response => &mut self.response_alert_ids,
            AlertSource::Stream => &mut self.streamed_alert_ids,
        };
        if seen.len() >= MAX_ALERTS || !seen.insert(alert.alert_id.clone()) {
            return false;
        }
        let counts = self.alerts.entry(alert.rule.clone()).or_default();
        match source {
            AlertSource::Response => counts.in_responses += 1,
            AlertSource::Stream => counts.in_stream += 1,
        }
        if let Some(attack) = self.attack_on_user(&alert.tenant_id, &alert.user_id) {
            attack.alerts.insert(alert.rule.clone());
        }
        !is_known
    }

    /// Returns whether the stream has delivered every alert that responses contained.
    pub fn has_streamed_all_alerts(&self) -> bool {
        self.response_alert_ids.is_subset(&self.streamed_alert_ids)
    }

    pub fn set_duration(&mut self, span: Duration) {
        self.seconds = span.as_secs_f64();
    }

    fn attack_on_user(&mut self, tenant_id: &str, user_id: &str) -> Option<&mut AttackResult> {
        self.attacks.iter_mut().find(|attack| attack.user_id == user_id && attack.tenant_id == tenant_id)
    }

    /// Returns the report as text for people.
    pub fn render(&self, style: TerminalStyle) -> String {
        let mut facts = FieldList::default();
        facts.add("seed", self.seed.to_string());
        facts.add("calls", format!("{} of {} in {:.1} s", self.made_calls(), self.planned, self.seconds));
        facts.add("failed", format_counts(&self.errors));
        if self.skipped > 0 {
            facts.add("skipped", format!("{} without a session", self.skipped));
        }
        facts.add("verdicts", format_counts(&self.verdicts));
        facts.add("ended", format_counts(&self.ended));
        facts.add("alerts", self.format_alerts());
        let mut text = facts.render(style);

        let mut calls = TextTable::new(&["CALL", "SUCCEEDED", "FAILED"]);
        for (method, count) in &self.calls {
            calls.add_row([(*method).to_owned(), count.succeeded.to_string(), count.failed.to_string()]);
        }
        text = format!("{text}\n{}", calls.render(style));
        if !self.alerts.is_empty() {
            let mut alerts = TextTable::new(&["ALERT", "IN RESPONSES", "IN STREAM"]);
            for (rule, count) in &self.alerts {
                alerts.add_row([rule.clone(), count.in_responses.to_string(), count.in_stream.to_string()]);
            }
            text = format!("{text}\n{}", alerts.render(style));
        }
        if !self.attacks.is_empty() {
            let mut attacks = TextTable::new(&["ATTACK", "USER", "CALLS", "DETECTED BY"]);
            for attack in &self.attacks {
                let noticed: Vec<_> = attack.alerts.iter().map(String::as_str).collect();
                let noticed = if noticed.is_empty() { "-".to_owned() } else { noticed.join(", ") };
                let on = format_user(&attack.tenant_id, &attack.user_id);
                attacks.add_row([attack.attack.clone(), on, attack.calls.to_string(), noticed]);
            }
            text = format!("{text}\n{}", attacks.render(style));
        }
        text
    }

    fn format_alerts(&self) -> String {
        let AlertStreamStats { served, reconnects, gaps } = self.stream;
        let known = self.response_alert_ids.union(&self.streamed_alert_ids).count();
        if served {
            format!("{known}; stream reconnected {reconnects} times, {gaps} gaps")
        } else {
            format!("{known}; no alert stream")
        }
    }
}

/// Returns the reason of the contract, or else the code of gRPC.
fn error_name(status: &Status) -> String {
    let reason = status.get_error_details().error_info().map(|info| info.reason.clone());
    reason.unwrap_or_else(|| match status.code() {
        Code::Cancelled => "timed out".to_owned(),
        Code::Unavailable | Code::Unknown => "connection failed".to_owned(),
        code => code.description().to_owned(),
    })
}

/// Returns the counts with their names: "valid 31, unknown 2".
fn format_counts(counts: &BTreeMap<String, u64>) -> String {
    counts.iter().map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert(id: &str, rule: &str) -> api::Alert {
        api::Alert {
            alert_id: id.to_owned(),
            rule: rule.to_owned(),
            user_id: "ann".to_owned(),
            tenant_id: "default".to_owned(),
            ..api::Alert::default()
        }
    }

    fn report() -> SimulationReport {
        let attack = AttackResult {
            attack: "stolen-password".to_owned(),
            tenant_id: "default".to_owned(),
            user_id: "ann".to_owned(),
            calls: 3,
            alerts: BTreeSet::new(),
        };
        SimulationReport { planned: 4, seed: 7, seconds: 1.0, attacks: vec![attack], ..SimulationReport::default() }
    }

    #[test]
    fn an_alert_counts_once_for_each_way_that_it_comes() {
        let mut report = report();
        assert!(report.record_alert(&alert("1", "NEW_COUNTRY"), AlertSource::Response));
        assert!(!report.has_streamed_all_alerts());
        assert!(!report.record_alert(&alert("1", "NEW_COUNTRY"), AlertSource::Stream));
        assert!(!report.record_alert(&alert("1", "NEW_COUNTRY"), AlertSource::Stream));
        assert!(report.has_streamed_all_alerts());
        assert_eq!(report.alerts["NEW_COUNTRY"], AlertCounts { in_responses: 1, in_stream: 1 });
    }

    #[test]
    fn people_read_what_was_done_and_who_noticed_it() {
        let mut report = report();
        report.record_call::<()>("Create", &Ok(()));
        report.record_call::<()>("Create", &Err(Status::unavailable("down")));
        report.record_verdict(&api::ValidateResponse::default());
        report.record_alert(&alert("1", "NEW_COUNTRY"), AlertSource::Response);
        let expected = "\
seed      7
calls     2 of 4 in 1.0 s
failed    connection failed 1
verdicts  none 1
alerts    1; no alert stream

CALL    SUCCEEDED  FAILED
Create  1          1

ALERT        IN RESPONSES  IN STREAM
NEW_COUNTRY  1             0

ATTACK           USER  CALLS  DETECTED BY
stolen-password  ann   3      NEW_COUNTRY
";
        assert_eq!(report.render(TerminalStyle::PLAIN), expected);
    }
}
