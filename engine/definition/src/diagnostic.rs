//! What is wrong with a text: code, place, words and help, as plain values.
//!
//! Owns: one diagnostic, and the bounded collection that every reader and check adds to. Leaves pictures, JSON and SARIF
//! to `render`, and the codes to `code`. A diagnostic never becomes an error: whoever needs a clean text asks the
//! collection.

use std::collections::HashSet;

use jobwright_core::invisible::{is_invisible, name};

use crate::code;
use crate::source::Span;

/// More are counted, not kept: nobody reads the thousandth, and a hostile file must not fill the memory.
pub const DIAGNOSTICS_MAX: usize = 1_000;

/// People's words longer than this are cut when a message repeats them.
const QUOTED_CHARACTERS_MAX: usize = 60;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The text cannot be used.
    Error,
    /// The text can be used, and probably does not say what was meant.
    Warning,
    /// Worth knowing.
    Note,
}

/// A place with a few words beside it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Label {
    pub span: Span,
    pub text: String,
    pub primary: bool,
}

/// One thing that is wrong.
///
/// ```
/// # use jobwright_definition::{code, diagnostic::Diagnostic, source::Span};
/// # let (second, first) = (Span::default(), Span::default());
/// Diagnostic::error(code::DUPLICATE_KEY, "key `due` stands twice").at(second, "again here").also(first, "first here");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Diagnostic {
    pub code: &'static str,
    pub severity: Severity,
    pub message: String,
    pub labels: Vec<Label>,
    pub help: Vec<String>,
}

/// All that was found, in the order it was found.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    kept: Vec<Diagnostic>,
    seen: HashSet<Diagnostic>,
    errors: usize,
    warnings: usize,
    left_out: usize,
}

impl Severity {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

impl Diagnostic {
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message)
    }

    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message)
    }

    pub fn note(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Note, code, message)
    }

    fn new(severity: Severity, code: &'static str, message: impl Into<String>) -> Self {
        Self { code, severity, message: message.into(), labels: Vec::new(), help: Vec::new() }
    }

    /// The place that is wrong; `text` may be empty when the message says it all.
    #[must_use]
    pub fn at(self, span: Span, text: impl Into<String>) -> Self {
        self.label(span, text, true)
    }

    /// Another place that belongs to the story.
    #[must_use]
    pub fn also(self, span: Span, text: impl Into<String>) -> Self {
        self.label(span, text, false)
    }

    /// The next move.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }

    /// Where to look first: the first primary label, else the first.
    pub fn span(&self) -> Option<Span> {
        self.labels.iter().find(|label| label.primary).or(self.labels.first()).map(|label| label.span)
    }

    fn label(mut self, span: Span, text: impl Into<String>, primary: bool) -> Self {
        self.labels.push(Label { span, text: text.into(), primary });
        self
    }
}

impl Diagnostics {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one, unless the very same is here already.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if self.seen.contains(&diagnostic) {
            return;
        }
        match diagnostic.severity {
            Severity::Error => self.errors += 1,
            Severity::Warning => self.warnings += 1,
            Severity::Note => {}
        }
        if self.kept.len() == DIAGNOSTICS_MAX {
            self.left_out += 1;
            return;
        }
        self.seen.insert(diagnostic.clone());
        self.kept.push(diagnostic);
    }

    /// Adds those that there are.
    pub fn extend(&mut self, diagnostics: impl IntoIterator<Item = Diagnostic>) {
        diagnostics.into_iter().for_each(|diagnostic| self.push(diagnostic));
    }

    /// Errors found, those left out included.
    pub fn errors(&self) -> usize {
        self.errors
    }

    pub fn warnings(&self) -> usize {
        self.warnings
    }

    pub fn has_errors(&self) -> bool {
        self.errors > 0
    }

    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// In the order found.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.kept.iter()
    }

    /// As people read: by file and place. What has no place comes last, and so does the word on what was left out.
    pub fn sorted(&self) -> Vec<Diagnostic> {
        let mut sorted = self.kept.clone();
        sorted.sort_by_key(|diagnostic| (diagnostic.span().is_none(), diagnostic.span()));
        if self.left_out > 0 {
            let message = format!("{} more are not listed; mend these first", self.left_out);
            sorted.push(Diagnostic::note(code::LEFT_OUT, message));
        }
        sorted
    }
}

/// People's own words inside a message: in backticks, on one line, cut when long, and what nobody sees is named.
pub fn quoted(words: &str) -> String {
    let mut shown: String = words.chars().take(QUOTED_CHARACTERS_MAX).map(visible).collect();
    if words.chars().nth(QUOTED_CHARACTERS_MAX).is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}

fn visible(character: char) -> String {
    match character {
        '\n' | '\t' | '\r' => character.escape_default().to_string(),
        hidden if is_invisible(hidden) => format!("<{}>", name(hidden)),
        plain => plain.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, Sources};

    fn at(file: FileId, start: usize) -> Diagnostic {
        Diagnostic::error(code::TAB, format!("at {start}")).at(Span::new(file, start..start + 1), "")
    }

    #[test]
    fn diagnostics_come_out_by_file_and_place_and_once() {
        let mut sources = Sources::default();
        let (first, second) = (sources.add("a", ""), sources.add("b", ""));
        let mut diagnostics = Diagnostics::new();
        diagnostics.push(Diagnostic::warning(code::EMPTY_FILE, "no place"));
        for diagnostic in [at(second, 3), at(first, 9), at(first, 2), at(first, 9)] {
            diagnostics.push(diagnostic);
        }
        let messages: Vec<_> = diagnostics.sorted().into_iter().map(|diagnostic| diagnostic.message).collect();
        assert_eq!(messages, ["at 2", "at 9", "at 3", "no place"]);
        assert_eq!((diagnostics.errors(), diagnostics.warnings()), (3, 1));
    }

    #[test]
    fn what_is_beyond_the_bound_is_counted_and_said() {
        let mut diagnostics = Diagnostics::new();
        for start in 0..DIAGNOSTICS_MAX + 7 {
            diagnostics.push(at(FileId::default(), start));
        }
        assert_eq!(diagnostics.errors(), DIAGNOSTICS_MAX + 7);
        let sorted = diagnostics.sorted();
        assert_eq!(sorted.len(), DIAGNOSTICS_MAX + 1);
        assert_eq!(sorted[DIAGNOSTICS_MAX].message, "7 more are not listed; mend these first");
    }

    #[test]
    fn quoted_words_stay_short_and_on_one_line() {
        assert_eq!(quoted("due"), "`due`");
        assert_eq!(quoted("a\nb\0\u{a0}"), "`a\\nb<U+0000><U+00A0>`");
        assert_eq!(quoted(&"x".repeat(1 << 20)).chars().count(), QUOTED_CHARACTERS_MAX + 3);
    }
}
