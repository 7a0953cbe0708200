//! practice.yaml: the settings of the firm that runs this engine.
//!
//! Owns: its keys, their defaults and bounds. It holds settings only: people live in the store, and passwords in the
//! environment or in `.jobwright/secrets.toml`. Leaves whether the zone and the calendar exist to the caller, who has
//! them, and says where they were written.

mod declared;
mod mail;
mod plugins;

use std::collections::BTreeMap;

use jiff::civil::Time;
use jobwright_core::directory::{Practice, Service};
use jobwright_core::id::{DefinitionId, StaffId};
use jobwright_core::value::Currency;

pub(crate) use declared::WORDS as PLAIN_WORDS;
pub use declared::{CLIENT_PATHS, Declared, DeclaredField};
pub use mail::{MailSettings, Sender, Tls, Transport};
pub use plugins::{CALLS_AT_ONCE, CALLS_AT_ONCE_RANGE, CEILINGS, PluginSettings};

use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics, quoted};
use crate::field;
use crate::source::{Span, Spanned};
use crate::syntax::{Entry, Fields, Kind, Node, choice, in_range, map_of, parsed, spanned};

/// The zone of a practice that names none.
pub const TIMEZONE: &str = "Europe/London";
/// The calendar of a practice that names none.
pub const CALENDAR: &str = "england-and-wales";
/// The currency of a practice that names none.
pub const CURRENCY: &str = "GBP";
/// When a day begins for dates without a time.
pub const OPENING_HOUR: Time = Time::constant(9, 0, 0, 0);
/// When a day's work ends.
pub const CLOSING_HOUR: Time = Time::constant(17, 0, 0, 0);
/// Letters under way at once.
pub const LETTERS_AT_ONCE: u16 = 4;
/// Memory that the store keeps pages in, in MiB.
pub const STORE_CACHE_MIB: u32 = 64;

/// What practice.yaml says.
#[derive(Clone, Debug, PartialEq)]
pub struct PracticeFile {
    /// What rules may read.
    pub practice: Practice,
    /// The practice's time zone, by its name in the zone data.
    pub timezone: Spanned<String>,
    /// The id of the practice's calendar of working days.
    pub calendar: Spanned<String>,
    /// When dates without a time begin.
    pub opening: Time,
    /// When the working day ends.
    pub closing: Time,
    /// The fields that the practice keeps of its clients.
    pub declared: Declared,
    /// How letters leave.
    pub mail: MailSettings,
    /// Bounds that the practice may move.
    pub limits: Limits,
    /// How the store behaves.
    pub store: StoreSettings,
    /// What plugins may take.
    pub plugins: PluginSettings,
}

/// Bounds that the practice may move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Letters under way at once.
    pub letters_at_once: u16,
}

/// How the store behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreSettings {
    /// What holds the rows behind the journal.
    pub view: StoreView,
    /// Memory that the store keeps pages in.
    pub cache_mib: u32,
}

/// What holds the store's rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StoreView {
    /// sled.
    #[default]
    Sled,
    /// redb.
    Redb,
}

/// Reads practice.yaml. All that is wrong is told at once; settings with an error, in the text of the file or in what it
/// says, are not given: of a key that stands twice the first value is not more meant than the second.
pub fn practice(node: &Node, diagnostics: &mut Diagnostics) -> Option<PracticeFile> {
    let node = &without_secrets(node, diagnostics);
    let mut fields = Fields::of(node, "practice.yaml", diagnostics)?;
    fields.required("format", choice(&[("1", ())]));
    let name = fields.required("name", Node::text);
    let operator = fields.optional("operator", parsed::<StaffId>);
    let timezone = named(&mut fields, "timezone", TIMEZONE);
    let calendar = named(&mut fields, "calendar", CALENDAR);
    let opening = fields.or("opening_hour", time, OPENING_HOUR);
    let closing = fields.or("closing_hour", time, CLOSING_HOUR);
    let currency = fields.optional("currency", field::currency).or(Currency::new(CURRENCY));
    let portal_required = fields.or("client_access", choice(&[("link", false), ("portal", true)]), false);
    let offices = fields.list("offices", |node, diagnostics| Some(node.text(diagnostics)?.into_string()));
    let services = fields.or("services", services, BTreeMap::new());
    let declared = fields.or("fields", declared::declared, Declared::default());
    let default_assignee = fields.optional("assignment", assignment);
    let mail = fields.or("mail", mail::mail, MailSettings::default());
    let limits = fields.or("limits", limits, Limits { letters_at_once: LETTERS_AT_ONCE });
    let store = fields.or("store", store, StoreSettings { view: StoreView::default(), cache_mib: STORE_CACHE_MIB });
    let plugins = fields.or("plugins", plugins::plugins, PluginSettings::default());
    if opening >= closing {
        let at = fields.place("closing_hour").or(fields.place("opening_hour")).unwrap_or(fields.head());
        let message = format!(
            "the day closes at {}, before it opens at {}",
            closing.strftime("%H:%M"),
            opening.strftime("%H:%M")
        );
        fields.diagnostics().push(Diagnostic::error(code::BAD_VALUE, message).at(at, ""));
    }
    fields.finish();
    let (name, currency) = (name?.into_string(), currency?);
    let practice = Practice { name, operator, default_assignee, currency, portal_required, services, offices };
    let file = PracticeFile { practice, timezone, calendar, opening, closing, declared, mail, limits, store, plugins };
    (!diagnostics.has_errors()).then_some(file)
}

/// An id or name that the caller looks up, with its place; the default stands nowhere.
fn named(fields: &mut Fields<'_, '_>, key: &'static str, default: &str) -> Spanned<String> {
    let text = fields.optional(key, spanned(Node::text));
    text.map_or_else(|| Spanned::new(default.into(), Span::default()), |text| text.map(|text| text.into_string()))
}

fn services(node: &Node, diagnostics: &mut Diagnostics) -> Option<BTreeMap<String, Service>> {
    let services = map_of(service)(node, diagnostics)?;
    Some(services.into_iter().map(|(id, service)| (id.value, service)).collect())
}

/// `vat: VAT returns`, or a mapping with the definition that does it.
fn service(node: &Node, diagnostics: &mut Diagnostics) -> Option<Service> {
    if let Kind::Scalar(_) = node.kind {
        return Some(Service { label: node.text(diagnostics)?.into_string(), definition: None });
    }
    let mut fields = Fields::of(node, "a service", diagnostics)?;
    let label = fields.required("label", Node::text);
    let definition = fields.optional("definition", parsed::<DefinitionId>);
    fields.finish();
    Some(Service { label: label?.into_string(), definition })
}

/// Who does work that no selector assigns.
fn assignment(node: &Node, diagnostics: &mut Diagnostics) -> Option<StaffId> {
    let mut fields = Fields::of(node, "the assignment", diagnostics)?;
    let default = fields.required("default", parsed::<StaffId>);
    fields.finish();
    default
}

fn limits(node: &Node, diagnostics: &mut Diagnostics) -> Option<Limits> {
    let mut fields = Fields::of(node, "the limits", diagnostics)?;
    let letters_at_once = fields.or("letters_at_once", in_range(1..=64), LETTERS_AT_ONCE);
    fields.finish();
    Some(Limits { letters_at_once })
}

fn store(node: &Node, diagnostics: &mut Diagnostics) -> Option<StoreSettings> {
    let view = choice(&[("sled", StoreView::Sled), ("redb", StoreView::Redb)]);
    if !matches!(node.kind, Kind::Map(_)) {
        return Some(StoreSettings { view: view(node, diagnostics)?, cache_mib: STORE_CACHE_MIB });
    }
    let mut fields = Fields::of(node, "the store", diagnostics)?;
    let view = fields.or("view", view, StoreView::default());
    let cache_mib = fields.or("cache_mib", in_range(8..=65_536), STORE_CACHE_MIB);
    fields.finish();
    Some(StoreSettings { view, cache_mib })
}

/// Hours and minutes, `09:00`.
fn time(node: &Node, diagnostics: &mut Diagnostics) -> Option<Time> {
    let text = node.text(diagnostics)?;
    let read = |part: &str| (part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse().ok())?;
    let time = text.split_once(':').and_then(|(hour, minute)| Time::new(read(hour)?, read(minute)?, 0, 0).ok());
    time.or_else(|| node.bad(format!("{} is no time of day; write it as `09:00`", quoted(&text)), diagnostics))
}

/// Words that would put a secret into a file which people copy, mail and keep under version control.
const SECRETS: &[&str] = &["password", "pass", "passwd", "secret", "token", "api_key"];

/// The settings without what must not stand in them; each such word is told once, with where it belongs.
fn without_secrets(node: &Node, diagnostics: &mut Diagnostics) -> Node {
    let Kind::Map(entries) = &node.kind else { return node.clone() };
    let mut kept = Vec::new();
    for entry in entries {
        if SECRETS.contains(&entry.key.value.as_str()) {
            let message = format!("{} does not belong in practice.yaml", quoted(&entry.key.value));
            let diagnostic = Diagnostic::error(code::SECRET_IN_SETTINGS, message)
                .at(entry.key.span, "")
                .help("set JOBWRIGHT_SMTP_PASSWORD, or write it into .jobwright/secrets.toml, readable by you alone");
            diagnostics.push(diagnostic);
            continue;
        }
        // What the practice calls its fields and services is its own affair.
        let own = matches!(entry.key.value.as_str(), "fields" | "services");
        let value = if own { entry.value.clone() } else { without_secrets(&entry.value, diagnostics) };
        kept.push(Entry { key: entry.key.clone(), value });
    }
    Node { span: node.span, kind: Kind::Map(kept) }
}

#[cfg(test)]
mod tests;
