//! Bodies of requests.

use super::api::Refused;
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Request};
use serde::de::DeserializeOwned;

/// What a request's body has to say.
pub(super) trait Expected: DeserializeOwned {
    /// Its form, for whoever sent another.
    const FORM: &'static str;
}

/// A JSON body that is a `T`. What axum says of another one quotes what was sent, which may be anybody's.
pub(super) struct Body<T>(pub T);

impl<S: Send + Sync, T: Expected> FromRequest<S> for Body<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refused> {
        let read = Json::<T>::from_request(request, state).await;
        read.map(|Json(body)| Self(body)).map_err(|refused| unread::<T>(&refused))
    }
}

fn unread<T: Expected>(refused: &JsonRejection) -> Refused {
    let form = T::FORM;
    let expected = match refused {
        JsonRejection::JsonDataError(_) | JsonRejection::JsonSyntaxError(_) => format!("expected a body {form}"),
        JsonRejection::MissingJsonContentType(_) => "expected content-type: application/json".to_owned(),
        // The one that is left is a body that was not received whole; the type may have more one day.
        _ => format!("expected a body of at most {} bytes, received whole", super::MAX_BODY_BYTES),
    };
    Refused::new(refused.status(), &expected)
}
