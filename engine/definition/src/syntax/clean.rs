//! Bytes as text, and the characters that have no business in a definition.
//!
//! Owns: UTF-8, tabs, control characters and directives. Hands the parser a copy of the same length in which the refused
//! characters are blank, so that it can go on and every byte keeps its place.

use std::borrow::Cow;
use std::ops::Range;

use jobwright_core::invisible;

use super::fault;
use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::{FileId, Sources, Span};

/// What the parser reads.
pub(super) struct Clean<'t> {
    pub text: Cow<'t, str>,
    /// A refused character stood where it shapes the text; what the parser then says about shape is not to be believed.
    pub misshapen: bool,
}

/// Bytes that are no UTF-8.
pub(super) struct BadBytes {
    at: usize,
    length: usize,
    /// The whole file is in another encoding, so that nothing in it can be read.
    pub fatal: bool,
}

/// Places with refused characters that are told one by one. A file of another kind has thousands.
const RUNS_TOLD_MAX: usize = 20;

const UTF8_MARK: &[u8] = b"\xEF\xBB\xBF";
const UTF16_MARKS: [&[u8]; 2] = [b"\xFF\xFE", b"\xFE\xFF"];
const UTF32_MARK: &[u8] = b"\0\0\xFE\xFF";

/// Whether a file is UTF-16 or UTF-32: by its mark, or, without one, by a zero byte beside each of its first letters.
fn is_wide(bytes: &[u8]) -> bool {
    let marked = UTF16_MARKS.iter().any(|mark| bytes.starts_with(mark)) || bytes.starts_with(UTF32_MARK);
    let zeros = |of: [u8; 4]| of.map(|byte| byte == 0);
    let first = bytes.first_chunk::<4>().map(|first| zeros(*first));
    let begins =
        matches!(first, Some([false, true, false, true] | [true, false, true, false] | [true, true, true, false]));
    marked || begins || matches!(first, Some([false, true, true, true]))
}

/// The text of a file without its byte order mark, and the first bytes that are no text. These show as `�`.
pub(super) fn decode(bytes: &[u8]) -> (String, Option<BadBytes>) {
    if is_wide(bytes) {
        return (String::new(), Some(BadBytes { at: 0, length: 0, fatal: true }));
    }
    let bytes = bytes.strip_prefix(UTF8_MARK).unwrap_or(bytes);
    match str::from_utf8(bytes) {
        Ok(text) => (text.to_owned(), None),
        Err(error) => {
            let shown = char::REPLACEMENT_CHARACTER.len_utf8();
            let bad = BadBytes { at: error.valid_up_to(), length: shown, fatal: false };
            (String::from_utf8_lossy(bytes).into_owned(), Some(bad))
        }
    }
}

impl BadBytes {
    pub fn diagnose(self, sources: &Sources, file: FileId) -> Diagnostic {
        let span = Span::new(file, self.at..self.at + self.length);
        if self.fatal {
            return Diagnostic::error(code::NOT_UTF8, "the file is UTF-16, not UTF-8")
                .at(span, "")
                .help("save the file as UTF-8");
        }
        let line = sources.place(file, self.at).line;
        Diagnostic::error(code::NOT_UTF8, format!("byte {} (line {line}) is not UTF-8", self.at))
            .at(span, "no character")
            .help("save the file as UTF-8; `ä` or `£` from an older program is the usual cause")
    }
}

/// Reports what may not stand in the text, and blanks it.
pub(super) fn clean<'t>(file: FileId, text: &'t str, diagnostics: &mut Diagnostics) -> Clean<'t> {
    let (runs, directives) = (runs(text), directives(text));
    if runs.is_empty() && directives.is_empty() {
        return Clean { text: Cow::Borrowed(text), misshapen: false };
    }
    let misshapen = runs.iter().any(|run| run.shapes);
    let mut bytes = text.as_bytes().to_vec();
    for (number, Run { refused, range, .. }) in runs.iter().enumerate() {
        if number < RUNS_TOLD_MAX {
            diagnostics.push(refused.diagnose(Span::new(file, range.clone()), &text[range.clone()]));
        }
        bytes[range.clone()].fill(b' ');
    }
    if let Some(more) = runs.len().checked_sub(RUNS_TOLD_MAX).filter(|more| *more > 0) {
        let span = Span::new(file, runs[RUNS_TOLD_MAX].range.clone());
        let message = format!("{more} more places hold tabs or invisible characters; is this a text file?");
        diagnostics.push(Diagnostic::error(code::CONTROL_CHARACTER, message).at(span, "the first of them"));
    }
    for at in directives {
        let end = at + text[at..].find('\n').unwrap_or(text.len() - at);
        let diagnostic = Diagnostic::error(code::DIRECTIVE, "a line which begins with `%` is a directive");
        diagnostics.push(diagnostic.at(Span::new(file, at..end), "not part of this language").help("remove the line"));
        bytes[at] = b'#';
    }
    Clean { text: Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()), misshapen }
}

/// Refused characters of one kind, side by side.
struct Run {
    refused: Refused,
    range: Range<usize>,
    /// It moves what stands behind it to another column or line.
    shapes: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Refused {
    Tab,
    LoneReturn,
    Control,
}

impl Refused {
    fn of(character: char, next: Option<char>) -> Option<Self> {
        match character {
            '\t' => Some(Self::Tab),
            '\r' if next != Some('\n') => Some(Self::LoneReturn),
            '\n' | '\r' => None,
            other => invisible::is_refused(other).then_some(Self::Control),
        }
    }

    fn diagnose(self, span: Span, characters: &str) -> Diagnostic {
        match self {
            Self::Tab => Diagnostic::error(code::TAB, "a tab stands in the file")
                .at(span, "")
                .help("use spaces; a tab inside a text is written `\"\\t\"`"),
            Self::LoneReturn => {
                Diagnostic::error(code::CONTROL_CHARACTER, "a carriage return stands without a line feed")
                    .at(span, "")
                    .help("save the file with the line endings of Unix or Windows")
            }
            Self::Control => {
                let name = characters.chars().next().map_or_else(String::new, invisible::name);
                let message = format!("the invisible character {name} stands here");
                Diagnostic::error(code::CONTROL_CHARACTER, message).at(span, "").help(fault::DELETE)
            }
        }
    }
}

fn runs(text: &str) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut indenting = true;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let end = at + character.len_utf8();
        if let Some(refused) = Refused::of(character, characters.peek().map(|(_, next)| *next)) {
            let shapes = refused == Refused::LoneReturn || (refused == Refused::Tab && indenting);
            match runs.last_mut() {
                Some(run) if run.refused == refused && run.range.end == at => run.range.end = end,
                _ => runs.push(Run { refused, range: at..end, shapes }),
            }
        }
        indenting = character == '\n' || (indenting && matches!(character, ' ' | '-' | '\t'));
    }
    runs
}

/// Lines before the first content which begin with `%`.
fn directives(text: &str) -> Vec<usize> {
    let mut at = 0;
    let mut found = Vec::new();
    for line in text.split_inclusive('\n') {
        let content = line.trim();
        if line.starts_with('%') {
            found.push(at);
        } else if !content.is_empty() && !content.starts_with('#') {
            break;
        }
        at += line.len();
    }
    found
}
