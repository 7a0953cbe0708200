//! Tables are read right, or told by row and remedy (r49, r52, r57, r116), and letters greet as a person would (r56).

use super::{clients, contact, import, practice};
use crate::support::practice::{Practice, TO_FILES};

#[test]
fn r49_a_missing_quotation_mark_refuses_the_file_with_the_row_where_it_opens() {
    let practice = practice();
    let head = "client_id,client_name,contact_name,email,phone\n";
    for (rows, line) in [
        ("acme,\"Acme Ltd,Ann Bell,ann@acme.example,\nbirch,Birch,Dan,dan@birch.example,\n", 2),
        ("acme,Acme Ltd,Ann Bell,ann@acme.example,\"01632\nbirch,Birch,Dan,dan@birch.example,\n", 2),
        (
            "acme,Acme Ltd,Ann,ann@acme.example,\nbirch,\"Birch,Dan,dan@b.example,\ncedar,\"Cedar\",Cy,cy@c.example,\n",
            3,
        ),
        (
            "acme,Acme Ltd,Ann,ann@acme.example,\"01\nbirch,Birch,Dan,dan@b.example,\"\ncedar,Cedar,Cy,cy@c.example,\n",
            2,
        ),
    ] {
        let said = import(&practice, "a.csv", format!("{head}{rows}"), &[]);
        said.refuses(1, &["nothing was imported", &format!("line {line}: a quotation mark opens here"), "next:"]);
    }
    assert_eq!(clients(&practice), "");
    import(
        &practice,
        "b.csv",
        format!("{head}acme,\"Acme\nFoundry, Ltd\",\"Ann \"\"A\"\" Bell\",ann@acme.example,\n"),
        &[],
    );
    assert_eq!(clients(&practice), "acme Acme\nFoundry, Ltd: ann Ann \"A\" Bell <ann@acme.example>\n");
}

#[test]
fn r57_short_rows_empty_rows_and_doubled_headings() {
    let practice = practice();
    let said = import(
        &practice,
        "short.csv",
        "client_id,client_name,contact_name,email\nacme,Acme\nFoundry Ltd,Ann Bell,ann@acme.example\nbirch,Birch Ltd,Dan,dan@birch.example\n",
        &[],
    );
    said.refuses(
        1,
        &["short.csv:2: the row has 2 cells, the head 4; is a line broken", "short.csv:3: the row has 3 cells"],
    );
    assert_eq!(clients(&practice), "birch Birch Ltd: dan Dan <dan@birch.example>\n");
    let said = import(
        &practice,
        "blank.csv",
        "client_id,client_name,contact_name,email,\nacme,Acme Ltd,Ann Bell,ann@acme.example,,,\n,,,,\n\n   \n",
        &["--all-or-nothing"],
    );
    assert!(said.code == Some(0) && said.out.contains("1 client is new"), "{said:#?}");
    for (text, words) in [
        ("client_id,client_name,email,email\na,A,a@a.example,b@b.example\n", "2 columns are called `email`: 3 and 4"),
        ("client_id,client_id,client_name\na,b,A\n", "2 columns are called `client_id`: 1 and 2"),
    ] {
        import(&practice, "doubled.csv", text, &[]).refuses(1, &[words]);
    }
    practice.write("map.yaml", "columns: { client_id: Ref, client_name: Company, email: Email }\n");
    let said = import(
        &practice,
        "mapped.csv",
        "Ref,Company,Email,Email\na,A,a@a.example,b@b.example\n",
        &["--map", "map.yaml"],
    );
    said.refuses(1, &["2 columns are called `Email`: 3 and 4"]);
}

#[test]
fn r57_the_values_of_a_client_may_stand_in_any_row_and_agree() {
    let practice = practice();
    let head = "client_id,client_name,status,services,contact_name,email\n";
    let rows = "acme,,,,Ann Bell,ann@acme.example\nbirch,Birch,,,Dan,dan@birch.example\nacme,Acme Ltd,former,payroll,Bob Cole,bob@acme.example\n";
    let said = import(&practice, "a.csv", format!("{head}{rows}"), &[]);
    assert_eq!(said.code, Some(0), "{said:#?}");
    assert!(
        clients(&practice).starts_with("acme Acme Ltd: ann Ann Bell <ann@acme.example>, bob Bob Cole"),
        "{}",
        clients(&practice)
    );
    assert_eq!(practice.json(&["client", "show", "acme"])["status"], "former");
    let rows = "cedar,Cedar,active,,Cy,cy@c.example\ncedar,Cedar,former,,Di,di@c.example\n";
    let said = import(&practice, "b.csv", format!("{head}{rows}"), &[]);
    said.refuses(1, &["b.csv:3: status is `former` here and `active` in line 2"]);
    assert!(said.out.contains("2 rows left out"), "{said:#?}");
    assert!(!clients(&practice).contains("cedar"));
}

#[test]
fn r57_separators_and_encodings() {
    let practice = practice();
    let utf16: Vec<u8> = "client_id\tclient_name\nu\tMüller\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    practice.write("map.yaml", "columns: { client_id: Nr, client_name: 'Firma, Ort, Land' }\nencoding: windows-1252\n");
    for (name, bytes, more) in [
        ("sep.csv", b"sep=;\r\nclient_id;client_name\r\ns;Sep, Ltd\r\n".to_vec(), &[][..]),
        (
            "cr.csv",
            b"client_id,roles,client_name,contact_name\rc,accounts;payroll;vat;accounts,CR Ltd,Cy\r".to_vec(),
            &[],
        ),
        ("marked.txt", [&b"\xff\xfe"[..], &utf16].concat(), &[]),
        ("bom.csv", b"\xef\xbb\xbfclient_id,client_name\nb,Bom Ltd\n".to_vec(), &[]),
        ("head.csv", b"\"Nr\";\"Firma, Ort, Land\"\n\"w\";\"M\xfcller \x80\"\n".to_vec(), &["--map", "map.yaml"]),
    ] {
        let said = import(&practice, name, bytes, more);
        assert!(said.code == Some(0) && said.out.contains("1 client is new"), "{name}: {said:#?}");
    }
    assert_eq!(
        clients(&practice),
        "b Bom Ltd: \nc CR Ltd: cy Cy <> [accounts payroll vat]\ns Sep, Ltd: \nu Müller: \nw Müller €: \n"
    );
    let said = import(&practice, "1252.csv", b"client_id,client_name\nm,M\xfcller\n", &[]);
    said.refuses(
        1,
        &[
            "line 2: the text is not UTF-8; as Windows-1252 it would read `m,Müller`",
            "CSV UTF-8",
            "encoding: windows-1252",
        ],
    );
    let said = import(&practice, "cr-line.csv", "client_id,client_name\racme,Acme\r,Birch\r", &[]);
    said.refuses(1, &["cr-line.csv:3: the row has no client_id"]);
    import(&practice, "empty.csv", "", &[]).refuses(1, &["it is empty"]);
}

#[test]
fn r116_unknown_offices_and_surplus_cells_are_refused() {
    let practice = practice();
    let head = "client_id,client_name,office\n";
    import(&practice, "a.csv", format!("{head}acme,Acme,Leds\n"), &[])
        .refuses(1, &["a.csv:2: office: there is no office `Leds`; did you mean `Leeds`?"]);
    import(&practice, "b.csv", format!("{head}acme,Acme,Leeds,surplus\n"), &[])
        .refuses(1, &["b.csv:2: the row has 4 cells, the head 3"]);
    assert_eq!(clients(&practice), "");
    let said = import(&practice, "c.csv", "client_id,client_name,\nacme,Acme,nameless\n", &[]);
    said.refuses(1, &["c.csv:2:"]);
    assert_eq!(clients(&practice), "");
}

#[test]
fn r52_a_map_fills_two_fields_from_one_column_joins_several_and_translates() {
    let practice = practice();
    practice.write("sole.yaml", "columns: { client_id: Ref, client_name: Name, contact_name: Name, email: Email }\n");
    import(&practice, "sole.csv", "Ref,Name,Email\n4711,John Smith,js@smith.example\n", &["--map", "sole.yaml"]);
    assert_eq!(clients(&practice), "4711 John Smith: js John Smith <js@smith.example>\n");
    practice.write(
        "map.yaml",
        "columns:\n  client_id: '*ContactName'\n  client_name: '*ContactName'\n  contact_name: '{First} {Last}'\n  greeting: '{Title} {Last}'\n  \
         email: Mail\n  status: { column: State, values: { Live: active, Closed: former } }\n  year_end: End\n  roles: { column: Duty, values: { Pay: payroll } }\ndates: day/month/year\n",
    );
    let rows = "*ContactName,First,Last,Title,Mail,State,End,Duty\nMarlow Ltd,Gavin,Marlow,Mr,g@m.example,Closed,31/03/2027,Pay;VAT contact\nNext Ltd,,Only,,n@n.example,LIVE,2027-03-31,\n";
    let said = import(&practice, "x.csv", rows, &["--map", "map.yaml"]);
    assert_eq!(said.code, Some(0), "{said:#?}");
    let listed = clients(&practice);
    assert!(listed.contains("marlow-ltd Marlow Ltd: g Gavin Marlow <g@m.example> [payroll vat]\nnext-ltd Next Ltd: n Only <n@n.example>\n"), "{listed}");
    let marlow = practice.json(&["client", "show", "marlow-ltd"]);
    assert_eq!(
        (marlow["status"].as_str(), marlow["fields"]["year_end"].as_str()),
        (Some("former"), Some("2027-03-31")),
        "{marlow}"
    );
    assert_eq!(contact(&practice, "marlow-ltd/g")["greeting"], "Mr Marlow");
    // Without an order a day is never guessed.
    let said = import(&practice, "d.csv", "client_id,client_name,year_end\nq,Q,31/03/2027\n", &[]);
    said.refuses(1, &["d.csv:2: year_end: `31/03/2027` is not a day", "dates: day/month/year"]);
}

#[test]
fn r56_a_letter_greets_as_a_person_would() {
    let practice = practice();
    let rows = "\
c0,C 0,Mr John Smith,k0@c.example,accounts,
c1,C 1,\"Bell, Ann\",k1@c.example,accounts,
c2,C 2,\"van der Berg, Edwin\",k2@c.example,accounts,
c3,C 3,Prof. Dr. Zoë Müller,k3@c.example,accounts,
c4,C 4,Accounts Department,k4@c.example,accounts,
c5,Quill & Sons,,info@c5.example,accounts,
c6,C 6,Mr J. Bell,k6@c.example,accounts,
c7,C 7,Ann Bell,k7@c.example,accounts,Mrs Bell
";
    let said =
        import(&practice, "p.csv", format!("client_id,client_name,contact_name,email,roles,greeting\n{rows}"), &[]);
    assert!(
        said.errors.contains("p.csv:7: the contact has no name; letters to c5/info greet Quill & Sons"),
        "{said:#?}"
    );
    practice.write(
        "one.job.yaml",
        "\
format: 1
id: one
name: One
version: 1.0.0
roles: { accounts: Accounts contact }
schedule: { once_per: client }
tasks:
  - { id: mail, type: email, name: Send, recipient: { role: accounts }, template: t }
templates:
  t: { subject: \"{{ client.id }}\", body: \"Dear {{ recipient.greeting }}, also {{ recipient.first_name }}.\" }
",
    );
    practice.done(["publish", "-q", "one.job.yaml"]);
    practice.done(["start", "-q", "one", "--where", "true", "--yes"]);
    practice.done(["work"]);
    let mut greeted: Vec<String> = std::fs::read_dir(practice.folder().join("letters"))
        .expect("letters")
        .filter_map(|file| {
            let bytes = std::fs::read(file.expect("a file").path()).expect("a letter");
            let read = mail_parser::MessageParser::default().parse(&bytes)?;
            let body = read.body_text(0)?.lines().find(|line| line.starts_with("Dear"))?.to_owned();
            Some(format!("{}: {body}", read.subject()?))
        })
        .collect();
    greeted.sort();
    assert_eq!(
        greeted,
        [
            "c0: Dear John, also John.",
            "c1: Dear Ann, also Ann.",
            "c2: Dear Edwin, also Edwin.",
            "c3: Dear Zoë, also Zoë.",
            "c4: Dear Accounts Department, also Accounts Department.",
            "c5: Dear Quill & Sons, also Quill & Sons.",
            "c6: Dear Mr Bell, also Mr Bell.",
            "c7: Dear Mrs Bell, also Ann.",
        ]
    );
}

#[test]
fn r57_a_row_that_repeats_the_headings_is_told_and_makes_no_client() {
    let practice = Practice::empty(TO_FILES);
    let table = "client_id,client_name\noak,Oak Ltd\n";
    practice.write("two.csv", format!("{table}client_id,client_name\nelm,Elm Ltd\n"));
    let said = practice.run(["import", "two.csv"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.errors.contains("two.csv:3") && said.errors.contains("repeats the headings"), "{}", said.errors);
    let clients = practice.done(["client", "list"]);
    assert!(
        clients.contains("Oak Ltd") && clients.contains("Elm Ltd") && !clients.contains("client_name"),
        "{clients}"
    );
}
