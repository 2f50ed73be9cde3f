//! The cause of a change, for the audit.

use clap::Args;

/// The cause of a change.
#[derive(Args)]
pub(super) struct CauseArguments {
    /// Reason, for the audit log
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(super) reason: String,

    /// Actor, for the audit log
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(super) actor: String,
}
