//! `session-authority keys list`.

use clap::Args;

use crate::{
    api::{self, credential::Id},
    callers::{CallerEntry, CallerFile},
    clock::{Clock, SystemClock},
    config::KeysCommandConfig,
    domain::UnixMillis,
};

use super::{
    super::{
        client::{ConnectionOptions, status_error, to_unix_millis},
        command_error::{CommandError, ExitStatus},
        json::{self, MessageJson},
        runtime,
        serve::{ConfigFile, config_error},
        terminal::{self, RenderContext, TerminalStyle, TextTable, format_time_since, format_time_until},
    },
    caller_file_error, format_tenant_scope,
};

/// List the credentials of callers
///
/// By default the credentials of the callers file are listed. With --from-server, they are those that a server knows,
/// with the time at which each was last used on any node; this requires an administrator of all tenants.
#[derive(Args)]
pub struct KeysListCommand {
    #[command(flatten)]
    file: ConfigFile,

    /// Ask a server instead of reading the callers file, and show when each credential was last used
    #[arg(long, conflicts_with = "path")]
    from_server: bool,

    /// Print the credentials as one JSON document
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    connection: ConnectionOptions,
}

impl KeysListCommand {
    pub fn run(self) -> Result<ExitStatus, CommandError> {
        let text = if self.from_server { self.list_from_server()? } else { self.list_from_file()? };
        terminal::print(&text).map_err(CommandError::failed)?;
        Ok(ExitStatus::Success)
    }

    fn list_from_file(&self) -> Result<String, CommandError> {
        let keys = KeysCommandConfig::load(&self.file.sources()).map_err(|error| config_error(&error))?;
        let entries = CallerFile::new(&keys.file).read().map_err(|error| caller_file_error(&error))?;
        let view = view();
        if self.json {
            let keys: Vec<_> = entries.iter().map(|entry| json::CredentialJson::new(entry, view.now)).collect();
            return json::to_document(&keys).map_err(CommandError::failed);
        }
        Ok(render_entries(&entries, view))
    }

    fn list_from_server(&self) -> Result<String, CommandError> {
        let listed = runtime::block_on_current_thread(self.request_list())??;
        if self.json {
            return json::to_document(&MessageJson(&listed)).map_err(CommandError::failed);
        }
        if listed.is_truncated {
            terminal::print_to_stderr("the server has more credentials than it returned\n");
        }
        Ok(render_credentials(&listed.credentials, view()))
    }

    async fn request_list(&self) -> Result<api::ListCredentialsResponse, CommandError> {
        let server = self.connection.connect().await?;
        let listed = server.admin().list_credentials(api::ListCredentialsRequest {}).await;
        listed.map(tonic::Response::into_inner).map_err(|status| status_error(&status, &server.target))
    }
}

fn view() -> RenderContext {
    RenderContext { now: SystemClock.now(), style: TerminalStyle::for_stdout() }
}

fn render_entries(entries: &[CallerEntry], view: RenderContext) -> String {
    let mut table = TextTable::new(&["NAME", "ROLE", "TENANTS", "KEY ID OR SPIFFE ID", "CREATED", "STATE"]);
    for entry in entries {
        table.add_row([
            entry.name.clone(),
            entry.role.name().to_owned(),
            format_tenant_scope(&entry.tenants),
            entry.credential.id().to_string(),
            format_time_since(entry.created_at, view.now),
            format_state(entry.revoked_at, entry.expires_at, view),
        ]);
    }
    table.render(view.style)
}

fn render_credentials(credentials: &[api::Credential], view: RenderContext) -> String {
    let mut table =
        TextTable::new(&["NAME", "ROLE", "TENANTS", "KEY ID OR SPIFFE ID", "CREATED", "LAST USED", "STATE"]);
    for credential in credentials {
        let [created_at, expires_at, revoked_at, last_used_at] =
            [credential.created_at, credential.expires_at, credential.revoked_at, credential.last_used_at]
                .map(|time| time.and_then(to_unix_millis));
        let id = match &credential.id {
            Some(Id::KeyId(id) | Id::SpiffeId(id)) => id.clone(),
            None => String::new(),
        };
        let tenants =
            if credential.tenants.is_empty() { "every tenant".to_owned() } else { credential.tenants.join(", ") };
        table.add_row([
            credential.caller.clone(),
            credential.role.clone(),
            tenants,
            id,
            format_time_since(created_at.unwrap_or_default(), view.now),
            last_used_at.map_or_else(|| "never".to_owned(), |at| format_hour(at, view.now)),
            format_state(revoked_at, expires_at, view),
        ]);
    }
    table.render(view.style)
}

/// Formats a time that is known to the hour.
fn format_hour(at: UnixMillis, now: UnixMillis) -> String {
    if now.since(at).as_secs() < 3600 { "within an hour".to_owned() } else { format_time_since(at, now) }
}

fn format_state(revoked_at: Option<UnixMillis>, expires_at: Option<UnixMillis>, view: RenderContext) -> String {
    match (revoked_at, expires_at) {
        (Some(at), _) => format!("revoked {}", format_time_since(at, view.now)),
        (None, Some(at)) if at <= view.now => format!("expired {}", format_time_since(at, view.now)),
        (None, Some(at)) => format!("expires {}", format_time_until(at, view.now)),
        (None, None) => "active".to_owned(),
    }
}
