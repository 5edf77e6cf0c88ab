//! What the console shows, as one value that changes: the book of cases, and who waits for its changes.

use crate::core::cases::{CaseBook, Judgement, Pseudonyms};
use crate::core::incident::Incident;
use crate::io::kafka::tail::Heard;
use crate::io::lifecycle::lock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};
use tokio::sync::watch;

/// Follows the incidents and verdicts topics.
pub struct Board {
    book: Mutex<CaseBook>,
    /// Where accounts are shown under pseudonyms, the book itself knows no other names.
    names: Option<Mutex<Pseudonyms>>,
    version: watch::Sender<u64>,
    verdicts: String,
    caught_up: AtomicBool,
}

impl Board {
    /// Empty. What comes from the topic `verdicts` is a verdict, anything else an
    /// incident. With `names`, accounts are kept under these.
    pub fn new(verdicts: &str, names: Option<Pseudonyms>) -> Self {
        Self {
            book: Mutex::default(),
            names: names.map(Mutex::new),
            version: watch::Sender::new(0),
            verdicts: verdicts.to_owned(),
            caught_up: AtomicBool::new(false),
        }
    }

    /// The book as it is now.
    pub fn book(&self) -> MutexGuard<'_, CaseBook> {
        lock(&self.book)
    }

    /// Whether accounts are shown under pseudonyms.
    pub fn is_veiled(&self) -> bool {
        self.names.is_some()
    }

    /// The account that is shown as `shown`; where pseudonyms are shown, a name stands for nobody.
    pub fn account(&self, shown: &str) -> Option<String> {
        match &self.names {
            Some(names) => lock(names).actor(shown).map(str::to_owned),
            None => Some(shown.to_owned()),
        }
    }

    /// What an account is shown as.
    pub fn shown(&self, account: &str) -> String {
        self.names.as_ref().map_or_else(|| account.to_owned(), |names| lock(names).of(account))
    }

    /// A text as it is shown.
    pub fn shown_text(&self, text: &str) -> String {
        self.names.as_ref().map_or_else(|| text.to_owned(), |names| lock(names).text(text))
    }

    /// A verdict as it is shown.
    pub fn shown_judgement(&self, judgement: Judgement) -> Judgement {
        match &self.names {
            Some(names) => lock(names).judgement(judgement),
            None => judgement,
        }
    }

    fn shown_incident(&self, line: Incident) -> Incident {
        match &self.names {
            Some(names) => lock(names).incident(line),
            None => line,
        }
    }

    /// Changes whenever the book does, once it has been read to its end.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    /// Whether everything that was there has been read.
    pub fn is_caught_up(&self) -> bool {
        self.caught_up.load(Ordering::SeqCst)
    }

    /// Takes up what was heard. A line that cannot be read is passed over: the topic is shared with later versions.
    pub fn hear(&self, heard: Heard<'_>) {
        match heard {
            Heard::Message { topic, value } => self.message(topic, value),
            Heard::CaughtUp => {
                self.caught_up.store(true, Ordering::SeqCst);
                self.tell();
            }
        }
    }

    fn message(&self, topic: &str, value: &[u8]) {
        let news = if topic == self.verdicts {
            match serde_json::from_slice::<Judgement>(value) {
                Ok(judgement) => {
                    let judgement = self.shown_judgement(judgement);
                    self.book().judge(judgement);
                    true
                }
                Err(_) => self.unreadable(topic),
            }
        } else {
            match serde_json::from_slice::<Incident>(value) {
                Ok(incident) => {
                    let incident = self.shown_incident(incident);
                    self.book().take(incident)
                }
                Err(_) => self.unreadable(topic),
            }
        };
        if news && self.is_caught_up() {
            self.tell();
        }
    }

    fn unreadable(&self, topic: &str) -> bool {
        tracing::warn!(topic, version = *self.version.borrow(), "a line that the console cannot read is passed over");
        false
    }

    fn tell(&self) {
        self.version.send_modify(|version| *version += 1);
    }
}
