//! Two rows are never one record without a word, and a changed address changes the person (r48, r50, r55, r54).

use expect_test::expect;

use super::{clients, contact, import, practice};

const HEAD: &str = "client_id,client_name,contact_name,email,roles\n";

#[test]
fn r48_clients_whose_ids_fold_to_one_are_kept_apart() {
    let practice = practice();
    let rows = "\
Müller GmbH,Müller GmbH,Anna Müller,anna@mueller.example,accounts
Möller GmbH,Möller GmbH,Bert Möller,bert@moeller.example,accounts
0015g00000XyZaA,Acme Ltd,Ann Bell,ann@acme.example,
0015g00000XyZaa,Birch Ltd,Dan Holroyd,dan@birch.example,
AB 12,Alpha Beta Ltd,Ann,ann@ab.example,
AB-12,Completely Other Ltd,Bob,bob@other.example,
AB/12,Third Ltd,Cy,cy@third.example,
東京,Tokyo KK,Aki,aki@tokyo.example,
京都,Kyoto KK,Emi,emi@kyoto.example,
";
    let long = format!("{0}a,Long A Ltd,Al,al@long.example,\n{0}b,Long B Ltd,Bo,bo@long.example,\n", "x".repeat(70));
    let file = format!("{HEAD}{rows}{long}");
    let said = import(&practice, "clients.csv", &file, &[]);
    assert_eq!((said.code, said.out.contains("11 clients are new")), (Some(0), true), "{said:#?}");
    let listed = clients(&practice);
    assert_eq!(listed.lines().count(), 11, "{listed}");
    for line in file.lines().skip(1) {
        let cells: Vec<_> = line.split(',').collect();
        let client = listed.lines().find(|line| line.contains(&format!(" {}: ", cells[1]))).expect("each is there");
        assert!(client.contains(cells[3]) && client.matches('<').count() == 1, "{client}");
    }
    // The same file again, and in another order, finds each of them again.
    let mut turned: Vec<_> = file.lines().skip(1).collect();
    turned.reverse();
    let turned = format!("{HEAD}{}\n", turned.join("\n"));
    for text in [&file, &turned] {
        let said = import(&practice, "clients.csv", text, &[]);
        assert!(said.out.contains("0 clients are new, 0 changed, 11 the same"), "{said:#?}");
    }
    assert_eq!(clients(&practice), listed);
}

#[test]
fn r48_two_rows_that_may_be_one_client_are_refused_with_both_rows() {
    let practice = practice();
    let rows =
        "A 1,Acme Ltd,Ann Bell,ann@acme.example,\nmid,Mid Ltd,Mo,mo@mid.example,\nA/1,acme ltd,Dan,dan@acme.example,\n";
    let said = import(&practice, "clients.csv", format!("{HEAD}{rows}"), &[]);
    said.refuses(1, &["clients.csv:4: `A/1` and `A 1` of clients.csv:2"]);
    // The same reference with two names, and one that a spreadsheet has shortened.
    let rows = "x,Xenon Ltd,Ann,ann@x.example,\nx,Xylo Ltd,Bob,bob@x.example,\n1E+05,Exp Ltd,Cy,cy@e.example,\n";
    let said = import(&practice, "more.csv", format!("{HEAD}{rows}"), &[]);
    said.refuses(
        1,
        &["more.csv:3: client_name is `Xylo Ltd` here and `Xenon Ltd` in line 2", "more.csv:4:", "shortened"],
    );
    // A client made by hand is not taken for another.
    practice.done(["client", "add", "b-2", "Birch Ltd"]);
    let said = import(&practice, "hand.csv", format!("{HEAD}B 2,Cedar Ltd,Cy,cy@cedar.example,\n"), &[]);
    said.refuses(1, &["`B 2` and client b-2"]);
    expect![[r#"
        a-1 Acme Ltd: ann Ann Bell <ann@acme.example>
        b-2 Birch Ltd: 
        mid Mid Ltd: mo Mo <mo@mid.example>
    "#]]
    .assert_eq(&clients(&practice));
}

#[test]
fn r50_contacts_do_not_replace_one_another() {
    let practice = practice();
    let rows = "\
t1,Test One,Hal Garrick,office@t1.example,payroll
t1,,Una Garrick,office@t1.example,vat
t1,,John Smith,john.smith@t1.example,payroll
t1,,Jane Smith,john.smith@other.example,vat
t1,,Jörg Müller,,
t1,,Jürg Möller,,
t1,,田中太郎,,
t1,,Иван Петров,,
";
    let said = import(&practice, "t.csv", format!("{HEAD}{rows}"), &[]);
    assert_eq!(said.code, Some(0), "{said:#?}");
    let listed = clients(&practice);
    for name in [
        "Hal Garrick",
        "Una Garrick",
        "John Smith",
        "Jane Smith",
        "Jörg Müller",
        "Jürg Möller",
        "田中太郎",
        "Иван Петров",
    ] {
        assert_eq!(listed.matches(name).count(), 1, "{name} in {listed}");
    }
    assert!(
        listed.contains(
            "office Hal Garrick <office@t1.example> [payroll], una-garrick Una Garrick <office@t1.example> [vat]"
        ),
        "{listed}"
    );
    let again = practice.run(["import", "t.csv"]);
    assert!(again.out.contains("0 clients are new, 0 changed, 1 the same"), "{again:#?}");
    let doubled = "t2,Two,Ann Smith,,payroll\nt2,,Ann Smith,,vat\n";
    let said = import(&practice, "doubled.csv", format!("{HEAD}{doubled}"), &[]);
    said.refuses(1, &["doubled.csv:3: lines 2 and 3 both speak of `Ann Smith`"]);
    assert!(!clients(&practice).contains("t2"), "a client with a wrong row is left out with all its rows");
}

#[test]
fn r55_a_changed_address_changes_the_person() {
    let practice = practice();
    import(&practice, "a.csv", format!("{HEAD}acme,Acme Ltd,Ann Bell,ann@acme.example,accounts\n"), &[]);
    let said = import(&practice, "a.csv", format!("{HEAD}acme,Acme Ltd,Ann Bell,ann.bell@new.example,accounts\n"), &[]);
    assert!(said.out.contains("0 clients are new, 1 changed"), "{said:#?}");
    assert_eq!(clients(&practice), "acme Acme Ltd: ann Ann Bell <ann.bell@new.example> [accounts]\n");
    // Another person at the same address is another person, and is told.
    let said = import(&practice, "b.csv", format!("{HEAD}acme,Acme Ltd,Tom Bell,ann.bell@new.example,\n"), &[]);
    assert!(said.errors.contains("acme/ann (Ann Bell) has this address already; both are kept"), "{said:#?}");
}

#[test]
fn r54_an_address_is_read_alike_by_import_by_hand_and_by_letters() {
    let practice = practice();
    let rows = "\
c0,C 0,Ann,\u{200b}ann@acme.example,
c1,C 1,Ann,ann\u{200f}@acme.example,
c2,C 2,Ann,info@mu\u{308}ller.example,
c3,C 3,Ann,info@परीक्षा.example,
c4,C 4,Ann,info@ทดสอบแล้ว.example,
c5,C 5,Ann,zoë@acme.example,
c6,C 6,Ann,ann@127.0.0.1,
c7,C 7,Ann,ann@acme.123,
";
    let said = import(&practice, "c.csv", format!("{HEAD}{rows}"), &[]);
    assert_eq!(said.code, Some(0), "{said:#?}");
    for (id, email) in [
        ("c0", "ann@acme.example"),
        ("c1", "ann@acme.example"),
        ("c2", "info@müller.example"),
        ("c3", "info@परीक्षा.example"),
    ] {
        assert!(
            clients(&practice).contains(&format!(
                "{id} C {}: {} Ann <{email}>",
                &id[1..],
                email.split('@').next().unwrap_or_default()
            )),
            "{id}"
        );
    }
    let by_hand = |address: &str| practice.run(["contact", "set", "c0/ann", &format!("email={address}")]);
    for (line, bad) in [(7, "zoë@acme.example"), (8, "ann@127.0.0.1"), (9, "ann@acme.123")] {
        let words = said.errors.lines().find(|words| words.contains(&format!("c.csv:{line}:"))).expect("a warning");
        let words = words.split_once(": ").and_then(|(_, rest)| rest.split_once(": ")).map_or("", |(_, why)| why);
        by_hand(bad).refuses(1, &[words.trim_end_matches("; it is left out")]);
    }
    assert!(said.errors.contains("c.csv:2: email: signs that nobody sees were taken out"), "{said:#?}");
    assert_eq!(contact(&practice, "c0/ann")["email"], "ann@acme.example");
}
