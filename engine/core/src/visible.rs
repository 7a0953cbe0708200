//! Text from outside, made fit to be looked at.
//!
//! Owns: which letters a terminal obeys or does not show, and the one way to show them. Names, notes, manifests and answers
//! come from files and people that nobody has read; written as they are they could move the cursor, hide words or turn
//! them round. Leaves where it is asked to whoever writes.

use alloc::string::String;

/// What stands in the place of such a letter.
pub const MARK: char = char::REPLACEMENT_CHARACTER;

/// Whether a terminal obeys a letter, or shows nothing where it stands. Line ends and tabs are told from others by their
/// writer; what joins letters of one word (in Persian, in Hindi, in pictures of families) is none of these.
pub fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
            | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e007f}')
}

/// The text with a mark in the place of each hidden letter; its lines stay lines.
pub fn visible(text: &str) -> String {
    text.chars().map(|letter| if letter != '\n' && is_hidden(letter) { MARK } else { letter }).collect()
}

/// The same as one line.
pub fn one_line(text: &str) -> String {
    text.chars()
        .map(|letter| match letter {
            '\n' => ' ',
            letter if is_hidden(letter) => MARK,
            letter => letter,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_or_does_not_show_gets_a_mark() {
        assert_eq!(visible("Müller\u{1b}[2J\t\u{202e}gpj\u{9b}8m\r\nx"), "Müller�[2J��gpj�8m�\nx");
        assert_eq!(visible("a\u{200b}b\u{feff}c\u{ad}d\u{e0041}"), "a�b�c�d�");
        assert_eq!(one_line("a\nb\u{2028}c"), "a b�c");
    }

    #[test]
    fn what_joins_letters_of_a_word_stays() {
        for text in ["می‌خواهم", "क्‍ष", "👩‍👧", "❤️"] {
            assert_eq!(visible(text), text);
        }
    }
}
