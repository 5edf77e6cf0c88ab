use super::*;
use crate::core::filter::{FalsePositiveRate, Membership};
use crate::core::identifiers::{Region, TagKey};
use crate::core::time::EventTime;
use crate::core::units::Tag;

fn key() -> KeyFingerprint {
    TagKey::new([7; 16]).fingerprint()
}

fn filter_of(tag: u64) -> (Manifest, Vec<(StoredFile, Vec<u8>)>) {
    let rate = FalsePositiveRate::new(0.01).expect("in range");
    let mut manifest = Manifest::new(EventTime::MIN, Region::CN, &key());
    let files = manifest.add_kind("phone", Some(vec![tag]), Some(vec![99]), rate).expect("builds");
    (manifest, files)
}

fn put(dir: &Path, tag: u64) -> Result<(), ReplaceError> {
    let (manifest, files) = filter_of(tag);
    replace(dir, &manifest, &files, Path::new("/keys/tag.key"))
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(dir)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn a_filter_is_replaced_whole_and_old_files_go() {
    let parent = tempfile::tempdir().expect("a folder");
    let dir = parent.path().join("filters/current");
    put(&dir, 1).expect("is written");
    fs::write(dir.join(".new-left-behind"), "half").expect("is written");
    put(&dir, 2).expect("is replaced");
    let set = load(&dir, &key()).expect("opens");
    assert_eq!(set.check("phone", Tag(1)), Membership::Absent);
    assert_eq!(set.check("phone", Tag(2)), Membership::Member);
    assert_eq!(names(&dir).len(), 5, "{:?}", names(&dir));
    assert_eq!(key_path(&dir, set.manifest()), Some(PathBuf::from("/keys/tag.key")));
}

#[test]
fn a_build_that_ends_at_any_step_leaves_the_old_filter() {
    let dir = tempfile::tempdir().expect("a folder");
    put(dir.path(), 1).expect("is written");
    let (manifest, files) = filter_of(2);
    for (file, bytes) in &files {
        write_durably(dir.path(), &file.name, bytes).expect("is written");
        let set = load(dir.path(), &key()).expect("opens");
        assert_eq!(set.check("phone", Tag(1)), Membership::Member);
    }
    let json = manifest.to_json().expect("is written");
    write_durably(dir.path(), Manifest::FILE_NAME, json.as_bytes()).expect("is written");
    assert_eq!(load(dir.path(), &key()).expect("opens").check("phone", Tag(2)), Membership::Member);
}

#[test]
fn a_folder_with_other_things_is_left_alone() {
    let dir = tempfile::tempdir().expect("a folder");
    fs::write(dir.path().join("thesis.tex"), "years of work").expect("is written");
    assert!(matches!(put(dir.path(), 1), Err(ReplaceError::Foreign { .. })));
    assert_eq!(names(dir.path()), ["thesis.tex"]);
}

#[test]
fn two_builds_do_not_mix() {
    let dir = tempfile::tempdir().expect("a folder");
    let lock = File::create(dir.path().join(LOCK_FILE)).expect("is written");
    lock.lock().expect("is free");
    assert!(matches!(put(dir.path(), 1), Err(ReplaceError::Busy { .. })));
    drop(lock);
    put(dir.path(), 1).expect("is written");
}

#[test]
fn refusals_say_which_file_and_why() {
    let dir = tempfile::tempdir().expect("a folder");
    let missing = load(dir.path(), &key()).expect_err("is refused").to_string();
    assert!(missing.ends_with("no manifest.json: not a filter's directory"), "{missing}");

    put(dir.path(), 1).expect("is written");
    let other = load(dir.path(), &TagKey::new([8; 16]).fingerprint()).expect_err("is refused");
    assert!(other.is_wrong_key(), "{other}");
    assert!(other.to_string().contains(&format!("built with key {}, not with key", key())), "{other}");

    let (manifest, _) = filter_of(1);
    let path = dir.path().join(&manifest.files().next().expect("a file").name);
    let mut bytes = fs::read(&path).expect("is read");
    bytes[100] ^= 1;
    fs::write(&path, &bytes).expect("is written");
    let damaged = load(dir.path(), &key()).expect_err("is refused").to_string();
    assert!(damaged.contains("phone-customers-") && damaged.ends_with("damaged: the checksum is wrong"), "{damaged}");
    fs::remove_file(&path).expect("is removed");
    let gone = load(dir.path(), &key()).expect_err("is refused").to_string();
    assert!(gone.contains("phone-customers-") && gone.contains("No such file"), "{gone}");
}
