//! The check of a client's request, which a gateway asks for by either of its protocols.

use std::{net::IpAddr, sync::Arc, time::Duration};

use prost::Message;
use prost_types::Timestamp;

use crate::{
    authority::{Presenter, TokenValidator, ValidatedSession, ValidationRequest, VerdictSource},
    domain::{CallError, Caller, ClientContext, UnixMillis},
    gateway::{
        AccessDecision, AccessProfile, GatewayRequest, GatewaySettings, PresentedCredential, SessionIdentity,
        TokenCheck, decide, find_token,
    },
    transport::{
        gateway_decisions::{DecisionObserver, DecisionOutcome, GatewayProtocol},
        grpc::{RpcError, status},
    },
};

/// The delay after which a client retries, if the error advises none.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// Checks the requests of clients.
pub struct RequestChecker {
    validator: Arc<TokenValidator>,
    settings: GatewaySettings,
    observer: Arc<dyn DecisionObserver>,
}

/// The gateway that asks.
#[derive(Clone, Copy)]
pub(super) struct AskingGateway<'a> {
    pub(super) caller: &'a Caller,
    pub(super) request_id: &'a str,
    /// The address of the client.
    pub(super) client: Option<IpAddr>,
}

/// A request that was checked.
#[derive(Debug)]
pub(super) struct CheckedRequest {
    pub(super) decision: AccessDecision,
    /// The basis of the verdict about the token, and the time before which it includes every acknowledged change.
    pub(super) verdict: Option<(VerdictSource, UnixMillis)>,
    /// The reason why there is no verdict.
    pub(super) failure: Option<RpcError>,
}

impl CheckedRequest {
    /// Returns the result for a request about which no verdict was reached because of `failure`.
    pub(super) fn without_verdict(failure: impl Into<RpcError>) -> Self {
        let failure = failure.into();
        let retry_after = status::retry_delay(&failure).unwrap_or(RETRY_DELAY);
        Self { decision: AccessDecision::Unavailable { retry_after }, verdict: None, failure: Some(failure) }
    }
}

impl RequestChecker {
    #[must_use]
    pub const fn new(
        validator: Arc<TokenValidator>,
        settings: GatewaySettings,
        observer: Arc<dyn DecisionObserver>,
    ) -> Self {
        Self { validator, settings, observer }
    }

    /// Records the outcome of a request that a gateway asked about.
    pub(super) fn record(&self, protocol: GatewayProtocol, outcome: impl Into<DecisionOutcome>) {
        self.observer.request_decided(protocol, outcome.into());
    }

    pub(super) const fn settings(&self) -> &GatewaySettings {
        &self.settings
    }

    /// Decides about `request` under `profile`. A failure to reach a verdict is a decision, too.
    pub(super) async fn check(
        &self,
        request: &GatewayRequest<'_>,
        profile: &AccessProfile,
        gateway: AskingGateway<'_>,
    ) -> CheckedRequest {
        let (check, verdict) = match find_token(request, &self.settings.credentials) {
            PresentedCredential::Missing => (TokenCheck::Missing, None),
            PresentedCredential::Ambiguous => (TokenCheck::Ambiguous, None),
            PresentedCredential::Token(token) => {
                let client = client_context(request, gateway.client);
                let validation = ValidationRequest {
                    token,
                    strong: profile.strong,
                    touch: profile.touch,
                    max_auth_age: profile.max_auth_age,
                    min_assurance_level: profile.min_assurance_level,
                    tenants: &profile.tenants(&gateway.caller.tenants),
                    presenter: Presenter {
                        client: &client,
                        caller: &gateway.caller.name,
                        request_id: gateway.request_id,
                    },
                };
                match self.validator.validate(&validation).await {
                    Ok(verdict) => {
                        let basis = Some((verdict.source, verdict.as_of));
                        match verdict.outcome.map(|live| session_identity(&live)) {
                            Ok(Some(identity)) => (TokenCheck::Active(identity), basis),
                            Ok(None) => {
                                let failure = CallError::Internal("a cached session cannot be decoded".into());
                                return CheckedRequest::without_verdict(failure);
                            }
                            Err(rejection) => (TokenCheck::Rejected(rejection), basis),
                        }
                    }
                    Err(failure) => return CheckedRequest::without_verdict(failure),
                }
            }
        };
        CheckedRequest { decision: decide(check, profile, request), verdict, failure: None }
    }
}

/// Returns the client of a request, as far as its headers describe it.
fn client_context(request: &GatewayRequest<'_>, ip: Option<IpAddr>) -> ClientContext {
    let [user_agent, language, encoding] =
        [request.user_agent, request.accept_language, request.accept_encoding].map(String::from_utf8_lossy);
    // Only addresses and countries can be invalid, and none are given as text.
    let client = ClientContext::new("", &user_agent, &language, &encoding, "", "").unwrap_or_default();
    ClientContext { ip, ..client }
}

/// The fields of an [`api::Session`](crate::api::Session) that an identity needs, under the same numbers. The others
/// are skipped.
#[derive(Clone, PartialEq, Message)]
struct IdentityFields {
    #[prost(string, tag = "1")]
    session_id: String,
    #[prost(string, tag = "2")]
    tenant_id: String,
    #[prost(string, tag = "3")]
    user_id: String,
    #[prost(string, repeated, tag = "5")]
    roles: Vec<String>,
    #[prost(message, optional, tag = "10")]
    authenticated_at: Option<Timestamp>,
    #[prost(uint32, tag = "14")]
    assurance_level: u32,
}

/// Returns the identity of an active session, or `None` if its encoded form cannot be read.
fn session_identity(live: &ValidatedSession) -> Option<SessionIdentity> {
    let fields = IdentityFields::decode(&*live.session.encoded_session).ok()?;
    Some(SessionIdentity {
        session_id: fields.session_id,
        tenant_id: fields.tenant_id,
        user_id: fields.user_id,
        roles: fields.roles,
        assurance_level: fields.assurance_level,
        authenticated_at: live.session.authenticated_at,
    })
}

/// Returns the name of the basis of a verdict: that of the contract (`Source` without its prefix).
pub(super) const fn source_name(source: VerdictSource) -> &'static str {
    match source {
        VerdictSource::Token => "TOKEN",
        VerdictSource::Cache => "CACHE",
        VerdictSource::Store => "STORE",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        api,
        authority::LiveSession,
        domain::{Owner, Record, Session, SessionClock, SessionId, UserHandle},
        transport::grpc::encode_cached_session,
    };

    #[test]
    fn the_identity_is_that_of_the_encoded_session() {
        let session = Session {
            id: SessionId { handle: UserHandle([1; 12]), unique: [2; 8] },
            owner: Owner::new("acme", "ann").expect("an owner"),
            record: Record::sample(),
            clock: SessionClock {
                last_active: UnixMillis::new(1),
                idle_timeout: Duration::ZERO,
                idle_margin: Duration::ZERO,
                expires_at: UnixMillis::new(2),
                device: [0; 8],
            },
        };
        let expected = SessionIdentity {
            session_id: session.id.to_string(),
            tenant_id: "acme".to_owned(),
            user_id: "ann".to_owned(),
            roles: session.record.roles.clone(),
            assurance_level: session.record.assurance_level,
            authenticated_at: session.record.authenticated_at,
        };
        let clock = session.clock;
        let session = Arc::new(LiveSession::new(session, encode_cached_session));
        assert_eq!(session_identity(&ValidatedSession { session, clock, rotate_after: None }), Some(expected));
    }

    #[test]
    fn sources_have_the_names_of_the_contract() {
        for (source, wire) in [
            (VerdictSource::Token, api::Source::Token),
            (VerdictSource::Cache, api::Source::Cache),
            (VerdictSource::Store, api::Source::Store),
        ] {
            assert_eq!(wire.as_str_name(), format!("SOURCE_{}", source_name(source)));
        }
    }
}
