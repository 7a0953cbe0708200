//! A mail server's answer, read from the line.
//!
//! Owns: the form of a reply (RFC 5321, 4.2), its enhanced code (RFC 3463), and the bounds of both. Any three digits are
//! a code: `571` is no code of the standard and is sent all the same. Leaves what a reply means to `answers`.

use super::session::Cause;
use crate::line::short_line;
use tokio::io::{AsyncBufRead, AsyncBufReadExt};

/// Longest line of a reply: the standard has 512 bytes, and servers write more.
const LINE_BYTES_MAX: usize = 8 << 10;
/// Most lines of one reply.
const LINES_MAX: usize = 100;
/// How much of a reply's text is kept.
const REPLY_CHARS_MAX: usize = 500;

/// A whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reply {
    /// Three digits.
    pub code: u16,
    /// The finer code, when there is one.
    pub enhanced: Option<Enhanced>,
    /// The lines without their codes, as the server wrote them.
    pub lines: Vec<String>,
}

/// A code such as 5.1.1: class, subject, detail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Enhanced(pub u16, pub u16, pub u16);

impl Reply {
    /// Reads one answer to its last line.
    pub async fn read(from: &mut (impl AsyncBufRead + Unpin)) -> Result<Self, Cause> {
        let (mut code, mut lines) = (None, Vec::new());
        loop {
            let line = read_line(from).await?;
            let (number, is_last, text) = parsed(&line).ok_or_else(|| Cause::Garbled(short_line(&line, 80)))?;
            if code.is_some_and(|code| code != number) || lines.len() == LINES_MAX {
                return Err(Cause::Garbled(short_line(&line, 80)));
            }
            code = Some(number);
            lines.push(text.to_owned());
            if is_last {
                let enhanced = lines.iter().find_map(|line| enhanced(line));
                return Ok(Self { code: number, enhanced, lines });
            }
        }
    }

    /// Whether it is one of these hundreds: 2 for 200 to 299.
    pub fn is(&self, hundreds: u16) -> bool {
        self.code / 100 == hundreds
    }

    /// The server's words on one line and bounded, the enhanced code once.
    pub fn words(&self) -> String {
        let mut words = String::new();
        for (at, line) in self.lines.iter().enumerate() {
            let again = self.enhanced.filter(|_| at > 0).map(|code| code.to_string());
            let line = again.and_then(|code| line.trim_start().strip_prefix(&code)).unwrap_or(line);
            words += line;
            words.push(' ');
        }
        short_line(&words, REPLY_CHARS_MAX)
    }

    /// Code and words, as people are shown them.
    pub fn shown(&self) -> String {
        format!("{} {}", self.code, self.words()).trim_end().to_owned()
    }
}

impl std::fmt::Display for Enhanced {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

async fn read_line(from: &mut (impl AsyncBufRead + Unpin)) -> Result<String, Cause> {
    let mut line = Vec::new();
    loop {
        let found = from.fill_buf().await.map_err(Cause::Line)?;
        if found.is_empty() {
            return Err(Cause::HungUp);
        }
        let end = found.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
        let taken = end.unwrap_or(found.len());
        line.extend_from_slice(&found[..taken]);
        from.consume(taken);
        if line.len() > LINE_BYTES_MAX {
            return Err(Cause::Garbled(short_line(&String::from_utf8_lossy(&line), 80)));
        }
        if end.is_some() {
            return Ok(String::from_utf8_lossy(&line).trim_end().to_owned());
        }
    }
}

/// The code, whether the line is the reply's last one, and the text.
fn parsed(line: &str) -> Option<(u16, bool, &str)> {
    let code = line.get(..3).filter(|code| code.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok()?;
    match line.as_bytes().get(3) {
        _ if !(200..600).contains(&code) => None,
        None => Some((code, true, "")),
        Some(b' ') => Some((code, true, &line[4..])),
        Some(b'-') => Some((code, false, &line[4..])),
        Some(_) => None,
    }
}

/// The enhanced code at the beginning of a line, or where qmail writes it: `… (#5.1.1)`.
fn enhanced(line: &str) -> Option<Enhanced> {
    let read = |word: &str| {
        let mut parts = word.split('.').map(|part| part.parse::<u16>().ok().filter(|number| *number < 1_000));
        let code = Enhanced(parts.next()??, parts.next()??, parts.next()??);
        (parts.next().is_none() && matches!(code.0, 2 | 4 | 5)).then_some(code)
    };
    let first = line.split_whitespace().next().unwrap_or_default();
    let in_brackets = || line.split_once("(#").and_then(|(_, rest)| rest.split_once(')')).map(|(code, _)| code);
    read(first.trim_end_matches([':', ','])).or_else(|| in_brackets().and_then(read))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(mut bytes: &[u8]) -> Result<Reply, Cause> {
        Reply::read(&mut bytes).await
    }

    #[tokio::test]
    async fn a_reply_is_read_to_its_last_line_with_its_finer_code() {
        for (bytes, shown, code) in [
            ("250 2.0.0 taken\r\n", "250 2.0.0 taken", Some(Enhanced(2, 0, 0))),
            ("250-mail.example\r\n250 HELP\r\n", "250 mail.example HELP", None),
            (
                "550-5.7.26 This mail\r\n550-5.7.26 is not\r\n550 5.7.26 signed.\n",
                "550 5.7.26 This mail is not signed.",
                Some(Enhanced(5, 7, 26)),
            ),
            ("553 sorry, no mailbox here (#5.1.1)\r\n", "553 sorry, no mailbox here (#5.1.1)", Some(Enhanced(5, 1, 1))),
            ("571 Delivery not authorized\r\n", "571 Delivery not authorized", None),
            ("354\r\n", "354", None),
            ("550 5.7.1.9 odd\r\n", "550 5.7.1.9 odd", None),
            ("421 Caf\u{e9} closed\x1b[2J\r\n", "421 Café closed [2J", None),
        ] {
            let reply = read(bytes.as_bytes()).await.unwrap_or_else(|cause| panic!("{bytes:?}: {cause:?}"));
            assert_eq!((reply.shown().as_str(), reply.enhanced), (shown, code), "{bytes:?}");
        }
    }

    #[tokio::test]
    async fn what_is_no_reply_is_told_and_nothing_is_read_without_end() {
        let long = format!("250 {}", "x".repeat(LINE_BYTES_MAX));
        let many = "250-more\r\n".repeat(LINES_MAX + 1);
        for bytes in ["hello\r\n", "25\r\n", "250x\r\n", "999 no\r\n", "250-one\r\n550 two\r\n", &long, &many] {
            assert!(matches!(read(bytes.as_bytes()).await, Err(Cause::Garbled(_))), "{bytes:.40}");
        }
        assert!(matches!(read(b"250 without an end").await, Err(Cause::HungUp)));
        assert!(matches!(read(b"").await, Err(Cause::HungUp)));
    }
}
