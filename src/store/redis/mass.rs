use super::{RedisSessionStore, keys};
use crate::{
    domain::{Bucket, event::Scope},
    store::{MassRevocation, StoreError, record::encode_cause},
};

/// The store's `revoke_mass`: the same script in every bucket, in one round trip to each server.
pub(super) async fn revoke_mass(store: &RedisSessionStore, revocation: MassRevocation) -> Result<(), StoreError> {
    let MassRevocation { now, scope, operation, event, cause } = revocation;
    let field = match &scope {
        Scope::Everyone => "*".to_owned(),
        Scope::Tenant(tenant) => keys::of_tenant(tenant),
        Scope::User(_) => return Err(StoreError::corrupt("raising a generation", "a user has none")),
    };
    let (scope, cause) = (scope.to_bytes(), encode_cause(&cause));
    let calls = Bucket::all().map(|bucket| {
        let keys = [keys::generations(bucket), keys::operations(bucket), keys::outbox(bucket), keys::meta(bucket)];
        let call = store.scripts.revoke_mass.call_at(&keys, now).arg(&field);
        call.arg(&operation[..]).arg(&event.0[..]).arg(&scope).arg(&cause)
    });
    let answers = store.scripts.revoke_mass.run_many::<u8>(&store.router, calls).await;
    let of = answers.len();
    let errors: Vec<_> = answers.into_iter().filter_map(Result::err).collect();
    let count = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
    match of - errors.len() {
        // What became of them is known best from one that may have been carried out.
        0 => errors.into_iter().max_by_key(StoreError::is_ambiguous).map_or(Ok(()), Err),
        reached if reached < of => Err(StoreError::Partial { reached: count(reached), of: count(of) }),
        _ => Ok(()),
    }
}
