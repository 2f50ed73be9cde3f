//! What was done, and what came of it.

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
        client::{label, user},
        terminal::{Facts, Style, Table},
    },
};

use super::plan::Plan;

/// Alerts that are told apart; what comes beyond that is not counted.
const MOST_ALERTS: usize = 100_000;

/// Counts of one run. Names are those of the contract, in lower case.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    pub server: String,
    /// Repeats the run, on a server that has not seen it.
    pub seed: u64,
    pub seconds: f64,
    pub planned: usize,
    /// Calls that were not made because the session for them had not come about.
    pub skipped: u64,
    pub calls: BTreeMap<&'static str, Calls>,
    /// What errors the calls ended with.
    pub errors: BTreeMap<String, u64>,
    /// What Validate answered: `valid`, or why not.
    pub verdicts: BTreeMap<String, u64>,
    /// Sessions that ended for others, by reason, as Create tells it.
    pub ended: BTreeMap<String, u64>,
    /// By rule.
    pub alerts: BTreeMap<String, Alerts>,
    pub attacks: Vec<Attacked>,
    pub stream: Stream,
    #[serde(skip)]
    answered: BTreeSet<String>,
    #[serde(skip)]
    streamed: BTreeSet<String>,
}

/// Calls of one method.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Calls {
    pub answered: u64,
    pub failed: u64,
}

/// Alerts of one rule, by how they were told.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Alerts {
    pub in_answers: u64,
    pub in_stream: u64,
}

/// What an attack came to.
#[derive(Debug, Serialize)]
pub struct Attacked {
    pub attack: String,
    pub tenant_id: String,
    pub user_id: String,
    /// Calls of it that were made.
    pub calls: u64,
    /// Rules that noticed something about its victim.
    pub alerts: BTreeSet<String>,
}

/// What `StreamAlerts` did.
#[derive(Debug, Default, Serialize)]
pub struct Stream {
    /// False: the server does not serve it, or not to this caller.
    pub served: bool,
    /// How often it broke off and was resumed.
    pub resumed: u64,
    /// Gaps that it told of.
    pub gaps: u64,
}

/// Where an alert was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    InAnswer,
    InStream,
}

impl Report {
    pub fn on(plan: &Plan, server: String, seed: u64) -> Self {
        let attacked = |staged: &super::plan::Staged| {
            let person = &plan.people[staged.person];
            Attacked {
                attack: staged.attack.name(),
                tenant_id: person.tenant_id.clone(),
                user_id: person.user_id.clone(),
                calls: 0,
                alerts: BTreeSet::new(),
            }
        };
        let attacks = plan.staged.iter().map(attacked).collect();
        Self { server, seed, planned: plan.steps.len(), attacks, ..Self::default() }
    }

    pub fn made(&self) -> u64 {
        self.calls.values().map(|calls| calls.answered + calls.failed).sum()
    }

    pub fn answered(&self) -> u64 {
        self.calls.values().map(|calls| calls.answered).sum()
    }

    pub fn failed(&self) -> u64 {
        self.made() - self.answered()
    }

    /// Counts a call and how it ended.
    pub fn call<T>(&mut self, method: &'static str, answer: &Result<T, Status>) {
        let calls = self.calls.entry(method).or_default();
        match answer {
            Ok(_) => calls.answered += 1,
            Err(status) => {
                calls.failed += 1;
                *self.errors.entry(name_of(status)).or_default() += 1;
            }
        }
    }

    pub fn verdict(&mut self, answer: &api::ValidateResponse) {
        let verdict = match &answer.outcome {
            Some(Outcome::Session(_)) => "valid".to_owned(),
            Some(Outcome::Rejection(rejection)) => label(rejection.reason().as_str_name(), "REJECT_REASON_"),
            None => "none".to_owned(),
        };
        *self.verdicts.entry(verdict).or_default() += 1;
    }

    pub fn ended(&mut self, ended: &[api::EndedSession]) {
        for one in ended {
            *self.ended.entry(label(one.reason().as_str_name(), "END_REASON_")).or_default() += 1;
        }
    }

    /// Counts one call of the attack on this user.
    pub fn attacked(&mut self, tenant_id: &str, user_id: &str) {
        if let Some(attack) = self.attack_on(tenant_id, user_id) {
            attack.calls += 1;
        }
    }

    /// Counts an alert, once for each way that it comes. `true` when nothing was heard of it before.
    pub fn alert(&mut self, alert: &api::Alert, told: Told) -> bool {
        let is_known = self.answered.contains(&alert.alert_id) || self.streamed.contains(&alert.alert_id);
        let seen = match told {
            Told::InAnswer => &mut self.answered,
            Told::InStream => &mut self.streamed,
        };
        if seen.len() >= MOST_ALERTS || !seen.insert(alert.alert_id.clone()) {
            return false;
        }
        let counts = self.alerts.entry(alert.rule.clone()).or_default();
        match told {
            Told::InAnswer => counts.in_answers += 1,
            Told::InStream => counts.in_stream += 1,
        }
        if let Some(attack) = self.attack_on(&alert.tenant_id, &alert.user_id) {
            attack.alerts.insert(alert.rule.clone());
        }
        !is_known
    }

    /// Whether the stream has told every alert that answers told.
    pub fn is_streamed(&self) -> bool {
        self.answered.is_subset(&self.streamed)
    }

    pub fn lasted(&mut self, span: Duration) {
        self.seconds = span.as_secs_f64();
    }

    fn attack_on(&mut self, tenant_id: &str, user_id: &str) -> Option<&mut Attacked> {
        self.attacks.iter_mut().find(|attack| attack.user_id == user_id && attack.tenant_id == tenant_id)
    }

    /// All of it, for people.
    pub fn text(&self, style: Style) -> String {
        let mut facts = Facts::default();
        facts.add("seed", self.seed.to_string());
        facts.add("calls", format!("{} of {} in {:.1} s", self.made(), self.planned, self.seconds));
        facts.add("failed", listed(&self.errors));
        if self.skipped > 0 {
            facts.add("skipped", format!("{} for want of a session", self.skipped));
        }
        facts.add("verdicts", listed(&self.verdicts));
        facts.add("ended", listed(&self.ended));
        facts.add("alerts", self.told());
        let mut text = facts.show(style);

        let mut calls = Table::new(&["CALL", "ANSWERED", "FAILED"]);
        for (method, count) in &self.calls {
            calls.row([(*method).to_owned(), count.answered.to_string(), count.failed.to_string()]);
        }
        text = format!("{text}\n{}", calls.show(style));
        if !self.alerts.is_empty() {
            let mut alerts = Table::new(&["ALERT", "IN ANSWERS", "IN THE STREAM"]);
            for (rule, count) in &self.alerts {
                alerts.row([rule.clone(), count.in_answers.to_string(), count.in_stream.to_string()]);
            }
            text = format!("{text}\n{}", alerts.show(style));
        }
        if !self.attacks.is_empty() {
            let mut attacks = Table::new(&["ATTACK", "ON", "CALLS", "NOTICED BY"]);
            for attack in &self.attacks {
                let noticed: Vec<_> = attack.alerts.iter().map(String::as_str).collect();
                let noticed = if noticed.is_empty() { "-".to_owned() } else { noticed.join(", ") };
                let on = user(&attack.tenant_id, &attack.user_id);
                attacks.row([attack.attack.clone(), on, attack.calls.to_string(), noticed]);
            }
            text = format!("{text}\n{}", attacks.show(style));
        }
        text
    }

    fn told(&self) -> String {
        let Stream { served, resumed, gaps } = self.stream;
        let known = self.answered.union(&self.streamed).count();
        if served {
            format!("{known}; the stream was resumed {resumed} times and told of {gaps} gaps")
        } else {
            format!("{known}; no stream of them was served")
        }
    }
}

/// The reason of the contract, or else the code of gRPC.
fn name_of(status: &Status) -> String {
    let reason = status.get_error_details().error_info().map(|info| info.reason.clone());
    reason.unwrap_or_else(|| match status.code() {
        Code::Cancelled => "no answer in time".to_owned(),
        Code::Unavailable | Code::Unknown => "no connection".to_owned(),
        code => code.description().to_owned(),
    })
}

/// "valid 31, unknown 2"
fn listed(counts: &BTreeMap<String, u64>) -> String {
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

    fn report() -> Report {
        let attack = Attacked {
            attack: "stolen-password".to_owned(),
            tenant_id: "default".to_owned(),
            user_id: "ann".to_owned(),
            calls: 3,
            alerts: BTreeSet::new(),
        };
        Report { planned: 4, seed: 7, seconds: 1.0, attacks: vec![attack], ..Report::default() }
    }

    #[test]
    fn an_alert_counts_once_for_each_way_that_it_comes() {
        let mut report = report();
        assert!(report.alert(&alert("1", "NEW_COUNTRY"), Told::InAnswer));
        assert!(!report.is_streamed());
        assert!(!report.alert(&alert("1", "NEW_COUNTRY"), Told::InStream));
        assert!(!report.alert(&alert("1", "NEW_COUNTRY"), Told::InStream));
        assert!(report.is_streamed());
        assert_eq!(report.alerts["NEW_COUNTRY"], Alerts { in_answers: 1, in_stream: 1 });
    }

    #[test]
    fn people_read_what_was_done_and_who_noticed_it() {
        let mut report = report();
        report.call::<()>("Create", &Ok(()));
        report.call::<()>("Create", &Err(Status::unavailable("away")));
        report.verdict(&api::ValidateResponse::default());
        report.alert(&alert("1", "NEW_COUNTRY"), Told::InAnswer);
        let expected = "\
seed      7
calls     2 of 4 in 1.0 s
failed    no connection 1
verdicts  none 1
alerts    1; no stream of them was served

CALL    ANSWERED  FAILED
Create  1         1

ALERT        IN ANSWERS  IN THE STREAM
NEW_COUNTRY  1           0

ATTACK           ON   CALLS  NOTICED BY
stolen-password  ann  3      NEW_COUNTRY
";
        assert_eq!(report.text(Style::PLAIN), expected);
    }
}
