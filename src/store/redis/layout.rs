use super::{keys, request::Request, router::Router};
use crate::{domain::Bucket, store::StoreError};

const DURING: &str = "reading the layout's version";

/// Writes the layout's version where there is none, and refuses another. It is written in every bucket, since a bucket
/// may lie on a server of its own.
pub(super) async fn claim(router: &Router) -> Result<(), StoreError> {
    let claim = |bucket| Request::on("HSETNX", &keys::meta(bucket)).arg("layout").arg(keys::LAYOUT);
    let claims: Vec<_> = Bucket::all().map(claim).collect();
    router.all::<()>(DURING, &claims).await?;
    let read: Vec<_> = Bucket::all().map(|bucket| Request::on("HGET", &keys::meta(bucket)).arg("layout")).collect();
    let layouts: Vec<String> = router.all(DURING, &read).await?;
    match layouts.iter().find(|layout| *layout != keys::LAYOUT) {
        None => Ok(()),
        Some(other) => Err(StoreError::corrupt(
            DURING,
            format!(
                "this Redis holds layout {other}, this release knows layout {}; run the release that wrote it",
                keys::LAYOUT
            ),
        )),
    }
}
