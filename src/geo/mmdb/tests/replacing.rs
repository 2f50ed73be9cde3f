use std::fs::{self, File};

use mmdb_writer::IpVersion;
use tempfile::TempDir;

use super::{super::samples, *};

struct Fixture {
    directory: TempDir,
    locator: MmdbLocator,
}

impl Fixture {
    fn of(names: &[&str]) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let paths: Vec<_> = names.iter().map(|name| directory.path().join(name)).collect();
        Self { directory, locator: MmdbLocator::new(&paths) }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        let new = self.path("new");
        fs::write(&new, bytes).expect("written");
        fs::rename(new, self.path(name)).expect("renamed");
    }

    fn look(&self) -> Look {
        self.locator.look().pop().expect("one file").1
    }

    /// Why the file cannot be used.
    fn refusal(&self) -> String {
        let Look::Refused(reason) = self.look() else { panic!("it was not refused") };
        let status = self.locator.status().pop().expect("one file");
        assert_eq!(status.failure.as_ref(), Some(&reason));
        assert!(matches!(self.look(), Look::Unchanged), "it is told once");
        reason
    }

    fn city(&self, address: &str) -> String {
        self.locator.locate(ip(address)).city
    }
}

#[test]
fn a_file_that_is_replaced_is_taken_over_and_one_that_is_not_is_left_alone() {
    let fixture = Fixture::of(&["city.mmdb"]);
    fixture.put("city.mmdb", &samples::nested());
    assert!(matches!(fixture.look(), Look::Taken(_)));
    assert_eq!((fixture.city("81.2.69.142"), fixture.city("200.147.3.157")), ("London".to_owned(), String::new()));
    assert!(matches!(fixture.look(), Look::Unchanged));
    fixture.put("city.mmdb", &samples::flat(IpVersion::V4));
    assert!(matches!(fixture.look(), Look::Taken(_)));
    assert_eq!((fixture.city("81.2.69.142"), fixture.city("200.147.3.157")), (String::new(), "Sao Paulo".to_owned()));
}

#[test]
fn what_was_read_before_stays_while_the_file_cannot_be_used() {
    let fixture = Fixture::of(&["city.mmdb"]);
    fixture.put("city.mmdb", &samples::nested());
    fixture.look();
    fixture.put("city.mmdb", b"garbage");
    assert!(fixture.refusal().starts_with("is damaged"));
    assert_eq!(fixture.city("81.2.69.142"), "London");
    fs::remove_file(fixture.path("city.mmdb")).expect("removed");
    assert!(fixture.refusal().starts_with("cannot be read"));
    assert_eq!(fixture.city("81.2.69.142"), "London");
    fixture.put("city.mmdb", &samples::nested());
    assert!(matches!(fixture.look(), Look::Taken(_)));
    assert_eq!(fixture.locator.status()[0].failure, None);
}

#[test]
fn a_file_that_is_not_there_is_taken_over_when_it_comes() {
    let fixture = Fixture::of(&["city.mmdb"]);
    assert!(fixture.refusal().contains("put a MaxMind DB file there"));
    assert_eq!(fixture.city("81.2.69.142"), "");
    fixture.put("city.mmdb", &samples::nested());
    assert!(matches!(fixture.look(), Look::Taken(_)));
    assert_eq!(fixture.city("81.2.69.142"), "London");
}

#[test]
fn what_is_too_large_or_no_file_is_not_read() {
    let fixture = Fixture::of(&["city.mmdb"]);
    fs::create_dir(fixture.path("city.mmdb")).expect("a directory");
    assert!(fixture.refusal().starts_with("is not a regular file"));
    fs::remove_dir(fixture.path("city.mmdb")).expect("removed");
    // Sparse: it takes no room.
    let file = File::create(fixture.path("city.mmdb")).expect("a file");
    file.set_len((1 << 30) + 1).expect("grown");
    assert_eq!(fixture.refusal(), "is 1073741825 bytes large; at most 1073741824 are read");
}

#[test]
fn files_complete_each_other_and_the_first_that_knows_a_place_counts() {
    let fixture = Fixture::of(&["v4.mmdb", "v6.mmdb", "asn.mmdb", "city.mmdb", "missing.mmdb"]);
    fixture.put("v4.mmdb", &samples::flat(IpVersion::V4));
    fixture.put("v6.mmdb", &samples::flat(IpVersion::V6));
    fixture.put("asn.mmdb", &samples::asn());
    fixture.put("city.mmdb", &samples::nested());
    fixture.locator.look();
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
    let fixture = Fixture::of(&["v4.mmdb", "v6.mmdb"]);
    fixture.put("v4.mmdb", &samples::flat(IpVersion::V4));
    fixture.put("v6.mmdb", &samples::flat(IpVersion::V6));
    fixture.locator.look();
    for address in ["10.1.2.3", "::ffff:10.1.2.3", "fd00::1"] {
        assert_eq!(fixture.locator.locate(ip(address)), Place::default(), "{address}");
        // The files do say something of them.
        let databases = fixture.locator.status().into_iter().filter_map(|file| file.database);
        let found = databases.map(|database| database.find(ip(address).to_canonical()).city).collect::<String>();
        assert_eq!(found, "Los Angeles", "{address}");
    }
}
