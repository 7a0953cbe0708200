//! The text of a table, cut into rows and cells.
//!
//! Owns: encodings (UTF-8 and UTF-16 with or without their mark, Windows-1252 when a map says so), `sep=`, the
//! separator, quotation marks and the lines that rows begin in. What makes it uncertain where a row ends is a fault of the
//! whole file, since every row behind it could be read as another's: nothing of such a file is used. Leaves what the cells
//! mean to `table`.

use std::borrow::Cow;

/// A longer cell is a file that was cut wrong.
const CELL_BYTES_MAX: usize = 64 << 10;
/// Most rows of a table.
pub const ROWS_MAX: usize = 1_000_000;
/// Faults of one file that are told; more would say the same.
const FAULTS_MAX: usize = 20;
/// Separators that a head is tried with when no map names one.
const SEPARATORS: [char; 4] = [',', ';', '\t', '|'];
/// What stands for the bytes 80 to 9F in Windows-1252.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// How a file was written, when a map says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// As nearly everything is.
    Utf8,
    /// What Excel writes as "CSV" in the west of Europe.
    Windows1252,
}

/// A row, and the line it begins in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cells {
    /// Counted from 1.
    pub line: u64,
    /// What stands between its separators.
    pub cells: Vec<String>,
}

/// A file cut into rows. The first one is the head; rows without any value are none.
pub type Rows = Vec<Cells>;

/// The bytes of a file as text, or why they are none.
pub fn text(bytes: &[u8], encoding: Option<Encoding>) -> Result<Cow<'_, str>, Vec<String>> {
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = bytes.chunks(2).map(|pair| unit([pair[0], pair.get(1).copied().unwrap_or_default()]));
        let text: Result<String, _> = char::decode_utf16(units).collect();
        let no = || vec!["the file is cut off or damaged UTF-16; save it as CSV UTF-8".to_owned()];
        if bytes.len().is_multiple_of(2) { text.map(Cow::Owned).map_err(|_| no()) } else { Err(no()) }
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => return utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => return utf16(rest, u16::from_be_bytes),
        // Without a mark every other byte of plain letters is zero.
        [first, 0, third, 0, ..] if *first != 0 && *third != 0 => return utf16(bytes, u16::from_le_bytes),
        [0, second, 0, fourth, ..] if *second != 0 && *fourth != 0 => return utf16(bytes, u16::from_be_bytes),
        _ => {}
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if encoding == Some(Encoding::Windows1252) {
        return Ok(Cow::Owned(bytes.iter().map(|byte| windows_1252(*byte)).collect()));
    }
    std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| not_utf8(bytes))
}

fn windows_1252(byte: u8) -> char {
    match byte {
        0x80..=0x9f => WINDOWS_1252[usize::from(byte - 0x80)],
        byte => char::from(byte),
    }
}

/// The first lines that are no UTF-8, and what they would be in the encoding that is the likeliest.
fn not_utf8(bytes: &[u8]) -> Vec<String> {
    let lines = bytes.split(|byte| *byte == b'\n').zip(1..);
    let wrong: Vec<_> = lines.filter(|(line, _)| std::str::from_utf8(line).is_err()).collect();
    let mut faults: Vec<String> = wrong
        .iter()
        .take(3)
        .map(|(line, number): &(&[u8], u64)| {
            let read: String =
                line.iter().map(|byte| windows_1252(*byte)).filter(|c| !c.is_control()).take(60).collect();
            format!("line {number}: the text is not UTF-8; as Windows-1252 it would read `{read}`")
        })
        .collect();
    if wrong.len() > faults.len() {
        faults.push(format!("{} more lines are not UTF-8", wrong.len() - faults.len()));
    }
    faults
}

/// Cuts the text into rows. Everything that leaves it uncertain where a row ends is told at once.
pub fn rows(text: &str, separator: Option<char>) -> Result<Rows, Vec<String>> {
    let (text, named, first_line) = match said_separator(text) {
        Some((rest, named)) => (rest, Some(named), 2),
        None => (text, None, 1),
    };
    let separator = separator.or(named).unwrap_or_else(|| guessed(text));
    let mut cutting = Cutting { text, at: 0, line: first_line, separator, faults: Vec::new() };
    let mut rows: Rows = Vec::new();
    while !cutting.is_done() && cutting.faults.len() < FAULTS_MAX {
        let columns = rows.first().map_or(0, |head| head.cells.len());
        let row = cutting.row(columns);
        if row.cells.iter().any(|cell| !cell.trim().is_empty()) {
            rows.push(row);
        }
        if rows.len() > ROWS_MAX {
            cutting.faults.push(format!("the table has more than {ROWS_MAX} rows"));
            break;
        }
    }
    if cutting.faults.is_empty() { Ok(rows) } else { Err(cutting.faults) }
}

/// Excel's first line `sep=;`: what is behind it, and the separator.
fn said_separator(text: &str) -> Option<(&str, char)> {
    let rest = text.strip_prefix("sep=").or_else(|| text.strip_prefix("\"sep="))?;
    let separator = rest.chars().next()?;
    let rest = rest[separator.len_utf8()..].trim_start_matches('"');
    let rest = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix(['\n', '\r']))?;
    Some((rest, separator))
}

/// The separator that cuts the head into most columns. What stands in quotation marks separates nothing.
fn guessed(text: &str) -> char {
    let mut counts = [0_usize; SEPARATORS.len()];
    let mut is_quoted = false;
    for c in text.chars() {
        match c {
            '"' => is_quoted = !is_quoted,
            '\r' | '\n' if !is_quoted => break,
            c if !is_quoted => {
                counts.iter_mut().zip(SEPARATORS).filter(|(_, one)| *one == c).for_each(|(n, _)| *n += 1)
            }
            _ => {}
        }
    }
    // The first of equals, so that a single column is read with commas.
    let most = counts.iter().zip(SEPARATORS).rev().max_by_key(|(count, _)| **count);
    most.map_or(',', |(_, separator)| separator)
}

/// Where the cutting stands.
struct Cutting<'a> {
    text: &'a str,
    at: usize,
    line: u64,
    separator: char,
    faults: Vec<String>,
}

/// What came behind a cell.
#[derive(PartialEq)]
enum Behind {
    Cell,
    Row,
}

impl Cutting<'_> {
    fn is_done(&self) -> bool {
        self.at >= self.text.len()
    }

    fn row(&mut self, columns: usize) -> Cells {
        let (line, mut cells) = (self.line, Vec::new());
        loop {
            let (cell, behind) = self.cell(columns);
            cells.push(cell);
            if behind == Behind::Row {
                return Cells { line, cells };
            }
        }
    }

    fn cell(&mut self, columns: usize) -> (String, Behind) {
        let rest = &self.text[self.at..];
        // Blanks before a mark belong to nobody.
        let blanks = rest.len() - rest.trim_start_matches(|c| c == ' ' && c != self.separator).len();
        if rest[blanks..].starts_with('"') {
            self.at += blanks + 1;
            return self.quoted(columns);
        }
        let end = rest.find([self.separator, '\r', '\n']).unwrap_or(rest.len());
        let cell = rest[..end].to_owned();
        self.at += end;
        (cell, self.behind())
    }

    /// A cell whose opening mark has just been passed.
    fn quoted(&mut self, columns: usize) -> (String, Behind) {
        let (opened, start) = (self.line, self.at);
        let mut cell = String::new();
        loop {
            let rest = &self.text[self.at..];
            let Some(end) = rest.find('"') else {
                self.faults.push(format!("line {opened}: a quotation mark opens here and is never closed"));
                self.at = self.text.len();
                return (cell, Behind::Row);
            };
            cell.push_str(&rest[..end]);
            self.count_lines(end);
            self.at += end + 1;
            if self.text[self.at..].starts_with('"') {
                cell.push('"');
                self.at += 1;
                continue;
            }
            break;
        }
        let after = &self.text[self.at..];
        let blanks = after.len() - after.trim_start_matches(|c| c == ' ' && c != self.separator).len();
        let next = after[blanks..].chars().next();
        if next.is_some_and(|c| c != self.separator && c != '\r' && c != '\n') {
            self.faults.push(format!(
                "line {opened}: a quotation mark opens here, and behind the one that closes it, in line {}, the cell goes on",
                self.line
            ));
            // What follows cannot be told apart from rows any more.
            self.at = self.text.len();
            return (cell, Behind::Row);
        }
        self.at += blanks;
        let has_row_within = columns > 1 && self.has_row_within(start, columns);
        if has_row_within {
            self.faults.push(format!(
                "line {opened}: a quotation mark opens here and takes in what looks like rows of their own, up to line {}",
                self.line
            ));
        } else if cell.len() > CELL_BYTES_MAX {
            self.faults.push(format!("line {opened}: a cell has more than {CELL_BYTES_MAX} bytes"));
        }
        (cell, self.behind())
    }

    /// Whether a line inside the cell that began at `start` has as many separators as a row: then two marks are missing,
    /// or stand in the wrong places, and rows would be swallowed without a word.
    fn has_row_within(&self, start: usize, columns: usize) -> bool {
        let inside = &self.text[start..self.at];
        let is_row = |line: &str| line.matches(self.separator).count() + 1 >= columns;
        inside.contains(['\r', '\n']) && inside.split(['\r', '\n']).any(is_row)
    }

    /// Passes what stands behind a cell.
    fn behind(&mut self) -> Behind {
        let rest = &self.text[self.at..];
        if rest.starts_with(self.separator) {
            self.at += self.separator.len_utf8();
            return Behind::Cell;
        }
        let length = if rest.starts_with("\r\n") { 2 } else { usize::from(!rest.is_empty()) };
        self.at += length;
        self.line += u64::from(length > 0);
        Behind::Row
    }

    /// Counts the ends of lines in what is passed over.
    fn count_lines(&mut self, length: usize) {
        let passed = &self.text[self.at..self.at + length];
        let both = passed.matches("\r\n").count();
        let ends = passed.matches(['\r', '\n']).count() - both;
        self.line += ends as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Result<String, Vec<String>> {
        let rows = rows(text, None)?;
        let row = |row: &Cells| format!("{}:{}", row.line, row.cells.join("|"));
        Ok(rows.iter().map(row).collect::<Vec<_>>().join(" / "))
    }

    #[test]
    fn r57_a_table_is_cut_however_its_system_writes_it() {
        for (text, cut) in [
            ("a,b\n1,2\n", "1:a|b / 2:1|2"),
            ("a,b\r\n1,2\r\n", "1:a|b / 2:1|2"),
            ("a,b\r1,2\r3,4", "1:a|b / 2:1|2 / 3:3|4"),
            ("a;b\n1,5;2\n", "1:a|b / 2:1,5|2"),
            ("a\tb\n1\t2", "1:a|b / 2:1|2"),
            ("sep=;\na;b\n1;2", "2:a|b / 3:1|2"),
            ("sep=,\r\na,b\r\n1,2", "2:a|b / 3:1|2"),
            ("\"x, y, z\";\"b\"\n1;2", "1:x, y, z|b / 2:1|2"),
            ("a,b\n,\n\n  \n1,2", "1:a|b / 5:1|2"),
            ("a,b\n\"1 \"\"x\"\"\",2", "1:a|b / 2:1 \"x\"|2"),
            ("a,b,c\n\"1\n2\",3,4\n5,6,7", "1:a|b|c / 2:1\n2|3|4 / 4:5|6|7"),
            ("a,b\n20\" pipe,2", "1:a|b / 2:20\" pipe|2"),
            ("a,b\n \"1\" ,2", "1:a|b / 2:1|2"),
            ("id,email,roles\r1,2,\"x;y\"\r", "1:id|email|roles / 2:1|2|x;y"),
        ] {
            assert_eq!(shown(text).as_deref(), Ok(cut), "{text:?}");
        }
    }

    #[test]
    fn r49_a_missing_quotation_mark_is_told_with_the_line_where_it_opens() {
        for (text, line, word) in [
            ("a,b,c\n1,\"Acme,x\n2,Birch,y\n3,Cedar,z", 2, "never closed"),
            ("a,b,c\n1,2,3\n4,5,\"6\n7,8,9\n", 3, "never closed"),
            ("a,b,c\n1,\"Acme,x\n2,\"Birch\",y", 2, "goes on"),
            ("a,b\n\"20\" Pipes\",2", 2, "goes on"),
            ("a,b,c\n1,Acme,\"0163\n2,Birch,\"\n3,4,5", 2, "rows of their own"),
            ("\"a,b\n1,2", 1, "never closed"),
        ] {
            let faults = shown(text).expect_err(text);
            assert!(faults[0].starts_with(&format!("line {line}:")) && faults[0].contains(word), "{text:?} {faults:?}");
        }
    }

    #[test]
    fn r57_bytes_are_read_in_their_encoding_or_the_line_is_told() {
        let utf16: Vec<u8> = "ü,b".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = "ab,ü".encode_utf16().flat_map(u16::to_be_bytes).collect();
        for (bytes, read) in [
            (b"a,b".to_vec(), "a,b"),
            ([&b"\xef\xbb\xbf"[..], b"a"].concat(), "a"),
            ([&b"\xff\xfe"[..], &utf16].concat(), "ü,b"),
            ([&b"\xfe\xff"[..], &big].concat(), "ab,ü"),
            (big, "ab,ü"),
        ] {
            assert_eq!(text(&bytes, None).as_deref(), Ok(read));
        }
        let faults = text(b"id\nM\xfcller\n", None).expect_err("is not UTF-8");
        assert_eq!(faults, ["line 2: the text is not UTF-8; as Windows-1252 it would read `Müller`"]);
        assert_eq!(text(b"M\xfcller \x80", Some(Encoding::Windows1252)).as_deref(), Ok("Müller €"));
    }
}
