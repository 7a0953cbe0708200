//! What can be wrong with a text of this language.
//!
//! Owns: faults found before anything runs (all at once, each with its place), errors of one evaluation, and the
//! "did you mean" of both. Leaves drawing them, and their place in a file, to `definition`.

use std::{fmt, ops::Range};

/// Words longer than this are no typing mistakes of one another.
const SUGGESTION_CHARS_MAX: usize = 64;

/// A place in the text, in bytes. Texts are far below 4 GiB, so half the size of a range is enough.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    pub fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, end: end.max(start) as u32 }
    }

    /// From the beginning of the one to the end of the other.
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// What kind of fault it is; the caller gives it a code of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// The text does not parse.
    Syntax,
    /// It parses, but this part of the language is closed.
    NotAllowed,
    /// It is longer, deeper or wider than the bounds.
    TooLarge,
    /// A name that nobody gives.
    UnknownName,
    /// A property that the thing before it does not have.
    UnknownProperty,
    /// A function, filter or test that does not exist.
    UnknownFunction,
    /// Two kinds of value that do not go together.
    MixedTypes,
    /// A value that may be nothing is used as if it were there.
    MayBeEmpty,
    /// A function is given too few, too many or the wrong things.
    WrongArguments,
    /// A value of another type is asked for here.
    WrongType,
    /// A comparison with a word that the field never holds.
    NeverTrue,
}

impl FaultKind {
    /// The kind in one stable word.
    pub fn code(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::NotAllowed => "not-allowed",
            Self::TooLarge => "too-large",
            Self::UnknownName => "unknown-name",
            Self::UnknownProperty => "unknown-property",
            Self::UnknownFunction => "unknown-function",
            Self::MixedTypes => "mixed-types",
            Self::MayBeEmpty => "may-be-empty",
            Self::WrongArguments => "wrong-arguments",
            Self::WrongType => "wrong-type",
            Self::NeverTrue => "never-true",
        }
    }
}

/// A second place that a fault speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where, in bytes of the text.
    pub span: Range<usize>,
    /// What is there.
    pub text: String,
}

/// Something wrong with a text, found before it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where, in bytes of the text.
    pub span: Range<usize>,
    /// What kind of fault.
    pub kind: FaultKind,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
    /// Further places, such as the two sides of a comparison.
    pub labels: Vec<Label>,
}

impl Fault {
    pub(crate) fn new(span: Span, kind: FaultKind, message: impl Into<String>) -> Self {
        Self { span: span.range(), kind, message: message.into(), help: None, labels: Vec::new() }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(crate) fn help_if(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }

    pub(crate) fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span: span.range(), text: text.into() });
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Why an evaluation gave no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A value that is nothing was used as if it were there.
    Empty {
        /// Its path as written, such as `client.vat.scheme`.
        path: String,
    },
    /// A bound was reached: operations, depth or size.
    Bound,
    /// Anything else: division by zero, two currencies, a wrong kind of value.
    Wrong,
}

/// An evaluation that gave no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvaluationError {
    /// Where, in bytes of the text.
    pub span: Range<usize>,
    /// What happened.
    pub message: String,
    /// Why, for those who must decide.
    pub cause: Cause,
}

impl fmt::Display for EvaluationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for EvaluationError {}

/// The help line for a mistyped word, when one of the known words is near enough.
pub(crate) fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(word, known).map(|near| format!("did you mean `{near}`?"))
}

/// The known word that a mistyped one most likely stands for.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.chars().count() > SUGGESTION_CHARS_MAX {
        return None;
    }
    let allowed = (word.chars().count() / 3).clamp(1, 3);
    known
        .into_iter()
        .filter(|known| known.chars().count() <= SUGGESTION_CHARS_MAX)
        .map(|known| (distance(word, known), known))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, known)| known)
}

/// How many letters must be added, dropped, changed or swapped with their neighbour.
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut before = vec![0; other.len() + 1];
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for i in 1..=one.len() {
        let mut row = vec![i; other.len() + 1];
        for j in 1..=other.len() {
            let change = usize::from(one[i - 1] != other[j - 1]);
            row[j] = (last[j - 1] + change).min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_word_is_known_by_its_neighbours() {
        let known = ["recipient", "client", "name", "status"];
        assert_eq!(nearest("recipeint", known), Some("recipient"));
        assert_eq!(nearest("clinet", known), Some("client"));
        assert_eq!(nearest("nmae", known), Some("name"));
        assert_eq!(nearest("turnover", known), None);
        assert_eq!(nearest(&"x".repeat(10_000), known), None);
    }
}
