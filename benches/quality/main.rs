//! Does it catch leaks, and does it leave people alone? Simulated companies under the shipped rules, and the answers as
//! a page: `make quality` writes docs/QUALITY.md. The same code gives the same page.

mod args;
mod attacked;
mod cases;
mod company;
mod counting;
mod goals;
mod measured;
mod ordinary;
mod page;
mod reasons;
mod table;
mod traffic;

use args::Args;
use measured::Measured;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

fn main() -> ExitCode {
    let args = match Args::parse(std::env::args().skip(1)) {
        Ok(args) => args,
        Err(expected) => {
            eprintln!("quality: {expected}");
            return ExitCode::from(2);
        }
    };
    let text = page::page(&args, &measure(&args));
    match &args.out {
        None => print!("{text}"),
        Some(path) => {
            if let Err(error) = std::fs::write(path, text) {
                eprintln!("quality: {}: {error}", path.display());
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

/// All seeds, a few at a time, in their order.
fn measure(args: &Args) -> Vec<Measured> {
    let next = AtomicU64::new(1);
    let work = || {
        let mut done = Vec::new();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed > args.seeds {
                return done;
            }
            let began = Instant::now();
            done.push(Measured::of(args, seed));
            eprintln!("seed {seed} of {}: {:.1} s", args.seeds, began.elapsed().as_secs_f64());
        }
    };
    let mut all: Vec<Measured> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..args.threads).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("a seed can be measured")).collect()
    });
    all.sort_by_key(|measured| measured.seed);
    all
}
