//! What the program says, and in which colours.
//!
//! Owns: the one way to either stream, colour only where a person looks, and that nothing that a terminal obeys or hides
//! gets there from outside: whatever is said, by whichever verb, passes here. A closed pipe comes back as an error, never
//! as a panic. Leaves tables to `table`, errors to `report`, and which letters those are to the core.

use std::borrow::Cow;
use std::fmt::Display;
use std::io::{self, BufWriter, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use jobwright_core::visible::{MARK, is_hidden};

pub use jobwright_core::visible::{one_line, visible};

/// One stream of what the program says: the answer, or what is said beside it.
pub struct Output {
    to: Box<dyn Write + Send>,
    paint: Paint,
    is_terminal: bool,
}

/// Colours, or none. What a colour says is always said in words too.
#[derive(Clone, Copy, Debug)]
pub struct Paint {
    colour: bool,
}

impl Output {
    /// The process's own.
    pub fn standard() -> Self {
        let stdout = io::stdout();
        let is_terminal = stdout.is_terminal();
        let paint = Paint { colour: AutoStream::choice(&stdout) != ColorChoice::Never };
        // A terminal sees each line at once; a pipe gets large pieces.
        let to: Box<dyn Write + Send> = if is_terminal { Box::new(stdout) } else { Box::new(BufWriter::new(stdout)) };
        Self { to, paint, is_terminal }
    }

    /// The process's own standard error: nothing is held back.
    pub fn standard_error() -> Self {
        let stderr = io::stderr();
        let (paint, is_terminal) = (Paint::of_errors(), stderr.is_terminal());
        Self { to: Box::new(stderr), paint, is_terminal }
    }

    /// The stream of a caller in another process, who has these colours.
    pub fn of_caller(to: Box<dyn Write + Send>, colour: bool, is_terminal: bool) -> Self {
        Self { to, paint: Paint { colour }, is_terminal }
    }

    /// Says a line.
    pub fn line(&mut self, line: impl Display) -> io::Result<()> {
        let line = line.to_string();
        writeln!(self.to, "{}", shown(&line, self.paint))
    }

    /// Says a text that ends its own lines.
    pub fn text(&mut self, text: impl Display) -> io::Result<()> {
        let text = text.to_string();
        write!(self.to, "{}", shown(&text, self.paint))
    }

    /// Says one JSON value on one line. What a terminal obeys or hides is written as an escape of JSON.
    pub fn json(&mut self, value: &serde_json::Value) -> io::Result<()> {
        writeln!(self.to, "{}", escaped(&value.to_string()))
    }

    /// Writes bytes as they are.
    pub fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.to.write_all(bytes)
    }

    /// Lets go of what is held back.
    pub fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }

    /// The colours of this output.
    pub fn paint(&self) -> Paint {
        self.paint
    }

    /// Whether a person looks.
    pub fn is_terminal(&self) -> bool {
        self.is_terminal
    }
}

impl Paint {
    /// No colours.
    pub fn plain() -> Self {
        Self { colour: false }
    }

    /// The colours of standard error.
    pub fn of_errors() -> Self {
        Self { colour: AutoStream::choice(&io::stderr()) != ColorChoice::Never }
    }

    /// Whether there are colours.
    pub fn is_coloured(self) -> bool {
        self.colour
    }

    /// Good, or done.
    pub fn good(self, text: &str) -> String {
        self.styled(AnsiColor::Green.on_default(), text)
    }

    /// Wants a look.
    pub fn warn(self, text: &str) -> String {
        self.styled(AnsiColor::Yellow.on_default(), text)
    }

    /// Bad.
    pub fn bad(self, text: &str) -> String {
        self.styled(AnsiColor::Red.on_default().bold(), text)
    }

    /// Important.
    pub fn bold(self, text: &str) -> String {
        self.styled(Style::new().bold(), text)
    }

    /// Beside the point.
    pub fn dim(self, text: &str) -> String {
        self.styled(Style::new().dimmed(), text)
    }

    fn styled(self, style: Style, text: &str) -> String {
        if self.colour && !text.is_empty() { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

/// So many of something: `1 job`, `2 jobs`.
pub fn counted(number: u64, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}

/// What begins a colour or ends it.
const ESCAPE: char = '\u{1b}';
/// The styles that we ourselves give words: none of them hides or moves anything.
const STYLES: &[&str] =
    &["", "0", "1", "2", "4", "31", "32", "33", "34", "35", "36", "91", "92", "93", "94", "95", "96"];
/// Longest style: three of them in one.
const STYLE_BYTES_MAX: usize = 12;

/// A text with a mark in place of whatever a terminal obeys or hides, but for line ends, tabs and our own colours.
fn shown(text: &str, paint: Paint) -> Cow<'_, str> {
    let is_kept = |letter: char| matches!(letter, '\n' | '\t');
    if !text.chars().any(|letter| is_hidden(letter) && !is_kept(letter)) {
        return Cow::Borrowed(text);
    }
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(letter) = rest.chars().next() {
        let style = style_at(rest).filter(|_| paint.colour);
        let taken = style.map_or(letter.len_utf8(), str::len);
        match letter {
            _ if style.is_some() => out += &rest[..taken],
            letter if is_hidden(letter) && !is_kept(letter) => out.push(MARK),
            letter => out.push(letter),
        }
        rest = &rest[taken..];
    }
    Cow::Owned(out)
}

/// One of our own styles at the beginning of a text.
fn style_at(text: &str) -> Option<&str> {
    let rest = text.strip_prefix(ESCAPE)?.strip_prefix('[')?;
    let end = rest.bytes().take(STYLE_BYTES_MAX).position(|byte| byte == b'm')?;
    rest[..end].split(';').all(|part| STYLES.contains(&part)).then(|| &text[..end + 3])
}

/// JSON as its writer gives it, where what is hidden can stand in texts alone.
fn escaped(json: &str) -> Cow<'_, str> {
    if !json.chars().any(is_hidden) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len());
    for letter in json.chars() {
        if is_hidden(letter) {
            letter.encode_utf16(&mut [0; 2]).iter().for_each(|unit| out += &format!("\\u{unit:04x}"));
        } else {
            out.push(letter);
        }
    }
    Cow::Owned(out)
}

/// A stream of others' words, such as a log: what passes is made harmless like everything else.
pub struct Harmless<W>(pub W, pub Paint);

impl<W: Write> Write for Harmless<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write_all(shown(&String::from_utf8_lossy(bytes), self.1).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r04_nothing_that_a_terminal_obeys_passes_but_our_own_colours() {
        let (plain, coloured) = (Paint::plain(), Paint { colour: true });
        let hostile = "Müller\u{1b}[2J\u{1b}]0;x\u{7}\r\u{9b}8m\u{202e}gpj\u{200b}";
        for paint in [plain, coloured] {
            assert_eq!(shown(hostile, paint), "Müller�[2J�]0;x���8m�gpj�");
        }
        let ours = format!("{}\t{}\n", coloured.bad("bad"), coloured.dim("dim"));
        assert_eq!(shown(&ours, coloured), ours);
        assert_eq!(shown("\u{1b}[8mhidden\u{1b}[30;40m", coloured), "�[8mhidden�[30;40m");
        assert_eq!(shown("\u{1b}[1mbold", plain), "�[1mbold");
    }

    #[test]
    fn r04_json_says_the_same_without_a_letter_that_a_terminal_obeys() {
        let value = serde_json::json!({ "a\u{9b}": "b\u{7f}\u{202e}\u{1b}\u{e0041}\n" });
        let text = escaped(&value.to_string()).into_owned();
        assert!(text.chars().all(|letter| !is_hidden(letter)), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }

    #[test]
    fn plain_paint_leaves_a_text_alone() {
        assert_eq!(Paint::plain().bad("x"), "x");
        assert_eq!(Paint { colour: true }.bold("x"), "\u{1b}[1mx\u{1b}[0m");
    }
}
