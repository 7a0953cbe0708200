//! Bringing clients and contacts in (r48 to r59, r115, r116).
//!
//! Owns: a practice to bring people into, and what it holds then, in a line each. The rules of the merge and of who a row
//! is stand as tables under the code; here they are met through the program.

mod apart;
mod by_hand;
mod tables;
mod told;

use serde_json::Value;

use crate::support::practice::{Practice, TO_FILES};
use crate::support::program::Said;

const PEOPLE: &str = "\
format: 1
staff:
  - { id: pat, name: Pat Quill, email: pat@my-practice.example, roles: [partner] }
roles:
  accounts: { label: Accounts contact }
  payroll: { label: Payroll contact }
  vat: { label: VAT contact }
";

/// A practice with roles and one member of staff, and no clients.
fn practice() -> Practice {
    let practice = Practice::empty(TO_FILES);
    practice.write("roles.yaml", PEOPLE);
    practice.done(["import", "-q", "roles.yaml"]);
    practice
}

/// Imports a file of this name and text.
fn import(practice: &Practice, name: &str, text: impl AsRef<[u8]>, more: &[&str]) -> Said {
    practice.write(name, text);
    practice.run([&["import", name][..], more].concat())
}

/// All clients with their contacts: `acme Acme Ltd: ann Ann Bell <ann@acme.example> [payroll]`.
fn clients(practice: &Practice) -> String {
    let listed = practice.done(["client", "list", "--json"]);
    let line = |line: &str| {
        let client: Value = serde_json::from_str(line).expect("one client a line");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let contact = |contact: &Value| {
            let roles: Vec<_> = contact["roles"].as_array().expect("roles").iter().map(text).collect();
            let roles = if roles.is_empty() { String::new() } else { format!(" [{}]", roles.join(" ")) };
            format!("{} {} <{}>{roles}", text(&contact["id"]), text(&contact["name"]), text(&contact["email"]))
        };
        let contacts: Vec<_> = client["contacts"].as_array().expect("contacts").iter().map(contact).collect();
        format!("{} {}: {}\n", text(&client["id"]), text(&client["name"]), contacts.join(", "))
    };
    listed.lines().map(line).collect()
}

/// What the program says of one contact.
fn contact(practice: &Practice, path: &str) -> Value {
    practice.json(&["contact", "show", path])
}
