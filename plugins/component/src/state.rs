//! What a component finds when it calls the host.
//!
//! Owns: the imports of the contract, and what one call has said, kept and sent so far. Leaves what is allowed to `gate`,
//! sending to `http`, and how much to `meter`.

use crate::{
    across::Across,
    binding::jobwright::plugin::{
        http::{self, Problem, Request, Response},
        journal, records, types,
    },
    gate::{Barred, Gate, Granted, Refusal, Room},
    http::Way,
    limits::{DOCUMENT_BYTES_MAX, LOG_BYTES_MAX, Limits, NAME_BYTES_MAX, RANDOM_BYTES_MAX, READ_BYTES_MAX},
    meter::{Meter, Stopped},
    wasi::Streams,
};
use jobwright_core::value::Value;
use jobwright_plugin::{Desk, Level, Line, Rehearsed, Unsent, json};
use records::ReadError;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Bytes of one line, and of its fields.
const LINE_BYTES_MAX: usize = 4 * 1024;

/// Whom a call asks for what only the engine knows.
pub enum Reach {
    /// A task: the desk itself.
    Desk(Arc<dyn Desk>),
    /// A selector: whoever waits for its answer.
    Across(Arc<Across>),
    /// A check: nobody.
    Nobody,
}

/// What a call asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// The client.
    Client,
    /// Its contacts.
    Contacts,
    /// The staff.
    Staff,
    /// Outputs of a task.
    Outputs(String),
    /// Bytes of a document.
    Document {
        /// By its hash.
        hash: String,
        /// From here.
        offset: u64,
        /// So many.
        length: usize,
    },
}

/// What it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// A value.
    Value(Value),
    /// Bytes.
    Bytes(Vec<u8>),
    /// There is no such thing.
    Nothing,
}

/// Answers a question at a desk.
pub fn answer(desk: &dyn Desk, question: Question) -> Told {
    match question {
        Question::Client => Told::Value(desk.client()),
        Question::Contacts => Told::Value(desk.contacts()),
        Question::Staff => Told::Value(desk.staff()),
        Question::Outputs(task) => desk.outputs(&task).map_or(Told::Nothing, Told::Value),
        Question::Document { hash, offset, length } => {
            desk.document(&hash, offset, length).map_or(Told::Nothing, Told::Bytes)
        }
    }
}

impl Reach {
    async fn ask(&self, question: Question) -> wasmtime::Result<Told> {
        match self {
            // Bytes come from the disk; the other answers are in memory.
            Self::Desk(desk) if matches!(question, Question::Document { .. }) => {
                let desk = desk.clone();
                Ok(tokio::task::spawn_blocking(move || answer(&*desk, question)).await?)
            }
            Self::Desk(desk) => Ok(answer(&**desk, question)),
            Self::Across(across) => Ok(across.ask(question).await),
            Self::Nobody => Ok(Told::Nothing),
        }
    }
}

/// What one call is told about itself.
pub struct Facts {
    /// The same in every attempt.
    pub key: String,
    /// The journaled time, in milliseconds since 1970; at a check of settings there is none.
    pub now_ms: u64,
    /// Whether nothing may leave.
    pub dry_run: bool,
}

/// The host's side of one call.
pub struct State {
    /// What it takes.
    pub meter: Meter,
    /// The first thing that it wanted and was not granted.
    pub barred: Option<Barred>,
    /// What its standard library has written and not ended with a line's end.
    pub streams: Streams,
    facts: Facts,
    gate: Arc<Gate>,
    /// The gate that the call began with: its secrets are taken out of what comes back, whatever is granted by now.
    began_with: Arc<Gate>,
    /// The way out, for tasks alone.
    way: Option<Way>,
    reach: Reach,
    said: Said,
    requests: u64,
    checkpoints: u64,
    checkpoint_bytes: usize,
    random_calls: u64,
}

#[derive(Default)]
struct Said {
    lines: Vec<Line>,
    bytes: usize,
    left_out: u64,
}

impl State {
    /// A call that has not begun.
    pub fn new(meter: Meter, facts: Facts, gate: Arc<Gate>, way: Option<Way>, reach: Reach) -> Self {
        Self {
            meter,
            barred: None,
            streams: Streams::default(),
            facts,
            began_with: gate.clone(),
            gate,
            way,
            reach,
            said: Said::default(),
            requests: 0,
            checkpoints: 0,
            checkpoint_bytes: 0,
            random_calls: 0,
        }
    }

    /// What decides for this call.
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    /// A text without secrets.
    pub fn veiled(&self, text: String) -> String {
        let text = self.began_with.veil().text(text);
        if Arc::ptr_eq(&self.began_with, &self.gate) { text } else { self.gate.veil().text(text) }
    }

    fn veiled_bytes(&self, bytes: Vec<u8>) -> Vec<u8> {
        let bytes = self.began_with.veil().bytes(bytes);
        if Arc::ptr_eq(&self.began_with, &self.gate) { bytes } else { self.gate.veil().bytes(bytes) }
    }

    /// What comes back of a request, without secrets: what a host was sent it may send back.
    fn veiled_answer(&self, answer: Result<Response, Problem>) -> Result<Response, Problem> {
        match answer {
            Ok(Response { status, headers, body }) => {
                let headers = headers.into_iter().map(|(name, value)| (self.veiled(name), self.veiled(value)));
                Ok(Response { status, headers: headers.collect(), body: self.veiled_bytes(body) })
            }
            Err(Problem::Unreachable(why)) => Err(Problem::Unreachable(self.veiled(why))),
            Err(Problem::NotGranted(why)) => Err(Problem::NotGranted(self.veiled(why))),
            Err(Problem::BadRequest(why)) => Err(Problem::BadRequest(self.veiled(why))),
            Err(problem) => Err(problem),
        }
    }

    /// Looks once more what is granted: what the files do not give any more, this call does not have either.
    async fn look_at_rights(&mut self) -> wasmtime::Result<Result<(), String>> {
        let Some(rights) = self.way.as_ref().and_then(|way| way.rights.clone()) else { return Ok(Ok(())) };
        // Files are looked at, and may be read.
        Ok(match tokio::task::spawn_blocking(move || rights.gate()).await? {
            Ok(gate) => {
                self.gate = gate;
                Ok(())
            }
            Err(why) => Err(why),
        })
    }

    /// The journaled time, in milliseconds since 1970.
    pub fn now_ms(&self) -> u64 {
        self.facts.now_ms
    }

    /// All that it said; the last line says how many were left out.
    pub fn take_lines(&mut self) -> Vec<Line> {
        for (level, rest) in self.streams.rest() {
            self.say(level, rest, String::new());
        }
        let Said { mut lines, left_out, .. } = std::mem::take(&mut self.said);
        if left_out > 0 {
            let message = format!("{left_out} more lines were left out");
            lines.push(Line { level: Level::Warn, message, fields: String::new() });
        }
        lines
    }

    /// Keeps a line, as long as there is room.
    pub fn say(&mut self, level: Level, message: String, fields: String) {
        // Before it is cut: half a secret would not be known again.
        let (message, fields) = (cut(self.veiled(message)), as_object(self.veiled(fields)));
        let bytes = message.len() + fields.len();
        let said = &mut self.said;
        if said.lines.len() as u64 >= self.meter.limits().log_lines || said.bytes + bytes > LOG_BYTES_MAX {
            said.left_out += 1;
            return;
        }
        said.bytes += bytes;
        said.lines.push(Line { level, message, fields });
    }

    /// Random bytes for the standard library: a new stretch of the same stream with each call.
    pub fn wasi_random(&mut self, length: u64) -> wasmtime::Result<Vec<u8>> {
        if length > RANDOM_BYTES_MAX.into() {
            let what = format!("asked for {length} random bytes, where {RANDOM_BYTES_MAX} is the most");
            return Err(Stopped::Misuse(what).into());
        }
        self.random_calls += 1;
        Ok(random(&self.facts.key, &format!("wasi {}", self.random_calls), usize::try_from(length)?))
    }

    /// The same, as a number.
    pub fn wasi_random_u64(&mut self) -> wasmtime::Result<u64> {
        let bytes = self.wasi_random(8)?;
        Ok(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn bar(&mut self, barred: Barred) -> String {
        let message = format!("`{}` is not granted", barred.wanted);
        self.say(Level::Warn, message, String::new());
        let wanted = barred.wanted.clone();
        self.barred.get_or_insert(barred);
        wanted
    }

    /// Whether it acts in the world; selectors and checks do not.
    fn acts(&self) -> Option<Arc<dyn Desk>> {
        if let Reach::Desk(desk) = &self.reach { Some(desk.clone()) } else { None }
    }

    fn given(&mut self, found: Result<Granted<Json>, Barred>) -> Result<String, ReadError> {
        let json = found.map_err(|barred| ReadError::NotGranted(self.bar(barred)))?.into_inner().to_string();
        if json.len() > READ_BYTES_MAX { Err(ReadError::TooLarge) } else { Ok(json) }
    }

    async fn value(&self, question: Question) -> wasmtime::Result<Option<Value>> {
        Ok(match self.reach.ask(question).await? {
            Told::Value(value) => Some(value),
            Told::Bytes(_) | Told::Nothing => None,
        })
    }
}

impl types::Host for State {}

impl journal::Host for State {
    fn log(&mut self, level: journal::Level, message: String, fields: String) -> wasmtime::Result<()> {
        let level = match level {
            journal::Level::Debug => Level::Debug,
            journal::Level::Info => Level::Info,
            journal::Level::Warn => Level::Warn,
            journal::Level::Error => Level::Error,
        };
        self.say(level, message, fields);
        Ok(())
    }

    async fn checkpoint(&mut self, name: String, value: String) -> wasmtime::Result<Result<(), String>> {
        let Some(desk) = self.acts() else { return Ok(Err("only a task keeps checkpoints".into())) };
        let (name, value) = (self.veiled(name), self.veiled(value));
        if name.is_empty() || name.len() > NAME_BYTES_MAX {
            return Ok(Err(format!("a checkpoint's name has 1 to {NAME_BYTES_MAX} bytes")));
        }
        if serde_json::from_str::<serde::de::IgnoredAny>(&value).is_err() {
            return Ok(Err(format!("the value of the checkpoint `{name}` is not JSON")));
        }
        self.checkpoints += 1;
        self.checkpoint_bytes += name.len() + value.len();
        let Limits { checkpoints, checkpoint_kib, .. } = *self.meter.limits();
        if self.checkpoints > checkpoints || self.checkpoint_bytes as u64 > checkpoint_kib << 10 {
            let most = format!("{checkpoints} checkpoints and {checkpoint_kib} KiB");
            return Ok(Err(format!("a call keeps at most {most}")));
        }
        // It is on the disk when this is done, which is no work for the threads that all calls share.
        let kept = tokio::task::spawn_blocking(move || match desk.checkpointed(&name) {
            Some(kept) if kept == value => Ok(()),
            Some(_) => Err(format!("the checkpoint `{name}` was kept with another value")),
            None => desk.checkpoint(&name, &value),
        });
        Ok(kept.await?)
    }

    async fn checkpointed(&mut self, name: String) -> wasmtime::Result<Option<String>> {
        Ok(self.acts().and_then(|desk| desk.checkpointed(&name)))
    }

    async fn random(&mut self, name: String, length: u32) -> wasmtime::Result<Vec<u8>> {
        if length > RANDOM_BYTES_MAX {
            let what = format!("asked for {length} random bytes, where {RANDOM_BYTES_MAX} is the most");
            return Err(Stopped::Misuse(what).into());
        }
        Ok(random(&self.facts.key, &name, length as usize))
    }
}

/// Bytes that follow from a key and a name: SHA-256 in counter mode.
pub fn random(key: &str, name: &str, length: usize) -> Vec<u8> {
    let block = |count: u64| {
        let mut hash = Sha256::new();
        // Lengths go first, so that no two pairs of key and name read the same.
        hash.update((key.len() as u64).to_le_bytes());
        hash.update(key);
        hash.update((name.len() as u64).to_le_bytes());
        hash.update(name);
        hash.update(count.to_le_bytes());
        hash.finalize()
    };
    (0..).flat_map(block).take(length).collect()
}

impl records::Host for State {
    async fn client(&mut self, fields: Vec<String>) -> wasmtime::Result<Result<String, ReadError>> {
        let client = self.value(Question::Client).await?.unwrap_or(Value::Nothing);
        let found = self.gate.fields(Room::Client, &fields, &client);
        Ok(self.given(found))
    }

    async fn contacts(&mut self, fields: Vec<String>) -> wasmtime::Result<Result<String, ReadError>> {
        let contacts = self.value(Question::Contacts).await?.unwrap_or(Value::Nothing);
        let found = self.gate.fields_of_each(Room::Contacts, &fields, &contacts);
        Ok(self.given(found))
    }

    async fn staff(&mut self, fields: Vec<String>) -> wasmtime::Result<Result<String, ReadError>> {
        let staff = self.value(Question::Staff).await?.unwrap_or(Value::Nothing);
        let found = self.gate.fields_of_each(Room::Staff, &fields, &staff);
        Ok(self.given(found))
    }

    async fn outputs(&mut self, task: String) -> wasmtime::Result<Result<String, ReadError>> {
        if let Err(barred) = self.gate.reads("outputs") {
            return Ok(Err(ReadError::NotGranted(self.bar(barred))));
        }
        let Some(outputs) = self.value(Question::Outputs(task)).await? else { return Ok(Err(ReadError::NotFound)) };
        let json = json::write(&outputs).to_string();
        Ok(if json.len() > READ_BYTES_MAX { Err(ReadError::TooLarge) } else { Ok(json) })
    }

    async fn document(
        &mut self,
        hash: String,
        offset: u64,
        length: u32,
    ) -> wasmtime::Result<Result<Vec<u8>, ReadError>> {
        if let Err(barred) = self.gate.reads("documents") {
            return Ok(Err(ReadError::NotGranted(self.bar(barred))));
        }
        if length > DOCUMENT_BYTES_MAX {
            return Ok(Err(ReadError::TooLarge));
        }
        let question = Question::Document { hash, offset, length: length as usize };
        Ok(match self.reach.ask(question).await? {
            Told::Bytes(bytes) => Ok(bytes),
            Told::Value(_) | Told::Nothing => Err(ReadError::NotFound),
        })
    }
}

impl http::Host for State {
    async fn send(&mut self, request: Request) -> wasmtime::Result<Result<Response, Problem>> {
        self.requests += 1;
        let limits = *self.meter.limits();
        if self.requests > limits.requests {
            return Ok(Err(Problem::TooMany(u32::try_from(limits.requests).unwrap_or(u32::MAX))));
        }
        if let Err(why) = self.look_at_rights().await? {
            let wanted = format!("{} {}", request.method, request.url);
            self.say(Level::Warn, format!("`{wanted}` is not granted: {why}"), String::new());
            return Ok(Err(Problem::NotGranted(why)));
        }
        let timeout_ms = request.timeout_ms;
        let unsent = self.facts.dry_run.then(|| unsent(self.requests, &request));
        let idempotency = format!("{}/{}", self.facts.key, self.requests);
        let granted = match self.gate.http(request, &idempotency, limits.body_bytes()) {
            Ok(granted) => granted,
            Err(Refusal::Barred(barred)) => return Ok(Err(Problem::NotGranted(self.bar(barred)))),
            Err(Refusal::Problem(problem)) => return Ok(Err(problem)),
        };
        let Some(way) = &self.way else { return Ok(Err(Problem::NotGranted("only a task sends requests".into()))) };
        if let Some(unsent) = unsent {
            let rehearsed = self.acts().and_then(|desk| desk.rehearsed(&unsent));
            return Ok(self.veiled_answer(rehearsed.map_or(Err(Problem::NotSent), come_back)));
        }
        let line = granted.line();
        let answer = way.net.send(granted, timeout_ms, self.meter.deadline().into()).await;
        if let Err(Problem::NotGranted(wanted)) = &answer {
            self.bar(Barred { wanted: wanted.clone(), line });
        }
        Ok(self.veiled_answer(answer))
    }
}

/// A request of a dry run, for whoever knows what the net would answer.
fn unsent(number: u64, request: &Request) -> Unsent {
    let secret = |header: &http::Header| match &header.value {
        http::Value::Text(_) => None,
        http::Value::Secret(secret) | http::Value::PrefixedSecret((_, secret)) => Some(secret.clone()),
    };
    let secrets = request.headers.iter().filter_map(secret).collect();
    Unsent { number, method: request.method.clone(), url: request.url.clone(), secrets }
}

fn come_back(rehearsed: Rehearsed) -> Result<Response, Problem> {
    match rehearsed {
        Rehearsed::Answer { status, headers, body } => Ok(Response { status, headers, body }),
        Rehearsed::Timeout => Err(Problem::Timeout),
        Rehearsed::Unreachable(why) => Err(Problem::Unreachable(why)),
    }
}

fn cut(mut text: String) -> String {
    if text.len() > LINE_BYTES_MAX {
        text.truncate(text.floor_char_boundary(LINE_BYTES_MAX));
        text.push('…');
    }
    text
}

/// The fields of a line: an object, or nothing. What is neither is kept as a text.
fn as_object(fields: String) -> String {
    let is_object = fields.trim_start().starts_with('{')
        && fields.len() <= LINE_BYTES_MAX
        && serde_json::from_str::<serde::de::IgnoredAny>(&fields).is_ok();
    if fields.is_empty() || is_object { fields } else { json!({ "text": cut(fields) }).to_string() }
}
