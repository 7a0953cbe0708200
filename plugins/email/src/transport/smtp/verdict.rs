//! What a mail server's answer, or its silence, means for the letter.
//!
//! Owns: from trouble to outcome. Was the letter handed over, and whose fault is it: `answers` knows what a refusal means,
//! and this what a broken line does.

use super::{
    Outcome,
    answers::{Meaning, Stage, meaning},
    reply::Reply,
    session::{Cause, Trouble},
};
use crate::line::short_line;
use jobwright_core::retry::FailureKind;
use jobwright_plugin::Until;
use std::io;

/// How much of our own words about a line is kept.
const WORDS_CHARS_MAX: usize = 500;

/// The outcome of a try that met trouble at `server`.
pub(super) fn verdict(trouble: &Trouble, server: &str) -> Outcome {
    match &trouble.cause {
        Cause::Refused(reply) => refusal(trouble.stage, reply, server),
        cause => broken_line(trouble.stage, cause, server),
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

fn shown(words: &str) -> String {
    short_line(words, WORDS_CHARS_MAX)
}

fn refusal(stage: Stage, reply: &Reply, server: &str) -> Outcome {
    let words = reply.shown();
    let failed = |kind| Outcome::Failed { kind, code: Some(reply.code), reply: words.clone() };
    let paused = |fault: &str, until| Outcome::Paused { why: format!("mail server {server} {fault}: {words}"), until };
    match meaning(stage, reply) {
        Meaning::Person => Outcome::Refused { reply: words },
        Meaning::UsForNow(fault) => paused(fault, Until::Later),
        Meaning::UsUntilMended(fault) => paused(fault, Until::Mended),
        Meaning::Moment if matches!(reply.code, 421 | 452) => failed(FailureKind::Busy),
        Meaning::Moment => failed(FailureKind::Transient),
        Meaning::Unknown => failed(FailureKind::NeedsPerson),
    }
}

/// No answer, or none that we could read.
fn broken_line(stage: Stage, cause: &Cause, server: &str) -> Outcome {
    let mended =
        |fault: String| Outcome::Paused { why: shown(&format!("mail server {server} {fault}")), until: Until::Mended };
    match cause {
        _ if stage == Stage::Letter => {
            in_doubt(&format!("the line broke after the letter was handed over: {}", words(cause)))
        }
        Cause::NoStarttls => mended("offers no STARTTLS, and `mail.tls` demands it".into()),
        Cause::WantsTls => mended(
            "speaks TLS from the first byte; write `tls: tls` under `mail` (the port for `starttls` is 587)".into(),
        ),
        Cause::WantsClear => {
            mended("begins in clear, not in TLS; write `tls: starttls` under `mail` (the port for `tls` is 465)".into())
        }
        Cause::Insecure(why) => Outcome::Paused {
            why: shown(&format!("the line to mail server {server} cannot be secured: {why}")),
            until: Until::Mended,
        },
        Cause::NoLogin(offered) if offered.is_empty() => {
            mended("offers no login, and `mail.user` is set; is it the right port?".into())
        }
        Cause::NoLogin(offered) => mended(format!("offers no login that we know (PLAIN, LOGIN), but {offered}")),
        cause if stage <= Stage::Secure => {
            gave_up(FailureKind::Transient, &format!("mail server {server} cannot be reached: {}", words(cause)))
        }
        cause => gave_up(FailureKind::Transient, &words(cause)),
    }
}

fn words(cause: &Cause) -> String {
    match cause {
        Cause::Refused(reply) => reply.shown(),
        Cause::Dial(error) | Cause::Line(error) if error.kind() == io::ErrorKind::TimedOut => {
            "it does not answer".into()
        }
        Cause::Dial(error) | Cause::Line(error) => error.to_string(),
        Cause::HungUp => "it hung up".into(),
        Cause::Garbled(words) => format!("its answer cannot be understood: {words}"),
        Cause::Injected => {
            "more came than was asked for before the line was secured; somebody may be on the way".into()
        }
        Cause::NoStarttls => "it offers no STARTTLS".into(),
        Cause::WantsTls => "it speaks TLS from the first byte".into(),
        Cause::WantsClear => "it begins in clear".into(),
        Cause::Insecure(why) => why.clone(),
        Cause::NoLogin(_) => "it offers no login that we know".into(),
    }
}
