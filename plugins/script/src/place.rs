//! From a byte of a script to the line and column that an editor shows.
//!
//! Owns: counting, both from one, columns in letters. Leaves the place in the definition's file to `definition`.

use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    line: usize,
    column: usize,
}

impl Place {
    /// Where a byte stands; the end of the text when it is beyond.
    pub fn of(text: &str, byte: usize) -> Self {
        let before = &text[..text.floor_char_boundary(byte)];
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        Self { line: before.matches('\n').count() + 1, column: before[start..].chars().count() + 1 }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_counted_in_letters_and_both_from_one() {
        let text = "let a = 1;\nlet ü = \"é\";\n";
        for (byte, line, column) in [(0, 1, 1), (4, 1, 5), (10, 1, 11), (11, 2, 1), (17, 2, 6), (99, 3, 1)] {
            assert_eq!(Place::of(text, byte), Place { line, column }, "byte {byte}");
        }
    }
}
