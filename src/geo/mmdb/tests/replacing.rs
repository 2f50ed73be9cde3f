use std::fs::{self, File};

use mmdb_writer::IpVersion;
use tempfile::TempDir;

use super::{super::samples, *};

struct LocatorFixture {
    directory: TempDir,
    locator: MmdbLocator,
}

impl LocatorFixture {
    fn with_files(names: &[&str]) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let paths: Vec<_> = names.iter().map(|name| directory.path().join(name)).collect();
        Self { directory, locator: MmdbLocator::new(&paths) }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn replace_file(&self, name: &str, bytes: &[u8]) {
        let new = self.path("new");
        fs::write(&new, bytes).expect("written");
        fs::rename(new, self.path(name)).expect("renamed");
    }

    fn reload(&self) -> DatabaseReloadOutcome {
        self.locator.reload_if_changed().pop().expect("one file").1
    }

    /// Reloads the file, which must be rejected. Returns the reason.
    fn expect_rejection(&self) -> String {
        let DatabaseReloadOutcome::Rejected(reason) = self.reload() else { panic!("it was not rejected") };
        let status = self.locator.status().pop().expect("one file");
        assert_eq!(status.failure.as_ref(), Some(&reason));
        assert!(matches!(self.reload(), DatabaseReloadOutcome::Unchanged), "the reason is returned once");
        reason
    }

    fn city(&self, address: &str) -> String {
        self.locator.locate(ip(address)).city
    }
}

#[test]
fn a_file_that_is_replaced_is_taken_over_and_one_that_is_not_is_left_alone() {
    let fixture = LocatorFixture::with_files(&["city.mmdb"]);
    fixture.replace_file("city.mmdb", &samples::nested());
    assert!(matches!(fixture.reload(), DatabaseReloadOutcome::Loaded(_)));
    assert_eq!((fixture.city("81.2.69.142"), fixture.city("200.147.3.157")), ("London".to_owned(), String::new()));
    assert!(matches!(fixture.reload(), DatabaseReloadOutcome::Unchanged));
    fixture.replace_file("city.mmdb", &samples::flat(IpVersion::V4));
    assert!(matches!(fixture.reload(), DatabaseReloadOutcome::Loaded(_)));
    assert_eq!((fixture.city("81.2.69.142"), fixture.city("200.147.3.157")), (String::new(), "Sao Paulo".to_owned()));
}

#[test]
fn what_was_read_before_stays_while_the_file_cannot_be_used() {
    let fixture = LocatorFixture::with_files(&["city.mmdb"]);
    fixture.replace_file("city.mmdb", &samples::nested());
    fixture.reload();
    fixture.replace_file("city.mmdb", b"garbage");
    assert!(fixture.expect_rejection().starts_with("is not a valid MaxMind DB file"));
    assert_eq!(fixture.city("81.2.69.142"), "London");
    fs::remove_file(fixture.path("city.mmdb")).expect("removed");
    assert!(fixture.expect_rejection().starts_with("cannot be read"));
    assert_eq!(fixture.city("81.2.69.142"), "London");
    fixture.replace_file("city.mmdb", &samples::nested());
    assert!(matches!(fixture.reload(), DatabaseReloadOutcome::Loaded(_)));
    assert_eq!(fixture.locator.status()[0].failure, None);
}

#[test]
fn a_file_that_is_not_there_is_taken_over_when_it_comes() {
    let fixture = LocatorFixture::with_files(&["city.mmdb"]);
    assert!(fixture.expect_rejection().contains("put a MaxMind DB file there"));
    assert_eq!(fixture.city("81.2.69.142"), "");
    fixture.replace_file("city.mmdb", &samples::nested());
    assert!(matches!(fixture.reload(), DatabaseReloadOutcome::Loaded(_)));
    assert_eq!(fixture.city("81.2.69.142"), "London");
}

#[test]
fn what_is_too_large_or_no_file_is_not_read() {
    let fixture = LocatorFixture::with_files(&["city.mmdb"]);
    fs::create_dir(fixture.path("city.mmdb")).expect("a directory");
    assert!(fixture.expect_rejection().starts_with("is not a regular file"));
    fs::remove_dir(fixture.path("city.mmdb")).expect("removed");
    // A sparse file takes no space.
    let file = File::create(fixture.path("city.mmdb")).expect("a file");
    file.set_len((1 << 30) + 1).expect("grown");
    assert_eq!(fixture.expect_rejection(), "is 1073741825 bytes; the limit is 1073741824");
}

#[test]
fn files_complete_each_other_and_the_first_that_knows_a_place_counts() {
    let fixture = LocatorFixture::with_files(&["v4.mmdb", "v6.mmdb", "asn.mmdb", "city.mmdb", "missing.mmdb"]);
    fixture.replace_file("v4.mmdb", &samples::flat(IpVersion::V4));
    fixture.replace_file("v6.mmdb", &samples::flat(IpVersion::V6));
    fixture.replace_file("asn.mmdb", &samples::asn());
    fixture.replace_file("city.mmdb", &samples::nested());
    fixture.locator.reload_if_changed();
    for (address, city, asn) in
        [("200.147.3.157", "Sao Paulo", 0), ("2804:14c::1", "Sao Paulo", 64_500), ("81.2.69.142", "London", 64_500)]
    {
        let place = fixture.locator.locate(ip(address));
        assert_eq!((place.city.as_str(), place.asn), (city, asn), "{address}");
    }
    assert_eq!(fixture.city("::ffff:81.2.69.142"), "London", "a mapped address");
}

#[test]
fn special_addresses_have_no_place_whatever_a_file_says() {
    let fixture = LocatorFixture::with_files(&["v4.mmdb", "v6.mmdb"]);
    fixture.replace_file("v4.mmdb", &samples::flat(IpVersion::V4));
    fixture.replace_file("v6.mmdb", &samples::flat(IpVersion::V6));
    fixture.locator.reload_if_changed();
    for address in ["10.1.2.3", "::ffff:10.1.2.3", "fd00::1"] {
        assert_eq!(fixture.locator.locate(ip(address)), GeoIpRecord::default(), "{address}");
        // The files do have records of them.
        let databases = fixture.locator.status().into_iter().filter_map(|file| file.database);
        let found = databases.map(|database| database.lookup(ip(address).to_canonical()).city).collect::<String>();
        assert_eq!(found, "Los Angeles", "{address}");
    }
}
