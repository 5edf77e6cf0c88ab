//! The metric families, grouped by who moves them.

use prometheus::{
    GaugeVec, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
};

/// Latencies from a millisecond to an hour: a backlog shows, and so does the fast path.
const LATENCY_BUCKETS_SECONDS: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 3_600.0];
const DURATION_BUCKETS_SECONDS: &[f64] = &[0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];

type Made<T> = Result<T, prometheus::Error>;

fn counter(registry: &Registry, name: &str, help: &str) -> Made<IntCounter> {
    let made = IntCounter::new(name, help)?;
    registry.register(Box::new(made.clone()))?;
    Ok(made)
}

fn counters(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> Made<IntCounterVec> {
    let made = IntCounterVec::new(Opts::new(name, help), labels)?;
    registry.register(Box::new(made.clone()))?;
    Ok(made)
}

fn gauge(registry: &Registry, name: &str, help: &str) -> Made<IntGauge> {
    let made = IntGauge::new(name, help)?;
    registry.register(Box::new(made.clone()))?;
    Ok(made)
}

fn gauges(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> Made<IntGaugeVec> {
    let made = IntGaugeVec::new(Opts::new(name, help), labels)?;
    registry.register(Box::new(made.clone()))?;
    Ok(made)
}

fn histograms(registry: &Registry, name: &str, help: &str, labels: &[&str], buckets: &[f64]) -> Made<HistogramVec> {
    let made = HistogramVec::new(HistogramOpts::new(name, help).buckets(buckets.to_vec()), labels)?;
    registry.register(Box::new(made.clone()))?;
    Ok(made)
}

/// Consumers and the producer.
#[derive(Clone, Debug)]
pub struct KafkaMetrics {
    /// Records between the log's end and what was read, by topic and partition.
    pub lag: IntGaugeVec,
    /// Partitions owned now, by stage.
    pub partitions: IntGaugeVec,
    /// Rebalances seen, by stage and event.
    pub rebalances: IntCounterVec,
    /// Times a partition was paused because its worker was behind, by stage.
    pub pauses: IntCounterVec,
    /// Commits that failed, by stage; they are advice.
    pub commit_failures: IntCounterVec,
    /// Partitions that no member of a stage's group owns, though the group is stable.
    pub unowned: IntGaugeVec,
    /// Times that a stage's group was made to deal its partitions again because of them.
    pub dealt_again: IntCounterVec,
    /// Errors that the client reported and goes on after, by stage.
    pub client_errors: IntCounterVec,
    /// Messages sent and not yet reported delivered.
    pub in_flight: IntGauge,
    /// The same in bytes.
    pub in_flight_bytes: IntGauge,
    /// Messages delivered, by topic.
    pub delivered: IntCounterVec,
    /// Seconds that a topic keeps its records, by topic; infinity is for ever.
    pub retention: GaugeVec,
}

impl KafkaMetrics {
    pub(super) fn new(r: &Registry) -> Made<Self> {
        let retention = Opts::new("leakwatch_topic_retention_seconds", "How long a topic keeps its records.");
        let retention = GaugeVec::new(retention, &["topic"])?;
        r.register(Box::new(retention.clone()))?;
        Ok(Self {
            lag: gauges(r, "leakwatch_lag_records", "Records not yet read.", &["topic", "partition"])?,
            partitions: gauges(r, "leakwatch_partitions_owned", "Partitions owned.", &["stage"])?,
            rebalances: counters(r, "leakwatch_rebalances_total", "Rebalances seen.", &["stage", "event"])?,
            pauses: counters(r, "leakwatch_pauses_total", "Partitions paused for backpressure.", &["stage"])?,
            commit_failures: counters(r, "leakwatch_commit_failures_total", "Failed offset commits.", &["stage"])?,
            unowned: gauges(r, "leakwatch_unowned_partitions", "Partitions that no member owns.", &["stage"])?,
            dealt_again: counters(
                r,
                "leakwatch_dealt_again_total",
                "Partitions dealt anew as some were nobody's.",
                &["stage"],
            )?,
            client_errors: counters(r, "leakwatch_client_errors_total", "Errors of the Kafka client.", &["stage"])?,
            in_flight: gauge(r, "leakwatch_in_flight_messages", "Messages sent, not yet delivered.")?,
            in_flight_bytes: gauge(r, "leakwatch_in_flight_bytes", "Bytes sent, not yet delivered.")?,
            delivered: counters(r, "leakwatch_delivered_total", "Messages delivered.", &["topic"])?,
            retention,
        })
    }
}

/// Source records.
#[derive(Clone, Debug)]
pub struct IngestMetrics {
    /// Source records by source and outcome: `used`, `rejected` or `empty`.
    pub records: IntCounterVec,
    /// Bytes of source records, by source.
    pub bytes: IntCounterVec,
    /// Rejected records and parts of records, by reason.
    pub rejected: IntCounterVec,
    /// Fields of a wrong type or range, by field.
    pub unknown_fields: IntCounterVec,
    /// Activity records made.
    pub emitted: IntCounter,
    /// Ticks written.
    pub ticks: IntCounter,
}

impl IngestMetrics {
    pub(super) fn new(r: &Registry) -> Made<Self> {
        Ok(Self {
            records: counters(r, "leakwatch_records_total", "Source records.", &["source", "outcome"])?,
            bytes: counters(r, "leakwatch_source_bytes_total", "Bytes of source records.", &["source"])?,
            rejected: counters(r, "leakwatch_rejected_total", "Rejected records.", &["reason"])?,
            unknown_fields: counters(
                r,
                "leakwatch_fields_unknown_total",
                "Fields of a wrong type or range.",
                &["field"],
            )?,
            emitted: counter(r, "leakwatch_activity_records_total", "Activity records made.")?,
            ticks: counter(r, "leakwatch_ticks_total", "Ticks written to the activity log.")?,
        })
    }
}

/// Activity records, windows and incidents.
#[derive(Clone, Debug)]
pub struct DetectMetrics {
    /// Records applied, by kind: `activity`, `tick`, `control`.
    pub applied: IntCounterVec,
    /// Messages of the log that could not be read.
    pub damaged: IntCounter,
    /// Incident lines by status and severity.
    pub incidents: IntCounterVec,
    /// Seconds by step: `received` (since the source's time), `activity` (since received), `incident` (since the
    /// log) and `total` (since received, for incidents).
    pub latency: HistogramVec,
    /// Entities with state, by partition.
    pub entities: IntGaugeVec,
    /// Customer tags kept, by partition.
    pub tags: IntGaugeVec,
    /// Incidents open now, by partition.
    pub open_incidents: IntGaugeVec,
    /// Events dropped because their origin had been seen.
    pub duplicates: IntCounter,
    /// Events dropped because the same id and content had been counted.
    pub repeated: IntCounter,
    /// Events of unlisted actors that share an entity, because there are too many of them.
    pub crowded: IntCounter,
    /// Gaps and incomplete states that the log told of.
    pub blind_spots: IntCounter,
    /// Rule sets that could not be read.
    pub rules_refused: IntCounter,
    /// Events later than the lateness.
    pub too_late: IntCounter,
    /// Events whose time lay too far ahead.
    pub future: IntCounter,
}

impl DetectMetrics {
    pub(super) fn new(r: &Registry) -> Made<Self> {
        let latency = "Seconds from step to step, sampled once a message.";
        Ok(Self {
            applied: counters(r, "leakwatch_applied_records_total", "Activity log records applied.", &["kind"])?,
            damaged: counter(r, "leakwatch_activity_damaged_total", "Activity log messages that are damaged.")?,
            incidents: counters(r, "leakwatch_incidents_total", "Incident lines.", &["status", "severity", "shadow"])?,
            latency: histograms(r, "leakwatch_latency_seconds", latency, &["step"], LATENCY_BUCKETS_SECONDS)?,
            entities: gauges(r, "leakwatch_entities", "Entities with state.", &["partition"])?,
            tags: gauges(r, "leakwatch_tags", "Customer tags kept.", &["partition"])?,
            open_incidents: gauges(r, "leakwatch_open_incidents", "Incidents open.", &["partition"])?,
            duplicates: counter(r, "leakwatch_duplicates_total", "Events dropped as already seen.")?,
            repeated: counter(r, "leakwatch_repeated_total", "Events dropped as repeated by their source.")?,
            crowded: counter(r, "leakwatch_crowded_total", "Events of unlisted actors that share an entity.")?,
            blind_spots: counter(r, "leakwatch_blind_spots_total", "Gaps and incomplete states told of.")?,
            rules_refused: counter(r, "leakwatch_rules_refused_total", "Rule sets that could not be read.")?,
            too_late: counter(r, "leakwatch_too_late_total", "Events later than the lateness.")?,
            future: counter(r, "leakwatch_future_total", "Events whose time lay too far ahead.")?,
        })
    }
}

/// Snapshots.
#[derive(Clone, Debug)]
pub struct SnapshotMetrics {
    /// When the last snapshot of a partition was written, in seconds since the epoch.
    pub written_at: IntGaugeVec,
    /// The last snapshot's size, by partition.
    pub bytes: IntGaugeVec,
    /// Seconds to write one: `freeze` (detection is held), then beside it `serialise`, `deliver` (its outputs), `store`.
    pub duration: HistogramVec,
    /// Snapshots by outcome: `written`, `skipped`, `failed`.
    pub outcomes: IntCounterVec,
    /// Snapshots passed over while restoring: `damaged`, `foreign`, `version`.
    pub unusable: IntCounterVec,
    /// Seconds to restore a partition.
    pub restore: Histogram,
}

impl SnapshotMetrics {
    pub(super) fn new(r: &Registry) -> Made<Self> {
        let restore = HistogramOpts::new("leakwatch_restore_duration_seconds", "Seconds to restore a partition.")
            .buckets(DURATION_BUCKETS_SECONDS.to_vec());
        let restore = Histogram::with_opts(restore)?;
        r.register(Box::new(restore.clone()))?;
        Ok(Self {
            written_at: gauges(
                r,
                "leakwatch_snapshot_timestamp_seconds",
                "When the last snapshot was written.",
                &["partition"],
            )?,
            bytes: gauges(r, "leakwatch_snapshot_bytes", "The last snapshot's size.", &["partition"])?,
            duration: histograms(
                r,
                "leakwatch_snapshot_duration_seconds",
                "Seconds to write a snapshot.",
                &["step"],
                DURATION_BUCKETS_SECONDS,
            )?,
            outcomes: counters(r, "leakwatch_snapshots_total", "Snapshots by outcome.", &["outcome"])?,
            unusable: counters(r, "leakwatch_snapshots_unusable_total", "Snapshots passed over.", &["reason"])?,
            restore,
        })
    }
}

/// The customer filters in force.
#[derive(Clone, Debug)]
pub struct FilterMetrics {
    /// When the filter was built, in seconds since the epoch; its age is `time()` minus this.
    pub built_at: IntGauge,
    /// The measured false-positive rate, by kind.
    pub false_positive_ratio: GaugeVec,
    /// Distinct identifiers in the filter, by kind.
    pub identifiers: GaugeVec,
}

impl FilterMetrics {
    pub(super) fn new(r: &Registry) -> Made<Self> {
        let rate = Opts::new("leakwatch_filter_false_positive_ratio", "The measured false-positive rate.");
        let count = Opts::new("leakwatch_filter_identifiers", "Distinct identifiers in the filter.");
        let (rate, count) = (GaugeVec::new(rate, &["kind"])?, GaugeVec::new(count, &["kind"])?);
        r.register(Box::new(rate.clone()))?;
        r.register(Box::new(count.clone()))?;
        Ok(Self {
            built_at: gauge(r, "leakwatch_filter_timestamp_seconds", "When the customer filter was built.")?,
            false_positive_ratio: rate,
            identifiers: count,
        })
    }
}

/// Rule files that change while the process runs.
#[derive(Clone, Debug)]
pub struct RulesMetrics {
    /// Changed rule files that were refused.
    pub reload_failures: IntCounter,
    /// 1 while the newest rule files are refused.
    pub files_refused: IntGauge,
}

impl RulesMetrics {
    pub(super) fn new(r: &Registry) -> Made<Self> {
        Ok(Self {
            reload_failures: counter(r, "leakwatch_rules_reload_failures_total", "Changed rule files refused.")?,
            files_refused: gauge(r, "leakwatch_rules_files_refused", "1 while the newest rule files are refused.")?,
        })
    }
}

/// What sinks delivered.
#[derive(Clone, Debug)]
pub struct SinkMetrics {
    /// Lines by sink and outcome: `delivered`, `below` (the sink's severity), `dead` (to the dead letters).
    pub lines: IntCounterVec,
    /// Attempts that failed and were tried again, by sink.
    pub retries: IntCounterVec,
    /// Alerts that a sink keeps firing, by sink.
    pub firing: IntGaugeVec,
}

impl SinkMetrics {
    pub(super) fn new(r: &Registry) -> Made<Self> {
        Ok(Self {
            lines: counters(r, "leakwatch_sink_lines_total", "Incident lines by sink.", &["sink", "outcome"])?,
            retries: counters(r, "leakwatch_sink_retries_total", "Attempts tried again.", &["sink"])?,
            firing: gauges(r, "leakwatch_sink_firing", "Alerts kept firing.", &["sink"])?,
        })
    }
}
