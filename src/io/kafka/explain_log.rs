//! Explaining from the activity log: its records, applied again as far as they concern one actor.

use super::error::RunError;
use super::log_reader::{LogRange, LogReader};
use super::lookup::Lookup;
use super::stages::Detectors;
use crate::core::activity::{Control, Record, Standing};
use crate::core::detector::{Detector, Explanation};
use crate::core::ingest::partition_of;
use crate::core::time::{EventTime, Millis};
use crate::core::units::{Offset, Partition, Position};
use crate::io::lifecycle::lock;
use rdkafka::config::ClientConfig;
use std::ops::ControlFlow;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Records between two looks at the clock.
const LOOK_EVERY: u64 = 1_024;

/// How much of the log one explanation may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExplainBounds {
    /// Messages of one partition: the newest.
    pub messages: u64,
    /// How far back.
    pub back: Millis,
    /// How long it may take.
    pub within: Duration,
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained {
    /// Each rule, as rules stand; empty where the log does not name the actor.
    pub told: Vec<Explanation>,
    /// Damaged messages that were passed over.
    pub damaged: u64,
    /// Whether a bound left something out.
    pub cut: bool,
}

/// The activity log, and what its detectors are told.
pub struct ExplainLog {
    lookup: Lookup,
    /// One actor is explained at a time: each is a scan.
    reader: Mutex<LogReader>,
    topic: String,
    partitions: u32,
    detectors: Detectors,
}

impl ExplainLog {
    /// The log in `topic`, asked for on behalf of `group`. Entities are at most `max_entities`, events at most `lateness`
    /// late, as in the service.
    ///
    /// # Errors
    /// [`RunError`] if the topic is missing or no broker answers.
    pub fn new(
        connection: &ClientConfig,
        group: &str,
        topic: &str,
        (lateness, max_entities): (Millis, u64),
    ) -> Result<Self, RunError> {
        let lookup = Lookup::new(connection, group)?;
        let partitions = lookup.partitions(topic)?;
        Ok(Self {
            lookup,
            reader: Mutex::new(LogReader::new(connection, group, topic)?),
            topic: topic.to_owned(),
            partitions,
            detectors: Detectors { lateness, max_entities },
        })
    }

    /// Explains `actor`, in the directory's spelling, at a time; calls `progress` at every record. Blocks for as long as the
    /// log takes to read.
    ///
    /// One partition has the actor; what it shares with others may be in any. `rules` (YAML) are those in force where the log
    /// no longer says so.
    ///
    /// # Errors
    /// [`RunError`] if the log cannot be read.
    pub fn explain(
        &self,
        actor: &str,
        at: EventTime,
        rules: &[String],
        bounds: Option<ExplainBounds>,
        mut progress: impl FnMut(),
    ) -> Result<Explained, RunError> {
        let home = partition_of(actor, self.partitions);
        let mut explained = Explained { told: Vec::new(), damaged: 0, cut: false };
        let mut turn = Turn { until: bounds.map(|bounds| Instant::now() + bounds.within), records: 0 };
        for partition in (0..self.partitions).map(Partition) {
            let cut = Cut::new(at, self.detectors.lateness, (partition == home).then_some(actor));
            let detector = self.replay(partition, cut, rules, bounds, &mut explained, &mut || {
                progress();
                turn.goes_on()
            })?;
            explained.told.extend(detector.explain(actor, at));
        }
        Explanation::in_order(&mut explained.told);
        Ok(explained)
    }

    fn replay(
        &self,
        partition: Partition,
        mut cut: Cut<'_>,
        rules: &[String],
        bounds: Option<ExplainBounds>,
        explained: &mut Explained,
        goes_on: &mut impl FnMut() -> bool,
    ) -> Result<Detector, RunError> {
        let (range, left_out) = self.range(partition, &cut, bounds)?;
        let mut detector = Detector::new(self.detectors.settings(partition, self.partitions));
        let (mut out, mut stopped) = (Vec::new(), false);
        if range.from > Offset(0) {
            // Retention may have taken the record that put the rules in force.
            let yaml = rules.iter().map(String::as_str).collect();
            detector.apply(Position::default(), &Record::Control(Control::Rules { version: "", yaml }), &mut out);
        }
        explained.damaged += lock(&self.reader).records_while(range, |position, record, standing| {
            if !goes_on() {
                stopped = true;
                return ControlFlow::Break(());
            }
            match (cut.takes(record), standing) {
                (true, Standing::Applied) => detector.apply(position, record, &mut out),
                (true, Standing::LeftOut) => detector.pass_over(position, record),
                (false, Standing::Applied | Standing::LeftOut) => {}
            }
            // What it says is in the log already.
            out.clear();
            ControlFlow::Continue(())
        })?;
        explained.cut |= left_out || stopped;
        Ok(detector)
    }

    /// What was written until then, as far as it is there now, and whether a bound leaves out its beginning.
    fn range(
        &self,
        partition: Partition,
        cut: &Cut<'_>,
        bounds: Option<ExplainBounds>,
    ) -> Result<(LogRange, bool), RunError> {
        let to = Some(cut.latest.plus(Millis::new(1)));
        match bounds {
            Some(ExplainBounds { messages, back, .. }) => {
                self.lookup.newest_written(&self.topic, partition, (Some(cut.at.minus(back)), to), messages)
            }
            None => Ok((self.lookup.written(&self.topic, partition, None, to)?.range, false)),
        }
    }
}

/// Looks at the clock once in a while.
struct Turn {
    until: Option<Instant>,
    records: u64,
}

impl Turn {
    fn goes_on(&mut self) -> bool {
        self.records += 1;
        !self.records.is_multiple_of(LOOK_EVERY) || self.until.is_none_or(|until| Instant::now() < until)
    }
}

/// Which records take part in an explanation of one time: what had happened by then. It may have arrived up to the
/// lateness later: an event at that very time always arrives after it.
#[derive(Clone, Copy, Debug)]
struct Cut<'a> {
    at: EventTime,
    latest: EventTime,
    /// The actor, where this partition has it: what others do changes nothing of its own, and what is shared is told in
    /// records of its own kinds.
    home: Option<&'a str>,
    /// Whether the log's clock has passed the time.
    passed: bool,
}

impl<'a> Cut<'a> {
    const fn new(at: EventTime, lateness: Millis, home: Option<&'a str>) -> Self {
        Self { at, latest: at.plus(lateness), home, passed: false }
    }

    fn takes(&mut self, record: &Record<'_>) -> bool {
        match record {
            Record::Activity(activity) => {
                self.home == Some(activity.actor) && activity.time <= self.at && activity.received <= self.latest
            }
            Record::Pool(pool) => pool.time <= self.at && pool.received <= self.latest,
            Record::Tick(tick) => {
                self.passed |= tick.time > self.at;
                tick.time <= self.at
            }
            Record::Control(_) | Record::Roles(_) | Record::Source(_) | Record::SourceRows(_) => !self.passed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::activity::{Activity, Tick};

    fn minute(minute: i64) -> EventTime {
        EventTime::MIN.plus(Millis::from_days(15_000)).plus(Millis::from_mins(minute))
    }

    fn activity(time: i64, received: i64) -> Record<'static> {
        Record::Activity(Activity {
            time: minute(time),
            received: minute(received),
            actor: "e1",
            ..Activity::default()
        })
    }

    #[test]
    fn what_had_happened_takes_part_also_where_it_arrived_late() {
        let mut cut = Cut::new(minute(10), Millis::from_mins(60), Some("e1"));
        let cases = [(10, 10, true), (10, 11, true), (9, 70, true), (9, 71, false), (11, 11, false)];
        for (time, received, expected) in cases {
            assert_eq!(cut.takes(&activity(time, received)), expected, "{time} {received}");
        }
        for home in [None, Some("e2")] {
            assert!(!Cut { home, ..cut }.takes(&activity(10, 10)), "{home:?}");
        }
    }

    #[test]
    fn rules_that_came_later_do_not() {
        let mut cut = Cut::new(minute(10), Millis::from_mins(60), None);
        let rules = Record::Control(Control::Rules { version: "", yaml: vec![] });
        let tick = |at| Record::Tick(Tick { time: minute(at) });
        assert!(cut.takes(&tick(10)) && cut.takes(&rules));
        assert!(!cut.takes(&tick(11)) && !cut.takes(&rules));
    }
}
