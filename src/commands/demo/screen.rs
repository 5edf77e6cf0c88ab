//! What the demo shows: a live line of figures and the incidents as they come; plain lines in a pipe.

use super::feed::Feed;
use super::fleet::Fleet;
use super::watch::Watch;
use crate::core::incident::{Incident, Severity, Status};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// The line of figures is renewed so often on a terminal, and so often in a pipe.
const LIVE: Duration = Duration::from_secs(1);
const PLAIN: Duration = Duration::from_secs(5);

/// The screen.
pub(super) struct Screen {
    bar: ProgressBar,
    live: bool,
    last: Option<(Instant, usize)>,
}

impl Screen {
    /// Standard output, whatever it is.
    pub fn new() -> Self {
        let live = std::io::stdout().is_terminal();
        let target = if live { ProgressDrawTarget::stdout() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
            bar.set_style(style);
        }
        Self { bar, live, last: None }
    }

    /// One line that stays.
    pub fn say(&mut self, text: &str) {
        if self.live {
            self.bar.println(text);
        } else {
            println!("{text}");
        }
    }

    /// An incident that just came.
    pub fn incident(&mut self, incident: &Incident) {
        let status = match incident.status {
            Status::Opened => "opened",
            Status::Escalated => "escalated",
            Status::Updated => "updated",
            Status::Resolved => "resolved",
        };
        let severity = match incident.severity {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Page => "PAGE",
        };
        let time = incident.time.to_string();
        let clock = time.get(11..19).unwrap_or(&time);
        self.say(&format!("{clock}  {severity:<7} {status:<9} {:<14} {}", incident.rule, incident.summary));
    }

    /// The figures now.
    pub fn status(&mut self, feed: &Feed<'_>, watch: &Watch, fleet: &Fleet) {
        let every = if self.live { LIVE } else { PLAIN };
        let Some((before, sent)) = self.last else {
            self.last = Some((Instant::now(), feed.sent()));
            return;
        };
        if before.elapsed() < every {
            return;
        }
        let per_second = rate(feed.sent() - sent, before.elapsed());
        self.last = Some((Instant::now(), feed.sent()));
        let latency = watch.latency().map_or_else(
            || "no incident yet".to_string(),
            |(median, worst)| format!("event to screen {median} median, {worst} worst"),
        );
        let text = format!(
            "{} events, {per_second}/s, {} actors, {} customers touched, {latency}",
            feed.sent(),
            fleet.metric("leakwatch_entities"),
            feed.customers(),
        );
        if self.live {
            self.bar.set_message(text);
            self.bar.tick();
        } else {
            println!("{text}");
        }
    }

    /// Leaves the terminal as it was.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a display")]
fn rate(events: usize, span: Duration) -> u64 {
    if span.is_zero() { 0 } else { (events as f64 / span.as_secs_f64()) as u64 }
}
