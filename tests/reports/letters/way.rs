//! The way to the mail server: its settings, what is said when one is wrong, and what it carries (r63, r64, r65).

use std::fs;
use std::os::unix::fs::PermissionsExt;

use jobwright_email::double::{Certificate, Double, Script};
use tokio::runtime::Runtime;

use super::{Bureau, mail};

const ANN: &str = "ann@acme.example";
/// `office` and `s3cret`, as AUTH PLAIN sends them.
const TOKEN: &str = "AG9mZmljZQBzM2NyZXQ=";

#[test]
fn r63_the_name_we_greet_with_has_a_key_and_is_the_senders_domain_without_it() {
    let bureau = Bureau::of(&[ANN], Script::new().refuse_hello("504 5.5.2 need fully-qualified hostname"));
    bureau.ask(1);
    assert_eq!(bureau.work().code, Some(0));
    bureau.practice.mend_mail(&mail(bureau.double.address.port(), "tls: none\n  hello: mail.larkfield.example"));
    bureau.ask(1);
    assert_eq!(bureau.work().code, Some(0));
    assert_eq!(bureau.double.hellos(), ["larkfield.example", "mail.larkfield.example"]);
    let bad = &mail(bureau.double.address.port(), "tls: none\n  hello: vm");
    bureau.practice.mend_mail(bad);
    bureau.work().refuses(1, &["hello: vm"]);
}

#[test]
fn r63_a_certificate_of_ones_own_has_a_key_and_a_wrong_file_says_so() {
    let certificate = Certificate::self_signed().expect("a certificate");
    let bureau = Bureau::of(&[ANN], Script::new().starttls(&certificate));
    let port = bureau.double.address.port();
    bureau.practice.mend_mail(&mail(port, "tls: starttls"));
    bureau.ask(1);
    bureau.work().refuses(5, &["its certificate is self-signed", "`mail: { certificate: FILE }`"]);
    bureau.practice.mend_mail(&mail(port, "tls: starttls\n  certificate: own.pem"));
    bureau.work().refuses(5, &["own.pem", "cannot read the certificate"]);
    bureau.practice.write("own.pem", "not a certificate");
    bureau.work().refuses(5, &["there is no certificate in it"]);
    bureau.practice.write("own.pem", &certificate.pem);
    assert_eq!(bureau.work().code, Some(0));
    assert!(bureau.double.taken().iter().all(|letter| letter.was_secured));
    assert_eq!(bureau.taken(), [ANN]);
}

#[test]
fn r63_a_line_begun_in_the_wrong_way_is_told_in_plain_words() {
    let certificate = Certificate::new().expect("a certificate");
    let bureau = Bureau::of(&[ANN], Script::new().tls(&certificate));
    let port = bureau.double.address.port();
    bureau.ask(1);
    for tls in ["starttls", "none"] {
        bureau.practice.mend_mail(&mail(port, &format!("tls: {tls}")));
        bureau.work().refuses(5, &["speaks TLS from the first byte", "`tls: tls`"]);
    }
    bureau.double.mend(Script::new().starttls(&certificate));
    bureau.practice.mend_mail(&mail(port, "tls: tls"));
    let said = bureau.work();
    said.refuses(5, &["begins in clear", "`tls: starttls`"]);
    assert!(!said.errors.contains("InvalidContentType"), "{}", said.errors);
}

#[test]
fn r63_doctor_goes_the_way_of_a_letter_and_says_each_step() {
    let certificate = Certificate::new().expect("a certificate");
    let script = Script::new().starttls(&certificate).login(TOKEN, "535 5.7.8 not known");
    let bureau = Bureau::of(&[ANN], script);
    let port = bureau.double.address.port();
    bureau.practice.mend_mail(&mail(port, "tls: starttls\n  user: office\n  certificate: root.pem"));
    bureau.practice.write("root.pem", &certificate.pem);
    let doctor = |password: &str| {
        let environment = [("JOBWRIGHT_SMTP_PASSWORD", password)];
        bureau.practice.run_with(&environment, ["doctor", "--quick", "--mail"])
    };
    let said = doctor("s3cret");
    assert_eq!(said.code, Some(0), "{said:#?}");
    for step in
        ["answers (127.0.0.1)", "it greets: 220", "the line is secured", "it knows us as `office`", "nothing was sent"]
    {
        assert!(said.out.contains(step), "{step} is not in:\n{}", said.out);
    }
    let said = doctor("guess");
    assert_eq!(said.code, Some(1));
    assert!(said.out.contains("bad   mail server") && said.out.contains("535 5.7.8"), "{}", said.out);
    assert!(!said.out.contains("guess"));
    assert_eq!(bureau.taken().len(), 0);
    // What was not tried is not said to be well.
    let plain = bureau.practice.run_with(&[("JOBWRIGHT_SMTP_PASSWORD", "guess")], ["doctor", "--quick"]);
    assert!(plain.out.contains("which was not tried") && plain.out.contains("doctor --mail"), "{}", plain.out);
}

#[test]
fn r63_secrets_that_cannot_be_used_say_which_rights_or_keys_are_wrong() {
    let bureau = Bureau::of(&[ANN], Script::new().login(TOKEN, "535 5.7.8 not known"));
    let port = bureau.double.address.port();
    bureau.practice.mend_mail(&mail(port, "tls: none\n  user: office"));
    bureau.ask(1);
    bureau.work().refuses(5, &["there is none", "secrets.toml (mode 0600)", "`[mail]`", "password = "]);
    let secrets = bureau.practice.folder().join(".jobwright/secrets.toml");
    let write = |mode: u32, text: &str| {
        fs::write(&secrets, text).expect("written");
        fs::set_permissions(&secrets, fs::Permissions::from_mode(mode)).expect("rights");
    };
    write(0o600, "smtp_password = \"s3cret\"\n");
    let said = bureau.work();
    said.refuses(5, &["`smtp_password`", "`[mail]`"]);
    assert!(!said.errors.contains("s3cret"), "{}", said.errors);
    write(0o644, "[mail]\npassword = \"s3cret\"\n");
    bureau.work().refuses(5, &["mode 0644", "chmod 600"]);
    write(0o600, "[mail]\npassword = \"s3cret\"\n");
    assert_eq!(bureau.work().code, Some(0));
    assert_eq!(bureau.taken(), [ANN]);
    let help = bureau.practice.done(["help", "work"]);
    assert!(help.contains("secrets.toml") && help.contains("[mail]"), "{help}");
}

#[test]
fn r64_what_is_said_of_the_next_try_is_so_and_work_now_does_not_wait() {
    let bureau = Bureau::of(&[ANN], Script::new());
    let right = bureau.double.address.port();
    // A port at which nobody listens any more.
    let nobody =
        Runtime::new().expect("a runtime").block_on(Double::start(Script::new())).expect("a port").address.port();
    bureau.practice.mend_mail(&mail(nobody, "tls: none"));
    bureau.ask(1);
    bureau
        .work()
        .refuses(5, &["could not leave yet", "cannot be reached", "the first `jobwright work` after", "--now"]);
    bureau.practice.mend_mail(&mail(right, "tls: none"));
    // Not before its time, as was said.
    bureau.work().refuses(5, &["could not leave yet"]);
    assert_eq!(bureau.taken().len(), 0);
    let said = bureau.practice.run(["work", "--now"]);
    assert_eq!((said.code, bureau.taken()), (Some(0), vec![ANN.to_owned()]), "{said:#?}");
    bureau.practice.run(["work", "--now"]);
    assert_eq!(bureau.taken().len(), 1, "nothing is sent twice");
}

#[test]
fn r65_the_html_twin_keeps_indentation() {
    let text = "Please pay:\\n\\n    Ann     1,200.00\\n      of which tax 12.00";
    let bureau = Bureau::of(&[ANN], Script::new());
    let body = format!("body: \"{text}\"");
    let ask = super::ASK.replace("body: 'Dear {{ recipient.first_name }}, which hours?'", &body);
    assert!(ask.contains("of which tax"));
    bureau.practice.write("ask.job.yaml", ask);
    bureau.practice.done(["publish", "ask.job.yaml"]);
    bureau.ask(1);
    assert_eq!(bureau.work().code, Some(0));
    let taken = bureau.double.taken();
    let letter = mail_parser::MessageParser::default().parse(&taken[0].bytes).expect("a letter");
    let html = letter.body_html(0).expect("HTML").into_owned();
    assert!(html.contains("&nbsp;&nbsp;&nbsp;&nbsp;Ann&nbsp;&nbsp;&nbsp;&nbsp; 1,200.00<br>"), "{html}");
    assert!(html.contains("&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;of which tax"), "{html}");
    assert!(letter.body_text(0).expect("text").contains("    Ann     1,200.00"));
}
