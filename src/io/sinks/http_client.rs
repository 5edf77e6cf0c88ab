//! What the sinks that speak HTTP share.

use super::SinkSetupError;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Certificate, Client, redirect};
use std::path::{Path, PathBuf};
use std::time::Duration;

const CONNECT_WITHIN: Duration = Duration::from_secs(5);
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// A secret or certificate file larger than this is not one.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// Whom to trust and how to say who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpAccess {
    /// A file with the token of an `Authorization: Bearer` header.
    pub bearer_token_file: Option<PathBuf>,
    /// A file with further certificate authorities, PEM.
    pub ca_file: Option<PathBuf>,
}

impl HttpAccess {
    /// A client that follows no redirects: a body with names in it goes where it was configured to go, or nowhere.
    ///
    /// # Errors
    /// [`SinkSetupError`].
    pub fn client(&self) -> Result<Client, SinkSetupError> {
        let mut builder = Client::builder()
            .user_agent(concat!("leakwatch/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_WITHIN)
            .timeout(ANSWER_WITHIN)
            .redirect(redirect::Policy::none());
        if let Some(file) = &self.bearer_token_file {
            builder = builder.default_headers(bearer(file)?);
        }
        if let Some(file) = &self.ca_file {
            let what = "certificate authorities";
            let pem = read_file(what, file)?;
            let certificates = Certificate::from_pem_bundle(&pem);
            for certificate in certificates.map_err(|_| unusable(what, file, "expected PEM certificates"))? {
                builder = builder.add_root_certificate(certificate);
            }
        }
        builder.build().map_err(SinkSetupError::Client)
    }
}

fn bearer(file: &Path) -> Result<HeaderMap, SinkSetupError> {
    let what = "a bearer token";
    let token = read_secret(what, file)?;
    let value = [b"Bearer ", token.as_slice()].concat();
    let mut value = HeaderValue::from_bytes(&value).map_err(|_| unusable(what, file, "expected one line of text"))?;
    value.set_sensitive(true);
    Ok(HeaderMap::from_iter([(AUTHORIZATION, value)]))
}

/// A secret: the file's content without the line end that editors append.
pub(super) fn read_secret(what: &'static str, file: &Path) -> Result<Vec<u8>, SinkSetupError> {
    let mut content = read_file(what, file)?;
    while content.last().is_some_and(|byte| b"\r\n".contains(byte)) {
        content.pop();
    }
    if content.is_empty() { Err(unusable(what, file, "expected content, the file is empty")) } else { Ok(content) }
}

/// A secret that is text.
///
/// # Errors
/// [`SinkSetupError`].
pub fn read_text(what: &'static str, file: &Path) -> Result<String, SinkSetupError> {
    String::from_utf8(read_secret(what, file)?).map_err(|_| unusable(what, file, "expected one line of text"))
}

fn read_file(what: &'static str, file: &Path) -> Result<Vec<u8>, SinkSetupError> {
    let size = std::fs::metadata(file).map_err(|error| unusable(what, file, &error.to_string()))?.len();
    if size > MAX_FILE_BYTES {
        return Err(unusable(what, file, "expected a smaller file"));
    }
    std::fs::read(file).map_err(|error| unusable(what, file, &error.to_string()))
}

fn unusable(what: &'static str, file: &Path, reason: &str) -> SinkSetupError {
    SinkSetupError::File { what, file: file.to_owned(), reason: reason.to_owned() }
}
