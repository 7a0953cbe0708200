//! An import never takes back what a person did by hand (r51, r115).

use jobwright_core::directory::trail::Attribution;
use jobwright_core::recipient::PersonId;
use jobwright_runtime::Error;

use super::{clients, contact, import, practice};

const PEOPLE: &str = "\
format: 1
clients:
  - id: acme
    name: Acme Foundry Ltd
    services: [payroll]
    contacts:
      - { id: ann, name: Ann Bell, email: ann@acme.example, roles: [accounts], phone: '1' }
      - { id: bob, name: Bob Cole, email: bob@acme.example }
      - { id: cy, name: Cy Moss, email: cy@acme.example }
";

#[test]
fn r51_the_same_people_file_again_takes_nothing_back() {
    let practice = practice();
    import(&practice, "people.yaml", PEOPLE, &[]);
    for act in [
        &["contact", "set", "acme/ann", "crm_opt_out=true", "can_sign=true", "phone=01632960000"][..],
        &["contact", "set", "acme/bob", "active=false"],
        &["contact", "tick", "acme/bob", "vat"],
        &["contact", "untick", "acme/ann", "accounts"],
        &["contact", "remove", "acme/cy", "--yes"],
        &["client", "set", "acme", "status=former", "services=payroll;vat", "payroll.pay_day=29"],
    ] {
        practice.done(act);
    }
    let by_hand = practice.done(["client", "show", "acme", "--json"]);
    for _ in 0..2 {
        let said = practice.run(["import", "people.yaml"]);
        assert_eq!(said.code, Some(0), "{said:#?}");
        assert_eq!(practice.done(["client", "show", "acme", "--json"]), by_hand);
        assert!(said.errors.contains("acme/cy was removed here"), "{said:#?}");
        assert!(said.out.contains("acme/ann: phone stays 01632960000, set by hand; the file says 1"), "{said:#?}");
    }
    // What the source changes, and nobody has touched, is changed; a tick beside it is added.
    let changed = PEOPLE
        .replace("name: Bob Cole", "name: Robert Cole")
        .replace("roles: [accounts]", "roles: [accounts, payroll]");
    import(&practice, "people.yaml", changed.replace("phone: '1'", "phone: '2'"), &[]);
    let (ann, bob) = (contact(&practice, "acme/ann"), contact(&practice, "acme/bob"));
    assert_eq!((bob["name"].as_str(), bob["active"].as_bool()), (Some("Robert Cole"), Some(false)));
    assert_eq!(
        (ann["phone"].as_str(), ann["roles"][0].as_str(), ann["roles"].as_array().map(Vec::len)),
        (Some("01632960000"), Some("payroll"), Some(1))
    );
    // Only what is named is overwritten.
    practice.done(["import", "people.yaml", "--overwrite", "phone"]);
    let ann = contact(&practice, "acme/ann");
    assert_eq!((ann["phone"].as_str(), ann["crm_opt_out"].as_bool()), (Some("2"), Some(true)));
    practice.done(["import", "people.yaml", "--overwrite", "removed"]);
    assert!(clients(&practice).contains("cy Cy Moss"));
    practice.run(["import", "people.yaml", "--overwrite", "telephon"]).refuses(2, &["telephon"]);
}

#[test]
fn r51_a_table_adds_ticks_and_takes_away_only_those_it_gave() {
    let practice = practice();
    let head = "client_id,client_name,contact_id,contact_name,roles\n";
    import(&practice, "a.csv", format!("{head}acme,Acme,ann,Ann Bell,accounts;vat\n"), &[]);
    practice.done(["contact", "tick", "acme/ann", "payroll"]);
    import(&practice, "a.csv", format!("{head}acme,Acme,ann,Ann Bell,accounts\n"), &[]);
    assert!(clients(&practice).contains("[accounts payroll]"), "{}", clients(&practice));
    let said = import(&practice, "a.csv", format!("{head}acme,Acme,ann,Ann Bell,Accounts contact\n"), &[]);
    assert!(said.out.contains("1 the same"), "a role is known by its label as well: {said:#?}");
}

#[test]
fn r51_what_a_task_or_staff_changed_stays_too() {
    let practice = practice();
    import(&practice, "people.yaml", PEOPLE, &[]);
    // As `update_client` and plugins change a client: by the engine, without any verb.
    let id = "acme".parse().expect("an id");
    let engine = practice.engine();
    engine
        .change_client(&id, &Attribution::engine("test"), |client| {
            let mut client = client.expect("there");
            client.set_path("name", jobwright_core::value::Value::text("Acme Holdings")).expect("set");
            Ok::<_, Error>((client, ()))
        })
        .expect("written");
    drop(engine);
    practice.done(["staff", "set", "pat", "name=Patricia Quill"]);
    practice.done(["import", "people.yaml"]);
    practice.done(["import", "roles.yaml"]);
    assert!(clients(&practice).starts_with("acme Acme Holdings"), "{}", clients(&practice));
    assert!(practice.done(["staff", "show", "pat"]).contains("Patricia Quill"));
}

#[test]
fn r115_a_new_address_makes_the_portal_stale_and_a_refused_one_stays_marked() {
    let practice = practice();
    let head = "client_id,client_name,contact_id,contact_name,email,portal\n";
    import(&practice, "a.csv", format!("{head}acme,Acme,ann,Ann Bell,ann@acme.example,active\n"), &[]);
    let engine = practice.engine();
    let marked = engine.change_client(&"acme".parse().expect("an id"), &Attribution::engine("test"), |client| {
        let mut client = client.expect("there");
        client.note_bounce(&PersonId::Contact("ann".parse().expect("an id")), "ann@acme.example", "550 5.1.1");
        Ok::<_, Error>((client, ()))
    });
    marked.expect("written");
    drop(engine);
    // The same address in another spelling is the same one.
    import(&practice, "a.csv", format!("{head}acme,Acme,ann,Ann Bell,Ann@ACME.example,active\n"), &[]);
    let ann = contact(&practice, "acme/ann");
    assert_eq!((ann["portal"].as_str(), ann["email_bounced"].as_bool()), (Some("active"), Some(true)), "{ann}");
    import(&practice, "a.csv", format!("{head}acme,Acme,ann,Ann Bell,ann@new.example,active\n"), &[]);
    let ann = contact(&practice, "acme/ann");
    assert_eq!((ann["portal"].as_str(), ann["email_bounced"].as_bool()), (Some("stale"), Some(false)), "{ann}");
    let people = "format: 1\nclients:\n  - id: acme\n    name: Acme\n    contacts:\n      - { id: ann, name: Ann Bell, email: ann@newer.example, portal: active }\n";
    practice.done(["contact", "set", "acme/ann", "portal=active"]);
    import(&practice, "people.yaml", people, &[]);
    let ann = contact(&practice, "acme/ann");
    assert_eq!((ann["portal"].as_str(), ann["email"].as_str()), (Some("stale"), Some("ann@newer.example")), "{ann}");
}
