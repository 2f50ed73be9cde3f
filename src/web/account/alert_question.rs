//! The question whether the user did what alerts are about.

use super::{localize_device, place};
use crate::{
    api,
    domain::UnixMillis,
    web::{language::Language, page_time::PageTime, untrusted::UntrustedText},
};

/// The maximum number of questions on the page.
const MAX_QUESTIONS: usize = 5;

/// A question about one sign-in, which may have raised several alerts.
#[derive(Clone, Debug)]
pub struct AlertQuestion {
    pub alert_ids: Vec<String>,
    pub device: UntrustedText,
    pub place: UntrustedText,
    pub at: PageTime,
    group: String,
}

impl AlertQuestion {
    /// Returns the questions about these alerts, latest first. Alerts of which users need not be notified are left out.
    #[must_use]
    pub fn group(entries: Vec<api::AlertEntry>, now: UnixMillis, language: Language) -> Vec<Self> {
        let mut questions: Vec<Self> = Vec::new();
        for alert in entries.into_iter().filter_map(|entry| entry.alert) {
            if alert.reason_user.is_empty() {
                continue;
            }
            let known =
                questions.iter_mut().find(|question| !alert.group_id.is_empty() && question.group == alert.group_id);
            match known {
                Some(question) => question.alert_ids.push(alert.alert_id),
                None => questions.push(Self::new(alert, now, language)),
            }
        }
        questions.truncate(MAX_QUESTIONS);
        questions
    }

    fn new(alert: api::Alert, now: UnixMillis, language: Language) -> Self {
        let current = alert.current.unwrap_or_default();
        let device = current.device.map(|device| device.name).unwrap_or_default();
        let location = api::Location { country: current.country, city: current.city, ..api::Location::default() };
        Self {
            alert_ids: vec![alert.alert_id],
            device: localize_device(&device, language).into(),
            place: place(Some(&location)).into(),
            at: PageTime::new(alert.event_time, now, language),
            group: alert.group_id,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: &str, group: &str, reason: &str) -> api::AlertEntry {
        let alert = api::Alert {
            alert_id: id.to_owned(),
            group_id: group.to_owned(),
            reason_user: reason.to_owned(),
            ..api::Alert::default()
        };
        api::AlertEntry { alert: Some(alert), ..api::AlertEntry::default() }
    }

    #[test]
    fn alerts_of_one_sign_in_are_one_question() {
        let entries = vec![
            entry("1", "s", "New country"),
            entry("2", "s", "New device"),
            entry("3", "t", "New country"),
            entry("4", "", "Failures"),
            entry("5", "", "Failures"),
            entry("6", "u", ""),
        ];
        let questions = AlertQuestion::group(entries, UnixMillis::new(0), Language::English);
        let ids: Vec<_> = questions.iter().map(|question| question.alert_ids.join(" ")).collect();
        assert_eq!(ids, ["1 2", "3", "4", "5"]);
    }
}
