//! `leakwatch demo`: the main job on one machine, nothing faked on its way.
//!
//! Two busy hours of a simulated retailer, told in a minute, goes through the real Kafka client to an embedded broker; one
//! ingest, two detect and one sinks process, all of this very binary, turn it into incidents. Midway one detect
//! process is killed. At the end the incidents are compared with an undisturbed replay of the same events.

mod broker;
mod day;
mod feed;
mod fleet;
mod scene;
mod screen;
mod verdict;
mod watch;

use super::failure::{Failure, Outcome};
use clap::Args as ClapArgs;
use feed::Feed;
use fleet::Fleet;
use scene::Scene;
use screen::Screen;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use watch::Watch;

/// Processes are looked at and the screen is drawn so often.
const TURN: Duration = Duration::from_millis(200);
/// After the last event, incidents may still come for so long.
const SETTLE: Duration = Duration::from_secs(20);
/// The shortest day that leaves time for the other instance to take over.
const MIN_SECONDS: u64 = 20;

/// Shows the main job: a simulated retailer, an embedded broker, incidents on the screen
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// How long the two simulated hours take
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u64).range(MIN_SECONDS..=3600))]
    seconds: u64,
    /// People at work
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(50..=5000))]
    actors: u32,
    /// Decides every draw of the simulation
    #[arg(long, value_name = "N", default_value_t = 7)]
    seed: u64,
}

/// Runs it to the end of the day, or to Ctrl-C.
///
/// # Errors
/// [`Failure::Run`], also if an incident was lost.
pub fn run(args: &Args) -> Outcome {
    let stopped = on_interrupt()?;
    let mut screen = Screen::new();
    screen.say("a retailer is being simulated, and a filter of its customers built …");
    let scene = Scene::set(args).map_err(Failure::Run)?;
    let broker = broker::start(&scene).map_err(Failure::Run)?;
    let mut fleet = Fleet::start(&scene, &broker.bootstrap).map_err(Failure::Run)?;
    screen.say(&format!("embedded broker on {}, metrics on {}", broker.bootstrap, fleet.metrics_url()));
    fleet.wait_until_ready(&stopped).map_err(Failure::Run)?;
    screen.say(&format!("console on {}", fleet.console_url()));
    let mut watch = Watch::start(&broker.bootstrap).map_err(Failure::Run)?;
    let mut feed = Feed::start(&broker.bootstrap, &scene, args.seconds).map_err(Failure::Run)?;
    play(&mut feed, &mut watch, &mut fleet, &mut screen, &stopped)?;
    let told = settle(&mut watch, &mut fleet, &mut screen, &stopped, &scene)?;
    fleet.stop();
    screen.end();
    told.print();
    if told.is_complete() {
        Ok(())
    } else {
        Err(Failure::run(anyhow::anyhow!("the incidents differ from the replay's")))
    }
}

/// The day itself, with the kill in its middle.
fn play(
    feed: &mut Feed,
    watch: &mut Watch,
    fleet: &mut Fleet,
    screen: &mut Screen,
    stopped: &AtomicBool,
) -> Result<(), Failure> {
    let mut killed = false;
    while !feed.is_over() && !stopped.load(Ordering::Relaxed) {
        let until = Instant::now() + TURN;
        feed.send_due().map_err(Failure::Run)?;
        if !killed && feed.progress() >= 0.5 {
            killed = true;
            let pid = fleet.kill_one_detect().map_err(Failure::Run)?;
            screen.say(&format!("detect instance {pid} was killed (SIGKILL); the other one takes over"));
        }
        fleet.check().map_err(Failure::Run)?;
        watch.hear_until(until, &mut |incident| screen.incident(incident)).map_err(Failure::Run)?;
        screen.status(feed, watch, fleet);
    }
    feed.finish().map_err(Failure::Run)
}

/// Waits until the incidents are those of a replay, or no more are to be expected.
fn settle(
    watch: &mut Watch,
    fleet: &mut Fleet,
    screen: &mut Screen,
    stopped: &AtomicBool,
    scene: &Scene,
) -> Result<verdict::Verdict, Failure> {
    let expected = verdict::expected(scene).map_err(Failure::Run)?;
    let until = Instant::now() + SETTLE;
    loop {
        let told = verdict::Verdict::new(&expected, watch);
        if told.is_complete() || Instant::now() >= until || stopped.load(Ordering::Relaxed) {
            return Ok(told);
        }
        fleet.check().map_err(Failure::Run)?;
        watch.hear_until(Instant::now() + TURN, &mut |incident| screen.incident(incident)).map_err(Failure::Run)?;
    }
}

/// Ctrl-C and SIGTERM end the demo in good order.
fn on_interrupt() -> Result<Arc<AtomicBool>, Failure> {
    let stopped = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&stopped);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::run)?;
    std::thread::Builder::new()
        .name("signals".into())
        .spawn(move || {
            runtime.block_on(async {
                let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
                else {
                    return;
                };
                tokio::select! {
                    _ = tokio::signal::ctrl_c() => {}
                    _ = terminate.recv() => {}
                }
            });
            seen.store(true, Ordering::Relaxed);
        })
        .map_err(Failure::run)?;
    Ok(stopped)
}
