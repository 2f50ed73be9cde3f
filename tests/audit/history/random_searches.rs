//! Random combinations of criteria, in pages of any size.
//!
//! `PROPTEST_CASES` sets the number of searches.

use std::num::NonZeroU32;

use proptest::{
    prelude::{Strategy, any},
    sample::subsequence,
    test_runner::{Config, TestCaseError, TestError, TestRunner},
};

use super::{
    HistoryFixture,
    criteria::{EVENTS, SESSIONS, build_search, names},
    model::HistoryModel,
    sample_model,
};

const CASES: u32 = 96;

#[test]
fn postgres_finds_what_the_model_finds() {
    compare(async |model| HistoryFixture::postgres(model).await);
}

#[test]
fn sqlite_finds_what_the_model_finds() {
    compare(async |model| HistoryFixture::sqlite(model).await);
}

fn compare(fresh: impl AsyncFnOnce(&HistoryModel) -> HistoryFixture) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let model = sample_model(0..300);
    let fixture = runtime.block_on(fresh(&model));
    let mut config = Config { failure_persistence: None, ..Config::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = CASES;
    }
    let sessions = subsequence(SESSIONS, 0..5);
    let events = subsequence(EVENTS, 0..5);
    let size = any::<u8>().prop_map(|size| NonZeroU32::new(u32::from(size / 4) + 1).expect("not zero"));
    let outcome = TestRunner::new(config).run(&(sessions, events, size), |(sessions, events, size)| {
        let sessions: Vec<_> = sessions.iter().collect();
        let (found, count) = runtime.block_on(async {
            let search = build_search(&sessions);
            let count = fixture.history.count_sessions(&search).await.expect("a count");
            (fixture.all_session_pages(&search, size).await, count)
        });
        let expected = model.sessions(&build_search(&sessions));
        expect_same(found == expected && count == expected.len() as u64, &names(&sessions), size)?;

        let events: Vec<_> = events.iter().collect();
        let found = runtime.block_on(fixture.all_event_pages(&build_search(&events), size));
        expect_same(found == model.events(&build_search(&events)), &names(&events), size)
    });
    if let Err(TestError::Fail(reason, _) | TestError::Abort(reason)) = outcome {
        panic!("{reason}");
    }
}

fn expect_same(is_same: bool, criteria: &str, size: NonZeroU32) -> Result<(), TestCaseError> {
    let differs = || TestCaseError::fail(format!("in pages of {size}: {criteria}"));
    if is_same { Ok(()) } else { Err(differs()) }
}
