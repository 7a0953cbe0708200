//! What a mail server's answer, or its silence, means for the letter.
//!
//! Owns: the table from step and code to outcome. Two questions decide: was the letter handed over, and whose fault is
//! it: the moment's, the recipient's, or the practice's own.

use super::{
    Outcome,
    session::{Cause, Step, Trouble},
};
use crate::line::short_line;
use jobwright_core::retry::FailureKind;
use std::{error::Error, io};

/// How much of a server's reply is kept.
const REPLY_CHARS_MAX: usize = 500;

/// The outcome of a try that met trouble at `server`.
pub(super) fn verdict(trouble: &Trouble, server: &str) -> Outcome {
    match trouble.code() {
        Some(code) => refusal(trouble, code, server),
        None => broken_line(trouble, server),
    }
}

/// The letter was not handed over, and no server said why.
pub(super) fn gave_up(kind: FailureKind, why: &str) -> Outcome {
    Outcome::Failed { kind, code: None, reply: shown(why) }
}

/// The letter was handed over, and nobody knows.
pub(super) fn in_doubt(why: &str) -> Outcome {
    Outcome::Unknown { why: shown(why) }
}

/// A server's words, on one line and bounded.
pub(super) fn shown(reply: &str) -> String {
    short_line(reply, REPLY_CHARS_MAX)
}

/// The server spoke a code of 400 or more.
fn refusal(trouble: &Trouble, code: u16, server: &str) -> Outcome {
    let words = words(trouble);
    let reply = shown(&format!("{code} {words}"));
    let operator = |fault: &str| Outcome::Operator { why: format!("mail server {server} {fault}: {reply}") };
    let failed = |kind| Outcome::Failed { kind, code: Some(code), reply: reply.clone() };
    match (code, trouble.step) {
        (421 | 452, _) => failed(FailureKind::Busy),
        (..500, _) => failed(FailureKind::Transient),
        (_, Step::Login) | (535, _) => operator("refuses our login; mend `mail.user` or the password"),
        (530, _) => operator("wants a login, or a secured line; set `mail.user` and the password, or `mail.tls`"),
        (_, Step::Connect) => operator("does not talk to us"),
        (_, Step::Sender) => operator("refuses our sender address; mend `mail.from`"),
        (500 | 502..=504, _) => operator("does not understand us"),
        // 5.7 is policy: relaying denied, spam suspected. The address may be perfect.
        _ if words.starts_with("5.7.") => failed(FailureKind::NeedsPerson),
        (_, Step::Recipient | Step::Data | Step::Letter) => failed(FailureKind::Permanent),
    }
}

/// No answer, or none that we could read.
fn broken_line(trouble: &Trouble, server: &str) -> Outcome {
    let words = shown(&words(trouble));
    match (&trouble.cause, trouble.step) {
        (_, Step::Letter) => in_doubt(&format!("the line broke after the letter was handed over: {words}")),
        (Cause::NoStarttls, _) => {
            Outcome::Operator { why: format!("mail server {server} offers no STARTTLS, and `mail.tls` demands it") }
        }
        (Cause::Smtp(error), Step::Connect) if is_tls_fault(error) => {
            Outcome::Operator { why: format!("the line to mail server {server} cannot be secured: {words}") }
        }
        (Cause::Smtp(error), Step::Login) if error.is_client() => {
            Outcome::Operator { why: format!("mail server {server} offers no login that we know: {words}") }
        }
        (_, Step::Connect) => {
            gave_up(FailureKind::Transient, &format!("mail server {server} cannot be reached: {words}"))
        }
        _ => gave_up(FailureKind::Transient, &words),
    }
}

fn words(trouble: &Trouble) -> String {
    match &trouble.cause {
        Cause::Smtp(error) => error.source().map_or_else(|| error.to_string(), ToString::to_string),
        Cause::Dial(error) => error.to_string(),
        Cause::NoStarttls => "no STARTTLS".into(),
        Cause::OutOfStep(code) => format!("the answer {code} does not fit the question"),
    }
}

/// A certificate that does not hold reaches us as invalid data somewhere below lettre's connection error.
fn is_tls_fault(error: &(dyn Error + 'static)) -> bool {
    let is_invalid = error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::InvalidData);
    is_invalid || error.source().is_some_and(is_tls_fault)
}
