//! The scripts, and how they are called.

use std::time::Duration;

use redis::FromRedisValue;

use super::{keys::Key, request::Request, router::Router, slot::Slot};
use crate::{
    domain::{Cause, UnixMillis, time::millis},
    store::{BucketClaim, StoreError, binding::BindingId, record::encode_cause},
};

/// A script of `lua/`.
pub(super) struct Script {
    during: &'static str,
    text: String,
    source: redis::Script,
    /// The names that its head gives its arguments.
    arguments: Vec<&'static str>,
    caller: Caller,
}

/// What scripts are told of this node.
#[derive(Clone, Copy)]
pub(super) struct Caller {
    pub(super) installation: BindingId,
    /// With it the server's clock decides, and a caller whose clock is further from it is refused.
    pub(super) max_clock_skew: Option<Duration>,
}

/// All of them.
pub(super) struct Scripts {
    pub(super) create: Script,
    pub(super) acquaint: Script,
    pub(super) list: Script,
    pub(super) update: Script,
    pub(super) revoke: Script,
    pub(super) revoke_all: Script,
    pub(super) forget: Script,
    pub(super) revoke_mass: Script,
    pub(super) raise_generation: Script,
    pub(super) finish_mass_revocation: Script,
    pub(super) sweep: Script,
    pub(super) walk: Script,
    pub(super) walked: Script,
    pub(super) note_generation: Script,
    pub(super) touch: Script,
    pub(super) append_alerts: Script,
    pub(super) forget_alerts: Script,
    pub(super) checkpoint: Script,
    pub(super) note_audited: Script,
    pub(super) bind: Script,
    pub(super) rebind: Script,
    pub(super) register_token_keys: Script,
    pub(super) heartbeat: Script,
    pub(super) claim: Script,
    pub(super) delete_entries: Script,
}

const CALLER: &str = include_str!("lua/caller.lua");
const USER: &str = include_str!("lua/user.lua");
const GENERATIONS: &str = include_str!("lua/generations.lua");

impl Scripts {
    pub(super) fn new(caller: Caller) -> Self {
        let script = |during, parts: &[&'static str], source| Script::new(during, parts, source, caller);
        let of_user = |during, source| script(during, &[CALLER, USER], source);
        let of_bucket = |during, source| script(during, &[CALLER], source);
        let of_generations = |during, source| script(during, &[CALLER, GENERATIONS], source);
        let alone = |during, source| script(during, &[], source);
        Self {
            create: of_user("creating a session", include_str!("lua/create.lua")),
            acquaint: of_user("reading what is known of a user", include_str!("lua/acquaint.lua")),
            list: of_user("listing sessions", include_str!("lua/list.lua")),
            update: of_user("updating a session", include_str!("lua/update.lua")),
            revoke: of_user("revoking a session", include_str!("lua/revoke.lua")),
            revoke_all: of_user("revoking a user's sessions", include_str!("lua/revoke_all.lua")),
            forget: of_user("forgetting a user", include_str!("lua/forget.lua")),
            sweep: of_user("sweeping a user's sessions", include_str!("lua/sweep.lua")),
            revoke_mass: of_generations("beginning a mass revocation", include_str!("lua/revoke_mass.lua")),
            raise_generation: of_generations("raising a generation", include_str!("lua/raise_generation.lua")),
            finish_mass_revocation: of_bucket(
                "noting a finished mass revocation",
                include_str!("lua/finish_mass_revocation.lua"),
            ),
            walk: alone("walking through a bucket", include_str!("lua/walk.lua")),
            walked: of_bucket("noting a finished sweep", include_str!("lua/walked.lua")),
            note_generation: alone("noting a generation", include_str!("lua/note_generation.lua")),
            touch: of_bucket("writing activity", include_str!("lua/touch.lua")),
            append_alerts: alone("appending alerts", include_str!("lua/append_alerts.lua")),
            forget_alerts: alone("removing a user's alerts", include_str!("lua/forget_alerts.lua")),
            checkpoint: of_bucket("advancing a checkpoint", include_str!("lua/checkpoint.lua")),
            register_token_keys: of_bucket("noting the token keys", include_str!("lua/register_token_keys.lua")),
            note_audited: of_bucket("noting a checkpoint", include_str!("lua/note_audited.lua")),
            bind: of_bucket("binding the store", include_str!("lua/bind.lua")),
            rebind: of_bucket("binding the store", include_str!("lua/rebind.lua")),
            heartbeat: of_bucket("writing a heartbeat", include_str!("lua/heartbeat.lua")),
            claim: of_bucket("claiming a bucket", include_str!("lua/claim.lua")),
            delete_entries: of_bucket("deleting from a queue", include_str!("lua/delete_entries.lua")),
        }
    }
}

impl Script {
    /// A script that begins with the `shared` parts. A first line that states its flags stays the first.
    fn new(during: &'static str, shared: &[&'static str], source: &'static str, caller: Caller) -> Self {
        let (flags, body) = source.split_once('\n').unwrap_or_default();
        let whole = format!("{flags}\n{}\n{body}", shared.join("\n"));
        Self { during, source: redis::Script::new(&whole), text: whole, arguments: arguments(source), caller }
    }

    /// A call of this script with `keys`, all of one slot; its arguments follow.
    pub(super) fn call(&self, keys: &[Key]) -> Call<'_> {
        let mut command = redis::cmd("EVALSHA");
        command.arg(self.source.get_hash()).arg(keys.len()).arg(keys);
        let slot = Slot::of(keys.first().map(Vec::as_slice).unwrap_or_default());
        Call { script: self, request: Request { slot, command, script: Some(&self.source) }, given: 0 }
    }

    /// A call of this script that begins with who calls, and when.
    pub(super) fn call_at(&self, keys: &[Key], now: UnixMillis) -> Call<'_> {
        self.call_claimed(keys, now, None)
    }

    /// A call of this script that begins with who calls, when, and under which claim.
    fn call_claimed(&self, keys: &[Key], now: UnixMillis, claim: Option<BucketClaim>) -> Call<'_> {
        let Caller { installation, max_clock_skew } = self.caller;
        let allowed = max_clock_skew.map_or_else(|| "-".to_owned(), |allowed| millis(allowed).to_string());
        let claim = claim.map(|claim| claim.to_string()).unwrap_or_default();
        self.call(keys).arg(format!("{installation} {} {allowed} {claim}", now.get()))
    }

    /// A command that carries this script itself, for a server that may not have it; the installation, `known` and
    /// `tolerance` are its arguments.
    pub(super) fn whole(&self, meta: &Key, known: u64, tolerance: u64) -> redis::Cmd {
        let mut command = redis::cmd("EVAL");
        command.arg(&self.text).arg(1).arg(meta).arg(self.caller.installation.to_string());
        command.arg(known).arg(tolerance);
        command
    }

    /// A call of this script that begins with the installation.
    pub(super) fn call_bound(&self, keys: &[Key]) -> Call<'_> {
        self.call(keys).arg(self.caller.installation.to_string())
    }

    /// A call of this script that begins with who calls, and whether activity counts as of the server's time at the latest.
    pub(super) fn call_bounded(&self, keys: &[Key]) -> Call<'_> {
        self.call_bound(keys).arg(u8::from(self.caller.max_clock_skew.is_some()))
    }

    /// A call of this script for one user; the arguments after the first three follow.
    pub(super) fn call_for(&self, keys: &[Key], now: UnixMillis, identity: &[u8]) -> Call<'_> {
        let timeout = encode_cause(&Cause::service("timeout"));
        self.call_at(keys, now).arg(identity).arg(timeout)
    }

    /// A call of this script for whoever is stored, under a claim to the bucket.
    pub(super) fn call_for_any(&self, keys: &[Key], now: UnixMillis, claim: Option<BucketClaim>) -> Call<'_> {
        let timeout = encode_cause(&Cause::service("timeout"));
        self.call_claimed(keys, now, claim).arg(&b""[..]).arg(timeout)
    }
}

/// The arguments that the head of a script names; `...` stands for any number.
fn arguments(source: &'static str) -> Vec<&'static str> {
    let lines = || source.lines().filter_map(|line| line.strip_prefix("-- ARGV "));
    lines().flat_map(str::split_whitespace).collect()
}

/// A script with its arguments so far.
pub(super) struct Call<'a> {
    script: &'a Script,
    request: Request<'a>,
    given: usize,
}

impl<'a> Call<'a> {
    pub(super) fn arg<T: redis::ToRedisArgs>(mut self, argument: T) -> Self {
        self.request = self.request.arg(argument);
        self.given += 1;
        self
    }

    /// The finished request. What was given must be what the script's head names.
    pub(super) fn into_request(self) -> Request<'a> {
        let named = &self.script.arguments;
        let fits = match named.split_last() {
            Some((&"...", fixed)) => self.given >= fixed.len(),
            _ => self.given == named.len(),
        };
        debug_assert!(fits, "{}: {} arguments given for {named:?}", self.script.during, self.given);
        self.request
    }

    /// Runs the script.
    pub(super) async fn run<T: FromRedisValue>(self, router: &Router) -> Result<T, StoreError> {
        router.query(self.script.during, self.into_request()).await
    }
}

impl Script {
    /// Runs this script several times, in one round trip to each server, and answers what each call answered.
    pub(super) async fn run_many<T: FromRedisValue>(
        &self,
        router: &Router,
        calls: impl Iterator<Item = Call<'_>>,
    ) -> Vec<Result<T, StoreError>> {
        let requests: Vec<_> = calls.map(Call::into_request).collect();
        router.each_as(self.during, &requests).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_of_every_script_names_its_arguments() {
        let scripts = Scripts::new(Caller { installation: BindingId::default(), max_clock_skew: None });
        let of_user = [&scripts.create, &scripts.acquaint, &scripts.list, &scripts.update, &scripts.revoke];
        for script in of_user.into_iter().chain([&scripts.revoke_all, &scripts.forget, &scripts.sweep]) {
            assert_eq!(script.arguments[..3], ["caller", "identity", "timeout_cause"], "{}", script.during);
        }
        for script in [
            &scripts.revoke_mass,
            &scripts.raise_generation,
            &scripts.finish_mass_revocation,
            &scripts.walk,
            &scripts.walked,
            &scripts.note_generation,
            &scripts.touch,
            &scripts.append_alerts,
            &scripts.heartbeat,
            &scripts.claim,
            &scripts.delete_entries,
        ] {
            assert!(!script.arguments.is_empty(), "{}", script.during);
        }
    }
}
