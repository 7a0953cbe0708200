//! Ids of ours made of what another system calls its records.
//!
//! Owns: the id that a reference becomes, and telling which references lose something on the way: two that differ in
//! case, signs or accents, or beyond the length of an id, would be one. Such an id is told apart by a mark made of the
//! reference itself, so that it is the same whenever the reference comes again. Leaves who is there already to `put`.

use jobwright_core::address::is_invisible;
use jobwright_core::id::ID_BYTES_MAX;
use sha2::{Digest, Sha256};

/// Letters of the mark that tells ids apart.
const MARK_LETTERS: usize = 8;

/// A reference as it is compared: without invisible signs, with single blanks.
pub fn reference(text: &str) -> String {
    let seen: String = text.chars().filter(|c| !is_invisible(*c)).collect();
    seen.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The id a reference becomes: lower case, anything else a hyphen. A reference too long, or without a letter that ids
/// have, is told apart by its mark at once.
pub fn id_of(reference: &str, what: &str) -> String {
    match folded(reference) {
        Some(id) if id.len() <= ID_BYTES_MAX => id,
        _ => marked(reference, what),
    }
}

/// The id with a mark of the reference behind it.
pub fn marked(reference: &str, what: &str) -> String {
    let hash: String = Sha256::digest(reference.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    let mut id = folded(reference).unwrap_or_else(|| what.to_owned());
    id.truncate(ID_BYTES_MAX - MARK_LETTERS - 1);
    format!("{}-{}", id.trim_end_matches('-'), &hash[..MARK_LETTERS])
}

/// What is wrong with a reference that a spreadsheet has spoilt.
pub fn spoilt(reference: &str) -> Option<&'static str> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (mantissa, power) = reference.split_once(['E', 'e']).unwrap_or_default();
    let is_power = power.strip_prefix(['+', '-']).is_some_and(digits);
    let is_number = mantissa.split_once(['.', ',']).map_or(digits(mantissa), |(a, b)| digits(a) && digits(b));
    if is_power && is_number {
        return Some(
            "is a number that a spreadsheet has shortened, and others may be shortened to the same; give the \
                     column the format text there, and save it again",
        );
    }
    let is_error =
        reference.starts_with('#') && reference[1..].starts_with(|c: char| c.is_ascii_uppercase() || c == '#');
    is_error.then_some("is an error of a spreadsheet; mend the cell there, and save it again")
}

/// Lower case, anything else a hyphen. Nothing when no letter is left.
fn folded(text: &str) -> Option<String> {
    let mut id = String::new();
    for letter in text.trim().chars() {
        match letter.to_ascii_lowercase() {
            letter @ ('a'..='z' | '0'..='9' | '.' | '_' | '-') => id.push(letter),
            _ if id.is_empty() || id.ends_with('-') => {}
            _ => id.push('-'),
        }
    }
    let id = id.trim_end_matches('-');
    id.contains(|c: char| c.is_ascii_alphanumeric()).then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_another_system_becomes_one_of_ours() {
        for (text, id) in [
            ("4711", "4711"),
            (" ACME-01 ", "acme-01"),
            ("Müller & Söhne", "m-ller-s-hne"),
            ("(001) / A", "001-a"),
            ("東京", "client-b8a8c5ff"),
        ] {
            let made = id_of(&reference(text), "client");
            assert!(
                made == id || (id.starts_with("client-") && made.starts_with("client-") && made.len() == id.len()),
                "{text}: {made}"
            );
        }
        let (one, other) = ("x".repeat(200), format!("{}y", "x".repeat(199)));
        assert_eq!(id_of(&one, "client").len(), ID_BYTES_MAX);
        assert_ne!(id_of(&one, "client"), id_of(&other, "client"), "what an id has no room for still counts");
        assert_eq!(reference(" A\u{a0} 1\u{200b}"), "A 1");
    }

    #[test]
    fn r48_two_references_that_fold_to_one_id_are_told_apart_by_their_marks() {
        for (one, other) in
            [("A/1", "A 1"), ("0015g00000XyZaA", "0015g00000XyZaa"), ("Müller", "Möller"), ("東京", "京都")]
        {
            assert_ne!(marked(one, "client"), marked(other, "client"));
            assert_eq!(marked(one, "client"), marked(one, "client"));
        }
    }

    #[test]
    fn r48_a_number_that_a_spreadsheet_shortened_is_no_reference() {
        for (text, is_spoilt) in [
            ("1E+05", true),
            ("1.23E+15", true),
            ("1,5e-7", true),
            ("#REF!", true),
            ("####", true),
            ("1E5", false),
            ("E+05", false),
            ("4711", false),
            ("#12", false),
            ("ACME", false),
            ("2E+", false),
        ] {
            assert_eq!(spoilt(text).is_some(), is_spoilt, "{text}");
        }
    }
}
