//! The contact form: what can be entered and ticked on a contact, tab by tab.
//!
//! Owns: its tabs and fields, made anew from the practice's contact roles each time it is asked for, so that a role is
//! on the form from the moment it is written (b005, b007, b011). The roles have a tab of their own (b006). Leaves
//! drawing it, and taking what is entered, to whoever shows it.

use crate::id::RoleId;
use alloc::{string::String, string::ToString, vec, vec::Vec};

/// The name of the tab with the contact roles.
pub const ROLES: &str = "Roles";

/// A contact role as the practice has defined it: a box to be ticked.
#[derive(Clone, Copy, Debug)]
pub struct RoleBox<'a> {
    /// The role.
    pub role: &'a RoleId,
    /// What stands beside the box.
    pub label: &'a str,
    /// Who should have it, in a sentence.
    pub hint: Option<&'a str>,
}

/// What can be entered of a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactForm {
    /// Its tabs, in order.
    pub tabs: Vec<Tab>,
}

/// Fields that stand together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tab {
    /// What is written on it.
    pub name: String,
    /// Its fields, in order.
    pub fields: Vec<FormField>,
}

/// One field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormField {
    /// The name by which it is set; of a client role, the role's id.
    pub name: String,
    /// What it takes.
    pub kind: FieldKind,
    /// What people call it.
    pub label: String,
    /// A sentence of help.
    pub hint: Option<String>,
    /// Written by the system, never by a person (b077).
    pub readonly: bool,
}

/// What a field takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// A line of text.
    Text,
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// Several lines of text.
    List,
    /// A tick.
    YesNo,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A moment.
    Moment,
    /// A tick that makes the contact hold a contact role (b008).
    ClientRole,
}

impl FieldKind {
    /// The word used in `--json`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::List => "list",
            Self::YesNo => "yes_no",
            Self::Choice(_) => "choice",
            Self::Moment => "moment",
            Self::ClientRole => "client_role",
        }
    }
}

/// What the portal of a contact can be.
const PORTAL: &[&str] = &["none", "active", "stale"];

impl ContactForm {
    /// The form of a practice with these contact roles.
    pub fn of<'a>(roles: impl IntoIterator<Item = RoleBox<'a>>) -> Self {
        let roles = roles.into_iter().map(of_role).collect();
        Self { tabs: vec![tab("Person", person()), tab("Access", access()), Tab { name: ROLES.into(), fields: roles }] }
    }
}

fn of_role(role: RoleBox<'_>) -> FormField {
    FormField {
        name: role.role.to_string(),
        kind: FieldKind::ClientRole,
        label: role.label.into(),
        hint: role.hint.map(ToString::to_string),
        readonly: false,
    }
}

fn tab(name: &str, fields: Vec<FormField>) -> Tab {
    Tab { name: name.into(), fields }
}

fn person() -> Vec<FormField> {
    vec![
        field("name", FieldKind::Text, "Full name", "Letters greet by the first name in it"),
        field("greeting", FieldKind::Text, "Greeting", "What stands after Dear, when it is not the first name"),
        field("email", FieldKind::Email, "E-mail address", "A changed address wants the portal activated again"),
        field("phone", FieldKind::Phone, "Telephone", ""),
        field("position", FieldKind::Text, "Position", ""),
        field("department", FieldKind::Text, "Department", "Rules can choose by it"),
        field("offices", FieldKind::List, "Offices", "The client's offices this person belongs to"),
        field("active", FieldKind::YesNo, "Active", "Untick when the person has left: nothing is sent then"),
        field("source", FieldKind::Text, "Source", "Where an import finds this contact again"),
    ]
}

fn access() -> Vec<FormField> {
    vec![
        field("portal", FieldKind::Choice(PORTAL), "Portal", "Stale means that the address changed after activation"),
        field("can_sign", FieldKind::YesNo, "May sign", "May sign for the client"),
        field("crm_opt_out", FieldKind::YesNo, "No crm mail", "Service mail still goes"),
        field(
            "refuses_mail",
            FieldKind::YesNo,
            "Refuses mail",
            "Ticked when there is no such address; untick to write again",
        ),
        system("last_login", FieldKind::Moment, "Last sign-in"),
    ]
}

fn field(name: &str, kind: FieldKind, label: &str, hint: &str) -> FormField {
    let hint = (!hint.is_empty()).then(|| hint.to_string());
    FormField { name: name.into(), kind, label: label.into(), hint, readonly: false }
}

fn system(name: &str, kind: FieldKind, label: &str) -> FormField {
    FormField { readonly: true, ..field(name, kind, label, "") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeSet;
    use alloc::format;
    use expect_test::expect;

    fn role(id: &str) -> RoleId {
        RoleId::new(id).expect("an id")
    }

    fn drawn(form: &ContactForm) -> String {
        let field = |field: &FormField| {
            let hint = field.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
            let readonly = if field.readonly { ", readonly" } else { "" };
            format!("  {}: {}{readonly}, {}{hint}\n", field.name, field.kind.word(), field.label)
        };
        let tab = |tab: &Tab| format!("{}\n{}", tab.name, tab.fields.iter().map(field).collect::<String>());
        form.tabs.iter().map(tab).collect()
    }

    #[test]
    fn b005_a_role_is_a_field_with_a_label_the_type_client_role_and_perhaps_a_hint() {
        let (payroll, vat) = (role("payroll"), role("vat"));
        let boxes = [
            RoleBox { role: &payroll, label: "Payroll contact", hint: Some("Gets our payroll questions") },
            RoleBox { role: &vat, label: "VAT contact", hint: None },
        ];
        expect![[r#"
            Person
              name: text, Full name (Letters greet by the first name in it)
              greeting: text, Greeting (What stands after Dear, when it is not the first name)
              email: email, E-mail address (A changed address wants the portal activated again)
              phone: phone, Telephone
              position: text, Position
              department: text, Department (Rules can choose by it)
              offices: list, Offices (The client's offices this person belongs to)
              active: yes_no, Active (Untick when the person has left: nothing is sent then)
              source: text, Source (Where an import finds this contact again)
            Access
              portal: choice, Portal (Stale means that the address changed after activation)
              can_sign: yes_no, May sign (May sign for the client)
              crm_opt_out: yes_no, No crm mail (Service mail still goes)
              refuses_mail: yes_no, Refuses mail (Ticked when there is no such address; untick to write again)
              last_login: moment, readonly, Last sign-in
            Roles
              payroll: client_role, Payroll contact (Gets our payroll questions)
              vat: client_role, VAT contact
        "#]]
        .assert_eq(&drawn(&ContactForm::of(boxes)));
    }

    #[test]
    fn b006_client_roles_stand_on_a_tab_of_their_own_and_nothing_else_does() {
        let payroll = role("payroll");
        let form = ContactForm::of([RoleBox { role: &payroll, label: "Payroll", hint: None }]);
        for tab in &form.tabs {
            let is_role = |field: &FormField| field.kind == FieldKind::ClientRole;
            assert!(tab.fields.iter().all(|field| is_role(field) == (tab.name == ROLES)), "{}", tab.name);
        }
        let built_in = ContactForm::of([]);
        let names: Vec<&str> =
            built_in.tabs.iter().flat_map(|tab| &tab.fields).map(|field| field.name.as_str()).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "each field stands once");
    }
}
