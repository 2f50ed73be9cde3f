//! What is said while it goes on.

use std::{cell::RefCell, collections::HashMap, time::Duration};

use crate::{
    api,
    cli::{
        client::{label, user},
        terminal::{Style, clean, print_error},
    },
};

use super::{
    plan::{Act, Step},
    population::{Client, Person},
};

/// Says things on standard error.
pub struct Progress {
    style: Style,
    /// What was told last of each person who is attacked: what happened, and from which country.
    last: RefCell<HashMap<usize, String>>,
}

impl Progress {
    pub fn new() -> Self {
        Self { style: Style::of_stderr(), last: RefCell::default() }
    }

    pub fn say(&self, at: Duration, text: &str) {
        let seconds = at.as_secs();
        let time = self.style.dim(&format!("{:02}:{:02}", seconds / 60, seconds % 60));
        print_error(&format!("{time}  {text}\n"));
    }

    /// A step of an attack; what is ordinary, or the same again, is passed over.
    pub fn attack(&self, at: Duration, step: &Step, person: &Person) {
        let Some(attack) = step.attack else { return };
        let Some((told, from)) = told(&step.act, person) else { return };
        let (ip, country) = from.map_or_else(Default::default, |Client(client)| {
            (format!(" from {} ({})", client.ip, client.country), client.country.clone())
        });
        let now = format!("{told} {country}");
        let last = self.last.borrow_mut().insert(step.person, now.clone());
        if last != Some(now) {
            let heading = self.style.dim(&format!("{:<17}", attack.name()));
            self.say(at, &format!("{heading} {told}{ip}"));
        }
    }

    pub fn alert(&self, at: Duration, alert: &api::Alert) {
        let severity = label(alert.severity().as_str_name(), "SEVERITY_");
        let heading = self.style.bad(&format!("ALERT {}", clean(&alert.rule)));
        let who = user(&alert.tenant_id, &alert.user_id);
        self.say(at, &format!("{heading} ({severity}) {}", clean(&format!("{who}: {}", alert.reason_admin))));
    }
}

/// What happens, in words, and where from; nothing for what needs no word.
fn told<'a>(act: &'a Act, person: &Person) -> Option<(String, Option<&'a Client>)> {
    let who = user(&person.tenant_id, &person.user_id);
    match act {
        Act::SignIn { client, .. } => Some((format!("login as {who}"), Some(client))),
        Act::ChangePassword { .. } => Some((format!("{who} changes the password, other sessions end"), None)),
        Act::Guess { client, .. } => Some(("guessed tokens".to_owned(), Some(client))),
        Act::Use { .. } | Act::Poll { .. } | Act::SignOut { .. } => None,
    }
}
