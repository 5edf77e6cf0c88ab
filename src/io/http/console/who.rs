//! Who asks, and what they may do.

use super::api::Refused;
use super::rate::{Caller, RateLimit, too_many};
use crate::io::http::oidc::{TokenRefused, Verifier};
use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

/// Who decides where nobody is asked for a name.
const LOCAL_USER: &str = "local";
/// The longest name of a user, in bytes.
const MAX_NAME_BYTES: usize = 256;
/// What every request that changes something carries: a foreign page cannot send a header of its own choice.
const REQUEST_HEADER: &str = "x-leakwatch-request";
/// How a browser says where a request comes from (W3C, Fetch Metadata Request Headers).
const FETCH_SITE: &str = "sec-fetch-site";

/// What a bearer token is introduced by (RFC 6750); case does not matter.
const BEARER: &str = "bearer ";

/// How users are known.
#[derive(Clone)]
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
    /// A token that an `OpenID` Connect provider signed names the user.
    Oidc(Arc<Verifier>),
}

/// What every request passes: who asks, and how often.
#[derive(Clone)]
pub(super) struct Gate {
    /// How users are known.
    pub access: Access,
    /// How often each may ask.
    pub rate: Arc<RateLimit>,
}

/// Somebody who may look.
#[derive(Clone, Debug)]
struct User {
    name: String,
    admin: bool,
}

/// Somebody who may decide, and who asks from a page of this console.
pub(super) struct Admin(pub String);

/// Why somebody is not let through.
#[derive(Debug, PartialEq, Eq)]
enum Stranger {
    /// The proxy names nobody.
    Unnamed,
    /// There is no token, or more than one.
    NoToken,
    /// A token was refused.
    Refused(TokenRefused),
}

impl IntoResponse for Stranger {
    fn into_response(self) -> Response {
        let (status, told) = match self {
            Self::Unnamed => {
                let told = "expected the proxy in front of this console to name the user";
                return (StatusCode::UNAUTHORIZED, told).into_response();
            }
            Self::NoToken => (StatusCode::UNAUTHORIZED, "expected one header Authorization: Bearer".to_owned()),
            Self::Refused(why @ TokenRefused::Wrong(_)) => (StatusCode::UNAUTHORIZED, why.to_string()),
            Self::Refused(why @ TokenRefused::NoViewer) => (StatusCode::FORBIDDEN, why.to_string()),
            Self::Refused(why @ TokenRefused::NoKeys) => (StatusCode::SERVICE_UNAVAILABLE, why.to_string()),
        };
        let challenge = HeaderValue::from_static("Bearer");
        (status, [(header::WWW_AUTHENTICATE, challenge)], told).into_response()
    }
}

/// Lets through whoever is known, and does not ask too often.
pub(super) async fn identify(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    let found = match (&gate.access, bearer(request.headers())) {
        (Access::Oidc(_), None) => Err(Stranger::NoToken),
        (Access::Oidc(verifier), Some(token)) => {
            let read = verifier.user(&token).await.map_err(Stranger::Refused);
            read.map(|vouched| User { name: vouched.name, admin: vouched.admin })
        }
        (access @ (Access::Local | Access::Header { .. }), _) => {
            user(access, request.headers()).ok_or(Stranger::Unnamed)
        }
    };
    // On loopback everybody has one name: there the address is who asks, as for strangers.
    let caller = match (&gate.access, &found) {
        (Access::Local, _) | (_, Err(_)) => Caller::Address(peer(&request)),
        (Access::Header { .. } | Access::Oidc(_), Ok(user)) => Caller::User(user.name.clone()),
    };
    if let Err(wait) = gate.rate.admit(caller) {
        return too_many(wait);
    }
    match found {
        Ok(user) => {
            request.extensions_mut().insert(user);
            next.run(request).await
        }
        Err(stranger) => stranger.into_response(),
    }
}

fn peer(request: &Request) -> IpAddr {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(peer)| peer.ip())
}

/// A header's one value; two are none, since one of them may be somebody else's.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut given = headers.get_all(name).iter();
    given.next().filter(|_| given.next().is_none())?.to_str().ok()
}

fn bearer(headers: &HeaderMap) -> Option<String> {
    let (scheme, token) = only(headers, &header::AUTHORIZATION)?.split_at_checked(BEARER.len())?;
    scheme.eq_ignore_ascii_case(BEARER).then(|| token.trim().to_owned())
}

fn user(access: &Access, headers: &HeaderMap) -> Option<User> {
    match access {
        Access::Local => Some(User { name: LOCAL_USER.to_owned(), admin: true }),
        Access::Header { user, admins } => {
            let name = only(headers, user)?.trim();
            let usable = !name.is_empty() && name.len() <= MAX_NAME_BYTES;
            usable.then(|| User { name: name.to_owned(), admin: admins.contains(name) })
        }
        Access::Oidc(_) => None,
    }
}

impl<S: Sync> FromRequestParts<S> for Admin {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Refused> {
        let forbidden = |why: &str| Refused::new(StatusCode::FORBIDDEN, why);
        let site = parts.headers.get(FETCH_SITE).map(HeaderValue::as_bytes);
        if site.is_some_and(|site| site != b"same-origin" && site != b"none") {
            return Err(forbidden("expected a request from a page of this console"));
        }
        if !parts.headers.contains_key(REQUEST_HEADER) {
            return Err(forbidden("expected the header x-leakwatch-request"));
        }
        match parts.extensions.get::<User>() {
            Some(user) if user.admin => Ok(Self(user.name.clone())),
            Some(_) => Err(forbidden("expected a user whom http.auth.admins or admin_groups lists")),
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
    fn one_bearer_token_is_read_whatever_its_case() {
        let given = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::AUTHORIZATION, HeaderValue::from_static(value));
            }
            bearer(&headers)
        };
        assert_eq!(given(&["Bearer a.b.c"]).as_deref(), Some("a.b.c"));
        assert_eq!(given(&["bEARER  a.b.c "]).as_deref(), Some("a.b.c"));
        for none in [&[][..], &["Bearer a.b.c", "Bearer d.e.f"], &["Basic a.b.c"], &["Bearer"], &["a.b.c"]] {
            assert_eq!(given(none), None, "{none:?}");
        }
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
