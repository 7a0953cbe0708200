//! From rhai's lines and columns to bytes.
//!
//! Owns: where a line begins and where a token ends. rhai tells only where a token begins, in characters.

use crate::fault::Span;
use jobwright_core::invisible::is_invisible;

/// A text with its lines.
pub(super) struct Places<'a> {
    text: &'a str,
    /// The byte each letter begins at, and the letter each line begins with: a long line is asked for often.
    letters: Vec<u32>,
    lines: Vec<usize>,
}

impl<'a> Places<'a> {
    pub fn new(text: &'a str) -> Self {
        let letters = text.char_indices().map(|(at, _)| at as u32).collect();
        let breaks = text.chars().enumerate().filter(|(_, letter)| *letter == '\n');
        let lines = std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect();
        Self { text, letters, lines }
    }

    /// The byte of a line and column, both counted from one; the end of the text when there is no such place.
    pub fn byte(&self, line: Option<usize>, column: Option<usize>) -> usize {
        let start = line.and_then(|line| self.lines.get(line.checked_sub(1)?));
        let letter = start.map(|start| start + column.unwrap_or(1).saturating_sub(1));
        letter.and_then(|letter| self.letters.get(letter)).map_or(self.text.len(), |byte| *byte as usize)
    }

    /// The token that begins at a byte.
    pub fn token(&self, start: usize) -> Span {
        let rest = &self.text[start..];
        let length = match rest.chars().next() {
            None => 0,
            Some(quote @ ('"' | '\'' | '`')) => quoted(rest, quote),
            Some(digit) if digit.is_ascii_digit() => number(rest),
            Some(letter) if is_word(letter) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            Some(_) if rest.starts_with("()") => 2,
            Some(first) => sign(rest, first),
        };
        Span::new(start, start + length)
    }

    /// The first character that nobody sees, outside of texts in quotes and of comments.
    pub fn invisible(&self) -> Option<(usize, char)> {
        let mut at = 0;
        while let Some(character) = self.text[at..].chars().next() {
            let rest = &self.text[at..];
            if is_invisible(character) && !character.is_ascii_whitespace() {
                return Some((at, character));
            }
            at += match character {
                '"' | '\'' | '`' => quoted(rest, character),
                '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
                other => other.len_utf8(),
            };
        }
        None
    }

    /// The text of a span.
    pub fn slice(&self, span: Span) -> &'a str {
        &self.text[span.range()]
    }

    /// The text up to a byte.
    pub fn before(&self, end: usize) -> &'a str {
        &self.text[..end]
    }

    /// The text from a byte on.
    pub fn after(&self, start: usize) -> &'a str {
        &self.text[start..]
    }

    /// The span with the closing bracket that follows it, when one does.
    pub fn closed_by(&self, span: Span, bracket: char) -> Span {
        let rest = &self.text[span.end as usize..];
        let skipped = rest.len() - rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',' || c == '(').len();
        match rest[skipped..].chars().next() {
            Some(found) if found == bracket => Span { end: span.end + (skipped + bracket.len_utf8()) as u32, ..span },
            _ => span,
        }
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn number(rest: &str) -> usize {
    let whole = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
    let after = &rest[whole..];
    match after.strip_prefix('.') {
        Some(fraction) if fraction.starts_with(|c: char| c.is_ascii_digit()) => {
            whole + 1 + fraction.find(|c| !is_word(c)).unwrap_or(fraction.len())
        }
        _ => whole,
    }
}

fn sign(rest: &str, first: char) -> usize {
    const LONG: [&str; 12] = ["**", "<<", "==", "!=", "<=", ">=", "&&", "||", "??", "?.", "..", "=>"];
    if LONG.iter().any(|long| rest.starts_with(long)) { 2 } else { first.len_utf8() }
}

fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' if quote != '`' => escaped = true,
            c if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_letters_and_places_count_bytes() {
        let places = Places::new("£ é\n  \"a\\\"b\" + 1.50");
        assert_eq!(places.byte(Some(1), Some(3)), 3);
        let start = places.byte(Some(2), Some(3));
        assert_eq!(places.token(start).range(), 8..14);
        assert_eq!(places.token(17).range(), 17..21);
        assert_eq!(places.byte(Some(9), Some(1)), 21);
    }
}
