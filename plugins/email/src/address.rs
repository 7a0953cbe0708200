//! What an e-mail address is, and when two are the same.
//!
//! Owns: reading an address that people typed, the words for what is wrong with it, its comparing form. An `Address` is
//! ASCII throughout and fits an SMTP command and a header as it stands; nothing else in this crate makes one.

use crate::line::short_line;
use std::{fmt, str::FromStr};

/// Longest local part, in bytes (RFC 5321, 4.5.3.1.1).
const LOCAL_BYTES_MAX: usize = 64;
/// Longest address, in bytes (RFC 5321, 4.5.3.1.3, less the angle brackets).
const ADDRESS_BYTES_MAX: usize = 254;
/// How much of a bad address is shown to people.
const SHOWN_CHARS_MAX: usize = 80;

/// One address that mail can be sent to: the local part as it was typed, the domain in lower case and punycode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(lettre::Address);

/// Why a text is no address we can write to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{address}` is no e-mail address: {fault}")]
pub struct BadAddress {
    /// The text, cut and on one line.
    pub address: String,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What can be wrong with an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Nothing was typed.
    #[error("it is empty")]
    Empty,
    /// No `@` in it.
    #[error("it has no `@`")]
    NoAt,
    /// More than mail servers take.
    #[error("it is too long: {LOCAL_BYTES_MAX} bytes before the `@`, {ADDRESS_BYTES_MAX} in all")]
    TooLong,
    /// Nothing, or dots in the wrong place, or other signs before the `@`.
    #[error(
        "the part before the `@` must be letters, digits and `.!#$%&'*+/=?^_`{{|}}~-`, no dot first, last or twice"
    )]
    Local,
    /// Letters such as `ü` before the `@`: too many servers refuse them.
    #[error("the part before the `@` has letters outside a-z; ask for an address without them")]
    LocalNotAscii,
    /// A name that is no domain, or has no dot.
    #[error("the part after the `@` is no full domain, such as `practice.example`")]
    Domain,
}

/// Reads an address; spaces around it are forgiven.
pub fn address(text: &str) -> Result<Address, BadAddress> {
    read(text.trim()).map_err(|fault| BadAddress { address: short_line(text, SHOWN_CHARS_MAX), fault })
}

/// Reads a domain name as mail needs it: lower case, punycode, at least one dot.
pub(crate) fn domain(text: &str) -> Result<String, Fault> {
    let ascii = idna::domain_to_ascii_strict(text).map_err(|_| Fault::Domain)?;
    // The root's empty label, too, has nothing but digits.
    let is_numeric = ascii.rsplit('.').next().is_none_or(|last| last.bytes().all(|b| b.is_ascii_digit()));
    if !ascii.contains('.') || is_numeric { Err(Fault::Domain) } else { Ok(ascii) }
}

impl Address {
    /// The address as it goes into commands and headers.
    pub fn as_str(&self) -> &str {
        self.0.as_ref()
    }

    /// The form in which the same address is always the same text: the local part is compared without case, plus-tags
    /// count.
    pub fn key(&self) -> String {
        self.as_str().to_ascii_lowercase()
    }

    /// Whether mail to both lands in one mailbox, as far as anyone but its server can tell.
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.as_str().eq_ignore_ascii_case(other.as_str())
    }

    pub(crate) fn for_lettre(&self) -> lettre::Address {
        self.0.clone()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Address {
    type Err = BadAddress;
    fn from_str(text: &str) -> Result<Self, BadAddress> {
        address(text)
    }
}

fn read(text: &str) -> Result<Address, Fault> {
    if text.is_empty() {
        return Err(Fault::Empty);
    }
    let (local, after) = text.rsplit_once('@').ok_or(Fault::NoAt)?;
    if !local.is_ascii() {
        return Err(Fault::LocalNotAscii);
    }
    // Readers take `=?utf-8?b?…?=` for an encoded word and show, and answer to, another address.
    if !local.split('.').all(is_atom) || local.contains("=?") {
        return Err(Fault::Local);
    }
    let domain = domain(after)?;
    if local.len() > LOCAL_BYTES_MAX || local.len() + 1 + domain.len() > ADDRESS_BYTES_MAX {
        return Err(Fault::TooLong);
    }
    lettre::Address::new(local, domain).map(Address).map_err(|_| Fault::Domain)
}

fn is_atom(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_people_type_it() {
        for (typed, read) in [
            ("ann@client.example", "ann@client.example"),
            ("  Ann.Archer+vat@Client.EXAMPLE\n", "Ann.Archer+vat@client.example"),
            ("info@müller.example", "info@xn--mller-kva.example"),
            ("o'brien@sub.client.example", "o'brien@sub.client.example"),
        ] {
            assert_eq!(address(typed).map(|a| a.to_string()), Ok(read.into()), "{typed}");
        }
    }

    #[test]
    fn a_bad_address_is_refused_with_its_fault() {
        let long_local = format!("{}@client.example", "a".repeat(65));
        let long_domain = format!("ann@{}.example", vec!["a".repeat(60); 5].join("."));
        for (typed, fault) in [
            (" ", Fault::Empty),
            ("ann.client.example", Fault::NoAt),
            ("@client.example", Fault::Local),
            ("ann..archer@client.example", Fault::Local),
            ("=?utf-8?b?Qmjj?=@client.example", Fault::Local),
            ("ann archer@client.example", Fault::Local),
            ("\"ann\"@client.example", Fault::Local),
            ("ann@bob@client.example", Fault::Local),
            ("ann\r\nBcc:eve@client.example", Fault::Local),
            ("jürgen@client.example", Fault::LocalNotAscii),
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
            (&long_local, Fault::TooLong),
            (&long_domain, Fault::Domain),
        ] {
            assert_eq!(address(typed).map_err(|bad| bad.fault), Err(fault), "{typed:?}");
        }
        let words = address("ann@\r\ngmail").map_err(|bad| bad.to_string());
        assert_eq!(
            words,
            Err("`ann@ gmail` is no e-mail address: the part after the `@` is no full domain, such as \
                 `practice.example`"
                .into())
        );
    }

    #[test]
    fn the_same_address_is_known_in_every_spelling_and_a_plus_tag_makes_another() {
        let office = address("office@müller.example").unwrap();
        assert!(office.is_same_as(&address(" Office@MÜLLER.example ").unwrap()));
        assert!(office.is_same_as(&address("OFFICE@xn--mller-kva.example").unwrap()));
        assert!(!office.is_same_as(&address("office+vat@müller.example").unwrap()));
        assert_eq!(address("Office@MÜLLER.example").unwrap().key(), office.key());
    }
}
