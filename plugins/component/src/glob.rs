//! Patterns in grants: `*` is any text, also none and also with dots and slashes.
//!
//! Owns: matching, in time that grows with both lengths and no faster. Leaves what is matched to `gate` and `grants`.

/// Whether a text is what a pattern says. A pattern without `*` is the text itself; one pattern is within another when
/// it matches as a text, since its own `*` is matched by theirs alone.
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut read, mut retry) = (0, 0, None);
    while read < text.len() {
        if pattern.get(at) == Some(&b'*') {
            retry = Some((at, read));
            at += 1;
        } else if pattern.get(at) == Some(&text[read]) {
            (at, read) = (at + 1, read + 1);
        } else if let Some((star, from)) = retry {
            // The last star takes one byte more.
            retry = Some((star, from + 1));
            (at, read) = (star + 1, from + 1);
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_is_any_text() {
        for (pattern, text) in [("a", "a"), ("*", ""), ("/vat/*", "/vat/"), ("/vat/*", "/vat/a/b"), ("a*b*c", "axbxbc")]
        {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("a", "b"), ("/vat/*", "/vat"), ("a*b", "axc"), ("", "a"), ("vat.*", "*")] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }
}
