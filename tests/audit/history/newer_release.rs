//! Rows that a later release wrote to the same PostgreSQL, with kinds and reasons that this release does not know.

use session_authority::domain::search::{EventSearch, SessionSearch};
use sqlx::Executor;

use super::{HistoryFixture, sample_model, searches::assert_same};
use crate::audit::fixture::connect_audit;

/// Changes the kind of some events of user-1, and the reason of their ends, to unknown values.
const LATER: &str = "
    ALTER TABLE session_events DROP CONSTRAINT IF EXISTS session_events_kind_check;
    UPDATE session_events SET kind = 'teleported' WHERE user_id = 'user-1' AND kind = 'created';
    UPDATE session_events SET end_reason = 'bored' WHERE user_id = 'user-1' AND kind = 'ended';
    UPDATE sessions SET end_reason = 'bored' WHERE user_id = 'user-1' AND ended_at IS NOT NULL;
";

#[tokio::test]
async fn what_cannot_be_read_is_left_out_and_pages_stay_full() {
    let model = sample_model(0..40);
    let fixture = HistoryFixture::postgres(&model).await;
    connect_audit(&fixture.url).await.execute(sqlx::raw_sql(LATER)).await.expect("a later release");

    let mut events = model.events(&EventSearch::default());
    let all = events.len();
    let is_user_1 = |user: &str| user == "user-1";
    events.retain(|event| {
        let is_known = matches!(event.kind.name(), "updated" | "revoked_all");
        is_known || !event.user.as_ref().is_some_and(|user| is_user_1(user.as_str()))
    });
    assert!(events.len() < all);
    for size in [1, 3, 100] {
        let size = std::num::NonZeroU32::new(size).expect("not zero");
        assert_same(&fixture.all_event_pages(&EventSearch::default(), size).await, &events, "events");
    }

    let mut sessions = model.sessions(&SessionSearch::default());
    let all = sessions.len();
    sessions.retain(|entry| entry.end.is_none() || !is_user_1(entry.owner.user.as_str()));
    assert!(sessions.len() < all);
    let size = std::num::NonZeroU32::new(3).expect("not zero");
    assert_same(&fixture.all_session_pages(&SessionSearch::default(), size).await, &sessions, "sessions");
}
