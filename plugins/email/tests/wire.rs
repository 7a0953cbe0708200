//! Every row of what mail servers do to us, against the scripted server: what is known of the letter afterwards.

use jobwright_core::{
    id::{EffectId, JobId},
    plan::Class,
    retry::FailureKind,
};
use jobwright_email::{
    Envelope, Outcome, Secret, Transport, address,
    double::{Act, Certificate, Double, Script},
    transport::smtp::{Login, Security, Settings, Smtp},
};
use std::time::Duration;

const LETTER: &[u8] = b"Message-ID: <1@miller.example>\r\nSubject: Hours\r\n\r\nDear Ann,\r\n.\r\nplease\r\n";
/// Short for the tests in which it must run out; elsewhere the product's own bounds hold.
const SOON: Duration = Duration::from_millis(150);

fn envelope() -> Envelope {
    Envelope {
        effect: EffectId { job: JobId([1; 16]), event: 12, index: 0 },
        from: address("office@miller.example").unwrap(),
        to: address("ann@client.example").unwrap(),
    }
}

fn settings(double: &Double) -> Settings {
    Settings::new("127.0.0.1", double.address.port(), Security::None)
}

fn smtp(settings: Settings) -> Transport {
    Transport::Smtp(Box::new(Smtp::new(settings).unwrap()))
}

/// What two tries for Ann end in, and the server afterwards.
async fn twice(acts: impl IntoIterator<Item = Act>) -> (Outcome, Outcome, Double) {
    let double = Double::start(Script::new().to("ann@client.example", acts)).await.unwrap();
    let transport = smtp(settings(&double));
    let first = transport.send(&envelope(), LETTER).await;
    let second = transport.send(&envelope(), LETTER).await;
    (first, second, double)
}

/// What one try ends in with these settings.
async fn once(settings: Settings) -> Outcome {
    smtp(settings).send(&envelope(), LETTER).await
}

fn sent() -> Outcome {
    Outcome::Sent { reply: "250 2.0.0 taken".into() }
}

fn failed(kind: FailureKind, code: u16, reply: &str) -> Outcome {
    Outcome::Failed { kind, code: Some(code), reply: reply.into() }
}

#[track_caller]
fn assert_operator(outcome: &Outcome, words: &str) {
    assert!(matches!(outcome, Outcome::Paused { why, .. } if why.contains(words)), "{outcome:?}");
}

#[track_caller]
fn assert_in_doubt(outcome: &Outcome) {
    assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_letter_arrives_as_it_was_written() {
    let (first, second, double) = twice([]).await;
    assert_eq!((first, second), (sent(), sent()));
    let taken = double.taken();
    assert_eq!((taken[0].from.as_str(), taken[0].to.as_str()), ("office@miller.example", "ann@client.example"));
    assert_eq!(taken[0].bytes, LETTER);
    assert_eq!(double.connections(), 1, "the second letter goes over the first one's line");
}

#[tokio::test]
async fn a_greylisted_letter_is_transient_and_taken_the_next_time() {
    let (first, second, double) = twice([Act::RefuseRecipient("451 4.7.1 greylisted, come back")]).await;
    assert_eq!(first, failed(FailureKind::Transient, 451, "451 4.7.1 greylisted, come back"));
    assert_eq!(second, sent());
    assert_eq!((double.taken().len(), double.connections()), (1, 1));
}

#[tokio::test]
async fn a_full_server_is_busy() {
    let (first, second, _) = twice([Act::RefuseLetter("452 4.3.1 no room")]).await;
    assert_eq!(first, failed(FailureKind::Busy, 452, "452 4.3.1 no room"));
    assert_eq!(second, sent());
}

#[tokio::test]
async fn a_server_that_closes_is_busy_and_its_line_is_not_used_again() {
    let (first, second, double) = twice([Act::RefuseRecipient("421 4.3.2 closing")]).await;
    assert_eq!(first, failed(FailureKind::Busy, 421, "421 4.3.2 closing"));
    assert_eq!((second, double.connections()), (sent(), 2));
}

#[tokio::test]
async fn an_unknown_recipient_is_final_and_a_refused_letter_asks_a_person() {
    let refusals = [Act::RefuseRecipient("550 5.1.1 nobody here"), Act::RefuseLetter("554 5.6.0 not wanted")];
    let (first, second, double) = twice(refusals).await;
    assert_eq!(first, Outcome::Refused { reply: "550 5.1.1 nobody here".into() });
    assert_eq!(second, failed(FailureKind::NeedsPerson, 554, "554 5.6.0 not wanted"));
    assert!(double.taken().is_empty());
}

#[tokio::test]
async fn a_refusal_by_policy_needs_a_person_and_does_not_blame_the_recipient() {
    let (first, second, _) =
        twice([Act::RefuseRecipient("571 Delivery not authorized"), Act::RefuseData("550 5.7.1 spam")]).await;
    assert_eq!(first, failed(FailureKind::NeedsPerson, 571, "571 Delivery not authorized"));
    assert_eq!(second, failed(FailureKind::NeedsPerson, 550, "550 5.7.1 spam"));
}

#[tokio::test]
async fn a_server_that_wants_a_login_is_the_operators_matter() {
    let (first, _, _) = twice([Act::RefuseRecipient("530 5.7.0 authentication required")]).await;
    assert_operator(&first, "wants a login");
    let double = Double::start(Script::new().refuse_sender("530 5.7.0 must issue STARTTLS")).await.unwrap();
    assert_operator(&once(settings(&double)).await, "wants a login, or a secured line");
}

#[tokio::test]
async fn a_refused_password_is_the_operators_matter_and_stays_secret() {
    // The token of `office` with the password `s3cret`.
    let script = Script::new().login("AG9mZmljZQBzM2NyZXQ=", "535 5.7.8 bad credentials");
    let double = Double::start(script).await.unwrap();
    let with = |password: &str| {
        let login = Some(Login { user: "office".into(), password: Secret::new(password) });
        Settings { login, ..settings(&double) }
    };
    assert_eq!(once(with("s3cret")).await, sent());
    let refused = once(with("hunter2")).await;
    assert_operator(&refused, "refuses our login; mend `mail.user` or the password: 535 5.7.8 bad credentials");
    assert!(!format!("{refused:?} {:?}", with("hunter2")).contains("hunter2"));
}

#[tokio::test]
async fn a_server_without_logins_is_the_operators_matter_when_we_have_one() {
    let double = Double::start(Script::new()).await.unwrap();
    let login = Some(Login { user: "office".into(), password: Secret::new("s3cret") });
    assert_operator(&once(Settings { login, ..settings(&double) }).await, "offers no login, and `mail.user` is set");
}

#[tokio::test]
async fn a_refused_sender_or_greeting_is_the_operators_matter() {
    let double = Double::start(Script::new().refuse_sender("550 5.1.8 sender unknown")).await.unwrap();
    assert_operator(&once(settings(&double)).await, "refuses our sender address; mend `mail.from`");
    let double = Double::start(Script::new().banner("554 no service here")).await.unwrap();
    assert_operator(&once(settings(&double)).await, "does not talk to us");
}

#[tokio::test]
async fn a_line_cut_in_the_letter_leaves_it_in_doubt() {
    let (first, second, double) = twice([Act::Cut]).await;
    assert_in_doubt(&first);
    assert_eq!((second, double.taken().len()), (sent(), 1));
}

#[tokio::test]
async fn a_letter_stored_without_a_receipt_is_in_doubt_and_comes_twice_under_one_identity() {
    let (first, second, double) = twice([Act::StoreThenCut]).await;
    assert_in_doubt(&first);
    assert_eq!(second, sent());
    let taken = double.taken();
    assert_eq!(taken.len(), 2);
    assert_eq!(taken[0].bytes, taken[1].bytes);
}

#[tokio::test]
async fn a_server_that_stalls_in_the_letter_is_left_in_doubt_and_its_line_is_not_used_again() {
    let double = Double::start(Script::new().to("ann@client.example", [Act::Stall])).await.unwrap();
    let impatient = smtp(Settings { delivery_time_max: SOON, ..settings(&double) });
    let (first, second) = (impatient.send(&envelope(), LETTER).await, impatient.send(&envelope(), LETTER).await);
    assert_eq!(first, Outcome::Unknown { why: "no answer to the letter within 150ms".into() });
    assert_eq!((second, double.connections()), (sent(), 2));
}

#[tokio::test]
async fn a_server_that_does_not_greet_runs_into_the_time_bound_with_nothing_sent() {
    let double = Double::start(Script::new().mute()).await.unwrap();
    let outcome = once(Settings { offer_time_max: SOON, ..settings(&double) }).await;
    assert!(matches!(outcome, Outcome::Failed { kind: FailureKind::Timeout, code: None, .. }), "{outcome:?}");
}

#[tokio::test]
async fn nobody_listening_is_transient() {
    let double = Double::start(Script::new()).await.unwrap();
    let (settings, listening) = (settings(&double), double.address);
    drop(double);
    while tokio::net::TcpStream::connect(listening).await.is_ok() {
        tokio::task::yield_now().await;
    }
    let outcome = once(settings).await;
    assert!(matches!(outcome, Outcome::Failed { kind: FailureKind::Transient, code: None, .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_secured_line_carries_the_letter_in_both_ways() {
    let certificate = Certificate::new().unwrap();
    for (script, security) in
        [(Script::new().starttls(&certificate), Security::Starttls), (Script::new().tls(&certificate), Security::Tls)]
    {
        let double = Double::start(script).await.unwrap();
        let root_certificate = Some(certificate.pem.clone().into_bytes());
        assert_eq!(once(Settings { security, root_certificate, ..settings(&double) }).await, sent());
        assert!(double.taken()[0].was_secured, "{security:?}");
    }
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_gets_no_letter() {
    let certificate = Certificate::new().unwrap();
    for (script, security) in
        [(Script::new().starttls(&certificate), Security::Starttls), (Script::new().tls(&certificate), Security::Tls)]
    {
        let double = Double::start(script).await.unwrap();
        let outcome = once(Settings { security, ..settings(&double) }).await;
        assert_operator(&outcome, "cannot be secured: nobody known vouches for its certificate");
        assert!(double.taken().is_empty());
    }
}

#[tokio::test]
async fn a_line_robbed_of_its_starttls_gets_no_letter() {
    let certificate = Certificate::new().unwrap();
    let double = Double::start(Script::new().starttls(&certificate).stripped()).await.unwrap();
    let root_certificate = Some(certificate.pem.into_bytes());
    let outcome = once(Settings { security: Security::Starttls, root_certificate, ..settings(&double) }).await;
    assert_operator(&outcome, "offers no STARTTLS");
    assert!(double.taken().is_empty());
}

#[tokio::test]
async fn a_reply_slipped_in_before_the_line_is_secured_never_passes_for_a_receipt() {
    let certificate = Certificate::new().unwrap();
    let double = Double::start(Script::new().starttls(&certificate).injected()).await.unwrap();
    let root_certificate = Some(certificate.pem.into_bytes());
    let outcome = once(Settings { security: Security::Starttls, root_certificate, ..settings(&double) }).await;
    assert!(
        matches!(&outcome, Outcome::Failed { kind: FailureKind::Transient, code: None, reply } if reply.contains("before the line was secured")),
        "{outcome:?}"
    );
    assert!(double.taken().is_empty());
}

#[tokio::test]
async fn a_server_that_refuses_eight_bits_takes_our_letters() {
    let double = Double::start(Script::new().seven_bit()).await.unwrap();
    let letter = jobwright_email::Letter {
        effect: envelope().effect,
        from: jobwright_email::Person::new("Müller & Söhne", envelope().from),
        to: jobwright_email::Person::new("Zoë", envelope().to),
        cc_shown: vec![],
        envelope_to: envelope().to,
        reply_to: None,
        subject: "Löhne für Mai".into(),
        text: "Liebe Zoë, 漢字".into(),
        html: Some("<p>Liebe Zoë</p>".into()),
        class: Class::Service,
        thread_root: "<job@miller.example>".into(),
        domain: "miller.example".into(),
        unsubscribe: None,
        written_at: "2026-05-04T07:00:00Z".parse().unwrap(),
    };
    let bytes = jobwright_email::mime(&letter).unwrap();
    assert_eq!(smtp(settings(&double)).send(&letter.envelope(), &bytes).await, sent());
    let eight = "Subject: Löhne\r\n\r\n".as_bytes();
    assert!(matches!(smtp(settings(&double)).send(&letter.envelope(), eight).await, Outcome::Failed { .. }));
    assert_eq!(double.taken().len(), 1);
}

#[tokio::test]
async fn letters_go_side_by_side_and_never_over_more_lines_than_allowed() {
    let double = Double::start(Script::new()).await.unwrap();
    let transport = std::sync::Arc::new(smtp(Settings { parallel_max: 3, ..settings(&double) }));
    let mut tries = tokio::task::JoinSet::new();
    for index in 0..40 {
        let transport = std::sync::Arc::clone(&transport);
        let envelope = Envelope { effect: EffectId { index, ..envelope().effect }, ..envelope() };
        tries.spawn(async move { transport.send(&envelope, LETTER).await });
    }
    assert!(tries.join_all().await.iter().all(|outcome| *outcome == sent()));
    assert_eq!(double.taken().len(), 40);
    assert!(double.connections() <= 3, "{}", double.connections());
    transport.close().await;
}

#[tokio::test]
async fn a_self_signed_certificate_is_trusted_where_it_is_named_and_only_for_its_name() {
    let own = Certificate::self_signed().unwrap();
    let double = Double::start(Script::new().tls(&own)).await.unwrap();
    let secured = |named: Option<&Certificate>| Settings {
        security: Security::Tls,
        root_certificate: named.map(|certificate| certificate.pem.clone().into_bytes()),
        ..settings(&double)
    };
    assert_operator(&once(secured(None)).await, "its certificate is self-signed");
    assert_operator(&once(secured(Some(&Certificate::self_signed().unwrap()))).await, "certificate");
    assert_eq!(once(secured(Some(&own))).await, sent());
    let other = Certificate::of_another().unwrap();
    let double = Double::start(Script::new().starttls(&other)).await.unwrap();
    let root_certificate = Some(other.pem.clone().into_bytes());
    let outcome = once(Settings { security: Security::Starttls, root_certificate, ..settings(&double) }).await;
    assert_operator(&outcome, "certificate");
    assert!(double.taken().is_empty());
}

#[tokio::test]
async fn a_line_begun_in_the_wrong_way_is_told_in_plain_words_and_soon() {
    let certificate = Certificate::new().unwrap();
    let double = Double::start(Script::new().tls(&certificate)).await.unwrap();
    for security in [Security::Starttls, Security::None] {
        let settings = Settings { security, greeting_time: SOON, ..settings(&double) };
        assert_operator(&once(settings).await, "speaks TLS from the first byte; write `tls: tls`");
    }
    let double = Double::start(Script::new().starttls(&certificate)).await.unwrap();
    let outcome = once(Settings { security: Security::Tls, ..settings(&double) }).await;
    assert_operator(&outcome, "begins in clear, not in TLS; write `tls: starttls`");
}

#[tokio::test]
async fn the_name_we_greet_with_is_the_one_that_was_set() {
    let double = Double::start(Script::new().refuse_hello("504 5.5.2 need fully-qualified hostname")).await.unwrap();
    let named = |hello: &str| Settings { hello: hello.into(), ..settings(&double) };
    assert_operator(&once(named("vm")).await, "set `mail.hello` to a full host name: 504 5.5.2");
    assert_eq!(once(named("mail.miller.example")).await, sent());
    assert_eq!(double.hellos(), ["vm", "mail.miller.example"]);
}

#[tokio::test]
async fn a_line_that_the_server_has_left_is_not_used_for_the_next_letter() {
    let (first, second, double) = twice([Act::AcceptThenHangUp]).await;
    assert_eq!((first, second), (sent(), sent()));
    assert_eq!(double.connections(), 2);
}

#[tokio::test]
async fn a_probe_tells_each_step_and_sends_nothing() {
    let certificate = Certificate::new().unwrap();
    let script = Script::new().starttls(&certificate).login("AG9mZmljZQBzM2NyZXQ=", "535 5.7.8 bad credentials");
    let double = Double::start(script).await.unwrap();
    let probed = async |password: &str| {
        let mut steps = vec![];
        let login = Some(Login { user: "office".into(), password: Secret::new(password) });
        let root_certificate = Some(certificate.pem.clone().into_bytes());
        let transport = smtp(Settings { security: Security::Starttls, root_certificate, login, ..settings(&double) });
        let ended = transport.probe(&mut |step| steps.push(step)).await;
        (steps.join("\n"), ended)
    };
    let (steps, ended) = probed("s3cret").await;
    assert_eq!(ended, Ok(()));
    for step in
        ["answers (127.0.0.1)", "it greets: 220 double.test", "the line is secured (TLS 1.3)", "`office` (PLAIN)"]
    {
        assert!(steps.contains(step), "{step} is not in:\n{steps}");
    }
    let (steps, ended) = probed("hunter2").await;
    assert!(ended.is_err_and(|why| why.contains("535 5.7.8") && !why.contains("hunter2")));
    assert!(!steps.contains("office"), "{steps}");
    assert!(double.taken().is_empty());
}
