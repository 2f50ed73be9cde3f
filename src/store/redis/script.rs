//! Lua scripts and their calls.

use std::time::Duration;

use redis::FromRedisValue;
use redis_cluster::RedisRequest;

use super::{client::StoreRouter, keys::RedisKey};
use crate::{
    domain::{Cause, UnixMillis, time::millis},
    store::{BucketClaim, StoreError, binding::BindingId, record::encode_cause},
};

/// A script of `lua/`.
pub(super) struct LuaScript {
    during: &'static str,
    compiled: redis::Script,
    /// The argument names in its head.
    argument_names: Vec<&'static str>,
    caller: ScriptCaller,
}

/// The part of this node's configuration that scripts receive.
#[derive(Clone, Copy)]
pub(super) struct ScriptCaller {
    pub(super) installation: BindingId,
    /// Limit of the clock skew. With it the server's clock decides, and a caller beyond the limit is refused.
    pub(super) max_clock_skew: Option<Duration>,
}

/// The scripts of the store.
pub(super) struct LuaScripts {
    pub(super) create: LuaScript,
    pub(super) list: LuaScript,
    pub(super) update: LuaScript,
    pub(super) present_token: LuaScript,
    pub(super) revoke: LuaScript,
    pub(super) revoke_all: LuaScript,
    pub(super) answer_alert: LuaScript,
    pub(super) forget: LuaScript,
    pub(super) revoke_mass: LuaScript,
    pub(super) raise_generation: LuaScript,
    pub(super) finish_mass_revocation: LuaScript,
    pub(super) sweep: LuaScript,
    pub(super) scan_users: LuaScript,
    pub(super) finish_scan: LuaScript,
    pub(super) note_generation: LuaScript,
    pub(super) touch: LuaScript,
    pub(super) put_last_seen: LuaScript,
    pub(super) append_alerts: LuaScript,
    pub(super) forget_alerts: LuaScript,
    pub(super) checkpoint: LuaScript,
    pub(super) note_audited: LuaScript,
    pub(super) bind: LuaScript,
    pub(super) rebind: LuaScript,
    pub(super) register_token_keys: LuaScript,
    pub(super) heartbeat: LuaScript,
    pub(super) claim: LuaScript,
    pub(super) delete_entries: LuaScript,
    pub(super) deny: LuaScript,
    pub(super) find_denials: LuaScript,
    pub(super) record_failure: LuaScript,
    pub(super) record_success: LuaScript,
    pub(super) raise_findings: LuaScript,
    pub(super) raise_user_findings: LuaScript,
}

const CALLER: &str = include_str!("lua/caller.lua");
const USER: &str = include_str!("lua/user.lua");
const GENERATIONS: &str = include_str!("lua/generations.lua");
const DENYLIST: &str = include_str!("lua/denylist.lua");

impl LuaScripts {
    pub(super) fn new(caller: ScriptCaller) -> Self {
        let script = |during, parts: &[&'static str], source| LuaScript::new(during, parts, source, caller);
        let user_script = |during, source| script(during, &[CALLER, USER], source);
        let bucket_script = |during, source| script(during, &[CALLER], source);
        let generation_script = |during, source| script(during, &[CALLER, GENERATIONS], source);
        let denylist_script = |during, source| script(during, &[CALLER, DENYLIST], source);
        let standalone_script = |during, source| script(during, &[], source);
        Self {
            create: user_script("creating a session", include_str!("lua/create.lua")),
            list: user_script("listing sessions", include_str!("lua/list.lua")),
            update: user_script("updating a session", include_str!("lua/update.lua")),
            present_token: user_script("presenting a token", include_str!("lua/present_token.lua")),
            revoke: user_script("revoking a session", include_str!("lua/revoke.lua")),
            revoke_all: user_script("revoking a user's sessions", include_str!("lua/revoke_all.lua")),
            answer_alert: user_script("answering an alert", include_str!("lua/answer_alert.lua")),
            forget: user_script("forgetting a user", include_str!("lua/forget.lua")),
            sweep: user_script("sweeping a user's sessions", include_str!("lua/sweep.lua")),
            revoke_mass: generation_script("starting a mass revocation", include_str!("lua/revoke_mass.lua")),
            raise_generation: generation_script("raising a generation", include_str!("lua/raise_generation.lua")),
            finish_mass_revocation: bucket_script(
                "recording a finished mass revocation",
                include_str!("lua/finish_mass_revocation.lua"),
            ),
            scan_users: standalone_script("scanning a bucket", include_str!("lua/scan_users.lua")),
            finish_scan: bucket_script("recording a finished scan", include_str!("lua/finish_scan.lua")),
            note_generation: standalone_script("recording a generation", include_str!("lua/note_generation.lua")),
            touch: bucket_script("writing activity", include_str!("lua/touch.lua")),
            put_last_seen: bucket_script("writing the clients of sessions", include_str!("lua/put_last_seen.lua")),
            append_alerts: standalone_script("appending alerts", include_str!("lua/append_alerts.lua")),
            forget_alerts: standalone_script("removing a user's alerts", include_str!("lua/forget_alerts.lua")),
            checkpoint: bucket_script("advancing a checkpoint", include_str!("lua/checkpoint.lua")),
            register_token_keys: bucket_script("registering token keys", include_str!("lua/register_token_keys.lua")),
            note_audited: bucket_script("recording the audited checkpoint", include_str!("lua/note_audited.lua")),
            bind: bucket_script("binding the store", include_str!("lua/bind.lua")),
            rebind: bucket_script("binding the store", include_str!("lua/rebind.lua")),
            heartbeat: bucket_script("writing a heartbeat", include_str!("lua/heartbeat.lua")),
            claim: bucket_script("claiming a bucket", include_str!("lua/claim.lua")),
            record_failure: bucket_script("recording a failure", include_str!("lua/record_failure.lua")),
            record_success: bucket_script("recording a success", include_str!("lua/record_success.lua")),
            raise_findings: bucket_script("raising findings", include_str!("lua/raise_findings.lua")),
            raise_user_findings: user_script("raising findings", include_str!("lua/raise_user_findings.lua")),
            delete_entries: bucket_script("deleting from a queue", include_str!("lua/delete_entries.lua")),
            deny: denylist_script("denying JWTs", include_str!("lua/deny.lua")),
            find_denials: denylist_script("looking up denied JWTs", include_str!("lua/find_denials.lua")),
        }
    }
}

impl LuaScript {
    /// Builds a script that begins with the `shared` parts. A first line that states its flags stays the first.
    fn new(during: &'static str, shared: &[&'static str], source: &'static str, caller: ScriptCaller) -> Self {
        let (flags, body) = source.split_once('\n').unwrap_or_default();
        let source_with_shared = format!("{flags}\n{}\n{body}", shared.join("\n"));
        Self {
            during,
            compiled: redis::Script::new(&source_with_shared),
            argument_names: parse_argument_names(source),
            caller,
        }
    }

    /// Starts a call of this script with `keys`, all of one slot; its arguments follow.
    pub(super) fn call(&self, keys: &[RedisKey]) -> ScriptCall<'_> {
        ScriptCall { script: self, request: RedisRequest::with_script(&self.compiled, keys), argument_count: 0 }
    }

    /// Starts a call whose first argument states the caller and the time.
    pub(super) fn call_at(&self, keys: &[RedisKey], now: UnixMillis) -> ScriptCall<'_> {
        self.call_with_claim(keys, now, None)
    }

    /// Starts a call whose first argument states the caller, the time and the claim.
    fn call_with_claim(&self, keys: &[RedisKey], now: UnixMillis, claim: Option<BucketClaim>) -> ScriptCall<'_> {
        let ScriptCaller { installation, max_clock_skew } = self.caller;
        let allowed = max_clock_skew.map_or_else(|| "-".to_owned(), |allowed| millis(allowed).to_string());
        let claim = claim.map(|claim| claim.to_string()).unwrap_or_default();
        self.call(keys).arg(format!("{installation} {} {allowed} {claim}", now.get()))
    }

    /// Starts a call whose first argument is the installation.
    pub(super) fn call_for_installation(&self, keys: &[RedisKey]) -> ScriptCall<'_> {
        self.call(keys).arg(self.caller.installation.to_string())
    }

    /// Starts a call whose first arguments are the installation, and whether activity is limited to the server's time.
    pub(super) fn call_with_time_bound(&self, keys: &[RedisKey]) -> ScriptCall<'_> {
        self.call_for_installation(keys).arg(u8::from(self.caller.max_clock_skew.is_some()))
    }

    /// Starts a call for one user; the arguments after the first three follow.
    pub(super) fn call_for_user(&self, keys: &[RedisKey], now: UnixMillis, identity: &[u8]) -> ScriptCall<'_> {
        let timeout = encode_cause(&Cause::from_service("timeout"));
        self.call_at(keys, now).arg(identity).arg(timeout)
    }

    /// Starts a call for the user that is stored, under a claim to the bucket.
    pub(super) fn call_for_stored_user(
        &self,
        keys: &[RedisKey],
        now: UnixMillis,
        claim: Option<BucketClaim>,
    ) -> ScriptCall<'_> {
        let timeout = encode_cause(&Cause::from_service("timeout"));
        self.call_with_claim(keys, now, claim).arg(&b""[..]).arg(timeout)
    }
}

/// Returns the argument names in the head of a script; `...` stands for any number of arguments.
fn parse_argument_names(source: &'static str) -> Vec<&'static str> {
    let lines = || source.lines().filter_map(|line| line.strip_prefix("-- ARGV "));
    lines().flat_map(str::split_whitespace).collect()
}

/// A script with its arguments so far.
pub(super) struct ScriptCall<'a> {
    script: &'a LuaScript,
    request: RedisRequest<'a>,
    argument_count: usize,
}

impl<'a> ScriptCall<'a> {
    pub(super) fn arg<T: redis::ToRedisArgs>(mut self, argument: T) -> Self {
        self.request = self.request.arg(argument);
        self.argument_count += 1;
        self
    }

    /// Returns the finished request. The number of its arguments must match the head of the script.
    pub(super) fn into_request(self) -> RedisRequest<'a> {
        let named = &self.script.argument_names;
        let fits = match named.split_last() {
            Some((&"...", fixed)) => self.argument_count >= fixed.len(),
            _ => self.argument_count == named.len(),
        };
        debug_assert!(fits, "{}: {} arguments given for {named:?}", self.script.during, self.argument_count);
        self.request
    }

    /// Runs the script.
    pub(super) async fn run<T: FromRedisValue>(self, router: &StoreRouter) -> Result<T, StoreError> {
        Ok(router.query(self.script.during, self.into_request()).await?)
    }
}

impl LuaScript {
    /// Runs several calls of this script, in one round trip to each server. Returns one result per call.
    pub(super) async fn run_many<T: FromRedisValue>(
        &self,
        router: &StoreRouter,
        calls: impl Iterator<Item = ScriptCall<'_>>,
    ) -> Vec<Result<T, StoreError>> {
        let requests: Vec<_> = calls.map(ScriptCall::into_request).collect();
        router.query_each(self.during, &requests).await.into_iter().map(|answer| Ok(answer?)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_of_every_script_names_its_arguments() {
        let scripts = LuaScripts::new(ScriptCaller { installation: BindingId::default(), max_clock_skew: None });
        let user_scripts = [&scripts.create, &scripts.list, &scripts.update, &scripts.revoke];
        for script in user_scripts.into_iter().chain([
            &scripts.present_token,
            &scripts.revoke_all,
            &scripts.answer_alert,
            &scripts.raise_user_findings,
            &scripts.forget,
            &scripts.sweep,
        ]) {
            assert_eq!(script.argument_names[..3], ["caller", "identity", "timeout_cause"], "{}", script.during);
        }
        for script in [
            &scripts.revoke_mass,
            &scripts.raise_generation,
            &scripts.finish_mass_revocation,
            &scripts.scan_users,
            &scripts.finish_scan,
            &scripts.note_generation,
            &scripts.touch,
            &scripts.append_alerts,
            &scripts.heartbeat,
            &scripts.claim,
            &scripts.delete_entries,
            &scripts.deny,
            &scripts.find_denials,
        ] {
            assert!(!script.argument_names.is_empty(), "{}", script.during);
        }
    }
}
