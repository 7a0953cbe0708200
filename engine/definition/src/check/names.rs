//! The tasks that a text names.
//!
//! Owns: finding `tasks.NAME` where it is code: outside of quotes and comments in an expression or script, and inside of
//! brackets in a text. This is needed before anything is typed, since only the tasks that are named get a type.

const TASKS: &str = "tasks.";
const DATES: &str = "dates.";

/// What surrounds a character of a text.
#[derive(Clone, Copy, PartialEq)]
enum Around {
    Code,
    Words,
    Quotes(char),
    Comment,
}

/// The tasks that an expression or a script names, with the byte of each name.
pub(crate) fn in_code(text: &str) -> Vec<(&str, usize)> {
    named(text, TASKS, Around::Code)
}

/// The tasks that a text with merge fields names.
pub(crate) fn in_text(text: &str) -> Vec<(&str, usize)> {
    named(text, TASKS, Around::Words)
}

/// The key dates that an expression or a script names.
pub(crate) fn dates_in_code(text: &str) -> Vec<(&str, usize)> {
    named(text, DATES, Around::Code)
}

/// The key dates that a text with merge fields names.
pub(crate) fn dates_in_text(text: &str) -> Vec<(&str, usize)> {
    named(text, DATES, Around::Words)
}

fn named<'t>(text: &'t str, root: &str, outside: Around) -> Vec<(&'t str, usize)> {
    let mut around = outside;
    let mut found = Vec::new();
    let mut before = ' ';
    for (at, character) in text.char_indices() {
        let rest = &text[at..];
        let follows_word = before.is_ascii_alphanumeric() || matches!(before, '_' | '.');
        if around == Around::Code && !follows_word && rest.starts_with(root) {
            let name = rest[root.len()..].split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next();
            found.extend(name.filter(|name| !name.is_empty()).map(|name| (name, at + root.len())));
        }
        around = next(around, outside, rest, before, character);
        before = character;
    }
    found
}

/// What surrounds the character after this one.
fn next(around: Around, outside: Around, rest: &str, before: char, character: char) -> Around {
    match around {
        Around::Words if rest.starts_with("{{") || rest.starts_with("{%") => Around::Code,
        Around::Code if outside == Around::Words && (rest.starts_with("}}") || rest.starts_with("%}")) => Around::Words,
        Around::Code if matches!(character, '"' | '`') || (character == '\'' && outside == Around::Words) => {
            Around::Quotes(character)
        }
        Around::Code if outside == Around::Code && rest.starts_with("//") => Around::Comment,
        Around::Quotes(quote) if character == quote && before != '\\' => Around::Code,
        Around::Comment if character == '\n' => Around::Code,
        same => same,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_named_where_the_text_is_code() {
        let names = |found: Vec<(&str, usize)>| found.into_iter().map(|(name, _)| name.to_owned()).collect::<Vec<_>>();
        let code =
            "tasks.a.outputs.x > 1 && \"tasks.no\" != my_tasks.no // tasks.no\n && (tasks.b_2.state == `tasks.no`)";
        assert_eq!(names(in_code(code)), ["a", "b_2"]);
        let text = "Two tasks.Then {{ tasks.a.due }} and {% if tasks.b.state == 'tasks.no' %}tasks.no{% endif %}.";
        assert_eq!(names(in_text(text)), ["a", "b"]);
        assert_eq!(in_code("tasks.a"), [("a", 6)]);
        assert!(in_code("tasks.").is_empty() && in_text("{{ tasks }").is_empty());
    }
}
