//! User agents as browsers, apps, appliances and programs send them. They follow the documentation of their makers, not
//! uap-core's own tests, which share their origin with the definitions under test.

use super::super::DeviceDescription;

#[derive(Clone, Copy)]
pub(super) struct UserAgentSample {
    name: &'static str,
    kind: &'static str,
    browser: &'static str,
    os: &'static str,
    user_agent: &'static str,
}

/// Returns the samples that nearly everyone uses: named alike with and without definitions.
pub(super) fn common() -> Vec<UserAgentSample> {
    parse_samples(include_str!("common.txt"))
}

pub(super) fn others() -> Vec<UserAgentSample> {
    parse_samples(include_str!("others.txt"))
}

/// Returns the samples that `describe` describes differently, with its descriptions.
pub(super) fn find_misnamed(samples: &[UserAgentSample], describe: impl Fn(&str) -> DeviceDescription) -> Vec<String> {
    samples
        .iter()
        .map(|sample| (sample, describe(sample.user_agent)))
        .filter(|(sample, is)| {
            (sample.name, sample.kind, sample.browser, sample.os)
                != (&is.name, is.form_factor.as_str(), &is.browser, &is.os)
        })
        .map(|(sample, is)| format!("{}\n  {is:?}\n", sample.user_agent))
        .collect()
}

fn parse_samples(text: &'static str) -> Vec<UserAgentSample> {
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
    lines.chunks(2).map(|lines| sample(lines[0], lines[1])).collect()
}

fn sample(expected: &'static str, user_agent: &'static str) -> UserAgentSample {
    let mut fields = expected.split('|').map(str::trim);
    let mut field = || fields.next().expect("four fields per sample");
    UserAgentSample {
        name: field(),
        kind: field(),
        browser: field(),
        os: field(),
        user_agent: user_agent.strip_prefix("    ").expect("an indented user agent"),
    }
}
