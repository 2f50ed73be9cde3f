//! The binding of the store, in the `meta` of every bucket and of the alert stream. Each of them may be on a different
//! server.

use std::collections::HashMap;

use async_trait::async_trait;
use redis::{FromRedisValue, Value};
use redis_cluster::{RedisRequest, decode_answer};

use super::{
    RedisSessionStore, checkpoint,
    keys::{self, RedisKey},
    outbox::keep_reachable,
    script::LuaScript,
};
use crate::{
    domain::{Bucket, UnixMillis},
    store::{
        BindingFault, CheckpointResult, KnownCheckpoints, StoreError,
        binding::{BindingId, BindingState, BoundStore, StoreBinding, TokenKeyFingerprints},
    },
};

const READING: &str = "reading the binding of the store";
const WRITING: &str = "binding the store";

const LAYOUT: &str = "layout";
pub(super) const INSTALLATION: &str = "installation";
const STORE: &str = "store";
const AUDIT: &str = "audit";

/// The field that is written everywhere once every part of the store is bound. If it is present, an unbound part was
/// emptied.
const COMPLETE: &str = "complete";

type BindingFields = HashMap<String, String>;

#[async_trait]
impl BoundStore for RedisSessionStore {
    async fn binding(&self) -> Result<BindingState, StoreError> {
        let read: Vec<_> = binding_keys().map(|place| RedisRequest::new("HGETALL", &place)).collect();
        let answers = if self.router.is_cluster() {
            keep_reachable(self.router.query_each::<BindingFields>(READING, &read).await)?
        } else {
            self.router.query_all::<BindingFields>(READING, &read).await?.into_iter().map(Some).collect()
        };
        let (mut found, mut unbound, mut unreached) = (None::<StoreBinding>, 0, 0);
        let mut is_complete = false;
        for fields in answers {
            let Some(fields) = fields else {
                unreached += 1;
                continue;
            };
            check_layout(&fields)?;
            is_complete |= fields.contains_key(COMPLETE);
            match (parse_binding(&fields), found) {
                (None, _) => unbound += 1,
                (Some(binding), None) => found = Some(binding),
                (Some(other), Some(one)) => match one.merge(other) {
                    Some(merged) => found = Some(merged),
                    None => return Ok(BindingState::Inconsistent { one, other }),
                },
            }
        }
        Ok(found.map_or(BindingState::Unbound, |binding| BindingState::Bound {
            binding,
            unbound,
            is_complete,
            unreached,
        }))
    }

    /// Binds the store. The first bucket decides between nodes that start at the same time.
    async fn bind(&self, binding: StoreBinding) -> Result<StoreBinding, StoreError> {
        let first = keys::meta(Bucket(0));
        self.write_binding(&self.scripts.bind, [first.clone()], binding, &[]).await?;
        let fields: BindingFields = self.router.query(READING, RedisRequest::new("HGETALL", &first)).await?;
        check_layout(&fields)?;
        let current = parse_binding(&fields)
            .ok_or_else(|| StoreError::corrupt(READING, "the binding just written is missing"))?;
        self.write_binding(&self.scripts.bind, binding_keys(), current, &[]).await?;
        let complete: Vec<_> =
            binding_keys().map(|place| RedisRequest::new("HSET", &place).arg(COMPLETE).arg(1)).collect();
        self.router.query_all::<u8>(WRITING, &complete).await?;
        Ok(current)
    }

    async fn rebind(&self, binding: StoreBinding) -> Result<(), StoreError> {
        self.write_binding(&self.scripts.rebind, binding_keys(), binding, &[(COMPLETE, "1")]).await
    }

    async fn advance_checkpoints(&self, known: &KnownCheckpoints) -> Vec<CheckpointResult> {
        checkpoint::advance(self, known).await
    }

    async fn register_token_keys(&self, own: &TokenKeyFingerprints) -> Result<TokenKeyFingerprints, StoreError> {
        let call = self.scripts.register_token_keys.call_for_installation(&[keys::meta(Bucket(0))]);
        let call = own.iter().fold(call, |call, (id, fingerprint)| call.arg(*id).arg(fingerprint.to_string()));
        let used: Vec<(u8, String)> = call.run(&self.router).await?;
        Ok(used.into_iter().filter_map(|(id, text)| Some((id, BindingId::from_hex(&text)?))).collect())
    }

    async fn record_audited_checkpoints(&self, audited: &KnownCheckpoints) -> Result<(), StoreError> {
        let note = |(bucket, at): (&Bucket, &UnixMillis)| {
            self.scripts.note_audited.call_for_installation(&[keys::meta(*bucket)]).arg(at.get())
        };
        let answers = self.scripts.note_audited.run_many::<u8>(&self.router, audited.iter().map(note)).await;
        answers.into_iter().try_for_each(|answer| answer.map(drop))
    }
}

impl RedisSessionStore {
    /// Runs a script that writes the binding, and the fields `more`, under each of the keys `places`.
    async fn write_binding(
        &self,
        script: &LuaScript,
        places: impl IntoIterator<Item = RedisKey>,
        binding: StoreBinding,
        more: &[(&str, &str)],
    ) -> Result<(), StoreError> {
        let write = |place: RedisKey| {
            let call =
                binding_fields(binding).fold(script.call(&[place]), |call, (name, value)| call.arg(name).arg(value));
            more.iter().fold(call, |call, (name, value)| call.arg(name).arg(value))
        };
        let answers = script.run_many::<u8>(&self.router, places.into_iter().map(write)).await;
        answers.into_iter().try_for_each(|answer| answer.map(drop))
    }
}

/// The keys of the parts that hold the binding, the first bucket first.
fn binding_keys() -> impl Iterator<Item = RedisKey> {
    Bucket::all().map(keys::meta).chain([keys::alerts_meta()])
}

fn binding_fields(binding: StoreBinding) -> impl Iterator<Item = (&'static str, String)> {
    let always = [
        (LAYOUT, keys::LAYOUT.to_owned()),
        (INSTALLATION, binding.installation.to_string()),
        (STORE, binding.store.to_string()),
    ];
    always.into_iter().chain(binding.audit.map(|audit| (AUDIT, audit.to_string())))
}

/// Parses the binding of one part; `None` if it is incomplete.
fn parse_binding(fields: &BindingFields) -> Option<StoreBinding> {
    let id = |name| BindingId::from_hex(fields.get(name)?);
    Some(StoreBinding { installation: id(INSTALLATION)?, store: id(STORE)?, audit: id(AUDIT) })
}

/// Reads from each of the buckets, and fails if one of them is not bound to the installation. A server receives both
/// commands in one pipeline, so that the same server executes both. The result is `None` for a bucket whose server
/// cannot be reached while others can.
pub(super) async fn read_bound<T: FromRedisValue>(
    during: &'static str,
    store: &RedisSessionStore,
    buckets: &[Bucket],
    read: impl Fn(Bucket) -> RedisRequest<'static>,
) -> Result<Vec<Option<T>>, StoreError> {
    let installation = |bucket| RedisRequest::new("HGET", &keys::meta(bucket)).arg(INSTALLATION);
    let requests: Vec<_> = buckets.iter().flat_map(|bucket| [installation(*bucket), read(*bucket)]).collect();
    let mut answers = store.router.query_each::<Value>(during, &requests).await.into_iter();
    let mut found = Vec::with_capacity(buckets.len());
    while let (Some(installation), Some(answer)) = (answers.next(), answers.next()) {
        found.push(installation.map_err(StoreError::from).and_then(|stored| {
            let stored: Option<String> = decode_answer(during, stored)?;
            check_installation(during, stored.as_deref(), store.installation)?;
            Ok(decode_answer(during, answer?)?)
        }));
    }
    keep_reachable(found)
}

/// Fails with [`StoreError::Binding`] unless a part is bound to the installation. `stored` is its field, read in the
/// same round trip as the data.
pub(super) fn check_installation(
    during: &'static str,
    stored: Option<&str>,
    installation: BindingId,
) -> Result<(), StoreError> {
    let fault = match stored {
        Some(stored) if BindingId::from_hex(stored) == Some(installation) => return Ok(()),
        Some(_) => BindingFault::WrongInstallation,
        None => BindingFault::Unbound,
    };
    Err(StoreError::Binding { during, fault })
}

fn check_layout(fields: &BindingFields) -> Result<(), StoreError> {
    match fields.get(LAYOUT) {
        Some(other) if other != keys::LAYOUT => Err(StoreError::corrupt(
            READING,
            format!(
                "this Redis holds layout version {other}; this release supports version {}. Run the release that wrote \
                 it",
                keys::LAYOUT
            ),
        )),
        _ => Ok(()),
    }
}
