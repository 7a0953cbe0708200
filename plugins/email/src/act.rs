//! The contract of the engine, signed: `Email` freezes a letter, tries to send it, and reports.
//!
//! Owns: who writes, the way from the engine's letter to ours, and what an outcome of a transport means to the engine.
//! Leaves the bytes to `letter`, the journey to `transport`, and every second try to the runtime.

use crate::{
    address::{self, Address, address},
    html::html_from_text,
    letter::{BadLetter, Letter, Person, mime},
    line::one_line,
    panic::{caught, caught_now},
    transport::{Envelope, Outcome, Transport},
};
use jiff::Timestamp;
use jobwright_core::{
    command,
    effect::{Effect, Failure},
    event,
    id::EffectId,
    recipient,
    retry::FailureKind,
};
use jobwright_plugin::{Acts, BAD_ADDRESS, Frozen, Report, Reporting};
use std::pin::Pin;

/// The code of a letter that no mail server could be reached for.
pub const NO_CONNECTION: &str = "no-connection";
/// The code of a letter that a mail server did not answer for in time, before it was handed over.
pub const NO_ANSWER: &str = "no-answer";

/// Who writes, as the practice's settings say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// Who writes.
    pub from: Person,
    /// Who gets the answers, if not the writer.
    pub reply_to: Option<Person>,
    /// The domain of Message-IDs.
    pub domain: String,
    /// Where a reader of `crm` mail opts out; the writer when absent.
    pub unsubscribe: Option<Address>,
}

/// The task type that sends letters.
#[derive(Debug)]
pub struct Email {
    transport: Transport,
    sender: Sender,
}

impl Email {
    /// Letters by this sender leave this way.
    ///
    /// # Errors
    /// When the domain cannot be one: said once here, or every letter would fail by it.
    pub fn new(transport: Transport, sender: Sender) -> Result<Self, BadLetter> {
        let domain = address::domain(&sender.domain).map_err(|_| BadLetter::Domain(one_line(&sender.domain)))?;
        Ok(Self { transport, sender: Sender { domain, ..sender } })
    }

    fn letter(&self, id: EffectId, letter: &event::Letter, written_at: Timestamp) -> Result<Letter, Failure> {
        let (carried_to, sender) = (addressee(&letter.to)?, &self.sender);
        // A copy names whom the letter is for. Where they cannot be written to, whoever gets the copy stands for them.
        let copied = letter.copy_of.as_ref().and_then(|person| addressee(person).ok());
        let to = copied.unwrap_or_else(|| carried_to.clone());
        Ok(Letter {
            effect: id,
            from: sender.from.clone(),
            cc_shown: named_beside(&to, &letter.cc),
            envelope_to: carried_to.address().clone(),
            to,
            reply_to: sender.reply_to.clone(),
            subject: letter.subject.clone(),
            text: letter.text.clone(),
            // Most definitions write a text alone; its HTML twin is the same words, and nothing that the text lacks.
            html: Some(letter.html.clone().unwrap_or_else(|| html_from_text(&letter.text))),
            class: letter.class,
            thread_root: format!("<{}@{}>", id.job, sender.domain),
            domain: sender.domain.clone(),
            unsubscribe: Some(opting_out(sender.unsubscribe.as_ref().unwrap_or(sender.from.address()))),
            written_at,
        })
    }

    async fn send(&self, id: EffectId, frozen: &Frozen) -> Report {
        let to = match address(&frozen.to) {
            Ok(to) => to,
            Err(bad) => return failed(Failure::permanent(BAD_ADDRESS, bad.to_string())),
        };
        let envelope = Envelope { effect: id, from: self.sender.from.address().clone(), to };
        match caught(self.transport.send(&envelope, &frozen.bytes)).await {
            Ok(outcome) => report(&envelope, outcome),
            // A transport knows how far the letter had come when lettre panics; here nobody does.
            Err(words) => Report::InDoubt(format!("sending the letter panicked: {words}")),
        }
    }
}

impl Acts for Email {
    fn freeze(&self, id: EffectId, effect: &Effect, written_at: Timestamp) -> Result<Frozen, Failure> {
        let Effect::SendLetter { letter, .. } = effect else {
            return Err(Failure::permanent("not-a-letter", "only letters can be sent by e-mail"));
        };
        let letter = self.letter(id, letter, written_at)?;
        let unwritten =
            |why: String| Failure::permanent("letter-not-written", format!("the letter cannot be written: {why}"));
        match caught_now(|| mime(&letter)) {
            Ok(Ok(bytes)) => Ok(Frozen { to: letter.envelope_to.as_str().into(), bytes }),
            Ok(Err(bad)) => Err(unwritten(bad.to_string())),
            Err(words) => Err(unwritten(words)),
        }
    }

    fn act<'a>(&'a self, id: EffectId, frozen: &'a Frozen) -> Reporting<'a> {
        Box::pin(self.send(id, frozen))
    }

    fn at_once_max(&self) -> usize {
        self.transport.at_once_max()
    }

    fn way_out(&self) -> String {
        self.transport.name()
    }

    fn close(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.transport.close())
    }
}

fn addressee(person: &recipient::Person) -> Result<Person, Failure> {
    let Some(typed) = &person.address else {
        let words = format!("{} ({}) has no e-mail address", person.name, person.id.as_str());
        return Err(Failure::permanent("no-address", words));
    };
    let read = address(typed).map_err(|bad| {
        let words = format!("the e-mail address of {} ({}) cannot be used: {bad}", person.name, person.id.as_str());
        Failure::permanent(BAD_ADDRESS, words)
    })?;
    Ok(Person::new(&person.name, read))
}

/// The people of `Cc:`, each once, less the one this copy goes to. Whoever cannot be written to is left out: that their
/// own copy fails says so, and this one is none the worse.
fn named_beside(to: &Person, cc: &[recipient::Person]) -> Vec<Person> {
    let mut named = Vec::<Person>::new();
    for person in cc.iter().filter_map(|person| addressee(person).ok()) {
        let is_here = |other: &Person| other.address().is_same_as(person.address());
        if !is_here(to) && !named.iter().any(is_here) {
            named.push(person);
        }
    }
    named
}

/// A `mailto:` link in which no sign of the address passes for one of the link's own.
fn opting_out(at: &Address) -> String {
    let escaped = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'@' | b'.' | b'-' | b'_' | b'~' | b'+' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    format!("mailto:{}?subject=unsubscribe", at.as_str().bytes().map(escaped).collect::<String>())
}

fn report(envelope: &Envelope, outcome: Outcome) -> Report {
    match outcome {
        Outcome::Sent { reply } => Report::Known(command::Outcome::Sent { reply }),
        Outcome::Refused { reply } => {
            Report::Known(command::Outcome::Refused { address: envelope.to.as_str().into(), reply })
        }
        Outcome::Failed { kind, code, reply } => failed(failure(kind, code, &reply)),
        Outcome::Unknown { why } => Report::InDoubt(why),
        Outcome::Paused { why, until } => Report::Paused { why, until },
    }
}

fn failed(failure: Failure) -> Report {
    Report::Known(command::Outcome::Failed(failure))
}

fn failure(kind: FailureKind, code: Option<u16>, reply: &str) -> Failure {
    let (code, message) = match (code, kind) {
        (Some(code), _) => (format!("smtp-{code}"), format!("the mail server answered: {reply}")),
        (None, FailureKind::Timeout) => (NO_ANSWER.into(), reply.into()),
        (None, _) => (NO_CONNECTION.into(), format!("the letter was not handed over: {reply}")),
    };
    Failure { kind, code, message }
}
