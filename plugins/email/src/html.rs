//! The HTML twin of a plain text, for definitions that give only the text.
//!
//! Owns: escaping, paragraphs at empty lines, breaks at the others. Adds no style and no links of its own.

/// The same words as HTML.
pub fn html_from_text(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let paragraphs = text.split("\n\n").map(|paragraph| paragraph.trim_matches('\n')).filter(|p| !p.is_empty());
    let body = paragraphs.map(|p| format!("<p>{}</p>\n", escaped(p).replace('\n', "<br>\n"))).collect::<String>();
    format!("<!DOCTYPE html>\n<html><body>\n{body}</body></html>\n")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_becomes_paragraphs_and_never_markup() {
        assert_eq!(
            html_from_text("Dear Ann & Bob,\r\n\r\n\r\nhours <script>\nby \"Friday\"\n"),
            "<!DOCTYPE html>\n<html><body>\n<p>Dear Ann &amp; Bob,</p>\n\
             <p>hours &lt;script&gt;<br>\nby &quot;Friday&quot;</p>\n</body></html>\n"
        );
    }
}
