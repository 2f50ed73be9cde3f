//! `session-authority keys`: the secrets of an installation, and the API keys of its callers.

mod create;
mod init;
mod list;
mod revoke;

use clap::Subcommand;

use crate::{callers::CallerFileError, domain::TenantScope};

use super::failure::{Exit, Failure};

/// Make the keys of an installation and of its callers
#[derive(Subcommand)]
pub enum Keys {
    Init(init::Init),
    Create(create::Create),
    List(list::List),
    Revoke(revoke::Revoke),
}

impl Keys {
    pub fn run(self) -> Result<Exit, Failure> {
        match self {
            Self::Init(command) => command.run(),
            Self::Create(command) => command.run(),
            Self::List(command) => command.run(),
            Self::Revoke(command) => command.run(),
        }
    }
}

/// What was asked for and cannot be is a wrong usage; a file that cannot be used is a failure.
fn not_changed(error: &CallerFileError) -> Failure {
    match error {
        CallerFileError::Refused(reason) => Failure::usage(reason),
        CallerFileError::Io { .. } | CallerFileError::Invalid { .. } | CallerFileError::Entropy(_) => {
            Failure::failed(error)
        }
    }
}

/// "every tenant", or their names.
fn tenants(scope: &TenantScope) -> String {
    match scope {
        TenantScope::All => "every tenant".to_owned(),
        TenantScope::Only(tenants) => tenants.join(", "),
    }
}
