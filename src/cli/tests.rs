//! Tests of command lines and the requests they make.

use clap::{CommandFactory, error::ErrorKind};
use prost_types::{Duration, Timestamp};

use super::{
    client::{ListingCommand, UnaryCommand},
    *,
};
use crate::{api, domain::UnixMillis};

fn parse(line: &str) -> Result<Command, ErrorKind> {
    let words = std::iter::once("session-authority").chain(line.split_whitespace());
    Cli::try_parse_from(words).map(|cli| cli.command).map_err(|error| error.kind())
}

/// Returns the request that `line` makes, which must be of the command `variant`.
macro_rules! request {
    ($variant:ident, $line:expr) => {
        match parse($line) {
            Ok(Command::$variant(connected)) => connected.command().request().expect("a request"),
            Ok(_) => panic!("another command: {}", $line),
            Err(kind) => panic!("{kind:?}: {}", $line),
        }
    };
}

#[test]
fn the_command_line_is_well_formed() {
    Cli::command().debug_assert();
}

#[test]
fn every_command_says_what_it_is_for() {
    for command in Cli::command().get_subcommands() {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        assert!(about.len() > 10, "{}: {about:?}", command.get_name());
        for argument in command.get_arguments() {
            let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
            assert!(!help.is_empty(), "{} {}", command.get_name(), argument.get_id());
        }
    }
}

#[test]
fn create_takes_every_field_of_its_request() {
    let request = request!(
        Create,
        "create ann --tenant acme --email a@b.c --role a --role b --data {\"n\":1} --ip 192.0.2.1 --user-agent curl \
         --device-id d --country DE --remember --policy pci --lifetime 1h --idle-timeout 1m30s --auth-method pwd \
         --auth-method otp --assurance-level 2 --authenticated-at 1970-01-01T00:00:05Z --request-id r --migrated \
         --notify-email n@b.c --notify-locale de"
    );
    let expected = api::CreateRequest {
        tenant_id: "acme".to_owned(),
        user_id: "ann".to_owned(),
        email: "a@b.c".to_owned(),
        roles: vec!["a".to_owned(), "b".to_owned()],
        data: option_values::parse_json_object_arg("{\"n\":1}").ok(),
        client: Some(api::ClientContext {
            ip: "192.0.2.1".to_owned(),
            user_agent: "curl".to_owned(),
            device_id: "d".to_owned(),
            country: "DE".to_owned(),
            ..api::ClientContext::default()
        }),
        remember: true,
        lifetime: Some(Duration { seconds: 3600, nanos: 0 }),
        idle_timeout: Some(Duration { seconds: 90, nanos: 0 }),
        policy: "pci".to_owned(),
        auth_methods: vec!["pwd".to_owned(), "otp".to_owned()],
        assurance_level: 2,
        authenticated_at: Some(Timestamp { seconds: 5, nanos: 0 }),
        request_id: "r".to_owned(),
        migrated: true,
        notify: Some(api::NotificationContact { email: "n@b.c".to_owned(), locale: "de".to_owned() }),
    };
    assert_eq!(request, expected);
    assert_eq!(request!(Create, "create ann").lifetime, None);
}

#[test]
fn validate_touches_within_the_bound_by_default() {
    let usual = request!(Validate, "validate sa_x");
    assert_eq!((usual.activity(), usual.consistency()), (api::Activity::Touch, api::Consistency::Bounded));
    assert_eq!((usual.token.as_str(), usual.max_auth_age), ("sa_x", None));
    let other = request!(Validate, "validate sa_x --peek --strong --max-auth-age 5m --min-assurance-level 3");
    assert_eq!((other.activity(), other.consistency()), (api::Activity::Peek, api::Consistency::Strong));
    assert_eq!((other.max_auth_age, other.min_assurance_level), (Some(Duration { seconds: 300, nanos: 0 }), 3));
    assert_eq!(parse("validate sa_x --max-auth-age 0").err(), Some(ErrorKind::ValueValidation));
}

#[test]
fn update_names_what_was_given_and_nothing_else() {
    let paths = |line| request!(Update, line).update_mask.expect("a mask").paths;
    assert_eq!(paths("update id --email="), ["email"]);
    assert_eq!(paths("update id --role a --role b --assurance-level 0"), ["roles", "assurance_level"]);
    assert_eq!(paths("update id --clear-roles --data {} --auth-method pwd"), ["roles", "data", "auth_methods"]);
    let request = request!(Update, "update id --role a --if-revision 7");
    assert_eq!((request.session.expect("a session").roles, request.if_revision), (vec!["a".to_owned()], 7));
    assert_eq!(parse("update id").err(), Some(ErrorKind::MissingRequiredArgument));
    assert_eq!(parse("update id --if-revision 7").err(), Some(ErrorKind::MissingRequiredArgument));
    assert_eq!(parse("update id --role a --clear-roles").err(), Some(ErrorKind::ArgumentConflict));
}

#[test]
fn revoke_ends_exactly_one_target() {
    use api::revoke_request::Target;
    let target = |line| request!(Revoke, line).target;
    assert_eq!(target("revoke --session id"), Some(Target::SessionId("id".to_owned())));
    assert_eq!(target("revoke --token sa_x --user ann"), Some(Target::Token("sa_x".to_owned())));
    assert_eq!(target("revoke --device d --user ann"), Some(Target::DeviceId("d".to_owned())));
    assert_eq!(parse("revoke").err(), Some(ErrorKind::MissingRequiredArgument));
    assert_eq!(parse("revoke --device d").err(), Some(ErrorKind::MissingRequiredArgument));
    assert_eq!(parse("revoke --session id --token sa_x").err(), Some(ErrorKind::ArgumentConflict));
}

#[test]
fn revoke_all_has_exactly_one_scope() {
    use api::revoke_all_request::Scope;
    let scope = |line| request!(RevokeAll, line).scope;
    let ann = api::UserScope { tenant_id: "acme".to_owned(), user_id: "ann".to_owned() };
    assert_eq!(scope("revoke-all --user ann --tenant acme"), Some(Scope::User(ann)));
    let acme = api::TenantScope { tenant_id: "acme".to_owned() };
    assert_eq!(scope("revoke-all --all-of-tenant acme"), Some(Scope::Tenant(acme)));
    assert_eq!(scope("revoke-all --everyone"), Some(Scope::Everyone(api::Everyone {})));
    assert_eq!(parse("revoke-all").err(), Some(ErrorKind::MissingRequiredArgument));
    for line in ["--everyone --user ann", "--everyone --all-of-tenant acme", "--everyone --except id"] {
        assert!(parse(&format!("revoke-all {line}")).is_err(), "{line}");
    }
    assert!(parse("revoke-all --all-of-tenant acme --tenant other").is_err());
}

#[test]
fn every_revocation_of_many_can_be_repeated() {
    let (one, other) = (request!(RevokeAll, "revoke-all --user ann"), request!(RevokeAll, "revoke-all --user ann"));
    assert_ne!(one.operation_id, other.operation_id);
    let advice = client::RevokeAllCommand::advice(&one, &tonic::Status::unavailable("")).expect("advice");
    assert!(advice.ends_with(&format!("--operation-id {}", one.operation_id)), "{advice}");
    assert_eq!(client::RevokeAllCommand::advice(&one, &tonic::Status::invalid_argument("")), None);
    assert_eq!(request!(RevokeAll, "revoke-all --everyone --operation-id x").operation_id, "x");
}

/// The time at which the command lines are parsed.
const NOW: UnixMillis = UnixMillis::new(100_000_000);

fn window(start: i64, end: i64) -> api::TimeWindow {
    let at = |seconds| Some(Timestamp { seconds, nanos: 0 });
    api::TimeWindow { start: at(start), end: at(end) }
}

/// Every option of the session filter; `sessions` returns the same filter in the contract.
const SESSIONS: &str = "--tenant acme --user ann --device d --device-type mobile --country de --ip 192.0.2.0/24 \
                        --asn 64500 --method otp --user-agent curl --policy pci --created-since 24h \
                        --created-until 1970-01-02T00:00:00Z --active-since 1h --active-until 1m";

fn sessions() -> api::SessionFilter {
    api::SessionFilter {
        tenant_id: "acme".to_owned(),
        user_id: "ann".to_owned(),
        device_id: "d".to_owned(),
        device_type: api::DeviceType::Mobile.into(),
        country: "DE".to_owned(),
        ip_range: "192.0.2.0/24".to_owned(),
        asn: 64_500,
        auth_method: "otp".to_owned(),
        user_agent: "curl".to_owned(),
        policy: "pci".to_owned(),
        created: Some(window(100_000 - 86_400, 86_400)),
        last_active: Some(window(100_000 - 3600, 100_000 - 60)),
    }
}

#[test]
fn search_takes_every_field_of_its_request() {
    let query = |line: &str| match parse(line) {
        Ok(Command::Sessions(client::SessionsCommand::Search(paged))) => paged.command().query(NOW),
        _ => panic!("another command: {line}"),
    };
    let expected = api::SearchSessionsRequest {
        filter: Some(sessions()),
        state: api::SessionState::Ended.into(),
        end_reason: api::EndReason::IdleTimeout.into(),
        ..api::SearchSessionsRequest::default()
    };
    assert_eq!(query(&format!("sessions search {SESSIONS} --state ended --reason idle-timeout")), expected);
    assert_eq!(query("sessions search").filter, Some(api::SessionFilter::default()));
    for line in ["sessions", "sessions search --state dead", "sessions search --created-since yesterday"] {
        assert!(parse(line).is_err(), "{line}");
    }
}

#[test]
fn events_takes_every_field_of_its_request() {
    let line = "events --tenant acme --user ann --session abc --kind session-ended --kind auth-failed \
                --reason revoked-all --actor bob --country de --ip 192.0.2.1 --since 24h --until 1970-01-02T00:00:00Z";
    let Ok(Command::Events(paged)) = parse(line) else { panic!("another command: {line}") };
    let expected = api::ListEventsRequest {
        tenant_id: "acme".to_owned(),
        user_id: "ann".to_owned(),
        session_id: "abc".to_owned(),
        kinds: vec![api::AuditEventKind::SessionEnded.into(), api::AuditEventKind::AuthFailed.into()],
        end_reason: api::EndReason::RevokedAll.into(),
        actor: "bob".to_owned(),
        country: "DE".to_owned(),
        ip_range: "192.0.2.1".to_owned(),
        occurred: Some(window(100_000 - 86_400, 86_400)),
        ..api::ListEventsRequest::default()
    };
    assert_eq!(paged.command().query(NOW), expected);
    assert!(parse("export --user ann --format ocsf --output f").is_ok());
    assert!(parse("export --format xml").is_err());
}

#[test]
fn stats_are_of_the_usual_window_by_default() {
    assert_eq!(request!(Stats, "stats"), api::GetStatsRequest::default());
    let request = request!(
        Stats,
        "stats --tenant acme --user ann --since 1970-01-01T00:00:01Z --until 1970-01-01T00:00:02Z --step 1h"
    );
    let expected = api::GetStatsRequest {
        tenant_id: "acme".to_owned(),
        user_id: "ann".to_owned(),
        window: Some(window(1, 2)),
        step: Some(Duration { seconds: 3600, nanos: 0 }),
    };
    assert_eq!(request, expected);
}

#[test]
fn what_ends_many_or_erases_wants_a_yes() {
    let request = |line: &str| match parse(line) {
        Ok(Command::RevokeWhere(command)) => command.request(NOW),
        _ => panic!("another command: {line}"),
    };
    let expected = api::RevokeWhereRequest {
        filter: Some(sessions()),
        dry_run: true,
        max_count: 7,
        reason: "why".to_owned(),
        actor: "bob".to_owned(),
    };
    let line = format!("revoke-where {SESSIONS} --max-count 7 --reason why --actor bob");
    assert_eq!(request(&line), expected);
    assert_eq!(request(&format!("{line} --yes")), api::RevokeWhereRequest { dry_run: false, ..expected });
    assert_eq!(parse("revoke-where --dry-run --yes").err(), Some(ErrorKind::ArgumentConflict));

    assert_eq!(parse("forget-user --user ann").err(), Some(ErrorKind::MissingRequiredArgument));
    let request = request!(ForgetUser, "forget-user --tenant acme --user ann --reason asked --actor bob --yes");
    let expected = api::ForgetUserRequest {
        tenant_id: "acme".to_owned(),
        user_id: "ann".to_owned(),
        reason: "asked".to_owned(),
        actor: "bob".to_owned(),
    };
    assert_eq!(request, expected);
}

#[test]
fn servers_and_keys_are_made_with_the_options_they_have() {
    for line in [
        "dev --listen 127.0.0.1:0 --management 127.0.0.1:0 --data d",
        "serve --config f --listen 127.0.0.1:1 --management 127.0.0.1:2 --print-config",
        "migrate --config f",
        "keys init --env",
        "keys create --name n --role issuer --tenant a --tenant b --expires-in 90d",
        "keys list --json",
        "keys revoke n",
        "simulate --attack stolen-password,token-guessing --rate 100 --duration 5s --seed 7 --users 3 --json",
        "simulate --no-attacks --tenant a --tenant b --this-is-not-production",
        "health --management sessions.example.com:9090 --timeout 2s",
        "completions bash",
    ] {
        assert!(parse(line).is_ok(), "{line}");
    }
    for line in [
        "dev --listen nowhere",
        "keys create --name n --role king",
        "keys revoke",
        "completions",
        "simulate --attack luck",
    ] {
        assert!(parse(line).is_err(), "{line}");
    }
}
