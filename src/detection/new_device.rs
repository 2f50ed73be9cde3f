//! A login on a device that the user was not seen on lately.

use crate::{
    domain::{
        alert::{AlertAction, Detail, Novelty, NoveltyKind, Severity},
        limits::cut,
    },
    store::Trigger,
};

use super::{
    LoginContext, Outcome, Reason,
    found::{Found, VALID_ACCOUNTS},
    learning::not_learned,
};

/// Values that are told as known, and bytes of each.
const KNOWN: usize = 10;
const NAME_BYTES: usize = 128;

pub(super) fn judge(context: &LoginContext<'_>) -> Outcome {
    let LoginContext { history, settings, now, .. } = *context;
    let Some(device) = context.device() else { return Outcome::NotEvaluated(Reason::UnknownDevice) };
    if let Some(reason) = not_learned(history, settings.learning, now) {
        return Outcome::NotEvaluated(reason);
    }
    if !context.has_new_device() {
        return Outcome::Quiet;
    }
    let in_new_country =
        context.country().is_some_and(|country| !history.countries.is_empty() && !history.countries.knows(country));
    let name = cut(&device.name, NAME_BYTES);
    let from = match context.country() {
        Some(_) => format!(" from {}", context.country_name()),
        None => String::new(),
    };
    Outcome::Found(Box::new(Found {
        severity: if in_new_country { Severity::Medium } else { Severity::Low },
        action: AlertAction::Notify,
        raised_by: Trigger::Login,
        previous: context.previous(),
        reason_admin: format!(
            "Login on a device ({name}) that is none of the {} remembered of {} logins.",
            history.devices.len(),
            history.logins
        ),
        reason_user: format!("New sign-in{}{from}", context.on_device()),
        mitre_techniques: &[VALID_ACCOUNTS],
        // Devices may share a name: a browser's.
        dedup_subject: context.device_key(),
        detail: Detail::Novelty(Novelty {
            kind: NoveltyKind::Device,
            value: name,
            known_values: names_of_live_devices(context),
            known_logins: history.logins,
            previous_login_at: history.last_login,
        }),
    }))
}

/// Of devices that are not signed in, no name is remembered.
fn names_of_live_devices(context: &LoginContext<'_>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    // A flagged session's device is none of those that are known.
    let known = context.live.iter().filter(|session| context.history.knows_device(session.record.device.tag()));
    for session in known {
        let name = cut(&session.record.device.name, NAME_BYTES);
        if names.len() < KNOWN && !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        detection::samples::{Login, found, iphone, live_in},
        domain::Device,
    };

    #[test]
    fn what_a_device_means() {
        let unnamed = Device { id: "x".to_owned(), ..Device::default() };
        let named = Device { named_by_caller: true, ..unnamed.clone() };
        let cases = [
            ("an unseen device", Login::in_country("DE").on(iphone()), Ok(Some(Severity::Low))),
            ("in an unseen country", Login::in_country("BR").on(iphone()), Ok(Some(Severity::Medium))),
            ("in no country", Login::in_country("").on(iphone()), Ok(Some(Severity::Low))),
            ("a seen device", Login::in_country("BR"), Ok(None)),
            ("a client that says nothing", Login::in_country("DE").on(unnamed), Err(Reason::UnknownDevice)),
            ("one that the caller names", Login::in_country("DE").on(named), Ok(Some(Severity::Low))),
            ("too few logins", Login::in_country("DE").on(iphone()).after(9), Err(Reason::Learning)),
            ("the first login", Login::in_country("DE").after(0), Err(Reason::NothingToCompare)),
        ];
        for (name, login, expected) in cases {
            let severity = login.judged(judge).map(|found| found.map(|found| found.severity));
            assert_eq!(severity, expected, "{name}");
        }
    }

    #[test]
    fn a_flagged_device_is_not_told_as_known() {
        let mut login = Login { live: vec![live_in("DE"), live_in("JP")], ..Login::in_country("DE").on(iphone()) };
        let burner = Device { id: "burner".to_owned(), name: "Chrome on Windows".to_owned(), ..Device::default() };
        login.live[1].record.device = burner;
        let Detail::Novelty(novelty) = found(&login, judge).detail else { panic!("a novelty") };
        assert_eq!(novelty.known_values, ["Firefox on Linux"]);
    }

    #[test]
    fn devices_of_one_name_are_different_findings() {
        let subject = |id: &str| {
            let device = Device { id: id.to_owned(), named_by_caller: true, ..iphone() };
            found(&Login::in_country("DE").on(device), judge).dedup_subject
        };
        assert_ne!(subject("a"), subject("b"));
        assert_eq!(subject("a"), subject("a"));
    }

    #[test]
    fn the_evidence_is_in_the_finding() {
        let login = Login { live: vec![live_in("DE"), live_in("FR")], ..Login::in_country("DE").on(iphone()) };
        let found = found(&login, judge);
        assert_eq!(found.reason_user, "New sign-in on Safari on iPhone from Germany");
        let Detail::Novelty(novelty) = found.detail else { panic!("{found:?}") };
        assert_eq!(novelty.known_values, ["Firefox on Linux"], "each once");
        assert_eq!(novelty.value, "Safari on iPhone");
    }
}
