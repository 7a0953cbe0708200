//! A definition's own tests, where it is checked and before it is published (r45).

use crate::support::practice::{Practice, TO_FILES};

fn definition(tests: &str) -> String {
    format!(
        "format: 1\nid: sound\nname: Sound\ntasks:\n  - {{ id: records, type: manual, assign: {{ staff: primary }} }}\n{tests}"
    )
}

fn test(rest: &str) -> String {
    definition(&format!("tests:\n  - name: it goes\n{rest}"))
}

#[test]
fn r45_check_says_what_is_broken_in_the_tests() {
    let practice = Practice::with_people(TO_FILES);
    for (rest, words) in [
        ("    strat: 2026-05-04\n    steps: [restart]\n", "unknown key `strat`"),
        ("    start: 2026-05-04\n    steps: [{ expect: { recrods: completed } }]\n", "there is no task `recrods`"),
        ("    start: 2026-05-04\n    steps: [{ expect: { records: complete } }]\n", "`complete`"),
        ("    start: 2026-05-04\n    steps: [{ finish: records }]\n", "`finish` is no step of a test"),
        ("    start: 2026-05-04\n    steps: [{ complete: { task: records, as: nobody_known } }]\n", "nobody_known"),
    ] {
        practice.write("a.job.yaml", test(rest));
        let said = practice.run(["check", "a.job.yaml"]);
        assert!(said.code == Some(1) && said.out.contains(words), "{words}: {said:#?}");
        practice.run(["publish", "a.job.yaml"]).refuses(1, &["cannot be used", words]);
        // In the file beside it as well.
        practice.write("b.job.yaml", definition(""));
        practice.write("b.test.yaml", format!("format: 1\ndefinition: sound\ntests:\n  - name: it goes\n{rest}"));
        let said = practice.run(["check", "b.job.yaml"]);
        assert!(said.code == Some(1) && said.out.contains(words) && said.out.contains("b.test.yaml:"), "{said:#?}");
        practice.run(["publish", "b.job.yaml"]).refuses(1, &["cannot be used", words]);
    }
    practice.run(["start", "sound", "--client", "birchwood"]).refuses(3, &["sound"]);
}

#[test]
fn r45_publish_runs_the_tests_and_publishes_nothing_when_one_fails() {
    let practice = Practice::with_people(TO_FILES);
    let wrong = "    start: 2026-05-04\n    steps: [{ expect: { records: completed } }]\n";
    practice.write("a.job.yaml", test(wrong));
    for arguments in [&["publish", "a.job.yaml"][..], &["publish", "a.job.yaml", "--dry-run"]] {
        let words = ["nothing was published: 1 of 1 test of a.job.yaml failed", "it goes", "a.job.yaml:", "--untested"];
        practice.run(arguments).refuses(1, &words);
    }
    let said = practice.run(["publish", "a.job.yaml", "--json"]);
    assert!(said.code == Some(1) && said.errors.contains("WF0801") || said.out.contains("WF0801"), "{said:#?}");
    practice.run(["start", "sound", "--client", "birchwood"]).refuses(3, &["sound"]);
    practice.write("b.job.yaml", definition(""));
    practice.write("b.test.yaml", format!("format: 1\ndefinition: sound\ntests:\n  - name: it goes\n{wrong}"));
    practice.run(["publish", "b.job.yaml"]).refuses(1, &["nothing was published", "b.test.yaml:"]);
    // Who says so publishes it all the same.
    let said = practice.done(["publish", "a.job.yaml", "--untested"]);
    assert!(said.contains("Published sound as version 1"), "{said}");
    practice.write(
        "a.job.yaml",
        test("    start: 2026-05-04\n    steps: [{ complete: records }, { expect: { records: completed } }]\n"),
    );
    practice.done(["publish", "a.job.yaml"]);
}
