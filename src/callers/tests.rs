use std::{fs, path::PathBuf};

use super::*;
use crate::{
    domain::{Role, TenantScope},
    entropy::SystemEntropy,
};

const NOW: UnixMillis = UnixMillis::new(1_700_000_000_000);

struct Fixture {
    directory: tempfile::TempDir,
    secret: InstallationSecret,
}

impl Fixture {
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

    fn create(&self, new: NewKey) -> Result<(String, Entry), CallerFileError> {
        let (key, entry) = self.file().create(new, &self.secret, NOW, &SystemEntropy)?;
        Ok((key.reveal(), entry))
    }

    fn open(&self) -> CallersHandle {
        CallersHandle::open(&self.path(), Vec::new(), &self.secret, false).expect("callers")
    }
}

fn gateway() -> NewKey {
    NewKey { name: "gateway".to_owned(), role: Role::Validator, tenants: vec!["acme".to_owned()], expires_at: None }
}

#[test]
fn a_created_key_opens_and_says_who_its_holder_is() {
    let fixture = Fixture::new();
    let (key, entry) = fixture.create(gateway()).expect("created");
    let caller = fixture.open().authenticate(Some(&key), NOW).expect("let in");
    assert_eq!(caller.name, "gateway");
    assert_eq!(caller.role, Some(Role::Validator));
    assert!(caller.tenants.allows("acme") && !caller.tenants.allows("other"));
    assert_eq!(fixture.file().read().expect("list"), [entry]);
}

#[test]
fn the_key_itself_is_not_kept() {
    let fixture = Fixture::new();
    let (key, _) = fixture.create(gateway()).expect("created");
    let kept = fs::read_to_string(fixture.path()).expect("file");
    assert!(!kept.contains(&key[4..]), "{kept}");
    let bytes = data_encoding::BASE64URL_NOPAD.decode(&key.as_bytes()[4..]).expect("base64");
    assert!(!kept.contains(&data_encoding::BASE64.encode(&bytes[8..40])));
}

#[test]
fn only_its_owner_can_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let fixture = Fixture::new();
    fixture.create(gateway()).expect("created");
    let mode = fs::metadata(fixture.path()).expect("metadata").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let names: Vec<_> = fs::read_dir(fixture.directory.path()).expect("list").collect();
    assert_eq!(names.len(), 1, "{names:?}");
}

#[test]
fn what_is_not_a_key_of_ours_is_refused_by_reason() {
    let fixture = Fixture::new();
    let (key, _) = fixture.create(gateway()).expect("created");
    let callers = fixture.open();
    let stranger = ApiKey::generate(&SystemEntropy).expect("key").reveal();
    let refused = |presented| callers.authenticate(presented, NOW).expect_err("refused");
    assert_eq!(refused(None), AuthError::Missing);
    assert_eq!(refused(Some("letmein")), AuthError::Malformed);
    assert_eq!(refused(Some(&key[..key.len() - 1])), AuthError::Malformed);
    assert_eq!(refused(Some(&stranger)), AuthError::Unknown);
    let elsewhere = InstallationSecret::new(&[8; 32]);
    let elsewhere = Callers::new(&elsewhere, &fixture.file().read().expect("list"), false);
    assert_eq!(elsewhere.authenticate(Some(&key), NOW), Err(AuthError::Unknown));
}

#[test]
fn a_key_expires_at_its_moment_and_not_before() {
    let fixture = Fixture::new();
    let end = UnixMillis::new(NOW.get() + 1000);
    let (key, _) = fixture.create(NewKey { expires_at: Some(end), ..gateway() }).expect("created");
    let callers = fixture.open();
    assert!(callers.authenticate(Some(&key), UnixMillis::new(end.get() - 1)).is_ok());
    assert_eq!(callers.authenticate(Some(&key), end), Err(AuthError::Expired));
    let past = NewKey { expires_at: Some(NOW), ..gateway() };
    assert!(matches!(fixture.create(past), Err(CallerFileError::Refused(_))));
}

#[test]
fn two_keys_of_a_caller_work_side_by_side_and_a_third_is_refused() {
    let fixture = Fixture::new();
    let (old, entry) = fixture.create(gateway()).expect("old");
    let (new, _) = fixture.create(gateway()).expect("new");
    assert!(matches!(fixture.create(gateway()), Err(CallerFileError::Refused(_))));
    let callers = fixture.open();
    assert!(callers.authenticate(Some(&old), NOW).is_ok());
    assert!(callers.authenticate(Some(&new), NOW).is_ok());
    let revoked = fixture.file().revoke(&Selector::Key(entry.key_id), NOW).expect("revoked");
    assert_eq!(revoked.len(), 1);
    let callers = fixture.open();
    assert_eq!(callers.authenticate(Some(&old), NOW), Err(AuthError::Revoked));
    assert!(callers.authenticate(Some(&new), NOW).is_ok());
    fixture.create(gateway()).expect("one in use, so one more");
}

#[test]
fn a_caller_has_one_role_and_one_set_of_tenants() {
    let fixture = Fixture::new();
    fixture.create(gateway()).expect("created");
    for other in [
        NewKey { role: Role::Admin, ..gateway() },
        NewKey { tenants: Vec::new(), ..gateway() },
        NewKey { name: String::new(), ..gateway() },
        NewKey { name: "other".to_owned(), tenants: vec!["*".to_owned(), "acme".to_owned()], ..gateway() },
    ] {
        assert!(matches!(fixture.create(other), Err(CallerFileError::Refused(_))));
    }
}

#[test]
fn revoking_by_name_takes_every_key_once() {
    let fixture = Fixture::new();
    fixture.create(gateway()).expect("created");
    fixture.create(gateway()).expect("created");
    let gateway = Selector::from("gateway");
    assert_eq!(fixture.file().revoke(&gateway, NOW).expect("revoked").len(), 2);
    assert_eq!(fixture.file().revoke(&gateway, NOW).expect("again").len(), 0);
    let nobody = fixture.file().revoke(&Selector::from("nobody"), NOW);
    assert!(matches!(nobody, Err(CallerFileError::Refused(_))));
}

#[test]
fn keys_made_at_the_same_time_are_all_kept() {
    let fixture = Fixture::new();
    std::thread::scope(|scope| {
        for i in 0..16 {
            let fixture = &fixture;
            scope.spawn(move || {
                let name = format!("caller-{i}");
                fixture.create(NewKey { name, ..gateway() }).expect("created");
            });
        }
    });
    assert_eq!(fixture.file().read().expect("list").len(), 16);
}

#[test]
fn a_running_server_takes_over_changes_and_keeps_its_callers_when_the_file_breaks() {
    let fixture = Fixture::new();
    let callers = fixture.open();
    assert!(matches!(callers.reload_if_changed(), Reloaded::Unchanged));
    let (key, _) = fixture.create(gateway()).expect("created");
    assert!(matches!(callers.reload_if_changed(), Reloaded::Replaced { keys: 1 }));
    assert!(callers.authenticate(Some(&key), NOW).is_ok());

    fs::write(fixture.path(), "[[callers.list]]\nname = 5\n").expect("broken");
    let Reloaded::Kept(error) = callers.reload_if_changed() else { panic!("kept") };
    assert!(error.to_string().contains("line 2"), "{error}");
    assert!(matches!(callers.reload_if_changed(), Reloaded::Unchanged));
    assert!(callers.authenticate(Some(&key), NOW).is_ok());

    fs::remove_file(fixture.path()).expect("removed");
    assert!(matches!(callers.reload_if_changed(), Reloaded::Kept(_)));
    assert!(callers.authenticate(Some(&key), NOW).is_ok());
}

#[test]
fn a_wrong_entry_is_told_by_its_place_and_field() {
    let fixture = Fixture::new();
    fixture.create(gateway()).expect("created");
    let text = fs::read_to_string(fixture.path()).expect("file");
    let cases = [
        ("role = \"validator\"", "role = \"king\"", "king"),
        ("name = \"gateway\"", "name = \"\"", "`name`"),
        ("created_at = \"2023", "created_at = \"once", "`created_at`"),
        ("key_hash = \"", "key_hash = \"!", "`key_hash`"),
        ("tenants", "tenant", "tenant"),
    ];
    for (from, to, told) in cases {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        fs::write(fixture.path(), changed).expect("written");
        let error = fixture.file().read().expect_err("wrong").to_string();
        assert!(error.contains(told), "{error}");
    }
    let heading = text.find("[[").expect("entry");
    fs::write(fixture.path(), format!("{text}{}", &text[heading..])).expect("written");
    let error = fixture.file().read().expect_err("twice").to_string();
    assert!(error.contains("entry 2: `key_id`"), "{error}");
}

#[test]
fn without_a_key_only_an_anonymous_server_lets_in() {
    let fixture = Fixture::new();
    let callers = Callers::new(&fixture.secret, &[], true);
    let caller = callers.authenticate(None, NOW).expect("let in");
    assert_eq!((caller.role, &caller.tenants), (None, &TenantScope::All));
    assert_eq!(callers.authenticate(Some("letmein"), NOW), Err(AuthError::Malformed));
}

#[test]
fn an_entry_of_the_configuration_opens_like_one_of_the_file() {
    let fixture = Fixture::new();
    let (key, entry) = fixture.create(gateway()).expect("created");
    fs::remove_file(fixture.path()).expect("removed");
    let callers = CallersHandle::open(&fixture.path(), vec![entry], &fixture.secret, false);
    assert!(callers.expect("callers").authenticate(Some(&key), NOW).is_ok());
}
