//! What a refusal makes of contact, letter and all other letters (r61, r62).

use jobwright_email::double::{Act, Script};

use super::Bureau;

const ANN: &str = "ann@acme.example";
/// The servers' words of a mark that stands in the way.
const NO_SUCH: &str = "550 5.1.1 no such user";

#[test]
fn r61_only_no_such_address_marks_the_contact() {
    // What is about the letter or the mailbox asks a person, and may be tried again by one.
    for reply in [
        "552 5.2.2 mailbox full",
        "552 5.3.4 message too big",
        "550 5.7.1 this looks like spam",
        "550 mailbox unavailable",
        "571 Delivery not authorized",
    ] {
        let bureau = Bureau::of(&[ANN], Script::new().to(ANN, [Act::RefuseRecipient(reply)]));
        bureau.ask(1);
        bureau.work().refuses(5, &["1 letter could not be delivered", reply, "nobody was marked", "jobwright retry"]);
        assert_eq!((bureau.marked(1).len(), bureau.taken().len()), (0, 0), "{reply}");
        bureau.practice.done(["retry", "ask/c0", "ask", "--as", "pat"]);
        assert_eq!(bureau.work().code, Some(0), "{reply}");
        assert_eq!(bureau.taken(), [ANN], "{reply}");
    }
    let bureau = Bureau::of(&[ANN], Script::new().to(ANN, [Act::RefuseRecipient(NO_SUCH)]));
    bureau.ask(1);
    bureau.work().refuses(5, &["1 letter could not be delivered", NO_SUCH, "contact set c0/ann email="]);
    assert_eq!(bureau.marked(1), ["c0"]);
    // Told once: the next round has nothing new.
    assert_eq!(bureau.work().code, Some(0));
}

#[test]
fn r61_a_limit_of_ours_pauses_all_letters_once_and_marks_nobody() {
    let addresses: Vec<String> = (0..12).map(|at| format!("a{at}@acme{at}.example")).collect();
    let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
    let limited = Script::new().letters_max(3, "550 5.4.5 Daily user sending limit exceeded.");
    let bureau = Bureau::of(&addresses, limited);
    bureau.ask(12);
    let words = ["letters cannot leave", "5.4.5 Daily user sending limit", "`jobwright work --now` tries at once"];
    let said = bureau.work();
    said.refuses(5, &words);
    assert_eq!(said.errors.matches("5.4.5").count(), 1, "said once: {}", said.errors);
    let (taken, dialled) = (bureau.taken().len(), bureau.double.connections());
    assert_eq!((taken, bureau.marked(12).len()), (3, 0));
    // The next round of cron does not ask the server again, and says why nothing leaves; doctor does, too.
    bureau.work().refuses(5, &words);
    assert_eq!(bureau.double.connections(), dialled);
    let doctor = bureau.practice.run(["doctor", "--quick"]);
    assert_eq!(doctor.code, Some(1));
    assert!(doctor.out.contains("bad   letters") && doctor.out.contains("5.4.5"), "{}", doctor.out);
    // The limit is over.
    bureau.double.mend(Script::new());
    assert_eq!(bureau.practice.run(["work", "--now"]).code, Some(0));
    assert_eq!(bureau.taken().len(), 12);
    assert!(!bureau.practice.run(["doctor", "--quick"]).out.contains("5.4.5"));
}

#[test]
fn r61_what_somebody_must_mend_pauses_until_the_next_work() {
    let bureau = Bureau::of(
        &[ANN, "bob@birch.example"],
        Script::new()
            .to(ANN, [Act::RefuseRecipient("550 SPF check failed"), Act::RefuseRecipient("550 SPF check failed")]),
    );
    bureau.ask(2);
    bureau.work().refuses(5, &["letters cannot leave", "SPF check failed", "mend it, then `jobwright work` again"]);
    assert_eq!(bureau.marked(2).len(), 0);
    bureau.double.mend(Script::new());
    assert_eq!(bureau.work().code, Some(0));
    assert_eq!(bureau.taken().len(), 2);
}

#[test]
fn r61_a_mark_is_taken_back_by_a_command_and_the_job_goes_on_once() {
    let bureau = Bureau::of(&[ANN], Script::new().to(ANN, [Act::RefuseRecipient(NO_SUCH)]));
    bureau.ask(1);
    bureau.work();
    assert_eq!(bureau.marked(1), ["c0"]);
    assert!(bureau.shown("c0").contains("refuses_mail=false"), "{}", bureau.shown("c0"));
    let said = bureau.practice.done(["contact", "set", "c0/ann", "refuses_mail=false"]);
    assert!(said.contains("1 job looked again"), "{said}");
    assert_eq!(bureau.marked(1).len(), 0);
    for _ in 0..2 {
        assert_eq!(bureau.work().code, Some(0));
    }
    assert_eq!(bureau.taken(), [ANN]);
    // Setting it again without a change wakes nobody, and nothing goes out twice.
    bureau.practice.done(["contact", "set", "c0/ann", "refuses_mail=false"]);
    bureau.work();
    assert_eq!(bureau.taken(), [ANN]);
}

#[test]
fn r61_a_mark_is_set_by_hand_for_a_bounce_that_came_by_mail() {
    let bureau = Bureau::of(&[ANN], Script::new());
    bureau.practice.done(["contact", "set", "c0/ann", "refuses_mail=true"]);
    assert_eq!(bureau.marked(1), ["c0"]);
    bureau.ask(1);
    bureau.work();
    assert_eq!(bureau.taken().len(), 0);
    // Another address is not marked.
    bureau.practice.done(["contact", "set", "c0/ann", "email=ann.bell@acme.example"]);
    bureau.work();
    assert_eq!(bureau.taken(), ["ann.bell@acme.example"]);
    bureau.practice.done(["contact", "set", "c0/ann", "email="]);
    bureau.practice.run(["contact", "set", "c0/ann", "refuses_mail=true"]).refuses(1, &["no address"]);
}

#[test]
fn r61_a_letter_that_arrives_takes_the_mark_back_and_wakes_who_waited() {
    let acts = [Act::StoreThenCut, Act::RefuseRecipient(NO_SUCH)];
    let bureau = Bureau::of(&["Ann@Acme.example"], Script::new().to("Ann@acme.example", acts));
    // The first letter is in doubt, the second one refused: somebody switched the mailbox off and on again.
    bureau.ask(1);
    bureau.work();
    bureau.ask(1);
    bureau.work();
    assert_eq!((bureau.marked(1).len(), bureau.taken().len()), (1, 1));
    bureau.practice.run(["work", "--now"]);
    assert_eq!(bureau.marked(1).len(), 0);
    bureau.work();
    assert_eq!(bureau.taken().len(), 3, "the first one twice, as is said of one in doubt, and the one that waited");
}

#[test]
fn r62_a_refused_address_is_known_in_every_spelling_and_not_written_to_again() {
    for (kept, wire, again) in [
        ("Ann@Acme.Example", "Ann@acme.example", "ann@ACME.example"),
        ("dan@müller.example", "dan@xn--mller-kva.example", "dan@xn--mller-kva.example"),
        ("dan@MÜLLER.example", "dan@xn--mller-kva.example", "DAN@müller.example"),
    ] {
        let acts = [NO_SUCH; 5].map(Act::RefuseRecipient);
        let bureau = Bureau::of(&[kept], Script::new().to(wire, acts));
        bureau.ask(1);
        bureau.work();
        assert_eq!(bureau.marked(1), ["c0"], "{kept}");
        let dialled = bureau.double.connections();
        // The same address in another spelling is no other address.
        bureau.practice.done(["contact", "set", "c0/ann", &format!("email={again}")]);
        bureau.work();
        bureau.ask(1);
        bureau.work();
        assert_eq!((bureau.marked(1).len(), bureau.double.connections()), (1, dialled), "{kept}");
    }
}
