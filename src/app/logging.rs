//! The service's log: JSON or text on standard error.

use crate::config::raw::LogFormat;
use crate::config::settings::LogSettings;
use tracing_subscriber::EnvFilter;

/// Libraries say only what is wrong; the Kafka client speaks as `librdkafka`.
const LIBRARIES: &str = "warn";

/// Begins to write; later calls change nothing.
pub fn init(settings: LogSettings) {
    let level = settings.level.name();
    let filter = EnvFilter::new(format!("{LIBRARIES},leakwatch={level},librdkafka={level}"));
    // Where the log's disk is full or its reader gone, complaining about that on the same standard error would panic in
    // whichever thread has something to say: lines are lost then, and the work goes on.
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).log_internal_errors(false);
    // It can only fail where somebody else has begun already.
    let _ = match settings.format {
        LogFormat::Json => log.json().flatten_event(true).try_init(),
        LogFormat::Text => log.try_init(),
    };
}
