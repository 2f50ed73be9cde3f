//! Events and alerts in the Open Cybersecurity Schema Framework, version 1.8.0.

mod auth_factors;
mod authentication;
mod detection_finding;
mod endpoint;
#[cfg(test)]
mod tests;
mod value;

pub use authentication::authentication;
pub use detection_finding::detection_finding;
