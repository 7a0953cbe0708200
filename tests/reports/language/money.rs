//! Amounts have the decimals of their currency, at every door (r40).

use super::{checked, refused, tested};
use crate::support::practice::{Practice, TO_FILES};

const WORDS: &str = "has more decimals than GBP has, which is 2: round it";

#[test]
fn r40_an_amount_with_fractions_of_a_penny_is_refused_at_every_door() {
    let practice = Practice::with_people(TO_FILES);
    let settings = std::fs::read_to_string(practice.folder().join("practice.yaml")).expect("settings");
    practice.write("practice.yaml", settings.replace("  client:\n", "  client:\n    retainer: money\n"));
    practice.write(
        "a.job.yaml",
        "format: 1\nid: fees\nname: Fees\ninputs: { fee: { type: money, currency: GBP, optional: true } }\ntasks:\n  - { id: ask, type: manual, outputs: { fee: { type: money, currency: GBP } } }\n  - { id: tell, type: form, recipient: primary_contact, template: t, fields: [{ id: fee, label: Fee, type: money, currency: GBP }] }\ntemplates: { t: { subject: Fee, body: Fee } }\n",
    );
    practice.done(["publish", "a.job.yaml"]);
    practice.done(["start", "fees", "--client", "birchwood", "--input", "fee=12.50"]);
    let refuses = |arguments: &[&str]| {
        let said = practice.run(arguments);
        let told = format!("{}{}", said.out, said.errors);
        assert!(said.code.is_some_and(|code| code != 0) && told.contains(WORDS), "{arguments:?}: {said:#?}");
    };
    refuses(&["start", "fees", "--client", "cafe-soleil", "--input", "fee=12.505"]);
    refuses(&["complete", "fees/birchwood", "ask", "--set", "fee=0.001"]);
    refuses(&["client", "set", "birchwood", "retainer=0.0000000000000000000000000001"]);
    practice.write("p.yaml", "clients:\n  - { id: newcomer, name: New, retainer: 12.505 }\n");
    refuses(&["import", "p.yaml"]);
    practice.write("p.csv", "client_id,client_name,retainer\nnewcomer,New,12.505\n");
    refuses(&["import", "p.csv"]);
    practice.write("p.json", r#"{"clients": [{"id": "newcomer", "name": "New", "retainer": 12.505}]}"#);
    refuses(&["import", "p.json"]);
    practice.done(["client", "set", "birchwood", "retainer=12.50"]);
    practice.done(["client", "set", "birchwood", "retainer=12.500"]);
    practice.run(["client", "show", "newcomer"]).refuses(3, &["newcomer"]);
    // Yen have no decimals, dinars have three.
    let of = |currency: &str, amount: &str| {
        checked(&format!(
            "format: 1\nid: a\nname: A\ninputs: {{ fee: {{ type: money, currency: {currency}, default: {amount} }} }}\ntasks: [{{ id: t, type: manual }}]\n"
        ))
    };
    assert_eq!(of("GBP", "12.50").code, Some(0));
    assert!(of("GBP", "12.505").out.contains(WORDS));
    assert!(of("JPY", "12.5").out.contains("than JPY has, which is none"));
    assert_eq!(of("KWD", "12.505").code, Some(0));
}

#[test]
fn r40_dividing_says_how_the_rest_goes() {
    let script = |source: &str| {
        format!(
            "format: 1\nid: r\nname: R\ntasks:\n  - {{ id: r, type: script, source: '{source}', outputs: {{ t: {{ type: money, currency: GBP }} }} }}\n"
        )
    };
    for source in [
        "#{ t: money(\"100.00\", \"GBP\") / 3 }",
        "#{ t: money(\"100.00\", \"GBP\") * 0.175 }",
        "if true { return #{ t: money(\"1.00\", \"GBP\") / 3 }; } #{ t: money(\"1.00\", \"GBP\") }",
        "#{ t: [money(\"1.00\", \"GBP\")].sum(|m| m / 3, money(\"0.00\", \"GBP\")) }",
    ] {
        refused(&script(source), &["WF0413", "not rounded", ".round()"]);
    }
    for source in [
        "#{ t: (money(\"100.00\", \"GBP\") / 3).round() }",
        "#{ t: round(money(\"100.00\", \"GBP\") * 0.175) }",
        "#{ t: money(\"100.00\", \"GBP\") * 3 }",
        "let third = (money(\"100.00\", \"GBP\") / 3).round(2); #{ t: third }",
    ] {
        let said = checked(&script(source));
        assert_eq!(said.code, Some(0), "{source}: {said:#?}");
    }
    // What only the values show fails the task, in words, and no output has it.
    let hidden = script("let third = money(\"100.00\", \"GBP\") / 3; #{ t: third }");
    let said = tested(&format!(
        "{hidden}tests:\n  - name: t\n    start: 2026-05-04T09:00\n    steps: [{{ expect: {{ r: failed }} }}]\n"
    ));
    assert_eq!(said.code, Some(0), "{said:#?}");
    let said = tested(&format!(
        "{hidden}tests:\n  - name: t\n    start: 2026-05-04T09:00\n    steps: [{{ expect: {{ r: completed }} }}]\n"
    ));
    assert!(said.out.contains(WORDS), "{said:#?}");
}
