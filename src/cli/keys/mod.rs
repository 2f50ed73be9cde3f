//! `session-authority keys`: the secrets of an installation, and the credentials of its callers.

mod create;
mod init;
mod list;
mod revoke;
mod rotate;

use clap::Subcommand;

use crate::{callers::CallerFileError, domain::TenantScope};

use super::command_error::{CommandError, ExitStatus};

/// Manage installation secrets, and the API keys and SPIFFE IDs of callers
#[derive(Subcommand)]
pub enum KeysCommand {
    Init(init::KeysInitCommand),
    Create(create::KeysCreateCommand),
    List(list::KeysListCommand),
    Rotate(rotate::KeysRotateCommand),
    Revoke(revoke::KeysRevokeCommand),
}

impl KeysCommand {
    pub fn run(self) -> Result<ExitStatus, CommandError> {
        match self {
            Self::Init(command) => command.run(),
            Self::Create(command) => command.run(),
            Self::List(command) => command.run(),
            Self::Rotate(command) => command.run(),
            Self::Revoke(command) => command.run(),
        }
    }
}

/// Converts an error of the caller file: a refused change is a usage error, an unusable file is a failure.
fn caller_file_error(error: &CallerFileError) -> CommandError {
    match error {
        CallerFileError::Refused(reason) => CommandError::usage(reason),
        CallerFileError::Io { .. } | CallerFileError::Invalid { .. } | CallerFileError::Entropy(_) => {
            CommandError::failed(error)
        }
    }
}

/// Returns "every tenant", or the names of the tenants.
fn format_tenant_scope(scope: &TenantScope) -> String {
    match scope {
        TenantScope::All => "every tenant".to_owned(),
        TenantScope::Only(tenants) => tenants.join(", "),
    }
}
