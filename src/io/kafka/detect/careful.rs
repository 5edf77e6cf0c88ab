//! Applying records one at a time, where one of them ends the process.

use super::slot::Slot;
use super::worker::DetectWorker;
use crate::core::activity::{Control, Record, codec};
use crate::core::detector::{Output, To};
use crate::core::units::Position;
use crate::io::kafka::error::RunError;
use crate::io::kafka::trials::{Care, Entry};
use std::time::{Duration, Instant};

/// While records are handled with care.
const CAREFUL_SNAPSHOT_EVERY: Duration = Duration::from_secs(1);

impl DetectWorker {
    /// Applies one record, unless it has ended too many processes.
    pub(super) fn record(&self, slot: &mut Slot, position: Position, record: &Record<'_>) -> Result<(), RunError> {
        if slot.care.is_careful() {
            // What is behind a snapshot is not handled again: the next process begins nearer to the culprit.
            slot.snapshot_due = slot.snapshot_due.min(Instant::now() + CAREFUL_SNAPSHOT_EVERY);
        }
        match self.trials.enter(&self.publisher.activity.name, slot.at.partition, position, slot.care)? {
            Entry::Handle(handling) => {
                slot.stage.apply(position, record, &mut slot.outputs);
                slot.care = handling.done(slot.care)?;
            }
            Entry::SetAside => self.set_aside(slot, position, record)?,
        }
        Ok(())
    }

    /// Leaves a record out, and says so behind it in the log. The note that names it stays until a snapshot is beyond it.
    fn set_aside(&self, slot: &mut Slot, position: Position, record: &Record<'_>) -> Result<(), RunError> {
        let (topic, partition) = (&self.publisher.activity.name, slot.at.partition);
        tracing::error!(topic, partition = partition.0, offset = %position.offset, "a record of the log is set aside");
        slot.stage.pass_over(position, record);
        let noticed = self.clock.now();
        let control = Control::LeftOut { topic, partition, position, noticed };
        let control = codec::encode(&Record::Control(control)).map_err(RunError::Encode)?;
        slot.outputs.push(Output::Record { to: To::One(partition), record: control });
        slot.care = Care::None;
        slot.snapshot_due = Instant::now();
        Ok(())
    }
}
