//! Records that end the process: recognised after a few crashes, and set aside.
//!
//! Whatever ends a process in the middle of a record (a stack that overflows, memory that runs out, a bug) leaves no
//! note of which record it was. So notes are taken outside the process, as offsets that a consumer group without members
//! has committed, one for each partition:
//!
//! - *began*: so many processes in a row went on reading at the same offset. After [`BEGINNINGS`] of them the next one is
//!   careful: one record at a time in the whole process, each noted before it is handled.
//! - *trying*: this record was being handled. A note that is still there at the next start is a suspect; a record that was
//!   left so [`SET_ASIDE_AFTER`] times is not handled again.
//!
//! Nothing of this is on the way of an ordinary record.

use super::client::INSTANCE;
use super::error::RunError;
use super::lookup::{Committed, Lookup};
use super::services::Services;
use crate::core::units::{Offset, Ordinal, Partition, Position};
use crate::io::lifecycle::lock;
use std::sync::{Mutex, MutexGuard};

/// So many processes may begin at one offset before the next one is careful.
pub const BEGINNINGS: u32 = 3;
/// A record that so many processes were handling when they ended is set aside.
pub const SET_ASIDE_AFTER: u32 = 3;
/// So many records are handled carefully; then all is well, unless the suspect is still to come.
const CAREFUL_RECORDS: u32 = 1_000;

const BEGAN: &str = "began=";
const TRYING: &str = "trying=";

/// What a partition's note says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Note {
    /// So many processes began at the offset.
    Began(u32),
    /// So many processes were handling the record of this number in the message at the offset.
    Trying(u32, Ordinal),
}

impl Note {
    fn read(metadata: &str) -> Option<Self> {
        if let Some(count) = metadata.strip_prefix(BEGAN) {
            return count.parse().ok().map(Self::Began);
        }
        let (count, ordinal) = metadata.strip_prefix(TRYING)?.split_once('@')?;
        Some(Self::Trying(count.parse().ok()?, Ordinal(ordinal.parse().ok()?)))
    }

    fn text(self) -> String {
        match self {
            Self::Began(count) => format!("{BEGAN}{count}"),
            Self::Trying(count, Ordinal(ordinal)) => format!("{TRYING}{count}@{ordinal}"),
        }
    }
}

/// How a partition's records are to be handled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Care {
    /// As they come.
    #[default]
    None,
    /// One at a time, each noted before.
    Careful {
        /// So many more.
        left: u32,
        /// This record was being handled when so many processes ended.
        suspect: Option<(Position, u32)>,
    },
}

impl Care {
    /// Whether records are noted one by one.
    pub fn is_careful(self) -> bool {
        self != Self::None
    }

    /// Whether the record at `at` is noted before it is handled: all are, but for those before a suspect. They were passed by
    /// whoever got that far, and a note about them would take the suspect's place.
    fn notes(self, at: Position) -> bool {
        match self {
            Self::None => false,
            Self::Careful { suspect, .. } => suspect.is_none_or(|(suspect, _)| suspect <= at),
        }
    }

    /// How often a process ended over the record at `at`.
    fn crashes(self, at: Position) -> u32 {
        match self {
            Self::Careful { suspect: Some((suspect, count)), .. } if suspect == at => count,
            Self::None | Self::Careful { .. } => 0,
        }
    }

    /// After the record at `at` is handled.
    fn passed(self, at: Position) -> Self {
        match self {
            Self::None => Self::None,
            Self::Careful { left, suspect } => {
                let suspect = suspect.filter(|(suspect, _)| *suspect > at);
                let left = left.saturating_sub(1);
                if left == 0 && suspect.is_none() { Self::None } else { Self::Careful { left, suspect } }
            }
        }
    }
}

/// What a committed note asks of a process that begins at `start`, and the note to leave instead, where that is another.
fn begin(known: Option<&Committed>, start: Offset) -> (Care, Option<Note>) {
    let careful = |suspect| Care::Careful { left: CAREFUL_RECORDS, suspect };
    match known.and_then(|known| Some((known.next, Note::read(&known.metadata)?))) {
        Some((offset, Note::Trying(count, ordinal))) if offset >= start => {
            (careful(Some((Position { offset, ordinal }, count))), None)
        }
        Some((at, Note::Began(count))) if at == start => {
            let count = count.saturating_add(1);
            let care = if count > BEGINNINGS { careful(None) } else { Care::None };
            (care, Some(Note::Began(count)))
        }
        Some(_) | None => (Care::None, Some(Note::Began(1))),
    }
}

/// The notes of one stage.
pub struct Trials {
    notes: Lookup,
    /// One record at a time in the whole process: the note that is left has to be the culprit's.
    turn: Mutex<()>,
}

/// What is to be done with a record.
pub enum Entry<'a> {
    /// Handle it, and say when it is done.
    Handle(Handling<'a>),
    /// It ended [`SET_ASIDE_AFTER`] processes: leave it out, and say so.
    SetAside,
}

/// A record is being handled; where it is noted, everybody else waits.
pub struct Handling<'a>(Option<Noted<'a>>);

struct Noted<'a> {
    trials: &'a Trials,
    at: (&'a str, Partition, Position),
    _turn: MutexGuard<'a, ()>,
}

impl Trials {
    /// The notes of `stage`.
    ///
    /// # Errors
    /// [`RunError::Kafka`] if the settings are refused.
    pub fn new(services: &Services, stage: &str) -> Result<Self, RunError> {
        let mut connection = services.connection.clone();
        // Whoever commits under a member's name has to be that member.
        connection.remove(INSTANCE);
        let notes = Lookup::new(&connection, &services.group(&format!("{stage}-trials")))?;
        Ok(Self { notes, turn: Mutex::default() })
    }

    /// A process begins to read a partition at `start`.
    ///
    /// # Errors
    /// [`RunError::Kafka`] if the notes cannot be read or left.
    pub fn begin(&self, topic: &str, partition: Partition, start: Offset) -> Result<Care, RunError> {
        let known = self.notes.committed(topic, partition)?;
        let (care, note) = begin(known.as_ref(), start);
        if let Some(note) = note {
            self.leave(topic, partition, start, note)?;
        }
        if care.is_careful() {
            let partition = partition.0;
            tracing::warn!(topic, partition, ?care, "processes keep ending here: records are handled one by one");
        }
        Ok(care)
    }

    /// Before the record at `at`, where its partition is handled with `care`.
    ///
    /// # Errors
    /// [`RunError::Kafka`] if the note cannot be left.
    pub fn enter<'a>(
        &'a self,
        topic: &'a str,
        partition: Partition,
        at: Position,
        care: Care,
    ) -> Result<Entry<'a>, RunError> {
        if !care.notes(at) {
            return Ok(Entry::Handle(Handling(None)));
        }
        let crashes = care.crashes(at);
        if crashes >= SET_ASIDE_AFTER {
            return Ok(Entry::SetAside);
        }
        let turn = lock(&self.turn);
        self.leave(topic, partition, at.offset, Note::Trying(crashes + 1, at.ordinal))?;
        Ok(Entry::Handle(Handling(Some(Noted { trials: self, at: (topic, partition, at), _turn: turn }))))
    }

    fn leave(&self, topic: &str, partition: Partition, offset: Offset, note: Note) -> Result<(), RunError> {
        self.notes.commit(topic, partition, &Committed { next: offset, metadata: note.text() })
    }
}

impl Handling<'_> {
    /// The record is handled; what `care` the next ones need.
    ///
    /// # Errors
    /// [`RunError::Kafka`] if the note cannot be left.
    pub fn done(self, care: Care) -> Result<Care, RunError> {
        let Some(noted) = self.0 else { return Ok(care) };
        let (topic, partition, at) = noted.at;
        noted.trials.leave(topic, partition, at.offset, Note::Began(1))?;
        Ok(care.passed(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(next: u64, note: Note) -> Committed {
        Committed { next: Offset(next), metadata: note.text() }
    }

    #[test]
    fn care_begins_after_some_processes_that_came_no_further() {
        let (mut note, mut cares) = (None, Vec::new());
        for _ in 0..=BEGINNINGS {
            let (care, next) = begin(note.as_ref(), Offset(7));
            cares.push(care.is_careful());
            note = next.map(|next| known(7, next));
        }
        assert_eq!(cares, [false, false, false, true]);
        assert_eq!(begin(note.as_ref(), Offset(8)), (Care::None, Some(Note::Began(1))), "it came further");
        assert_eq!(begin(None, Offset(8)), (Care::None, Some(Note::Began(1))));
    }

    const fn at(offset: u64, ordinal: u32) -> Position {
        Position { offset: Offset(offset), ordinal: Ordinal(ordinal) }
    }

    #[test]
    fn a_record_that_was_being_handled_is_a_suspect_until_it_is_passed() {
        let left = known(12, Note::Trying(2, Ordinal(3)));
        let (care, note) = begin(Some(&left), Offset(7));
        assert_eq!((care.crashes(at(12, 3)), care.crashes(at(12, 2)), note), (2, 0, None));
        assert_eq!((care.notes(at(12, 2)), care.notes(at(12, 3)), care.notes(at(13, 0))), (false, true, true));
        let care = care.passed(at(12, 3));
        assert_eq!(care.crashes(at(12, 3)), 0);
        assert!(care.is_careful());
        let care = (13..2_000).fold(care, |care, offset| care.passed(at(offset, 0)));
        assert_eq!(care, Care::None);
        assert_eq!(begin(Some(&left), Offset(13)), (Care::None, Some(Note::Began(1))));
    }

    #[test]
    fn notes_are_read_back_and_nothing_else_is() {
        for note in [Note::Began(3), Note::Trying(u32::MAX, Ordinal(9))] {
            assert_eq!(Note::read(&note.text()), Some(note));
        }
        for text in ["", "began=", "trying=-1@0", "trying=1", "epoch=3"] {
            assert_eq!(Note::read(text), None);
        }
    }
}
