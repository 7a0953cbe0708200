//! What the program says, and in which colours.
//!
//! Owns: the one way to either stream, colour only where a person looks, and control characters made harmless. A
//! closed pipe comes back as an error, never as a panic. Leaves tables to `table` and errors to `report`.

use std::fmt::Display;
use std::io::{self, BufWriter, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

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
        writeln!(self.to, "{line}")
    }

    /// Says a text that ends its own lines.
    pub fn text(&mut self, text: impl Display) -> io::Result<()> {
        write!(self.to, "{text}")
    }

    /// Says one JSON value on one line.
    pub fn json(&mut self, value: &serde_json::Value) -> io::Result<()> {
        writeln!(self.to, "{value}")
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

/// People's words without what a terminal would obey: names come from files of strangers.
pub fn visible(text: &str) -> String {
    let harmless = |letter: char| match letter {
        '\n' => '\n',
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => char::REPLACEMENT_CHARACTER,
        letter if letter.is_control() => char::REPLACEMENT_CHARACTER,
        letter => letter,
    };
    text.chars().map(harmless).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_made_harmless() {
        assert_eq!(visible("Müller\u{1b}[2J\t\u{202e}gpj"), "Müller�[2J��gpj");
    }

    #[test]
    fn plain_paint_leaves_a_text_alone() {
        assert_eq!(Paint::plain().bad("x"), "x");
        assert_eq!(Paint { colour: true }.bold("x"), "\u{1b}[1mx\u{1b}[0m");
    }
}
