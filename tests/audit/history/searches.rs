//! Searches return the results of the model, in its order.

use std::{fmt::Debug, num::NonZeroU32};

use session_authority::domain::search::{EventSearch, SessionSearch, TimeRange};

use super::{
    HistoryFixture,
    criteria::{EVENTS, SESSIONS, alone_and_in_pairs, build_search, names},
    model::{HistoryModel, tenant},
    sample_model,
    sample_sessions::made_at,
};

pub fn everything() -> HistoryModel {
    sample_model(0..120)
}

pub async fn every_criterion_of_sessions_holds_alone_and_with_every_other(
    fixture: HistoryFixture,
    model: HistoryModel,
) {
    let mut found = 0;
    for criteria in alone_and_in_pairs(SESSIONS) {
        let search = build_search(&criteria);
        let expected = model.sessions(&search);
        assert_same(&fixture.sessions(&search).await, &expected, &names(&criteria));
        let count = fixture.history.count_sessions(&search).await.expect("a count");
        assert_eq!(count, expected.len() as u64, "sessions {}", names(&criteria));
        found += usize::from(!expected.is_empty());
    }
    assert!(found > 150, "only {found} searches find anything");
}

pub async fn every_criterion_of_events_holds_alone_and_with_every_other(fixture: HistoryFixture, model: HistoryModel) {
    let mut found = 0;
    for criteria in alone_and_in_pairs(EVENTS) {
        let search = build_search(&criteria);
        let expected = model.events(&search);
        assert_same(&fixture.events(&search).await, &expected, &names(&criteria));
        found += usize::from(!expected.is_empty());
    }
    assert!(found > 75, "only {found} searches find anything");
}

pub async fn who_may_see_every_tenant_sees_what_concerns_all_of_them(fixture: HistoryFixture, model: HistoryModel) {
    let every = EventSearch::default();
    let found = fixture.events(&every).await;
    assert_eq!(found.iter().filter(|event| event.tenant.is_none()).count(), 1, "one revocation of everyone");
    assert_same(&found, &model.events(&every), "every tenant");

    let each = ["acme", "globex", "initech"].map(tenant).to_vec();
    let found = fixture.events(&EventSearch { tenants: Some(each), ..EventSearch::default() }).await;
    assert_eq!(found.len() + 1, model.events(&every).len(), "all but the revocation of everyone");

    let acme = fixture.events(&EventSearch { tenants: Some(vec![tenant("acme")]), ..EventSearch::default() }).await;
    assert!(!acme.is_empty() && acme.iter().all(|event| event.tenant == Some(tenant("acme"))));
}

pub async fn a_window_has_its_start_and_not_its_end(fixture: HistoryFixture, _: HistoryModel) {
    let at = made_at(60);
    let one = |start, end| TimeRange { start: Some(start), end: Some(end) };
    let next = at.plus(std::time::Duration::from_millis(1));
    for (window, expected) in [(one(at, next), 3), (one(next, made_at(63)), 0), (one(made_at(57), at), 3)] {
        let mut search = SessionSearch::default();
        search.filter.created = window;
        assert_eq!(fixture.sessions(&search).await.len(), expected, "{window:?}");
    }
    let events = |window| EventSearch { occurred: window, ..EventSearch::default() };
    let found = fixture.events(&events(one(at, next))).await;
    assert!(found.len() >= 3 && found.iter().all(|event| event.at == at));
    assert!(fixture.events(&events(one(made_at(57), at))).await.iter().all(|event| event.at < at));
}

pub async fn a_page_holds_so_many_and_the_last_one_fewer(fixture: HistoryFixture, model: HistoryModel) {
    for size in [1, 7, 40].map(|size| NonZeroU32::new(size).expect("not zero")) {
        let sessions = SessionSearch::default();
        assert_same(&fixture.all_session_pages(&sessions, size).await, &model.sessions(&sessions), "in pages");
        let events = EventSearch::default();
        assert_same(&fixture.all_event_pages(&events, size).await, &model.events(&events), "in pages");
    }
    assert!(fixture.session_page(&SessionSearch::default(), 0, None).await.is_empty());
}

pub fn assert_same<T: PartialEq + Debug>(actual: &[T], expected: &[T], what: &str) {
    let differs = actual.iter().zip(expected).position(|(actual, expected)| actual != expected);
    if let Some(index) = differs {
        panic!("{what}: number {index} is {:?}, but expected {:?}", actual[index], expected[index]);
    }
    assert_eq!(actual.len(), expected.len(), "number of results: {what}");
}
