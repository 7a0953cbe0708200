//! Errors in the text of a file, and JSON through the same reader (r53); characters that nobody sees.

use super::checked;
use crate::support::practice::{Practice, TO_FILES};

const GOOD: &str =
    "clients:\n  - id: zoe\n    name: Zoë’s Café\n    contacts: [{ id: z, name: Zoë Bell, email: z@zoe.example }]\n";

#[test]
fn r53_a_people_file_with_an_error_in_its_text_changes_nothing() {
    let practice = Practice::with_people(TO_FILES);
    practice.write("good.yaml", GOOD);
    practice.done(["import", "good.yaml"]);
    let before = practice.done(["client", "list", "--json"]);
    let staff = practice.done(["staff", "list", "--json"]);
    let head = "staff:\n  - { id: newby, name: New }\n";
    let latin = [head.as_bytes(), b"clients:\n  - { id: zoe, name: Zo\xeb Caf\xe9 }\n  - { id: other, name: Other }\n"]
        .concat();
    for (name, bytes, words) in [
        ("latin", latin, "not UTF-8"),
        (
            "twice",
            format!("{head}clients:\n  - id: zoe\n    name: A\n    name: B\n  - {{ id: other, name: Other }}\n")
                .into_bytes(),
            "`name` stands twice",
        ),
        (
            "tab",
            format!("{head}clients:\n  - {{ id: other, name: Other }}\n\t- {{ id: zoe, name: Zoe }}\n").into_bytes(),
            "tab",
        ),
        (
            "nul",
            format!("{head}clients:\n  - {{ id: other, name: Other }}\n  - {{ id: zoe, name: \"Zo\0e\" }}\n")
                .into_bytes(),
            "U+0000",
        ),
        ("escape", b"clients:\n  - { id: zoe, name: \"Zo\\0e\" }\n".to_vec(), "U+0000"),
        (
            "alias",
            format!("{head}clients:\n  - {{ id: other, name: &n Other }}\n  - {{ id: zoe, name: *n }}\n").into_bytes(),
            "anchor",
        ),
        (
            "tag",
            format!("{head}clients:\n  - {{ id: other, name: Other }}\n  - id: zoe\n    name: !x Zoe\n").into_bytes(),
            "tag",
        ),
        (
            "two",
            format!("{head}clients: [{{ id: other, name: Other }}]\n---\nclients: []\n").into_bytes(),
            "second document",
        ),
        (
            "cut",
            format!("{head}clients:\n  - {{ id: other, name: Other }}\n  - {{ id: zoe, na").into_bytes(),
            "bracket",
        ),
        ("wide", "clients: []\n".encode_utf16().flat_map(u16::to_le_bytes).collect(), "UTF-16"),
        // A file of another kind: its `roles` are no contact roles of the practice.
        ("job", b"format: 1\nid: x\nname: X\nroles: { extra: Extra }\ntasks: []\n".to_vec(), "unknown key"),
    ] {
        let file = format!("{name}.yaml");
        practice.write(&file, bytes);
        let said = practice.run(["import", &file]);
        let told = format!("{}{}", said.out, said.errors);
        assert!(said.code == Some(1) && told.contains(words) && told.contains(&file), "{name}: {said:#?}");
        if name != "escape" {
            assert!(told.contains("nothing of this file was taken"), "{name}: {told}");
        }
        assert_eq!(practice.done(["client", "list", "--json"]), before, "{name}");
        assert_eq!(practice.done(["staff", "list", "--json"]), staff, "{name}");
    }
    assert!(!practice.done(["role", "list"]).contains("extra"));
    // An error of one row still holds back that row alone.
    practice
        .write("row.yaml", "clients:\n  - { id: other, name: Other }\n  - { id: more, name: More, office: nowhere }\n");
    assert_eq!(practice.run(["import", "row.yaml"]).code, Some(1));
    practice.done(["client", "show", "other"]);
    practice.run(["client", "show", "more"]).refuses(3, &["more"]);
}

#[test]
fn r53_settings_and_calendars_with_an_error_in_their_text_are_not_used() {
    let practice = Practice::with_people(TO_FILES);
    let settings = std::fs::read_to_string(practice.folder().join("practice.yaml")).expect("settings");
    let refused = |bytes: Vec<u8>, words: &str| {
        practice.write("practice.yaml", bytes);
        for verb in [&["date", "2026-01-01, next working day"][..], &["jobs"]] {
            practice.run(verb).refuses(1, &["practice.yaml", words]);
        }
        let said = practice.run(["doctor"]);
        assert!(said.code == Some(1) && said.out.contains("bad   practice.yaml"), "{said:#?}");
        practice.write("practice.yaml", &settings);
    };
    refused(format!("{settings}\ncalendar: scotland\ncalendar: england-and-wales\n").into_bytes(), "stands twice");
    refused(format!("{settings}\n---\nformat: 1\n").into_bytes(), "second document");
    refused([settings.as_bytes(), b"\n# caf\xe9\n"].concat(), "not UTF-8");
    refused(format!("{settings}\n# \0\n").into_bytes(), "U+0000");
    refused(format!("{settings}\n# \u{202e}\n").into_bytes(), "U+202E");
    std::fs::create_dir_all(practice.folder().join("calendars")).expect("made");
    for (holidays, words) in [
        (&b"  2026-07-14: F\xeate\n"[..], "not UTF-8"),
        (b"  2026-07-14: A\n  2026-07-14: B\n", "stands twice"),
        (b"  2026-07-14: A\n---\nformat: 1\n", "second document"),
    ] {
        practice.write("calendars/fr.yaml", [b"format: 1\nid: fr\nname: F\nholidays:\n", holidays].concat());
        practice.run(["date", "2026-07-13, +1 working day", "--calendar", "fr"]).refuses(1, &["fr.yaml", words]);
    }
}

#[test]
fn r53_json_comes_in_through_the_reader_of_yaml() {
    let practice = Practice::with_people(TO_FILES);
    let json = r#"{
  "format": 1,
  "clients": [
    { "id": "zoe", "name": "Zo\u00eb\u2019s Caf\u00e9 \ud83c\udf70", "office": null, "services": ["vat"],
      "contacts": [{ "id": "z", "name": "Zoe Bell", "email": "z@zoe.example", "can_sign": true }] },
    { "id": "bad", "name": "Bad", "office": "nowhere" }
  ]
}"#;
    practice.write("people.json", json);
    let said = practice.run(["import", "people.json"]);
    assert!(said.code == Some(1) && said.errors.contains("people.json:6: there is no office `nowhere`"), "{said:#?}");
    let zoe = practice.json(&["client", "show", "zoe"]);
    assert_eq!((&zoe["name"], &zoe["services"]), (&"Zoë’s Café 🍰".into(), &serde_json::json!(["vat"])));
    assert_eq!(zoe["contacts"][0]["can_sign"], true);
    practice.run(["client", "show", "bad"]).refuses(3, &["bad"]);
    for (text, words) in [
        ("{\"clients\": [{\"id\": \"new\", \"name\": \"A\", \"name\": \"B\"}]}", "`name` stands twice"),
        ("{\"clients\": [{\"id\": \"new\", \"name\": \"A\"}", "a comma or `]` belongs here"),
        ("{\"clients\": [{\"id\": \"new\", \"name\": \"A\"}]} {}", "goes on behind its value"),
        ("{\"clients\": [{\"id\": \"new\", \"name\": \"A\\u0000\"}]}", "U+0000"),
        ("{\"clients\": [{\"id\": \"new\", \"name\": \"A\", \"nmae\": \"B\"}]}", "`nmae`"),
        ("{'clients': []}", "a key in quotes"),
    ] {
        practice.write("new.json", text);
        let said = practice.run(["import", "new.json"]);
        assert!(said.code == Some(1) && said.errors.contains(words), "{words}: {said:#?}");
        practice.run(["client", "show", "new"]).refuses(3, &["new"]);
    }
}

#[test]
fn r72_a_character_that_nobody_sees_is_named_where_it_stands() {
    let sound = "format: 1\nid: inv\nname: Invisible\ntasks:\n  - id: t\n    type: manual\n    name: Prepare the papers\n    due: job.opened, +5 working days\n    when: client.status == \"active\"\n";
    assert_eq!(checked(sound).code, Some(0));
    let named = [
        ('\u{a0}', "U+00A0"),
        ('\u{202f}', "U+202F"),
        ('\u{2009}', "U+2009"),
        ('\u{3000}', "U+3000"),
        ('\u{ad}', "U+00AD"),
        ('\u{200b}', "U+200B"),
        ('\u{200c}', "U+200C"),
        ('\u{2060}', "U+2060"),
        ('\u{200e}', "U+200E"),
        ('\u{202e}', "U+202E"),
        ('\u{feff}', "U+FEFF"),
    ];
    for (character, name) in named {
        for (place, find, put, line) in [
            ("key", "type: manual", "type@: manual", 6),
            ("colon", "type: manual", "type:@manual", 6),
            ("indent", "    name: Prep", "@@@@name: Prep", 7),
            ("value", "type: manual", "type: manual@", 6),
            ("dash", "- id: t", "-@id: t", 5),
            ("top", "tasks:", "@tasks:", 4),
            ("expression", "status ==", "status@==", 9),
        ] {
            let text = sound.replace(find, &put.replace('@', &character.to_string()));
            let said = checked(&text);
            let told = format!("the invisible character {name} stands here");
            assert!(said.code == Some(1) && said.out.contains(&told), "{name} at {place}:\n{}", said.out);
            assert!(said.out.contains(&format!("a.job.yaml:{line}:")), "{name} at {place}:\n{}", said.out);
        }
    }
    // Words that a message repeats show it as well; a text of people's own keeps its no-break spaces.
    let kinds = "inputs: { kind: { type: enum, values: [active] } }\ntasks:";
    let said = checked(
        &sound.replace("tasks:", kinds).replace("client.status == \"active\"", "inputs.kind == \"active\u{a0}\""),
    );
    assert!(said.code == Some(1) && said.out.contains("is never \"active<U+00A0>\""), "{said:#?}");
    assert_eq!(checked(&sound.replace("the papers", "the\u{a0}papers")).code, Some(0));
}
