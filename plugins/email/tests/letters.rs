//! Letters read back by another library: what arrives is what was written, and nothing else.

use expect_test::expect;
use jobwright_core::{
    id::{EffectId, JobId},
    plan::Class,
};
use jobwright_email::{BadLetter, Letter, Person, address, mime};
use mail_parser::{Address, HeaderValue, Message, MessageParser};
use proptest::prelude::*;

fn person(name: &str, at: &str) -> Person {
    Person::new(name, address(at).unwrap())
}

fn letter() -> Letter {
    Letter {
        effect: EffectId { job: JobId([0x01; 16]), event: 12, index: 0 },
        from: person("Miller & Co", "office@miller.example"),
        to: person("Ann Archer", "ann@client.example"),
        cc_shown: vec![],
        envelope_to: address("ann@client.example").unwrap(),
        reply_to: None,
        subject: "Payroll May 2026".into(),
        text: "Dear Ann,\n\nplease send the hours by Friday.\n".into(),
        html: None,
        class: Class::Service,
        thread_root: "<01010101010101010101010101010101@miller.example>".into(),
        domain: "miller.example".into(),
        unsubscribe: Some("mailto:unsubscribe@miller.example".into()),
        written_at: "2026-05-04T07:00:00Z".parse().unwrap(),
    }
}

fn bytes(letter: &Letter) -> Vec<u8> {
    let bytes = mime(letter).unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert!(text.is_ascii(), "eight bits in {text}");
    assert!(text.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n'])), "a bad line in {text}");
    bytes
}

/// As an editor shows it, without the CR of line ends.
fn shown(letter: &Letter) -> String {
    String::from_utf8(bytes(letter)).unwrap().replace("\r\n", "\n")
}

fn names(message: &Message) -> Vec<String> {
    message.headers().iter().map(|header| header.name().to_owned()).collect()
}

/// A typed subject as it must be read: on one line, and an encoded word in it still text.
fn as_subject(typed: &str) -> Option<String> {
    let line = person(typed, "ann@client.example").name().replace("=?", "= ?");
    Some(line).filter(|line| !line.is_empty())
}

fn people(list: Option<&Address>) -> Vec<(String, String)> {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    list.into_iter().flat_map(Address::iter).map(|a| (text(a.name()), text(a.address()))).collect()
}

/// What a plain letter holds; one in two forms lacks the last.
const PLAIN_HEADERS: [&str; 11] = [
    "Date",
    "From",
    "To",
    "Subject",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
];

#[test]
fn a_plain_letter_looks_like_this() {
    expect![[r#"
        Date: Mon, 04 May 2026 07:00:00 +0000
        From: =?utf-8?b?TWlsbGVyICYgQ28=?= <office@miller.example>
        To: "Ann Archer" <ann@client.example>
        Subject: Payroll May 2026
        Message-ID: <01010101010101010101010101010101-12-0@miller.example>
        In-Reply-To: <01010101010101010101010101010101@miller.example>
        References: <01010101010101010101010101010101@miller.example>
        Auto-Submitted: auto-generated
        MIME-Version: 1.0
        Content-Type: text/plain; charset=utf-8
        Content-Transfer-Encoding: quoted-printable

        Dear Ann,

        please send the hours by Friday.

    "#]]
    .assert_eq(&shown(&letter()));
}

#[test]
fn a_letter_in_two_forms_looks_like_this() {
    let html = Some("<p>Dear Ann, please send <b>Zoë's</b> hours.</p>".into());
    let letter = Letter { text: "Zoë's hours".into(), html, class: Class::Crm, ..letter() };
    expect![[r#"
        Date: Mon, 04 May 2026 07:00:00 +0000
        From: =?utf-8?b?TWlsbGVyICYgQ28=?= <office@miller.example>
        To: "Ann Archer" <ann@client.example>
        Subject: Payroll May 2026
        Message-ID: <01010101010101010101010101010101-12-0@miller.example>
        In-Reply-To: <01010101010101010101010101010101@miller.example>
        References: <01010101010101010101010101010101@miller.example>
        Auto-Submitted: auto-generated
        List-Unsubscribe: <mailto:unsubscribe@miller.example>
        MIME-Version: 1.0
        Content-Type: multipart/alternative;
         boundary="=_01010101010101010101010101010101-12-0"

        --=_01010101010101010101010101010101-12-0
        Content-Type: text/plain; charset=utf-8
        Content-Transfer-Encoding: quoted-printable

        Zo=C3=AB's hours
        --=_01010101010101010101010101010101-12-0
        Content-Type: text/html; charset=utf-8
        Content-Transfer-Encoding: quoted-printable

        <p>Dear Ann, please send <b>Zo=C3=AB's</b> hours.</p>
        --=_01010101010101010101010101010101-12-0--
    "#]]
    .assert_eq(&shown(&letter));
}

#[test]
fn the_same_letter_gives_the_same_bytes_and_another_effect_gives_others() {
    let first = Letter { html: Some("<p>Dear Ann</p>".into()), ..letter() };
    assert_eq!(bytes(&first), bytes(&first.clone()));
    let second = Letter { effect: EffectId { index: 1, ..first.effect }, ..first.clone() };
    assert_ne!(bytes(&first), bytes(&second));
}

#[test]
fn every_copy_names_the_people_in_cc_and_travels_to_one_of_them() {
    let to_ann =
        Letter { cc_shown: vec![person("Bob", "bob@client.example"), person("", "eve@client.example")], ..letter() };
    let to_bob = Letter { envelope_to: address("bob@client.example").unwrap(), ..to_ann.clone() };
    assert_eq!(bytes(&to_ann), bytes(&to_bob));
    assert_eq!(to_bob.envelope().to.as_str(), "bob@client.example");
    let bytes = bytes(&to_bob);
    let read = MessageParser::default().parse(&bytes).unwrap();
    assert_eq!(people(read.to()), [("Ann Archer".into(), "ann@client.example".into())]);
    let cc = [("Bob".into(), "bob@client.example".into()), (String::new(), "eve@client.example".into())];
    assert_eq!(people(read.cc()), cc);
}

#[test]
fn only_mail_that_can_be_opted_out_of_says_how() {
    for (class, offers) in [(Class::Service, false), (Class::Crm, true)] {
        let text = String::from_utf8(bytes(&Letter { class, ..letter() })).unwrap();
        let offered = text.contains("\r\nList-Unsubscribe: <mailto:unsubscribe@miller.example>\r\n");
        assert_eq!(offered, offers, "{class:?}");
    }
}

#[test]
fn every_letter_of_a_job_belongs_to_one_thread() {
    let bytes = bytes(&letter());
    let read = MessageParser::default().parse(&bytes).unwrap();
    let root = "01010101010101010101010101010101@miller.example";
    assert_eq!(read.message_id(), Some("01010101010101010101010101010101-12-0@miller.example"));
    assert_eq!(read.in_reply_to(), &HeaderValue::Text(root.into()));
    assert_eq!(read.references(), &HeaderValue::Text(root.into()));
}

#[test]
fn nothing_typed_into_a_name_or_a_subject_becomes_a_header() {
    for attack in [
        "Ann\r\nBcc: eve@x.test",
        "Ann\nBcc: eve@x.test\n\nhello",
        "Ann\rBcc: eve@x.test",
        "Ann\u{2028}Bcc: eve@x.test",
        "Ann\u{0}\u{b}\u{85}",
        "Ann\" <eve@x.test>, \"Bob",
        "Ann <eve@x.test>",
        "=?utf-8?q?Ann=0D=0ABcc:_eve@x.test?=",
        "(Ann) \\ ; : , @",
    ] {
        let hostile = Letter {
            from: person(attack, "office@miller.example"),
            to: person(attack, "ann@client.example"),
            subject: attack.into(),
            ..letter()
        };
        let bytes = bytes(&hostile);
        let read = MessageParser::default().parse(&bytes).unwrap();
        assert_eq!(names(&read), PLAIN_HEADERS, "{attack:?}");
        assert_eq!(people(read.to()), [(hostile.to.name().into(), "ann@client.example".into())], "{attack:?}");
        assert_eq!(people(read.from()).len(), 1, "{attack:?}");
        assert_eq!(read.subject().map(str::to_owned), as_subject(attack), "{attack:?}");
    }
}

#[test]
fn what_the_practice_sets_wrong_is_refused_by_name() {
    let root = |text: &str| Letter { thread_root: text.into(), ..letter() };
    let way = |text: &str| Letter { unsubscribe: Some(text.into()), class: Class::Crm, ..letter() };
    for (bad, words) in [
        (
            Letter { domain: "miller".into(), ..letter() },
            "mail domain `miller` is no full domain, such as `practice.example`",
        ),
        (root("<a@b>\r\nBcc: x"), "thread root `<a@b> Bcc: x` is not of the form `<job@domain>`"),
        (root("a@b"), "thread root `a@b` is not of the form `<job@domain>`"),
        (way("https://x.test"), "`https://x.test` is no `mailto:` address to unsubscribe at"),
        (way("mailto:a@b>\r\nBcc: x"), "`mailto:a@b> Bcc: x` is no `mailto:` address to unsubscribe at"),
        (Letter { subject: "x".repeat(901), ..letter() }, "subject is too long: 901, at most 900"),
        (
            Letter { written_at: "1969-12-31T23:59:59Z".parse().unwrap(), ..letter() },
            "written at 1969-12-31T23:59:59Z, before 1970",
        ),
    ] {
        assert_eq!(mime(&bad).map_err(|bad: BadLetter| bad.to_string()), Err(words.into()));
    }
}

#[test]
fn long_lines_and_foreign_letters_come_through_whole() {
    let text =
        format!("{}\n.\n.hidden dot\nFrom the start\ntrailing blank \nend é 漢字 🙂", "a long line ".repeat(500));
    let subject = format!("Übersicht {}", "ä".repeat(300));
    let to = person(&"é".repeat(200), "ann@client.example");
    let letter = Letter { subject, to, text: text.clone(), ..letter() };
    let bytes = bytes(&letter);
    let read = MessageParser::default().parse(&bytes).unwrap();
    assert_eq!(read.subject(), Some(letter.subject.as_str()));
    assert_eq!(people(read.to()), [("é".repeat(120), "ann@client.example".into())]);
    assert_eq!(read.body_text(0).unwrap().replace("\r\n", "\n").trim_end_matches('\n'), text);
    let longest = bytes.split(|b| *b == b'\n').map(<[u8]>::len).max();
    assert!(longest.is_some_and(|length| length <= 79), "{longest:?}");
}

/// What people type, and what those type who want more than to be read.
fn typed() -> impl Strategy<Value = String> {
    let hostile =
        prop::sample::select("\r\n\t \0\u{b}\u{85}\u{2028}\u{202e}\"\\\\<>@,;:=?_()[].é".chars().collect::<Vec<_>>());
    let signs = prop_oneof![hostile, any::<char>(), prop::char::range(' ', '~')];
    prop::collection::vec(signs, 0..100).prop_map(String::from_iter)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn whatever_is_typed_is_read_back_and_adds_no_header(
        name in typed(), subject in typed(), text in typed(), html in prop::option::of(typed()),
    ) {
        let typed = Letter { to: person(&name, "ann@client.example"), subject, text, html, ..letter() };
        let bytes = bytes(&typed);
        let read = MessageParser::default().parse(&bytes).unwrap();
        let expected = if typed.html.is_none() { &PLAIN_HEADERS[..] } else { &PLAIN_HEADERS[..10] };
        prop_assert_eq!(names(&read), expected);
        prop_assert_eq!(people(read.to()), [(typed.to.name().to_owned(), "ann@client.example".to_owned())]);
        prop_assert_eq!(read.subject().map(str::to_owned), as_subject(&typed.subject));
        let lines = |text: &str| text.replace("\r\n", "\n").replace('\r', "\n").trim_end_matches('\n').to_owned();
        prop_assert_eq!(lines(&read.body_text(0).unwrap_or_default()), lines(&typed.text));
    }
}
