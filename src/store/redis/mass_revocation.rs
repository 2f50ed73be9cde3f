use super::{RedisSessionStore, keys};
use crate::{
    domain::{Bucket, UnixMillis, event::RevocationScope},
    store::{BindingFault, MassRevocation, StoreError, record::encode_cause},
};

/// Implements the store's `revoke_mass`. The home bucket of the scope decides the time, appends the one event and lists
/// the revocation as unfinished. Then another script raises the generation in every bucket, in one round trip to each
/// server. The sweep of the home bucket finishes the rest.
pub(super) async fn revoke_mass(store: &RedisSessionStore, revocation: MassRevocation) -> Result<(), StoreError> {
    let MassRevocation { now, scope, operation, event, cause } = revocation;
    let field = match &scope {
        RevocationScope::Everyone => keys::EVERYONE.to_owned(),
        RevocationScope::Tenant(tenant) => keys::tenant_field(tenant),
        RevocationScope::User(_) => {
            return Err(StoreError::corrupt("raising a generation", "a user has no generation"));
        }
    };
    let home = keys::home_bucket(&field);
    let keys = [
        keys::revocations(&field),
        keys::unfinished(home),
        keys::generations(home),
        keys::outbox(home),
        keys::meta(home),
    ];
    let begin = store.scripts.revoke_mass.call_at(&keys, now).arg(&field);
    let begin = begin.arg(&operation[..]).arg(&event.0[..]).arg(scope.to_bytes()).arg(encode_cause(&cause));
    let at: u64 = begin.run(&store.router).await?;
    finish(store, &field, UnixMillis::new(at), now).await
}

/// Raises the generation for the revocation of `at` in every bucket that has not applied it. Records when all have.
pub(super) async fn finish(
    store: &RedisSessionStore,
    field: &str,
    at: UnixMillis,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let calls = Bucket::all().map(|bucket| {
        let keys = [keys::generations(bucket), keys::meta(bucket)];
        store.scripts.raise_generation.call_for_installation(&keys).arg(field).arg(at.get())
    });
    let answers = store.scripts.raise_generation.run_many::<u8>(&store.router, calls).await;
    let total = answers.len();
    let errors: Vec<_> = answers.into_iter().filter_map(Result::err).collect();
    if !errors.is_empty() {
        let count = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        // The home bucket has applied it, so the revocation is partly applied even if this reached no bucket.
        let partial = StoreError::PartiallyApplied { reached: count(total - errors.len()), total: count(total) };
        // Neither passes by itself.
        let is_lasting = |error: &StoreError| {
            matches!(
                error,
                StoreError::Corrupt { .. } | StoreError::Binding { fault: BindingFault::RolledBack { .. }, .. }
            )
        };
        return Err(errors.into_iter().find(is_lasting).unwrap_or(partial));
    }
    let home = keys::home_bucket(field);
    let keys = [keys::unfinished(home), keys::generations(home), keys::meta(home)];
    let note = store.scripts.finish_mass_revocation.call_at(&keys, now);
    match note.arg(field).arg(at.get()).run::<u8>(&store.router).await {
        // The revocation is in effect everywhere. The sweep of the home bucket records that later.
        Err(StoreError::Unreachable { .. } | StoreError::NoResponse { .. }) => Ok(()),
        noted => noted.map(drop),
    }
}
