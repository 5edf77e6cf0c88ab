//! How long topics really keep their records: asked at the start and now and then, because their owners may change it.

use super::admin::{Admin, AdminError, options};
use crate::io::lifecycle::{Lifecycle, chain};
use crate::io::metrics::KafkaMetrics;
use rdkafka::admin::ResourceSpecifier;
use rdkafka::types::RDKafkaErrorCode;
use std::collections::BTreeSet;
use std::time::Duration;

/// A changed retention shows after this long.
pub const ASK_EVERY: Duration = Duration::from_mins(10);
/// The same where nobody answered.
const ASK_AGAIN_AFTER: Duration = Duration::from_mins(1);
const RETENTION: &str = "retention.ms";
const FOR_EVER_MS: i64 = -1;
const MS_A_SECOND: f64 = 1_000.0;

/// How long a topic keeps its records; `None` where the broker does not say.
type Told = Result<Option<i64>, RDKafkaErrorCode>;

/// Shows how long the topics that this process reads keep their records.
pub struct RetentionWatch {
    admin: Admin,
    topics: BTreeSet<String>,
    metrics: KafkaMetrics,
    /// Topics that could not be asked about, so that each is told of once.
    refused: BTreeSet<String>,
}

impl RetentionWatch {
    /// For `topics`.
    pub fn new(admin: Admin, topics: BTreeSet<String>, metrics: KafkaMetrics) -> Self {
        Self { admin, topics, metrics, refused: BTreeSet::new() }
    }

    /// Asks until the process is asked to stop.
    pub fn run(mut self, lifecycle: &Lifecycle) {
        loop {
            let wait = match self.look() {
                Ok(()) => ASK_EVERY,
                Err(error) => {
                    tracing::debug!(error = chain(&error), "how long topics keep their records is not known");
                    ASK_AGAIN_AFTER
                }
            };
            if lifecycle.sleep(wait) {
                return;
            }
        }
    }

    /// Asks once, and shows the answers.
    ///
    /// # Errors
    /// [`AdminError`], if nobody answers.
    pub fn look(&mut self) -> Result<(), AdminError> {
        let topics: Vec<&str> = self.topics.iter().map(String::as_str).collect();
        for (topic, told) in self.admin.retention_ms(&topics)? {
            match told {
                Ok(Some(ms)) => self.metrics.retention.with_label_values(&[&topic]).set(seconds(ms)),
                Ok(None) => {}
                Err(code) => {
                    if self.refused.insert(topic.clone()) {
                        tracing::warn!(topic, %code, "expected to be told how long it keeps its records: an alert assumes a day");
                    }
                }
            }
        }
        Ok(())
    }
}

impl Admin {
    /// How long each topic keeps its records, in milliseconds, or what the broker says against telling.
    fn retention_ms(&self, topics: &[&str]) -> Result<Vec<(String, Told)>, AdminError> {
        let asked: Vec<ResourceSpecifier<'_>> = topics.iter().map(|name| ResourceSpecifier::Topic(name)).collect();
        let answer = self.runtime.block_on(self.client.describe_configs(&asked, &options()));
        let answer = answer.map_err(|source| self.no_answer("how long topics keep their records", source))?;
        let told = |result: Result<rdkafka::admin::ConfigResource, RDKafkaErrorCode>| -> Told {
            let resource = result?;
            let entry = resource.entries.iter().find(|entry| entry.name == RETENTION);
            Ok(entry.and_then(|entry| entry.value.as_deref()?.parse().ok()))
        };
        Ok(topics.iter().map(|name| (*name).to_owned()).zip(answer.into_iter().map(told)).collect())
    }
}

/// For ever is longer than any lag.
fn seconds(ms: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
    if ms == FOR_EVER_MS { f64::INFINITY } else { ms as f64 / MS_A_SECOND }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn for_ever_is_longer_than_any_lag() {
        assert!((seconds(86_400_000) - 86_400.0).abs() < f64::EPSILON);
        assert!(seconds(FOR_EVER_MS) > seconds(i64::MAX));
    }
}
