//! Clients of the three services, each with the same bounds.

use super::OpenError;
use super::crypto::Crypto;
use crate::config::settings::{AzureStore, GcsStore, Reach, S3Store};
use object_store::aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey, S3ConditionalPut};
use object_store::azure::{AzureConfigKey, MicrosoftAzure, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorage, GoogleCloudStorageBuilder};
use object_store::{BackoffConfig, Certificate, ClientOptions, RetryConfig};
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// One request with its body: a snapshot of a gigabyte at 10 MB/s.
const REQUEST_WITHIN: Duration = Duration::from_secs(100);
/// A request that failed is made again so often, unless so much time has passed since the first. Whoever asks has
/// further patience of its own.
const RETRIES: usize = 2;
const RETRY_WITHIN: Duration = Duration::from_secs(10);
const RETRY_FIRST_WAIT: Duration = Duration::from_millis(100);
const RETRY_LONGEST_WAIT: Duration = Duration::from_secs(2);
const RETRY_FACTOR: f64 = 2.0;
/// A file of a secret or of certificates that is larger is none.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// What Amazon puts into a pod's environment to give it an identity; none of it is a secret.
const S3_IDENTITY: [&str; 9] = [
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ENDPOINT_URL_STS",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
];
/// The same of Azure.
const AZURE_IDENTITY: [&str; 4] =
    ["AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE", "AZURE_AUTHORITY_HOST"];

pub(super) fn s3(store: &S3Store) -> Result<AmazonS3, OpenError> {
    let mut builder = AmazonS3Builder::new();
    for (key, value) in from_environment::<AmazonS3ConfigKey>(&S3_IDENTITY) {
        builder = builder.with_config(key, value);
    }
    builder = builder
        .with_bucket_name(&store.bucket.name)
        .with_conditional_put(S3ConditionalPut::ETagMatch)
        // Plain deletes: not all that speak the protocol delete in bulk.
        .with_disable_bulk_delete(true)
        .with_allow_http(is_http(&store.reach))
        .with_client_options(client("state.s3.ca_file", &store.reach)?)
        .with_crypto_provider(Arc::new(Crypto))
        .with_retry(retries());
    if let Some(endpoint) = &store.reach.endpoint {
        builder = builder.with_endpoint(endpoint.as_str());
    }
    if let Some(region) = &store.region {
        builder = builder.with_region(region);
    }
    if let Some((access, secret)) = &store.key_files {
        builder = builder
            .with_access_key_id(text("state.s3.access_key_file", access)?)
            .with_secret_access_key(text("state.s3.secret_key_file", secret)?);
    }
    builder.build().map_err(OpenError::Client)
}

pub(super) fn gcs(store: &GcsStore) -> Result<GoogleCloudStorage, OpenError> {
    let mut builder = GoogleCloudStorageBuilder::new()
        .with_bucket_name(&store.bucket.name)
        .with_client_options(client("state.gcs.ca_file", &store.reach)?)
        .with_crypto_provider(Arc::new(Crypto))
        .with_retry(retries());
    if let Some(endpoint) = &store.reach.endpoint {
        builder = builder.with_base_url(endpoint.as_str().trim_end_matches('/'));
    }
    if let Some(file) = &store.service_account_file {
        builder = builder.with_service_account_key(text("state.gcs.service_account_file", file)?);
    }
    builder.build().map_err(OpenError::Client)
}

pub(super) fn azure(store: &AzureStore) -> Result<MicrosoftAzure, OpenError> {
    let mut builder = MicrosoftAzureBuilder::new();
    for (key, value) in from_environment::<AzureConfigKey>(&AZURE_IDENTITY) {
        builder = builder.with_config(key, value);
    }
    builder = builder
        .with_account(&store.account)
        .with_container_name(&store.bucket.name)
        .with_client_options(client("state.azure.ca_file", &store.reach)?)
        .with_crypto_provider(Arc::new(Crypto))
        .with_retry(retries());
    if let Some(endpoint) = &store.reach.endpoint {
        builder = builder.with_endpoint(endpoint.as_str().trim_end_matches('/').to_owned());
    }
    if let Some(file) = &store.access_key_file {
        builder = builder.with_access_key(text("state.azure.access_key_file", file)?);
    }
    builder.build().map_err(OpenError::Client)
}

fn from_environment<K: FromStr>(names: &[&str]) -> Vec<(K, String)> {
    let set = |name: &&str| Some((K::from_str(&name.to_ascii_lowercase()).ok()?, std::env::var(name).ok()?));
    names.iter().filter_map(set).collect()
}

fn is_http(reach: &Reach) -> bool {
    reach.endpoint.as_ref().is_some_and(|endpoint| endpoint.scheme() == "http")
}

fn client(key: &'static str, reach: &Reach) -> Result<ClientOptions, OpenError> {
    let mut options = ClientOptions::new()
        .with_connect_timeout(CONNECT_WITHIN)
        .with_timeout(REQUEST_WITHIN)
        .with_allow_http(is_http(reach));
    if let Some(file) = &reach.ca_file {
        let pem = text(key, file)?;
        let none = || unusable(key, file, "expected PEM certificates");
        for certificate in Certificate::from_pem_bundle(pem.as_bytes()).map_err(|_| none())? {
            options = options.with_root_certificate(certificate);
        }
    }
    Ok(options)
}

fn retries() -> RetryConfig {
    let (init_backoff, max_backoff, base) = (RETRY_FIRST_WAIT, RETRY_LONGEST_WAIT, RETRY_FACTOR);
    let backoff = BackoffConfig { init_backoff, max_backoff, base };
    RetryConfig { backoff, max_retries: RETRIES, retry_timeout: RETRY_WITHIN }
}

/// A file's text, without the line end that editors append.
fn text(key: &'static str, file: &Path) -> Result<String, OpenError> {
    let failed = |error: std::io::Error| unusable(key, file, &error.to_string());
    if std::fs::metadata(file).map_err(failed)?.len() > MAX_FILE_BYTES {
        return Err(unusable(key, file, "expected a smaller file"));
    }
    let text = std::fs::read_to_string(file).map_err(failed)?;
    let text = text.trim_end();
    if text.is_empty() { Err(unusable(key, file, "expected content, the file is empty")) } else { Ok(text.to_owned()) }
}

fn unusable(key: &'static str, file: &Path, reason: &str) -> OpenError {
    OpenError::File { key, file: file.to_owned(), reason: reason.to_owned() }
}
