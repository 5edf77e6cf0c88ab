//! Requests to a console that a proxy stands in front of, one after another.

use super::process::get;
use serde_json::Value;

pub struct Asking {
    runtime: tokio::runtime::Runtime,
    pub client: reqwest::Client,
    console: u16,
}

impl Asking {
    pub fn new(console: u16) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
        Self { runtime, client: reqwest::Client::new(), console }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.console)
    }

    /// Status and body.
    pub fn send(&self, request: reqwest::RequestBuilder, user: &str) -> (u16, String) {
        self.runtime.block_on(async {
            let answer = request.header("X-Forwarded-User", user).send().await.expect("an answer");
            (answer.status().as_u16(), answer.text().await.expect("text"))
        })
    }

    /// Of the API, as somebody who may look.
    pub fn get(&self, path: &str) -> (u16, String) {
        self.send(self.client.get(self.url(&format!("/api/v1/{path}"))), "bob")
    }

    pub fn post(&self, path: &str, user: &str, body: &Value) -> (u16, String) {
        let request = self.client.post(self.url(&format!("/api/v1/{path}")));
        self.send(request.header("x-leakwatch-request", "1").json(body), user)
    }

    /// What server-sent events say at once.
    pub fn events(&self) -> String {
        let request = self.client.get(self.url("/api/v1/events")).header("X-Forwarded-User", "bob");
        self.runtime.block_on(async {
            let mut told = request.send().await.expect("an answer");
            let first = told.chunk().await.expect("bytes").expect("an event");
            String::from_utf8(first.to_vec()).expect("text")
        })
    }

    /// Status line and body of what is asked for in exactly these words, which no client mends.
    pub fn raw(&self, path: &str) -> Option<(String, String)> {
        get(self.console, path)
    }
}
