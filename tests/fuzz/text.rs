//! Text that is almost what people write.
//!
//! Owns: changes of a text, by lines, words and characters, and the words and numbers that are known to hurt. Random
//! bytes never get past a reader's first check; a definition with two lines exchanged does.

use super::{Chance, Input};

/// Numbers at the edges.
const NUMBERS: &[&str] = &[
    "0",
    "1",
    "-1",
    "31",
    "32",
    "100",
    "999999999999",
    "2147483648",
    "-9223372036854775808",
    "18446744073709551616",
    "1e400",
    "0.1",
    "007",
    "+5",
    "1_000",
    "0x1f",
    "NaN",
];
/// Characters and signs that readers trip over.
const SIGNS: &[&str] = &[
    "\0", "\u{feff}", "\u{202e}", "\u{2028}", "\u{85}", "\t", "\r", "\r\n", "\n", "\n\n", " ", "  ", ":", ": ", "- ",
    "#", "'", "\"", "|", ">", "|-", "&a ", "*a", "<<: ", "!!str ", "!", "%", "@", "`", "{", "}", "[", "]", "{}", "[]",
    ",", "---\n", "...\n", "{{ ", " }}", "{% ", " %}", "\\", "\\u0000", "é", "東京", "🦀", "ﬀ", "\u{301}", "𝒳", "~",
    "null", "true", "yes", "?", "? ",
];

/// What a target's texts are made of.
pub struct Words {
    /// Whole texts that people would write.
    pub seeds: &'static [&'static str],
    /// Words that mean something here.
    pub words: &'static [&'static str],
}

/// One of the texts, changed as long as there is chance.
pub fn changed(words: &Words, chance: &mut Chance<'_>) -> Input {
    let mut text = chance.of(words.seeds).to_owned();
    // Mostly a part of it: small texts are quick, and the change weighs more.
    match chance.below(4) {
        0 => {}
        _ => keep_part(&mut text, chance),
    }
    while !chance.is_spent() {
        change(&mut text, words, chance);
    }
    Input(text.into_bytes())
}

/// The same, and now and then with bytes that are no text.
pub fn damaged(words: &Words, chance: &mut Chance<'_>) -> Input {
    let is_damaged = chance.below(8) == 1;
    let (place, byte) = (chance.below(1 << 16), chance.byte());
    let mut input = changed(words, chance);
    if is_damaged && !input.0.is_empty() {
        let place = place % input.0.len();
        input.0[place] = byte;
    }
    input
}

fn change(text: &mut String, words: &Words, chance: &mut Chance<'_>) {
    match chance.below(14) {
        0 => take_lines(text, chance),
        1 => {
            let lines = take_out(text, chance, 3);
            put_lines(text, &lines, chance);
        }
        2 => {
            let before = text.clone();
            let lines = take_out(text, chance, 6);
            *text = before;
            put_lines(text, &lines, chance);
        }
        3 => indent(text, chance),
        4 => replace_word(text, chance.of(words.words), chance),
        5 => replace_word(text, chance.of(NUMBERS), chance),
        6 => {
            let place = place(text, chance);
            text.insert_str(place, chance.of(words.words));
        }
        7 => {
            let place = place(text, chance);
            text.insert_str(place, chance.of(SIGNS));
        }
        8 => {
            let (from, long) = (place(text, chance), chance.below(6));
            let to = text.ceil_char_boundary((from + long).min(text.len()));
            text.replace_range(from..to, "");
        }
        9 => {
            let other = chance.of(words.seeds);
            let (at, from) = (place(text, chance), place(other, chance));
            let to = other.ceil_char_boundary((from + chance.below(256)).min(other.len()));
            text.insert_str(at, &other[from..to]);
        }
        10 => replace_word(text, "", chance),
        11 => {
            let place = place(text, chance);
            text.truncate(place);
        }
        12 => exchange_words(text, chance),
        _ => {
            let (place, sign, times) = (place(text, chance), chance.of(SIGNS), chance.below(64));
            text.insert_str(place, &sign.repeat(times));
        }
    }
}

/// A byte between two characters.
fn place(text: &str, chance: &mut Chance<'_>) -> usize {
    text.floor_char_boundary(chance.below(text.len() + 1))
}

/// The bytes of up to so many whole lines.
fn some_lines(text: &str, chance: &mut Chance<'_>, count_max: usize) -> std::ops::Range<usize> {
    let starts: Vec<usize> = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let first = chance.below(starts.len());
    let after = first + 1 + chance.below(count_max);
    starts[first]..starts.get(after).copied().unwrap_or(text.len())
}

fn take_out(text: &mut String, chance: &mut Chance<'_>, count_max: usize) -> String {
    let range = some_lines(text, chance, count_max);
    text.drain(range).collect()
}

fn take_lines(text: &mut String, chance: &mut Chance<'_>) {
    drop(take_out(text, chance, 12));
}

fn put_lines(text: &mut String, lines: &str, chance: &mut Chance<'_>) {
    let at = some_lines(text, chance, 1).start;
    text.insert_str(at, lines);
}

/// Keeps the head of the text, where its form is said, and a part of the rest.
fn keep_part(text: &mut String, chance: &mut Chance<'_>) {
    let kept = some_lines(text, chance, 60);
    let head = text.match_indices('\n').nth(2 + chance.below(6)).map_or(text.len(), |(at, _)| at + 1);
    if kept.start > head {
        text.truncate(kept.end);
        text.replace_range(head..kept.start, "");
    } else {
        text.truncate(kept.end.max(head));
    }
}

fn indent(text: &mut String, chance: &mut Chance<'_>) {
    let start = some_lines(text, chance, 1).start;
    let spaces = chance.below(5);
    if chance.below(2) == 0 {
        text.insert_str(start, &"    "[..spaces.min(4)]);
    } else {
        let there = text[start..].bytes().take(spaces).take_while(|byte| *byte == b' ').count();
        text.replace_range(start..start + there, "");
    }
}

/// The word at a place, or after it.
fn word(text: &str, chance: &mut Chance<'_>) -> std::ops::Range<usize> {
    let at = place(text, chance);
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let start = text[at..].find(is_word).map_or(text.len(), |found| at + found);
    let end = text[start..].find(|c| !is_word(c)).map_or(text.len(), |found| start + found);
    start..end
}

fn replace_word(text: &mut String, with: &str, chance: &mut Chance<'_>) {
    let range = word(text, chance);
    text.replace_range(range, with);
}

fn exchange_words(text: &mut String, chance: &mut Chance<'_>) {
    let (one, other) = (word(text, chance), word(text, chance));
    let (first, second) = if one.start <= other.start { (one, other) } else { (other, one) };
    if first.end <= second.start {
        let words = (text[first.clone()].to_owned(), text[second.clone()].to_owned());
        text.replace_range(second, &words.0);
        text.replace_range(first, &words.1);
    }
}
