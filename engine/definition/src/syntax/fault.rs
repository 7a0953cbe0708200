//! Why a text is no YAML, in words for people who did not come here for YAML.
//!
//! Owns: the words for the parser's errors, and for the two slips that are not what they seem: an expression that begins
//! with `!`, and a text that begins with `{{`.

use std::ops::Range;

use granit_parser::ErrorKind;
use jobwright_core::invisible;

use super::tree::{Comment, Text};
use crate::code;
use crate::diagnostic::{Diagnostic, quoted};
use crate::source::{FileId, Span};

/// The parser's error as a diagnostic. It stops at its first, so there is one per file.
pub(super) fn diagnose(kind: &ErrorKind, at: Option<usize>, file: FileId, text: &str) -> Diagnostic {
    let at = floor(text, at.unwrap_or(0));
    let line = line(text, at);
    let value = value(text, line.clone());
    let source = &text[value.clone()];
    if source.starts_with("{{") || source.starts_with("{%") || source.starts_with("{#") {
        return template(text, Span::new(file, value));
    }
    if source.starts_with('!') || is_tag(kind) {
        return tag(text, Span::new(file, value));
    }
    if is_directive(kind) {
        let message = "a line which begins with `%` is a directive";
        return Diagnostic::error(code::DIRECTIVE, message).at(Span::new(file, at..line.end.max(at)), "");
    }
    if *kind == ErrorKind::RecursionLimitExceeded {
        return Diagnostic::error(code::TOO_DEEP, "values are nested too deeply").at(Span::new(file, at..at), "");
    }
    let (message, help) = words(kind, &text[line.start..at], source);
    let end = at + text[at..line.end.max(at)].chars().next().map_or(0, char::len_utf8);
    let diagnostic = Diagnostic::error(code::NOT_YAML, message).at(Span::new(file, at..end), "");
    match help {
        "" => diagnostic,
        help => diagnostic.help(help),
    }
}

/// An invisible character, at its byte.
pub(super) fn invisible(file: FileId, at: usize, character: char) -> Diagnostic {
    let message = format!("the invisible character {} stands here", invisible::name(character));
    let span = Span::new(file, at..at + character.len_utf8());
    Diagnostic::error(code::CONTROL_CHARACTER, message).at(span, "").help(DELETE)
}

/// What to do about an invisible character.
pub(super) const DELETE: &str = "delete it; it is often copied from another program";

/// The invisible character that the parser stumbled over: on the line of its error, or on one of the few before, since
/// it takes a blank that is none for a letter and notices late.
pub(super) fn stumbled_over(at: Option<usize>, text: &str) -> Option<(usize, char)> {
    const LINES_BEFORE: usize = 2;
    let at = floor(text, at?);
    let mut range = line(text, at);
    for _ in 0..=LINES_BEFORE {
        if let Some((byte, character)) = invisible::first(text.get(range.clone())?.trim_end_matches('\r')) {
            return Some((range.start + byte, character));
        }
        range = line(text, range.start.checked_sub(1)?);
    }
    None
}

/// A text that ends at a comment which was probably meant to belong to it.
pub(super) fn cut(text: &Text, comment: Comment) -> Diagnostic {
    let message = "the text ends before ` #`: what follows is a comment and is left out";
    let diagnostic = match comment.is_text {
        true => Diagnostic::error(code::CUT_BY_COMMENT, message),
        false => Diagnostic::warning(code::CUT_BY_COMMENT, message),
    };
    let quotes = format!("write the whole text in quotes, as in {}", quoted(&format!("\"{} #…\"", text.as_str())));
    diagnostic
        .at(comment.span, "left out")
        .help(quotes)
        .help("a comment is written with two spaces before its `#` and one behind")
}

/// The value on the error's line, if the error is the value's alone and ends with it: then the lines below still make
/// sense without it. Wrong indentation, open brackets and open quotes are not of this kind.
pub(super) fn value_at_fault(kind: &ErrorKind, at: Option<usize>, text: &str) -> Option<Range<usize>> {
    use ErrorKind as E;
    let at = floor(text, at?);
    let value = value(text, line(text, at));
    let source = &text[value.clone()];
    let quotes = ['"', '\''];
    let own = match kind {
        E::MappingValueNotAllowed => value.start < at,
        E::InvalidTrailingSingleQuotedScalar | E::InvalidTrailingDoubleQuotedScalar => source.starts_with(quotes),
        E::UnknownQuotedScalarEscape | E::InvalidQuotedScalarHexEscape | E::InvalidUnicodeEscape => {
            source.len() > 1 && source.starts_with(quotes) && source.ends_with(quotes)
        }
        E::UnexpectedCharacter { .. } | E::MissingAnchorOrAliasName | E::InvalidBlockScalarHeader => true,
        _ => is_tag(kind) || source.starts_with("{{") || source.starts_with("{%"),
    };
    let marks = |marks: [char; 2]| source.matches(marks).count();
    let whole = marks(['[', '{']) == marks([']', '}']) && !source.ends_with(',');
    let behind_key = text[..value.start].ends_with(": ") || text[..value.start].ends_with("- ");
    (own && whole && behind_key && !source.is_empty()).then_some(value)
}

/// A value that YAML took for a tag.
pub(super) fn tag(text: &str, span: Span) -> Diagnostic {
    let source = text.get(span.range()).unwrap_or("").trim_end();
    let diagnostic = Diagnostic::error(code::TAG, "a value which begins with `!` is taken for a tag");
    diagnostic.at(span, "not part of this language").help(format!("write it in quotes: {}", in_quotes(source)))
}

/// A text that YAML took for a mapping.
pub(super) fn template(text: &str, span: Span) -> Diagnostic {
    let source = text.get(span.range()).unwrap_or("").trim_end();
    let begins = source.get(..2).unwrap_or("{{");
    Diagnostic::error(code::UNQUOTED_TEMPLATE, "this text is taken for a mapping")
        .at(span, format!("quote the text, it starts with `{begins}`"))
        .help(format!("write {}", in_quotes(source)))
}

fn in_quotes(source: &str) -> String {
    let quote = if source.contains('"') { "'" } else { "\"" };
    match source.contains(quote) || source.contains('\n') {
        true => "it on lines of its own below `|`".to_owned(),
        false => quoted(&format!("{quote}{source}{quote}")),
    }
}

fn is_tag(kind: &ErrorKind) -> bool {
    use ErrorKind as E;
    matches!(
        kind,
        E::UndeclaredTagHandle
            | E::ExpectedTagBang
            | E::InvalidTagTerminator
            | E::MissingTagUri
            | E::UnclosedVerbatimTag
            | E::InvalidTagEscape
            | E::InvalidTagUtf8LeadingByte
            | E::InvalidTagUtf8TrailingByte
            | E::InvalidTagUtf8
            | E::InvalidGlobalTagCharacter
    )
}

fn is_directive(kind: &ErrorKind) -> bool {
    use ErrorKind as E;
    matches!(kind, E::DirectiveDisallowed | E::MissingDocumentEndBeforeDirective | E::MissingDirectiveName)
}

/// Message and help; one arm per kind of slip. What is not named here is rare and keeps the parser's own words.
fn words(kind: &ErrorKind, before: &str, value: &str) -> (String, &'static str) {
    use ErrorKind as E;
    let (message, help) = match kind {
        E::MappingValueNotAllowed if before.contains(": ") || before.trim_start().starts_with("- ") => {
            ("a second `: ` stands on this line", "a text which contains `: ` is written in quotes")
        }
        E::MappingValueNotAllowed | E::InvalidColonPlacement => (
            "a key cannot stand here",
            "keys of one mapping begin in the same column; a value that goes on is indented and has no `: ` in it",
        ),
        E::SimpleKeyExpected | E::InvalidSimpleKey => {
            ("a key with `:` and a value is missing here", "write `key: value`, with a space after the colon")
        }
        E::UnclosedQuotedScalar | E::InvalidQuotedScalarIndent | E::DocumentIndicatorInQuotedScalar => (
            "a quoted text is not closed before this place",
            "close the quote; further lines of a quoted text are indented deeper than its key",
        ),
        E::InvalidTrailingSingleQuotedScalar | E::InvalidTrailingDoubleQuotedScalar => (
            "the value goes on after its closing quote",
            "put the whole value into the other kind of quotes, or on a line of its own below `|`",
        ),
        E::UnknownQuotedScalarEscape | E::InvalidQuotedScalarHexEscape | E::InvalidUnicodeEscape => {
            ("`\\` begins an escape here, and this is none", "in single quotes `\\` stands for itself")
        }
        E::UnclosedFlowCollection { .. } | E::MismatchedFlowCollectionEnd { .. } | E::MisplacedFlowCollectionEnd => {
            ("brackets do not match here", "each `[` is closed by `]`, each `{` by `}`")
        }
        E::UnexpectedEofFlowSequence | E::UnexpectedEofFlowMapping | E::UnexpectedEofImplicitFlowMapping => {
            ("the file ends before a bracket is closed", "each `[` is closed by `]`, each `{` by `}`")
        }
        E::ExpectedFlowMappingSeparator | E::ExpectedFlowSequenceSeparator => (
            "a comma or a closing bracket is missing here",
            "a text which contains `[`, `]`, `{`, `}` is written in quotes",
        ),
        E::InvalidIndentation | E::InvalidFlowScalarIndent | E::ExpectedDocumentStart if begins_line(before) => (
            "this line does not line up with the ones it belongs to",
            "keys of one mapping and items of one list begin in the same column; an open bracket's lines are indented",
        ),
        E::ExpectedBlockMappingKey | E::ExpectedBlockSequenceEntry | E::ExpectedDocumentStart => (
            "what stands here belongs to nothing before it",
            "keys of one mapping and items of one list begin in the same column",
        ),
        E::BlockSequenceEntryNotAllowed | E::BlockEntryInFlowCollection => {
            ("a list item cannot begin here", "begin the list on the line below its key, each item with `- `")
        }
        E::InvalidBlockScalarHeader | E::ZeroBlockScalarIndent => (
            "a text after `|` or `>` begins on the next line",
            "an expression which begins with `>` or `|` is written in quotes",
        ),
        E::InvalidBlockScalarIndent => {
            ("this line is indented differently than its block of text", "indent the lines of the block alike")
        }
        E::CommentNotSeparated | E::CommentInterceptedScalar => {
            ("a comment breaks the text here", "a text which contains `#` is written in quotes")
        }
        E::UnexpectedCharacter { .. } | E::MissingAnchorOrAliasName | E::PlainScalarStartsWithDashFlowIndicator => {
            return (format!("a text cannot begin with {}", quoted(first(value))), "write the text in quotes");
        }
        other => return (format!("this is not YAML: {other}"), ""),
    };
    (message.to_owned(), help)
}

fn begins_line(before: &str) -> bool {
    before.trim().is_empty()
}

fn first(value: &str) -> &str {
    value.char_indices().nth(1).map_or(value, |(end, _)| &value[..end])
}

fn floor(text: &str, at: usize) -> usize {
    text.floor_char_boundary(at.min(text.len()))
}

fn line(text: &str, at: usize) -> Range<usize> {
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    start..text[at..].find('\n').map_or(text.len(), |newline| at + newline)
}

/// What stands on a line behind its dashes and its key.
fn value(text: &str, line: Range<usize>) -> Range<usize> {
    let mut start = line.start;
    let source = &text[line.clone()];
    let item = source.trim_start_matches([' ', '-']);
    start += source.len() - item.len();
    let after_key = item.find(": ").filter(|colon| !item[..*colon].starts_with(['"', '\'', '{', '[', '!']));
    start += after_key.map_or(0, |colon| colon + 2);
    let rest = &text[start..line.end];
    let trimmed = rest.trim_start();
    start + rest.len() - trimmed.len()..line.end - (trimmed.len() - trimmed.trim_end().len())
}
