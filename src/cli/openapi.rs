//! `session-authority openapi`.

use clap::Args;

use crate::transport::http::openapi_document;

use super::{
    command_error::{CommandError, ExitStatus},
    terminal,
};

/// Print the OpenAPI document of the HTTP API (docs/openapi.json)
#[derive(Args)]
pub struct OpenapiCommand;

impl OpenapiCommand {
    #[expect(clippy::unused_self, reason = "all commands have the same signature")]
    pub fn run(self) -> Result<ExitStatus, CommandError> {
        terminal::print(&openapi_document()).map_err(CommandError::failed)?;
        Ok(ExitStatus::Success)
    }
}
