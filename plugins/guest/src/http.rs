//! Requests to the hosts that the practice has granted.
//!
//! A secret is named, never seen: `.secret_header("authorization", "Bearer ", "filing_token")`.

use crate::{Failure, host};
use serde::{Serialize, de::DeserializeOwned};
use std::{fmt, time::Duration};

/// How long an answer is waited for, unless said otherwise.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Request {
    /// `GET`, `POST`, …
    pub method: String,
    /// Where to.
    pub url: String,
    /// Names and values.
    pub headers: Vec<(String, HeaderValue)>,
    /// What.
    pub body: Vec<u8>,
    /// How long an answer is waited for.
    pub timeout: Duration,
    /// Whether a method that changes something carries the call's key as `Idempotency-Key`.
    pub idempotency_key: bool,
}

/// What stands in a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderValue {
    /// This.
    Text(String),
    /// This, and then the secret of this name.
    Secret(String, String),
}

impl Request {
    /// Any method.
    pub fn new(method: &str, url: impl Into<String>) -> Self {
        let (method, url) = (method.to_owned(), url.into());
        Self { method, url, headers: vec![], body: vec![], timeout: TIMEOUT, idempotency_key: true }
    }

    /// Asks for something.
    pub fn get(url: impl Into<String>) -> Self {
        Self::new("GET", url)
    }

    /// Gives something.
    pub fn post(url: impl Into<String>) -> Self {
        Self::new("POST", url)
    }

    /// With a header.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), HeaderValue::Text(value.into())));
        self
    }

    /// With a header that ends with a secret, which the host fills in; `prefix` may be empty.
    pub fn secret_header(mut self, name: &str, prefix: &str, secret: &str) -> Self {
        self.headers.push((name.to_owned(), HeaderValue::Secret(prefix.to_owned(), secret.to_owned())));
        self
    }

    /// With a body as it is.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// With a body as JSON.
    ///
    /// # Panics
    /// When the value cannot be JSON, such as a map whose keys are no texts.
    pub fn json(self, value: &impl Serialize) -> Self {
        let body = serde_json::to_vec(value).expect("the body can be written as JSON");
        self.header("content-type", "application/json").body(body)
    }

    /// How long an answer is waited for, 10 seconds by default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Without `Idempotency-Key`, for a server that would not know it.
    pub fn without_idempotency_key(mut self) -> Self {
        self.idempotency_key = false;
        self
    }

    /// Sends it.
    ///
    /// # Errors
    /// When nothing came back; an answer of any status is an answer.
    pub fn send(self) -> Result<Response, Problem> {
        host::send(self)
    }
}

/// An answer, of any status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// 200, 404, …
    pub status: u16,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// What came.
    pub body: Vec<u8>,
}

impl Response {
    /// The first header of this name, whatever its case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// When it is none, or has another shape.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(&self.body)
    }
}

/// Why nothing came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The practice has not granted this.
    NotGranted(String),
    /// The practice has no secret of this name for this plugin.
    UnknownSecret(String),
    /// The request makes no sense.
    BadRequest(String),
    /// It took too long.
    Timeout,
    /// The host does not answer.
    Unreachable(String),
    /// The answer has more than so many bytes.
    TooLarge(u64),
    /// This call has sent so many by now.
    TooMany(u32),
    /// A dry run: nothing leaves.
    NotSent,
}

impl Problem {
    /// As a failure with a code of the plugin's own: what may pass is tried again, what is not granted needs a person.
    #[must_use]
    pub fn failure(&self, code: &str) -> Failure {
        match self {
            Self::Timeout | Self::Unreachable(_) | Self::NotSent => Failure::transient(code, self.to_string()),
            Self::NotGranted(_) | Self::UnknownSecret(_) => Failure::needs_person(code, self.to_string()),
            Self::BadRequest(_) | Self::TooLarge(_) | Self::TooMany(_) => Failure::permanent(code, self.to_string()),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotGranted(what) => write!(to, "the plugin may not reach {what}; grant it or do without"),
            Self::UnknownSecret(name) => write!(to, "there is no secret `{name}` for the plugin; grant it one"),
            Self::BadRequest(why) => write!(to, "the plugin's request makes no sense: {why}"),
            Self::Timeout => write!(to, "no answer came in time"),
            Self::Unreachable(why) => write!(to, "the other side cannot be reached: {why}"),
            Self::TooLarge(bytes) => write!(to, "the answer has more than {bytes} bytes"),
            Self::TooMany(count) => {
                write!(to, "the plugin has sent {count} requests in one call, and may not send more")
            }
            Self::NotSent => write!(to, "nothing was sent: this is a dry run"),
        }
    }
}
