use super::*;
use crate::core::identifiers::{Region, TagKey};
use std::collections::BTreeMap;

type Files = BTreeMap<String, Vec<u8>>;

fn key() -> KeyFingerprint {
    TagKey::new([7; 16]).fingerprint()
}

/// A rate that is quickly measured.
fn rate() -> FalsePositiveRate {
    FalsePositiveRate::new(0.001).expect("in range")
}

fn built() -> (Manifest, Files) {
    let mut manifest = Manifest::new(EventTime::MIN, Region::CN, &key());
    let customers: Vec<u64> = measure::probes(5).take(3_000).chain(measure::probes(5).take(10)).collect();
    let mut files = manifest.add_kind("phone", Some(customers), Some(vec![9, 4, 9]), rate()).expect("builds");
    files.extend(manifest.add_kind("email", None, Some(vec![1]), rate()).expect("builds"));
    (manifest, files.into_iter().map(|(file, bytes)| (file.name, bytes)).collect())
}

fn open(manifest: &Manifest, files: &Files) -> Result<FilterSet, OpenError<std::io::Error>> {
    FilterSet::open(manifest.clone(), &key(), |name| {
        files.get(name).cloned().ok_or_else(|| std::io::ErrorKind::NotFound.into())
    })
}

#[test]
fn members_canaries_and_strangers_are_told_apart() {
    let (manifest, files) = built();
    let set = open(&manifest, &files).expect("opens");
    for tag in measure::probes(5).take(3_000) {
        assert_eq!(set.check("phone", Tag(tag)), Membership::Member);
    }
    let strangers = measure::probes(6).take(3_000).filter(|tag| set.check("phone", Tag(*tag)) == Membership::Absent);
    assert!(strangers.count() > 2_990);
    assert_eq!(set.check("phone", Tag(4)), Membership::Canary);
    assert_eq!(set.check("phone", Tag(9)), Membership::Canary);
    assert_eq!(set.check("email", Tag(1)), Membership::Canary);
    assert_eq!(set.check("email", Tag(2)), Membership::NoFilter);
    assert_eq!(set.check("iban", Tag(2)), Membership::NoFilter);
}

#[test]
fn figures_count_distinct_customers() {
    let (manifest, files) = built();
    let figures = open(&manifest, &files).expect("opens").figures();
    assert_eq!(figures.built_at, Some(EventTime::MIN));
    assert_eq!(figures.kinds.len(), 1);
    assert_eq!(figures.kinds[0].count, 3_000);
    assert!(figures.kinds[0].false_positive_rate < 0.002);
}

#[test]
fn equal_input_gives_equal_files_and_the_manifest_is_read_back() {
    let (manifest, files) = built();
    assert_eq!(built(), (manifest.clone(), files));
    let json = manifest.to_json().expect("is written");
    assert_eq!(Manifest::from_json(json.as_bytes()), Ok(manifest));
}

#[test]
fn what_does_not_fit_is_refused_with_the_reason() {
    let (manifest, files) = built();
    let other = TagKey::new([8; 16]).fingerprint();
    let wrong_key = FilterSet::open(manifest.clone(), &other, |_| Ok::<_, std::io::Error>(Vec::new()));
    assert!(matches!(wrong_key, Err(OpenError::Manifest(ManifestError::Key { .. }))), "{wrong_key:?}");

    let json = manifest.to_json().expect("is written");
    let newer = json.replace("\"version\": 1", "\"version\": 2");
    assert_eq!(Manifest::from_json(newer.as_bytes()), Err(ManifestError::Version { found: 2 }));
    let escaping = json.replace("phone-customers", "../phone-customers");
    assert_eq!(Manifest::from_json(escaping.as_bytes()), Err(ManifestError::FileName));
    assert!(matches!(Manifest::from_json(b"{}"), Err(ManifestError::Syntax { .. })));

    let mut older = manifest;
    older.normaliser = 0;
    assert!(matches!(open(&older, &files), Err(OpenError::Manifest(ManifestError::Normaliser { found: 0 }))));
}

#[test]
fn any_damaged_byte_is_noticed() {
    let (manifest, files) = built();
    let name = &manifest.files().next().expect("a file").name;
    for at in [0, 8, 11, 20, 30, files[name].len() - 1] {
        let mut damaged = files.clone();
        damaged.get_mut(name).expect("is there")[at] ^= 1;
        assert!(matches!(open(&manifest, &damaged), Err(OpenError::File { reason: FileError::Checksum, .. })));
        // The file's own checks notice it too.
        assert!(file::decode(&damaged[name], "phone").is_err(), "byte {at}");
    }
    let mut cut = files.clone();
    cut.get_mut(name).expect("is there").pop();
    assert!(matches!(open(&manifest, &cut), Err(OpenError::File { reason: FileError::Length { .. }, .. })));
    assert_eq!(file::decode(&files[name], "email").err(), Some(FileError::Kind));
    cut.remove(name);
    assert!(matches!(open(&manifest, &cut), Err(OpenError::Read { .. })));
}
