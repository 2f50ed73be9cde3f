//! Real gateways before a real application, on the files of `deploy/`.
//!
//! `make test-gateways` downloads the gateways and runs these tests; `make test` leaves them out.

mod application;
mod attacks;
pub mod client;
mod deployed;
mod envoy;
mod forward_auth;
mod http2_frames;
mod recipes;
mod responses;
mod stack;
