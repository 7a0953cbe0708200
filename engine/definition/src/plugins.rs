//! What plugins offer, put into a definition that uses it.
//!
//! Owns: finding the task types and selectors of plugins that a definition names, holding their settings to the plugin's
//! own schema with the place of each fault, and writing into the tree what the plan needs of them: the components under
//! `plugins`, and the outputs of each task. So a stored definition says all by itself which components it was checked
//! with. Leaves what a component is to those who know it, as `Offer`.

use std::collections::BTreeMap;

use jobwright_core::retry::FailureKind;
use jobwright_core::value::{Field, Type};
use serde_json::Value as Json;

use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics, quoted};
use crate::source::{Span, Spanned};
use crate::suggest::suggest;
use crate::surroundings::{Offer, Offered};
use crate::syntax::{Entry, Kind, Node, Style, Text};
use crate::{canonical, decode::text::EXPR};

/// The key that names the components a definition was checked with; the engine writes it.
const PLUGINS: &str = "plugins";
/// The key that names a selector of a plugin.
pub(crate) const PLUGIN: &str = "plugin";
/// The settings of either.
pub(crate) const WITH: &str = "with";
const OUTPUTS: &str = "outputs";
/// The fields of a form.
const FIELDS: &str = "fields";
/// The key that names a check of a plugin.
const CHECK: &str = "check";

/// Keys of a task under which selectors stand, at any depth.
const SELECTORS: &[&str] = &["recipient", "assign", "cc", "bcc", "notify", "visible_to", "signers", "items"];
/// Keys of a task in which selectors stand further down.
const DEEPER: &[&str] = &["on_uncompletable", "on_failed"];
/// Deepest selectors that are looked at; the reader of YAML stops long before.
const DEPTH_MAX: usize = 64;

/// Puts what plugins offer into the tree.
pub(crate) fn include(root: &mut Node, offers: &BTreeMap<String, Offer>, diagnostics: &mut Diagnostics) {
    let Kind::Map(entries) = &mut root.kind else { return };
    if let Some(at) = entries.iter().position(|entry| entry.key.value == PLUGINS) {
        let message = "`plugins` is written by `publish`: a definition names what it uses where it uses it";
        let written = entries.remove(at);
        diagnostics.push(Diagnostic::error(code::UNKNOWN_KEY, message).at(written.key.span, "leave it out"));
    }
    let mut used = Used { offers, named: BTreeMap::new(), diagnostics };
    for entry in entries.iter_mut().filter(|entry| entry.key.value == "tasks") {
        if let Kind::List(tasks) = &mut entry.value.kind {
            tasks.iter_mut().for_each(|task| used.task(task));
        }
    }
    if !used.named.is_empty() {
        let named = used.named.into_iter().map(|(name, digest)| (name, text(digest))).collect::<Vec<_>>();
        entries.push(entry(PLUGINS, map(named)));
    }
}

/// Takes the dotted names out of a tree that says what it was checked with: people do not write them.
pub(crate) fn take_installed(root: &mut Node) -> Vec<String> {
    let Kind::Map(entries) = &mut root.kind else { return vec![] };
    let Some(at) = entries.iter().position(|entry| entry.key.value == PLUGINS) else { return vec![] };
    match entries.remove(at).value.kind {
        Kind::Map(entries) => entries.into_iter().map(|entry| entry.key.value).collect(),
        _ => vec![],
    }
}

struct Used<'a> {
    offers: &'a BTreeMap<String, Offer>,
    /// What was found, with its component.
    named: BTreeMap<String, String>,
    diagnostics: &'a mut Diagnostics,
}

impl Used<'_> {
    fn task(&mut self, task: &mut Node) {
        if let Some((name, span)) = word(task.get("type")).filter(|(name, _)| name.contains('.')) {
            self.own_type(task, &name, span);
        }
        let Kind::Map(entries) = &task.kind else { return };
        for entry in entries {
            match entry.key.value.as_str() {
                OUTPUTS | FIELDS => self.checks(&entry.value),
                key if SELECTORS.contains(&key) => self.selectors(&entry.value, DEPTH_MAX),
                key if DEEPER.contains(&key) => {
                    if let Some(told) = entry.value.get("notify") {
                        self.selectors(told, DEPTH_MAX);
                    }
                }
                _ => {}
            }
        }
    }

    /// A task whose type is a plugin's.
    fn own_type(&mut self, task: &mut Node, name: &str, span: Span) {
        let of_tasks = |offer: &Offer| matches!(offer.kind, Offered::Task { .. });
        let Some(offer) = self.offer(name, span, "has tasks of type", of_tasks) else {
            return refuse(task, "type");
        };
        self.settings(task, &offer, span);
        let Offered::Task { outputs, failures } = &offer.kind else { return };
        self.retried(task, name, failures);
        if let Some(written) = task.get(OUTPUTS) {
            let message = format!("the outputs of `{name}` are those of its plugin");
            let help = "leave `outputs` out; `jobwright plugin inspect` shows what it gives";
            self.diagnostics.push(Diagnostic::error(code::UNKNOWN_KEY, message).at(written.head(), "").help(help));
            return;
        }
        if let Kind::Map(entries) = &mut task.kind
            && !outputs.is_empty()
        {
            entries.push(entry(OUTPUTS, map(outputs.iter().map(|(name, of)| (name.clone(), field(of))).collect())));
        }
    }

    /// What is tried again: kinds of failures, and those that the plugin names itself.
    fn retried(&mut self, task: &Node, name: &str, failures: &[String]) {
        let Some(Kind::List(on)) = task.get("retry").and_then(|retry| retry.get("on")).map(|on| &on.kind) else {
            return;
        };
        let kinds = || FailureKind::ALL.iter().map(|kind| kind.word());
        for (said, span) in on.iter().filter_map(|one| word(Some(one))) {
            let possible = || kinds().chain(failures.iter().map(String::as_str));
            if possible().any(|one| one == said) {
                continue;
            }
            let label = suggest(&said, possible()).map_or(String::new(), |meant| format!("did you mean `{meant}`?"));
            let message = format!("{} is neither a kind of failure nor one that `{name}` names", quoted(&said));
            let help = format!("possible are: {}", possible().collect::<Vec<_>>().join(", "));
            self.diagnostics.push(Diagnostic::error(code::UNKNOWN_CHOICE, message).at(span, label).help(help));
        }
    }

    /// Checks of plugins in declared values: a mapping of outputs, or a form's list of fields.
    fn checks(&mut self, node: &Node) {
        let declared: Vec<&Node> = match &node.kind {
            Kind::Map(entries) => entries.iter().map(|entry| &entry.value).collect(),
            Kind::List(items) => items.iter().collect(),
            Kind::Scalar(_) | Kind::Refused => vec![],
        };
        for one in declared {
            if let Some((name, span)) = word(one.get(CHECK)) {
                self.offer(&name, span, "has a check", |offer| offer.kind == Offered::Check);
            }
        }
    }

    /// Selectors of plugins in a selector, however deep.
    fn selectors(&mut self, node: &Node, depth: usize) {
        let Some(deeper) = depth.checked_sub(1) else { return };
        match &node.kind {
            Kind::List(items) => items.iter().for_each(|item| self.selectors(item, deeper)),
            Kind::Map(entries) => {
                if let Some((name, span)) = word(node.get(PLUGIN)) {
                    let of_people = |offer: &Offer| offer.kind == Offered::Selector;
                    if let Some(offer) = self.offer(&name, span, "has a selector", of_people) {
                        self.settings(node, &offer, span);
                    }
                }
                entries.iter().for_each(|entry| self.selectors(&entry.value, deeper));
            }
            Kind::Scalar(_) | Kind::Refused => {}
        }
    }

    fn offer(&mut self, name: &str, span: Span, what: &str, fits: impl Fn(&Offer) -> bool) -> Option<Offer> {
        let Some(offer) = self.offers.get(name).filter(|offer| fits(offer)) else {
            let fitting = self.offers.iter().filter(|(_, offer)| fits(offer)).map(|(name, _)| name.as_str());
            let label =
                suggest(name, fitting).map_or("not installed".into(), |meant| format!("did you mean `{meant}`?"));
            let message = format!("no plugin that is installed {what} `{name}`");
            let help = "`jobwright plugin list` says what there is, `jobwright plugin add FILE` adds one";
            self.diagnostics.push(Diagnostic::error(code::NOT_INSTALLED, message).at(span, label).help(help));
            return None;
        };
        if let Some(lacks) = &offer.lacks {
            let message = format!("`{name}` cannot run: {lacks}");
            let help = format!("`jobwright plugin list` says more about {}", quoted(&offer.plugin));
            self.diagnostics.push(Diagnostic::error(code::PLUGIN_LACKS, message).at(span, "").help(help));
        }
        self.named.insert(name.to_owned(), offer.digest.to_string());
        Some(offer.clone())
    }

    /// Holds settings to the plugin's schema, as far as they are known before they are evaluated.
    fn settings(&mut self, node: &Node, offer: &Offer, owner: Span) {
        let nothing = Node { span: owner, kind: Kind::Map(vec![]) };
        let with = node.get(WITH).unwrap_or(&nothing);
        if let Kind::Map(entries) = &with.kind {
            entries.iter().for_each(|entry| self.no_deeper_expressions(&entry.value));
        }
        let mut unknown = Vec::new();
        let Ok(json) = serde_json::from_str::<Json>(&canonical::write(&known(with, "", &mut unknown))) else { return };
        for (at, what) in (offer.settings)(&json, unknown.is_empty()) {
            if unknown.iter().any(|one| at == *one || at.starts_with(&format!("{one}/"))) {
                continue;
            }
            let place = place(with, &at).unwrap_or(owner);
            let diagnostic = Diagnostic::error(code::BAD_SETTINGS, format!("the settings do not fit: {what}"));
            let note =
                format!("{} says what its settings are; `jobwright plugin inspect` shows it", quoted(&offer.plugin));
            self.diagnostics.push(diagnostic.at(place, "").help(note));
        }
    }

    /// A computed value is the whole of a setting.
    fn no_deeper_expressions(&mut self, node: &Node) {
        let inside: Vec<&Node> = match &node.kind {
            Kind::Map(entries) if node.get(EXPR).is_none() => entries.iter().map(|entry| &entry.value).collect(),
            Kind::List(items) => items.iter().collect(),
            _ => return,
        };
        for inner in inside {
            if inner.get(EXPR).is_some() {
                let message = "a computed value is the whole of a setting, and not a part of one";
                let help =
                    "write the whole setting as one expression, as in `{ expr: '#{ a: 1, b: client.vat.rate }' }`";
                self.diagnostics.push(Diagnostic::error(code::WRONG_KIND, message).at(inner.head(), "").help(help));
            } else {
                self.no_deeper_expressions(inner);
            }
        }
    }
}

/// The tree with nothing in the place of each computed value, whose pointers are noted.
fn known(node: &Node, at: &str, unknown: &mut Vec<String>) -> Node {
    let Kind::Map(entries) = &node.kind else { return node.clone() };
    let known = entries.iter().map(|one| {
        let here = format!("{at}/{}", escaped(&one.key.value));
        if one.value.get(EXPR).is_none() {
            return one.clone();
        }
        unknown.push(here);
        Entry { key: one.key.clone(), value: text("computed later".into()) }
    });
    Node { span: node.span, kind: Kind::Map(known.collect()) }
}

/// Where a JSON pointer leads in the tree: as deep as the tree goes.
fn place(node: &Node, pointer: &str) -> Option<Span> {
    let (mut found, mut span) = (node, node.head());
    for part in pointer.split('/').skip(1) {
        let next = match &found.kind {
            Kind::Map(entries) => {
                let entry = entries.iter().find(|entry| escaped(&entry.key.value) == part)?;
                span = entry.value.head();
                &entry.value
            }
            Kind::List(items) => {
                let item = items.get(part.parse::<usize>().ok()?)?;
                span = item.head();
                item
            }
            Kind::Scalar(_) | Kind::Refused => return Some(span),
        };
        found = next;
    }
    Some(span)
}

/// A name as a JSON pointer has it (RFC 6901).
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// A declared value in the words of the language.
fn field(field: &Field) -> Node {
    let mut entries = typed(&field.of);
    let bounds = [("min", field.min), ("max", field.max)];
    entries.extend(bounds.into_iter().filter_map(|(key, bound)| Some((key.to_owned(), text(bound?.to_string())))));
    if field.optional || matches!(field.of, Type::Optional(_)) {
        entries.push(("optional".into(), plain("true")));
    }
    map(entries)
}

fn typed(of: &Type) -> Vec<(String, Node)> {
    let word = match of {
        Type::Text => "string",
        Type::Int => "int",
        Type::Decimal => "decimal",
        Type::Bool => "bool",
        Type::Date => "date",
        Type::Moment => "datetime",
        Type::Money(_) => "money",
        Type::Enum(_) => "enum",
        Type::List(_) => "list",
        Type::Record(_) | Type::Map => "map",
        Type::Any => "any",
        Type::Document => "document",
        Type::Contact => "contact",
        Type::Staff => "staff",
        Type::Optional(of) => return typed(of),
    };
    let mut entries = vec![("type".to_owned(), plain(word))];
    match of {
        Type::Money(Some(currency)) => entries.push(("currency".into(), text(currency.to_string()))),
        Type::Enum(words) => entries.push(("values".into(), list(words))),
        Type::List(of) => {
            // What is said of an element stands beside `of`; a list without it is a list of anything, and so is one of lists.
            let element = typed(of).into_iter().filter(|(key, _)| key != "of");
            let element = element.map(|(key, value)| (if key == "type" { "of".to_owned() } else { key }, value));
            entries
                .extend(element.filter(|(key, value)| key != "of" || !matches!(word_of(value), Some("list" | "any"))));
        }
        _ => {}
    }
    entries
}

fn word_of(node: &Node) -> Option<&str> {
    match &node.kind {
        Kind::Scalar(text) => Some(text.as_str()),
        _ => None,
    }
}

fn word(node: Option<&Node>) -> Option<(String, Span)> {
    let node = node?;
    word_of(node).filter(|word| !word.is_empty()).map(|word| (word.to_owned(), node.span))
}

/// What was told already is not told again.
fn refuse(node: &mut Node, key: &str) {
    let Kind::Map(entries) = &mut node.kind else { return };
    entries.iter_mut().filter(|entry| entry.key.value == key).for_each(|entry| entry.value.kind = Kind::Refused);
}

fn entry(key: &str, value: Node) -> Entry {
    Entry { key: Spanned::new(key.to_owned(), Span::default()), value }
}

fn map(entries: Vec<(String, Node)>) -> Node {
    let kind = Kind::Map(entries.into_iter().map(|(key, value)| entry(&key, value)).collect());
    Node { span: Span::default(), kind }
}

fn list(words: &[String]) -> Node {
    Node { span: Span::default(), kind: Kind::List(words.iter().map(|word| text(word.clone())).collect()) }
}

fn text(text: String) -> Node {
    scalar(text, Style::DoubleQuoted)
}

fn plain(word: &str) -> Node {
    scalar(word.to_owned(), Style::Plain)
}

fn scalar(text: String, style: Style) -> Node {
    Node { span: Span::default(), kind: Kind::Scalar(Text::new(text, Span::default(), style, "", 0)) }
}
