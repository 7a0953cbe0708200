//! Everything an import does and finds is told (r58, r59).

use expect_test::expect;

use super::{clients, import, practice};

#[test]
fn r58_every_error_is_told_and_counts_are_true() {
    let practice = practice();
    let mut file = "client_id,client_name,contact_id,contact_name,email\n".to_owned();
    for at in 0..1000 {
        file += &format!("c{at},C {at},a,Ann,ann@c{at}\n");
    }
    file += ",No Id Ltd,a,Ann,ann@x.example\n";
    let said = import(&practice, "p.csv", &file, &[]);
    said.refuses(
        1,
        &["error: p.csv:1002: the row has no client_id", "1000 warnings in all; 800 more of them are not shown"],
    );
    assert!(said.out.contains("1000 clients are new, 0 changed, 0 the same already; 1 row left out"), "{}", said.out);
    let json = practice.run(["import", "p.csv", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json.out).expect("one object");
    assert_eq!(
        (json["errors"].as_u64(), json["warnings"].as_u64(), json["bad"].as_u64()),
        (Some(1), Some(1000), Some(1))
    );
    let bad: String = (0..300).map(|at| format!("b{at},B,,,,x\n")).collect();
    let said = import(&practice, "q.csv", format!("client_id,client_name,contact_id,contact_name,email\n{bad}"), &[]);
    assert_eq!(said.errors.matches("error:").count(), 300, "every error is told");
    assert!(said.out.contains("300 rows left out"), "{}", said.out);
}

#[test]
fn r59_a_trial_tells_every_change_field_by_field() {
    let practice = practice();
    let people = "format: 1\nroles:\n  accounts: { label: Accounts contact }\nstaff:\n  - { id: pat, name: Pat Quill, email: pat@my-practice.example, roles: [partner] }\n";
    let head = "client_id,client_name,contact_id,contact_name,email,phone\n";
    import(
        &practice,
        "a.csv",
        format!(
            "{head}acme,Acme,ann,Ann Bell,ann@acme.example,1\nacme,,bob,Bob Cole,bob@acme.example,\ncedar,Cedar,cy,Cy,cy@c.example,\n"
        ),
        &[],
    );
    practice.done(["contact", "set", "acme/ann", "phone=9"]);
    practice.write("people.yaml", people.replace("[partner]", "[partner, reviewer]"));
    practice.write("a.csv", format!("{head}acme,Acme Ltd,ann,Ann Bell,ann.bell@acme.example,2\nbirch,Birch,dan,Dan,dan@birch.example,\nbad,,eve,Eve,eve@e.example,\n"));
    let before = clients(&practice);
    let said = practice.run(["import", "people.yaml", "a.csv", "--dry-run"]);
    assert_eq!(said.code, Some(1), "{said:#?}");
    expect![[r#"
        people.yaml: role accounts: same
        people.yaml:5: staff pat: changed
          roles: partner → partner, reviewer
        a.csv:2: client acme: changed
          client_name: Acme → Acme Ltd
        a.csv:2: contact acme/ann: changed
          email: ann@acme.example → ann.bell@acme.example
          phone stays 9, set by hand; the file says 2
        a.csv:3: client birch: new
          client_name: Birch
        a.csv:3: contact birch/dan: new
          email: dan@birch.example
          contact_name: Dan
        a.csv:4: client bad: left out, something is wrong with it
        1 client would be new, 1 changed, 0 the same already; 1 contact role, 1 staff (1 changed); 1 field kept as set by hand; 1 row left out
    "#]]
    .assert_eq(&said.out);
    for words in [
        "a.csv:4: client bad is new and has no name",
        "acme/bob (Bob Cole) was in this file the last time",
        "client cedar was in this file the last time",
    ] {
        assert!(said.errors.contains(words), "{words} in {said:#?}");
    }
    assert_eq!(clients(&practice), before, "a trial writes nothing");
    let json = practice.run(["import", "a.csv", "--dry-run", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json.out).expect("one object");
    let ann = json["rows"].as_array().expect("rows").iter().find(|row| row["id"] == "acme/ann").expect("ann").clone();
    assert_eq!(ann["outcome"], "changed");
    assert_eq!(
        ann["changes"][0],
        serde_json::json!({ "field": "email", "before": "ann@acme.example", "after": "ann.bell@acme.example" })
    );
    assert_eq!(ann["kept"][0], serde_json::json!({ "field": "phone", "value": "9", "file": "2" }));
    assert_eq!(json["written"], false);
}

#[test]
fn r59_a_role_is_ticked_for_many_after_a_preview() {
    let practice = practice();
    let head = "client_id,client_name,contact_id,contact_name,position,roles,active\n";
    let rows = "acme,Acme,ann,Ann,Bookkeeper,,\nacme,,bob,Bob,Director,,\nbirch,Birch,dan,Dan,Bookkeeper,payroll,\ncedar,Cedar,eve,Eve,Bookkeeper,,no\n";
    import(&practice, "a.csv", format!("{head}{rows}"), &[]);
    let words = ["contact", "tick", "payroll", "--where", "contact.position == \"Bookkeeper\""];
    let preview = practice.done(words);
    assert!(
        preview.contains("acme/ann  Ann")
            && preview.contains("1 contacts would be ticked for payroll, 1 are already, 1 have left; --yes does it"),
        "{preview}"
    );
    assert!(clients(&practice).starts_with("acme Acme: ann Ann <>, "), "a preview ticks nobody");
    practice.done([&words[..], &["--yes"]].concat());
    assert!(clients(&practice).starts_with("acme Acme: ann Ann <> [payroll], bob Bob <>\n"), "{}", clients(&practice));
    practice.run(["contact", "tick", "payrol", "--where", "true"]).refuses(3, &["payrol"]);
    practice.run(["contact", "tick", "payroll"]).refuses(2, &["--where"]);
    practice.done(["contact", "untick", "acme/ann", "payroll"]);
}
