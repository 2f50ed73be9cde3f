//! A login on a device that the user has not used recently.

use crate::{
    domain::{
        alert::{AlertAction, AlertEvidence, NoveltyEvidence, NoveltyKind, Severity},
        limits::truncate_text,
    },
    store::FindingTrigger,
};

use super::{
    LoginContext, NotEvaluatedReason, RuleOutcome,
    learning::{LearningPhase, learning_phase},
    rule::RuleSpec,
    rule_match::{RuleMatch, VALID_ACCOUNTS},
};

pub(super) const RULE: RuleSpec = RuleSpec { name: "NEW_DEVICE", version: 2, evaluate };

/// Maximum number of known devices in the evidence.
const MAX_KNOWN_VALUES: usize = 10;
/// Maximum bytes of the name of each.
const NAME_BYTES: usize = 128;

fn evaluate(context: &LoginContext<'_>) -> RuleOutcome {
    let LoginContext { history, settings, now, .. } = *context;
    let Some(device) = context.device() else { return RuleOutcome::NotEvaluated(NotEvaluatedReason::UnknownDevice) };
    let phase = match learning_phase(history, settings.learning, now) {
        Ok(phase) => phase,
        Err(reason) => return RuleOutcome::NotEvaluated(reason),
    };
    if !context.has_new_device() {
        return RuleOutcome::NoMatch;
    }
    let name = truncate_text(&device.name, NAME_BYTES);
    let from = match context.country() {
        Some(_) => format!(" from {}", context.country_name()),
        None => String::new(),
    };
    let devices = history.devices.len();
    RuleOutcome::Match(Box::new(RuleMatch {
        severity: match phase {
            LearningPhase::Learning => Severity::Info,
            LearningPhase::Complete if context.has_new_country() => Severity::Medium,
            LearningPhase::Complete => Severity::Low,
        },
        action: AlertAction::Notify,
        raised_by: FindingTrigger::Login,
        previous: context.previous(),
        reason_admin: format!(
            "Login on a new device ({name}); {devices} {} known from {} {}.",
            if devices == 1 { "device is" } else { "devices are" },
            history.logins,
            if history.logins == 1 { "login" } else { "logins" }
        ),
        reason_user: format!("New sign-in{}{from}", context.on_device()),
        mitre_techniques: &[VALID_ACCOUNTS],
        // Devices may share a name, such as that of a browser.
        dedup_subject: context.device_key(),
        detail: AlertEvidence::Novelty(NoveltyEvidence {
            kind: NoveltyKind::Device,
            value: name,
            known_values: live_device_names(context),
            known_logins: history.logins,
            previous_login_at: history.last_login,
        }),
    }))
}

/// Returns the names of known devices that are signed in. The names of other devices are not stored.
fn live_device_names(context: &LoginContext<'_>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    // The device of a flagged session is not among the known ones.
    let known = context.live.iter().filter(|session| context.history.knows_device(session.record.device.tag()));
    for session in known {
        let name = truncate_text(&session.record.device.name, NAME_BYTES);
        if names.len() < MAX_KNOWN_VALUES && !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        detection::samples::{SampleLogin, expect_match, iphone, session_in},
        domain::Device,
    };

    #[test]
    fn what_a_device_means() {
        let unnamed = Device { id: "x".to_owned(), ..Device::default() };
        let named = Device { named_by_caller: true, ..unnamed.clone() };
        let cases = [
            ("an unseen device", SampleLogin::in_country("DE").on_device(iphone()), Ok(Some(Severity::Low))),
            ("in an unseen country", SampleLogin::in_country("BR").on_device(iphone()), Ok(Some(Severity::Medium))),
            ("in no country", SampleLogin::in_country("").on_device(iphone()), Ok(Some(Severity::Low))),
            ("a seen device", SampleLogin::in_country("BR"), Ok(None)),
            (
                "a client that reveals nothing",
                SampleLogin::in_country("DE").on_device(unnamed),
                Err(NotEvaluatedReason::UnknownDevice),
            ),
            ("a device named by the caller", SampleLogin::in_country("DE").on_device(named), Ok(Some(Severity::Low))),
            (
                "after one login",
                SampleLogin::in_country("DE").on_device(iphone()).after_logins(1),
                Ok(Some(Severity::Info)),
            ),
            (
                "while learning, in an unseen country",
                SampleLogin::in_country("BR").on_device(iphone()).after_logins(9),
                Ok(Some(Severity::Info)),
            ),
            ("the first login", SampleLogin::in_country("DE").after_logins(0), Err(NotEvaluatedReason::NoHistory)),
        ];
        for (name, login, expected) in cases {
            let severity = login.evaluate_with(evaluate).map(|found| found.map(|found| found.severity));
            assert_eq!(severity, expected, "{name}");
        }
    }

    #[test]
    fn a_flagged_device_is_not_listed_as_known() {
        let mut login = SampleLogin {
            live: vec![session_in("DE"), session_in("JP")],
            ..SampleLogin::in_country("DE").on_device(iphone())
        };
        let burner = Device { id: "burner".to_owned(), name: "Chrome on Windows".to_owned(), ..Device::default() };
        login.live[1].record.device = burner;
        let AlertEvidence::Novelty(novelty) = expect_match(&login, evaluate).detail else { panic!("a novelty") };
        assert_eq!(novelty.known_values, ["Firefox on Linux"]);
    }

    #[test]
    fn devices_of_one_name_are_different_findings() {
        let subject = |id: &str| {
            let device = Device { id: id.to_owned(), named_by_caller: true, ..iphone() };
            expect_match(&SampleLogin::in_country("DE").on_device(device), evaluate).dedup_subject
        };
        assert_ne!(subject("a"), subject("b"));
        assert_eq!(subject("a"), subject("a"));
    }

    #[test]
    fn the_evidence_is_in_the_finding() {
        let login = SampleLogin {
            live: vec![session_in("DE"), session_in("FR")],
            ..SampleLogin::in_country("DE").on_device(iphone())
        };
        let found = expect_match(&login, evaluate);
        assert_eq!(found.reason_user, "New sign-in on Safari on iPhone from Germany");
        let AlertEvidence::Novelty(novelty) = found.detail else { panic!("{found:?}") };
        assert_eq!(novelty.known_values, ["Firefox on Linux"], "each once");
        assert_eq!(novelty.value, "Safari on iPhone");
    }
}
