//! The alert stream below gRPC, from findings to subscriptions, on both engines.
//!
//! Alerts are raised as in production: as findings of logins.

pub mod fixture;

mod archive;
mod archive_fixture;
mod forgetting;
mod forwarding;
mod many_subscribers;
mod redis_outages;
mod resuming;

/// Makes each case a separate test on each engine.
macro_rules! on_every_stream_engine {
    ($($case:ident),+ $(,)?) => {
        crate::engines::on_each_store! { crate::alerts::stream_engine_cases! { : $($case)+ } }
    };
}

/// Runs the cases on one engine.
macro_rules! stream_engine_cases {
    ($engine:ident: $($case:ident)+) => {
        mod $engine {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                super::$case(crate::alerts::fixture::AlertFixture::$engine().await).await;
            })+
        }
    };
}

use on_every_stream_engine;
use stream_engine_cases;
