//! The stored messages, as generated from `proto/session/record/v1`.
#![allow(
    clippy::all,
    clippy::pedantic,
    clippy::allow_attributes_without_reason,
    missing_docs,
    reason = "generated code"
)]

tonic::include_proto!("session.record.v1");
