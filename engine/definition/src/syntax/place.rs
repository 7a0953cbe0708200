//! From a character of a decoded scalar back to its byte in the file.
//!
//! Owns: the alignment of text and source, line by line. Without escapes each line of the source stands in the text as
//! it is, only its indentation and line breaks differ; so one walk serves plain, quoted, literal and folded texts.

use std::ops::Range;

/// Stretches which read the same in the text and in the file; none when escapes stand between.
#[derive(Clone, Debug, Default)]
pub(super) struct Pieces(Vec<Piece>);

#[derive(Clone, Copy, Debug)]
struct Piece {
    text: usize,
    file: usize,
    length: usize,
}

impl Pieces {
    pub fn align(text: &str, source: &str, start: usize) -> Self {
        let mut pieces = Vec::new();
        let (mut cursor, mut line_start) = (0, start);
        for line in source.split_inclusive('\n') {
            let content = line.trim_matches([' ', '\r', '\n']);
            if !content.is_empty() {
                cursor += blank(&text[cursor..]);
                if !text[cursor..].starts_with(content) {
                    return Self::default();
                }
                let indent = line.len() - line.trim_start_matches([' ', '\r', '\n']).len();
                pieces.push(Piece { text: cursor, file: line_start + indent, length: content.len() });
                cursor += content.len();
            }
            line_start += line.len();
        }
        Self(pieces)
    }

    pub fn place(&self, range: Range<usize>) -> Option<Range<usize>> {
        let start = self.byte(range.start)?;
        let last = self.byte(range.end.max(range.start + 1) - 1)?;
        let end = if range.is_empty() { start } else { (last + 1).min(self.end()) };
        Some(start..end.max(start))
    }

    /// Where the last piece ends: a fault at the end of a text that fills its file has nothing behind it to point at.
    fn end(&self) -> usize {
        self.0.last().map_or(0, |piece| piece.file + piece.length)
    }

    /// Blanks between two pieces count as the end of the one before.
    fn byte(&self, offset: usize) -> Option<usize> {
        let behind = self.0.partition_point(|piece| piece.text <= offset);
        let piece = self.0.get(behind.saturating_sub(1))?;
        Some(piece.file + offset.saturating_sub(piece.text).min(piece.length))
    }
}

fn blank(text: &str) -> usize {
    text.len() - text.trim_start_matches([' ', '\n']).len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_behind_the_end_of_a_text_is_its_end() {
        let pieces = Pieces::align("a + {", "a + {", 10);
        assert_eq!(pieces.place(4..5), Some(14..15));
        assert_eq!(pieces.place(5..6), Some(15..15));
        assert_eq!(pieces.place(5..5), Some(15..15));
    }
}
