//! An e-mail address in the mail library's own form.
//!
//! Owns: the type by which nothing but a read address reaches a command or a header. An `Address` is ASCII throughout and
//! fits an SMTP command and a header as it stands; nothing else in this crate makes one. Leaves what an address is, and
//! when two are the same, to the core, by which imports and people files read too.

use std::{fmt, str::FromStr};

pub(crate) use jobwright_core::address::domain;
use jobwright_core::address::{self as core, Address as Read};
pub use jobwright_core::address::{BadAddress, Fault};

/// One address that mail can be sent to: the local part as it was typed, the domain in lower case and punycode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(lettre::Address);

/// Reads an address; spaces around it and invisible signs are forgiven.
pub fn address(text: &str) -> Result<Address, BadAddress> {
    let read = core::read(text)?;
    for_mail(&read).ok_or_else(|| BadAddress { address: read.shown().to_owned(), fault: Fault::Domain })
}

fn for_mail(read: &Read) -> Option<Address> {
    lettre::Address::new(read.local(), read.domain()).ok().map(Address)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_core_reads_the_mail_library_takes() {
        for (typed, read) in [
            ("ann@client.example", "ann@client.example"),
            ("  Ann.Archer+vat@Client.EXAMPLE\n", "Ann.Archer+vat@client.example"),
            ("info@müller.example", "info@xn--mller-kva.example"),
            ("info@परीक्षा.example", "info@xn--11b5bs3a9aj6g.example"),
            ("\u{200b}o'brien@sub.client.example", "o'brien@sub.client.example"),
            ("a!#$%&'*+/?=^_`{|}~-b@client.example", "a!#$%&'*+/?=^_`{|}~-b@client.example"),
        ] {
            assert_eq!(address(typed).map(|a| a.to_string()), Ok(read.into()), "{typed}");
        }
        for typed in ["ann@gmail", "ann@127.0.0.1", "jürgen@client.example", "ann\r\nBcc:eve@client.example"] {
            assert!(address(typed).is_err(), "{typed:?}");
        }
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
