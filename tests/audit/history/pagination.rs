//! Pages of one entry, while sessions and events are added in between: every entry from the beginning is returned once.

use session_authority::domain::search::{AuditEvent, AuditedSession, EventSearch, SessionSearch};

use super::{HistoryFixture, model::HistoryModel, sample_model, sample_sessions::SampleSession};

/// Returns the sessions that exist from the beginning. The later ones are partly older, partly newer, and partly of the
/// same time as an existing one.
pub fn everything() -> HistoryModel {
    let mut model = sample_model(0..60);
    model.sessions.retain(is_present_from_start);
    model
}

fn is_present_from_start(life: &SampleSession) -> bool {
    life.session.id.unique[7].is_multiple_of(2)
}

/// Returns the sessions that are added between pages: every other one of the same range, and some after it.
fn late_sessions() -> impl Iterator<Item = SampleSession> {
    (0..90).map(SampleSession::new).filter(|life| !is_present_from_start(life))
}

pub async fn a_walk_over_sessions_returns_each_once_while_others_come(fixture: HistoryFixture, model: HistoryModel) {
    let search = SessionSearch::default();
    let page = async |after| fixture.session_page(&search, 1, after).await;
    let walked = walk_pages(&fixture, page, AuditedSession::position).await;
    let ids: Vec<_> = walked.iter().map(|entry| entry.id).collect();
    for expected in model.sessions(&search) {
        assert_eq!(ids.iter().filter(|id| **id == expected.id).count(), 1, "{expected:?}");
    }
    let in_order = walked.is_sorted_by_key(|entry| std::cmp::Reverse((entry.created_at, entry.id.to_string())));
    assert!(in_order && walked.len() > model.sessions.len(), "some of the added ones are included");
}

pub async fn a_walk_over_events_returns_each_once_while_others_come(fixture: HistoryFixture, model: HistoryModel) {
    let search = EventSearch::default();
    let page = async |after| fixture.event_page(&search, 1, after).await;
    let walked = walk_pages(&fixture, page, AuditEvent::position).await;
    for expected in model.events(&search) {
        assert_eq!(walked.iter().filter(|event| **event == expected).count(), 1, "{expected:?}");
    }
    assert!(walked.is_sorted_by_key(|event| std::cmp::Reverse((event.at, event.id))));
    assert!(walked.len() > model.events(&search).len(), "some of the added ones are included");
}

/// Returns all pages of one entry, with the late sessions added in between.
async fn walk_pages<T, P>(
    fixture: &HistoryFixture,
    page: impl AsyncFn(Option<P>) -> Vec<T>,
    position: impl Fn(&T) -> P,
) -> Vec<T> {
    let mut late = late_sessions();
    let mut walked = Vec::new();
    loop {
        let found = page(walked.last().map(&position)).await;
        assert!(found.len() <= 1);
        if found.is_empty() {
            return walked;
        }
        walked.extend(found);
        if let Some(life) = late.next() {
            fixture.append(&life.events).await;
        }
    }
}
