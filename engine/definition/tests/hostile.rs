//! Definitions that people break, and that nobody would write.
//!
//! Whatever stands in a file, the answer is words about it or a plan, never a panic and never neither; and a plan comes
//! out of its canonical text the same.

use std::fs;
use std::path::Path;

use jobwright_definition::definition;
use jobwright_definition::source::Sources;
use jobwright_definition::surroundings::Surroundings;
use proptest::prelude::*;

const DEFINITIONS: [&str; 4] = ["monthly-payroll", "vat-quarter", "client-onboarding", "every-form"];

/// What people put into the wrong place, beside any characters.
const PIECES: [&str; 16] = [
    "tasks:",
    "- id: a",
    "recipient: ",
    "{ role: x, or: ",
    "first_of: [",
    "depends_on: [a]",
    "true",
    "12",
    "null",
    "''",
    "when: tasks.a.outputs.b",
    "due: due, +1 day",
    "  ",
    "\n",
    "on_outcome: { x: { reopen: a, limit: 3 } }",
    "{{ tasks.",
];

fn text(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/definitions/valid");
    fs::read_to_string(folder.join(name).with_extension("yaml")).expect("a definition")
}

fn hold(text: &str) -> Result<(), TestCaseError> {
    let files = |name: &str| match name {
        "welcome.txt" => Ok(b"Welcome {{ recipient.name }}".to_vec()),
        "last.rhai" => Ok(b"#{ total: 1 }".to_vec()),
        _ => Err("there is no such file".to_owned()),
    };
    let around = Surroundings::default();
    let checked = definition::read(&mut Sources::default(), "a.job.yaml", text.as_bytes(), &files, &around);
    prop_assert_eq!(checked.plan.is_none(), checked.diagnostics.has_errors(), "{}", text);
    if let Some(plan) = checked.plan {
        prop_assert_eq!(definition::recompile(&checked.canonical).ok(), Some(plan));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Some lines are gone, doubled or moved.
    #[test]
    fn a_definition_with_its_lines_torn_is_told_or_planned(
        of in 0..DEFINITIONS.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..3), 1..4),
    ) {
        let text = text(DEFINITIONS[of]);
        let mut lines: Vec<&str> = text.lines().collect();
        for (at, to, what) in changes {
            let (at, to) = (at.index(lines.len()), to.index(lines.len()));
            match what {
                0 => drop(lines.remove(at)),
                1 => lines.insert(to, lines[at]),
                _ => lines.swap(at, to),
            }
        }
        hold(&lines.join("\n"))?;
    }

    /// Something else stands where a piece of the text was.
    #[test]
    fn a_definition_with_pieces_put_in_is_told_or_planned(
        of in 0..DEFINITIONS.len(),
        at in any::<prop::sample::Index>(),
        length in 0..40_usize,
        piece in prop_oneof![prop::sample::select(&PIECES[..]).prop_map(str::to_owned), any::<String>()],
    ) {
        let text = text(DEFINITIONS[of]);
        let from = text.floor_char_boundary(at.index(text.len()));
        let to = text.floor_char_boundary((from + length).min(text.len()));
        hold(&format!("{}{piece}{}", &text[..from], &text[to..]))?;
    }

    /// A canonical text that a damaged store gives back.
    #[test]
    fn a_damaged_canonical_text_is_an_error_and_no_panic(text in r#"[\[\]{}:,"a-z0-9 ]{0,60}"#) {
        prop_assert!(definition::recompile(&text).is_err());
    }
}
