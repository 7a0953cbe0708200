//! The texts that were read, and places in them.
//!
//! Owns: names and contents of files, spans, and turning a byte into line and column. Leaves reading from disk to the
//! caller, so that an editor's unsaved text is a source like any other.

use std::ops::Range;

/// Names one text in [`Sources`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(u32);

/// A range of bytes of one text. `Copy`, so that every value can carry the place it came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    pub file: FileId,
    pub start: u32,
    pub end: u32,
}

/// A value and where it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    pub value: T,
    pub span: Span,
}

/// Line and column, both from 1; a column is a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub line: usize,
    pub column: usize,
}

/// The texts that diagnostics point into.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
}

#[derive(Clone, Debug)]
struct Source {
    name: String,
    text: String,
    line_starts: Vec<usize>,
}

impl Span {
    /// A range of `file`. Texts are far below 4 GiB; a place beyond that is held at its edge.
    pub fn new(file: FileId, range: Range<usize>) -> Self {
        let narrow = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self { file, start: narrow(range.start), end: narrow(range.end.max(range.start)) }
    }

    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// From the start of this span to the end of `other`, in the same file.
    pub fn to(self, other: Self) -> Self {
        Self { end: self.end.max(other.end), ..self }
    }
}

impl<T> Spanned<T> {
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }

    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned { value: change(self.value), span: self.span }
    }
}

impl Sources {
    /// Adds a text under the name people know it by.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> FileId {
        let text = text.into();
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        self.files.push(Source { name: name.into(), text, line_starts });
        FileId(u32::try_from(self.files.len() - 1).unwrap_or(u32::MAX))
    }

    /// The file's name; empty for an id of other sources.
    pub fn name(&self, file: FileId) -> &str {
        self.get(file).map_or("", |source| &source.name)
    }

    pub fn text(&self, file: FileId) -> &str {
        self.get(file).map_or("", |source| &source.text)
    }

    /// The text of a span; empty when the span does not fit the text.
    pub fn slice(&self, span: Span) -> &str {
        self.text(span.file).get(span.range()).unwrap_or("")
    }

    /// Line and column of a byte. A byte inside a character counts as that character, one past the end as the end.
    pub fn place(&self, file: FileId, offset: usize) -> Place {
        let Some(source) = self.get(file) else { return Place { line: 1, column: 1 } };
        let line = source.line_starts.partition_point(|start| *start <= offset).max(1);
        let offset = source.text.floor_char_boundary(offset);
        let before = source.text.get(source.line_starts[line - 1]..offset).unwrap_or("");
        Place { line, column: before.chars().count() + 1 }
    }

    /// Where the line with this byte begins, and where it ends (before its line break).
    pub(crate) fn line_range(&self, file: FileId, offset: usize) -> Range<usize> {
        let Some(source) = self.get(file) else { return 0..0 };
        let line = source.line_starts.partition_point(|start| *start <= offset).max(1);
        let end = source.line_starts.get(line).map_or(source.text.len(), |next| next - 1);
        source.line_starts[line - 1]..end
    }

    fn get(&self, file: FileId) -> Option<&Source> {
        self.files.get(file.0 as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_counts_characters_and_lines_from_one() {
        let mut sources = Sources::default();
        let file = sources.add("a.yaml", "näme: x\r\nü: y\n");
        let place = |offset| {
            let Place { line, column } = sources.place(file, offset);
            (line, column)
        };
        assert_eq!(place(0), (1, 1));
        assert_eq!(place(1), (1, 2), "the first byte of ä");
        assert_eq!(place(2), (1, 2), "the second byte of ä");
        assert_eq!(place(3), (1, 3));
        assert_eq!(place(10), (2, 1));
        assert_eq!(place(12), (2, 2));
        assert_eq!(place(16), (3, 1), "the end");
        assert_eq!(place(99), (3, 1), "past the end");
    }

    #[test]
    fn a_line_ends_before_its_break() {
        let mut sources = Sources::default();
        let file = sources.add("a.yaml", "one\ntwo\n");
        assert_eq!(sources.line_range(file, 5), 4..7);
        assert_eq!(sources.line_range(file, 3), 0..3);
        assert_eq!(sources.line_range(file, 8), 8..8);
    }
}
