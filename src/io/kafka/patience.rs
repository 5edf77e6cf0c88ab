//! Questions to brokers that are having an election.

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use std::time::{Duration, Instant};

/// A question is asked for this long before it fails.
const ASK_WITHIN: Duration = Duration::from_secs(30);
/// Between two attempts, and what the last one gets at least.
const ASK_AGAIN: Duration = Duration::from_millis(250);

/// Asks again where the answer is that somebody else is in charge just now, or that nobody is: elections take seconds, and a
/// process that ended at each would make an outage of them.
pub(super) fn patiently<T>(ask: impl Fn(Duration) -> Result<T, KafkaError>) -> Result<T, KafkaError> {
    let until = Instant::now() + ASK_WITHIN;
    loop {
        let left = until.saturating_duration_since(Instant::now()).max(ASK_AGAIN);
        match ask(left) {
            Err(error) if error.rdkafka_error_code().is_some_and(passes) && Instant::now() < until => {
                tracing::debug!(%error, "asking again");
                std::thread::sleep(ASK_AGAIN);
            }
            answer => return answer,
        }
    }
}

/// Whether an error tells of an election, a load or a connection rather than of the question.
fn passes(code: RDKafkaErrorCode) -> bool {
    use RDKafkaErrorCode as Code;
    [
        Code::NotCoordinator,
        Code::CoordinatorLoadInProgress,
        Code::CoordinatorNotAvailable,
        Code::LeaderNotAvailable,
        Code::NotLeaderForPartition,
        Code::ReplicaNotAvailable,
        Code::OffsetNotAvailable,
        Code::RequestTimedOut,
        Code::OperationTimedOut,
        Code::BrokerTransportFailure,
        Code::AllBrokersDown,
        Code::WaitingForCoordinator,
        Code::DestroyBroker,
        Code::UnknownTopicOrPartition,
    ]
    .contains(&code)
}
