//! The one place that decides what a call may reach, below all versions of the contract.
//!
//! Owns: reading a grant as rules, and `Granted`, which only this module can make: whoever carries out a request, reads a
//! field or fills in a secret needs one. Leaves addresses to `address`, carrying out to `http` and `state`, and what is
//! granted at all to `grants`.

mod address;

pub use address::{Endpoint, is_private};

use crate::{
    binding::jobwright::plugin::http::{Problem, Request, Value as HeaderValue},
    glob,
    grants::{Grant, Wish},
    manifest::{HttpWish, Manifest},
    veil::Veil,
};
use hyper::{
    HeaderMap, Method, Uri,
    header::{self, HeaderName},
};
use jobwright_core::value::Value;
use jobwright_plugin::{
    Wanted,
    json::{self, Exact},
};
use serde_json::Value as Json;
use std::{cmp::Reverse, collections::BTreeMap, fmt};

/// What the gate let through.
#[derive(Debug)]
pub struct Granted<T>(T);

impl<T> Granted<T> {
    /// To carry it out.
    pub fn into_inner(self) -> T {
        self.0
    }
}

/// A request with all its secrets filled in.
pub struct Exchange {
    /// Where to connect.
    pub endpoint: Endpoint,
    /// Whether that may be an address of the practice's own network: it was granted as one.
    pub private: bool,
    /// The method.
    pub method: Method,
    /// The path and the query.
    pub target: Uri,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
    /// Bytes of the answer's body.
    pub body_bytes_max: usize,
}

impl fmt::Debug for Exchange {
    /// Without headers: they hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}{}", self.method, self.endpoint, self.target)
    }
}

impl Granted<Exchange> {
    /// The line that would grant this very host, should its address turn out to need that.
    pub fn line(&self) -> String {
        let host = self.0.endpoint.to_string();
        Wish::Http(HttpWish { host, methods: vec![], paths: vec![], why: None }).line()
    }
}

/// Why something does not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Barred {
    /// What was wanted.
    pub wanted: String,
    /// The line that would grant it.
    pub line: String,
}

/// The rooms that fields are read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// The job's client.
    Client,
    /// Its contacts.
    Contacts,
    /// The staff.
    Staff,
}

impl Room {
    fn word(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Contacts => "contacts",
            Self::Staff => "staff",
        }
    }
}

/// What one plugin may reach.
pub struct Gate {
    http: Vec<(Endpoint, HttpWish)>,
    secrets: BTreeMap<String, Secret>,
    veil: Veil,
    read: Vec<String>,
    effects: Vec<String>,
}

struct Secret {
    value: String,
    /// The only one that it is sent to.
    host: Endpoint,
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").field("http", &self.http).field("read", &self.read).finish_non_exhaustive()
    }
}

impl Gate {
    /// The rules of a grant.
    ///
    /// # Errors
    /// With a sentence for each rule that cannot be one, and each secret that is not there.
    pub fn new(manifest: &Manifest, grant: &Grant, secrets: &BTreeMap<String, String>) -> Result<Self, Vec<String>> {
        let mut faults = Vec::new();
        let mut http = Vec::new();
        for rule in &grant.http {
            match Endpoint::of_rule(&rule.host) {
                Ok(endpoint) => http.push((endpoint, rule.clone())),
                Err(fault) => faults.push(fault),
            }
        }
        // What says exactly which host comes before patterns.
        http.sort_by_key(|(endpoint, _)| Reverse(endpoint.exactness()));
        let mut filled = BTreeMap::new();
        for (name, granted) in &grant.secrets {
            let Some(wish) = manifest.capabilities.secrets.iter().find(|wish| wish.name == *name) else { continue };
            let entry = &granted.entry;
            match (secrets.get(entry), Endpoint::of_rule(&wish.host)) {
                _ if !grant.covers(&Wish::Secret(wish.clone())) => {
                    let (granted, asked) = (granted.host.as_deref().unwrap_or_default(), &wish.host);
                    faults.push(format!(
                        "secret `{name}` is granted for `{granted}`, and it wants to send it to `{asked}`"
                    ));
                }
                (Some(value), Ok(host)) => drop(filled.insert(name.clone(), Secret { value: value.clone(), host })),
                (None, _) => {
                    faults.push(format!("secret `{name}` is to be `{entry}`, which the secrets file does not have"))
                }
                (_, Err(fault)) => faults.push(fault),
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let veil = Veil::over(filled.values().map(|secret| secret.value.as_str()));
        Ok(Self { http, secrets: filled, veil, read: grant.read.clone(), effects: grant.effects.clone() })
    }

    /// Whether anything on the net is granted.
    pub fn reaches_out(&self) -> bool {
        !self.http.is_empty()
    }

    /// Lets a request through, with its secrets. `idempotency` is for methods that change something.
    pub fn http(
        &self,
        request: Request,
        idempotency: &str,
        body_bytes_max: usize,
    ) -> Result<Granted<Exchange>, Refusal> {
        let bad = |what: &str| Refusal::Problem(Problem::BadRequest(what.into()));
        let method: Method = request.method.parse().map_err(|_| bad("the method is not valid"))?;
        let uri: Uri = request.url.parse().map_err(|error| bad(&format!("the URL is not valid: {error}")))?;
        let endpoint = Endpoint::of_url(&uri).map_err(|why| bad(&why))?;
        let path = uri.path();
        if let Some(why) = address::climbs(path) {
            return Err(bad(why));
        }
        if request.body.len() > body_bytes_max {
            return Err(Refusal::Problem(Problem::TooLarge(request.body.len() as u64)));
        }
        let any = |words: &[String], text: &str| words.is_empty() || words.iter().any(|word| glob::matches(word, text));
        let rule = self.http.iter().find(|(allowed, rule)| {
            allowed.covers(&endpoint) && any(&rule.methods, method.as_str()) && any(&rule.paths, path)
        });
        let Some((rule, _)) = rule else {
            let wish = HttpWish {
                host: endpoint.to_string(),
                methods: vec![method.to_string()],
                paths: vec![path.into()],
                why: None,
            };
            let barred = Barred { wanted: format!("{method} {endpoint}{path}"), line: Wish::Http(wish).line() };
            return Err(Refusal::Barred(barred));
        };
        let mut headers = HeaderMap::new();
        for header in request.headers {
            let name: HeaderName = header.name.parse().map_err(|_| bad("the name of a header is not valid"))?;
            if is_ours(&name) || (name.as_str() == IDEMPOTENCY_KEY && request.idempotency_key) {
                return Err(bad(&format!("the header `{name}` is the host's to set")));
            }
            let text = match header.value {
                HeaderValue::Text(text) => text,
                HeaderValue::Secret(secret) => self.secret(&secret, &endpoint)?.into(),
                HeaderValue::PrefixedSecret((prefix, secret)) => prefix + self.secret(&secret, &endpoint)?,
            };
            let value = text.parse().map_err(|_| bad(&format!("the value of the header `{name}` cannot be sent")))?;
            headers.append(name, value);
        }
        if request.idempotency_key && !method.is_safe() {
            let value = idempotency.parse().map_err(|_| bad("the key cannot be sent"))?;
            headers.insert(HeaderName::from_static(IDEMPOTENCY_KEY), value);
        }
        let target = uri.path_and_query().map_or("/", |target| target.as_str());
        let target = target.parse().map_err(|_| bad("the path is not valid"))?;
        let private = rule.is_address();
        Ok(Granted(Exchange { endpoint, private, method, target, headers, body: request.body, body_bytes_max }))
    }

    fn secret(&self, name: &str, endpoint: &Endpoint) -> Result<&str, Refusal> {
        match self.secrets.get(name) {
            Some(secret) if secret.host.covers(endpoint) => Ok(&secret.value),
            Some(secret) => {
                let what = format!("the secret `{name}` is for {} and is not sent to {endpoint}", secret.host);
                Err(Refusal::Problem(Problem::UnknownSecret(what)))
            }
            None => Err(Refusal::Problem(Problem::UnknownSecret(name.into()))),
        }
    }

    /// Takes the secrets out of what comes back.
    pub fn veil(&self) -> &Veil {
        &self.veil
    }

    /// The granted ones of these fields of a person or a client.
    pub fn fields(&self, room: Room, asked: &[String], of: &Value) -> Result<Granted<Json>, Barred> {
        self.all_granted(room, asked)?;
        Ok(Granted(picked(asked, of)))
    }

    /// The granted ones of these fields of each of several people.
    pub fn fields_of_each(&self, room: Room, asked: &[String], of: &Value) -> Result<Granted<Json>, Barred> {
        self.all_granted(room, asked)?;
        let people = if let Value::List(people) = of { people.as_slice() } else { &[] };
        Ok(Granted(people.iter().map(|person| picked(asked, person)).collect()))
    }

    fn all_granted(&self, room: Room, asked: &[String]) -> Result<(), Barred> {
        let names = asked.iter().map(|field| format!("{}.{field}", room.word()));
        match names.into_iter().find(|name| !self.read.iter().any(|rule| glob::matches(rule, name))) {
            Some(name) => Err(Barred { line: Wish::Read(name.clone()).line(), wanted: name }),
            None => Ok(()),
        }
    }

    /// Lets `outputs` or `documents` be read.
    pub fn reads(&self, what: &str) -> Result<Granted<()>, Barred> {
        match self.read.iter().any(|rule| rule == what) {
            true => Ok(Granted(())),
            false => Err(Barred { wanted: what.into(), line: Wish::Read(what.into()).line() }),
        }
    }

    /// Lets an effect through: `client.set` with a JSON object of dotted paths.
    ///
    /// # Errors
    /// In words.
    pub fn effect(&self, kind: &str, body: &str) -> Result<Granted<Wanted>, EffectFault> {
        if kind != CLIENT_SET {
            return Err(EffectFault::Wrong(format!("wants the effect `{kind}`, which there is not")));
        }
        let wrong = |why: String| EffectFault::Wrong(format!("gave `{kind}` a body that is not a JSON object{why}"));
        let Exact::Map(map) = Exact::parse(body).map_err(|why| wrong(format!(": {why}")))? else {
            return Err(wrong(String::new()));
        };
        let mut changes = Vec::new();
        for (path, value) in map {
            let name = format!("{CLIENT_SET}:{path}");
            if !self.effects.iter().any(|rule| glob::matches(rule, &name)) {
                let line = Wish::Effect(name.clone()).line();
                return Err(EffectFault::Barred(Barred { wanted: name, line }));
            }
            let any = jobwright_core::value::Type::Any;
            let value = json::read_exact(&value, &any).map_err(|misfit| EffectFault::Wrong(misfit.to_string()))?;
            changes.push((path, value));
        }
        Ok(Granted(Wanted::SetClient(changes)))
    }
}

/// The effect that sets fields of the job's client.
pub const CLIENT_SET: &str = "client.set";

const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// Why a request is not carried out.
#[derive(Clone, Debug)]
pub enum Refusal {
    /// It is not granted.
    Barred(Barred),
    /// Something else is wrong with it.
    Problem(Problem),
}

/// Why an effect is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EffectFault {
    /// It is not granted.
    Barred(Barred),
    /// There is no such effect, or its body is wrong.
    Wrong(String),
}

/// Headers that say how a message is carried.
fn is_ours(name: &HeaderName) -> bool {
    let ours = [
        header::HOST,
        header::CONNECTION,
        header::CONTENT_LENGTH,
        header::TRANSFER_ENCODING,
        header::UPGRADE,
        header::TE,
        header::TRAILER,
        header::EXPECT,
    ];
    ours.contains(name) || name.as_str().starts_with("proxy-")
}

/// These fields as an object; a dotted one is looked for in nested maps, and what is not there is left out.
fn picked(asked: &[String], of: &Value) -> Json {
    let found = asked.iter().filter_map(|field| {
        let value = of.get(field).or_else(|| field.split('.').try_fold(of, |value, part| value.get(part)))?;
        Some((field.clone(), json::write(value)))
    });
    Json::Object(found.collect())
}
