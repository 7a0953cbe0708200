//! The tree: texts, lists and mappings, each with its place.
//!
//! Owns: the shapes only. A scalar stays the characters that were written; the place where it stands decides whether
//! they are a number, a date or a text, so that `1.10`, `NO` and `007` are never turned into something else.

use std::fmt;
use std::ops::{Deref, Range};

use super::place::Pieces;
use crate::source::{Span, Spanned};

#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub span: Span,
    pub kind: Kind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    Scalar(Text),
    List(Vec<Node>),
    Map(Vec<Entry>),
    /// Refused, and reported: decoders pass it by in silence.
    Refused,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub key: Spanned<String>,
    pub value: Node,
}

/// A scalar: its decoded characters, and where each of them stands in the file.
#[derive(Clone, Debug)]
pub struct Text {
    text: String,
    span: Span,
    style: Style,
    pieces: Pieces,
    comment: Option<Comment>,
}

/// A comment that begins on the line where a plain text ends, and may have been meant to belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment {
    /// From its `#` to the end of the line.
    pub span: Span,
    /// No comment is written so: a word stands directly behind the `#`, or merge fields stand in it.
    pub is_text: bool,
}

/// How a scalar was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    /// After `|`, line by line.
    Literal,
    /// After `>`, lines joined.
    Folded,
}

impl Node {
    /// Nothing was written: `key:` and no value.
    pub fn is_absent(&self) -> bool {
        matches!(&self.kind, Kind::Scalar(text) if text.is_empty() && text.style == Style::Plain)
    }

    /// The value of a key, if this is a mapping which has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        let Kind::Map(entries) = &self.kind else { return None };
        entries.iter().find(|entry| entry.key.value == key).map(|entry| &entry.value)
    }

    /// Where to point when the node as a whole is meant: a long mapping by its first key.
    pub fn head(&self) -> Span {
        match &self.kind {
            Kind::Map(entries) => entries.first().map_or(self.span, |entry| entry.key.span),
            Kind::List(items) => items.first().map_or(self.span, Node::head),
            Kind::Scalar(_) | Kind::Refused => self.span,
        }
    }
}

impl Text {
    /// `source` are the characters between the quotes, `start` the byte where they begin.
    pub(crate) fn new(text: String, span: Span, style: Style, source: &str, start: usize) -> Self {
        let escaped = match style {
            Style::DoubleQuoted => source.contains('\\'),
            Style::SingleQuoted => source.contains('\''),
            Style::Plain | Style::Literal | Style::Folded => false,
        };
        let pieces = if escaped { Pieces::default() } else { Pieces::align(&text, source, start) };
        Self { text, span, style, pieces, comment: None }
    }

    /// The same text, cut short by a comment.
    pub(crate) fn cut_by(self, comment: Option<Comment>) -> Self {
        Self { comment, ..self }
    }

    /// The doubtful comment that it ends at.
    pub fn comment(&self) -> Option<Comment> {
        self.comment
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn into_string(self) -> String {
        self.text
    }

    /// The whole scalar, quotes included.
    pub fn span(&self) -> Span {
        self.span
    }

    pub fn style(&self) -> Style {
        self.style
    }

    /// Where the character at a byte of the decoded text stands in the file; the whole scalar when escapes hide it.
    pub fn place(&self, offset: usize) -> Span {
        let length = self.text.get(offset..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        self.place_range(offset..offset + length)
    }

    /// Where a range of the decoded text stands in the file; the whole scalar when escapes hide it.
    pub fn place_range(&self, range: Range<usize>) -> Span {
        self.pieces.place(range).map_or(self.span, |range| Span::new(self.span.file, range))
    }
}

/// The same characters; where and how they were written does not matter.
impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Text {}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.text == other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.text == *other
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
