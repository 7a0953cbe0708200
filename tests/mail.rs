//! Letters on real wires: to a mail server as practices have one, and to one that behaves as badly as it is told to.
//!
//! Owns: reading letters back with a second reader. Leaves the servers to `support` and to the email crate's double.

mod delivered;
mod misbehaving;
mod refused;

use mail_parser::{Address, Message, MessageParser};

/// A letter as a second reader understands it.
fn read(bytes: &[u8]) -> Message<'_> {
    MessageParser::default().parse(bytes).expect("a letter that can be read")
}

/// Names and addresses of a header, as `Ann Sykes <ann@birchwood.example>`.
fn people(of: Option<&Address<'_>>) -> Vec<String> {
    let all = of.map(|address| address.iter().collect::<Vec<_>>()).unwrap_or_default();
    let one = |one: &mail_parser::Addr<'_>| {
        format!("{} <{}>", one.name().unwrap_or_default(), one.address().unwrap_or_default())
    };
    all.into_iter().map(one).collect()
}
