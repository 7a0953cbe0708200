//! The client, its contacts and its staff, as types.

use jobwright_core::value::Type;

use super::{optional, record, texts, words};
use crate::surroundings::Practice;

/// A client: what everyone has, and the fields that the practice declared.
pub(super) fn client(practice: &Practice) -> Type {
    let Type::Record(mut fields) = practice.client_fields.record() else { return Type::Any };
    let services = match practice.services.is_empty() {
        true => texts(),
        false => Type::List(Box::new(Type::Enum(practice.services.iter().cloned().collect()))),
    };
    let built_in = [
        ("id", Type::Text),
        ("name", Type::Text),
        ("type", words(&["company", "individual"])),
        ("status", words(&["prospect", "active", "former"])),
        ("services", services),
        ("office", optional(Type::Text)),
        ("staff", staff_of_client()),
        ("contacts", Type::List(Box::new(contact(false)))),
    ];
    fields.extend(built_in.map(|(name, of)| (name.to_owned(), of)));
    Type::Record(fields)
}

pub(super) fn staff_of_client() -> Type {
    let staff = || {
        record([
            ("id", Type::Text),
            ("name", Type::Text),
            ("first_name", Type::Text),
            ("greeting", Type::Text),
            ("email", optional(Type::Text)),
            ("roles", texts()),
            ("active", Type::Bool),
        ])
    };
    record([
        ("primary", optional(staff())),
        ("last_interaction", optional(staff())),
        ("additional", Type::List(Box::new(staff()))),
    ])
}

/// A contact; or somebody a letter is for, who may be staff and then has less.
pub(super) fn contact(may_be_staff: bool) -> Type {
    let only = |of: Type| if may_be_staff { optional(of) } else { of };
    record([
        ("id", Type::Text),
        ("name", Type::Text),
        ("first_name", Type::Text),
        ("greeting", Type::Text),
        ("email", optional(Type::Text)),
        ("roles", texts()),
        ("department", optional(Type::Text)),
        ("position", optional(Type::Text)),
        ("phone", optional(Type::Text)),
        ("offices", only(texts())),
        ("portal", only(words(&["none", "active", "stale"]))),
        ("can_sign", only(Type::Bool)),
        ("active", Type::Bool),
        ("last_login", optional(Type::Moment)),
    ])
}
