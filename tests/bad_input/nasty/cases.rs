//! The nasty files: encodings, depths, sizes, signs that nobody sees, doubled, cut and empty ones.
//!
//! Owns: what is done to a good file. A case says how the client would be called, where its name stands in the file, if
//! the file is taken.

/// The name that stands in good files.
pub const NAME: &str = "Müller & Söhne £5";

/// A nasty file.
pub struct Case {
    pub name: &'static str,
    pub bytes: Vec<u8>,
    /// What the name is when it is read right.
    pub title: String,
}

/// Larger than any file of people or a definition.
const LARGE: usize = 2 << 20;
const LONG: usize = 900_000;

/// All of them, made of a good file.
pub fn cases(good: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |name, bytes: Vec<u8>| cases.push(Case { name, bytes, title: NAME.to_owned() });
    let utf16 = |text: &str, order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect::<Vec<u8>>();
    let after = |mark: &[u8], bytes: Vec<u8>| [mark, &bytes].concat();
    // Nothing.
    add("empty", Vec::new());
    add("blanks", b"  \n \n\n".to_vec());
    add("a mark of UTF-8 alone", b"\xef\xbb\xbf".to_vec());
    add("zeros", vec![0; 64 << 10]);
    // Encodings.
    add("with a mark of UTF-8", after(b"\xef\xbb\xbf", good.into()));
    add("two marks of UTF-8", after(b"\xef\xbb\xbf\xef\xbb\xbf", good.into()));
    add("UTF-16, little end first", after(b"\xff\xfe", utf16(good, u16::to_le_bytes)));
    add("UTF-16, big end first", after(b"\xfe\xff", utf16(good, u16::to_be_bytes)));
    add("UTF-16 without a mark, little end first", utf16(good, u16::to_le_bytes));
    add("UTF-16 without a mark, big end first", utf16(good, u16::to_be_bytes));
    add("UTF-32", after(b"\xff\xfe\0\0", good.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect()));
    add("a mark of UTF-16 before UTF-8", after(b"\xff\xfe", good.into()));
    add("cut inside a character", after(good.as_bytes(), vec![0xc3]));
    // Lines.
    add("lines of Windows", good.replace('\n', "\r\n").into());
    add("lines of an old Macintosh", good.replace('\n', "\r").into());
    add("without a last line break", good.trim_end().into());
    add("a tab at the beginning", format!("\t{good}").into());
    // Shapes.
    add("half of it", good.as_bytes()[..good.len() / 2].to_vec());
    add("twice", format!("{good}{good}").into());
    add("two documents", format!("{good}---\n{good}").into());
    add("an open quote", format!("{good}\"").into());
    add("something behind it", format!("{good}}}]\n<x>").into());
    add("an invisible first character", format!("\u{a0}{good}").into());
    add("a directive", format!("%YAML 1.1\n---\n{good}").into());
    // Depths and sizes.
    add("brackets", "[".repeat(100_000).into());
    add("braces", "{\"a\":".repeat(50_000).into());
    add("tables of tables", format!("x = {}{}\n", "[".repeat(20_000), "]".repeat(20_000)).into());
    add(
        "indented ever deeper",
        (0..3_000).map(|depth| format!("{}a:\n", " ".repeat(depth % 900))).collect::<String>().into(),
    );
    add("an alias bomb", bomb().into());
    add("very many values", format!("[{}1]", "1,".repeat(200_000)).into());
    add("very many keys", (0..60_000).map(|n| format!("k{n}: 1\n")).collect::<String>().into());
    add("very many keys of one name", "k: 1\n".repeat(60_000).into());
    add("very many lines", "x,y\n".repeat(100_000).into());
    add("larger than any", format!("{good}#{}\n", "x".repeat(LARGE)).into());
    add("one very long line", format!("a: \"{}\"", "x".repeat(LONG)).into());
    add("a very long number", "9".repeat(LONG).into());
    // Files of other kinds.
    add("noise", noise());
    add("a program", after(b"\x7fELF\x02\x01\x01\0", noise()));
    add("a spreadsheet", after(b"PK\x03\x04\x14\0\x06\0", noise()));
    add("a web page", b"<!DOCTYPE html><html><body>Sign in</body></html>\n".to_vec());
    // Inside of a name.
    let mut inside = |name, title: &str| {
        let bytes = good.replace(NAME, title).into();
        cases.push(Case { name, bytes, title: title.to_owned() });
    };
    inside("a zero", "Mül\0ler");
    inside("an escape code", "Mül\u{1b}[2Jler");
    inside("a control character", "Mül\u{85}ler");
    inside("a mark inside", "Mül\u{feff}ler");
    inside("a space without a width", "Mül\u{200b}ler");
    inside("another direction", "Mül\u{202e}ler");
    inside("a line separator", "Mül\u{2028}ler");
    inside("a no-break space", "Mül\u{a0}ler");
    inside("a hash", "Mül #3 ler");
    for (name, bytes) in [
        ("bytes of Windows-1252", &b"M\xfcller"[..]),
        ("a byte that is none", b"M\xffller"),
        ("too long a form", b"M\xc0\x80ller"),
        ("half of a pair", b"M\xed\xa0\x80ller"),
    ] {
        let mut whole = Vec::new();
        for (at, part) in good.split(NAME).enumerate() {
            whole.extend_from_slice(if at > 0 { bytes } else { b"" });
            whole.extend_from_slice(part.as_bytes());
        }
        cases.push(Case { name, bytes: whole, title: "Müller".to_owned() });
    }
    cases
}

fn bomb() -> String {
    (1..12).fold("a0: &a0 [x]\n".to_owned(), |text, n| {
        format!("{text}a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 10].join(", "))
    })
}

/// The same every time.
fn noise() -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..64 << 10).map(|_| next()).collect()
}
