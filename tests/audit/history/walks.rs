//! Pages of one, while sessions and events are added between them: what was there from the beginning is returned once.

use session_authority::domain::search::{AuditEvent, EventSearch, SessionEntry, SessionSearch};

use super::{Fixture, lives::Life, model::Model, world};

/// Later ones come with the walk: some older, some newer, and some of the same time as one that is there.
pub fn everything() -> Model {
    let mut model = world(0..60);
    model.lives.retain(is_early);
    model
}

fn is_early(life: &Life) -> bool {
    life.session.id.unique[7].is_multiple_of(2)
}

/// Those that are added during the walk: every other one of the same stretch, and some after it.
fn late() -> impl Iterator<Item = Life> {
    (0..90).map(Life::numbered).filter(|life| !is_early(life))
}

pub async fn a_walk_over_sessions_returns_each_once_while_others_come(fixture: Fixture, model: Model) {
    let search = SessionSearch::default();
    let mut late = late();
    let mut walked: Vec<SessionEntry> = Vec::new();
    loop {
        let after = walked.last().map(SessionEntry::position);
        let page = fixture.session_page(&search, 1, after).await;
        assert!(page.len() <= 1);
        if page.is_empty() {
            break;
        }
        walked.extend(page);
        if let Some(life) = late.next() {
            fixture.append(&life.events).await;
        }
    }
    let ids: Vec<_> = walked.iter().map(|entry| entry.id).collect();
    for expected in model.sessions(&search) {
        assert_eq!(ids.iter().filter(|id| **id == expected.id).count(), 1, "{expected:?}");
    }
    let in_order = walked.is_sorted_by_key(|entry| std::cmp::Reverse((entry.created_at, entry.id.to_string())));
    assert!(in_order && walked.len() > model.lives.len(), "some of the others were come across");
}

pub async fn a_walk_over_events_returns_each_once_while_others_come(fixture: Fixture, model: Model) {
    let search = EventSearch::default();
    let mut late = late();
    let mut walked: Vec<AuditEvent> = Vec::new();
    loop {
        let after = walked.last().map(AuditEvent::position);
        let page = fixture.event_page(&search, 1, after).await;
        assert!(page.len() <= 1);
        if page.is_empty() {
            break;
        }
        walked.extend(page);
        if let Some(life) = late.next() {
            fixture.append(&life.events).await;
        }
    }
    for expected in model.events(&search) {
        assert_eq!(walked.iter().filter(|event| **event == expected).count(), 1, "{expected:?}");
    }
    assert!(walked.is_sorted_by_key(|event| std::cmp::Reverse((event.at, event.id))));
    assert!(walked.len() > model.events(&search).len(), "some of the others were come across");
}
