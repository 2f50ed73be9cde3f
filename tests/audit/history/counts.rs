//! Counts of the audit, compared with the model.

use std::time::Duration;

use session_authority::domain::{
    UnixMillis,
    search::{
        StatsQuery,
        stats::{MAX_LISTED_NAMES, SessionStats},
    },
};

use super::{
    HistoryFixture, alerts, failed_logins,
    model::{HistoryModel, tenant, user},
    sample_model,
    sample_sessions::{SampleSession, made_at},
};

pub fn everything() -> HistoryModel {
    HistoryModel { failed_logins: failed_logins(), alerts: alerts(), ..sample_model(0..120) }
}

fn query(first: u64, last: u64, step: Duration) -> StatsQuery {
    StatsQuery { tenants: None, user: None, start: made_at(first), end: made_at(last), step }
}

pub async fn counts_are_those_of_the_model(fixture: HistoryFixture, model: HistoryModel) {
    let queries = [
        ("all", query(0, 300, Duration::from_secs(5))),
        ("a part, in steps that do not fill it", query(30, 90, Duration::from_secs(7))),
        ("one step beyond the data", query(0, 3_000, Duration::from_hours(1))),
        (
            "steps of a millisecond",
            StatsQuery { end: made_at(60).plus(Duration::from_millis(400)), ..query(60, 60, Duration::from_millis(1)) },
        ),
        (
            "before all data",
            StatsQuery {
                start: made_at(0).minus(Duration::from_hours(1)),
                end: made_at(0),
                ..query(0, 0, Duration::from_mins(10))
            },
        ),
    ];
    for (what, query) in queries {
        let narrowed = [
            query.clone(),
            StatsQuery { tenants: Some(vec![tenant("acme")]), ..query.clone() },
            StatsQuery { tenants: Some(vec![tenant("acme"), tenant("globex")]), ..query.clone() },
            StatsQuery { tenants: Some(Vec::new()), ..query.clone() },
            StatsQuery { user: Some(user("user-3")), ..query.clone() },
            StatsQuery { tenants: Some(vec![tenant("globex")]), user: Some(user("user-3")), ..query },
        ];
        for query in narrowed {
            let found = fixture.history.stats(&query).await.expect("stats");
            assert_eq!(found, model.stats(&query), "{what}: {query:?}");
        }
    }
}

pub async fn nothing_is_counted_where_nothing_is(fixture: HistoryFixture, _: HistoryModel) {
    let query = StatsQuery { user: Some(user("nobody")), ..query(0, 30, Duration::from_secs(4)) };
    let found = fixture.history.stats(&query).await.expect("stats");
    assert_eq!(found.series.len(), 3, "the series has all its points");
    assert!(found.series.iter().all(|point| point.logins + point.endings + point.active_sessions == 0));
    assert_eq!(SessionStats { series: Vec::new(), ..found }, SessionStats::default());
}

pub async fn more_names_than_are_listed_are_cut_by_count_and_then_by_name(fixture: HistoryFixture, _: HistoryModel) {
    let browser = |number: u64| {
        let mut life = SampleSession::new(1_000 + number);
        life.events.truncate(1);
        let session = &mut life.session;
        session.record.device.browser = format!("Browser {:02}", number % 60);
        let event = &mut life.events[0];
        event.subject = session_authority::domain::EventSubject::Session(Box::new(session.clone()));
        life
    };
    // The last ten browsers have one more session each.
    let lives: Vec<_> = (0..60).chain(110..120).map(browser).collect();
    fixture.append(lives.iter().flat_map(|life| &life.events)).await;

    let query = StatsQuery { end: UnixMillis::MAX, ..query(1_000, 0, Duration::from_hours(1_000_000)) };
    let found = fixture.history.stats(&query).await.expect("stats").logins_by_browser;

    let names: Vec<_> = found.iter().map(|(name, count)| (name.as_str(), *count)).collect();
    let expected: Vec<_> = (50..60).map(|n| (n, 2)).chain((0..40).map(|n| (n, 1))).collect();
    let expected: Vec<_> = expected.into_iter().map(|(n, count)| (format!("Browser {n:02}"), count)).collect();
    assert_eq!(names, expected.iter().map(|(name, count)| (name.as_str(), *count)).collect::<Vec<_>>());
    assert_eq!(names.len(), MAX_LISTED_NAMES);
}
