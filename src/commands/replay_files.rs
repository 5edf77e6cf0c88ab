//! Files of events as a stream of source records, and the engine they are for.

use super::engine_args::{EngineParts, file_source, ingest_settings};
use super::failure::Failure;
use crate::core::activity::Record;
use crate::core::decode::DecodeLimits;
use crate::core::engine::{Engine, MemoryLog};
use crate::core::ingest::{Ingest, IngestSettings, SourceIndex, SourceRecord};
use crate::core::time::EventTime;
use crate::core::units::{Epoch, Offset, Partition};
use crate::io::files::{FileSource, Merge, Merged, ReadError, open};
use std::sync::Arc;

/// Files read at once, at most.
const MAX_FILES: usize = 1_000;

/// Files, merged by their own clocks.
pub struct ReplayFiles {
    settings: IngestSettings,
    merge: Merge,
    current: Option<Merged>,
}

impl ReplayFiles {
    /// Opens `files`, each `[TOPIC=]FILE`.
    ///
    /// # Errors
    /// [`Failure::Usage`], if one cannot be opened or names a topic that is not configured.
    pub fn open(parts: &EngineParts, files: &[String]) -> Result<Self, Failure> {
        if files.len() > MAX_FILES {
            return Err(Failure::usage(anyhow::anyhow!("expected at most {MAX_FILES} files")));
        }
        let limits = DecodeLimits::default();
        let (mut specs, mut sources) = (Vec::new(), Vec::new());
        for argument in files {
            let (spec, path) = file_source(&parts.settings, argument)?;
            let input = open(path).map_err(Failure::usage)?;
            sources.push(FileSource::new(spec.clone(), input, limits));
            specs.push(spec);
        }
        let merge = Merge::new(sources).map_err(Failure::run)?;
        Ok(Self { settings: ingest_settings(&parts.settings, specs, 1), merge, current: None })
    }

    /// An engine for them.
    pub fn engine(&self, parts: &EngineParts) -> Engine {
        let rules: Vec<&str> = parts.rules.iter().map(|file| file.yaml.as_str()).collect();
        let log = MemoryLog::bounded(parts.settings.clock.lateness, parts.settings.limits.max_entities);
        Engine::on(log, self.settings.clone(), parts.knowledge.clone(), &rules)
    }

    /// The engine's first half alone.
    pub fn ingest(&self, parts: &EngineParts) -> Ingest {
        Ingest::new(Arc::new(self.settings.clone()), parts.knowledge.clone())
    }

    /// What the log is told at the beginning.
    pub fn controls<'a>(&'a self, parts: &'a EngineParts) -> Vec<Record<'a>> {
        self.settings.controls(&parts.knowledge)
    }

    /// The next record, and when it arrived.
    ///
    /// # Errors
    /// A file cannot be read on.
    pub fn next_record(&mut self) -> Result<Option<(SourceRecord<'_>, EventTime)>, ReadError> {
        self.current = self.merge.next_line()?;
        Ok(self.current.as_ref().map(|merged| (source_record(merged), merged.received)))
    }
}

fn source_record(merged: &Merged) -> SourceRecord<'_> {
    let source = u16::try_from(merged.file).unwrap_or(u16::MAX);
    SourceRecord {
        source: SourceIndex(source),
        epoch: Epoch(0),
        partition: Partition(u32::from(source)),
        offset: Offset(merged.line.number),
        received: merged.received,
        payload: &merged.line.bytes,
    }
}
