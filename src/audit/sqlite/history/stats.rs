//! Counts, put together.

use sqlx::{Connection, SqliteConnection};

use super::{
    conditions::Conditions,
    durations,
    happenings::{self, Happenings},
    live::LIVE,
    logins,
    span::{Counts, Span},
};
use crate::domain::{
    AuthEventKind, EndReason,
    search::{Stats, StatsPoint, StatsQuery},
};

pub(super) async fn stats(connection: &mut SqliteConnection, query: &StatsQuery) -> sqlx::Result<Stats> {
    let mut reading = connection.begin().await?;
    let span = Span::of(query);
    let (active_sessions, active_users) = active(&mut reading, query).await?;
    let logins = logins::by_step(&mut reading, &span).await?;
    let happened = happenings::by_step(&mut reading, &span).await?;
    let series = series(&span, active_sessions, &logins, &happened);
    let stats = Stats {
        active_sessions,
        active_users,
        logins: logins.within(),
        endings: happened.endings.within(),
        failed_logins: happened.failures.within(),
        logins_by_country: logins::by_name(&mut reading, &span, "country").await?,
        logins_by_device_type: logins::by_device_type(&mut reading, &span).await?,
        logins_by_browser: logins::by_name(&mut reading, &span, "browser").await?,
        durations: durations::quantiles(&mut reading, &span, happened.lasted).await?,
        endings_by_reason: happened.by_reason.most_first(EndReason::from_name),
        failed_logins_by_kind: happened.by_kind.most_first(AuthEventKind::from_name),
        series,
    };
    reading.rollback().await?;
    Ok(stats)
}

/// Live sessions, and users who have one.
async fn active(connection: &mut SqliteConnection, query: &StatsQuery) -> sqlx::Result<(u64, u64)> {
    let mut select = live(query);
    let (sessions, users): (i64, i64) = select.0.build_query_as().fetch_one(connection).await?;
    Ok((sessions.unsigned_abs(), users.unsigned_abs()))
}

pub(super) fn live(query: &StatsQuery) -> Conditions {
    let index = if query.user.is_some() { "sessions_of_user" } else { "sessions_live" };
    let mut select = Conditions::of(&format!(
        "SELECT coalesce(sum(sessions), 0), count(*)
         FROM (SELECT count(*) AS sessions FROM sessions INDEXED BY {index}"
    ));
    select.about("sessions", &query.tenants, query.user.as_ref());
    select.requires(LIVE);
    select.0.push(" GROUP BY tenant, user_id)");
    select
}

/// The window in steps. Going back from now, whoever came since had not come yet, and whoever went was still there.
fn series(span: &Span<'_>, active: u64, logins: &Counts, happened: &Happenings) -> Vec<StatsPoint> {
    let Happenings { endings, failures, .. } = happened;
    let (mut were, mut came) = (active + endings.later, logins.later);
    let mut series: Vec<_> = span
        .starts()
        .zip(&logins.steps)
        .zip(&endings.steps)
        .zip(&failures.steps)
        .rev()
        .map(|(((start, &logins), &endings), &failed_logins)| {
            were += endings;
            came += logins;
            // Of a session that is not known to have been made, the end alone may be known, and the other way round.
            StatsPoint { start, active_sessions: were.saturating_sub(came), logins, endings, failed_logins }
        })
        .collect();
    series.reverse();
    series
}
