//! Who asks, and what they may do.

use super::api::Refused;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Who decides where nobody is asked for a name.
const LOCAL_USER: &str = "local";
/// The longest name of a user, in bytes.
const MAX_NAME_BYTES: usize = 256;
/// What every request that changes something carries: a foreign page cannot send a header of its own choice.
const REQUEST_HEADER: &str = "x-leakwatch-request";
/// How a browser says where a request comes from (W3C, Fetch Metadata Request Headers).
const FETCH_SITE: &str = "sec-fetch-site";

/// How users are known.
#[derive(Clone, Debug)]
pub enum Access {
    /// Whoever reaches this machine's loopback may do everything.
    Local,
    /// A proxy names the user, and removes the header from what clients send.
    Header {
        /// The header.
        user: HeaderName,
        /// Who may decide; everybody else may look.
        admins: Arc<BTreeSet<String>>,
    },
}

/// Somebody who may look.
#[derive(Clone, Debug)]
struct User {
    name: String,
    admin: bool,
}

/// Somebody who may decide, and who asks from a page of this console.
pub(super) struct Admin(pub String);

/// Lets through whoever is known.
pub(super) async fn identify(State(access): State<Access>, mut request: Request, next: Next) -> Response {
    match user(&access, request.headers()) {
        Some(user) => {
            request.extensions_mut().insert(user);
            next.run(request).await
        }
        None => {
            (StatusCode::UNAUTHORIZED, "expected the proxy in front of this console to name the user").into_response()
        }
    }
}

fn user(access: &Access, headers: &HeaderMap) -> Option<User> {
    match access {
        Access::Local => Some(User { name: LOCAL_USER.to_owned(), admin: true }),
        Access::Header { user, admins } => {
            // Two names are none: one of them may be the client's own.
            let mut given = headers.get_all(user).iter();
            let name = given.next().filter(|_| given.next().is_none())?.to_str().ok()?.trim();
            let usable = !name.is_empty() && name.len() <= MAX_NAME_BYTES;
            usable.then(|| User { name: name.to_owned(), admin: admins.contains(name) })
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Admin {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Refused> {
        let forbidden = |why: &str| Refused::new(StatusCode::FORBIDDEN, why);
        let site = parts.headers.get(FETCH_SITE).map(axum::http::HeaderValue::as_bytes);
        if site.is_some_and(|site| site != b"same-origin" && site != b"none") {
            return Err(forbidden("expected a request from a page of this console"));
        }
        if !parts.headers.contains_key(REQUEST_HEADER) {
            return Err(forbidden("expected the header x-leakwatch-request"));
        }
        match parts.extensions.get::<User>() {
            Some(user) if user.admin => Ok(Self(user.name.clone())),
            Some(_) => Err(forbidden("expected a user whom http.auth.admins lists")),
            None => Err(forbidden("expected a user")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access() -> Access {
        let admins = Arc::new(BTreeSet::from(["ann".to_owned()]));
        Access::Header { user: HeaderName::from_static("x-forwarded-user"), admins }
    }

    fn named(names: &[&'static str]) -> Option<(String, bool)> {
        let mut headers = HeaderMap::new();
        for name in names {
            headers.append("x-forwarded-user", name.parse().expect("a value"));
        }
        user(&access(), &headers).map(|user| (user.name, user.admin))
    }

    #[test]
    fn one_name_is_a_user_and_only_admins_decide() {
        assert_eq!(named(&["ann"]), Some(("ann".into(), true)));
        assert_eq!(named(&["bob"]), Some(("bob".into(), false)));
        for nobody in [&[][..], &[""], &["bob", "ann"]] {
            assert_eq!(named(nobody), None, "{nobody:?}");
        }
    }
}
