//! Progress lines of a simulation.

use std::{cell::RefCell, collections::HashMap, time::Duration};

use crate::{
    api,
    cli::{
        client::{enum_label, format_user},
        terminal::{TerminalStyle, escape, print_to_stderr},
    },
};

use super::{
    plan::PlannedCall,
    population::{SimulatedClient, SimulatedUser},
    user_action::UserAction,
};

/// Prints progress lines to standard error.
pub struct ProgressPrinter {
    style: TerminalStyle,
    /// The last line about each attacked user: the action and its country.
    last: RefCell<HashMap<usize, String>>,
}

impl ProgressPrinter {
    pub fn new() -> Self {
        Self { style: TerminalStyle::for_stderr(), last: RefCell::default() }
    }

    pub fn print_line(&self, at: Duration, text: &str) {
        let seconds = at.as_secs();
        let time = self.style.dim(&format!("{:02}:{:02}", seconds / 60, seconds % 60));
        print_to_stderr(&format!("{time}  {text}\n"));
    }

    /// Prints a call of an attack. Ordinary calls and repetitions are skipped.
    pub fn print_attack(&self, at: Duration, step: &PlannedCall, person: &SimulatedUser) {
        let Some(attack) = step.attack else { return };
        let Some((description, from)) = describe_action(&step.action, person) else { return };
        let (ip, country) = from.map_or_else(Default::default, |SimulatedClient(client)| {
            (format!(" from {} ({})", client.ip, client.country), client.country.clone())
        });
        let now = format!("{description} {country}");
        let last = self.last.borrow_mut().insert(step.user, now.clone());
        if last != Some(now) {
            let heading = self.style.dim(&format!("{:<17}", attack.name()));
            self.print_line(at, &format!("{heading} {description}{ip}"));
        }
    }

    pub fn print_alert(&self, at: Duration, alert: &api::Alert) {
        let severity = enum_label(alert.severity().as_str_name(), "SEVERITY_");
        let heading = self.style.bad(&format!("ALERT {}", escape(&alert.rule)));
        let who = format_user(&alert.tenant_id, &alert.user_id);
        self.print_line(at, &format!("{heading} ({severity}) {}", escape(&format!("{who}: {}", alert.reason_admin))));
    }
}

/// Returns a description of an action and its client, or `None` for an action that is not shown.
fn describe_action<'a>(act: &'a UserAction, person: &SimulatedUser) -> Option<(String, Option<&'a SimulatedClient>)> {
    let who = format_user(&person.tenant_id, &person.user_id);
    match act {
        UserAction::SignIn { client, .. } => Some((format!("sign-in as {who}"), Some(client))),
        UserAction::ChangePassword { .. } => Some((format!("{who} changes the password, other sessions end"), None)),
        UserAction::Guess { client, .. } => Some(("guessed tokens".to_owned(), Some(client))),
        UserAction::Access { .. } | UserAction::Poll { .. } | UserAction::SignOut { .. } => None,
    }
}
