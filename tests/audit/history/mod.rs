//! A suite for every [`AuditHistory`](session_authority::audit::AuditHistory): each query must return the result of the
//! model, which computes it from the sessions themselves. They reach the database as they always do, as events.

mod counts;
mod criteria;
mod failed_authentications;
mod fixture;
mod model;
mod pagination;
mod random_searches;
mod sample_sessions;
mod searches;

mod newer_release;
mod plans;
mod slow_queries;

use std::{ops::Range, time::Duration};

use session_authority::domain::{
    AuditedJwt, AuthEventKind, Cause, Event, EventId, EventKind, EventSubject, JwtId, Owner,
    alert::{AcknowledgedAlert, AlertId, AlertVerdict, Severity},
    event::RevocationScope,
};

use fixture::HistoryFixture;
use model::{HistoryModel, SampleAlert, SampleFailedLogin, tenant};
use sample_sessions::{SampleSession, made_at};

/// Builds a model of that many sessions, some mass revocations, a denial of JWTs and the answer to an alert.
fn sample_model(numbers: Range<u64>) -> HistoryModel {
    let ann = Owner::new("acme", "user-3").expect("an owner");
    let scopes =
        [RevocationScope::User(ann.clone()), RevocationScope::Tenant(tenant("globex")), RevocationScope::Everyone];
    // Mass revocations of a tenant and of everyone are earlier than these sessions, so they end none of them.
    let at = |number: u64, scope: &RevocationScope| match scope {
        RevocationScope::User(_) => made_at(20 * number).plus(Duration::from_millis(250)),
        RevocationScope::Tenant(_) | RevocationScope::Everyone => made_at(0).minus(Duration::from_secs(number)),
    };
    let revoked = |(number, scope): (u64, RevocationScope)| Event {
        id: EventId::from_operation(&scope, "operation"),
        kind: EventKind::RevokedAll,
        at: at(number, &scope),
        subject: EventSubject::Scope(scope),
        cause: Cause { actor: "admin:eve".to_owned(), ..Cause::default() },
    };
    HistoryModel {
        sessions: numbers.map(SampleSession::new).collect(),
        events_without_session: (1..).zip(scopes).map(revoked).chain([denied_jwts(), answered_alert()]).collect(),
        ..HistoryModel::default()
    }
}

/// Returns a denial of JWTs, one of them by its ID.
fn denied_jwts() -> Event {
    let (tenant, id) = (tenant("globex"), JwtId::new("7f3e").expect("an ID"));
    let jwts = vec![AuditedJwt::Digest(id.digest(&tenant)), AuditedJwt::Id(id)];
    Event {
        id: EventId::from_denial([7; 16]),
        kind: EventKind::TokensDenied,
        at: made_at(41),
        subject: EventSubject::DeniedJwts { tenant, jwts },
        cause: Cause { actor: "admin:eve".to_owned(), ..Cause::default() },
    }
}

/// Returns the answer to an alert about a session.
fn answered_alert() -> Event {
    let session = SampleSession::new(3).session;
    let verdict = AlertVerdict::WasNotMe { ends_all: true };
    let acknowledged = AcknowledgedAlert { alert: AlertId([3; 16]), verdict };
    Event {
        id: EventId::from_acknowledgement(acknowledged),
        kind: EventKind::AlertAcknowledged,
        at: made_at(43),
        subject: EventSubject::Acknowledgement { owner: session.owner, session: Some(session.id), acknowledged },
        cause: Cause { actor: "user-3".to_owned(), ..Cause::default() },
    }
}

/// Returns failed logins for counts. Searches ignore them in the model, so only some models have them.
fn failed_logins() -> Vec<SampleFailedLogin> {
    (0..40_u64)
        .map(|number| SampleFailedLogin {
            owner: SampleSession::new(number).session.owner,
            kind: AuthEventKind::ALL[usize::try_from(number * number).expect("small") % AuthEventKind::ALL.len()],
            at: made_at(2 * number),
        })
        .collect()
}

/// Returns alerts of every severity about users, about tenants as a whole, and answers to alerts.
fn alerts() -> Vec<SampleAlert> {
    let rules = ["NEW_COUNTRY", "MASS_SIGN_IN", "TOKEN_REUSE"];
    (0..60_u64)
        .map(|number| {
            let Owner { tenant, user } = SampleSession::new(number).session.owner;
            let index = usize::try_from(number).expect("small");
            SampleAlert {
                tenant,
                user: (!number.is_multiple_of(5)).then_some(user),
                rule: rules[index % rules.len()],
                severity: Severity::ALL[index / 2 % Severity::ALL.len()],
                at: made_at(2 * number),
                is_answer: number % 7 == 3,
            }
        })
        .collect()
}

/// Runs the tests of one topic on one engine.
macro_rules! search_cases {
    ($engine:ident, $topic:ident: $($case:ident)*) => {
        mod $topic {
            use crate::audit::history::{HistoryFixture, $topic};
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    let model = $topic::everything();
                    $topic::$case(HistoryFixture::$engine(&model).await, model).await;
                }
            )*
        }
    };
}

/// Runs every case on one engine.
macro_rules! search_suite {
    ($engine:ident) => {
        mod $engine {
            search_cases! { $engine, searches:
                every_criterion_of_sessions_holds_alone_and_with_every_other
                every_criterion_of_events_holds_alone_and_with_every_other
                who_may_see_every_tenant_sees_what_concerns_all_of_them
                a_window_has_its_start_and_not_its_end
                a_page_holds_so_many_and_the_last_one_fewer
            }
            search_cases! { $engine, pagination:
                a_walk_over_sessions_returns_each_once_while_others_come
                a_walk_over_events_returns_each_once_while_others_come
            }
            search_cases! { $engine, counts:
                counts_are_those_of_the_model
                nothing_is_counted_where_nothing_is
                more_names_than_are_listed_are_cut_by_count_and_then_by_name
            }
        }
    };
}

search_suite! { postgres }
search_suite! { sqlite }
