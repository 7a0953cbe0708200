//! The contact form as people and programs read it.
//!
//! Owns: its picture. Leaves what stands on it to the core, and the roles to the practice.

use jobwright_core::directory::form::{ContactForm, FieldKind, FormField, RoleBox, Tab};
use jobwright_store::directory;
use serde_json::{Value as Json, json};

use crate::assemble::store_report;
use crate::desk::Desk;
use crate::output::Paint;
use crate::report::Result;
use crate::table::{Cell, Table};
use crate::verb::Context;

/// Shows the form as it is with the practice's contact roles of this moment.
pub(super) fn show(ctx: &mut Context, desk: &Desk) -> Result<()> {
    let roles = directory::roles(&desk.engine.reader()).map_err(store_report)?;
    let boxes = roles.iter().map(|role| RoleBox { role: &role.id, label: &role.label, hint: role.hint.as_deref() });
    let form = ContactForm::of(boxes);
    if ctx.global.json {
        ctx.out.json(&json!({ "tabs": form.tabs.iter().map(shape).collect::<Vec<_>>() }))?;
    } else {
        ctx.out.text(drawn(&form).human(ctx.out.paint()))?;
    }
    Ok(())
}

/// A line for each field; the tab stands on its first one, and an empty tab by itself.
fn drawn(form: &ContactForm) -> Table {
    let mut table = Table::new(["tab", "field", "type", "label", "hint"]);
    for tab in &form.tabs {
        if tab.fields.is_empty() {
            table.row([tab.name.as_str().into(), Cell::from(""), "".into(), "".into(), "".into()]);
        }
        for (at, field) in tab.fields.iter().enumerate() {
            let name = if at == 0 { tab.name.as_str() } else { "" };
            let hint = Cell::styled(field.hint.clone().unwrap_or_default(), Paint::dim);
            table.row([name.into(), field.name.as_str().into(), kind(field).into(), field.label.as_str().into(), hint]);
        }
    }
    table
}

fn kind(field: &FormField) -> String {
    let words = match field.kind {
        FieldKind::Choice(choices) => format!("{} of {}", field.kind.word(), choices.join(", ")),
        other => other.word().to_owned(),
    };
    if field.readonly { format!("{words}, by the system") } else { words }
}

fn shape(tab: &Tab) -> Json {
    json!({ "name": tab.name, "fields": tab.fields.iter().map(shape_of_field).collect::<Vec<_>>() })
}

fn shape_of_field(field: &FormField) -> Json {
    let choices = match field.kind {
        FieldKind::Choice(choices) => Some(choices),
        _ => None,
    };
    json!({
        "name": field.name, "type": field.kind.word(), "choices": choices,
        "label": field.label, "hint": field.hint, "readonly": field.readonly,
    })
}

#[cfg(test)]
mod tests {
    use jobwright_core::directory::form::ContactForm;
    use jobwright_definition::people::property::CONTACT_KEYS;
    use std::collections::BTreeSet;

    #[test]
    fn what_can_be_set_on_a_contact_stands_on_its_form() {
        let form = ContactForm::of([]);
        let fields = form.tabs.iter().flat_map(|tab| &tab.fields).filter(|field| !field.readonly);
        let entered: BTreeSet<&str> = fields.map(|field| field.name.as_str()).collect();
        // The roles are set one by one, each by its own box.
        let settable: BTreeSet<&str> = CONTACT_KEYS.iter().copied().filter(|key| *key != "roles").collect();
        assert_eq!(entered, settable);
    }
}
