use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use super::*;
use crate::{
    authority::{ClientIdentity, PresentedCredentials},
    domain::{Caller, CallerRole, CertificateRefusal, InstallationSecret, SpiffeId, TenantScope, UnixMillis},
    entropy::SystemEntropy,
};

const NOW: UnixMillis = UnixMillis::new(1_700_000_000_000);

/// Time for which the keys of a file that cannot be read stay in effect.
const STALENESS: Duration = Duration::from_hours(1);

/// Time since boot at which the file is checked.
const CHECK_TIME: Duration = Duration::from_secs(100);

struct CallersFixture {
    directory: tempfile::TempDir,
    secret: InstallationSecret,
}

impl CallersFixture {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("directory");
        Self { directory, secret: InstallationSecret::new(&[7; 32]) }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("callers.toml")
    }

    fn file(&self) -> CallerFile {
        CallerFile::new(&self.path())
    }

    fn create(&self, new: NewCaller) -> Result<(String, CallerEntry), CallerFileError> {
        let (key, entry) = self.file().create(new, &self.secret, NOW, &SystemEntropy)?;
        Ok((key.reveal(), entry))
    }

    fn open(&self) -> CallersHandle {
        CallersHandle::open(&self.path(), Vec::new(), &self.secret, false, STALENESS).expect("callers")
    }
}

fn by_key(key: &str) -> PresentedCredentials<'_> {
    PresentedCredentials { key: Some(key), certificate: None }
}

/// A client certificate that was verified, or refused.
#[derive(Debug)]
struct VerifiedIdentity(Result<SpiffeId, CertificateRefusal>);

impl ClientIdentity for VerifiedIdentity {
    fn verify(&self, _: UnixMillis) -> Result<(), CertificateRefusal> {
        self.0.as_ref().map(drop).map_err(|refusal| *refusal)
    }

    fn spiffe_id(&self, _: UnixMillis) -> Result<&SpiffeId, CertificateRefusal> {
        self.0.as_ref().map_err(|refusal| *refusal)
    }

    fn stated_id(&self) -> Option<&SpiffeId> {
        self.0.as_ref().ok()
    }
}

fn identity(id: &str) -> VerifiedIdentity {
    VerifiedIdentity(Ok(id.parse().expect("a SPIFFE ID")))
}

fn by_certificate(identity: &VerifiedIdentity) -> PresentedCredentials<'_> {
    PresentedCredentials { key: None, certificate: Some(identity) }
}

fn gateway_key() -> NewCaller {
    NewCaller {
        name: "gateway".to_owned(),
        role: CallerRole::Validator,
        tenants: vec!["acme".to_owned()],
        expires_at: None,
    }
}

#[test]
fn a_created_key_opens_and_says_who_its_holder_is() {
    let fixture = CallersFixture::new();
    let (key, entry) = fixture.create(gateway_key()).expect("created");
    let caller = fixture.open().authenticate(by_key(&key), NOW).expect("authenticated");
    assert_eq!(caller.name, "gateway");
    assert_eq!(caller.role, Some(CallerRole::Validator));
    assert!(caller.tenants.allows("acme") && !caller.tenants.allows("other"));
    assert_eq!(fixture.file().read().expect("list"), [entry]);
}

#[test]
fn the_key_itself_is_not_kept() {
    let fixture = CallersFixture::new();
    let (key, _) = fixture.create(gateway_key()).expect("created");
    let kept = fs::read_to_string(fixture.path()).expect("file");
    assert!(!kept.contains(&key[4..]), "{kept}");
    let bytes = data_encoding::BASE64URL_NOPAD.decode(&key.as_bytes()[4..]).expect("base64");
    assert!(!kept.contains(&data_encoding::BASE64.encode(&bytes[8..40])));
}

#[test]
fn only_its_owner_can_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let fixture = CallersFixture::new();
    fixture.create(gateway_key()).expect("created");
    let mode = fs::metadata(fixture.path()).expect("metadata").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let names: Vec<_> = fs::read_dir(fixture.directory.path()).expect("list").collect();
    assert_eq!(names.len(), 1, "{names:?}");
}

#[test]
fn what_is_not_a_key_of_ours_is_refused_by_reason() {
    let fixture = CallersFixture::new();
    let (key, _) = fixture.create(gateway_key()).expect("created");
    let callers = fixture.open();
    let stranger = ApiKey::generate(&SystemEntropy).expect("key").reveal();
    let refused =
        |key| callers.authenticate(PresentedCredentials { key, certificate: None }, NOW).expect_err("refused");
    assert_eq!(refused(None), AuthError::Missing);
    assert_eq!(refused(Some("letmein")), AuthError::Malformed);
    assert_eq!(refused(Some(&key[..key.len() - 1])), AuthError::Malformed);
    assert_eq!(refused(Some(&stranger)), AuthError::Unknown);
    let elsewhere = InstallationSecret::new(&[8; 32]);
    let elsewhere = CallerRegistry::new(&elsewhere, &fixture.file().read().expect("list"), false);
    assert_eq!(elsewhere.authenticate(by_key(&key), NOW), Err(AuthError::Unknown));
}

#[test]
fn a_key_expires_at_its_moment_and_not_before() {
    let fixture = CallersFixture::new();
    let end = UnixMillis::new(NOW.get() + 1000);
    let (key, _) = fixture.create(NewCaller { expires_at: Some(end), ..gateway_key() }).expect("created");
    let callers = fixture.open();
    assert!(callers.authenticate(by_key(&key), UnixMillis::new(end.get() - 1)).is_ok());
    assert_eq!(callers.authenticate(by_key(&key), end), Err(AuthError::Expired));
    let past = NewCaller { expires_at: Some(NOW), ..gateway_key() };
    assert!(matches!(fixture.create(past), Err(CallerFileError::Refused(_))));
}

#[test]
fn two_keys_of_a_caller_work_side_by_side_and_a_third_is_refused() {
    let fixture = CallersFixture::new();
    let (old, entry) = fixture.create(gateway_key()).expect("old");
    let (new, _) = fixture.create(gateway_key()).expect("new");
    assert!(matches!(fixture.create(gateway_key()), Err(CallerFileError::Refused(_))));
    let callers = fixture.open();
    assert!(callers.authenticate(by_key(&old), NOW).is_ok());
    assert!(callers.authenticate(by_key(&new), NOW).is_ok());
    let revoked = fixture.file().revoke(&CredentialSelector::Credential(entry.credential.id()), NOW).expect("revoked");
    assert_eq!(revoked.len(), 1);
    let callers = fixture.open();
    assert_eq!(callers.authenticate(by_key(&old), NOW), Err(AuthError::Revoked));
    assert!(callers.authenticate(by_key(&new), NOW).is_ok());
    fixture.create(gateway_key()).expect("one active key, so another is allowed");
}

#[test]
fn a_caller_has_one_role_and_one_set_of_tenants() {
    let fixture = CallersFixture::new();
    fixture.create(gateway_key()).expect("created");
    for other in [
        NewCaller { role: CallerRole::Admin, ..gateway_key() },
        NewCaller { tenants: Vec::new(), ..gateway_key() },
        NewCaller { name: String::new(), ..gateway_key() },
        NewCaller { name: "other".to_owned(), tenants: vec!["*".to_owned(), "acme".to_owned()], ..gateway_key() },
    ] {
        assert!(matches!(fixture.create(other), Err(CallerFileError::Refused(_))));
    }
}

#[test]
fn revoking_by_name_takes_every_key_once() {
    let fixture = CallersFixture::new();
    fixture.create(gateway_key()).expect("created");
    fixture.create(gateway_key()).expect("created");
    let gateway = CredentialSelector::from("gateway");
    assert_eq!(fixture.file().revoke(&gateway, NOW).expect("revoked").len(), 2);
    assert_eq!(fixture.file().revoke(&gateway, NOW).expect("again").len(), 0);
    let nobody = fixture.file().revoke(&CredentialSelector::from("nobody"), NOW);
    assert!(matches!(nobody, Err(CallerFileError::Refused(_))));
}

#[test]
fn keys_made_at_the_same_time_are_all_kept() {
    let fixture = CallersFixture::new();
    std::thread::scope(|scope| {
        for i in 0..16 {
            let fixture = &fixture;
            scope.spawn(move || {
                let name = format!("caller-{i}");
                fixture.create(NewCaller { name, ..gateway_key() }).expect("created");
            });
        }
    });
    assert_eq!(fixture.file().read().expect("list").len(), 16);
}

#[test]
fn a_running_server_takes_over_changes_and_keeps_its_callers_when_the_file_breaks() {
    let fixture = CallersFixture::new();
    let callers = fixture.open();
    assert!(matches!(callers.reload_if_changed(CHECK_TIME), CallersReloadOutcome::Unchanged));
    let (key, _) = fixture.create(gateway_key()).expect("created");
    assert!(matches!(callers.reload_if_changed(CHECK_TIME), CallersReloadOutcome::Replaced { credentials: 1 }));
    assert!(callers.authenticate(by_key(&key), NOW).is_ok());

    fs::write(fixture.path(), "[[callers.list]]\nname = 5\n").expect("broken");
    let CallersReloadOutcome::Rejected(reason) = callers.reload_if_changed(CHECK_TIME) else { panic!("accepted") };
    assert!(reason.contains("line 2"), "{reason}");
    assert!(
        matches!(callers.reload_if_changed(CHECK_TIME), CallersReloadOutcome::Unchanged),
        "the same reason is returned once"
    );
    assert_eq!(callers.status(CHECK_TIME).failure, Some(reason), "it stays in the status");
    assert!(callers.authenticate(by_key(&key), NOW).is_ok());

    fs::write(fixture.path(), "[[callers.list]]\n\n\nname = 5\n").expect("broken in another way");
    assert!(matches!(callers.reload_if_changed(CHECK_TIME), CallersReloadOutcome::Rejected(_)));
}

#[test]
fn a_file_that_was_unreadable_is_read_again_although_nothing_else_changed() {
    let fixture = CallersFixture::new();
    let (key, _) = fixture.create(gateway_key()).expect("created");
    let callers = fixture.open();
    fixture.file().revoke(&CredentialSelector::from("gateway"), NOW).expect("revoked");
    // Stands in for a file that this process may not read: tests may run as root, which can read any file.
    let aside = fixture.directory.path().join("aside");
    fs::rename(fixture.path(), &aside).expect("moved");
    fs::create_dir(fixture.path()).expect("a directory in its place");
    assert!(matches!(callers.reload_if_changed(CHECK_TIME), CallersReloadOutcome::Rejected(_)));
    assert!(callers.authenticate(by_key(&key), NOW).is_ok(), "for now");
    fs::remove_dir(fixture.path()).expect("removed");
    fs::rename(&aside, fixture.path()).expect("moved back");
    assert!(matches!(callers.reload_if_changed(CHECK_TIME), CallersReloadOutcome::Replaced { credentials: 1 }));
    assert_eq!(callers.authenticate(by_key(&key), NOW), Err(AuthError::Revoked));
    assert_eq!(callers.status(CHECK_TIME).failure, None);
}

#[test]
fn a_replacement_of_equal_length_and_time_is_noticed() {
    let fixture = CallersFixture::new();
    fixture.create(gateway_key()).expect("created");
    let text = fs::read_to_string(fixture.path()).expect("the file");
    let callers = fixture.open();
    for _ in 0..3 {
        assert!(matches!(callers.reload_if_changed(CHECK_TIME), CallersReloadOutcome::Unchanged));
    }
    let time = fs::metadata(fixture.path()).expect("metadata").modified().expect("a time");
    let new = fixture.directory.path().join("new");
    fs::write(&new, text.replace("gateway", "getaway")).expect("a file");
    fs::File::options().write(true).open(&new).expect("the file").set_modified(time).expect("the time of the old one");
    fs::rename(&new, fixture.path()).expect("renamed");
    assert!(matches!(callers.reload_if_changed(CHECK_TIME), CallersReloadOutcome::Replaced { credentials: 1 }));
}

#[test]
fn a_file_that_is_gone_at_two_looks_disables_its_keys_until_it_is_back() {
    let fixture = CallersFixture::new();
    let (key, _) = fixture.create(gateway_key()).expect("created");
    let text = fs::read_to_string(fixture.path()).expect("the file");
    let gone: [&dyn Fn(); 2] = [&|| fs::remove_file(fixture.path()).expect("removed"), &|| {
        fs::write(fixture.path(), "# nobody\n").expect("emptied");
    }];
    for go in gone {
        let callers = fixture.open();
        go();
        assert!(
            matches!(callers.reload_if_changed(CHECK_TIME), CallersReloadOutcome::Rejected(_)),
            "a replacement may be in progress"
        );
        assert!(callers.authenticate(by_key(&key), NOW).is_ok());
        let second = callers.reload_if_changed(CHECK_TIME);
        assert!(
            matches!(second, CallersReloadOutcome::Disabled | CallersReloadOutcome::Replaced { credentials: 0 }),
            "{second:?}"
        );
        assert_eq!(callers.authenticate(by_key(&key), NOW), Err(AuthError::Unknown));
        assert!(matches!(callers.reload_if_changed(CHECK_TIME), CallersReloadOutcome::Unchanged));

        fs::write(fixture.path(), &text).expect("it is back");
        assert!(matches!(callers.reload_if_changed(CHECK_TIME), CallersReloadOutcome::Replaced { credentials: 1 }));
        assert!(callers.authenticate(by_key(&key), NOW).is_ok());
    }
}

#[test]
fn a_file_that_is_gone_for_one_look_changes_nothing() {
    let fixture = CallersFixture::new();
    let (key, _) = fixture.create(gateway_key()).expect("created");
    let text = fs::read_to_string(fixture.path()).expect("the file");
    let callers = fixture.open();
    for _ in 0..2 {
        fs::remove_file(fixture.path()).expect("removed");
        assert!(matches!(callers.reload_if_changed(CHECK_TIME), CallersReloadOutcome::Rejected(_)));
        fs::write(fixture.path(), &text).expect("it is back");
        callers.reload_if_changed(CHECK_TIME);
        assert!(callers.authenticate(by_key(&key), NOW).is_ok());
        assert_eq!(callers.status(CHECK_TIME).failure, None);
    }
}

#[test]
fn the_keys_of_an_unusable_file_are_disabled_when_it_was_so_for_too_long() {
    let fixture = CallersFixture::new();
    let (key, entry) = fixture.create(gateway_key()).expect("created");
    let text = fs::read_to_string(fixture.path()).expect("the file");
    let (other, listed) = {
        let elsewhere = CallersFixture::new();
        elsewhere.create(NewCaller { name: "listed".to_owned(), ..gateway_key() }).expect("created")
    };
    let callers =
        CallersHandle::open(&fixture.path(), vec![listed], &fixture.secret, false, STALENESS).expect("callers");
    callers.reload_if_changed(CHECK_TIME);
    fs::write(fixture.path(), "this is not TOML").expect("broken");
    callers.reload_if_changed(CHECK_TIME);
    assert!(!callers.disable_if_stale(CHECK_TIME + STALENESS));
    assert!(callers.authenticate(by_key(&key), NOW).is_ok());

    let late = CHECK_TIME + STALENESS + Duration::from_millis(1);
    assert!(callers.disable_if_stale(late));
    assert!(!callers.disable_if_stale(late), "only once");
    assert_eq!(callers.authenticate(by_key(&key), NOW), Err(AuthError::Unknown));
    assert!(callers.authenticate(by_key(&other), NOW).is_ok(), "a key of the configuration stays in effect");
    let status = callers.status(late);
    assert!(status.is_disabled && status.failure.is_some() && status.credentials == 1, "{status:?}");

    fs::write(fixture.path(), text).expect("repaired");
    assert!(matches!(callers.reload_if_changed(late), CallersReloadOutcome::Replaced { credentials: 2 }));
    assert_eq!(callers.authenticate(by_key(&key), NOW).expect("authenticated").name, entry.name);
}

#[test]
fn keys_that_were_disabled_for_want_of_a_look_come_back_with_the_next_one() {
    let fixture = CallersFixture::new();
    let (key, _) = fixture.create(gateway_key()).expect("created");
    let callers = CallersHandle::open(&fixture.path(), Vec::new(), &fixture.secret, false, STALENESS).expect("callers");
    callers.reload_if_changed(CHECK_TIME);
    callers.reload_if_changed(CHECK_TIME);
    // The machine was suspended for longer than the keys stay in effect.
    let late = CHECK_TIME + STALENESS + Duration::from_secs(1);
    assert!(callers.disable_if_stale(late));
    assert!(callers.status(late).failure.is_some(), "an unchecked file is reported");
    assert!(matches!(callers.reload_if_changed(late), CallersReloadOutcome::Replaced { credentials: 1 }));
    assert!(callers.authenticate(by_key(&key), NOW).is_ok());
    assert!(callers.status(late).failure.is_none());
}

#[test]
fn an_invalid_entry_is_reported_by_its_index_and_field() {
    let fixture = CallersFixture::new();
    fixture.create(gateway_key()).expect("created");
    let text = fs::read_to_string(fixture.path()).expect("file");
    let cases = [
        ("role = \"validator\"", "role = \"king\"", "king"),
        ("name = \"gateway\"", "name = \"\"", "`name`"),
        ("created_at = \"2023", "created_at = \"once", "`created_at`"),
        ("key_hash = \"", "key_hash = \"!", "`key_hash`"),
        ("key_hash", "spiffe_id", "requires either `key_id` and `key_hash`, or `spiffe_id`"),
        ("tenants", "tenant", "tenant"),
    ];
    for (from, to, expected) in cases {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        fs::write(fixture.path(), changed).expect("written");
        let error = fixture.file().read().expect_err("wrong").to_string();
        assert!(error.contains(expected), "{error}");
    }
    let heading = text.find("[[").expect("entry");
    fs::write(fixture.path(), format!("{text}{}", &text[heading..])).expect("written");
    let error = fixture.file().read().expect_err("twice").to_string();
    assert!(error.contains("entry 2: `key_id`"), "{error}");
}

#[test]
fn without_a_key_only_an_anonymous_server_lets_in() {
    let fixture = CallersFixture::new();
    let callers = CallerRegistry::new(&fixture.secret, &[], true);
    let caller = callers.authenticate(PresentedCredentials::default(), NOW).expect("authenticated");
    assert_eq!((caller.role, &caller.tenants), (None, &TenantScope::All));
    assert_eq!(callers.authenticate(by_key("letmein"), NOW), Err(AuthError::Malformed));
}

#[test]
fn an_entry_of_the_configuration_opens_like_one_of_the_file() {
    let fixture = CallersFixture::new();
    let (key, entry) = fixture.create(gateway_key()).expect("created");
    fs::remove_file(fixture.path()).expect("removed");
    let callers = CallersHandle::open(&fixture.path(), vec![entry], &fixture.secret, false, STALENESS);
    assert!(callers.expect("callers").authenticate(by_key(&key), NOW).is_ok());
}

const GATEWAY: &str = "spiffe://example.org/gateway";

#[test]
fn a_spiffe_id_identifies_its_caller_until_it_expires_or_is_revoked() {
    let fixture = CallersFixture::new();
    let (gateway, id) = (identity(GATEWAY), GATEWAY.parse::<SpiffeId>().expect("a SPIFFE ID"));
    let end = NOW.plus(Duration::from_secs(1));
    let new = NewCaller { expires_at: Some(end), ..gateway_key() };
    let added = fixture.file().add_spiffe_id(new, id.clone(), NOW).expect("added");
    assert_eq!(fixture.file().read().expect("list"), [added]);

    let caller = fixture.open().authenticate(by_certificate(&gateway), NOW).expect("authenticated");
    assert_eq!((caller.name.as_str(), caller.role), ("gateway", Some(CallerRole::Validator)));
    assert!(caller.tenants.allows("acme") && !caller.tenants.allows("other"));
    let refused = |identity: &VerifiedIdentity, at| {
        fixture.open().authenticate(by_certificate(identity), at).expect_err("refused")
    };
    assert_eq!(refused(&gateway, end), AuthError::ExpiredSpiffeId);
    assert_eq!(refused(&identity("spiffe://example.org/gateway2"), NOW), AuthError::UnknownSpiffeId);
    let foreign = VerifiedIdentity(Err(CertificateRefusal::ForeignTrustDomain));
    assert_eq!(refused(&foreign, NOW), AuthError::Certificate(CertificateRefusal::ForeignTrustDomain));

    let again = fixture.file().add_spiffe_id(NewCaller { name: "other".to_owned(), ..gateway_key() }, id.clone(), NOW);
    assert!(matches!(again, Err(CallerFileError::Refused(_))), "an ID belongs to one caller");
    fixture.file().revoke(&CredentialSelector::from(GATEWAY), NOW).expect("revoked");
    assert_eq!(refused(&gateway, NOW), AuthError::RevokedSpiffeId);
    fixture.file().add_spiffe_id(NewCaller { name: "other".to_owned(), ..gateway_key() }, id, NOW).expect("free again");
    assert_eq!(fixture.open().authenticate(by_certificate(&gateway), NOW).expect("authenticated").name, "other");
}

#[test]
fn a_key_and_a_certificate_must_belong_to_the_same_caller() {
    let fixture = CallersFixture::new();
    let (key, _) = fixture.create(gateway_key()).expect("created");
    let (other, _) = fixture.create(NewCaller { name: "other".to_owned(), ..gateway_key() }).expect("created");
    let gateway = identity(GATEWAY);
    let both = |key, certificate: &VerifiedIdentity| -> Result<Arc<Caller>, AuthError> {
        let credentials = PresentedCredentials { key: Some(key), certificate: Some(certificate) };
        fixture.open().authenticate(credentials, NOW)
    };
    assert_eq!(both(&key, &gateway), Err(AuthError::UnknownSpiffeId), "a certificate that identifies nobody");
    fixture.file().add_spiffe_id(gateway_key(), GATEWAY.parse().expect("a SPIFFE ID"), NOW).expect("added");
    assert_eq!(both(&key, &gateway).expect("authenticated").name, "gateway");
    assert_eq!(both(&other, &gateway), Err(AuthError::CallerMismatch));
    assert_eq!(both("letmein", &gateway), Err(AuthError::Malformed), "a wrong key is not ignored");
    let refused = VerifiedIdentity(Err(CertificateRefusal::Expired));
    assert_eq!(both(&key, &refused), Err(AuthError::Certificate(CertificateRefusal::Expired)));
}

#[test]
fn a_rotated_key_works_beside_the_new_one_until_it_expires() {
    let fixture = CallersFixture::new();
    let (old, _) = fixture.create(gateway_key()).expect("created");
    let rotation =
        KeyRotation { name: "gateway".to_owned(), old_expires_at: NOW.plus(Duration::from_mins(1)), expires_at: None };
    let rotate = |rotation: &KeyRotation, now| fixture.file().rotate(rotation, &fixture.secret, now, &SystemEntropy);
    let (new, entry, replaced) = rotate(&rotation, NOW).expect("rotated");
    assert_eq!((&entry.tenants, entry.expires_at), (&replaced.tenants, None));
    let callers = fixture.open();
    for key in [&old, &new.reveal()] {
        assert_eq!(callers.authenticate(by_key(key), NOW).expect("authenticated").name, "gateway");
    }
    assert!(matches!(rotate(&rotation, NOW), Err(CallerFileError::Refused(_))), "two keys are active");
    let later = rotation.old_expires_at;
    assert_eq!(callers.authenticate(by_key(&old), later), Err(AuthError::Expired));
    assert!(callers.authenticate(by_key(&new.reveal()), later).is_ok());
    let next = KeyRotation { old_expires_at: later.plus(Duration::from_mins(1)), ..rotation.clone() };
    rotate(&next, later).expect("rotated again");
    let nobody = KeyRotation { name: "nobody".to_owned(), ..rotation };
    assert!(matches!(rotate(&nobody, NOW), Err(CallerFileError::Refused(_))));
}

#[test]
fn a_key_is_found_by_its_id_for_as_long_as_it_can_be_used() {
    let fixture = CallersFixture::new();
    let until = NOW.plus(Duration::from_mins(1));
    let (_, entry) = fixture.create(NewCaller { expires_at: Some(until), ..gateway_key() }).expect("created");
    let id = entry.credential.id().to_string();
    let find = |id: &str, now| fixture.open().current().authenticate_key_id(id, now);
    assert_eq!(find(&id, NOW).expect("known").name, "gateway");
    assert_eq!(find(&id, until), Err(AuthError::Expired));
    assert_eq!(find("0000000000000000", NOW), Err(AuthError::Unknown));
    assert_eq!(find("gateway", NOW), Err(AuthError::Malformed));
    fixture.file().revoke(&CredentialSelector::Name("gateway".to_owned()), NOW).expect("revoked");
    assert_eq!(find(&id, NOW), Err(AuthError::Revoked));
}

#[test]
fn credentials_are_identified_without_their_secret() {
    let fixture = CallersFixture::new();
    let (key, entry) = fixture.create(gateway_key()).expect("created");
    fixture.file().add_spiffe_id(gateway_key(), GATEWAY.parse().expect("a SPIFFE ID"), NOW).expect("added");
    let callers = fixture.open().current();
    let of_key = callers.identify(by_key(&key));
    assert_eq!(of_key.credential, Some(entry.credential.id().to_string()));
    assert_eq!(of_key.caller.as_deref(), Some("gateway"));
    let of_certificate = callers.identify(by_certificate(&identity(GATEWAY)));
    assert_eq!(
        (of_certificate.credential.as_deref(), of_certificate.caller.as_deref()),
        (Some(GATEWAY), Some("gateway"))
    );
    assert_eq!(callers.identify(by_key("letmein")).credential, None);
}
