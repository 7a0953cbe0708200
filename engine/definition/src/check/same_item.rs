//! A task that waits for the same item of another list than its own (WF0609).

use jobwright_core::plan::{ForEach, Task};

use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::draft::{Draft, Thing};
use crate::surroundings::Surroundings;

pub(super) fn check(draft: &Draft, _: &Surroundings, diagnostics: &mut Diagnostics) {
    for mention in draft.mentions.iter().filter(|mention| mention.thing == Thing::SameItem) {
        let named = |name: &str| draft.plan.tasks.iter().find(|task| task.id.as_str() == name);
        let (own, other) = (mention.owner.as_ref().and_then(|owner| named(owner.as_str())), named(&mention.name.value));
        let (Some(own), Some(other)) = (own, other) else { continue };
        if let Some(why) = unlike(draft, own, other) {
            let help = "both tasks need `for_each` with the same `in` and the same `key`";
            diagnostics.push(Diagnostic::error(code::OTHER_ITEMS, why).at(mention.name.span, "").help(help));
        }
    }
}

/// Why the two have not the same items.
fn unlike(draft: &Draft, own: &Task, other: &Task) -> Option<String> {
    let (own_list, other_list) = match (&own.for_each, &other.for_each) {
        (Some(own), Some(other)) => (own, other),
        (None, _) => return Some(format!("`{}` has no items: it has no `for_each`", own.id)),
        (_, None) => return Some(format!("`{}` has no items: it has no `for_each`", other.id)),
    };
    let text = |id| draft.plan.expression(id).trim().to_owned();
    // What an item is called is a task's own matter.
    let key = |list: &ForEach| text(list.key).replace(list.item.as_str(), "item");
    let is_same = text(own_list.list) == text(other_list.list) && key(own_list) == key(other_list);
    (!is_same).then(|| format!("`{}` and `{}` go through different lists", own.id, other.id))
}
