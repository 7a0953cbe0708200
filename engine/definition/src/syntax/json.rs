//! JSON as the same tree: what other programs hand over is read by the one reader, under the same limits.
//!
//! Owns: the grammar of RFC 8259, whole. A number stays the characters that were written, as a scalar of YAML does; `null`
//! is a value that is not there. A key that stands twice is refused; what is no JSON ends the reading, since nothing
//! behind it can be trusted.

use std::collections::HashMap;
use std::ops::Range;

use super::build::DOUBLED_TOLD_MAX;
use super::tree::{Entry, Kind, Node, Style, Text};
use super::{DEPTH_MAX, NODES_MAX};
use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics, quoted};
use crate::source::{FileId, Span, Spanned};

/// The tree of a text, or `None` when it is not JSON.
pub(super) fn parse(file: FileId, text: &str, diagnostics: &mut Diagnostics) -> Option<Node> {
    let mut reader = Reader { file, text, at: 0, nodes: 0, doubled: 0, diagnostics };
    reader.blank();
    if reader.at == text.len() {
        let diagnostic = Diagnostic::error(code::EMPTY_FILE, "the file says nothing");
        reader.diagnostics.push(diagnostic.at(Span::new(file, 0..0), ""));
        return None;
    }
    let node = reader.value(0)?;
    reader.blank();
    if reader.at < text.len() {
        return reader.fault("the file goes on behind its value");
    }
    Some(node)
}

struct Reader<'t, 'd> {
    file: FileId,
    text: &'t str,
    at: usize,
    nodes: usize,
    doubled: usize,
    diagnostics: &'d mut Diagnostics,
}

impl Reader<'_, '_> {
    /// As deep as `DEPTH_MAX`, so that the calls are bounded with the text.
    fn value(&mut self, depth: usize) -> Option<Node> {
        self.nodes += 1;
        if self.nodes > NODES_MAX {
            return self.refuse(code::TOO_MANY_VALUES, format!("the file holds more than {NODES_MAX} values"));
        }
        if depth > DEPTH_MAX {
            return self.refuse(code::TOO_DEEP, format!("values are nested more than {DEPTH_MAX} deep"));
        }
        let start = self.at;
        match self.peek() {
            Some('{') => self.map(start, depth),
            Some('[') => self.list(start, depth),
            Some('"') => {
                let value = self.string()?;
                let (span, source) = (self.span(start), &self.text[start + 1..self.at - 1]);
                Some(scalar(Text::new(value, span, Style::DoubleQuoted, source, start + 1), span))
            }
            Some('-' | '0'..='9') => {
                self.number()?;
                Some(self.plain(start, self.at))
            }
            Some(_) => self.word(start),
            None => self.fault("the file ends where a value belongs"),
        }
    }

    fn map(&mut self, start: usize, depth: usize) -> Option<Node> {
        let (mut entries, mut first) = (Vec::new(), HashMap::new());
        self.at += 1;
        self.blank();
        if !self.takes('}') {
            loop {
                let key_start = self.at;
                if self.peek() != Some('"') {
                    return self.fault("a key in quotes belongs here");
                }
                let key = Spanned::new(self.string()?, self.span(key_start));
                self.blank();
                if !self.takes(':') {
                    return self.fault("a `:` belongs between a key and its value");
                }
                self.blank();
                let value = self.value(depth + 1)?;
                self.put(key, value, &mut entries, &mut first);
                if self.ends('}')? {
                    break;
                }
            }
        }
        Some(Node { span: self.span(start), kind: Kind::Map(entries) })
    }

    fn put(&mut self, key: Spanned<String>, value: Node, entries: &mut Vec<Entry>, first: &mut HashMap<String, Span>) {
        if let Some(before) = first.get(&key.value) {
            self.doubled += 1;
            if self.doubled > DOUBLED_TOLD_MAX {
                return;
            }
            let message = format!("key {} stands twice in one mapping", quoted(&key.value));
            let diagnostic = Diagnostic::error(code::DUPLICATE_KEY, message);
            self.diagnostics.push(diagnostic.at(key.span, "again here").also(*before, "first here"));
            return;
        }
        first.insert(key.value.clone(), key.span);
        entries.push(Entry { key, value });
    }

    fn list(&mut self, start: usize, depth: usize) -> Option<Node> {
        let mut items = Vec::new();
        self.at += 1;
        self.blank();
        if !self.takes(']') {
            loop {
                items.push(self.value(depth + 1)?);
                if self.ends(']')? {
                    break;
                }
            }
        }
        Some(Node { span: self.span(start), kind: Kind::List(items) })
    }

    /// Whether a list or mapping ends here; a comma says that it goes on.
    fn ends(&mut self, close: char) -> Option<bool> {
        self.blank();
        if self.takes(close) {
            return Some(true);
        }
        if !self.takes(',') {
            return self.fault(&format!("a comma or `{close}` belongs here"));
        }
        self.blank();
        Some(false)
    }

    fn word(&mut self, start: usize) -> Option<Node> {
        for word in ["true", "false", "null"] {
            if self.text[start..].starts_with(word) {
                self.at += word.len();
                let absent = word == "null";
                return Some(self.plain(start, if absent { start } else { self.at }));
            }
        }
        self.fault("a value belongs here: a text in quotes, a number, `true`, `false`, `null`, `[` or `{`")
    }

    /// A scalar without quotes; one without characters is absent.
    fn plain(&self, start: usize, end: usize) -> Node {
        let (source, span) = (&self.text[start..end], self.span(start));
        scalar(Text::new(source.to_owned(), span, Style::Plain, source, start), span)
    }

    fn number(&mut self) -> Option<()> {
        self.takes('-');
        match self.peek() {
            Some('0') => self.at += 1,
            _ => self.digits()?,
        }
        if self.takes('.') {
            self.digits()?;
        }
        if self.takes('e') || self.takes('E') {
            let _ = self.takes('+') || self.takes('-');
            self.digits()?;
        }
        match self.peek() {
            Some(more) if more.is_alphanumeric() || more == '.' => self.fault("this is not a number as JSON has it"),
            _ => Some(()),
        }
    }

    fn digits(&mut self) -> Option<()> {
        let length = self.text[self.at..].bytes().take_while(u8::is_ascii_digit).count();
        if length == 0 {
            return self.fault("a digit belongs here");
        }
        self.at += length;
        Some(())
    }

    fn string(&mut self) -> Option<String> {
        let mut value = String::new();
        self.at += 1;
        loop {
            let Some(character) = self.peek() else { return self.fault("a text is not closed before the file ends") };
            match character {
                '"' => {
                    self.at += 1;
                    return Some(value);
                }
                '\\' => value.push(self.escape()?),
                '\0'..='\u{1f}' => {
                    return self.fault("a line break or control character inside a text is written as an escape");
                }
                other => {
                    value.push(other);
                    self.at += other.len_utf8();
                }
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        let simple = match self.text.as_bytes().get(self.at + 1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => return self.fault("`\\` begins an escape here, and JSON has no such escape"),
        };
        self.at += 2;
        Some(simple)
    }

    /// `\u00e9`, or two of them for a character beyond the first 65,536.
    fn unicode(&mut self) -> Option<char> {
        let high = self.unit(self.at);
        let pair = high.filter(|high| (0xd800..0xdc00).contains(high)).and_then(|high| {
            let low = self.unit(self.at + UNIT_BYTES).filter(|low| (0xdc00..0xe000).contains(low))?;
            char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00))
        });
        match (pair, high.and_then(char::from_u32)) {
            (Some(character), _) => {
                self.at += 2 * UNIT_BYTES;
                Some(character)
            }
            (None, Some(character)) => {
                self.at += UNIT_BYTES;
                Some(character)
            }
            (None, None) => self.fault("this `\\u` escape names no character"),
        }
    }

    fn unit(&self, at: usize) -> Option<u32> {
        let digits = self.text.get(at..at + UNIT_BYTES)?.strip_prefix("\\u")?;
        let plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        plain.then(|| u32::from_str_radix(digits, 16).ok())?
    }

    fn blank(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn takes(&mut self, character: char) -> bool {
        let takes = self.peek() == Some(character);
        self.at += if takes { character.len_utf8() } else { 0 };
        takes
    }

    fn span(&self, start: usize) -> Span {
        Span::new(self.file, start..self.at)
    }

    fn fault<T>(&mut self, message: &str) -> Option<T> {
        self.refuse(code::NOT_JSON, message.to_owned())
    }

    fn refuse<T>(&mut self, code: &'static str, message: String) -> Option<T> {
        let place: Range<usize> = self.at..self.at + self.peek().map_or(0, char::len_utf8);
        self.diagnostics.push(Diagnostic::error(code, message).at(Span::new(self.file, place), ""));
        None
    }
}

/// `\u00e9` has six bytes.
const UNIT_BYTES: usize = 6;

fn scalar(text: Text, span: Span) -> Node {
    Node { span, kind: Kind::Scalar(text) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    fn read(text: &str) -> (Option<Node>, Vec<String>) {
        let (mut sources, mut diagnostics) = (Sources::default(), Diagnostics::new());
        let node = super::super::read(&mut sources, "people.json", text.as_bytes(), &mut diagnostics);
        (node, diagnostics.sorted().into_iter().map(|one| format!("{} {}", one.code, one.message)).collect())
    }

    #[test]
    fn json_gives_the_tree_that_yaml_gives() {
        let (node, faults) = read(
            "\u{feff}{\"name\": \"M\\u00fcller \\ud83d\\ude42\", \"day\": 28, \"active\": true,\r\n\t\"of\": [], \"x\": null}",
        );
        assert!(faults.is_empty(), "{faults:?}");
        let node = node.expect("a tree");
        let text = |key: &str| match &node.get(key).expect(key).kind {
            Kind::Scalar(text) => (text.as_str().to_owned(), text.style()),
            other => panic!("{other:?}"),
        };
        assert_eq!(text("name"), ("Müller 🙂".into(), Style::DoubleQuoted));
        assert_eq!(text("day"), ("28".into(), Style::Plain));
        assert_eq!(text("active"), ("true".into(), Style::Plain));
        assert!(node.get("x").is_some_and(Node::is_absent));
        assert_eq!(node.get("day").map(|node| node.span.range()), Some(44..46));
    }

    #[test]
    fn what_is_not_json_is_refused_with_its_reason() {
        let deep = format!("{}{}", "[".repeat(40), "]".repeat(40));
        for (text, fault) in [
            ("", "WF0117 the file says nothing"),
            ("{\"a\": 1", "WF0118 a comma or `}` belongs here"),
            ("{\"a\": 1,}", "WF0118 a key in quotes belongs here"),
            ("{a: 1}", "WF0118 a key in quotes belongs here"),
            ("{\"a\" 1}", "WF0118 a `:` belongs between a key and its value"),
            ("[1 2]", "WF0118 a comma or `]` belongs here"),
            ("01", "WF0118 this is not a number as JSON has it"),
            ("1.", "WF0118 a digit belongs here"),
            ("nul", "WF0118 a value belongs here: a text in quotes, a number, `true`, `false`, `null`, `[` or `{`"),
            ("\"a", "WF0118 a text is not closed before the file ends"),
            ("\"a\nb\"", "WF0118 a line break or control character inside a text is written as an escape"),
            ("\"\\x\"", "WF0118 `\\` begins an escape here, and JSON has no such escape"),
            ("\"\\ud83d\"", "WF0118 this `\\u` escape names no character"),
            ("{} {}", "WF0118 the file goes on behind its value"),
            (deep.as_str(), "WF0113 values are nested more than 32 deep"),
        ] {
            let (node, faults) = read(text);
            assert!(node.is_none(), "{text}");
            assert_eq!(faults, [fault], "{text}");
        }
        let (node, faults) = read("{\"a\": 1, \"a\": 2}");
        assert_eq!(faults, ["WF0104 key `a` stands twice in one mapping"]);
        assert!(node.is_some_and(|node| matches!(node.kind, Kind::Map(entries) if entries.len() == 1)));
    }
}
