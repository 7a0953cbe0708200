//! Secrets, taken out of everything that comes back.
//!
//! Owns: in which forms a secret is looked for, and what stands in its place. A host may send back what it was sent: the
//! plugin, the timeline and the export then get stars. Looked for are its own bytes, and the same in the encodings that
//! requests are written in: JSON, percent-encoding, base64 with whatever stands before it, hexadecimal digits. What a host
//! has encrypted, compressed or taken apart is not known again.

use std::fmt::Write as _;

/// What stands in the place of a secret.
const STARS: &[u8] = b"***";
/// Shorter secrets are not looked for: they stand in every other text.
const SECRET_BYTES_MIN: usize = 4;
/// Shorter secrets are not looked for in other forms than their own.
const ENCODED_BYTES_MIN: usize = 6;

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The forms of some secrets, by their first byte, the longest first.
#[derive(Clone, Default)]
pub struct Veil(Vec<Vec<Vec<u8>>>);

impl Veil {
    /// Over these secrets.
    pub fn over<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let mut forms: Vec<Vec<u8>> = secrets.into_iter().flat_map(forms_of).collect();
        if forms.is_empty() {
            return Self::default();
        }
        forms.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
        forms.dedup();
        let mut by_first = vec![Vec::new(); 256];
        for form in forms {
            if let Some(first) = form.first() {
                by_first[usize::from(*first)].push(form);
            }
        }
        Self(by_first)
    }

    /// Bytes without the secrets.
    pub fn bytes(&self, bytes: Vec<u8>) -> Vec<u8> {
        if self.0.is_empty() || self.first(&bytes, 0).is_none() {
            return bytes;
        }
        let mut out = Vec::with_capacity(bytes.len());
        let mut at = 0;
        while let Some((start, length)) = self.first(&bytes, at) {
            out.extend_from_slice(&bytes[at..start]);
            out.extend_from_slice(STARS);
            at = start + length;
        }
        out.extend_from_slice(&bytes[at..]);
        out
    }

    /// A text without them.
    pub fn text(&self, text: String) -> String {
        match String::from_utf8(self.bytes(text.into_bytes())) {
            Ok(text) => text,
            // Each form is text, so nothing is cut within a letter.
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        }
    }

    /// Where the next secret begins, and its length there.
    fn first(&self, bytes: &[u8], from: usize) -> Option<(usize, usize)> {
        let found = |(place, byte): (usize, &u8)| {
            let forms = &self.0[usize::from(*byte)];
            let form = forms.iter().find(|form| bytes[from + place..].starts_with(form))?;
            Some((from + place, form.len()))
        };
        if self.0.is_empty() {
            return None;
        }
        bytes.get(from..)?.iter().enumerate().find_map(found)
    }
}

fn forms_of(secret: &str) -> Vec<Vec<u8>> {
    let bytes = secret.as_bytes();
    if bytes.len() < SECRET_BYTES_MIN {
        return vec![];
    }
    let mut forms = vec![bytes.to_vec(), in_json(secret), in_json_ascii(secret)];
    if bytes.len() >= ENCODED_BYTES_MIN {
        for plain in [&b"-._~"[..], b"-._~!$&'()*+,;=:@/?"] {
            for upper in [true, false] {
                forms.push(percent(bytes, plain, upper, "%20"));
                forms.push(percent(bytes, plain, upper, "+"));
            }
        }
        forms.extend([hex(bytes, true), hex(bytes, false)]);
        for alphabet in [STANDARD, URL] {
            forms.extend((0..3).map(|before| base64(bytes, before, alphabet)));
        }
    }
    forms
}

/// Within a JSON text.
fn in_json(secret: &str) -> Vec<u8> {
    let quoted = serde_json::Value::from(secret).to_string();
    quoted.as_bytes()[1..quoted.len() - 1].to_vec()
}

/// The same by a writer that has no letters beyond ASCII.
fn in_json_ascii(secret: &str) -> Vec<u8> {
    let mut out = String::new();
    for letter in String::from_utf8(in_json(secret)).unwrap_or_default().chars() {
        if letter.is_ascii() {
            out.push(letter);
        } else {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                // A `String` takes every text.
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out.into_bytes()
}

fn percent(bytes: &[u8], plain: &[u8], upper: bool, space: &str) -> Vec<u8> {
    let mut out = String::new();
    for byte in bytes {
        let _ = match byte {
            b' ' => write!(out, "{space}"),
            byte if byte.is_ascii_alphanumeric() || plain.contains(byte) => write!(out, "{}", *byte as char),
            byte if upper => write!(out, "%{byte:02X}"),
            byte => write!(out, "%{byte:02x}"),
        };
    }
    out.into_bytes()
}

fn hex(bytes: &[u8], upper: bool) -> Vec<u8> {
    let digits = |byte: &u8| if upper { format!("{byte:02X}") } else { format!("{byte:02x}") };
    bytes.iter().map(digits).collect::<String>().into_bytes()
}

/// What is the same in base64 whatever stands before the secret, when that is so many bytes more than a multiple of three,
/// and whatever follows it.
fn base64(bytes: &[u8], before: usize, alphabet: &[u8; 64]) -> Vec<u8> {
    let bits = |at: usize| -> usize {
        let byte = |place: usize| place.checked_sub(before).and_then(|place| bytes.get(place)).copied().unwrap_or(0);
        let (place, shift) = (at * 6 / 8, at * 6 % 8);
        let pair = u16::from(byte(place)) << 8 | u16::from(byte(place + 1));
        usize::from(pair >> (10 - shift) & 0x3f)
    };
    // Letters that no other byte has a part in.
    let (first, last) = ((before * 8).div_ceil(6), (before + bytes.len()) * 8 / 6);
    (first..last).map(|at| alphabet[bits(at)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The base64 of some bytes, as others write it.
    fn whole(bytes: &[u8]) -> String {
        let padded = [bytes, &[0, 0]].concat();
        let letters = (bytes.len() * 8).div_ceil(6);
        let mut out = String::from_utf8(base64(&padded, 0, STANDARD)[..letters].to_vec()).unwrap();
        while !out.len().is_multiple_of(4) {
            out.push('=');
        }
        out
    }

    #[test]
    fn r06_a_secret_is_blacked_out_in_each_form_that_requests_are_written_in() {
        const SECRET: &str = "s3cr3t of \"the\" bänk/1";
        let veil = Veil::over([SECRET]);
        assert_eq!(whole(b"Ma"), "TWE=");
        let basic: Vec<String> =
            ["", "a:", "ab:", "user:"].iter().map(|user| whole(format!("{user}{SECRET}").as_bytes())).collect();
        let mut shown = vec![
            SECRET.to_owned(),
            serde_json::json!({ "echo": SECRET }).to_string(),
            r#"{"echo":"s3cr3t of \"the\" b\u00e4nk/1"}"#.to_owned(),
            "q=s3cr3t%20of%20%22the%22%20b%C3%A4nk%2F1".to_owned(),
            "q=s3cr3t+of+%22the%22+b%c3%a4nk%2f1".to_owned(),
            "/s3cr3t%20of%20%22the%22%20b%C3%A4nk/1".to_owned(),
            String::from_utf8(hex(SECRET.as_bytes(), false)).unwrap(),
        ];
        shown.extend(basic);
        for text in shown {
            let veiled = veil.text(format!("<{text}>"));
            assert!(veiled.contains("***"), "{text}: {veiled}");
            assert!(veiled.len() < text.len(), "{text}: {veiled}");
            assert!(!veiled.contains("3cr3t"), "{text}: {veiled}");
        }
    }

    #[test]
    fn what_is_no_secret_stays_as_it_is() {
        let veil = Veil::over(["hunter2", "abc", ""]);
        for text in ["", "hunter", "abc", "aHVudGVy", "Ünder"] {
            assert_eq!(veil.text(text.into()), text);
        }
        assert_eq!(veil.text("xhunter2hunter2y".into()), "x******y");
        assert_eq!(veil.bytes(b"\xffhunter2\xff".to_vec()), b"\xff***\xff");
        assert_eq!(Veil::default().text("x".into()), "x");
    }
}
