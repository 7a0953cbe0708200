//! Text that has to stay on one line.
//!
//! Owns: taking out of a name, a subject or a server's reply whatever could end the line or lie about its order. The
//! one place that keeps people's text from becoming a header.

/// The text on one line: every run of control characters and blanks becomes one blank, order-changing marks go.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for part in text.split(|c: char| c.is_control() || c.is_whitespace()) {
        let kept = part.chars().filter(|c| !turns_text_around(*c)).collect::<String>();
        if !kept.is_empty() {
            line.push_str(if line.is_empty() { "" } else { " " });
            line.push_str(&kept);
        }
    }
    line
}

/// The first `chars_max` characters of the text on one line.
pub(crate) fn short_line(text: &str, chars_max: usize) -> String {
    one_line(text).chars().take(chars_max).collect::<String>().trim_end().into()
}

/// Marks that make a reader see letters in another order than they stand: `moc.knab` as `bank.com`.
fn turns_text_around(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_cannot_end_before_its_end() {
        for (text, line) in [
            ("Ann Archer", "Ann Archer"),
            ("Ann\r\nBcc: eve@x.test", "Ann Bcc: eve@x.test"),
            (" \tAnn\u{0} \u{85}\u{2028}Archer\n", "Ann Archer"),
            ("\u{202e}moc.knab", "moc.knab"),
            ("\r\n", ""),
        ] {
            assert_eq!(one_line(text), line, "{text:?}");
        }
        assert_eq!(short_line("Zoë\nNguyen", 4), "Zoë");
    }
}
