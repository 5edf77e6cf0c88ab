//! Explaining from the activity log on Kafka: its records, applied again.

use super::Args;
use crate::commands::engine_args::read_rules;
use crate::commands::failure::Failure;
use crate::commands::progress;
use crate::config::Settings;
use crate::config::settings::InternalTopic;
use crate::core::activity::{Control, Record};
use crate::core::detector::{Detector, Explanation};
use crate::core::ingest::partition_of;
use crate::core::time::{EventTime, Millis};
use crate::core::units::{Offset, Partition, Position};
use crate::io::kafka::RunError;
use crate::io::kafka::client::client_config;
use crate::io::kafka::log_reader::{LogRange, LogReader};
use crate::io::kafka::lookup::Lookup;
use crate::io::kafka::stages::Detectors;
use crate::io::knowledge::read_directory;
use crate::io::rule_files::RuleFile;
use anyhow::anyhow;

/// Explains from the log of the deployment that `--config` describes; gives the directory's spelling of the actor too.
///
/// # Errors
/// [`Failure::Usage`] without a configuration of brokers; [`Failure::Run`], if the log cannot be read.
pub(super) fn explain(args: &Args) -> Result<(String, Vec<Explanation>), Failure> {
    let file = args.engine.config.as_ref().ok_or_else(|| {
        Failure::usage(anyhow!("explain: expected FILE, or --config with kafka.brokers whose activity log is read"))
    })?;
    let mut settings = Settings::load(file).map_err(Failure::usage)?;
    settings.engine = args.engine.settings()?;
    let directory = read_directory(&settings.engine).map_err(Failure::usage)?;
    let actor = super::spelled(&directory, &args.actor, args.at);
    let log = Log::open(&settings)?;
    let told = log.explain(&actor, args.at).map_err(Failure::run)?;
    Ok((actor, told))
}

/// The activity log, and what its detectors are told.
struct Log {
    lookup: Lookup,
    reader: LogReader,
    topic: String,
    partitions: u32,
    detectors: Detectors,
    rules: Vec<RuleFile>,
}

impl Log {
    fn open(settings: &Settings) -> Result<Self, Failure> {
        let rules = read_rules(&settings.engine)?;
        let connection = client_config(&settings.kafka).map_err(Failure::usage)?;
        let topic = settings.topics.name(InternalTopic::Activity).to_owned();
        let group = format!("leakwatch-{}-explain", settings.deployment);
        let lookup = Lookup::new(&connection, &group).map_err(Failure::run)?;
        let partitions = lookup.partitions(&topic).map_err(Failure::run)?;
        let engine = &settings.engine;
        let detectors = Detectors::new(engine.clock.lateness, engine.limits.max_entities, partitions);
        let reader = LogReader::new(&connection, &group, &topic).map_err(Failure::run)?;
        Ok(Self { lookup, reader, topic, partitions, detectors, rules })
    }

    /// One partition has the actor; what it shares with others may be in any.
    fn explain(&self, actor: &str, at: EventTime) -> Result<Vec<Explanation>, RunError> {
        let home = partition_of(actor, self.partitions);
        let progress = progress::records();
        let (mut told, mut damaged) = (Vec::new(), 0);
        for partition in (0..self.partitions).map(Partition) {
            let cut = Cut::new(at, self.detectors.lateness, partition == home);
            let (detector, passed_over) = self.replay(partition, cut, &progress)?;
            told.extend(detector.explain(actor, at));
            damaged += passed_over;
        }
        progress.finish_and_clear();
        if damaged > 0 {
            eprintln!("{}: {damaged} damaged messages passed over", self.topic);
        }
        Explanation::in_order(&mut told);
        Ok(told)
    }

    fn replay(
        &self,
        partition: Partition,
        mut cut: Cut,
        progress: &indicatif::ProgressBar,
    ) -> Result<(Detector, u64), RunError> {
        let range = self.range(partition, cut.latest)?;
        let mut detector = Detector::new(self.detectors.settings(partition, self.partitions));
        let mut out = Vec::new();
        if range.from > Offset(0) {
            // Retention may have taken the record that put the rules in force.
            let yaml = self.rules.iter().map(|file| file.yaml.as_str()).collect();
            detector.apply(Position::default(), &Record::Control(Control::Rules { version: "", yaml }), &mut out);
        }
        let damaged = self.reader.records(range, |position, record| {
            progress.inc(1);
            if cut.takes(record) {
                // What it says is in the log already.
                detector.apply(position, record, &mut out);
                out.clear();
            }
        })?;
        Ok((detector, damaged))
    }

    /// What was written until `latest`, as far as it is there now.
    fn range(&self, partition: Partition, latest: EventTime) -> Result<LogRange, RunError> {
        let to = latest.plus(Millis::new(1));
        self.lookup.written(&self.topic, partition, None, Some(to)).map(|written| written.range)
    }
}

/// Which records take part in an explanation of one time: what had happened by then. It may have arrived up to the
/// lateness later: an event at that very time always arrives after it.
#[derive(Clone, Copy, Debug)]
struct Cut {
    at: EventTime,
    latest: EventTime,
    /// Whether this partition has the actor: the others matter for what is shared, which no activity of theirs changes.
    home: bool,
    /// Whether the log's clock has passed the time.
    passed: bool,
}

impl Cut {
    const fn new(at: EventTime, lateness: Millis, home: bool) -> Self {
        Self { at, latest: at.plus(lateness), home, passed: false }
    }

    fn takes(&mut self, record: &Record<'_>) -> bool {
        match record {
            Record::Activity(activity) => self.home && activity.time <= self.at && activity.received <= self.latest,
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
        Record::Activity(Activity { time: minute(time), received: minute(received), ..Activity::default() })
    }

    #[test]
    fn what_had_happened_takes_part_also_where_it_arrived_late() {
        let mut cut = Cut::new(minute(10), Millis::from_mins(60), true);
        let cases = [(10, 10, true), (10, 11, true), (9, 70, true), (9, 71, false), (11, 11, false)];
        for (time, received, expected) in cases {
            assert_eq!(cut.takes(&activity(time, received)), expected, "{time} {received}");
        }
        assert!(!Cut { home: false, ..cut }.takes(&activity(10, 10)));
    }

    #[test]
    fn rules_that_came_later_do_not() {
        let mut cut = Cut::new(minute(10), Millis::from_mins(60), false);
        let rules = Record::Control(Control::Rules { version: "", yaml: vec![] });
        let tick = |at| Record::Tick(Tick { time: minute(at) });
        assert!(cut.takes(&tick(10)) && cut.takes(&rules));
        assert!(!cut.takes(&tick(11)) && !cut.takes(&rules));
    }
}
