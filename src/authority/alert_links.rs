//! The links of notifications, by which users answer alerts.

use std::{sync::Arc, time::Duration};

use super::{AcknowledgementRequest, AcknowledgementResult, AlertAcknowledger};
use crate::{
    clock::Clock,
    domain::{
        Alert, CallError, Cause, InstallationSecret, Owner, TenantScope, UnixMillis,
        alert::{AlertLink, AlertLinkError, AlertLinkKey, AlertVerdict},
    },
    notifications::AnswerLinks,
};

/// The validity of a link.
pub const LINK_VALIDITY: Duration = Duration::from_hours(24);

/// The part of an address that the token replaces.
const TOKEN_PLACEHOLDER: &str = "{token}";

/// Issues the links of an installation.
#[derive(Clone)]
pub struct AlertLinkIssuer {
    pub installation: InstallationSecret,
    pub key: AlertLinkKey,
    /// The address of a link, with `{token}` where the token goes. Empty: no links are issued.
    pub url: String,
}

impl AlertLinkIssuer {
    /// Returns the links by which the user of the alert answers it. `None` if there is nothing to answer.
    pub(super) fn issue(&self, alert: &Alert, now: UnixMillis) -> Option<AnswerLinks> {
        if self.url.is_empty() || alert.acknowledgement.is_some() {
            return None;
        }
        let owner = Owner { tenant: alert.tenant.clone(), user: alert.user.clone()? };
        let (user, expires_at) = (self.installation.user_handle(&owner), now.plus(LINK_VALIDITY));
        let url = |verdict| {
            let token = self.key.sign(&AlertLink { alert: alert.id, verdict, user, expires_at });
            self.url.replace(TOKEN_PLACEHOLDER, &token)
        };
        Some(AnswerLinks {
            was_me: url(AlertVerdict::WasMe),
            was_not_me: url(AlertVerdict::WasNotMe { ends_all: false }),
            expires_at,
        })
    }
}

/// Gives the answers to alerts that users choose by links.
pub struct LinkAnswerer {
    pub key: AlertLinkKey,
    pub clock: Arc<dyn Clock>,
    pub acknowledger: Arc<AlertAcknowledger>,
}

impl LinkAnswerer {
    /// Returns the answer that a token gives, without giving it.
    pub fn check(&self, token: &str) -> Result<AlertVerdict, CallError> {
        Ok(self.verify(token)?.verdict)
    }

    /// Gives the answer of a token, once: a repeat changes nothing, as for every answer. `tenants` are those that the
    /// caller may reach.
    pub async fn answer(
        &self,
        token: &str,
        tenants: TenantScope,
        cause: Cause,
    ) -> Result<(AlertVerdict, AcknowledgementResult), CallError> {
        let AlertLink { alert, verdict, user, .. } = self.verify(token)?;
        let (tenant, none, link_user) = (None, None, Some(user));
        let request = AcknowledgementRequest { alert, verdict, tenant, user: none, tenants, link_user, cause };
        Ok((verdict, self.acknowledger.acknowledge(request).await?))
    }

    fn verify(&self, token: &str) -> Result<AlertLink, CallError> {
        self.key.verify(token, self.clock.now()).map_err(|error| match error {
            AlertLinkError::Invalid => CallError::AlertLinkInvalid,
            AlertLinkError::Expired => CallError::AlertLinkExpired,
        })
    }
}
