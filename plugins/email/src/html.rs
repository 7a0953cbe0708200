//! The HTML twin of a plain text, for definitions that give only the text.
//!
//! Owns: escaping, paragraphs at empty lines, breaks at the others, and blanks: readers of HTML show a run of them as one, so
//! indentation and columns are kept by blanks that do not break. Adds no style and no links of its own.

/// Where the next column of a tab is.
const TAB_COLUMNS: usize = 8;

/// The same words as HTML.
pub fn html_from_text(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let paragraphs = text.split("\n\n").map(|paragraph| paragraph.trim_matches('\n')).filter(|p| !p.is_empty());
    let body = paragraphs.map(|p| format!("<p>{}</p>\n", marked_up(p))).collect::<String>();
    format!("<!DOCTYPE html>\n<html><body>\n{body}</body></html>\n")
}

fn marked_up(paragraph: &str) -> String {
    paragraph.split('\n').map(|line| blanks_kept(&escaped(&untabbed(line)))).collect::<Vec<_>>().join("<br>\n")
}

/// Tabs as the blanks they stand for.
fn untabbed(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut column = 0;
    for c in line.chars() {
        let width = if c == '\t' { TAB_COLUMNS - column % TAB_COLUMNS } else { 1 };
        if c == '\t' {
            text.extend(std::iter::repeat_n(' ', width))
        } else {
            text.push(c)
        }
        column += width;
    }
    text
}

/// Blanks at the beginning, and all but the last one of a run, as such that do not break and are not run together.
fn blanks_kept(line: &str) -> String {
    let line = line.trim_end_matches(' ');
    let mut text = String::with_capacity(line.len());
    for (at, c) in line.char_indices() {
        let is_kept = c == ' '
            && (text.is_empty()
                || text.ends_with("&nbsp;") && is_leading(&line[..at])
                || line[at + 1..].starts_with(' '));
        if is_kept { text.push_str("&nbsp;") } else { text.push(c) }
    }
    text
}

fn is_leading(before: &str) -> bool {
    before.bytes().all(|byte| byte == b' ')
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indentation_and_columns_are_kept_and_plain_sentences_stay_as_they_are() {
        for (text, html) in [
            (
                "    Ann     1,200.00\n    Bob       950.00",
                "&nbsp;&nbsp;&nbsp;&nbsp;Ann&nbsp;&nbsp;&nbsp;&nbsp; 1,200.00<br>\n&nbsp;&nbsp;&nbsp;&nbsp;Bob&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;&nbsp; 950.00",
            ),
            (" one\n  two", "&nbsp;one<br>\n&nbsp;&nbsp;two"),
            ("a b c  ", "a b c"),
            ("\tx\nab\tx", "&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;x<br>\nab&nbsp;&nbsp;&nbsp;&nbsp;&nbsp; x"),
            ("  <b>  ", "&nbsp;&nbsp;&lt;b&gt;"),
            ("Für  Zoë", "Für&nbsp; Zoë"),
        ] {
            assert_eq!(
                html_from_text(text),
                format!("<!DOCTYPE html>\n<html><body>\n<p>{html}</p>\n</body></html>\n"),
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_text_becomes_paragraphs_and_never_markup() {
        assert_eq!(
            html_from_text("Dear Ann & Bob,\r\n\r\n\r\nhours <script>\nby \"Friday\"\n"),
            "<!DOCTYPE html>\n<html><body>\n<p>Dear Ann &amp; Bob,</p>\n\
             <p>hours &lt;script&gt;<br>\nby &quot;Friday&quot;</p>\n</body></html>\n"
        );
    }
}
