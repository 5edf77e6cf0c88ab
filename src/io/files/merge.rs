//! Several files as one stream: merged by each file's own clock, ties by argument order; each keeps its order.

use super::lines::{Line, LineReader};
use crate::core::decode::{Clocked, DecodeLimits, FileClock};
use crate::core::event::EventKind;
use crate::core::ingest::SourceSpec;
use crate::core::time::EventTime;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::io::{self, BufRead};
use thiserror::Error;

/// A file that cannot be read on.
#[derive(Debug, Error)]
#[error("{name}: {source}")]
pub struct ReadError {
    name: String,
    source: io::Error,
}

/// One file: its lines, and how they are decoded to find their times.
pub struct FileSource {
    spec: SourceSpec,
    limits: DecodeLimits,
    lines: LineReader<Box<dyn BufRead + Send>>,
    clock: FileClock<Line>,
    now: EventTime,
    ready: VecDeque<Clocked<Line>>,
    ended: bool,
}

/// A line of one of the files.
#[derive(Debug)]
pub struct Merged {
    /// Which file, by its place in the arguments.
    pub file: usize,
    /// The line.
    pub line: Line,
    /// When it arrived, as far as its file says.
    pub received: EventTime,
}

/// The files, merged.
pub struct Merge {
    files: Vec<FileSource>,
    heads: BinaryHeap<Reverse<(EventTime, usize)>>,
    waiting: Vec<Option<Clocked<Line>>>,
}

impl FileSource {
    /// Reads `input` as `spec` says.
    pub fn new(spec: SourceSpec, input: Box<dyn BufRead + Send>, limits: DecodeLimits) -> Self {
        Self {
            spec,
            limits,
            lines: LineReader::new(input, limits.max_bytes),
            clock: FileClock::new(),
            now: EventTime::MIN,
            ready: VecDeque::new(),
            ended: false,
        }
    }

    fn next(&mut self) -> Result<Option<Clocked<Line>>, ReadError> {
        loop {
            if let Some(next) = self.ready.pop_front() {
                self.now = next.clock;
                return Ok(Some(next));
            }
            if let Some(next) = self.clock.pop() {
                self.now = next.clock;
                return Ok(Some(next));
            }
            if self.ended {
                return Ok(None);
            }
            self.read_on()?;
        }
    }

    fn read_on(&mut self) -> Result<(), ReadError> {
        let line = self.lines.next_line().map_err(|source| ReadError { name: self.spec.name.clone(), source })?;
        let Some(line) = line else {
            self.ended = true;
            self.clock.end();
            return Ok(());
        };
        match times(&self.spec, &self.limits, &line.bytes) {
            Some((time, received)) => self.clock.push(time, received, line),
            // Nothing in it can be used, so it has no time; it is told of as soon as it is read.
            None => self.ready.push_back(Clocked { item: line, received: self.now, clock: self.now }),
        }
        Ok(())
    }
}

/// The time of the first event in a line, and when it says it arrived.
fn times(spec: &SourceSpec, limits: &DecodeLimits, bytes: &[u8]) -> Option<(EventTime, Option<EventTime>)> {
    let mut found = None;
    let kind: Option<EventKind> = spec.kind;
    spec.decoder.decode(bytes, kind, limits, &mut |_, decoded| {
        if let (Ok(event), None) = (decoded, found) {
            found = Some((event.time, event.received));
        }
    });
    found
}

impl Merge {
    /// Begins to read every file.
    ///
    /// # Errors
    /// [`ReadError`]
    pub fn new(files: Vec<FileSource>) -> Result<Self, ReadError> {
        let waiting = files.iter().map(|_| None).collect();
        let mut merge = Self { files, heads: BinaryHeap::new(), waiting };
        for at in 0..merge.files.len() {
            merge.advance(at)?;
        }
        Ok(merge)
    }

    /// The next line of all files.
    ///
    /// # Errors
    /// [`ReadError`]
    pub fn next_line(&mut self) -> Result<Option<Merged>, ReadError> {
        let Some(Reverse((_, file))) = self.heads.pop() else { return Ok(None) };
        let Some(head) = self.waiting[file].take() else { return Ok(None) };
        self.advance(file)?;
        Ok(Some(Merged { file, line: head.item, received: head.received }))
    }

    fn advance(&mut self, file: usize) -> Result<(), ReadError> {
        if let Some(next) = self.files[file].next()? {
            self.heads.push(Reverse((next.clock, file)));
            self.waiting[file] = Some(next);
        }
        Ok(())
    }
}
