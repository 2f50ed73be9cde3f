//! The addresses of nodes in a URL, and the nodes that a store finds.

use std::net::{Ipv4Addr, SocketAddr};

use session_authority::certificates::{ClientCredentials, KeyedCertificate};
use session_authority::store::redis::{RedisOptions, RedisSessionStore};
use session_authority::store::{LoadOutcome, SessionStore};

use crate::conformance::fixture::StoreFixture;
use crate::conformance::users::{NOW, TestUser};
use crate::support::certificates::CertificateAuthority;
use crate::support::ports;
use crate::support::redis::RedisServer;
use crate::support::redis_cluster::{RedisCluster, run_cluster_command, until};

#[tokio::test]
async fn one_node_that_answers_is_enough_to_find_all() {
    let f = StoreFixture::cluster().await;
    let dead = SocketAddr::from((Ipv4Addr::LOCALHOST, ports::free()));
    let url = f.redis_cluster().url_by(&[1]);
    let (login, last) = url.rsplit_once('@').expect("a user");
    let store = RedisSessionStore::connect(&format!("{login}@{dead},{last}")).await.expect("a store");
    for bucket in [0, 90, 180, 255] {
        let ann = TestUser::new("ann").in_bucket(bucket);
        store.create(ann.login(1, NOW)).await.expect("create");
        assert!(matches!(f.load(ann.session_id(1)).await, Ok(LoadOutcome::Found(_))));
    }
}

#[tokio::test]
async fn without_a_node_that_answers_there_is_no_store() {
    let f = StoreFixture::cluster().await;
    let url = f.redis_cluster().url_by(&[1]);
    let (login, _) = url.rsplit_once('@').expect("a user");
    let dead = SocketAddr::from((Ipv4Addr::LOCALHOST, ports::free()));
    let error = RedisSessionStore::connect(&format!("{login}@{dead}")).await.map(drop).expect_err("no store");
    assert!(!error.is_ambiguous() && error.to_string().contains("reading the cluster topology"), "{error}");
}

#[tokio::test]
async fn a_url_of_the_wrong_kind_is_refused_with_the_right_one() {
    let f = StoreFixture::cluster().await;
    let error =
        RedisSessionStore::connect(&f.redis_cluster().nodes[0].url()).await.map(drop).expect_err("not one server");
    assert!(error.to_string().contains("a node of a Cluster; use redis+cluster://"), "{error}");

    let server = RedisServer::start().await;
    let url = server.url().replacen("://", "+cluster://", 1);
    let error = RedisSessionStore::connect(&url).await.map(drop).expect_err("not a Cluster");
    assert!(error.to_string().contains("cluster support off; use redis://"), "{error}");
}

#[tokio::test]
async fn a_cluster_is_reached_over_tls() {
    let (cluster, authority) = RedisCluster::tls().await;
    let tls = ClientCredentials { authorities: Some(authority), certificate: None };
    let options = RedisOptions { tls, ..RedisOptions::default() };
    let store = RedisSessionStore::connect_with(&cluster.url(), &options).await.expect("a store");
    for bucket in [0, 90, 180, 255] {
        store.create(TestUser::new("ann").in_bucket(bucket).login(1, NOW)).await.expect("create");
    }
    let stranger = RedisSessionStore::connect(&cluster.url()).await.map(drop);
    assert!(stranger.is_err(), "the certificate authority is not trusted by default");
}

/// Returns credentials with a client certificate of `authority`, for servers of the same authority.
fn credentials_of(authority: &CertificateAuthority) -> ClientCredentials {
    let client = authority.issue_client(&[]);
    let certificate = KeyedCertificate { chain: client.certificate, key: client.key.into() };
    ClientCredentials { authorities: Some(authority.certificate.clone()), certificate: Some(certificate) }
}

#[tokio::test]
async fn a_cluster_that_requires_certificates_is_reached_with_those_of_the_moment() {
    let (old, new) = (CertificateAuthority::generate(), CertificateAuthority::generate());
    let mut cluster = RedisCluster::mutual_tls(&old).await;
    let options = RedisOptions { tls: credentials_of(&old), ..RedisOptions::default() };
    let store = RedisSessionStore::connect_with(&cluster.url(), &options).await.expect("a store");
    let buckets = [0_u8, 90, 180, 255];
    let create = async |number| {
        let logins = buckets.map(|bucket| TestUser::new("ann").in_bucket(bucket).login(number, NOW));
        let mut created = 0;
        for login in logins {
            created += usize::from(store.create(login).await.is_ok());
        }
        created
    };
    assert_eq!(create(1).await, buckets.len());
    let anonymous = ClientCredentials { certificate: None, ..credentials_of(&old) };
    let without = RedisOptions { tls: anonymous, ..RedisOptions::default() };
    assert!(RedisSessionStore::connect_with(&cluster.url(), &without).await.is_err(), "no certificate");

    for node in &mut cluster.nodes {
        node.replace_tls(&new).await;
    }
    assert_eq!(create(2).await, buckets.len(), "open connections continue");
    for node in &cluster.nodes {
        assert!(node.disconnect_service().await > 0);
    }
    assert_eq!(create(3).await, 0, "the old credentials are of no use any more");
    let keyless = KeyedCertificate { chain: new.certificate.clone(), key: String::new().into() };
    let keyless = ClientCredentials { certificate: Some(keyless), ..credentials_of(&new) };
    store.replace_tls(&keyless).expect_err("no key");
    store.replace_tls(&credentials_of(&new)).expect("usable credentials");
    let connected = async || create(4).await == buckets.len();
    until("every master is reached with the new ones", connected).await;
}

#[tokio::test]
async fn a_keyspace_of_another_layout_is_refused_wherever_it_lies() {
    let f = StoreFixture::cluster().await;
    let key = "sa1:{80}:meta";
    let master = f.redis_cluster().master_of(key, 0).await;
    let mut set = redis::cmd("HSET");
    let mut admin = f.redis_cluster().nodes[master].admin().await;
    set.arg(key).arg("layout").arg("0").exec_async(&mut admin).await.expect("another layout");
    let error = RedisSessionStore::connect(&f.redis_cluster().url()).await.map(drop).expect_err("another layout");
    assert!(error.to_string().contains("layout version 0"), "{error}");
}

#[tokio::test]
async fn nodes_are_found_by_whatever_name_they_announce() {
    let cluster = RedisCluster::start().await;
    let users = [0, 90, 180, 255].map(|bucket| TestUser::new("ann").in_bucket(bucket));
    let slot = cluster.slot_of("sa1:{00}:outbox").await;
    let mut owner = cluster.master_of("sa1:{00}:outbox", 0).await;
    for (number, kind) in (1..).zip(["hostname", "unknown-endpoint", "ip"]) {
        for mut admin in cluster.admins().await {
            let mut set = redis::cmd("CONFIG");
            set.arg("SET").arg(&["cluster-announce-hostname", "localhost", "cluster-preferred-endpoint-type", kind]);
            set.exec_async(&mut admin).await.expect("a setting");
        }
        until("the names are known", async || kind != "hostname" || cluster.names_only("localhost").await).await;
        let store = RedisSessionStore::connect(&cluster.url_by(&[1])).await.expect("a store");
        for user in &users {
            store.create(user.login(number, NOW)).await.expect("create");
        }
        // After a redirect, it finds the nodes by that name, too.
        cluster.move_slot(slot, owner, (owner + 1) % 3).await;
        owner = (owner + 1) % 3;
        assert!(matches!(store.load(users[0].session_id(number)).await, Ok(LoadOutcome::Found(_))));
    }
}

/// An address other than loopback at which this machine is reachable as well.
const ELSEWHERE: &str = "0.0.0.0";

/// Makes the nodes with these numbers announce [`ELSEWHERE`], and the others `localhost`.
async fn announce_elsewhere(cluster: &RedisCluster, numbers: &[usize]) {
    for (number, mut admin) in cluster.admins().await.into_iter().enumerate() {
        let host = if numbers.contains(&number) { ELSEWHERE } else { "localhost" };
        let names = ["cluster-announce-hostname", host, "cluster-preferred-endpoint-type", "hostname"];
        redis::cmd("CONFIG").arg("SET").arg(&names).exec_async(&mut admin).await.expect("a setting");
    }
    until("the names are known", async || {
        for node in &cluster.nodes {
            let slots = format!("{:?}", run_cluster_command(node, &["SLOTS"]).await.expect("slots"));
            if slots.matches(ELSEWHERE).count() != numbers.len() {
                return false;
            }
        }
        true
    })
    .await;
}

#[tokio::test]
async fn a_master_beyond_loopback_is_not_connected_to_in_plaintext() {
    let cluster = RedisCluster::start().await;
    announce_elsewhere(&cluster, &[0, 1, 2]).await;
    let error = RedisSessionStore::connect(&cluster.url()).await.map(drop).expect_err("no TLS");
    let text = error.to_string();
    assert!(text.contains(ELSEWHERE) && text.contains("store.allow_plaintext"), "{text}");
    assert!(!error.is_ambiguous(), "{text}");

    let allowed = RedisOptions { allow_plaintext: true, ..RedisOptions::default() };
    let store =
        RedisSessionStore::connect_with(&cluster.url(), &allowed).await.expect("a plaintext connection, as permitted");
    store.create(TestUser::new("ann").in_bucket(0).login(1, NOW)).await.expect("create");
}

#[tokio::test]
async fn a_slot_that_moves_beyond_loopback_is_not_followed_in_plaintext() {
    for is_allowed in [false, true] {
        let cluster = RedisCluster::start().await;
        let options = RedisOptions { allow_plaintext: is_allowed, ..RedisOptions::default() };
        let store = RedisSessionStore::connect_with(&cluster.url(), &options).await.expect("a store");
        // Buckets of another master than the first: their slots are still served under the name that the store knows.
        let mut buckets = Vec::new();
        for bucket in [0, 90, 180, 255] {
            if cluster.master_of(&format!("sa1:{{{bucket:02x}}}:outbox"), 0).await != 0 {
                buckets.push(bucket);
            }
        }
        let (moved, stays) = (buckets[0], buckets[1]);
        let key = format!("sa1:{{{moved:02x}}}:outbox");
        let (slot, owner) = (cluster.slot_of(&key).await, cluster.master_of(&key, 0).await);
        announce_elsewhere(&cluster, &[0]).await;
        cluster.move_slot(slot, owner, 0).await;
        let created = store.create(TestUser::new("ann").in_bucket(moved).login(1, NOW)).await;
        assert_eq!(created.is_ok(), is_allowed, "{:?}", created.err());
        store.create(TestUser::new("bob").in_bucket(stays).login(1, NOW)).await.expect("the other masters are used");
    }
}

#[tokio::test]
async fn masters_that_announce_no_host_are_distinguished_from_none() {
    let lonely = RedisServer::cluster_node("secret", std::time::Duration::from_mins(1), None).await;
    let url = lonely.url().replacen("://", "+cluster://", 1);
    let error = RedisSessionStore::connect(&url).await.map(drop).expect_err("no slots");
    assert!(error.to_string().contains("has the cluster been created"), "{error}");

    let cluster = RedisCluster::start().await;
    for mut admin in cluster.admins().await {
        let mut set = redis::cmd("CONFIG");
        set.arg("SET").arg(&["cluster-preferred-endpoint-type", "hostname"]);
        set.exec_async(&mut admin).await.expect("a setting");
    }
    let error = RedisSessionStore::connect(&cluster.url()).await.map(drop).expect_err("no host");
    assert!(error.to_string().contains("cluster-announce-hostname"), "{error}");
}
