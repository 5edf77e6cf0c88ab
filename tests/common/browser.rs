//! A real Chromium for tests: headless, with a profile of its own, ended with the test.

use super::kafka::is_required;
use chromiumoxide::browser::{Browser, BrowserConfig};
use chromiumoxide::cdp::browser_protocol::emulation::SetDeviceMetricsOverrideParams;
use chromiumoxide::cdp::browser_protocol::emulation::{MediaFeature, SetEmulatedMediaParams};
use chromiumoxide::cdp::browser_protocol::log::{self, EventEntryAdded, LogEntryLevel};
use chromiumoxide::cdp::browser_protocol::network::{EventLoadingFailed, EventResponseReceived};
use chromiumoxide::cdp::browser_protocol::page::CaptureScreenshotFormat;
use chromiumoxide::cdp::js_protocol::runtime::{ConsoleApiCalledType, EventConsoleApiCalled, EventExceptionThrown};
use chromiumoxide::page::ScreenshotParams;
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

const WITHIN: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(50);

static SKIPPED: AtomicUsize = AtomicUsize::new(0);

/// A browser that runs as long as this value lives.
pub struct Chromium {
    browser: Browser,
    runtime: Runtime,
    _profile: tempfile::TempDir,
}

/// One page of it, and what went wrong on it.
pub struct Tab<'a> {
    page: chromiumoxide::Page,
    runtime: &'a Runtime,
    faults: Arc<Mutex<Vec<String>>>,
}

impl Chromium {
    /// Starts it; `None` where there is none and need not be.
    ///
    /// With `CI=true` or `LEAKWATCH_REQUIRE_REAL=1` it must run.
    pub fn start(test: &str) -> Option<Self> {
        let Some(binary) = on_path("chromium") else { return skip(test, "chromium is not on the PATH") };
        let profile = tempfile::tempdir().expect("a directory");
        let config = BrowserConfig::builder()
            .chrome_executable(binary)
            .no_sandbox()
            .new_headless_mode()
            .user_data_dir(profile.path())
            .launch_timeout(WITHIN)
            .viewport(None)
            .build()
            .expect("settings of a browser");
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let (browser, mut handler) = match runtime.block_on(Browser::launch(config)) {
            Ok(started) => started,
            Err(error) => return skip(test, &format!("it does not start: {error}")),
        };
        runtime.spawn(async move { while handler.next().await.is_some() {} });
        Some(Self { browser, runtime, _profile: profile })
    }

    /// Opens `url` in a window of so many CSS pixels.
    pub fn open(&self, url: &str, size: (i64, i64)) -> Tab<'_> {
        let (page, faults) = self.runtime.block_on(async {
            let page = self.browser.new_page("about:blank").await.expect("a page");
            let faults = listen(&page).await;
            (page, faults)
        });
        let tab = Tab { page, runtime: &self.runtime, faults };
        tab.resize(size, 1.0);
        tab.runtime.block_on(tab.page.goto(url)).expect("the page opens");
        tab
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        self.runtime.block_on(async {
            let _ = self.browser.close().await;
            let _ = tokio::time::timeout(WITHIN, self.browser.wait()).await;
            let _ = self.browser.kill().await;
        });
    }
}

/// Everything that a page should not do.
async fn listen(page: &chromiumoxide::Page) -> Arc<Mutex<Vec<String>>> {
    let faults = Arc::new(Mutex::new(Vec::new()));
    page.execute(log::EnableParams::default()).await.expect("the log");
    macro_rules! hear {
        ($event:ty, $told:expr) => {{
            let mut events = page.event_listener::<$event>().await.expect("events");
            let faults = Arc::clone(&faults);
            let told: fn(&$event) -> Option<String> = $told;
            tokio::spawn(async move {
                while let Some(event) = events.next().await {
                    faults.lock().expect("no panic").extend(told(&event));
                }
            });
        }};
    }
    hear!(EventExceptionThrown, |event| Some(format!("exception: {:?}", event.exception_details)));
    hear!(EventEntryAdded, |event| {
        let bad = matches!(event.entry.level, LogEntryLevel::Error | LogEntryLevel::Warning);
        bad.then(|| format!("log: {} {:?}", event.entry.text, event.entry.url))
    });
    hear!(EventConsoleApiCalled, |event| {
        let bad = matches!(event.r#type, ConsoleApiCalledType::Error | ConsoleApiCalledType::Warning);
        bad.then(|| format!("console: {:?}", event.args))
    });
    // Leaving a page ends its stream of events: that is cancelled, not failed.
    hear!(EventLoadingFailed, |event| (!event.canceled.unwrap_or(false)).then(|| format!("failed: {event:?}")));
    hear!(EventResponseReceived, |event| {
        (event.response.status >= 400).then(|| format!("{} {}", event.response.status, event.response.url))
    });
    faults
}

impl Tab<'_> {
    /// Another page of the console, by the address's fragment; back once it is drawn.
    pub fn go(&self, fragment: &str) {
        let _: bool = self.value(&format!(
            "document.getElementById('main').replaceChildren(), location.hash === {fragment:?} ? dispatchEvent(new Event('news')) : Boolean(location.hash = {fragment:?})"
        ));
        self.until("document.querySelector('main h1, main .error')");
    }

    /// A window of so many CSS pixels, each of `scale` of the screen's.
    pub fn resize(&self, (width, height): (i64, i64), scale: f64) {
        let size = SetDeviceMetricsOverrideParams::new(width, height, scale, false);
        self.runtime.block_on(self.page.execute(size)).expect("a size");
    }

    /// `light` or `dark`.
    pub fn prefer(&self, scheme: &str) {
        let feature = MediaFeature::new("prefers-color-scheme", scheme);
        let media = SetEmulatedMediaParams::builder().features(vec![feature]).build();
        self.runtime.block_on(self.page.execute(media)).expect("a scheme");
    }

    /// What a JavaScript expression amounts to; a promise is waited for.
    pub fn value<T: DeserializeOwned>(&self, expression: &str) -> T {
        let told = self.runtime.block_on(self.page.evaluate_expression(expression));
        let told = told.unwrap_or_else(|error| panic!("{expression}: {error}"));
        told.into_value().unwrap_or_else(|error| panic!("{expression}: {error}"))
    }

    /// Waits until a JavaScript expression holds.
    pub fn until(&self, expression: &str) {
        let until = Instant::now() + WITHIN;
        while !self.value::<bool>(&format!("Boolean({expression})")) {
            let text: String = self.value("document.body.innerText");
            assert!(Instant::now() < until, "not within {WITHIN:?}: {expression}; {:?}\n{text}", self.faults());
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// Clicks what `selector` finds once it is there, as a hand would.
    pub fn click(&self, selector: &str) {
        self.until(&format!("document.querySelector({selector:?})"));
        let click = async { self.page.find_element(selector).await?.click().await.map(drop) };
        self.runtime.block_on(click).unwrap_or_else(|error| panic!("{selector}: {error}"));
    }

    /// Types into what `selector` finds.
    pub fn write(&self, selector: &str, text: &str) {
        let write = async { self.page.find_element(selector).await?.focus().await?.type_str(text).await.map(drop) };
        self.runtime.block_on(write).unwrap_or_else(|error| panic!("{selector}: {error}"));
    }

    /// Presses `key` so many times where `selector` finds something.
    pub fn press(&self, selector: &str, key: &str, times: usize) {
        let press = async {
            let element = self.page.find_element(selector).await?;
            element.focus().await?;
            for _ in 0..times {
                element.press_key(key).await?;
            }
            Ok::<(), chromiumoxide::error::CdpError>(())
        };
        self.runtime.block_on(press).unwrap_or_else(|error| panic!("{selector}: {error}"));
    }

    /// What is in the window, as PNG.
    pub fn picture(&self) -> Vec<u8> {
        let how = ScreenshotParams::builder().format(CaptureScreenshotFormat::Png).build();
        self.runtime.block_on(self.page.screenshot(how)).expect("a picture")
    }

    /// What went wrong so far.
    pub fn faults(&self) -> Vec<String> {
        self.faults.lock().expect("no panic").clone()
    }
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

fn skip<T>(test: &str, why: &str) -> Option<T> {
    assert!(!is_required(), "{test}: a real Chromium is required here, and {why}");
    let count = SKIPPED.fetch_add(1, Ordering::SeqCst) + 1;
    eprintln!("SKIPPED {test}: {why}. Tests skipped for want of a real Chromium so far: {count}");
    None
}
