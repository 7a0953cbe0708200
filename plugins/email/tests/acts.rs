//! The engine's contract, kept: what is frozen, what is handed over, and what the engine is told of it.

use expect_test::expect;
use jobwright_core::{
    command::Outcome,
    effect::{Effect, Failure},
    event,
    id::{ContactId, EffectId, JobId},
    plan::Class,
    recipient::{self, PersonId},
    retry::FailureKind,
    task::TaskKey,
};
use jobwright_email::{
    BadLetter, Email, Person, Sender, Transport, address,
    double::{Act, Double, Script},
    transport::{
        files::Files,
        none::SWALLOWED,
        smtp::{Security, Settings, Smtp},
    },
};
use jobwright_plugin::{Acts, Frozen, Report};
use std::{fs, path::PathBuf, time::Duration};

const ID: EffectId = EffectId { job: JobId([1; 16]), event: 12, index: 0 };
/// Short, so that it runs out.
const SOON: Duration = Duration::from_millis(150);

fn sender() -> Sender {
    Sender {
        from: Person::new("Miller & Co", address("office@miller.example").unwrap()),
        reply_to: Some(Person::new("Pat Doe", address("pat@miller.example").unwrap())),
        domain: "miller.example".into(),
        unsubscribe: None,
    }
}

fn email(transport: Transport) -> Email {
    Email::new(transport, sender()).unwrap()
}

fn by_smtp(settings: Settings) -> Email {
    email(Transport::Smtp(Box::new(Smtp::new(settings).unwrap())))
}

fn settings(double: &Double) -> Settings {
    Settings::new("127.0.0.1", double.address.port(), Security::None)
}

fn contact(id: &str, name: &str, at: Option<&str>) -> recipient::Person {
    recipient::Person {
        id: PersonId::Contact(ContactId::new(id).unwrap()),
        name: name.into(),
        address: at.map(Into::into),
    }
}

fn ann() -> recipient::Person {
    contact("ann", "Ann Archer", Some("ann@client.example"))
}

fn letter() -> event::Letter {
    event::Letter {
        to: ann(),
        copy_of: None,
        cc: vec![],
        class: Class::Service,
        subject: "Payroll May 2026".into(),
        text: "Dear Ann,\n\nplease send the hours by Friday.\n".into(),
        html: None,
    }
}

fn effect(letter: event::Letter) -> Effect {
    Effect::SendLetter { task: TaskKey::of(&"hours".parse().unwrap()), letter }
}

fn freeze(email: &dyn Acts, letter: event::Letter) -> Result<Frozen, Failure> {
    email.freeze(ID, &effect(letter), "2026-05-04T07:00:00Z".parse().unwrap())
}

/// The letter as an editor shows it, without the CR of line ends.
fn shown(letter: event::Letter) -> String {
    String::from_utf8(freeze(&email(Transport::None), letter).unwrap().bytes).unwrap().replace("\r\n", "\n")
}

/// What two tries with one frozen letter are reported as, and the server afterwards.
async fn twice(acts: impl IntoIterator<Item = Act>) -> (Report, Report, Double) {
    let double = Double::start(Script::new().to("ann@client.example", acts)).await.unwrap();
    let email: Box<dyn Acts> = Box::new(by_smtp(settings(&double)));
    let frozen = freeze(&*email, letter()).unwrap();
    let (first, second) = (email.act(ID, &frozen).await, email.act(ID, &frozen).await);
    email.close().await;
    (first, second, double)
}

fn sent() -> Report {
    Report::Known(Outcome::Sent { reply: "250 2.0.0 taken".into() })
}

fn failed(kind: FailureKind, code: &str, message: &str) -> Report {
    Report::Known(Outcome::Failed(Failure { kind, code: code.into(), message: message.into() }))
}

#[test]
fn a_letter_of_the_engine_is_frozen_like_this() {
    let cc = [
        contact("bob", "Bob", Some("bob@client.example")),
        contact("bert", "Bert", Some("BOB@client.example")),
        contact("ann-2", "Ann again", Some("Ann@client.example")),
        contact("eve", "Eve", None),
        contact("dan", "Dan", Some("dan at client")),
    ];
    expect![[r#"
        Date: Mon, 04 May 2026 07:00:00 +0000
        From: =?utf-8?b?TWlsbGVyICYgQ28=?= <office@miller.example>
        Reply-To: "Pat Doe" <pat@miller.example>
        To: "Ann Archer" <ann@client.example>
        Cc: Bob <bob@client.example>
        Subject: Payroll May 2026
        Message-ID: <01010101010101010101010101010101-12-0@miller.example>
        In-Reply-To: <01010101010101010101010101010101@miller.example>
        References: <01010101010101010101010101010101@miller.example>
        Auto-Submitted: auto-generated
        List-Unsubscribe: <mailto:office@miller.example?subject=unsubscribe>
        MIME-Version: 1.0
        Content-Type: multipart/alternative;
         boundary="=_01010101010101010101010101010101-12-0"

        --=_01010101010101010101010101010101-12-0
        Content-Type: text/plain; charset=utf-8
        Content-Transfer-Encoding: quoted-printable

        Dear Ann,

        please send the hours by Friday.

        --=_01010101010101010101010101010101-12-0
        Content-Type: text/html; charset=utf-8
        Content-Transfer-Encoding: quoted-printable

        <!DOCTYPE html>
        <html><body>
        <p>Dear Ann,</p>
        <p>please send the hours by Friday.</p>
        </body></html>

        --=_01010101010101010101010101010101-12-0--
    "#]]
    .assert_eq(&shown(event::Letter { cc: cc.to_vec(), class: Class::Crm, ..letter() }));
}

#[test]
fn a_copy_is_the_letter_it_copies_and_goes_to_somebody_else() {
    let bob = contact("bob", "Bob", Some("bob@client.example"));
    let copy = event::Letter { to: bob.clone(), copy_of: Some(ann()), cc: vec![bob], ..letter() };
    let email = email(Transport::None);
    assert_eq!(freeze(&email, copy.clone()).unwrap().to, "bob@client.example");
    let shown = shown(copy);
    assert!(shown.contains("To: \"Ann Archer\" <ann@client.example>\nCc: Bob <bob@client.example>"), "{shown}");
    let hidden =
        event::Letter { to: contact("eve", "Eve", Some("eve@client.example")), copy_of: Some(ann()), ..letter() };
    assert!(!self::shown(hidden).contains("eve"), "a hidden copy names nobody it is hidden from");
}

#[test]
fn a_letter_of_two_forms_keeps_both() {
    let html = Some("<p>Dear Ann, please send <b>the hours</b> by Friday.</p>".into());
    let shown = shown(event::Letter { html, ..letter() });
    assert!(shown.contains("Content-Type: multipart/alternative"), "{shown}");
    assert!(shown.contains("<p>Dear Ann, please send <b>the hours</b> by Friday.</p>"), "{shown}");
    assert!(!shown.contains("List-Unsubscribe"), "{shown}");
}

#[test]
fn a_letter_frozen_again_after_a_restart_is_the_same_to_the_byte() {
    let frozen = || {
        let html = Some("<p>Liebe Zoë</p>".into());
        freeze(&email(Transport::None), event::Letter { html, subject: "Löhne".into(), ..letter() }).unwrap()
    };
    let first = frozen();
    assert_eq!(first.to, "ann@client.example");
    assert_eq!(first, frozen());
}

#[test]
fn what_cannot_be_written_to_says_who_and_why() {
    let refused = |to| freeze(&email(Transport::None), event::Letter { to, ..letter() }).unwrap_err();
    let nowhere = refused(contact("ann", "Ann Archer", None));
    assert_eq!(nowhere, Failure::permanent("no-address", "Ann Archer (ann) has no e-mail address"));
    let mistyped = refused(contact("ann", "Ann Archer", Some("ann@gmail")));
    expect!["the e-mail address of Ann Archer (ann) cannot be used: `ann@gmail` is not an e-mail address: the part after the `@` is not a full domain, such as `practice.example` (bad-address)"]
        .assert_eq(&mistyped.to_string());
    let endless = freeze(&email(Transport::None), event::Letter { subject: "x".repeat(1000), ..letter() });
    expect!["the letter cannot be written: subject is too long: 1000, at most 900 (letter-not-written)"]
        .assert_eq(&endless.unwrap_err().to_string());
    assert!([&nowhere, &mistyped].iter().all(|failure| failure.kind == FailureKind::Permanent));
}

#[test]
fn other_effects_are_not_letters() {
    let effect = Effect::TellParent { parent: ID, completed: true };
    let refused = email(Transport::None).freeze(ID, &effect, "2026-05-04T07:00:00Z".parse().unwrap());
    assert_eq!(refused.unwrap_err().code, "not-a-letter");
}

#[test]
fn a_domain_is_read_once_for_all_letters() {
    let with = |domain: &str| Email::new(Transport::None, Sender { domain: domain.into(), ..sender() });
    assert_eq!(with("miller").unwrap_err(), BadLetter::Domain("miller".into()));
    let frozen = freeze(&with("Müller.example").unwrap(), letter()).unwrap();
    let text = String::from_utf8(frozen.bytes).unwrap();
    assert!(text.contains("Message-ID: <01010101010101010101010101010101-12-0@xn--mller-kva.example>"), "{text}");
    assert!(text.contains("References: <01010101010101010101010101010101@xn--mller-kva.example>"), "{text}");
}

#[test]
fn no_sign_of_an_address_passes_for_one_of_the_link_to_opt_out() {
    let unsubscribe = Some(address("o'brien&co?x=1%+vat@miller.example").unwrap());
    let email = Email::new(Transport::None, Sender { unsubscribe, ..sender() }).unwrap();
    let frozen = freeze(&email, event::Letter { class: Class::Crm, ..letter() }).unwrap();
    let text = String::from_utf8(frozen.bytes).unwrap();
    let link = "List-Unsubscribe: <mailto:o%27brien%26co%3Fx%3D1%25+vat@miller.example?subject=unsubscribe>";
    assert!(text.contains(link), "{text}");
}

#[tokio::test]
async fn a_letter_in_doubt_is_handed_over_again_to_the_byte() {
    let (first, second, double) = twice([Act::StoreThenCut]).await;
    assert!(matches!(&first, Report::InDoubt(why) if why.contains("after the letter was handed over")), "{first:?}");
    assert_eq!(second, sent());
    let taken = double.taken();
    assert_eq!(taken.len(), 2);
    assert_eq!(taken[0], taken[1]);
    assert_eq!((taken[0].from.as_str(), taken[0].to.as_str()), ("office@miller.example", "ann@client.example"));
}

#[tokio::test]
async fn a_stalling_server_leaves_the_letter_in_doubt_within_the_bound() {
    let double = Double::start(Script::new().to("ann@client.example", [Act::Stall])).await.unwrap();
    let email = by_smtp(Settings { delivery_time_max: SOON, ..settings(&double) });
    let frozen = freeze(&email, letter()).unwrap();
    assert_eq!(email.act(ID, &frozen).await, Report::InDoubt("no answer to the letter within 150ms".into()));
}

#[tokio::test]
async fn only_an_address_that_is_not_there_is_refused_and_named_with_the_servers_words() {
    let (first, second, _) =
        twice([Act::RefuseRecipient("550 5.1.1 nobody here"), Act::RefuseLetter("554 5.6.0 not wanted")]).await;
    let refused =
        |reply: &str| Report::Known(Outcome::Refused { address: "ann@client.example".into(), reply: reply.into() });
    let asks = failed(FailureKind::NeedsPerson, "smtp-554", "the mail server answered: 554 5.6.0 not wanted");
    assert_eq!((first, second), (refused("550 5.1.1 nobody here"), asks));
}

#[tokio::test]
async fn what_may_pass_is_told_by_its_kind_and_taken_later() {
    let (first, second, _) = twice([Act::RefuseRecipient("451 4.7.1 greylisted, come back")]).await;
    let words = "the mail server answered: 451 4.7.1 greylisted, come back";
    assert_eq!((first, second), (failed(FailureKind::Transient, "smtp-451", words), sent()));
    let (first, _, _) = twice([Act::RefuseLetter("452 4.3.1 no room")]).await;
    assert_eq!(first, failed(FailureKind::Busy, "smtp-452", "the mail server answered: 452 4.3.1 no room"));
}

#[tokio::test]
async fn a_refusal_by_policy_waits_for_a_person_and_does_not_blame_the_address() {
    let (first, _, _) = twice([Act::RefuseRecipient("554 5.7.1 looks like spam")]).await;
    let words = "the mail server answered: 554 5.7.1 looks like spam";
    assert_eq!(first, failed(FailureKind::NeedsPerson, "smtp-554", words));
}

#[tokio::test]
async fn a_silent_server_is_a_timeout_with_nothing_sent() {
    let double = Double::start(Script::new().mute()).await.unwrap();
    let email = by_smtp(Settings { offer_time_max: SOON, ..settings(&double) });
    let report = email.act(ID, &freeze(&email, letter()).unwrap()).await;
    assert_eq!(report, failed(FailureKind::Timeout, "no-answer", "the mail server did not answer in time"));
}

#[tokio::test]
async fn a_server_that_wants_a_login_pauses_the_way_out() {
    let (first, _, _) = twice([Act::RefuseRecipient("530 5.7.0 authentication required")]).await;
    assert!(
        matches!(&first, Report::Paused { why, .. } if why.contains("set `mail.user` and the password")),
        "{first:?}"
    );
}

#[tokio::test]
async fn a_frozen_letter_that_was_damaged_is_not_sent() {
    let frozen = Frozen { to: "ann@client.example\r\nRCPT TO:<eve@x.test>".into(), bytes: vec![] };
    let report = email(Transport::None).act(ID, &frozen).await;
    assert!(matches!(&report, Report::Known(Outcome::Failed(failure)) if failure.code == "bad-address"), "{report:?}");
}

#[tokio::test]
async fn a_letter_into_a_folder_is_one_file_however_often_it_is_sent() {
    let folder = folder("acts");
    let email = email(Transport::Files(Files::new(&folder)));
    let frozen = freeze(&email, letter()).unwrap();
    let path = folder.join("01010101010101010101010101010101-12-0.eml");
    for _ in 0..2 {
        let report = email.act(ID, &frozen).await;
        assert_eq!(report, Report::Known(Outcome::Sent { reply: format!("written to {}", path.display()) }));
        assert_eq!(fs::read(&path).unwrap(), frozen.bytes);
    }
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_pauses_the_way_out() {
    let folder = folder("acts-blocked");
    fs::write(&folder, "a file where the folder should be").unwrap();
    let email = email(Transport::Files(Files::new(&folder)));
    let report = email.act(ID, &freeze(&email, letter()).unwrap()).await;
    assert!(matches!(&report, Report::Paused { why, .. } if why.contains("cannot write")), "{report:?}");
    fs::remove_file(&folder).unwrap();
}

#[tokio::test]
async fn a_swallowed_letter_says_so_in_its_report() {
    let email = email(Transport::None);
    let report = email.act(ID, &freeze(&email, letter()).unwrap()).await;
    assert_eq!(report, Report::Known(Outcome::Sent { reply: SWALLOWED.into() }));
}

#[test]
fn no_more_letters_are_under_way_than_the_server_is_to_be_asked() {
    let settings = Settings { parallel_max: 3, ..Settings::new("127.0.0.1", 25, Security::None) };
    assert_eq!(by_smtp(settings).at_once_max(), 3);
    assert!(email(Transport::None).at_once_max() > 0);
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("jobwright-letters-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    folder
}
