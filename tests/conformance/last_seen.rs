//! The client that was seen last is stored next to its session, and ends with it.

use std::time::Duration;

use data_encoding::HEXLOWER;
use session_authority::{
    domain::{Device, FormerClient, LastSeenClient, Location, SessionId, event::RevocationScope},
    store::{LoadOutcome, SeenClient},
};

use super::fixture::StoreFixture;
use super::operations::{revoke_all, revoke_mass};
use super::users::{CreationExt, LIFETIME, NOW, TestUser, after};

const DEVICE: &str = "the device that was seen last";

fn seen(session_id: SessionId, ip: &str) -> SeenClient {
    let location = Location { ip: ip.parse().ok(), country: "BR".to_owned(), ..Location::default() };
    let device = Device { id: DEVICE.to_owned(), user_agent: "Mozilla/5.0".to_owned(), ..Device::default() };
    SeenClient { session_id, client: LastSeenClient { at: NOW, location, device } }
}

async fn loaded(f: &StoreFixture, id: SessionId) -> Option<LastSeenClient> {
    match f.load(id).await.expect("loaded") {
        LoadOutcome::Found(found) => found.session.record.last_seen.map(|seen| *seen),
        other => panic!("{other:?}"),
    }
}

pub async fn it_is_loaded_and_listed_and_replaced(f: StoreFixture) {
    let (ann, bob) = (TestUser::new("ann"), TestUser::new("bob"));
    for user in [&ann, &bob] {
        f.sign_in(user.login(1, NOW)).await;
    }
    f.sign_in(ann.login(2, NOW)).await;
    assert_eq!(loaded(&f, ann.session_id(1)).await, None);
    let clients = [seen(ann.session_id(1), "192.0.2.1"), seen(bob.session_id(1), "2001:db8::1")];
    f.put_last_seen(&clients).await.expect("stored");
    for seen in &clients {
        assert_eq!(loaded(&f, seen.session_id).await.as_ref(), Some(&seen.client));
    }
    assert_eq!(loaded(&f, ann.session_id(2)).await, None, "another session of the user");
    let listed = f.list(&ann.owner, ann.handle, &[], NOW).await.expect("list");
    let listed = listed.iter().find(|session| session.id == ann.session_id(1)).expect("listed");
    assert_eq!(listed.record.last_seen.as_deref(), Some(&clients[0].client));

    let moved = seen(ann.session_id(1), "192.0.2.2");
    f.put_last_seen(std::slice::from_ref(&moved)).await.expect("stored");
    assert_eq!(loaded(&f, ann.session_id(1)).await, Some(moved.client));
}

pub async fn it_is_no_change_of_the_session(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW)).await;
    f.drain().await;
    let before = f.list(&ann.owner, ann.handle, &[], NOW).await.expect("list");
    f.put_last_seen(&[seen(ann.session_id(1), "192.0.2.1")]).await.expect("stored");
    assert_eq!(f.drain().await, []);
    let mut after = f.list(&ann.owner, ann.handle, &[], NOW).await.expect("list");
    after[0].record.last_seen = None;
    assert_eq!(after, before);
}

pub async fn it_is_not_stored_without_its_session(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW)).await;
    f.sign_in(ann.login(2, NOW).limited_to(1)).await;
    let before = f.keyspace().await;
    let gone = [ann.session_id(1), ann.session_id(3), TestUser::new("bob").session_id(1)];
    f.put_last_seen(&gone.map(|id| seen(id, "192.0.2.1"))).await.expect("stored");
    assert_eq!(f.keyspace().await, before);
}

pub async fn it_ends_with_its_session(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW)).await;
    f.put_last_seen(&[seen(ann.session_id(1), "192.0.2.1")]).await.expect("stored");
    assert_eq!(stored_devices(&f).await, 1);
    // Another session stays, so that the data of the user does.
    f.sign_in(ann.login(2, after(Duration::from_secs(1))).limited_to(1)).await;
    assert_eq!(stored_devices(&f).await, 0);
}

/// Returns the last client of an ended session as its tombstone has it.
async fn former_client(f: &StoreFixture, id: SessionId) -> Option<FormerClient> {
    match f.load(id).await.expect("loaded") {
        LoadOutcome::Ended(tombstone) => tombstone.former_client.map(|client| *client),
        other => panic!("{other:?}"),
    }
}

pub async fn a_tombstone_has_the_network_and_the_country_of_the_last_client(f: StoreFixture) {
    let ann = TestUser::new("ann");
    let mut unknown = ann.login(4, NOW);
    unknown.session.record.location = Location::default();
    let signed_in = ann.login(1, NOW).session.record.location;
    for login in [ann.login(1, NOW), ann.login(2, NOW), ann.login(3, NOW), unknown] {
        f.sign_in(login).await;
    }
    let mut moved = seen(ann.session_id(2), "192.0.2.1");
    moved.client.location.asn = u32::MAX;
    let nowhere = SeenClient {
        client: LastSeenClient { location: Location::default(), ..moved.client.clone() },
        session_id: ann.session_id(3),
    };
    f.put_last_seen(&[moved.clone(), nowhere]).await.expect("stored");
    f.revoke_all(revoke_all(&ann, after(Duration::from_secs(1)), 1)).await.expect("revoked");
    let expected = [&signed_in, &moved.client.location, &Location::default(), &Location::default()];
    for (number, location) in (1..).zip(expected) {
        let known = FormerClient::new(ann.owner.user.clone(), location);
        assert_eq!(former_client(&f, ann.session_id(number)).await, Some(known), "session {number}");
    }
}

pub async fn a_tombstone_of_a_mass_revocation_has_no_client(f: StoreFixture) {
    let (ann, bob) = (TestUser::new("ann"), TestUser::with_tenant("other", "bob"));
    f.sign_in(ann.login(1, NOW)).await;
    f.sign_in(bob.login(1, NOW)).await;
    let scope = RevocationScope::Tenant(ann.owner.tenant.clone());
    f.revoke_mass(revoke_mass(scope, after(Duration::from_secs(1)), 1)).await.expect("revoked");
    // A later login ends the sessions that have lapsed.
    let later = after(LIFETIME + Duration::from_secs(1));
    for user in [&ann, &bob] {
        f.sign_in(user.login(2, later)).await;
    }
    assert_eq!(former_client(&f, ann.session_id(1)).await, None);
    assert!(former_client(&f, bob.session_id(1)).await.is_some(), "it has timed out");
}

/// Returns the number of rows that name the device of [`seen`].
async fn stored_devices(f: &StoreFixture) -> usize {
    let name = HEXLOWER.encode(DEVICE.as_bytes());
    f.keyspace().await.iter().filter(|row| row.to_ascii_lowercase().contains(&name)).count()
}
