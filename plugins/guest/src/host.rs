//! The border: the engine on the other side of it, as `wit/plugin.wit` says.
//!
//! Owns: all that is generated from the contract, and how our shapes become its shapes. Each kind that a plugin can offer
//! is a world of its own, so that a plugin exports what it offers and nothing else; imports that nobody calls are dropped
//! when it is linked.

use self::tasks::jobwright::plugin::{http, journal, records, types};
use crate::{
    Answer, Call, Checks, Effect, Failure, FailureKind, Found, Level, Listeners, Offer, Outcome, Selectors, Tasks,
    http::{HeaderValue, Problem, Request, Response},
    records::ReadError,
};
use std::{marker::PhantomData, time::Duration};

#[doc(hidden)]
pub use wit_bindgen::rt;

macro_rules! world {
    ($kind:ident, $world:literal $(, $shared:literal: $at:path)*) => {
        #[allow(missing_docs, clippy::all)]
        pub mod $kind {
            wit_bindgen::generate!({
                path: "wit",
                world: $world,
                with: { $($shared: $at),* },
                pub_export_macro: true,
                default_bindings_module: "::jobwright_guest::host",
                runtime_path: "::jobwright_guest::host::rt",
            });
        }
    };
}

world!(tasks, "task-plugin");
world!(
    selectors, "selector-plugin",
    "jobwright:plugin/types@0.1.0": crate::host::tasks::jobwright::plugin::types,
    "jobwright:plugin/journal@0.1.0": crate::host::tasks::jobwright::plugin::journal,
    "jobwright:plugin/records@0.1.0": crate::host::tasks::jobwright::plugin::records
);
world!(
    checks, "check-plugin",
    "jobwright:plugin/types@0.1.0": crate::host::tasks::jobwright::plugin::types,
    "jobwright:plugin/journal@0.1.0": crate::host::tasks::jobwright::plugin::journal
);
world!(
    listeners, "listener-plugin",
    "jobwright:plugin/types@0.1.0": crate::host::tasks::jobwright::plugin::types,
    "jobwright:plugin/journal@0.1.0": crate::host::tasks::jobwright::plugin::journal,
    "jobwright:plugin/records@0.1.0": crate::host::tasks::jobwright::plugin::records
);

/// A panic says what it was about before the instance is gone: the engine itself sees only that it gave up.
fn listen_to_panics() {
    std::panic::set_hook(Box::new(|panic| journal::log(journal::Level::Error, &panic.to_string(), "")));
}

/// What the engine calls: passes it on to what the plugin offers.
pub struct Exported<O>(PhantomData<O>);

impl<O: Offer<Tasks>> tasks::exports::jobwright::plugin::tasks::Guest for Exported<O> {
    fn check(name: String, settings: String) -> Vec<types::Failure> {
        listen_to_panics();
        Tasks::check(O::ALL, &name, &settings).into_iter().map(failure).collect()
    }

    fn run(name: String, settings: String, call: types::Call) -> Result<types::Outcome, types::Failure> {
        Tasks::run(O::ALL, &name, &settings, &called(call)).map(outcome).map_err(failure)
    }

    fn find(
        name: String,
        settings: String,
        call: types::Call,
    ) -> Result<tasks::exports::jobwright::plugin::tasks::Found, types::Failure> {
        use tasks::exports::jobwright::plugin::tasks::Found as Theirs;
        match Tasks::find(O::ALL, &name, &settings, &called(call)).map_err(failure)? {
            Found::Happened(happened) => Ok(Theirs::Happened(outcome(happened))),
            Found::DidNotHappen => Ok(Theirs::DidNotHappen),
            Found::Unknown => Ok(Theirs::Unknown),
        }
    }

    fn cancel(name: String, settings: String, call: types::Call) -> Result<(), types::Failure> {
        Tasks::cancel(O::ALL, &name, &settings, &called(call)).map_err(failure)
    }
}

impl<O: Offer<Selectors>> selectors::exports::jobwright::plugin::selectors::Guest for Exported<O> {
    fn select(
        name: String,
        settings: String,
        call: types::Call,
    ) -> Result<Vec<selectors::exports::jobwright::plugin::selectors::Choice>, types::Failure> {
        use selectors::exports::jobwright::plugin::selectors::Choice as Theirs;
        let chosen = Selectors::select(O::ALL, &name, &settings, &called(call)).map_err(failure)?;
        Ok(chosen.into_iter().map(|choice| Theirs { id: choice.id, because: choice.because }).collect())
    }
}

impl<O: Offer<Checks>> checks::exports::jobwright::plugin::checks::Guest for Exported<O> {
    fn check(
        name: String,
        value: String,
        call: types::Call,
    ) -> Result<Vec<checks::exports::jobwright::plugin::checks::Finding>, types::Failure> {
        use checks::exports::jobwright::plugin::checks::Finding;
        let found = Checks::check(O::ALL, &name, &value, &called(call)).map_err(failure)?;
        Ok(found.into_iter().map(|message| Finding { message }).collect())
    }
}

impl<O: Offer<Listeners>> listeners::exports::jobwright::plugin::listeners::Guest for Exported<O> {
    fn observe(event: String, body: String, call: types::Call) -> Result<Vec<types::Effect>, types::Failure> {
        let wanted = Listeners::observe(O::ALL, &event, &body, &called(call)).map_err(failure)?;
        Ok(wanted.into_iter().map(effect).collect())
    }
}

fn called(call: types::Call) -> Call {
    listen_to_panics();
    Call {
        job: call.job,
        task: call.task,
        client: call.client,
        key: call.key,
        attempt: call.attempt,
        now_ms: call.now,
        deadline_ms: call.deadline,
        dry_run: call.dry_run,
    }
}

fn outcome(outcome: Outcome<String>) -> types::Outcome {
    let answer = match outcome.answer {
        Answer::Done(outputs) => types::Answer::Done(outputs),
        Answer::Later(correlation, wait) => {
            types::Answer::Later(types::Waiting { correlation, poll_after_ms: wait.map(milliseconds) })
        }
    };
    types::Outcome { answer, effects: outcome.effects.into_iter().map(effect).collect(), note: outcome.note }
}

fn effect(effect: Effect) -> types::Effect {
    types::Effect { kind: effect.kind, body: effect.body.to_string() }
}

fn failure(failure: Failure) -> types::Failure {
    let kind = match failure.kind {
        FailureKind::Transient => types::FailureKind::Transient,
        FailureKind::Busy => types::FailureKind::Busy,
        FailureKind::Permanent => types::FailureKind::Permanent,
        FailureKind::NeedsPerson => types::FailureKind::NeedsPerson,
    };
    let retry_after_ms = failure.retry_after.map(milliseconds);
    types::Failure { kind, code: failure.code, message: failure.message, at: failure.at, retry_after_ms }
}

fn milliseconds(wait: Duration) -> u64 {
    u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)
}

pub(crate) fn log(level: Level, message: &str, fields: &str) {
    let level = match level {
        Level::Debug => journal::Level::Debug,
        Level::Info => journal::Level::Info,
        Level::Warn => journal::Level::Warn,
        Level::Error => journal::Level::Error,
    };
    journal::log(level, message, fields);
}

pub(crate) use self::tasks::jobwright::plugin::journal::{checkpoint, checkpointed, random};

pub(crate) fn client(fields: &[String]) -> Result<String, ReadError> {
    records::client(fields).map_err(unread)
}

pub(crate) fn contacts(fields: &[String]) -> Result<String, ReadError> {
    records::contacts(fields).map_err(unread)
}

pub(crate) fn staff(fields: &[String]) -> Result<String, ReadError> {
    records::staff(fields).map_err(unread)
}

pub(crate) fn outputs(task: &str) -> Result<String, ReadError> {
    records::outputs(task).map_err(unread)
}

pub(crate) fn document(hash: &str, offset: u64, length: u32) -> Result<Vec<u8>, ReadError> {
    records::document(hash, offset, length).map_err(unread)
}

fn unread(error: records::ReadError) -> ReadError {
    match error {
        records::ReadError::NotGranted(what) => ReadError::NotGranted(what),
        records::ReadError::NotFound => ReadError::NotFound,
        records::ReadError::TooLarge => ReadError::TooLarge,
    }
}

pub(crate) fn send(request: Request) -> Result<Response, Problem> {
    let headers = request.headers.into_iter().map(|(name, value)| {
        let value = match value {
            HeaderValue::Text(text) => http::Value::Text(text),
            HeaderValue::Secret(prefix, secret) if prefix.is_empty() => http::Value::Secret(secret),
            HeaderValue::Secret(prefix, secret) => http::Value::PrefixedSecret((prefix, secret)),
        };
        http::Header { name, value }
    });
    let sent = http::send(&http::Request {
        method: request.method,
        url: request.url,
        headers: headers.collect(),
        body: request.body,
        timeout_ms: u32::try_from(request.timeout.as_millis()).unwrap_or(u32::MAX),
        idempotency_key: request.idempotency_key,
    });
    match sent {
        Ok(answer) => Ok(Response { status: answer.status, headers: answer.headers, body: answer.body }),
        Err(http::Problem::NotGranted(what)) => Err(Problem::NotGranted(what)),
        Err(http::Problem::UnknownSecret(name)) => Err(Problem::UnknownSecret(name)),
        Err(http::Problem::BadRequest(why)) => Err(Problem::BadRequest(why)),
        Err(http::Problem::Timeout) => Err(Problem::Timeout),
        Err(http::Problem::Unreachable(why)) => Err(Problem::Unreachable(why)),
        Err(http::Problem::TooLarge(bytes)) => Err(Problem::TooLarge(bytes)),
        Err(http::Problem::TooMany(count)) => Err(Problem::TooMany(count)),
        Err(http::Problem::NotSent) => Err(Problem::NotSent),
    }
}
