//! Scripts in files beside a definition: where their faults are told, and what the hash is taken of.

use expect_test::expect;
use jobwright_definition::definition::{self, Checked};
use jobwright_definition::render;
use jobwright_definition::source::Sources;
use jobwright_definition::surroundings::Surroundings;

const DEFINITION: &str = "format: 1
id: sample
name: Sample
inputs: { rate: { type: decimal } }
tasks:
  - { id: boxes, type: script, file: scripts/boxes.rhai, outputs: { total: { type: decimal } } }
";
const BOXES: &str = "// The boxes of a return.\nlet tax = inputs.rate * 2;\n#{ total: tax }\n";
const WRONG: &str = "// Ünder construction.\nlet tax = inputs.rat * 2;\n#{ total: \"Acme\" + 1, totl: nosuch }\n";

fn read(sources: &mut Sources, definition: &str, script: &str) -> Checked {
    let files = |name: &str| match name {
        "scripts/boxes.rhai" | "boxes.rhai" => Ok(script.as_bytes().to_vec()),
        _ => Err("there is no such file".to_owned()),
    };
    definition::read(sources, "workflows/a.job.yaml", definition.as_bytes(), &files, &Surroundings::default())
}

#[test]
fn every_fault_of_a_script_is_told_in_its_file_with_line_and_column() {
    let mut sources = Sources::default();
    let checked = read(&mut sources, DEFINITION, WRONG);
    assert!(checked.plan.is_none());
    expect![[r#"
        error[WF0404]: `inputs` has no property `rat`
         --> workflows/scripts/boxes.rhai:2:18
          |
        2 | let tax = inputs.rat * 2;
          |                  ^^^
          |
          = help: did you mean `rate`?

        error[WF0402]: `+` adds a number to text
         --> workflows/scripts/boxes.rhai:3:18
          |
        3 | #{ total: "Acme" + 1, totl: nosuch }
          |           ------ ^ - int
          |           |
          |           text
          |
          = help: write "1"

        error[WF0403]: unknown name `nosuch`
         --> workflows/scripts/boxes.rhai:3:29
          |
        3 | #{ total: "Acme" + 1, totl: nosuch }
          |                             ^^^^^^
          |
          = help: there are client, dates, inputs, job, practice, staff, task, tasks

        error[WF0404]: nothing named `totl` is asked for
         --> workflows/scripts/boxes.rhai:3:29
          |
        3 | #{ total: "Acme" + 1, totl: nosuch }
          |                             ^^^^^^
          |
          = help: did you mean `total`?
    "#]]
    .assert_eq(&render::human(&sources, &checked.diagnostics, false));
}

#[test]
fn machines_are_told_the_same_place() {
    let mut sources = Sources::default();
    let checked = read(&mut sources, DEFINITION, WRONG);
    let json = render::json(&sources, &checked.diagnostics);
    let told = |one: &serde_json::Value| format!("{}:{}:{} {}", one["file"], one["line"], one["column"], one["code"]);
    let told: Vec<_> = json.as_array().expect("a list").iter().map(told).collect();
    expect![[r#"
        "workflows/scripts/boxes.rhai":2:18 "WF0404"
        "workflows/scripts/boxes.rhai":3:18 "WF0402"
        "workflows/scripts/boxes.rhai":3:29 "WF0403"
        "workflows/scripts/boxes.rhai":3:29 "WF0404""#]]
    .assert_eq(&told.join("\n"));
    let sarif = render::sarif(&sources, &checked.diagnostics);
    let results = sarif["runs"][0]["results"].as_array().expect("a list");
    let place = |one: &serde_json::Value| one["locations"][0]["physicalLocation"].clone();
    let place = |one: &serde_json::Value| {
        let place = place(one);
        let region = &place["region"];
        format!("{}:{}:{}", place["artifactLocation"]["uri"], region["startLine"], region["startColumn"])
    };
    expect![[r#"
        "workflows/scripts/boxes.rhai":2:18
        "workflows/scripts/boxes.rhai":3:18
        "workflows/scripts/boxes.rhai":3:29
        "workflows/scripts/boxes.rhai":3:29"#]]
    .assert_eq(&results.iter().map(place).collect::<Vec<_>>().join("\n"));
}

#[test]
fn what_a_script_says_is_part_of_what_is_published() {
    let hash = |definition: &str, script: &str| {
        let checked = read(&mut Sources::default(), definition, script);
        assert!(checked.plan.is_some(), "{:?}", checked.diagnostics);
        checked.hash
    };
    let published = hash(DEFINITION, BOXES);
    assert_eq!(published, hash(DEFINITION, &BOXES.replace('\n', "\r\n")), "line ends of another system");
    assert_ne!(published, hash(DEFINITION, &BOXES.replace("* 2", "* 3")), "another script");
    assert_ne!(published, hash(&DEFINITION.replace("scripts/", ""), BOXES), "another name, told when it fails");
}

#[test]
fn a_stored_definition_needs_no_file_and_knows_its_name() {
    let checked = read(&mut Sources::default(), DEFINITION, BOXES);
    let plan = definition::recompile(&checked.canonical).expect("a plan");
    assert_eq!(plan.scripts[0].source, BOXES);
    assert_eq!(plan.scripts[0].file.as_deref(), Some("scripts/boxes.rhai"));
}
