//! A mapping read key by key.
//!
//! Owns: which keys were asked for, and with that, which are missing and which are unknown. Code that decodes a mapping
//! reads as the list of its keys; the list is also what an unknown key is compared with.

use super::tree::{Entry, Kind, Node};
use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics, quoted};
use crate::source::Span;
use crate::suggest::suggest;

/// Hands out the values of a mapping by key.
///
/// ```
/// # use jobwright_definition::{diagnostic::Diagnostics, syntax::{Fields, Node, Text, choice, in_range}};
/// # #[derive(Clone, Copy)] enum Every { Week, Month }
/// # struct Reminder { template: Text, every: Every, max: u8, tags: Vec<Text> }
/// fn reminder(node: &Node, diagnostics: &mut Diagnostics) -> Option<Reminder> {
///     let mut fields = Fields::of(node, "a reminder", diagnostics)?;
///     let template = fields.required("template", Node::text);
///     let every = fields.or("every", choice(&[("week", Every::Week), ("month", Every::Month)]), Every::Week);
///     let max = fields.or("max", in_range(1..=20), 4);
///     let tags = fields.list("tags", Node::text);
///     fields.finish();
///     Some(Reminder { template: template?, every, max, tags })
/// }
/// ```
///
/// Ask for every key before giving up on one, then `finish`: only then are unknown keys reported.
pub struct Fields<'n, 'd> {
    what: &'static str,
    node: &'n Node,
    entries: &'n [Entry],
    asked: Vec<&'n str>,
    missing: Vec<&'static str>,
    aside: Vec<&'static str>,
    diagnostics: &'d mut Diagnostics,
}

impl<'n, 'd> Fields<'n, 'd> {
    /// `what` is the mapping's name in messages, with its article: "an email task".
    pub fn of(node: &'n Node, what: &'static str, diagnostics: &'d mut Diagnostics) -> Option<Self> {
        let Kind::Map(entries) = &node.kind else {
            return node.wrong_kind(&format!("{what} as a mapping"), diagnostics);
        };
        Some(Self { what, node, entries, asked: Vec::new(), missing: Vec::new(), aside: Vec::new(), diagnostics })
    }

    /// A key that must stand there and have a value.
    pub fn required<T>(
        &mut self,
        key: &'static str,
        decode: impl FnOnce(&Node, &mut Diagnostics) -> Option<T>,
    ) -> Option<T> {
        let Some(entry) = self.entry(key) else {
            self.missing.push(key);
            return None;
        };
        if entry.value.is_absent() {
            let diagnostic = Diagnostic::error(code::EMPTY_VALUE, format!("`{key}` has no value"));
            self.diagnostics.push(diagnostic.at(entry.key.span, ""));
            return None;
        }
        decode(&entry.value, self.diagnostics)
    }

    /// A key that may be absent, or stand there without a value. What is wrong with its value is reported all the same.
    pub fn optional<T>(
        &mut self,
        key: &'static str,
        decode: impl FnOnce(&Node, &mut Diagnostics) -> Option<T>,
    ) -> Option<T> {
        let node = self.node(key)?;
        decode(node, self.diagnostics)
    }

    /// An optional key and what its absence means.
    pub fn or<T>(
        &mut self,
        key: &'static str,
        decode: impl FnOnce(&Node, &mut Diagnostics) -> Option<T>,
        default: T,
    ) -> T {
        self.optional(key, decode).unwrap_or(default)
    }

    /// An optional list; absent is empty.
    pub fn list<T>(&mut self, key: &'static str, item: impl FnMut(&Node, &mut Diagnostics) -> Option<T>) -> Vec<T> {
        self.or(key, super::list_of(item), Vec::new())
    }

    /// The node of a key, if it has a value; for what is decoded in another place.
    pub fn node(&mut self, key: &'static str) -> Option<&'n Node> {
        self.entry(key).map(|entry| &entry.value).filter(|value| !value.is_absent())
    }

    /// The node of a key that people declared elsewhere; from then on the key counts as known.
    pub fn declared(&mut self, key: &'n str) -> Option<&'n Node> {
        self.entry(key).map(|entry| &entry.value).filter(|value| !value.is_absent())
    }

    /// Where a key stands, if it does.
    pub fn place(&mut self, key: &'static str) -> Option<Span> {
        self.entry(key).map(|entry| entry.key.span)
    }

    /// Where a key stands that the caller refuses in words of its own: not unknown, and not listed as possible.
    pub fn refused(&mut self, key: &'static str) -> Option<Span> {
        self.aside.push(key);
        self.entries.iter().find(|entry| entry.key.value == key).map(|entry| entry.key.span)
    }

    /// Where to point when the mapping as a whole is meant.
    pub fn head(&self) -> Span {
        self.node.head()
    }

    /// For faults that span several keys.
    pub fn diagnostics(&mut self) -> &mut Diagnostics {
        self.diagnostics
    }

    /// All keys have been asked for: reports the others.
    pub fn finish(mut self) {
        for entry in self.entries {
            let key = entry.key.value.as_str();
            if !self.asked.contains(&key) && !self.aside.contains(&key) {
                self.report_unknown(entry);
            }
        }
    }

    fn entry(&mut self, key: &'n str) -> Option<&'n Entry> {
        if !self.asked.contains(&key) {
            self.asked.push(key);
        }
        self.entries.iter().find(|entry| entry.key.value == key)
    }

    fn report_unknown(&mut self, entry: &Entry) {
        let word = &entry.key.value;
        let free = self.asked.iter().copied().filter(|key| self.entries.iter().all(|entry| entry.key.value != *key));
        let meant = suggest(word, free);
        // A required key that was only misspelt is one fault, not two.
        self.missing.retain(|key| Some(*key) != meant);
        let label = meant.map_or(String::new(), |meant| format!("did you mean `{meant}`?"));
        let diagnostic = Diagnostic::error(code::UNKNOWN_KEY, format!("unknown key {} in {}", quoted(word), self.what))
            .at(entry.key.span, label)
            .help(format!("possible here: {}", self.asked.join(", ")));
        self.diagnostics.push(diagnostic);
    }
}

/// Missing keys are reported however the decoder ends, so that `None` never goes without a word.
impl Drop for Fields<'_, '_> {
    fn drop(&mut self) {
        for key in &self.missing {
            let diagnostic = Diagnostic::error(code::MISSING_KEY, format!("{} needs `{key}`", self.what));
            self.diagnostics.push(diagnostic.at(self.node.head(), format!("`{key}` is missing")));
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::super::testing::decoded;
    use super::*;
    use crate::syntax::{Text, in_range, spanned};

    #[derive(Debug, PartialEq)]
    struct Letter {
        id: Text,
        recipient: Text,
        copies: u8,
        tags: Vec<Text>,
    }

    fn letter(node: &Node, diagnostics: &mut Diagnostics) -> Option<Letter> {
        let mut fields = Fields::of(node, "an email task", diagnostics)?;
        let id = fields.required("id", Node::text);
        let recipient = fields.required("recipient", Node::text);
        let copies = fields.or("copies", in_range(1..=9), 1);
        let tags = fields.list("tags", Node::text);
        fields.finish();
        Some(Letter { id: id?, recipient: recipient?, copies, tags })
    }

    fn check(text: &str, expected: Expect) {
        let (value, picture) = decoded(text, letter);
        assert!(value.is_none() || picture.contains("error["));
        expected.assert_eq(&picture);
    }

    #[test]
    fn a_mapping_reads_as_the_list_of_its_keys() {
        let (value, picture) = decoded("id: ask\nrecipient: payroll\ncopies:\ntags: [a, b]\n", letter);
        assert_eq!(picture, "");
        let letter = value.expect("a letter");
        assert_eq!((letter.id.as_str(), letter.recipient.as_str(), letter.copies), ("ask", "payroll", 1));
        assert_eq!(letter.tags, ["a", "b"]);
    }

    #[test]
    fn a_misspelt_key_is_one_fault() {
        check(
            "id: ask\nrecipeint: payroll\n",
            expect![[r#"
            error[WF0203]: unknown key `recipeint` in an email task
             --> vat.job.yaml:2:1
              |
            2 | recipeint: payroll
              | ^^^^^^^^^ did you mean `recipient`?
              |
              = help: possible here: id, recipient, copies, tags
        "#]],
        );
    }

    #[test]
    fn missing_and_unknown_keys_and_bad_values_are_told_together() {
        check(
            "copies: 12\ncolour: red\nid:\n",
            expect![[r#"
            error[WF0202]: an email task needs `recipient`
             --> vat.job.yaml:1:1
              |
            1 | copies: 12
              | ^^^^^^ `recipient` is missing

            error[WF0208]: 12 is not between 1 and 9
             --> vat.job.yaml:1:9
              |
            1 | copies: 12
              |         ^^

            error[WF0203]: unknown key `colour` in an email task
             --> vat.job.yaml:2:1
              |
            2 | colour: red
              | ^^^^^^
              |
              = help: possible here: id, recipient, copies, tags

            error[WF0204]: `id` has no value
             --> vat.job.yaml:3:1
              |
            3 | id:
              | ^^
        "#]],
        );
    }

    #[test]
    fn another_kind_of_value_is_named() {
        check(
            "- id: ask\n",
            expect![[r#"
            error[WF0201]: expected an email task as a mapping, found a list
             --> vat.job.yaml:1:3
              |
            1 | - id: ask
              |   ^^ this is a list
        "#]],
        );
    }

    #[test]
    fn a_decoder_that_gives_up_early_still_tells_what_is_missing() {
        let (value, picture) = decoded("other: 1\n", |node, diagnostics| {
            let mut fields = Fields::of(node, "an email task", diagnostics)?;
            let kind = fields.required("type", Node::text)?;
            fields.finish();
            Some(kind)
        });
        assert_eq!((value, picture.contains("needs `type`"), picture.contains("unknown")), (None, true, false));
    }

    #[test]
    fn a_key_can_be_pointed_at_later() {
        let (span, _) = decoded("min: 5\nmax: 3\n", |node, diagnostics| {
            let mut fields = Fields::of(node, "an input", diagnostics)?;
            let max = fields.required("max", spanned(Node::integer))?;
            Some((fields.place("min")?.range(), max.span.range(), fields.head().range()))
        });
        assert_eq!(span, Some((0..3, 12..13, 0..3)));
    }
}
