//! What a plugin is granted: asked, kept, taken away.

use std::fs;
use std::thread;

use serde_json::json;

use super::{Guest, at_work, busy, with};
use crate::support::practice::{Practice, TO_FILES};

const TWO_HOSTS: &[&str] = &["bank.example", "other.example"];

fn with_secret(version: &str, host: &str) -> Guest {
    let http: Vec<_> = TWO_HOSTS.iter().map(|host| json!({ "host": host })).collect();
    Guest::good()
        .with("/version", json!(version))
        .with("/capabilities", json!({ "http": http, "secrets": [{ "name": "token", "host": host }] }))
}

fn add(practice: &Practice, guest: &Guest, more: &[&str]) -> crate::support::program::Said {
    practice.write("test.wasm", guest.plugin());
    practice.run([&["plugin", "add", "test.wasm"][..], more].concat())
}

#[test]
fn r03_a_new_version_gets_nothing_wider_without_being_asked() {
    let practice = Practice::with_people(TO_FILES);
    let secrets = practice.write(".jobwright/secrets.toml", "[plugins]\ntoken = \"s3cret-of-the-bank\"\n");
    let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    fs::set_permissions(secrets, private).expect("closed");
    let first = add(&practice, &with_secret("1.0.0", "bank.example"), &["--grant", "all"]);
    assert_eq!(first.code, Some(0), "{first:#?}");
    assert!(first.out.contains("{ token = { entry = \"token\", host = \"bank.example\" } }"), "{}", first.out);
    // The same again asks nothing; the secret to another host does.
    let same = add(&practice, &with_secret("1.0.1", "bank.example"), &[]);
    assert!(same.out.contains("asks for nothing that it is not granted already"), "{same:#?}");
    let moved = add(&practice, &with_secret("1.0.2", "other.example"), &[]);
    moved.refuses(2, &["say what it is granted"]);
    assert!(moved.out.contains("host = \"other.example\" } }"), "{}", moved.out);
    let list = practice.done(["plugin", "list"]);
    assert!(list.contains("1.0.1"), "nothing was written: {list}");
    // So does a larger limit, and it is told beside what is usual.
    let larger = add(&practice, &with_secret("1.0.3", "bank.example").with("/limits", json!({ "cpu_ms": 9000 })), &[]);
    larger.refuses(2, &["say what it is granted"]);
    assert!(larger.out.contains("limits = { cpu_ms = 9000 }   # the default is 500"), "{}", larger.out);
}

#[test]
fn r03_an_unsigned_version_after_a_signed_one_is_asked_about_and_refused_without_a_word() {
    let practice = with(&Guest::good());
    practice.done(["plugin", "keygen", "ada.key"]);
    practice.done(["plugin", "sign", "test.wasm", "--key", "ada.key"]);
    practice.done(["plugin", "add", "test.wasm"]);
    fs::remove_file(practice.folder().join("test.wasm.sig")).expect("removed");
    let next = Guest::good().with("/version", json!("1.0.1"));
    let unsigned = add(&practice, &next, &[]);
    unsigned.refuses(2, &["say what it is granted"]);
    assert!(
        unsigned.out.contains("to be signed by nobody, where the version before was signed by"),
        "{}",
        unsigned.out
    );
    add(&practice, &next, &["--grant", "none"]).refuses(1, &["is not taken in", "signed by nobody"]);
    assert!(practice.done(["plugin", "list"]).contains("1.0.0"));
    assert_eq!(add(&practice, &next, &["--grant", "all"]).code, Some(0));
    assert!(practice.done(["plugin", "list"]).contains("1.0.1"));
}

#[test]
fn r05_a_plugin_that_was_removed_is_called_no_more_by_jobs_that_began_with_it() {
    let practice = at_work(&busy(1_000), ", retry: { times: 50, first: 1 hour, max: 1 hour, on: [busy] }");
    practice.done(["work"]);
    assert!(practice.done(["show", "one/birchwood"]).contains("not now (nope)"));
    assert!(practice.done(["plugin", "remove", "test"]).contains("can call it no more"));
    practice.done(["retry", "one/birchwood", "a", "--as", "pat"]);
    practice.done(["work"]);
    let shown = practice.done(["show", "one/birchwood"]);
    assert!(shown.contains("was taken out of this practice"), "{shown}");
}

#[test]
fn r08_what_an_admin_wrote_into_the_grants_stays_and_two_at_once_both_come_in() {
    let practice = Practice::with_people(TO_FILES);
    let reads = Guest::good().with("/capabilities", json!({ "read": ["client.name"] }));
    for (name, guest) in [("one", &reads), ("two", &Guest::good()), ("three", &Guest::good())] {
        practice.write(&format!("{name}.wasm"), guest.clone().named(name).plugin());
    }
    practice.done(["plugin", "add", "one.wasm", "--grant", "all"]);
    let path = practice.folder().join("plugins/grants.toml");
    let text = fs::read_to_string(&path).expect("grants");
    let reviewed = format!("# Reviewed by Pat, ticket 4711.\n{text}# never more than this\n");
    fs::write(&path, reviewed.replace("[\"client.name\"]", "[] # taken away by Pat")).expect("written");
    thread::scope(|scope| {
        for file in ["two.wasm", "three.wasm"] {
            let practice = &practice;
            scope.spawn(move || practice.done(["plugin", "add", file]));
        }
    });
    let text = fs::read_to_string(&path).expect("grants");
    for words in ["# Reviewed by Pat, ticket 4711.", "[] # taken away by Pat", "# never more", "[two]", "[three]"] {
        assert!(text.contains(words), "{words}:\n{text}");
    }
    let list = practice.run(["plugin", "list"]).out;
    for name in ["one", "two", "three"] {
        assert!(list.contains(name), "{name}:\n{list}");
    }
    practice.done(["plugin", "remove", "two"]);
    let text = fs::read_to_string(&path).expect("grants");
    assert!(text.contains("ticket 4711") && text.contains("[three]") && !text.contains("[two]"), "{text}");
}
