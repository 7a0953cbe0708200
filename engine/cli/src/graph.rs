//! A definition as a drawing: tasks, and what waits for what.
//!
//! Owns: which boxes and lines there are, and their words. `mermaid` writes them as text for documents, `svg` draws
//! them. Leaves the meaning of a plan to the core.

mod mermaid;
mod svg;

pub use mermaid::mermaid;
pub use svg::svg;

use jobwright_core::id::Name;
use jobwright_core::plan::{Dependency, Is, Plan, Task, Then};

/// Longer words of a condition are cut: the definition itself has them.
const CONDITION_CHARACTERS_MAX: usize = 40;

/// A drawing.
pub struct Drawing {
    pub boxes: Vec<Card>,
    pub lines: Vec<Line>,
}

/// A task as a box: its lines of words, what people call it first.
pub struct Card {
    pub words: Vec<String>,
}

/// From one task to another, by their places in the list.
pub struct Line {
    pub from: usize,
    pub to: usize,
    pub words: String,
    /// Goes back: a part of the job is done once more.
    pub is_again: bool,
}

/// The drawing of a plan.
pub fn draw(plan: &Plan) -> Drawing {
    let boxes = plan.tasks.iter().map(|task| Card { words: words(plan, task) }).collect();
    let mut lines = Vec::new();
    for (to, task) in plan.tasks.iter().enumerate() {
        for dependency in &task.depends_on {
            depends(plan, dependency, to, "", &mut lines);
        }
    }
    for (from, task) in plan.tasks.iter().enumerate() {
        let outcomes = task.on_outcome.iter().map(|(outcome, then)| (outcome.as_str(), then));
        for (when, then) in outcomes.chain(task.on_expired.iter().map(|then| ("expired", then))) {
            if let (Then::Reopen { task, limit, .. }, words) = (then, when)
                && let Some(to) = place(plan, task)
            {
                let words = format!("{words}: again, at most {limit}");
                lines.push(Line { from, to, words, is_again: true });
            }
        }
    }
    Drawing { boxes, lines }
}

fn words(plan: &Plan, task: &Task) -> Vec<String> {
    let label = plan.text(task.label).map_or("", |text| text.source.trim());
    let mut words = vec![if label.is_empty() { task.id.to_string() } else { label.to_owned() }];
    words.push(format!("{} · {}", task.id, task.work.word()));
    words.extend(task.when.map(|when| format!("when {}", short(plan.expression(when)))));
    words.extend(
        task.for_each.as_ref().map(|each| format!("for each {} in {}", each.item, short(plan.expression(each.list)))),
    );
    words.extend(task.due.as_ref().map(|due| format!("due {due}")));
    for (outcome, then) in &task.on_outcome {
        match then {
            Then::Reopen { .. } => {}
            Then::CancelJob(_) => words.push(format!("{outcome}: cancels the job")),
            Then::CompleteJob => words.push(format!("{outcome}: completes the job")),
        }
    }
    words
}

fn depends(plan: &Plan, dependency: &Dependency, to: usize, beside: &str, lines: &mut Vec<Line>) {
    match dependency {
        Dependency::Task { task, is, same_item } => {
            if let Some(from) = place(plan, task) {
                let parts = [beside, state(*is), if *same_item { "same item" } else { "" }];
                let words = parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(", ");
                lines.push(Line { from, to, words, is_again: false });
            }
        }
        Dependency::AnyOf(some) => some.iter().for_each(|one| depends(plan, one, to, "any of", lines)),
    }
}

fn place(plan: &Plan, task: &Name) -> Option<usize> {
    plan.tasks.iter().position(|one| one.id == *task)
}

/// What a line says; a plain name in `depends_on` needs no word.
fn state(is: Is) -> &'static str {
    match is {
        Is::Done => "",
        Is::Completed => "completed",
        Is::Skipped => "skipped",
        Is::Settled => "settled",
        Is::Failed => "failed",
        Is::Overdue => "overdue",
    }
}

fn short(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() <= CONDITION_CHARACTERS_MAX {
        return text;
    }
    text.chars().take(CONDITION_CHARACTERS_MAX).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use jobwright_definition::definition::read;
    use jobwright_definition::source::Sources;
    use jobwright_definition::surroundings::Surroundings;

    use super::*;

    const SHIPPED: &[&str] = &[
        include_str!("../../../workflows/monthly-payroll.job.yaml"),
        include_str!("../../../workflows/vat-quarter.job.yaml"),
        include_str!("../../../workflows/client-onboarding.job.yaml"),
    ];

    fn plan(text: &str) -> Plan {
        let none = |_: &str| Err("no files here".to_owned());
        let checked = read(&mut Sources::default(), "x.job.yaml", text.as_bytes(), &none, &Surroundings::default());
        checked.plan.expect("a plan")
    }

    #[test]
    fn the_definitions_that_ship_can_be_drawn_in_both_forms() {
        for text in SHIPPED {
            let plan = plan(text);
            let drawing = draw(&plan);
            assert_eq!(drawing.boxes.len(), plan.tasks.len());
            let (text, picture) = (mermaid(&drawing), svg(&drawing));
            assert_eq!(text.lines().count(), 1 + drawing.boxes.len() + drawing.lines.len(), "{text}");
            assert_eq!(picture.matches("<rect ").count(), drawing.boxes.len());
            let again = drawing.lines.iter().filter(|line| line.is_again).count();
            assert!(again > 0 && picture.matches("stroke-dasharray").count() >= again);
            assert!(!picture.contains("&&") && picture.trim_end().ends_with("</svg>"));
        }
    }
}
