//! Every metric, in one place. Names begin with `leakwatch_`, units are base units, counters end in `_total`.
//!
//! No label carries an actor, a customer or a destination: labels are topics, partitions, reasons, fields and kinds.

mod families;
mod heartbeats;

pub use families::{
    DetectMetrics, FilterMetrics, IngestMetrics, KafkaMetrics, RulesMetrics, SinkMetrics, SnapshotMetrics,
};
pub use heartbeats::{HeartbeatAges, Post};

use crate::io::clock::SystemClock;
use prometheus::{Encoder, IntGauge, Opts, Registry, TextEncoder};
use std::sync::Arc;

/// All metrics of the process.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Consumers and the producer.
    pub kafka: KafkaMetrics,
    /// Source records.
    pub ingest: IngestMetrics,
    /// Activity records, windows and incidents.
    pub detect: DetectMetrics,
    /// Snapshots.
    pub snapshots: SnapshotMetrics,
    /// The customer filters in force.
    pub filter: FilterMetrics,
    /// The rule files.
    pub rules: RulesMetrics,
    /// What sinks delivered.
    pub sinks: SinkMetrics,
    /// How long ago the synthetic event came by.
    pub heartbeats: HeartbeatAges,
}

impl Metrics {
    /// All families, at zero.
    ///
    /// # Errors
    /// If two families have one name, which a test excludes.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        build_info(&registry)?;
        Ok(Self {
            kafka: KafkaMetrics::new(&registry)?,
            ingest: IngestMetrics::new(&registry)?,
            detect: DetectMetrics::new(&registry)?,
            snapshots: SnapshotMetrics::new(&registry)?,
            filter: FilterMetrics::new(&registry)?,
            rules: RulesMetrics::new(&registry)?,
            sinks: SinkMetrics::new(&registry)?,
            heartbeats: HeartbeatAges::new(&registry, Arc::new(SystemClock))?,
            registry,
        })
    }

    /// The exposition in Prometheus's text format, version 0.0.4.
    ///
    /// # Errors
    /// Those of the encoder.
    pub fn render(&self) -> Result<String, prometheus::Error> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

fn build_info(registry: &Registry) -> Result<(), prometheus::Error> {
    let opts = Opts::new("leakwatch_build_info", "1, labelled with the version that runs.")
        .const_label("version", env!("CARGO_PKG_VERSION"));
    let gauge = IntGauge::with_opts(opts)?;
    gauge.set(1);
    registry.register(Box::new(gauge))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_conventions() {
        let metrics = Metrics::new().expect("distinct names");
        metrics.ingest.records.with_label_values(&["orders", "used"]).inc();
        metrics.detect.latency.with_label_values(&["total"]).observe(0.2);
        let text = metrics.render().expect("encodes");
        for line in text.lines().filter(|line| line.starts_with("# TYPE ")) {
            let mut words = line.split(' ').skip(2);
            let (name, kind) = (words.next().expect("a name"), words.next().expect("a type"));
            assert!(name.starts_with("leakwatch_"), "{name}");
            assert_eq!(kind == "counter", name.ends_with("_total"), "{name} is a {kind}");
        }
        assert!(text.contains("leakwatch_build_info{version="));
        assert!(text.contains(r#"leakwatch_records_total{outcome="used",source="orders"} 1"#));
    }
}
