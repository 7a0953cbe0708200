//! Scripts: statements, functions, bounds; and rhai itself as the judge of what they mean.

use super::*;
use crate::{Limits, Script};
use expect_test::expect;

fn run(text: &str) -> String {
    run_in(text, &scope(Type::Any).with_clock(), Limits::default())
}

fn run_in(text: &str, scope: &Scope, limits: Limits) -> String {
    match Script::compile(text, scope) {
        Err(faults) => told(text, &faults),
        Ok(script) => match script.evaluate(&Practice::new(), limits) {
            Ok(value) => format!("{} {value}", value.kind()),
            Err(error) => told_error(text, &error),
        },
    }
}

const BOXES: &str = r#"
let b = tasks.prepare.outputs;
let due_tax = if inputs.flat_rate != () {
    b.net_total * inputs.flat_rate / 100
} else {
    b.net_total
};
let reclaim = if inputs.flat_rate != () { money("0.00", "GBP") } else { inputs.fee };
#{ box1: due_tax.round(2), box5: (due_tax - reclaim).abs().round(2), repayment: reclaim > due_tax }
"#;

#[test]
fn a_script_computes_the_boxes_of_a_vat_return() {
    let wants = record([("box1", gbp()), ("box5", gbp()), ("repayment", Type::Bool)]);
    let said = run_in(BOXES, &scope(wants), Limits::default());
    assert_eq!(said, "map box1: 1400.00 GBP, box5: 200.00 GBP, repayment: false");
}

#[test]
fn a_wrong_script_says_all_that_is_wrong() {
    let text = r#"
let totl = tasks.prepare.outputs.net_total;
let count = 0;
for c in client.contacts { count += c.emial.len(); }
if count > "3" { return #{ box1: count }; }
client.name = "x";
switch count { 1 => 2, _ => 3 }
total
"#;
    let wants = record([("box1", gbp())]);
    expect![[r#"
        unknown-property: `c` has no property `emial` at `emial`
            help: did you mean `email`?
        mixed-types: `>` compares a number with text at `>`
            `count` is int
            `"3"` is text
            help: write `${count}`
        wrong-type: this gives int, where money in GBP is asked at `count`
        not-allowed: only a variable of the script can be set at `client.name`
            help: facts are only read; declare a variable with `let`
        not-allowed: `switch` is not part of this language at `switch`
            help: write `if … else if … else`
        unknown-name: unknown name `total` at `total`
            help: did you mean `totl`?
    "#]]
    .assert_eq(&run_in(text, &scope(wants), Limits::default()));
}

#[test]
fn statements_do_what_they_do_in_rhai() {
    let scripts = [
        "let x = 1; x += 2; x * 3",
        "let t = 0; for i in 0..5 { if i == 3 { continue; } t += i; } t",
        "let t = 0; for i in 0..=5 { t += i; } t",
        "let t = 0; let i = 0; while i < 10 { i += 1; if i > 5 { break; } t += i; } t",
        "let t = 0; loop { t += 1; if t == 7 { break; } } t",
        "let t = 0; do { t += 1; } while t < 3; t",
        "let t = 0; do { t += 1; } until t == 4; t",
        "fn fact(n) { if n < 2 { 1 } else { n * fact(n - 1) } } fact(5)",
        "fn add(a, b) { return a + b; } add(1, add(2, 3))",
        "fn f(a) { let b = a; b += 1; b } let a = 5; f(a) + a",
        "let l = [1, 2]; l.push(3); l[0] = 9; l[0] + l[2] + l.len()",
        "let m = #{ a: 1 }; m.b = 2; m.a += 5; m.a * 10 + m.b",
        "let m = #{ a: #{ b: [1, 2] } }; m.a.b[1] = 7; m.a.b[1]",
        "let a = [1]; let b = a; b.push(2); a.len() * 10 + b.len()",
        "let l = [3, 4]; let t = 0; for (v, i) in l { t += v * i; } t",
        "let x = 5; let y = if x > 3 { 1 } else { 2 }; y",
        "let x = 1; { let x = 2; } x",
        "let x = 1; let x = x + 1; x",
        "let l = [1, 2, 3, 4]; l.filter(|v| v % 2 == 0).map(|v| v * v)[1]",
        "let k = 3; [1, 2].map(|v| v * k)[1]",
        "let x = (); x ?? 4",
        "let t = 0; for i in [1, 2] { for j in [10, 20] { t += i * j; } } t",
        "return 5; 6",
        "if true { return 1; } 2",
        "let s = \"\"; for c in [\"a\", \"b\"] { s += c; } s.len()",
        "let a = 7; `x${a}y`.len()",
        "const K = 4; K * 2",
        "let m = #{ a: 1 }; m?.a ?? 2",
        "7 % 3 * -2",
        "let f = 1; fn g(n) { n * 2 } g(g(f))",
    ];
    let rhai = rhai::Engine::new();
    for script in scripts {
        let theirs: i64 = rhai.eval(script).unwrap_or_else(|error| panic!("{script}: {error}"));
        assert_eq!(run(script), format!("int {theirs}"), "{script}");
    }
}

#[test]
fn a_script_ends_within_its_operations() {
    let said = run_in("let x = 0; loop { x += 1; }", &scope(Type::Any), Limits { operations: 1_000 });
    assert!(said.starts_with("error: this takes more operations than it may"), "{said}");
    assert!(run("fn f(n) { f(n + 1) } f(0)").starts_with("error: evaluations nest deeper"));
    assert!(run("let l = [1]; loop { l = [l, l]; }").starts_with("error: this takes more operations"));
    assert!(run("let l = [1]; loop { l += l; }").starts_with("error: this"));
    assert!(run("let s = \"ab\"; loop { s += s; }").starts_with("error: this text is longer"));
    assert!(run("let l = []; loop { l.push(1); }").starts_with("error: this"));
    assert!(run("let m = #{}; let l = [m]; loop { l[0] = #{ a: l, b: l }; }").starts_with("error: this"));
}

#[test]
fn a_function_sees_facts_and_its_arguments_and_nothing_else() {
    assert_eq!(run("fn f(n) { n + inputs.limit } f(1)"), "int 11");
    assert!(run("let x = 1; fn f() { x } f()").starts_with("unknown-name: unknown name `x`"));
}

#[test]
fn what_scripts_may_not_do_is_refused_by_name() {
    let all: String = [
        "try { 1 } catch (e) { 2 }",
        "import \"x\" as y; 1",
        "let f = |x| x; f.call(1)",
        "let x = 1; x.y = |z| z; 1",
        "fn f() { this } 1.f()",
        "let x = loop { break 5; }; x",
        "let x = 1; x **= 2; x",
        "sleep(1); 1",
        "print(1); 1",
        "inputs.limit += 1; 1",
        "fn f(a) { a } f(1, 2)",
        "x = 5; x",
        "const X = 1; X = 2;",
    ]
    .map(|text| format!("{text}\n  {}\n", run(text).trim_end().replace('\n', "\n  ")))
    .concat();
    expect![[r#"
        try { 1 } catch (e) { 2 }
          not-allowed: `try` is not part of this language at `try`
              help: test for what may be missing with `??` or `!= ()`
        import "x" as y; 1
          not-allowed: `import` is not part of this language at `import`
              help: a script is one file: write its functions here
        let f = |x| x; f.call(1)
          not-allowed: a function stands only as an argument of filter, map, any, all and sum at `|x| x`
          not-allowed: `call` is not part of this language at `call`
              help: call the function by its name
        let x = 1; x.y = |z| z; 1
          not-allowed: a function stands only as an argument of filter, map, any, all and sum at `|z| z`
        fn f() { this } 1.f()
          not-allowed: `this` is not part of this language at `this`
              help: pass the value as an argument
          wrong-arguments: `f` is declared with 0 and called with 1 at `1.f()`
        let x = loop { break 5; }; x
          not-allowed: `break` with a value is not part of this language at `break`
              help: set a variable before `break`
        let x = 1; x **= 2; x
          not-allowed: `**=` is not part of this language at `**`
              help: the assignments are = += -= *= /= %=
        sleep(1); 1
          not-allowed: `sleep` is not part of this language at `sleep`
              help: use a task of type `wait`
        print(1); 1
          not-allowed: `print` is not part of this language at `print`
              help: return what you want to see
        inputs.limit += 1; 1
          not-allowed: only a variable of the script can be set at `inputs.limit`
              help: facts are only read; declare a variable with `let`
        fn f(a) { a } f(1, 2)
          wrong-arguments: `f` is declared with 1 and called with 2 at `f(1, 2)`
        x = 5; x
          not-allowed: only a variable of the script can be set at `x`
              help: facts are only read; declare a variable with `let`
          unknown-name: unknown name `x` at `x`
              help: there are anything, client, dates, inputs, tasks
        const X = 1; X = 2;
          syntax: cannot assign to constant X at `X`
    "#]]
    .assert_eq(&all);
}

#[test]
fn an_error_points_into_the_line_it_happened_in() {
    let text = "let e = /* é */ \"£\";\nlet x = anything;\nx + 1";
    assert_eq!(run(text), "error: `+` adds a number to text at `+`");
    assert_eq!(run("let l = [1];\n  l[4]"), "error: the list has 1 items and none at 4 at `l[4]`");
    assert_eq!(run("throw \"no rate for this year\";"), "error: no rate for this year at `throw`");
}

#[test]
fn values_tested_for_may_be_used_behind_the_test() {
    for script in [
        "if inputs.flat_rate == () { return 0.0; } inputs.flat_rate + 1",
        "let r = inputs.flat_rate; if r != () { r + 1 } else { 0.0 }",
        "let best = (); for c in client.contacts { if best == () || c.first_name > best.first_name { best = c; } } best.id",
        "let x = if client.vat?.scheme != () { client.vat.scheme } else { \"\" }; x",
        "while inputs.flat_rate != () { inputs.flat_rate + 1; break; } 1",
    ] {
        let said = run(script);
        assert!(!said.contains("may-be-empty"), "{script}: {said}");
    }
    let changed = "let r = inputs.flat_rate; if r != () { r = inputs.flat_rate; r + 1 } else { 0.0 }";
    assert!(run(changed).starts_with("may-be-empty"), "{}", run(changed));
}
