//! A login through a network that hides where its users are.

use crate::{
    domain::{
        NetworkClass,
        alert::{AlertAction, AlertEvidence, NoveltyEvidence, NoveltyKind, Severity},
    },
    store::FindingTrigger,
};

use super::{
    LoginContext, NotEvaluatedReason, RuleOutcome,
    rule::RuleSpec,
    rule_match::{RuleMatch, VALID_ACCOUNTS},
};

pub(super) const RULE: RuleSpec = RuleSpec { name: "ANONYMOUS_NETWORK", version: 1, evaluate };

/// Matches every login through a VPN, Tor or a data centre. It is more severe if the user has not used such a network
/// before, and still more on a new device: the rules about countries cannot be evaluated then. A privacy relay
/// preserves the country and is no finding.
fn evaluate(context: &LoginContext<'_>) -> RuleOutcome {
    let LoginContext { history, now, session, networks, .. } = *context;
    if networks.is_empty() {
        return RuleOutcome::NotEvaluated(NotEvaluatedReason::NoNetworkLists);
    }
    let location = &session.record.location;
    if location.ip.is_none() && location.asn == 0 {
        return RuleOutcome::NotEvaluated(NotEvaluatedReason::UnknownAddress);
    }
    let Some(class) = context.network_class().filter(|class| !class.preserves_country()) else {
        return RuleOutcome::NoMatch;
    };
    let is_first = history.last_login.is_some() && !history.knows_anonymous_logins(now);
    let severity = match (is_first, context.has_new_device()) {
        (false, _) => Severity::Info,
        (true, false) => Severity::Low,
        (true, true) => Severity::Medium,
    };
    let name = display_name(class);
    RuleOutcome::Match(Box::new(RuleMatch {
        severity,
        action: if is_first { AlertAction::Notify } else { AlertAction::None },
        raised_by: FindingTrigger::Login,
        previous: context.previous(),
        reason_admin: format!(
            "Login through {name}{}.",
            if is_first { ", which the user has not done before" } else { "" }
        ),
        reason_user: if is_first {
            format!("New sign-in through {name}{}", context.on_device())
        } else {
            String::new()
        },
        mitre_techniques: &[VALID_ACCOUNTS],
        dedup_subject: format!("{}:{}", class.name(), context.device_key()),
        detail: AlertEvidence::Novelty(NoveltyEvidence {
            kind: NoveltyKind::Network,
            value: class.name().to_owned(),
            known_values: Vec::new(),
            known_logins: history.logins,
            previous_login_at: history.last_login,
        }),
    }))
}

const fn display_name(class: NetworkClass) -> &'static str {
    match class {
        NetworkClass::Relay => "a privacy relay",
        NetworkClass::Vpn => "a VPN or proxy",
        NetworkClass::Tor => "the Tor network",
        NetworkClass::Hosting => "a data centre",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        detection::samples::{NOW, SampleLogin, expect_match, iphone},
        domain::LoginHistory,
    };

    const IP: &str = "203.0.113.9";

    fn through(class: NetworkClass) -> SampleLogin {
        SampleLogin::in_country("BR").at_ip(IP).with_class(class, "203.0.113.0/24")
    }

    /// Adds a login through such a network, so long ago.
    fn used(mut login: SampleLogin, ago: Duration) -> SampleLogin {
        login.history = login.history.with_anonymous_login(NOW.minus(ago));
        login
    }

    #[test]
    fn networks() {
        let vpn = || through(NetworkClass::Vpn);
        let nowhere = SampleLogin { networks: vpn().networks, ..SampleLogin::in_country("BR") };
        let cases = vec![
            ("a VPN for the first time", vpn(), Ok(Some(Severity::Low))),
            ("and on a new device", vpn().on_device(iphone()), Ok(Some(Severity::Medium))),
            ("a VPN again", used(vpn(), LoginHistory::MAX_AGE), Ok(Some(Severity::Info))),
            ("again on a new device", used(vpn(), Duration::ZERO).on_device(iphone()), Ok(Some(Severity::Info))),
            (
                "a VPN after a long time",
                used(vpn(), LoginHistory::MAX_AGE + Duration::from_millis(1)),
                Ok(Some(Severity::Low)),
            ),
            ("the first login of all", vpn().after_logins(0), Ok(Some(Severity::Info))),
            ("Tor", through(NetworkClass::Tor), Ok(Some(Severity::Low))),
            ("a data centre", through(NetworkClass::Hosting), Ok(Some(Severity::Low))),
            ("a relay", through(NetworkClass::Relay), Ok(None)),
            ("a trusted network", vpn().trusting(IP), Ok(None)),
            ("another network", vpn().at_ip("198.51.100.9"), Ok(None)),
            ("no address", nowhere, Err(NotEvaluatedReason::UnknownAddress)),
            ("no lists", SampleLogin::in_country("BR").at_ip(IP), Err(NotEvaluatedReason::NoNetworkLists)),
        ];
        for (name, login, expected) in cases {
            let severity = login.evaluate_with(evaluate).map(|found| found.map(|found| found.severity));
            assert_eq!(severity, expected, "{name}");
        }
    }

    #[test]
    fn the_user_is_notified_once() {
        let first = expect_match(&through(NetworkClass::Tor), evaluate);
        assert_eq!(first.reason_user, "New sign-in through the Tor network on Firefox on Linux");
        let again = expect_match(&used(through(NetworkClass::Tor), Duration::ZERO), evaluate);
        assert_eq!((again.reason_user.as_str(), again.action), ("", AlertAction::None));
        let AlertEvidence::Novelty(novelty) = again.detail else { panic!("{again:?}") };
        assert_eq!((novelty.kind, novelty.value.as_str()), (NoveltyKind::Network, "tor"));
    }
}
