//! Definitions beside what becomes of them.
//!
//! `valid/x.yaml` stands beside the plan it gives, `invalid/x.yaml` beside what is said against it. Expectations are
//! rewritten with `UPDATE_EXPECT=1`; then read the difference as prose.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use expect_test::expect_file;
use jobwright_core::calendar::Calendar;
use jobwright_core::id::Hash;
use jobwright_core::plan::{Dependency, Plan, Task};
use jobwright_core::value::{Field, Type};
use jobwright_definition::code;
use jobwright_definition::definition::{self, Checked};
use jobwright_definition::diagnostic::Diagnostics;
use jobwright_definition::practice;
use jobwright_definition::render;
use jobwright_definition::source::Sources;
use jobwright_definition::surroundings::{NoOthers, Offer, Offered, Practice, Surroundings};
use jobwright_definition::syntax;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/definitions").join(name)
}

fn definitions(name: &str) -> Vec<PathBuf> {
    let files = fs::read_dir(folder(name)).expect(name).map(|entry| entry.expect("an entry").path());
    let mut files: Vec<_> = files.filter(|path| path.extension().is_some_and(|of| of == "yaml")).collect();
    files.sort();
    assert!(!files.is_empty(), "{name} holds definitions");
    files
}

/// The definition, and everything said against it.
fn read(path: &Path, surroundings: &Surroundings) -> (Checked, String) {
    let bytes = fs::read(path).expect("a definition");
    let name = path.file_name().expect("a name").to_string_lossy();
    let files = |name: &str| fs::read(path.with_file_name(name)).map_err(|_| "there is no such file".to_owned());
    let mut sources = Sources::default();
    let checked = definition::read(&mut sources, &name, &bytes, &files, surroundings);
    let said = render::human(&sources, &checked.diagnostics, false);
    (checked, said)
}

#[test]
fn each_valid_definition_gives_its_plan() {
    for path in definitions("valid") {
        let (checked, said) = read(&path, &with_plugins());
        let Some(plan) = checked.plan else { panic!("{} gives no plan:\n{said}", path.display()) };
        expect_file![path.with_extension("plan")].assert_eq(&summary(&plan));
        expect_file![path.with_extension("said")].assert_eq(&said);
    }
}

#[test]
fn a_stored_definition_gives_the_same_plan_again() {
    for path in definitions("valid") {
        let (checked, _) = read(&path, &with_plugins());
        let plan: Plan = checked.plan.expect("a plan");
        let again = definition::recompile(&checked.canonical).expect("the same plan");
        assert_eq!(again, plan, "{}", path.display());
        assert_eq!(again.hash, checked.hash);
    }
}

/// A practice for definitions to be wrong in.
fn surroundings() -> Surroundings<'static> {
    let text = "format: 1\nname: Sample\noffices: [leeds, york]\n\
                fields: { client: { vat.scheme: string, year_end: date, payroll.pay_day: int } }\n";
    let (mut sources, mut diagnostics) = (Sources::default(), Diagnostics::new());
    let node = syntax::read(&mut sources, "practice.yaml", text.as_bytes(), &mut diagnostics).expect("a file");
    let file = practice::practice(&node, &mut diagnostics).expect("a practice");
    let practice = Practice {
        client_fields: file.declared,
        contact_roles: ["payroll".parse().expect("a role")].into(),
        staff_roles: ["clerk".parse().expect("a role")].into(),
        services: ["payroll".to_owned()].into(),
        offices: file.practice.offices.into_iter().collect(),
        definitions: ["monthly-payroll".parse().expect("an id")].into(),
        calendar: None,
    };
    let calendar = Calendar::new("england-and-wales", "England and Wales", Default::default());
    Surroundings {
        practice: Some(practice),
        calendars: [(calendar.id.clone(), calendar)].into(),
        is_zone: &|zone| zone == "Europe/London",
        offers: offers(),
        others: &NoOthers,
    }
}

/// Outside of any practice, yet with plugins.
fn with_plugins() -> Surroundings<'static> {
    Surroundings { offers: offers(), ..Surroundings::default() }
}

/// Plugins for definitions to use: one in order, and one that lacks something.
fn offers() -> BTreeMap<String, Offer> {
    let outputs = [("ok", Type::Bool), ("due", Type::Decimal), ("notes", Type::List(Box::new(Type::Text)))];
    let outputs = outputs.map(|(name, of)| (name.to_owned(), Field { optional: name == "due", ..Field::of(of) }));
    let task = Offered::Task { outputs: outputs.into(), failures: vec!["bad-box".into()] };
    let offer = |kind, lacks: Option<&str>| Offer {
        plugin: "vat-checks".into(),
        digest: Hash([7; 32]),
        kind,
        settings: Arc::new(|settings, _| {
            let strange = settings.get("box10").map(|_| ("/box10".to_owned(), "there is no box 10".to_owned()));
            let missing = settings.get("box1").is_none();
            let missing = missing.then(|| (String::new(), "\"box1\" is a required property".to_owned()));
            strange.into_iter().chain(missing).collect()
        }),
        lacks: lacks.map(str::to_owned),
    };
    let people = Offer { settings: Arc::new(|_, _| vec![]), ..offer(Offered::Selector, None) };
    let offers = [
        ("vat.checks", offer(task.clone(), None)),
        ("vat.file", offer(task, Some("1 of its wishes is not granted; run `jobwright plugin add`"))),
        ("office.least_loaded", people.clone()),
        ("bank.iban", Offer { kind: Offered::Check, ..people }),
    ];
    offers.map(|(name, offer)| (name.to_owned(), offer)).into()
}

#[test]
fn each_invalid_definition_is_refused_in_its_words() {
    for path in definitions("invalid") {
        let (checked, said) = read(&path, &surroundings());
        let name = path.file_stem().expect("a name").to_string_lossy().to_uppercase();
        let code = name.split('-').next().unwrap_or_default();
        assert!(!code.starts_with("WF") || said.contains(&format!("[{code}]")), "{code} is not told:\n{said}");
        assert_eq!(checked.plan.is_none(), checked.diagnostics.has_errors(), "{}", path.display());
        expect_file![path.with_extension("err")].assert_eq(&said);
    }
}

/// Codes that no example of a few lines can show, with where they are shown.
const SHOWN_ELSEWHERE: [&str; 1] = [
    // An expression of 60,000 bytes: the expression crate's own tests.
    "WF0410",
];

#[test]
fn every_code_of_definitions_is_shown_by_an_example() {
    let folders = ["valid", "invalid"].into_iter().flat_map(definitions);
    let said: String = folders
        .map(|path| [surroundings(), Surroundings::default()].map(|around| read(&path, &around).1).concat())
        .collect();
    // The levels of definitions; 1 is the reader's, and what belongs to people and settings alone is theirs.
    let ours = |code: &str| ("WF02".."WF07").contains(&code) && !matches!(code, "WF0220" | "WF0340" | "WF0341");
    let shown = |code: &str| said.contains(&format!("[{code}]")) || SHOWN_ELSEWHERE.contains(&code);
    let missing: Vec<_> = code::ALL.iter().filter(|(code, _)| ours(code) && !shown(code)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn twenty_faults_are_told_at_once() {
    let (checked, said) = read(&folder("invalid").join("twenty-faults.yaml"), &surroundings());
    assert!(checked.diagnostics.errors() >= 20, "{} faults:\n{said}", checked.diagnostics.errors());
}

/// A plan in few words: what jobs of it do, in which order.
fn summary(plan: &Plan) -> String {
    let mut out = format!("{} `{}` version {:?}\nhash {:.16}\n", plan.id, plan.name, plan.version, plan.hash);
    let expression = |id| format!("`{}`", plan.expression(id).trim());
    if let Some(id) = plan.applies_to {
        writeln!(out, "applies to {}", expression(id)).unwrap();
    }
    for input in &plan.inputs {
        let from = input.from.map_or(String::new(), |id| format!(" from {}", expression(id)));
        let default = input.default.as_ref().map_or(String::new(), |value| format!(" default {value:?}"));
        writeln!(out, "input {}: {}{from}{default}", input.name, input.field.of).unwrap();
    }
    for (role, label) in &plan.roles {
        writeln!(out, "role {role}: {label}").unwrap();
    }
    for date in &plan.dates {
        writeln!(out, "date {}: {}", date.name, date.rule).unwrap();
    }
    writeln!(out, "schedule {:?}", plan.schedule).unwrap();
    plan.tasks.iter().for_each(|task| of_task(task, plan, &mut out));
    writeln!(out, "\non change {:?}", plan.on_change).unwrap();
    for (at, text) in plan.expressions.iter().enumerate() {
        writeln!(out, "expression {at}: {}", text.trim()).unwrap();
    }
    for (at, text) in plan.texts.iter().enumerate() {
        writeln!(out, "text {at}: {:?} {:?}", text.kind, text.source).unwrap();
    }
    for (at, script) in plan.scripts.iter().enumerate() {
        writeln!(out, "script {at}: {} bytes, reads {:?}", script.source.len(), script.reads).unwrap();
    }
    out
}

fn of_task(task: &Task, plan: &Plan, out: &mut String) {
    let label = plan.text(task.label).map_or("", |text| text.source.as_str());
    writeln!(out, "\ntask {} ({}): {label}", task.id, task.work.word()).unwrap();
    if !task.depends_on.is_empty() {
        writeln!(out, "  after {}", task.depends_on.iter().map(dependency).collect::<Vec<_>>().join(" and ")).unwrap();
    }
    for (key, rule) in
        [("start", &task.start), ("due", &task.due), ("expires", &task.expires), ("timeout", &task.timeout)]
    {
        if let Some(rule) = rule {
            writeln!(out, "  {key} {rule}").unwrap();
        }
    }
    for (key, id) in [("when", task.when), ("for each of", task.for_each.as_ref().map(|each| each.list))] {
        if let Some(id) = id {
            writeln!(out, "  {key} `{}`", plan.expression(id).trim()).unwrap();
        }
    }
    if !task.retry.codes.is_empty() {
        writeln!(out, "  again on {:?} and {:?}", task.retry.on, task.retry.codes).unwrap();
    }
    for (outcome, then) in &task.on_outcome {
        writeln!(out, "  on {outcome} {then:?}").unwrap();
    }
    for (output, field) in &task.outputs {
        let check = field.check.as_ref().map_or(String::new(), |check| format!(", checked by {check}"));
        writeln!(out, "  gives {output}: {}{check}", field.of).unwrap();
    }
    writeln!(out, "  {:?}", task.work).unwrap();
}

fn dependency(dependency: &Dependency) -> String {
    match dependency {
        Dependency::Task { task, is, same_item: false } => format!("{task} {is:?}"),
        Dependency::Task { task, is, same_item: true } => format!("{task} {is:?} of the same item"),
        Dependency::AnyOf(any) => format!("({})", any.iter().map(self::dependency).collect::<Vec<_>>().join(" or ")),
    }
}
