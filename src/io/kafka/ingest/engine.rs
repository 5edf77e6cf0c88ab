//! The engine's ingest as the runtime drives it: one stage a worker, all with the newest knowledge.

use super::super::stages::{IngestFactory, IngestOut, IngestStage, SourceRecord};
use crate::core::activity::Record;
use crate::core::ingest::{Ingest, IngestSettings};
use crate::io::shared_knowledge::SharedKnowledge;
use std::sync::Arc;

/// Makes the engine's ingest stages.
pub struct EngineIngest {
    settings: Arc<IngestSettings>,
    shared: Arc<SharedKnowledge>,
}

impl EngineIngest {
    /// Stages with `settings`, and what `shared` knows at any time.
    pub fn new(settings: IngestSettings, shared: Arc<SharedKnowledge>) -> Self {
        Self { settings: Arc::new(settings), shared }
    }
}

impl IngestFactory for EngineIngest {
    fn stage(&self) -> Box<dyn IngestStage> {
        let version = self.shared.version();
        let knowledge = self.shared.get();
        let ingest = Ingest::new(Arc::clone(&self.settings), (*knowledge).clone());
        Box::new(EngineStage { ingest, shared: Arc::clone(&self.shared), version })
    }

    fn controls(&self) -> Vec<Record<'_>> {
        let mut controls = self.settings.controls(&self.shared.get());
        controls.extend(self.shared.refused().map(Record::Control));
        controls
    }

    fn controls_version(&self) -> u64 {
        self.shared.version()
    }
}

struct EngineStage {
    ingest: Ingest,
    shared: Arc<SharedKnowledge>,
    version: u64,
}

impl IngestStage for EngineStage {
    fn process(&mut self, record: &SourceRecord<'_>, out: &mut dyn IngestOut) {
        let version = self.shared.version();
        if version != self.version {
            self.version = version;
            self.ingest.learn((*self.shared.get()).clone());
        }
        self.ingest.process(record, out);
    }
}
