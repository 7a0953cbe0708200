//! Letters: whatever people are called and write, the bytes that leave are one letter of theirs.
//!
//! Owns: that addresses, names, subjects and texts never make a header of their own, that all bytes are ASCII in short
//! lines, and that another reader finds in them what was put in.

use jobwright_core::id::{EffectId, JobId};
use jobwright_core::plan::Class;
use jobwright_email::{Address, Letter, Person, address, html_from_text, mime};
use mail_parser::MessageParser;

use super::text::{Words, changed};
use super::{Chance, Input, fuzz};

/// Lines: an address, a name, a subject, and the text below.
const LETTERS: Words = Words {
    seeds: &[
        "ann@acme.example\nAnn Archer\nHours for May\nDear Ann,\n\nwhich hours?\n.\nYours\n",
        "\"a b\"@acme.example\nArcher, Ann \"x\" <ann@evil.example>\n=?utf-8?q?a?=\n=_boundary\n--=_01\n",
        "zoë@škoda.example\nZoë Nguyễn 東京\nŠkoda & Søn: Löhne 🦀\nGrüße\r\nFrom me\n",
        "a@[127.0.0.1]\n\n\n\n",
    ],
    words: &[
        "\r\nBcc: eve@x.example",
        "\nSubject: x",
        "\u{2028}To: x",
        "=?utf-8?b?Qmjj?=",
        "=\r\n",
        "<",
        ">",
        "\"",
        "(",
        ")",
        ",",
        ";",
        ":",
        "@",
        "@@",
        ".",
        "..",
        "\r\n.\r\n",
        "\r\n--=_01a20730-1-0\r\n",
        "\u{202e}",
        "\u{0}",
        "xn--",
        "ü",
        "ßß",
        "%0a",
        "Content-Type: text/html",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "\t",
        "mailto:",
        "=",
        "=3D",
        "?=",
    ],
};
/// The headers of a letter, whoever writes it: these, and no others.
const HEADERS: &[&str] = &[
    "Date",
    "From",
    "Reply-To",
    "To",
    "Cc",
    "Subject",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Auto-Submitted",
    "List-Unsubscribe",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
];
/// Of a line, its end left out.
const LINE_BYTES_MAX: usize = 998;

#[test]
fn no_words_do_harm_in_a_letter() {
    fuzz!(150, |chance: &mut Chance<'_>| changed(&LETTERS, chance), told_or_one_letter);
}

fn told_or_one_letter(input: &Input) {
    let text = input.text();
    let mut parts = text.splitn(4, '\n');
    let mut part = || parts.next().unwrap_or_default();
    let (to, name, subject, body) = (part(), part(), part(), part());
    assert!(!html_from_text(body).contains("<script"), "{body:?}");
    let to = match address(to) {
        Ok(to) => to,
        Err(bad) => {
            assert!(!bad.to_string().is_empty());
            address("ann@acme.example").expect("an address")
        }
    };
    let letter = letter(to, name, subject, body);
    let Ok(bytes) = mime(&letter) else { return };
    assert_eq!(mime(&letter).as_ref(), Ok(&bytes), "the same letter, other bytes");
    lines_are_short_and_seven_bit(&bytes);
    a_reader_finds_what_was_written(&letter, &bytes);
}

fn letter(to: Address, name: &str, subject: &str, body: &str) -> Letter {
    let person = Person::new(name, to.clone());
    let office = Person::new("Larkfield & Rowe", address("office@larkfield.example").expect("an address"));
    Letter {
        effect: EffectId { job: JobId([7; 16]), event: 3, index: 0 },
        from: office,
        to: person.clone(),
        cc_shown: vec![person.clone()],
        envelope_to: to,
        reply_to: Some(person),
        subject: subject.into(),
        text: body.into(),
        html: Some(html_from_text(body)),
        class: Class::Crm,
        thread_root: "<job@larkfield.example>".into(),
        domain: "larkfield.example".into(),
        unsubscribe: Some("mailto:office@larkfield.example".into()),
        written_at: "2026-05-01T09:00:00Z".parse().expect("a moment"),
    }
}

fn lines_are_short_and_seven_bit(bytes: &[u8]) {
    assert!(bytes.is_ascii() && !bytes.contains(&0), "{:?}", bytes.escape_ascii().to_string());
    for line in std::str::from_utf8(bytes).expect("ASCII").split("\r\n") {
        assert!(!line.contains(['\r', '\n']), "a bare line end: {line:?}");
        assert!(line.len() <= LINE_BYTES_MAX, "{} bytes: {line}", line.len());
    }
}

fn a_reader_finds_what_was_written(letter: &Letter, bytes: &[u8]) {
    let message = MessageParser::default().parse(bytes).expect("a message");
    let names: Vec<_> = message.headers().iter().map(|header| header.name().to_owned()).collect();
    for name in &names {
        assert!(HEADERS.contains(&name.as_str()), "{name} in {names:?}");
        assert_eq!(names.iter().filter(|other| *other == name).count(), 1, "{names:?}");
    }
    for header in [message.to(), message.cc(), message.reply_to()] {
        let people: Vec<_> = header.map(|header| header.clone().into_list()).unwrap_or_default();
        assert_eq!(people.len(), 1, "{people:?}");
        assert_eq!(people[0].address(), Some(letter.to.address().as_str()), "{people:?}");
        assert_eq!(words(people[0].name().unwrap_or_default()), words(letter.to.name()));
    }
    assert_eq!(message.attachment_count(), 0);
    assert_eq!((message.text_body_count(), message.html_body_count()), (1, 1));
    let ends = |text: &str| text.replace("\r\n", "\n").replace('\r', "\n");
    assert_eq!(message.body_text(0).map(|text| ends(&text)), Some(ends(&letter.text)));
}

/// What a reader of a name sees, blanks aside.
fn words(text: &str) -> String {
    text.split_whitespace().collect()
}
