//! `ListCredentials`.

use tonic::Request;

use crate::{
    api::{self, credential::Id},
    authority::{CredentialList, CredentialName, ListedCredential, permissions::permit_all_tenants},
    domain::{CallError, TenantScope},
    transport::grpc::{call::CallContext, response::timestamp},
};

/// Maximum number of credentials in a response, which then has less than 4 MiB.
const MAX_CREDENTIALS: usize = 10_000;

pub(super) async fn handle(
    list: &CredentialList,
    request: Request<api::ListCredentialsRequest>,
) -> Result<api::ListCredentialsResponse, CallError> {
    permit_all_tenants(&CallContext::from_request(&request)?.caller)?;
    let mut credentials = list.list().await?;
    let is_truncated = credentials.len() > MAX_CREDENTIALS;
    credentials.truncate(MAX_CREDENTIALS);
    Ok(api::ListCredentialsResponse { credentials: credentials.into_iter().map(credential).collect(), is_truncated })
}

fn credential(listed: ListedCredential) -> api::Credential {
    let ListedCredential { caller, credential, created_at, expires_at, revoked_at, last_used_at } = listed;
    api::Credential {
        caller: caller.name,
        role: caller.role.map(|role| role.name().to_owned()).unwrap_or_default(),
        tenants: match caller.tenants {
            TenantScope::All => Vec::new(),
            TenantScope::Only(tenants) => tenants,
        },
        id: Some(match credential {
            CredentialName::Key(id) => Id::KeyId(id),
            CredentialName::SpiffeId(id) => Id::SpiffeId(id),
        }),
        created_at: Some(timestamp(created_at)),
        expires_at: expires_at.map(timestamp),
        revoked_at: revoked_at.map(timestamp),
        last_used_at: last_used_at.map(timestamp),
    }
}
