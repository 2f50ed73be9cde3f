use redis::Value;

use super::{RedisSessionStore, keys, reply::Reply};
use crate::{
    domain::OnLimit,
    store::{
        CreateOutcome, Creation, RequestKey, StoreError,
        record::{encode, encode_cause, encode_clock},
    },
};

/// The store's `create`: one script.
pub(super) async fn create(store: &RedisSessionStore, creation: Creation) -> Result<CreateOutcome, StoreError> {
    let Creation { now, session, limit, on_limit, proven_at, request, touches, cause } = creation;
    let handle = session.id.handle;
    let (id, body, nonce, key) = match &request {
        Some(key) => (&key.id[..], &key.body[..], &key.nonce[..], &[key.key_id][..]),
        None => Default::default(),
    };
    // The script puts the bucket's generation in place of these zeros.
    let mut call = store
        .scripts
        .create
        .call_for(&keys::of_user(handle), now, &session.owner.to_bytes())
        .arg(&session.id.unique[..])
        .arg(encode(&session.record, 0)?)
        .arg(&encode_clock(&session.clock, 0)[..])
        .arg(limit)
        .arg(u8::from(on_limit == OnLimit::Refuse))
        .arg(proven_at.get())
        .arg(u8::from(session.record.device.named_by_caller))
        .arg(id)
        .arg(body)
        .arg(nonce)
        .arg(key)
        .arg(encode_cause(&cause));
    for touch in touches.iter().filter(|touch| touch.session_id.handle == handle) {
        call = call.arg(&touch.session_id.unique[..]).arg(touch.at.get());
    }
    let answer: Vec<Value> = call.run(&store.router).await?;

    let mut reply = Reply::new("creating a session", answer);
    match reply.outcome()?.as_str() {
        "created" => {
            reply.number()?;
            let ended = reply.list()?.iter_mut().map(|ended| ended.ended(handle)).collect::<Result<_, _>>()?;
            Ok(CreateOutcome::Created { session: Box::new(session), ended })
        }
        "repeated" => {
            let stored = reply.session(&session.owner, handle)?;
            let (nonce, [key_id]) = (reply.array()?, reply.array()?);
            let request =
                request.ok_or_else(|| StoreError::corrupt("creating a session", "a repetition of nothing"))?;
            Ok(CreateOutcome::Repeated { session: Box::new(stored), request: RequestKey { nonce, key_id, ..request } })
        }
        "repeated_ended" => Ok(CreateOutcome::RepeatedEnded),
        "request_reused" => Ok(CreateOutcome::RequestIdReused),
        "limit" => Ok(CreateOutcome::LimitReached { live: u32::try_from(reply.number()?).unwrap_or(u32::MAX) }),
        "floor" => Ok(CreateOutcome::ProvenTooEarly { floor: reply.time()? }),
        "collision" => Err(StoreError::Collision),
        other => reply.unknown_outcome(other),
    }
}
