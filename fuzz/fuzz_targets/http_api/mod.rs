//! The console's HTTP as the service serves it, over memory instead of a socket and Kafka: shared by the fuzz target and by
//! the test that tries its seeds.

mod checks;
mod memory;
mod request;

pub use checks::shows_nobody;
use checks::{Asked, Served};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use memory::{Memory, Shared};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::{Arc, LazyLock};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// A customer's number; no answer and nothing that is kept may show it.
pub const MARKED: &str = "13912345678";
/// Who may decide where a proxy names the user.
const ADMIN: &str = "ann";
const USER_HEADER: &str = "x-forwarded-user";
/// More than any request and its answers take.
const PIPE_BYTES: usize = 1 << 16;

/// What the first byte of an input decides, besides whether the rest is a request as it comes over the wire or chooses the parts
/// of one.
#[derive(Clone, Copy)]
struct Setup {
    /// A proxy names the user; otherwise nobody is asked.
    proxied: bool,
    /// Accounts are shown under pseudonyms.
    veiled: bool,
    /// Nothing can be kept or read.
    broken: bool,
}

/// What came of an input.
#[derive(Debug, Default)]
pub struct Tried {
    /// The status of each answer.
    pub answers: Vec<u16>,
    /// Verdicts and audit lines that were kept.
    pub kept: usize,
}

static SHARED: LazyLock<Shared> = LazyLock::new(Shared::new);

/// Serves one connection that sends what `input` says.
///
/// # Panics
/// If an answer is not what it must be.
pub fn try_input(input: &[u8]) -> Tried {
    let Some((first, rest)) = input.split_first() else { return Tried::default() };
    let bit = |at: u8| first & (1 << at) != 0;
    let setup = Setup { proxied: bit(0), veiled: bit(1), broken: bit(2) };
    let sent = if bit(3) { rest.to_vec() } else { request::rendered(rest) };
    let memory = Arc::new(Memory::new(setup.broken));
    let service = TowerToHyperService::new(SHARED.router(setup, &memory));
    let tried = RefCell::new(Tried::default());
    let answer = |request: hyper::Request<Incoming>| {
        let (asked, before, answered) =
            (Asked::of(&request), memory.kept(), hyper::service::Service::call(&service, request));
        let (tried, memory) = (&tried, &memory);
        async move {
            let answer = answered.await.unwrap_or_else(|never| match never {});
            let (answer, served) = Served::of(answer).await;
            let kept = memory.kept() - before;
            checks::check(setup, &asked, &served, kept);
            tried.borrow_mut().answers.push(served.status);
            tried.borrow_mut().kept += kept;
            Ok::<_, Infallible>(answer)
        }
    };
    let received = SHARED.runtime.block_on(connection(&sent, answer));
    shows_nobody("what was received", &received);
    shows_nobody("what was kept", memory.text().as_bytes());
    assert!(!SHARED.has_failed(), "a thread of the service panicked");
    tried.into_inner()
}

/// What comes back where `sent` is all that ever comes.
async fn connection<F>(sent: &[u8], answer: impl Fn(hyper::Request<Incoming>) -> F) -> Vec<u8>
where
    F: Future<Output = Result<hyper::Response<axum::body::Body>, Infallible>>,
{
    let (client, server) = tokio::io::duplex(PIPE_BYTES);
    // Whoever has sent all may still read: a test that hangs up at once would see few answers.
    let mut http = hyper::server::conn::http1::Builder::new();
    let serving = http.half_close(true).serve_connection(TokioIo::new(server), hyper::service::service_fn(answer));
    let (mut reading, mut writing) = tokio::io::split(client);
    let send = async {
        let _ = writing.write_all(sent).await;
        let _ = writing.shutdown().await;
    };
    let receive = async {
        let mut received = Vec::new();
        let _ = reading.read_to_end(&mut received).await;
        received
    };
    // What hyper refuses by itself ends the connection.
    let (_, (), received) = tokio::join!(serving, send, receive);
    received
}

fn admins() -> Arc<BTreeSet<String>> {
    Arc::new(BTreeSet::from([ADMIN.to_owned()]))
}
