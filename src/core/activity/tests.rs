//! The codec: its format is pinned by a golden file, and whatever is written is read back.

mod arbitrary;
mod sample;

use super::codec::{decode, encode};
use super::{BatchBuilder, BatchReader, CodecError, Record};
use crate::core::hex;
use arbitrary::batch;
use proptest::prelude::*;

fn message(records: &[Record<'_>]) -> Vec<u8> {
    let mut batch = BatchBuilder::default();
    for record in records {
        batch.push(record).expect("encodes");
    }
    batch.as_bytes().to_vec()
}

/// For the whole process: records cannot be compared unless what they borrow lives equally long (`SmallVec` is
/// invariant), and those of the strategies borrow what is static.
fn kept(bytes: Vec<u8>) -> &'static [u8] {
    bytes.leak()
}

/// What a reader gives before its first error, and that error; after one it must end.
fn read(message: &[u8]) -> (Vec<Record<'_>>, Option<CodecError>) {
    let mut reader = match BatchReader::new(message) {
        Ok(reader) => reader,
        Err(error) => return (Vec::new(), Some(error)),
    };
    let mut records = Vec::new();
    while let Some(next) = reader.next() {
        match next {
            Ok(record) => records.push(record),
            Err(error) => {
                assert_eq!(reader.next(), None, "nothing follows an error");
                return (records, Some(error));
            }
        }
    }
    (records, None)
}

/// Where each record of `message` ends.
fn ends(records: &[Record<'_>]) -> Vec<usize> {
    let mut batch = BatchBuilder::default();
    let mut ends = Vec::new();
    for record in records {
        batch.push(record).expect("encodes");
        ends.push(batch.as_bytes().len());
    }
    ends
}

/// A record's name in the golden file; a new variant has to be named here, and shown in [`sample`].
const fn name(record: &Record<'_>) -> &'static str {
    use super::Control;
    match record {
        Record::Activity(_) => "activity",
        Record::Tick(_) => "tick",
        Record::Control(Control::Rules { .. }) => "control: rules",
        Record::Control(Control::Filter(_)) => "control: filter",
        Record::Control(Control::Gap { .. }) => "control: gap",
        Record::Control(Control::StateIncomplete { .. }) => "control: state incomplete",
        Record::Control(Control::Source(_)) => "control: source",
        Record::Control(Control::FilterStaleAfter { .. }) => "control: filter stale after",
        Record::Control(Control::DirectoryRefused { .. }) => "control: directory refused",
        Record::Control(Control::SetAside { .. }) => "control: set aside",
        Record::Control(Control::Heartbeat { .. }) => "control: heartbeat",
        Record::Control(Control::SnapshotsSkipped { .. }) => "control: snapshots skipped",
        Record::Control(Control::LeftOut { .. }) => "control: left out",
        Record::Pool(_) => "pool",
        Record::Roles(_) => "roles",
        Record::Source(_) => "source",
        Record::SourceRows(_) => "rows of a source",
    }
}

/// A change here is a change of the format: raise [`super::codec::VERSION`] with it.
#[test]
fn the_format_is_what_it_was() {
    let records = sample::every_variant();
    let bytes = kept(message(&records));
    let mut text = format!("header\n  {}\n", hex::lower(&bytes[..3]));
    let mut from = 3;
    for (record, end) in records.iter().zip(ends(&records)) {
        text.push_str(name(record));
        for line in bytes[from..end].chunks(32) {
            text.push_str("\n  ");
            text.push_str(&hex::lower(line));
        }
        text.push('\n');
        from = end;
    }
    insta::assert_snapshot!("one_message_with_every_variant", text);
    assert_eq!(read(bytes), (records, None));
}

#[test]
fn another_version_is_told_from_damage() {
    let mut bytes = message(&sample::every_variant());
    bytes[2] -= 1;
    assert_eq!(read(kept(bytes.clone())).1, None, "the version before this one is read");
    bytes[2] += 2;
    assert_eq!(read(&bytes), (Vec::new(), Some(CodecError::Version { found: bytes[2] })));
    bytes[0] = b'l';
    assert_eq!(read(&bytes), (Vec::new(), Some(CodecError::Magic)));
}

proptest! {
    #[test]
    fn what_is_pushed_is_read_back(records in batch()) {
        let bytes = kept(message(&records));
        prop_assert_eq!(read(bytes), (records, None));
    }

    #[test]
    fn a_record_by_itself_is_the_same_bytes(records in batch()) {
        let mut encoded = BatchBuilder::default();
        for record in &records {
            let bytes = kept(encode(record).expect("encodes"));
            prop_assert_eq!(&decode(bytes).expect("decodes"), record);
            encoded.push_encoded(bytes);
        }
        prop_assert_eq!(encoded.len(), records.len());
        prop_assert_eq!(encoded.as_bytes(), message(&records));
    }

    #[test]
    fn a_cut_message_gives_its_whole_records_and_says_where_it_is_damaged(
        records in batch(),
        cut in any::<prop::sample::Index>(),
    ) {
        let bytes = kept(message(&records));
        let cut = cut.index(bytes.len());
        let ends = ends(&records);
        let whole = ends.iter().filter(|end| **end <= cut).count();
        let error = if cut < 3 {
            Some(CodecError::Magic)
        } else {
            let clean = cut == 3 || ends.contains(&cut);
            (!clean).then(|| CodecError::Damaged { ordinal: u32::try_from(whole).expect("few") })
        };
        prop_assert_eq!(read(&bytes[..cut]), (records[..whole].to_vec(), error));
    }

    #[test]
    fn a_changed_byte_leaves_what_came_before_it(
        records in batch(),
        at in any::<prop::sample::Index>(),
        change in 1..=u8::MAX,
    ) {
        let mut bytes = message(&records);
        let at = at.index(bytes.len());
        bytes[at] ^= change;
        let before = ends(&records).into_iter().filter(|end| *end <= at).count();
        let (told, error) = read(kept(bytes));
        if at < 3 {
            prop_assert!(matches!(error, Some(CodecError::Magic | CodecError::Version { .. })), "{:?}", error);
        } else {
            prop_assert_eq!(&told[..before], &records[..before]);
        }
    }

    #[test]
    fn any_bytes_have_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..512), headed in any::<bool>()) {
        let message = if headed { [b"LW\x02", bytes.as_slice()].concat() } else { bytes.clone() };
        let _ = read(&message);
        let _ = decode(&bytes);
    }
}
