//! The service as its callers see it: a whole node in this process, called over gRPC and HTTP.
//!
//! The cases about sessions run on both engines; a case for only one of them names it.

pub mod admin;
mod admission;
pub mod alerts;
mod binding;
mod browsers;
pub mod callers;
mod clocks;
mod cluster;
mod denylist;
mod detection;
mod embedded_clock;
mod errors;
mod ext_authz;
mod failures;
pub mod fixture;
mod forward_auth;
mod geo_databases;
mod get_touch;
mod grpc_web;
mod lifetimes;
pub mod management;
mod mass_revocation;
mod mutual_tls;
mod notifications;
mod pages;
mod readiness;
mod rest;
mod restored_backups;
mod revocation;
mod rotation;
mod round_trips;
mod secrets;
mod sessions;
mod step_up;
mod store_settings;
mod store_tls;
mod tokens;
pub mod transport;
mod validate_stream;
mod webhooks;

/// Makes each case a separate test on each engine.
macro_rules! on_every_engine {
    ($($case:ident),+ $(,)?) => {
        crate::engines::on_each_single_store! { crate::service::engine_cases! { : $($case)+ } }
    };
}

/// Runs the cases on one engine.
macro_rules! engine_cases {
    ($engine:ident $start:ident: $($case:ident)+) => {
        mod $engine {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                super::$case(crate::service::fixture::TestService::$start().await).await;
            })+
        }
    };
}

use engine_cases;
use on_every_engine;
