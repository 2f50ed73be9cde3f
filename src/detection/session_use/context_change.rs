//! A session that continues in another network and in another browser.

use crate::domain::{
    Device,
    alert::{AlertAction, ClientObservation, Severity},
};

use super::{
    context::{SessionUseContext, is_same_network, is_same_software, is_same_system, is_script},
    rule::{SessionMatch, SessionRuleSpec},
};
use crate::detection::{NotEvaluatedReason, RuleOutcome};

pub(super) const RULE: SessionRuleSpec = SessionRuleSpec { name: "SESSION_CONTEXT_CHANGE", version: 1, evaluate };

/// Steal Web Session Cookie, and Use Alternate Authentication Material: Web Session Cookie.
/// <https://attack.mitre.org/techniques/T1539/>
pub(super) const STOLEN_COOKIE: &[&str] = &["T1539", "T1550.004"];

/// Matches a session whose token moves to another network of another operator and, at the same time, to another browser
/// or operating system; and one that was started in a browser and is continued by a script. A new network alone means
/// nothing: people move. So does a new version of the browser, and a trusted network at both ends. The client that
/// signed in may always come back, and so may one whose user has authenticated meanwhile.
fn evaluate(context: &SessionUseContext<'_>) -> RuleOutcome<SessionMatch> {
    let (here, before) = (context.current, context.previous);
    let (Some(device), Some(device_before)) = (&here.device, &before.device) else {
        return RuleOutcome::NotEvaluated(NotEvaluatedReason::UnknownDevice);
    };
    let record = &context.session.record;
    let is_login_client = is_same_network(&here.location, &record.location) == Some(true)
        && is_same_software(device, &record.device) == Some(true);
    if is_login_client || context.has_authenticated_since() {
        return RuleOutcome::NoMatch;
    }
    if is_script(device) && is_browser(device_before) {
        return RuleOutcome::Match(Box::new(found(here, before, "is used by a script")));
    }
    let Some(is_same_software) = is_same_software(device, device_before) else {
        return RuleOutcome::NotEvaluated(NotEvaluatedReason::UnknownDevice);
    };
    let Some(is_same_network) = is_same_network(&here.location, &before.location) else {
        return RuleOutcome::NotEvaluated(NotEvaluatedReason::UnknownAddress);
    };
    if is_same_software || is_same_network {
        return RuleOutcome::NoMatch;
    }
    let Some(is_same_system) = is_same_system(&here.location, &before.location) else {
        return RuleOutcome::NotEvaluated(NotEvaluatedReason::UnknownNetwork);
    };
    let is_trusted = context.is_trusted(&here.location) && context.is_trusted(&before.location);
    if is_same_system || is_trusted {
        return RuleOutcome::NoMatch;
    }
    RuleOutcome::Match(Box::new(found(here, before, "continues in another network and another browser")))
}

fn found(here: &ClientObservation, before: &ClientObservation, what: &str) -> SessionMatch {
    let name = |client: &ClientObservation| {
        client.device.as_ref().map(|device| device.name.clone()).filter(|name| !name.is_empty())
    };
    let named = |client| name(client).unwrap_or_else(|| "an unknown client".to_owned());
    SessionMatch {
        severity: Severity::High,
        action_taken: AlertAction::None,
        action_recommended: AlertAction::StepUp,
        detail: None,
        reason_admin: format!(
            "The session {what}: {} in AS{} after {} in AS{}.",
            named(here),
            here.location.asn,
            named(before),
            before.location.asn
        ),
        reason_user: format!(
            "Your session on {} is used on {}; somebody may have copied it",
            named(before),
            named(here)
        ),
        mitre_techniques: STOLEN_COOKIE,
    }
}

/// Returns whether the client is operated by a person.
fn is_browser(device: &Device) -> bool {
    use crate::domain::DeviceType::{Desktop, Mobile, Tablet};
    matches!(device.kind, Mobile | Tablet | Desktop)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{super::samples::SampleUse, *};
    use crate::domain::{DeviceType, NetworkClass};

    #[test]
    fn changes_of_the_client() {
        let thief = SampleUse::of_a_thief;
        let script = || {
            let mut script = SampleUse::at_home().with_software("curl", "");
            script.device_mut().kind = DeviceType::Other;
            script
        };
        let started_by_script = || {
            let mut both = script();
            both.previous.device = both.current.device.clone();
            both
        };
        let unknown_device = SampleUse { current: ClientObservation { device: None, ..thief().current }, ..thief() };
        let authenticated = {
            let mut authenticated = thief();
            authenticated.session.record.authenticated_at = authenticated.previous.at.plus(Duration::from_secs(1));
            authenticated
        };
        let no_address = {
            let mut unknown = thief();
            unknown.current.location.ip = None;
            unknown
        };
        let no_system = {
            let mut unknown = thief();
            unknown.current.location.asn = 0;
            unknown
        };
        let no_software = {
            let mut unknown = thief();
            (unknown.device_mut().browser, unknown.device_mut().os) = (String::new(), String::new());
            unknown
        };
        let cases = vec![
            ("another network, operator and browser", thief(), Ok(true)),
            ("another operating system", thief().with_software("Firefox", "Windows"), Ok(true)),
            ("the same browser, in another network", thief().with_software("Firefox", "Linux"), Ok(false)),
            ("another browser in the same /24", thief().at("198.51.100.77", 64_500), Ok(false)),
            ("another browser in another network of the operator", thief().at("203.0.113.9", 64_500), Ok(false)),
            ("between trusted networks", thief().trusting(&["203.0.113.0/24", "198.51.100.0/24"]), Ok(false)),
            ("to a trusted network", thief().trusting(&["203.0.113.0/24"]), Ok(true)),
            ("through a VPN", thief().with_class(NetworkClass::Vpn, "203.0.113.0/24"), Ok(true)),
            ("a script in the same network", script(), Ok(true)),
            ("a script that a script started", started_by_script(), Ok(false)),
            ("back to the client of the login", SampleUse::returning_home(), Ok(false)),
            ("after another authentication", authenticated, Ok(false)),
            ("no device", unknown_device, Err(NotEvaluatedReason::UnknownDevice)),
            ("neither browser nor system", no_software, Err(NotEvaluatedReason::UnknownDevice)),
            ("no address", no_address, Err(NotEvaluatedReason::UnknownAddress)),
            ("no operator", no_system, Err(NotEvaluatedReason::UnknownNetwork)),
        ];
        for (name, sample, expected) in cases {
            assert_eq!(sample.evaluate_with(evaluate).map(|found| found.is_some()), expected, "{name}");
        }
    }

    #[test]
    fn the_reasons_name_both_devices() {
        let found = SampleUse::of_a_thief().evaluate_with(evaluate).expect("evaluated").expect("a match");
        assert_eq!((found.severity, found.action_recommended), (Severity::High, AlertAction::StepUp));
        assert!(found.reason_user.contains("Firefox on Linux") && found.reason_user.contains("Chrome on Windows"));
        assert!(found.reason_admin.contains("AS64500") && found.reason_admin.contains("AS64501"));
    }
}
