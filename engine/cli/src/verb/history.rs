//! What was changed of people, as it is shown: a line a change, newest first.
//!
//! Owns: the words and the shape of the directory's trail. Leaves what changed to the core, and reading it to the store.

use jobwright_core::directory::difference::FieldChange;
use jobwright_core::directory::trail::Entry;
use serde_json::{Value as Json, json};

use super::Context;
use crate::desk::Desk;
use crate::output::visible;
use crate::report::Result;
use crate::shape;

/// Says these changes.
pub(super) fn say(ctx: &mut Context, desk: &Desk, changes: &[Entry]) -> Result<()> {
    let zone = &desk.practice.zone;
    if ctx.global.json {
        changes.iter().try_for_each(|entry| ctx.out.json(&entry_shape(entry)))?;
        return Ok(());
    }
    if changes.is_empty() {
        ctx.out.line("nothing was changed yet")?;
    }
    let paint = ctx.out.paint();
    for entry in changes {
        let at = entry.at.to_zoned(zone.clone()).strftime("%-d %b %Y %H:%M").to_string();
        let (by, door) = (&entry.attribution.by, visible(&entry.attribution.door));
        ctx.out.line(format!("{}  {by}, by `{door}`", paint.dim(&at)))?;
        for change in &entry.changes {
            ctx.out.line(format!("    {}", words(change)))?;
        }
        if let Some(note) = &entry.attribution.note {
            ctx.out.line(format!("    \"{}\"", visible(note)))?;
        }
    }
    Ok(())
}

/// A field before and after, in words.
pub(super) fn words(change: &FieldChange) -> String {
    let field = visible(&change.field);
    match (&change.before, &change.after) {
        (None, Some(after)) => format!("{field}: {}", visible(after)),
        (Some(before), None) => format!("{field}: {} is taken away", visible(before)),
        (before, after) => {
            let shown =
                |value: &Option<String>| value.as_deref().map(|value| visible(value).to_string()).unwrap_or_default();
            format!("{field}: {} → {}", shown(before), shown(after))
        }
    }
}

/// An entry of the trail as data.
pub(super) fn entry_shape(entry: &Entry) -> Json {
    let change = |one: &FieldChange| json!({ "field": one.field, "before": one.before, "after": one.after });
    json!({
        "at": entry.at.to_string(),
        "subject": entry.subject.to_string(),
        "by": shape::actor(&entry.attribution.by),
        "door": entry.attribution.door,
        "note": entry.attribution.note,
        "changes": entry.changes.iter().map(change).collect::<Vec<_>>(),
    })
}
