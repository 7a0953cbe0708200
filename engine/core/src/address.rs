//! What an e-mail address is, and when two are the same: the one reader of them.
//!
//! Owns: reading an address that people typed, the words for what is wrong with it, and its comparing form. Imports,
//! people files, forms, plugins and letters all read by it, so that what one door takes no other refuses. Leaves what
//! a mail server says of an address to the letters.
//!
//! To compare two addresses call [`same`], or [`key`] where they are looked up: spaces around, invisible signs, case and
//! the spelling of the domain (`MÜLLER.example`, `xn--mller-kva.example`) do not count; a plus tag does.

use alloc::{borrow::Cow, format, string::String};
use core::{fmt, str::FromStr};

/// Longest part before the `@`, in bytes (RFC 5321, 4.5.3.1.1).
pub const LOCAL_BYTES_MAX: usize = 64;
/// Longest address, in bytes (RFC 5321, 4.5.3.1.3, less the angle brackets).
pub const ADDRESS_BYTES_MAX: usize = 254;
/// How much of a bad address is shown to people.
const SHOWN_CHARS_MAX: usize = 80;

/// One address that mail can be sent to.
///
/// It has two spellings: the one that people see, as it was typed but for invisible signs, and the one that goes onto the
/// wire, with the domain in lower case and punycode, ASCII throughout.
///
/// ```
/// let address: jobwright_core::address::Address = " Office@Müller.example\u{200b}".parse().unwrap();
/// assert_eq!(address.shown(), "Office@müller.example");
/// assert_eq!(address.as_str(), "Office@xn--mller-kva.example");
/// assert!(address.was_cleaned());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    shown: String,
    wire: String,
    was_cleaned: bool,
}

/// Why a text is not an address that we can write to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadAddress {
    /// The text, cut and on one line.
    pub address: String,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What can be wrong with an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing was typed.
    Empty,
    /// No `@` in it.
    NoAt,
    /// More than mail servers take.
    TooLong,
    /// Nothing, or dots in the wrong place, or other signs before the `@`.
    Local,
    /// Letters such as `ü` before the `@`: too many servers refuse them.
    LocalNotAscii,
    /// A name that is not a domain, or has no dot.
    Domain,
}

/// Reads an address; spaces around it and signs that nobody sees are forgiven.
///
/// # Errors
/// What is wrong with it, in words for people.
pub fn read(text: &str) -> Result<Address, BadAddress> {
    parse(text).map_err(|fault| BadAddress { address: on_one_line(text), fault })
}

/// Reads a domain name as mail needs it: lower case, punycode, at least one dot.
///
/// # Errors
/// When it is not such a name.
pub fn domain(text: &str) -> Result<String, Fault> {
    let text = text.trim();
    let kept: String = text.chars().filter(|c| !is_invisible(*c) || joins_letters(*c)).collect();
    // Some names are written with joiners, some only have them left over from where they were copied.
    ascii_domain(&kept).or_else(|fault| match kept.contains(joins_letters) {
        true => ascii_domain(&kept.replace(joins_letters, "")),
        false => Err(fault),
    })
}

/// Whether two addresses, as they were typed, are one mailbox as far as anyone but its server can tell.
pub fn same(one: &str, other: &str) -> bool {
    one == other || key(one) == key(other)
}

/// The form in which the same address is always the same text. What is not an address is compared without case.
pub fn key(text: &str) -> String {
    let text = text.trim();
    // Nearly all addresses are plain: their key is their lower case, and nothing has to be read.
    let is_plain = text.is_ascii();
    if is_plain {
        return text.to_ascii_lowercase();
    }
    parse(text).map_or_else(|_| text.to_lowercase(), |address| address.key())
}

/// Whether a sign shows nothing and so is most likely in a text by accident: zero width, direction, soft hyphen.
pub fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}'
    )
}

/// Zero width, and yet part of how some scripts are written.
fn joins_letters(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

impl Address {
    /// The address as it goes into commands and headers of mail.
    pub fn as_str(&self) -> &str {
        &self.wire
    }

    /// The address as people see it and as it is kept.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Whether invisible signs were taken out of what was typed.
    pub fn was_cleaned(&self) -> bool {
        self.was_cleaned
    }

    /// The part before the `@`.
    pub fn local(&self) -> &str {
        self.wire.rsplit_once('@').map_or("", |(local, _)| local)
    }

    /// The domain, in lower case and punycode.
    pub fn domain(&self) -> &str {
        self.wire.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// The form in which the same address is always the same text: plus tags count.
    pub fn key(&self) -> String {
        self.wire.to_ascii_lowercase()
    }

    /// Whether mail to both lands in one mailbox, as far as anyone but its server can tell.
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.wire.eq_ignore_ascii_case(&other.wire)
    }
}

impl FromStr for Address {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        read(text)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.shown)
    }
}

impl fmt::Display for BadAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not an e-mail address: {}", self.address, self.fault)
    }
}

impl core::error::Error for BadAddress {}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("it is empty"),
            Self::NoAt => f.write_str("it has no `@`"),
            Self::TooLong => {
                write!(f, "it is too long: at most {LOCAL_BYTES_MAX} bytes before the `@`, {ADDRESS_BYTES_MAX} in all")
            }
            Self::Local => f.write_str(
                "the part before the `@` must be letters, digits and `.!#$%&'*+/=?^_`{|}~-`, no dot first, last or twice",
            ),
            Self::LocalNotAscii => {
                f.write_str("the part before the `@` has letters outside a-z; ask for an address without them")
            }
            Self::Domain => f.write_str("the part after the `@` is not a full domain, such as `practice.example`"),
        }
    }
}

impl core::error::Error for Fault {}

fn parse(text: &str) -> Result<Address, Fault> {
    let text = text.trim();
    let (local, after) = text.rsplit_once('@').ok_or(if text.is_empty() { Fault::Empty } else { Fault::NoAt })?;
    let local = visible(local);
    let local = local.trim();
    if !local.is_ascii() {
        return Err(Fault::LocalNotAscii);
    }
    // Readers take `=?utf-8?b?…?=` for an encoded word and show, and answer to, another address.
    if !local.split('.').all(is_atom) || local.contains("=?") {
        return Err(Fault::Local);
    }
    let ascii = domain(after)?;
    if local.len() > LOCAL_BYTES_MAX || local.len() + 1 + ascii.len() > ADDRESS_BYTES_MAX {
        return Err(Fault::TooLong);
    }
    let typed = visible(after);
    let typed = typed.trim();
    // What was typed in plain letters stays as typed; everything else is shown composed and in lower case.
    let seen = if typed.is_ascii() { typed.into() } else { idna::domain_to_unicode(&ascii).0 };
    let was_cleaned = text.chars().any(is_invisible);
    Ok(Address { shown: format!("{local}@{seen}"), wire: format!("{local}@{ascii}"), was_cleaned })
}

fn visible(text: &str) -> Cow<'_, str> {
    match text.contains(is_invisible) {
        true => Cow::Owned(text.chars().filter(|c| !is_invisible(*c)).collect()),
        false => Cow::Borrowed(text),
    }
}

fn ascii_domain(text: &str) -> Result<String, Fault> {
    let ascii = idna::domain_to_ascii_strict(text).map_err(|_| Fault::Domain)?;
    // The root's empty label, too, has nothing but digits.
    let is_numeric = ascii.rsplit('.').next().is_none_or(|last| last.bytes().all(|b| b.is_ascii_digit()));
    if !ascii.contains('.') || is_numeric { Err(Fault::Domain) } else { Ok(ascii) }
}

fn is_atom(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&b))
}

/// The text cut and on one line, without what could end the line or turn it around.
fn on_one_line(text: &str) -> String {
    let mut line = String::new();
    for part in text.split(|c: char| c.is_control() || c.is_whitespace()) {
        let part = visible(part);
        if !part.is_empty() {
            line.push_str(if line.is_empty() { "" } else { " " });
            line.push_str(&part);
        }
    }
    line.chars().take(SHOWN_CHARS_MAX).collect::<String>().trim_end().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{string::ToString, vec};

    #[test]
    fn r54_an_address_is_read_as_people_type_it() {
        for (typed, shown, wire) in [
            ("ann@client.example", "ann@client.example", "ann@client.example"),
            ("  Ann.Archer+vat@Client.EXAMPLE\n", "Ann.Archer+vat@Client.EXAMPLE", "Ann.Archer+vat@client.example"),
            ("info@müller.example", "info@müller.example", "info@xn--mller-kva.example"),
            ("info@mu\u{308}ller.example", "info@müller.example", "info@xn--mller-kva.example"),
            ("info@MÜLLER.example", "info@müller.example", "info@xn--mller-kva.example"),
            ("info@xn--mller-kva.example", "info@xn--mller-kva.example", "info@xn--mller-kva.example"),
            ("info@परीक्षा.example", "info@परीक्षा.example", "info@xn--11b5bs3a9aj6g.example"),
            ("info@பரிட்சை.example", "info@பரிட்சை.example", "info@xn--hlcj6aya9esc7a.example"),
            ("info@ทดสอบแล้ว.example", "info@ทดสอบแล้ว.example", "info@xn--l3cfk8bkpv5nxc.example"),
            ("o'brien@sub.client.example", "o'brien@sub.client.example", "o'brien@sub.client.example"),
            ("\u{200b}ann@acme.example", "ann@acme.example", "ann@acme.example"),
            ("\u{feff}ann\u{200f}@acme.example\u{200b}", "ann@acme.example", "ann@acme.example"),
            ("\u{a0}ann@acme\u{ad}.example", "ann@acme.example", "ann@acme.example"),
            ("ann@acme\u{200d}.example", "ann@acme.example", "ann@acme.example"),
        ] {
            let read = read(typed).unwrap_or_else(|bad| panic!("{bad}"));
            assert_eq!((read.shown(), read.as_str()), (shown, wire), "{typed:?}");
            assert_eq!(read.was_cleaned(), typed.contains(is_invisible), "{typed:?}");
            assert_eq!(super::read(shown).map(|again| again.key()), Ok(read.key()), "what is kept is read again");
        }
    }

    #[test]
    fn r54_a_bad_address_is_refused_with_its_fault() {
        let long_local = format!("{}@client.example", "a".repeat(65));
        let long_domain = format!("ann@{}.example", vec!["a".repeat(60); 5].join("."));
        let long_label = format!("ann@{}.example", "a".repeat(64));
        for (typed, fault) in [
            (" ", Fault::Empty),
            ("ann.client.example", Fault::NoAt),
            ("@client.example", Fault::Local),
            ("\u{200b}@client.example", Fault::Local),
            ("ann..archer@client.example", Fault::Local),
            ("=?utf-8?b?Qmjj?=@client.example", Fault::Local),
            ("ann archer@client.example", Fault::Local),
            ("\"ann\"@client.example", Fault::Local),
            ("Ann <ann@client.example>", Fault::Local),
            ("ann@bob@client.example", Fault::Local),
            ("ann@acme.example, bob@acme.example", Fault::Local),
            ("ann\r\nBcc:eve@client.example", Fault::Local),
            ("jürgen@client.example", Fault::LocalNotAscii),
            ("ann€@client.example", Fault::LocalNotAscii),
            ("ann@", Fault::Domain),
            ("ann@gmail", Fault::Domain),
            ("ann@client.example.", Fault::Domain),
            ("ann@client..example", Fault::Domain),
            ("ann@cli ent.example", Fault::Domain),
            ("ann@client.example\r\nBcc: eve@x.test", Fault::Local),
            ("ann@client.example\r\nBcc: eve.test", Fault::Domain),
            ("ann@client.example>", Fault::Domain),
            ("ann@-client.example", Fault::Domain),
            ("ann@[127.0.0.1]", Fault::Domain),
            ("ann@127.0.0.1", Fault::Domain),
            ("ann@acme.123", Fault::Domain),
            (&long_local, Fault::TooLong),
            (&long_label, Fault::Domain),
            (&long_domain, Fault::Domain),
        ] {
            assert_eq!(read(typed).map_err(|bad| bad.fault), Err(fault), "{typed:?}");
        }
        let words = read("ann@\r\ngmail").map_err(|bad| bad.to_string());
        let expected = "`ann@ gmail` is not an e-mail address: the part after the `@` is not a full domain, such as \
                        `practice.example`";
        assert_eq!(words, Err(expected.into()));
    }

    #[test]
    fn r62_one_address_is_the_same_in_every_spelling_and_a_plus_tag_makes_another() {
        for (one, other, is_same) in [
            ("ann@acme.example", " Ann@ACME.example ", true),
            ("office@müller.example", "Office@MÜLLER.example", true),
            ("office@müller.example", "OFFICE@xn--mller-kva.example", true),
            ("office@mu\u{308}ller.example", "office@müller.example", true),
            ("\u{200b}ann@acme.example", "ann@acme.example", true),
            ("ÄNN@acme.example", "änn@acme.example", true),
            ("ann+vat@acme.example", "ann@acme.example", false),
            ("ann@acme.example", "ann@acme.example.org", false),
        ] {
            assert_eq!(same(one, other), is_same, "{one} {other}");
        }
    }
}
