//! `session-authority update`.

use clap::{ArgGroup, Args};
use prost_types::{FieldMask, Struct, Timestamp};
use tonic::{Response, Status};

use crate::{
    api,
    cli::{
        command_error::CommandError,
        option_values,
        terminal::{FieldList, RenderContext},
    },
};

use super::{ServerConnection, UnaryCommand, session_format::add_session_fields};

/// Update session fields; each option replaces the whole field
#[derive(Args)]
#[command(group = ArgGroup::new("change").required(true).multiple(true))]
pub struct UpdateCommand {
    /// Session to update
    session_id: String,

    /// E-mail address; "" removes it
    #[arg(long, group = "change")]
    email: Option<String>,

    /// Role, replacing all current ones; may be repeated
    #[arg(long = "role", value_name = "ROLE", group = "change")]
    roles: Vec<String>,

    /// Remove all roles
    #[arg(long, group = "change", conflicts_with = "roles")]
    clear_roles: bool,

    /// Session data, a JSON object; {} removes it
    #[arg(long, value_name = "JSON", value_parser = option_values::parse_json_object_arg, group = "change")]
    data: Option<Struct>,

    /// Authentication method, such as pwd or otp (RFC 8176); may be repeated
    #[arg(long = "auth-method", value_name = "METHOD", group = "change")]
    auth_methods: Vec<String>,

    /// Assurance level of the authentication, 0 to 100
    #[arg(long, value_name = "LEVEL", group = "change")]
    assurance_level: Option<u32>,

    /// When the user last authenticated (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = option_values::parse_timestamp_arg, group = "change")]
    authenticated_at: Option<Timestamp>,

    /// Update only if the session has this revision
    #[arg(long, value_name = "REVISION", default_value_t, hide_default_value = true)]
    if_revision: u64,

    /// Also replace the token and print the new one (shown only once); the old one is no longer accepted
    #[arg(long)]
    rotate: bool,
}

impl UpdateCommand {
    /// Returns the fields given by options, by their names in the contract.
    fn mask(&self) -> FieldMask {
        let given = [
            ("email", self.email.is_some()),
            ("roles", self.clear_roles || !self.roles.is_empty()),
            ("data", self.data.is_some()),
            ("auth_methods", !self.auth_methods.is_empty()),
            ("assurance_level", self.assurance_level.is_some()),
            ("authenticated_at", self.authenticated_at.is_some()),
        ];
        let paths = given.into_iter().filter(|(_, given)| *given).map(|(path, _)| path.to_owned());
        FieldMask { paths: paths.collect() }
    }
}

impl UnaryCommand for UpdateCommand {
    type Request = api::UpdateRequest;
    type Answer = api::UpdateResponse;

    fn request(&self) -> Result<Self::Request, CommandError> {
        let session = api::Session {
            email: self.email.clone().unwrap_or_default(),
            roles: self.roles.clone(),
            data: self.data.clone(),
            auth_methods: self.auth_methods.clone(),
            assurance_level: self.assurance_level.unwrap_or_default(),
            authenticated_at: self.authenticated_at,
            ..api::Session::default()
        };
        Ok(api::UpdateRequest {
            session_id: self.session_id.clone(),
            session: Some(session),
            update_mask: Some(self.mask()),
            if_revision: self.if_revision,
            rotate: self.rotate,
        })
    }

    async fn send(server: &ServerConnection, request: Self::Request) -> Result<Response<Self::Answer>, Status> {
        server.sessions().update(request).await
    }

    fn text(&self, answer: &Self::Answer, view: RenderContext) -> String {
        let mut facts = FieldList::default();
        facts.add("token", &answer.token);
        if let Some(session) = &answer.session {
            add_session_fields(&mut facts, session, view);
        }
        facts.render(view.style)
    }

    fn undelivered_advice(answer: &Self::Answer) -> Option<String> {
        (!answer.token.is_empty()).then(|| {
            "the token was replaced but the new one could not be printed; run the command again to get another"
                .to_owned()
        })
    }
}
