//! Requests of browsers that fail.

use std::time::Duration;

use axum::{
    http::{HeaderValue, Method, StatusCode, header},
    response::Response,
};

use super::{BrowserRequest, page_response};
use crate::{
    transport::grpc::FailedCall,
    web::{Language, PageArea, PageLayout, ProblemPage, account::AccountText, link},
};

/// The reason that a request gets no page.
#[derive(Debug)]
pub(super) enum PageFailure {
    /// There is no signed-in user. `login_url` leads to the sign-in; empty if it is unknown.
    NotSignedIn {
        login_url: String,
    },
    /// The user has to authenticate again.
    AuthenticationTooOld {
        max_age: Duration,
        login_url: String,
    },
    /// The user has to authenticate more strongly.
    AssuranceTooLow {
        login_url: String,
    },
    /// A page of another site sent the request.
    CrossSite,
    /// Too many sign-ins from this address have failed.
    SignInsLimited {
        retry_after: Duration,
    },
    /// The request is not valid. The text is a complete sentence.
    Invalid(String),
    NotFound,
    MethodNotAllowed,
    Call(FailedCall),
}

impl From<FailedCall> for PageFailure {
    fn from(failed: FailedCall) -> Self {
        Self::Call(failed)
    }
}

impl PageFailure {
    /// Returns the response, for the person of this name.
    pub(super) fn into_response(self, request: &BrowserRequest, person: &str) -> Response {
        match request.area() {
            PageArea::Console => self.console_response(request, person),
            PageArea::Account => self.account_response(request, person),
        }
    }

    const fn status(&self) -> StatusCode {
        match self {
            Self::NotSignedIn { .. } => StatusCode::UNAUTHORIZED,
            Self::AuthenticationTooOld { .. } | Self::AssuranceTooLow { .. } | Self::CrossSite => StatusCode::FORBIDDEN,
            Self::SignInsLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Call(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn response(&self, page: &ProblemPage) -> Response {
        let (mut status, mut retry_after) = (self.status(), None);
        match self {
            Self::Call(failed) => {
                status = StatusCode::from_u16(failed.http_status()).unwrap_or(status);
                retry_after = failed.retry_after;
            }
            Self::SignInsLimited { retry_after: after } => retry_after = Some(*after),
            _ => {}
        }
        let mut response = page_response::page(status, page);
        if let Some(after) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(after.as_secs().max(1)));
        }
        response
    }

    fn console_response(self, request: &BrowserRequest, person: &str) -> Response {
        if let (Self::NotSignedIn { login_url }, &Method::GET) = (&self, &request.method) {
            return page_response::see_other(&link(login_url, &[("to", &request.address())]));
        }
        let home = || ("/console".to_owned(), "To the overview".to_owned());
        let (heading, text, next) = match &self {
            Self::NotSignedIn { login_url } => {
                let next = (login_url.clone(), "Sign in".to_owned());
                ("You are not signed in", "Nothing was changed. Sign in and repeat the request.".to_owned(), next)
            }
            Self::CrossSite => {
                let text = "The request came from a page of another site, or from a program that is no browser.";
                ("Nothing was changed", text.to_owned(), home())
            }
            Self::SignInsLimited { retry_after } => {
                let text = format!(
                    "Too many sign-ins from your address have failed. Try again in {} s.",
                    retry_after.as_secs().max(1)
                );
                ("Sign-in is limited", text, ("/console/sign-in".to_owned(), "Back".to_owned()))
            }
            Self::Invalid(reason) => ("The request is not valid", reason.clone(), home()),
            Self::NotFound => ("Not found", "There is no such page.".to_owned(), home()),
            Self::MethodNotAllowed | Self::AuthenticationTooOld { .. } | Self::AssuranceTooLow { .. } => {
                ("The request is not valid", "This page does not accept such requests.".to_owned(), home())
            }
            Self::Call(failed) => (heading_of(failed), format!("{} ({})", failed.message, failed.reason), home()),
        };
        let layout = PageLayout::console(heading, &request.path, person);
        self.response(&ProblemPage {
            layout,
            heading: heading.to_owned(),
            text: text.into(),
            next,
            request_id: request.request_id.clone(),
        })
    }

    fn account_response(self, request: &BrowserRequest, person: &str) -> Response {
        let language = language(request);
        let text = AccountText::in_language(language);
        let back = || (link("/account/sessions", &[("lang", request.form.get("lang"))]), text.back.to_owned());
        let sign_in = |url: &str| (url.to_owned(), text.sign_in.to_owned());
        let (heading, detail, next) = match &self {
            Self::NotSignedIn { login_url } => (text.title, text.not_signed_in.to_owned(), sign_in(login_url)),
            Self::AuthenticationTooOld { max_age, login_url } => {
                let age = crate::web::account::duration(*max_age, language);
                let detail = text.authenticate_again.replace("{age}", &age);
                (text.authenticate_again_heading, detail, sign_in(login_url))
            }
            Self::AssuranceTooLow { login_url } => {
                (text.authenticate_again_heading, text.authenticate_stronger.to_owned(), sign_in(login_url))
            }
            Self::CrossSite => (text.cross_site_heading, text.cross_site.to_owned(), back()),
            Self::SignInsLimited { .. } => (text.unavailable_heading, text.limited.to_owned(), back()),
            Self::Call(failed) if failed.http_status() >= 429 => {
                (text.unavailable_heading, text.unavailable.to_owned(), back())
            }
            _ => (text.invalid_heading, text.invalid.to_owned(), back()),
        };
        let layout = PageLayout::account(heading, person, language);
        self.response(&ProblemPage {
            layout,
            heading: heading.to_owned(),
            text: detail.into(),
            next,
            request_id: String::new(),
        })
    }
}

/// Returns the heading for a call that failed.
fn heading_of(failed: &FailedCall) -> &'static str {
    match failed.http_status() {
        400 | 413 => "The request is not valid",
        401 => "The API key of this session is no longer accepted",
        403 => "This API key does not permit that",
        404 => "Not found",
        409 => "Not possible at the moment",
        429 => "Too many requests",
        _ => "The service cannot answer at the moment",
    }
}

/// Returns the language of a page for users: the chosen one, or that of the browser.
pub(super) fn language(request: &BrowserRequest) -> Language {
    let chosen = |fields: &super::browser_request::FormFields| Language::from_tag(fields.get("lang"));
    chosen(&request.query)
        .or_else(|| chosen(&request.form))
        .unwrap_or_else(|| Language::negotiate(request.header(header::ACCEPT_LANGUAGE)))
}
