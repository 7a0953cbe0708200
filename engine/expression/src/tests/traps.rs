//! Every trap of rhai and every attack on an evaluation that we know of, by name.
//!
//! Owns: one row for each, with what is said; and that operations alone bound time and memory, whatever they are spent on.
//! Leaves what ordinary texts give to `expressions` and `scripts`.

use super::*;
use crate::{
    Limits, SCRIPT_OPERATIONS_MAX, Script,
    scope::{EXPRESSION_OPERATIONS_MAX, LIST_MAX, SOURCE_BYTES_MAX, TEXT_BYTES_MAX},
};

/// Bytes that are read, copied or compared for one operation.
const BYTES_AN_OPERATION: usize = 64;

/// What a script says, with its bound.
fn run(text: &str, operations: u64) -> String {
    run_with(text, operations, &Practice::new())
}

fn run_with(text: &str, operations: u64, practice: &Practice) -> String {
    match Script::compile(text, &scope(Type::Any).with("many", Type::Any)) {
        Err(faults) => told(text, &faults),
        Ok(script) => match script.evaluate(practice, Limits { operations }) {
            Ok(value) => format!("{} {value}", value.kind()),
            Err(error) => told_error(text, &error),
        },
    }
}

/// Each row: what it is about, a text, and how what is said of it begins.
fn each(rows: &[(&str, &str, &str)], say: impl Fn(&str) -> String) {
    let mut wrong = String::new();
    for (about, text, begins) in rows {
        let said = say(text);
        if !said.starts_with(begins) {
            wrong += &format!("{about}: {}\n  says   {said}\n  not    {begins}\n", &text[..text.len().min(200)]);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn the_traps_of_rhais_own_evaluator_are_closed_in_expressions() {
    each(
        &[
            ("an unknown property is not folded to nothing", "client.nosuch", "unknown-property: `client` has no"),
            ("nor that of a part", "tasks.prepare.outputs.nosuch", "unknown-property"),
            ("nor that of a list's item", "client.contacts[0].nosuch", "unknown-property"),
            ("nor that of a constant map", "#{ a: 1 }.b", "unknown-property"),
            ("an unknown name", "nosuch", "unknown-name: unknown name `nosuch`"),
            ("an unknown name on a branch not taken", "if true { 1 } else { nosuch }", "unknown-name"),
            ("an unknown name behind an or", "true || nosuch", "unknown-name"),
            ("money is not compared with a number", "money(\"1.10\", \"GBP\") > 1", "mixed-types: `>`"),
            ("nor a number with money", "1 < money(\"1.10\", \"GBP\")", "mixed-types: `<`"),
            ("nor money with text", "client.turnover == \"95000.5\"", "mixed-types: `==`"),
            ("nor two currencies", "inputs.fee == inputs.budget", "mixed-types: `==` compares two currencies"),
            ("nor text with a number", "\"a\" == 1", "mixed-types: `==`"),
            ("nor a number with text", "1 != \"a\"", "mixed-types: `!=`"),
            ("nor true with a number", "true == 1", "mixed-types: `==`"),
            ("nor a day with an instant", "dates.pay_date == dates.opened", "mixed-types: `==`"),
            ("nor a list with text", "client.services == \"payroll\"", "mixed-types: `==`"),
            ("nor what is only known when it runs", "anything == 1", "error: `==` compares text with a number"),
            ("nor that the other way round", "1 == anything", "error: `==` compares a number with text"),
            ("nor inside of a list", "[anything] == [1]", "error: `==` compares text with a number"),
            ("nor by `in`", "1 in [anything]", "error: `==` compares text with a number"),
            ("text is not joined to a number", "\"Acme\" + 1", "mixed-types: `+` adds a number to text"),
            ("nor a number to text", "1 + \"Acme\"", "mixed-types: `+` adds text to a number"),
            ("nor when only known at run", "anything + 1", "error: `+` adds a number to text"),
            ("a tenth is a tenth", "0.1 + 0.2 == 0.3", "bool true"),
            ("and nearly is not equal", "0.1 + 0.2 == 0.3000000000000000001", "bool false"),
            ("no float by its exponent", "1e3", "syntax"),
            ("whole numbers divide exactly", "7 / 2", "decimal 3.5"),
            ("a number too large for a whole one is exact", "9223372036854775808", "decimal 9223372036854775808"),
            ("sums do not wrap", "9223372036854775807 + 1", "error: the result is too large"),
            ("nor do products", "9223372036854775807 * 2", "error: the result is too large"),
            ("nor does a minus", "-(-9223372036854775807 - 1)", "error: the result is too large"),
            ("nor remainders", "(-9223372036854775807 - 1) % -1", "error: the result is too large"),
            ("nothing is divided by zero", "1 / 0", "error: division by zero"),
            ("nor decimals", "1.5 % 0.0", "error: division by zero"),
            ("hidden number forms", "0x10 + 0b1", "int 17"),
            ("what may be empty is not silently false", "inputs.flat_rate > 1", "may-be-empty"),
            ("nor silently equal", "inputs.flat_rate == 1", "may-be-empty"),
            (
                "nor what is only known when it runs",
                "client.custom.nosuch == 1",
                "error: `client.custom.nosuch` is empty",
            ),
            (
                "a condition is true or false, not there",
                "client.custom.nosuch && true",
                "error: `client.custom.nosuch` is",
            ),
            ("a text is no condition", "client.name && true", "wrong-type"),
            ("nor is a number", "!inputs.limit", "wrong-type"),
            ("`!` before a comparison", "!(client.status == \"former\")", "bool true"),
            ("`!` in words", "not(client.status == \"former\")", "bool true"),
            ("two in one", "!!(client.status == \"former\")", "bool false"),
            ("an index beyond the list", "[1, 2][2]", "error: the list has 2 items and none at 2"),
            ("an index from the end", "[1, 2][-1]", "error: the list has 2 items and none at -1"),
            ("a letter of a text by its number", "client.name[0]", "wrong-type"),
            ("a bit of a number", "inputs.limit[0]", "wrong-type"),
        ],
        say,
    );
}

#[test]
fn what_an_expression_may_not_say_is_refused_by_name() {
    let deep = format!("{}1{}", "(".repeat(200), ")".repeat(200));
    let deep_list = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    let long = format!("\"{}\"", "x".repeat(SOURCE_BYTES_MAX));
    each(
        &[
            ("nested parentheses", &deep, "too-large: more than 96 levels"),
            ("nested lists", &deep_list, "too-large: more than 96 levels"),
            ("a chain of minus signs", &"- ".repeat(5_000), "too-large"),
            ("a long text", &long, "too-large: this text has 60002 bytes"),
            ("eval", "eval(\"1\")", "not-allowed: `eval`"),
            ("import", "import \"x\" as x", "not-allowed: `import`"),
            ("export", "export x", "syntax: `export` is"),
            ("a function by its name", "Fn(\"lower\")", "not-allowed: `Fn`"),
            ("call", "call(1)", "not-allowed: `call`"),
            ("curry", "curry(1)", "not-allowed: `curry`"),
            ("type_of", "type_of(1)", "not-allowed: `type_of`"),
            ("is_def_var", "is_def_var(\"x\")", "not-allowed: `is_def_var`"),
            ("sleep", "sleep(1)", "not-allowed: `sleep`"),
            ("print", "print(1)", "not-allowed: `print`"),
            ("debug", "debug(1)", "not-allowed: `debug`"),
            ("the clock of the machine", "timestamp()", "not-allowed: `timestamp`"),
            ("lots", "rand()", "not-allowed: `rand`"),
            ("a variable", "let x = 1", "syntax: unexpected `let`"),
            ("a function", "fn f() { 1 }", "syntax: unexpected `fn`"),
            ("a loop", "loop { }", "syntax: unexpected `loop`"),
            ("a while", "while true { }", "syntax: unexpected `while`"),
            ("an assignment", "client.name = \"x\"", "syntax: unexpected `=`"),
            ("two statements", "1; 2", "syntax"),
            ("a function that is no argument", "|x| x", "not-allowed: a function stands only"),
            ("padding", "client.name.pad(1000000000, \" \")", "unknown-function: unknown function `pad`"),
            ("a range of numbers", "0..1000000000", "not-allowed: `..`"),
            ("powers", "2 ** 1000000", "not-allowed: `**`"),
            ("bits", "1 << 60", "not-allowed: `<<`"),
        ],
        say,
    );
}

#[test]
fn an_expression_has_no_clock_unless_it_is_given_one() {
    let without = |text: &str| say_in(text, &scope(Type::Any), &Practice::new());
    assert!(without("today()").starts_with("not-allowed"), "{}", without("today()"));
    assert!(without("now()").starts_with("not-allowed"), "{}", without("now()"));
}

#[test]
fn every_attack_on_a_script_ends_at_a_bound_that_is_named() {
    let too_many = "error: this takes more operations than it may";
    let nested = format!("{}1{}", "{".repeat(200), "}".repeat(200));
    let text = format!("let t = anything; `{}`", "${t}".repeat(10_000));
    let named = format!("let l = []; loop {{ l.push(#{{ {}: 1 }}); }}", "n".repeat(50_000));
    let rows = [
        ("a loop without end", "loop {}", too_many),
        ("a while without end", "while true {}", too_many),
        ("a do without end", "do {} while true; 1", too_many),
        ("numbers without end", "for i in 0..=9223372036854775807 {} 1", too_many),
        ("recursion", "fn f(n) { f(n + 1) } f(0)", "error: evaluations nest deeper than 200 levels"),
        ("two that call each other", "fn f(n) { g(n) } fn g(n) { f(n) } f(0)", "error: evaluations nest deeper"),
        ("a text doubled", "let s = \"ab\"; loop { s += s; }", "error: this text is longer than 65536 bytes"),
        ("a list doubled", "let l = [1]; loop { l += l; }", "error: this"),
        ("a list in a list", "let l = [1]; loop { l = [l, l]; }", too_many),
        ("a list grown", "let l = []; loop { l.push(1); }", "error: this"),
        ("a map in a map", "let m = #{}; loop { m = #{ a: m, b: m }; }", too_many),
        ("a map grown", "let m = #{}; let i = 0; loop { m[`k${i}`] = i; i += 1; }", "error: this"),
        ("a map of long names", &named, too_many),
        ("a text of many long texts", &text, "error: this text is longer than 65536 bytes"),
        ("a join by a long text", "many.join(anything)", "error: this text is longer than 65536 bytes"),
        (
            "a replacement that grows",
            "anything.replace(\"x\", anything)",
            "error: this text is longer than 65536 bytes",
        ),
        ("a split into too many", "anything.split(\"x\")", "error: this"),
        ("a function of functions", "many.map(|a| many.map(|b| many.map(|c| 1)))", too_many),
        ("nested blocks", &nested, "too-large: more than 96 levels"),
        ("eval", "eval(\"loop {}\")", "not-allowed: `eval`"),
        ("import", "import \"other\" as other; 1", "not-allowed: `import`"),
        ("import in a function", "fn f() { import \"other\" as o; 1 } f()", "not-allowed: `import`"),
        ("global", "global::x", "syntax"),
        ("a message of megabytes", "throw anything;", "error: xxx"),
        ("catching the bound", "try { loop {} } catch { 1 }", "not-allowed: `try`"),
    ];
    let practice = hostile();
    for operations in [50_000, SCRIPT_OPERATIONS_MAX] {
        each(&rows, |text| run_with(text, operations, &practice));
    }
}

#[test]
fn a_message_repeats_no_more_than_the_beginning_of_a_value() {
    for text in [
        "date(anything)",
        "money(anything, \"GBP\")",
        "decimal(anything)",
        "job_for_service(anything)",
        "throw anything;",
    ] {
        let script = Script::compile(text, &scope(Type::Any)).unwrap();
        let error = script.evaluate(&hostile(), Limits::default()).unwrap_err();
        assert!(error.message.chars().count() < 600, "{text}: {} bytes", error.message.len());
    }
}

#[test]
fn a_silent_unit_is_never_a_result() {
    let wants = record([("total", Type::Int)]);
    let say = |text: &str| match Script::compile(text, &scope(wants.clone())) {
        Err(faults) => told(text, &faults),
        Ok(script) => match script.evaluate(&Practice::new(), Limits::default()) {
            Ok(value) => format!("{} {value}", value.kind()),
            Err(error) => told_error(text, &error),
        },
    };
    each(
        &[
            ("an empty script", "", "wrong-type: this gives nothing"),
            ("a script that ends in a statement", "let x = 1;", "wrong-type: this gives nothing"),
            ("a script whose last value is thrown away", "#{ total: 1 };", "map total: 1"),
            ("an if without an else", "if inputs.limit > 5 { #{ total: 1 } }", "may-be-empty"),
            ("a return without a value", "return;", "wrong-type: this gives nothing"),
            ("a script that ends in a loop", "for i in 0..3 { }", "wrong-type: this gives nothing"),
            ("a key that is missing", "#{ totl: 1 }", "wrong-type: the result lacks `total`"),
            ("a key that holds nothing", "#{ total: () }", "may-be-empty"),
            ("a variable that holds nothing", "let x = (); #{ total: x + 1 }", "error: `x` is empty"),
            ("a loop as a value", "let x = while false { }; #{ total: x }", "error: this gave map"),
        ],
        say,
    );
}

/// Facts as large as a text and a list may be.
fn hostile() -> Practice {
    let many = (0..LIST_MAX as i64).map(Value::Int).collect();
    Practice::new().with("anything", Value::text("x".repeat(TEXT_BYTES_MAX))).with("many", Value::List(many))
}

/// How many operations a script takes: the smallest bound that lets it end.
fn operations(text: &str, practice: &Practice) -> u64 {
    let script = Script::compile(text, &scope(Type::Any).with("many", Type::Any))
        .unwrap_or_else(|faults| panic!("{}", told(text, &faults)));
    let ends = |operations| match script.evaluate(practice, Limits { operations }) {
        Err(error) if error.cause == crate::Cause::Bound => false,
        Err(error) => panic!("{text}: {error}"),
        Ok(_) => true,
    };
    let (mut low, mut high) = (0, SCRIPT_OPERATIONS_MAX);
    assert!(ends(high), "{text}");
    while low < high {
        let middle = (low + high) / 2;
        if ends(middle) { high = middle } else { low = middle + 1 }
    }
    low
}

#[test]
fn whatever_reads_copies_or_compares_much_takes_as_many_operations() {
    let practice = hostile();
    let long = (TEXT_BYTES_MAX / BYTES_AN_OPERATION) as u64;
    let many = LIST_MAX as u64;
    for (text, at_least) in [
        ("anything.lower()", long),
        ("anything.upper()", long),
        ("anything.trim()", long),
        ("anything.len()", long),
        ("anything.contains(\"y\")", long),
        ("\"y\" in anything", long),
        ("\"y\".contains(anything)", long),
        ("anything.starts_with(anything)", long),
        ("anything.ends_with(anything)", long),
        ("anything.replace(\"y\", \"z\")", long),
        ("anything.split(\"y\").len()", long),
        ("anything == anything", long),
        ("anything < anything", long),
        ("min(anything, anything)", long),
        ("[anything, \"y\"].max()", long),
        ("[anything].contains(anything)", long),
        ("[anything]", long),
        ("[anything].join(\"\")", long),
        ("#{ a: anything }", long),
        ("`${anything}`", long),
        ("let m = #{}; m[anything] = 1; 1", long),
        ("let m = #{}; m[anything] ?? 1", long),
        ("let t = anything; let l = [t]; 1", long),
        ("fn f() { return anything; } f(); 1", long),
        ("let l = [1]; l[0] = anything; 1", long),
        ("let l = []; l.push(anything); 1", long),
        ("many == many", many),
        ("[many] == [many]", many),
        ("many + []", many),
        ("many.contains(0)", many),
        ("many.sum()", many),
        ("many.max()", many),
        ("many.map(|x| 1); 1", many),
        ("many.filter(|x| true); 1", many),
        ("many.any(|x| false)", many),
        ("many.join(\"\")", many),
        ("[many]", many),
        ("let l = many; l.push(1); 1", many),
        ("let l = many; l[0] = 1; 1", many),
        ("fn f() { return many; } f(); 1", many),
        ("let l = [many]; for x in l[0] { } 1", many),
    ] {
        let practice = if text.contains("l.push(1)") {
            let fewer = (1..LIST_MAX as i64).map(Value::Int).collect();
            hostile().with("many", Value::List(fewer))
        } else {
            Practice { names: practice.names.clone(), asked: RefCell::default() }
        };
        let taken = operations(text, &practice);
        assert!(taken >= at_least - 1, "{text} takes {taken} operations, not {at_least}");
    }
}

#[test]
fn what_only_looks_at_much_takes_few_operations() {
    for text in [
        "many.len()",
        "first(many)",
        "last(many)",
        "many[9999]",
        "let l = many; l; l; l; 1",
        "let t = anything; let u = t; 1",
    ] {
        let taken = operations(text, &hostile());
        assert!(taken < 20, "{text} takes {taken}");
    }
}

#[test]
fn each_bound_lets_through_what_it_allows_and_nothing_more() {
    let longest = format!("\"{}\"", "x".repeat(SOURCE_BYTES_MAX - 2));
    assert!(say(&longest).starts_with("text "), "the longest source is read");
    let loops = |rounds: u64| operations(&format!("for i in 0..{rounds} {{}} 1"), &Practice::new());
    assert_eq!(loops(1_000) - loops(999), loops(11) - loops(10), "each round takes the same");
    let said = say("client.contacts.map(|a| client.contacts.map(|b| client.contacts.map(|c| a.id)))");
    assert!(said.starts_with("list "), "{said}");
    let practice = hostile();
    let scope = scope(Type::Any).with("many", Type::Any);
    let said = say_in("many.map(|x| x + 1)", &scope, &practice);
    assert!(said.starts_with("error: this takes more operations"), "{EXPRESSION_OPERATIONS_MAX}: {said}");
    assert_eq!(run("1", u64::MAX), "int 1");
    let said = run("let i = 0; loop { i += 1; }", u64::MAX);
    assert!(said.starts_with("error: this takes more operations"), "no definition may ask for more: {said}");
}

#[test]
fn the_same_script_with_the_same_facts_gives_the_same_and_maps_are_sorted() {
    let text = "let m = #{ z: 1, a: 2 }; m.k = client.contacts.map(|c| #{ z: c.id, b: 1 }); m";
    let said = run(text, 50_000);
    assert_eq!(said, "map a: 2, k: b: 1, z: ann, b: 1, z: bob, z: 1");
    assert_eq!((0..10).map(|_| run(text, 50_000)).filter(|again| *again == said).count(), 10);
}
