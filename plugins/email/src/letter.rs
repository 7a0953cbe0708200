//! One copy of one letter, as the bytes that leave the house.
//!
//! Owns: headers, parts and boundaries, all derived from the letter alone, so that a second try is byte for byte the
//! first. Leaves the wording to templates, the envelope's journey to `transport`. Nothing a person can type becomes a
//! header of its own: addresses come parsed, names and subjects on one line, the rest is refused.

use crate::{
    address::{self, Address},
    line::{one_line, short_line},
    transport::Envelope,
};
use jiff::Timestamp;
use jobwright_core::{id::EffectId, plan::Class};
use lettre::message::{
    Mailbox, Mailboxes, MultiPart, SinglePart,
    header::{self, ContentTransferEncoding, ContentType, HeaderName, HeaderValue, Headers},
};
use std::time::{Duration, UNIX_EPOCH};

/// Longest display name; what is longer is cut.
const NAME_CHARS_MAX: usize = 120;
/// Longest subject. Even a subject without one blank then fits the 998 bytes of a line.
const SUBJECT_BYTES_MAX: usize = 900;
/// Longest text, and longest HTML.
const BODY_BYTES_MAX: usize = 1 << 20;
/// Longest Message-ID or unsubscribe address, on one line with its header's name.
const REFERENCE_BYTES_MAX: usize = 900;
/// How many people the `Cc:` header may name.
const CC_MAX: usize = 100;

/// A name beside an address, as a header shows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    name: String,
    address: Address,
}

impl Person {
    /// The name comes onto one line and is cut to a sane length; it may end up empty.
    pub fn new(name: &str, address: Address) -> Self {
        Self { name: short_line(name, NAME_CHARS_MAX), address }
    }

    /// The name as it will be shown.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where mail to this person goes.
    pub fn address(&self) -> &Address {
        &self.address
    }

    fn mailbox(&self) -> Mailbox {
        Mailbox::new(Some(self.name.clone()).filter(|name| !name.is_empty()), self.address.for_lettre())
    }
}

/// One copy of one letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Whose work it is; becomes the Message-ID.
    pub effect: EffectId,
    /// Who writes.
    pub from: Person,
    /// Whom `To:` names.
    pub to: Person,
    /// Whom `Cc:` names, in every copy.
    pub cc_shown: Vec<Person>,
    /// Whom this copy is carried to.
    pub envelope_to: Address,
    /// Who gets the answers, if not the writer.
    pub reply_to: Option<Person>,
    /// The subject, on one line once it is written.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The same as HTML.
    pub html: Option<String>,
    /// Whether it obeyed the opt-out; if so, it says how to opt out.
    pub class: Class,
    /// The Message-ID of the job's root, `<job@domain>`.
    pub thread_root: String,
    /// The practice's mail domain.
    pub domain: String,
    /// Where a reader of `Crm` mail unsubscribes: `mailto:…`.
    pub unsubscribe: Option<String>,
    /// When it was written: not when it is sent.
    pub written_at: Timestamp,
}

impl Letter {
    /// How this copy travels.
    pub fn envelope(&self) -> Envelope {
        Envelope { effect: self.effect, from: self.from.address.clone(), to: self.envelope_to.clone() }
    }
}

/// Why a letter cannot be put into bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadLetter {
    /// The mail domain of the practice is none.
    #[error("mail domain `{0}` is no full domain, such as `practice.example`")]
    Domain(String),
    /// The root of the thread is no Message-ID.
    #[error("thread root `{0}` is not of the form `<job@domain>`")]
    ThreadRoot(String),
    /// The way to unsubscribe is no `mailto:` address.
    #[error("`{0}` is no `mailto:` address to unsubscribe at")]
    Unsubscribe(String),
    /// More than a letter may hold.
    #[error("{part} is too long: {size}, at most {size_max}")]
    TooLong {
        /// Which part of the letter.
        part: &'static str,
        /// How long it is.
        size: usize,
        /// How long it may be.
        size_max: usize,
    },
    /// Before 1970: no `Date:` for that.
    #[error("written at {0}, before 1970")]
    Date(Timestamp),
}

/// The letter as MIME: the same letter gives the same bytes, all ASCII, every line short.
pub fn mime(letter: &Letter) -> Result<Vec<u8>, BadLetter> {
    for (part, text, size_max) in [
        ("subject", Some(&letter.subject), SUBJECT_BYTES_MAX),
        ("text", Some(&letter.text), BODY_BYTES_MAX),
        ("html", letter.html.as_ref(), BODY_BYTES_MAX),
    ] {
        at_most(part, text.map_or(0, String::len), size_max)?;
    }
    at_most("cc", letter.cc_shown.len(), CC_MAX)?;
    let mut bytes = headers(letter)?.to_string().into_bytes();
    bytes.extend(match &letter.html {
        None => part(ContentType::TEXT_PLAIN, &letter.text).formatted(),
        Some(html) => MultiPart::alternative()
            // `=_` never stands in quoted-printable text, so no text can hold its own boundary.
            .boundary(format!("=_{}", letter.effect))
            .singlepart(part(ContentType::TEXT_PLAIN, &letter.text))
            .singlepart(part(ContentType::TEXT_HTML, html))
            .formatted(),
    });
    Ok(bytes)
}

fn at_most(part: &'static str, size: usize, size_max: usize) -> Result<(), BadLetter> {
    if size > size_max { Err(BadLetter::TooLong { part, size, size_max }) } else { Ok(()) }
}

fn headers(letter: &Letter) -> Result<Headers, BadLetter> {
    let domain = address::domain(&letter.domain).map_err(|_| BadLetter::Domain(one_line(&letter.domain)))?;
    let root = message_id(&letter.thread_root)?;
    let mut headers = Headers::new();
    headers.set(date(letter.written_at)?);
    headers.set(header::From::from(Mailboxes::from(letter.from.mailbox())));
    if let Some(person) = &letter.reply_to {
        headers.set(header::ReplyTo::from(Mailboxes::from(person.mailbox())));
    }
    headers.set(header::To::from(Mailboxes::from(letter.to.mailbox())));
    if !letter.cc_shown.is_empty() {
        headers.set(header::Cc::from(letter.cc_shown.iter().map(Person::mailbox).collect::<Mailboxes>()));
    }
    headers.set(header::Subject::from(subject(&letter.subject)));
    headers.set(header::MessageId::from(format!("<{}@{domain}>", letter.effect)));
    headers.set(header::InReplyTo::from(root.clone()));
    headers.set(header::References::from(root));
    plain(&mut headers, HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".into());
    if let (Class::Crm, Some(at)) = (letter.class, &letter.unsubscribe) {
        plain(&mut headers, HeaderName::new_from_ascii_str("List-Unsubscribe"), mailto(at)?);
    }
    headers.set(header::MIME_VERSION_1_0);
    Ok(headers)
}

/// Sets a header whose value is known to be short and ASCII.
fn plain(headers: &mut Headers, name: HeaderName, value: String) {
    headers.insert_raw(HeaderValue::dangerous_new_pre_encoded(name, value.clone(), value));
}

fn part(kind: ContentType, text: &str) -> SinglePart {
    let lines = text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n");
    SinglePart::builder().header(kind).header(ContentTransferEncoding::QuotedPrintable).body(lines)
}

fn date(at: Timestamp) -> Result<header::Date, BadLetter> {
    let seconds = u64::try_from(at.as_second()).map_err(|_| BadLetter::Date(at))?;
    Ok(header::Date::new(UNIX_EPOCH + Duration::from_secs(seconds)))
}

/// The subject on one line. An encoded word that somebody typed is text, so it must not be read as one.
fn subject(text: &str) -> String {
    one_line(text).replace("=?", "= ?")
}

fn message_id(text: &str) -> Result<String, BadLetter> {
    let inside = text.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).unwrap_or_default();
    let halves = inside.split('@').collect::<Vec<_>>();
    let fits = halves.len() == 2 && halves.iter().all(|half| !half.is_empty());
    if fits && is_word(inside) { Ok(text.into()) } else { Err(BadLetter::ThreadRoot(one_line(text))) }
}

fn mailto(text: &str) -> Result<String, BadLetter> {
    let fits = text.strip_prefix("mailto:").is_some_and(|rest| rest.contains('@')) && is_word(text);
    if fits { Ok(format!("<{text}>")) } else { Err(BadLetter::Unsubscribe(one_line(text))) }
}

/// Visible ASCII that cannot end the angle brackets it will stand in.
fn is_word(text: &str) -> bool {
    text.len() <= REFERENCE_BYTES_MAX && text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'<' | b'>' | b','))
}
