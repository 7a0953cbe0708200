//! The schema of recipient selectors.
//!
//! Owns: their forms, modifiers and filters. What they find is for `core::recipient`.

use serde_json::{Map, Value as Json, json};

use super::part::{
    and, bounded, choice, either, expression, id, list, mapping, may, must, named, one_of, pattern, text, whole,
};
use super::task::DOTTED;
use crate::decode::selector::{FILTER_WORDS, FORMS, PICK_MAX, PRIMARY_CONTACT, STAFF_WORDS};

pub(super) fn parts(parts: &mut Map<String, Json>) {
    parts.insert("selector".into(), either([choice([PRIMARY_CONTACT]), and(selector(), [one_of(&FORMS)])]));
    parts.insert("filter".into(), filter());
}

fn selector() -> Json {
    let branches = || bounded(named("selector"), 2, None);
    let one = mapping([must("id", "The member of staff.", id())]);
    let staff = either([choice(STAFF_WORDS.iter().map(|(word, _)| *word)), named("name"), one]);
    let pick = either([choice(["one", "all"]), whole(1, PICK_MAX.into())]);
    mapping([
        may(PRIMARY_CONTACT, "The first contact of the client.", json!({ "const": true })),
        may("role", "Contacts with this role ticked.", named("name")),
        may("contact", "The contact whose id this expression gives.", expression()),
        may("staff", "The client's `primary` staff, or whoever holds a staff role.", staff),
        may("first_of", "The first of these that finds somebody.", branches()),
        may("any_of", "Everybody whom any of these finds.", branches()),
        may("all_of", "Everybody whom these find, if each finds somebody.", branches()),
        may("script", "The people whose ids this expression gives.", expression()),
        may("plugin", "The people whom a plugin's selector chooses, by its dotted name.", pattern(DOTTED)),
        may("with", "The settings of that selector.", json!({ "type": "object" })),
        may("where", "Who is left of them.", list(named("filter"))),
        may("pick", "How many of them are asked.", pick),
        may("order_by", "In which order: `listed`, or a field, with ` desc` for the other way round.", list(text())),
        may(
            "not_same_as",
            "Nobody who did this task: `tasks.prepare`. Of two tasks with `for_each`, nobody who did the same item.",
            pattern("^tasks\\."),
        ),
        may("or", "Who is asked when this finds nobody.", named("selector")),
    ])
}

fn filter() -> Json {
    let told = mapping([
        may("office", "People of this office.", text()),
        may("department", "People of this department.", text()),
        may("when", "People for whom this holds, an expression over `contact`.", expression()),
    ]);
    either([choice(FILTER_WORDS.iter().map(|(word, _)| *word)), told])
}
