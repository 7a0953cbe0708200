//! Characters that nobody sees.
//!
//! Owns: which they are, which of them no text of a practice holds, and how a message names them: `U+00A0` tells a person
//! what a blank would hide. Leaves what happens then to the reader.

use alloc::{format, string::String};

/// Whether a character shows nothing, or a blank that is not the space.
pub fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(character,
            // Blanks of other widths, also the ones that keep words together.
            '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
            // Hyphens, joiners and fillers without a width.
            | '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180e}'
            | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}'
            // Marks that turn the direction of reading, and breaks of lines that few programs know.
            | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{206f}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// Whether no text of a practice holds the character: it controls a device, breaks lines for some programs only, has no
/// width and no use, or shows what follows in another order than it is read. What languages and letters need stays: the
/// no-break space, joiners, soft hyphens and the two plain marks of direction.
pub fn is_refused(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{180e}' | '\u{200b}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}')
}

/// How a message names a character: `U+00A0`.
pub fn name(character: char) -> String {
    format!("U+{:04X}", u32::from(character))
}

/// A text as a message repeats it: what nobody would see is named, `<U+00A0>`.
pub fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if is_invisible(character) {
            shown.push_str(&format!("<{}>", name(character)));
        } else {
            shown.push(character);
        }
    }
    shown
}

/// The first character that nobody sees, with its byte.
pub fn first(text: &str) -> Option<(usize, char)> {
    text.char_indices().find(|(_, character)| is_invisible(*character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_refused_is_invisible_and_a_message_names_it() {
        for code in 0..=0x10_ffff {
            let Some(character) = char::from_u32(code) else { continue };
            assert!(!is_refused(character) || is_invisible(character), "{}", name(character));
        }
        for kept in ['a', ' ', 'é', '東', '£', '\u{301}', '🙂'] {
            assert!(!is_invisible(kept), "{kept}");
        }
        assert_eq!(shown("a\u{a0}b\u{200b}\t"), "a<U+00A0>b<U+200B><U+0009>");
        // A letter keeps its words together, and a name its joiners.
        assert!(!is_refused('\u{a0}') && !is_refused('\u{200d}') && is_refused('\u{202e}') && is_refused('\u{feff}'));
    }
}
