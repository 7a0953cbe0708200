//! Expressions: what they give, and what is said about wrong ones.

use super::*;
use expect_test::expect;

#[test]
fn expressions_say_what_they_look_like() {
    expect![[r#"
        1 + 2 * 3  →  int 7
        0.1 + 0.2 == 0.3  →  bool true
        1.10  →  decimal 1.10
        -1  →  int -1
        - 1.5  →  decimal -1.5
        10 / 4  →  decimal 2.5
        10 % 4  →  int 2
        1.0 == 1  →  bool true
        'a' + "b"  →  text ab
        `${client.name} has ${tasks.prepare.outputs.headcount} people`  →  text Harbour & Sons has 12 people
        client.status == "active" && client.services.contains("payroll")  →  bool true
        "payroll" in client.services  →  bool true
        "payroll" !in client.services  →  bool false
        not(client.status == "former")  →  bool true
        !(client.status == "former")  →  bool true
        tasks.prepare.outputs.net_total > money("1000", "GBP")  →  bool true
        inputs.flat_rate ?? 0.2  →  decimal 0.2
        if inputs.flat_rate != () { inputs.flat_rate * 2 } else { 0.0 }  →  decimal 0.0
        client.year_end != () && client.year_end > dates.pay_date  →  bool false
        client.vat?.scheme ?? "none"  →  text none
        client.contacts.filter(|c| c.roles.contains("director")).map(|c| c.first_name)  →  list Ann
        client.contacts.any(|c| c.email == ())  →  bool true
        client.contacts.all(|c| c.roles.len() < inputs.limit)  →  bool true
        [1, 2, 3].sum()  →  int 6
        [1, 2.5].sum(|x| x * 2)  →  decimal 7.0
        [money("1.10", "GBP"), inputs.fee].sum(money("0", "GBP"))  →  money 1201.10 GBP
        client.contacts.sum(|c| c.roles.len())  →  int 2
        [1, 2, 3][1]  →  int 2
        client.contacts[0].first_name  →  text Ann
        #{ id: client.id, people: client.contacts.map(|c| #{ key: c.id }) }  →  map id: 4711, people: key: ann, key: bob
        round(1.005, 2)  →  decimal 1.01
        round(-2.5)  →  int -3
        money("1.005", "GBP").round(2)  →  money 1.01 GBP
        money(2, "GBP").round()  →  money 2.00 GBP
        inputs.fee / inputs.fee  →  decimal 1
        inputs.fee * 2 / 3  →  money 800.00 GBP
        max(1, 2.5)  →  decimal 2.5
        min(client.services)  →  text payroll
        [].max() ?? 7  →  int 7
        date("2026-01-31") < dates.pay_date  →  bool true
        days_between(date("2026-05-01"), dates.pay_date)  →  int 21
        add_days(date("2026-02-28"), 1)  →  date 2026-03-01
        is_working_day(dates.pay_date)  →  bool true
        today()  →  date 2026-05-04
        now()  →  datetime 2026-05-04T08:00:00Z
        job_for_service("payroll")  →  text monthly-payroll
        client.name.upper().split(" ").len()  →  int 3
        replace(trim("  a-b "), "-", "+")  →  text a+b
        client.custom.colour  →  text blue
        client.custom["rank"] + 1  →  int 4
        client.custom.nosuch ?? "red"  →  text red
        client.custom.nosuch.deeper ?? "red"  →  text red
        starts_with(client.name, "Harbour") || ends_with(client.name, "x")  →  bool true
    "#]]
    .assert_eq(&table(&[
        "1 + 2 * 3",
        "0.1 + 0.2 == 0.3",
        "1.10",
        "-1",
        "- 1.5",
        "10 / 4",
        "10 % 4",
        "1.0 == 1",
        "'a' + \"b\"",
        "`${client.name} has ${tasks.prepare.outputs.headcount} people`",
        "client.status == \"active\" && client.services.contains(\"payroll\")",
        "\"payroll\" in client.services",
        "\"payroll\" !in client.services",
        "not(client.status == \"former\")",
        "!(client.status == \"former\")",
        "tasks.prepare.outputs.net_total > money(\"1000\", \"GBP\")",
        "inputs.flat_rate ?? 0.2",
        "if inputs.flat_rate != () { inputs.flat_rate * 2 } else { 0.0 }",
        "client.year_end != () && client.year_end > dates.pay_date",
        "client.vat?.scheme ?? \"none\"",
        "client.contacts.filter(|c| c.roles.contains(\"director\")).map(|c| c.first_name)",
        "client.contacts.any(|c| c.email == ())",
        "client.contacts.all(|c| c.roles.len() < inputs.limit)",
        "[1, 2, 3].sum()",
        "[1, 2.5].sum(|x| x * 2)",
        "[money(\"1.10\", \"GBP\"), inputs.fee].sum(money(\"0\", \"GBP\"))",
        "client.contacts.sum(|c| c.roles.len())",
        "[1, 2, 3][1]",
        "client.contacts[0].first_name",
        "#{ id: client.id, people: client.contacts.map(|c| #{ key: c.id }) }",
        "round(1.005, 2)",
        "round(-2.5)",
        "money(\"1.005\", \"GBP\").round(2)",
        "money(2, \"GBP\").round()",
        "inputs.fee / inputs.fee",
        "inputs.fee * 2 / 3",
        "max(1, 2.5)",
        "min(client.services)",
        "[].max() ?? 7",
        "date(\"2026-01-31\") < dates.pay_date",
        "days_between(date(\"2026-05-01\"), dates.pay_date)",
        "add_days(date(\"2026-02-28\"), 1)",
        "is_working_day(dates.pay_date)",
        "today()",
        "now()",
        "job_for_service(\"payroll\")",
        "client.name.upper().split(\" \").len()",
        "replace(trim(\"  a-b \"), \"-\", \"+\")",
        "client.custom.colour",
        "client.custom[\"rank\"] + 1",
        "client.custom.nosuch ?? \"red\"",
        "client.custom.nosuch.deeper ?? \"red\"",
        "starts_with(client.name, \"Harbour\") || ends_with(client.name, \"x\")",
    ]));
}

#[test]
fn a_fact_of_another_kind_than_its_type_promised_is_an_error() {
    let practice = Practice::new().with("client", Value::text("gone"));
    expect!["error: text has no property `name` at `client.name`"].assert_eq(&say_in(
        "client.name",
        &scope(Type::Text),
        &practice,
    ));
}

#[test]
fn wrong_expressions_say_what_to_write_instead() {
    expect![[r#"
        clinet.name
          unknown-name: unknown name `clinet` at `clinet`
              help: did you mean `client`?
        client.nmae
          unknown-property: `client` has no property `nmae` at `nmae`
              help: did you mean `name`?
        client.contacts.map(|c| c.emial)
          unknown-property: `c` has no property `emial` at `emial`
              help: did you mean `email`?
        tasks.prepere.outputs.headcount
          unknown-property: `tasks` has no property `prepere` at `prepere`
              help: did you mean `prepare`?
        tasks.prepare.outputs.net_total > 5000
          mixed-types: `>` compares money with a number at `>`
              `tasks.prepare.outputs.net_total` is money in GBP
              `5000` is int
              help: write money("5000", "GBP")
        inputs.fee > inputs.limit
          mixed-types: `>` compares money with a number at `>`
              `inputs.fee` is money in GBP
              `inputs.limit` is int
              help: write money(inputs.limit, "GBP")
        inputs.limit < inputs.fee
          mixed-types: `<` compares a number with money at `<`
              `inputs.limit` is int
              `inputs.fee` is money in GBP
              help: write money(inputs.limit, "GBP")
        client.turnover == "95000.5"
          mixed-types: `==` compares money with text at `==`
              `client.turnover` is money in GBP
              `"95000.5"` is text
              help: write money("95000.5", "GBP")
        inputs.fee == inputs.budget
          mixed-types: `==` compares two currencies at `==`
              `inputs.fee` is money in GBP
              `inputs.budget` is money in EUR
        inputs.fee + inputs.budget
          mixed-types: `+` mixes two currencies at `+`
              `inputs.fee` is money in GBP
              `inputs.budget` is money in EUR
        "Acme" + 1
          mixed-types: `+` adds a number to text at `+`
              `"Acme"` is text
              `1` is int
              help: write "1"
        1 + "Acme"
          mixed-types: `+` adds text to a number at `+`
              `1` is int
              `"Acme"` is text
              help: write "1"
        1 == "1"
          mixed-types: `==` compares a number with text at `==`
              `1` is int
              `"1"` is text
              help: write "1"
        "a" == 1
          mixed-types: `==` compares text with a number at `==`
              `"a"` is text
              `1` is int
              help: write "1"
        dates.pay_date > "2026-01-31"
          mixed-types: `>` compares a date with text at `>`
              `dates.pay_date` is date
              `"2026-01-31"` is text
              help: write date("2026-01-31")
        dates.pay_date == dates.opened
          mixed-types: `==` compares a date with a datetime at `==`
              `dates.pay_date` is date
              `dates.opened` is datetime
        client.status == "activ"
          never-true: `client.status` is never "activ" at `"activ"`
              help: did you mean "active"?
        client.contacts > client.services
          mixed-types: `>` cannot order a list at `>`
              `client.contacts` is list of map
              `client.services` is list of text
        client.year_end > dates.pay_date
          may-be-empty: `client.year_end` may be empty here at `client.year_end`
              help: write (client.year_end ?? …), or test it with client.year_end != ()
        client.trading_name.upper()
          may-be-empty: `client.trading_name` may be empty here at `client.trading_name`
              help: write (client.trading_name ?? …), or test it with client.trading_name != ()
        client.vat.scheme == "annual"
          may-be-empty: `client.vat` may be empty here at `client.vat`
              help: write client.vat?.scheme, or test it with client.vat != ()
        client.vat?.scheme == "annual"
          may-be-empty: `client.vat.scheme` may be empty here at `client.vat?.scheme`
              help: write (client.vat?.scheme ?? …), or test it with client.vat?.scheme != ()
        inputs.flat_rate + 1
          may-be-empty: `inputs.flat_rate` may be empty here at `inputs.flat_rate`
              help: write (inputs.flat_rate ?? …), or test it with inputs.flat_rate != ()
        inputs.flat_rate == 1.5
          may-be-empty: `inputs.flat_rate` may be empty here at `inputs.flat_rate`
              help: write (inputs.flat_rate ?? …), or test it with inputs.flat_rate != ()
        lowr(client.name)
          unknown-function: unknown function `lowr` at `lowr`
              help: did you mean `lower`?
        lower(1)
          wrong-arguments: `lower` takes text, not a number at `1`
              help: write lower(text)
        lower()
          wrong-arguments: `lower` needs an argument at `lower`
              help: write lower(text)
        client.services.contains(1)  →  mixed-types: a list of text never contains a number at `1`
        client.services.len
          unknown-property: a list has no property `len` at `len`
              help: write it as len(text, list or map)
        client.services.filter(|s| s)  →  wrong-type: this gives text, where true or false is asked at `|s| s`
        client.services.filter(1)
          wrong-arguments: `filter` takes a function here at `1`
              help: write list.filter(|x| condition)
        client.contacts.sum(|c| c.first_name)  →  wrong-arguments: `sum` adds numbers or money, not text at `client.contacts.sum(|c| c.first_name)`
        [inputs.fee].sum()
          wrong-arguments: the sum of an empty list would have no currency at `[inputs.fee].sum()`
              help: write a beginning: sum(…, money("0.00", "GBP"))
        money("1,000", "GBP")
          wrong-arguments: "1,000" is not an amount at `"1,000"`
              help: write money("5000.00", "GBP")
        money("1000", "gbp")
          wrong-arguments: "gbp" is not a currency at `"gbp"`
              help: write money("5000.00", "GBP")
        date("31 January")
          wrong-arguments: "31 January" is not a day, YYYY-MM-DD at `"31 January"`
              help: write date("2026-01-31")
        client.name && true  →  wrong-type: this is text, where true or false is asked at `client.name`
        if client.name { 1 } else { 2 }  →  wrong-type: this is text, where true or false is asked at `client.name`
        inputs.flat_rate ?? "none"
          mixed-types: `??` gives a number or text at `"none"`
              `inputs.flat_rate` is decimal
              `"none"` is text
        client.id ** 2
          not-allowed: `**` is not part of this language at `**`
              help: the operators are + - * / % == != < <= > >= && || ?? !
        1..3
          not-allowed: `..` is not part of this language at `..`
              help: the operators are + - * / % == != < <= > >= && || ?? !
        client.id & 1
          not-allowed: `&` is not part of this language at `&`
              help: the operators are + - * / % == != < <= > >= && || ?? !
        let x = 1  →  syntax: unexpected `let` at `let`
        client.name = "x"  →  syntax: unexpected `=` at `=`
        fn f() { 1 }  →  syntax: unexpected `fn` at `fn`
        1 +  →  syntax: the text ends too early at `+`
        (1  →  syntax: expecting `)` for a matching ( in this expression at `1`
        "open  →  syntax: open string is not terminated at `"open`
        1e3  →  syntax: unexpected `e3` at `e3`
          →  syntax: the text ends too early at ``
        this  →  syntax: `this` can only be used in functions at `this`
        client.name clinet  →  syntax: unexpected `clinet` at `clinet`
        `${client.services}`
          wrong-type: a list cannot be written out at `client.services`
              help: join it: list.join(", ")
        -client.name  →  wrong-type: `-` stands before text at `client.name`
        inputs.limit + client.nmae + clinet
          unknown-property: `client` has no property `nmae` at `nmae`
              help: did you mean `name`?
          unknown-name: unknown name `clinet` at `clinet`
              help: did you mean `client`?
    "#]].assert_eq(&table(&[
        "clinet.name",
        "client.nmae",
        "client.contacts.map(|c| c.emial)",
        "tasks.prepere.outputs.headcount",
        "tasks.prepare.outputs.net_total > 5000",
        "inputs.fee > inputs.limit",
        "inputs.limit < inputs.fee",
        "client.turnover == \"95000.5\"",
        "inputs.fee == inputs.budget",
        "inputs.fee + inputs.budget",
        "\"Acme\" + 1",
        "1 + \"Acme\"",
        "1 == \"1\"",
        "\"a\" == 1",
        "dates.pay_date > \"2026-01-31\"",
        "dates.pay_date == dates.opened",
        "client.status == \"activ\"",
        "client.contacts > client.services",
        "client.year_end > dates.pay_date",
        "client.trading_name.upper()",
        "client.vat.scheme == \"annual\"",
        "client.vat?.scheme == \"annual\"",
        "inputs.flat_rate + 1",
        "inputs.flat_rate == 1.5",
        "lowr(client.name)",
        "lower(1)",
        "lower()",
        "client.services.contains(1)",
        "client.services.len",
        "client.services.filter(|s| s)",
        "client.services.filter(1)",
        "client.contacts.sum(|c| c.first_name)",
        "[inputs.fee].sum()",
        "money(\"1,000\", \"GBP\")",
        "money(\"1000\", \"gbp\")",
        "date(\"31 January\")",
        "client.name && true",
        "if client.name { 1 } else { 2 }",
        "inputs.flat_rate ?? \"none\"",
        "client.id ** 2",
        "1..3",
        "client.id & 1",
        "let x = 1",
        "client.name = \"x\"",
        "fn f() { 1 }",
        "1 +",
        "(1",
        "\"open",
        "1e3",
        "",
        "this",
        "client.name clinet",
        "`${client.services}`",
        "-client.name",
        "inputs.limit + client.nmae + clinet",
    ]));
}

#[test]
fn a_result_of_another_type_than_asked_is_refused() {
    let said = |text: &str, wants: Type| say_in(text, &scope(wants), &Practice::new());
    let words = Type::Enum(["accept", "decline"].map(String::from).to_vec());
    let all = [
        said("client.name", Type::Bool),
        said("inputs.flat_rate", Type::Decimal),
        said("inputs.limit / 2", Type::Int),
        said("round(inputs.limit / 4)", Type::Int),
        said("inputs.limit", Type::Decimal),
        said("inputs.fee", Type::Money(Currency::new("EUR"))),
        said("\"acept\"", words.clone()),
        said("client.name", words),
        said("anything", Type::Bool),
        said("client.services", list(Type::Int)),
        said("#{ a: 1 }", record([("a", Type::Text), ("b", Type::Int), ("c", maybe(Type::Int))])),
    ];
    expect![[r#"
        wrong-type: this gives text, where bool is asked at `client.name`

        may-be-empty: `inputs.flat_rate` may be empty here at `inputs.flat_rate`
            help: write (inputs.flat_rate ?? …), or test it with inputs.flat_rate != ()

        wrong-type: this gives decimal, where int is asked at `inputs.limit / 2`
            help: write round(…)

        int 3
        int 10
        wrong-type: this gives money in GBP, where money in EUR is asked at `inputs.fee`

        wrong-type: "acept" is not one of accept, decline at `"acept"`
            help: did you mean `accept`?

        error: this gave text, where one of accept, decline is asked at `client.name`
        error: this gave text, where bool is asked at `anything`
        wrong-type: this gives list of text, where list of int is asked at `client.services`

        wrong-type: the result lacks `b`, which is int at `#{ a: 1 }`
        wrong-type: this gives int, where text is asked at `1`
    "#]]
    .assert_eq(&all.join("\n"));
}

#[test]
fn an_evaluation_that_cannot_go_on_says_where() {
    expect![[r#"
        9223372036854775807 + 1  →  error: the result is too large at `+`
        1 / 0  →  error: division by zero at `/`
        5 % 0  →  error: division by zero at `%`
        79228162514264337593543950335.0 * 10  →  error: the result is too large at `*`
        abs(-9223372036854775807 - 1)  →  error: the result is too large at `abs(-9223372036854775807 - 1)`
        anything + 1  →  error: `+` adds a number to text at `+`
        1 == anything  →  error: `==` compares a number with text at `==`
        anything == 1  →  error: `==` compares text with a number at `==`
        [1, anything].contains(2)  →  error: `==` compares text with a number at `[1, anything].contains(2)`
        [1, 2] == [1, anything]  →  error: `==` compares a number with text at `==`
        if anything { 1 } else { 2 }  →  error: this is text, where true or false is asked at `anything`
        client.custom.nosuch + 1  →  error: `client.custom.nosuch` is empty at `client.custom.nosuch`
        client.custom.nosuch == "x"  →  error: `client.custom.nosuch` is empty at `client.custom.nosuch`
        client.custom.nosuch.deeper + 1  →  error: `client.custom.nosuch.deeper` is empty at `client.custom.nosuch.deeper`
        client.custom.colour.shade  →  error: text has no property `shade` at `client.custom.colour.shade`
        client.contacts[2].id  →  error: the list has 2 items and none at 2 at `client.contacts[2]`
        client.contacts[0 - 1].id  →  error: the list has 2 items and none at -1 at `client.contacts[0 - 1]`
        money(anything, "GBP")  →  error: "words" is not an amount at `money(anything, "GBP")`
        date(anything)  →  error: "words" is not a day, YYYY-MM-DD at `date(anything)`
        job_for_service("audit")  →  error: the practice names no job for the service "audit" at `job_for_service("audit")`
        add_days(today(), 1000000)  →  error: that is too many days at `add_days(today(), 1000000)`
        round(1.5, 40)  →  error: a number has 0 to 28 decimals, not 40 at `round(1.5, 40)`
        anything.map(|x| x)  →  error: this is text, where a list is asked at `anything`
        client.custom.map(|x| x)  →  wrong-type: this is a map, where a list is asked at `client.custom`
    "#]].assert_eq(&table(&[
        "9223372036854775807 + 1",
        "1 / 0",
        "5 % 0",
        "79228162514264337593543950335.0 * 10",
        "abs(-9223372036854775807 - 1)",
        "anything + 1",
        "1 == anything",
        "anything == 1",
        "[1, anything].contains(2)",
        "[1, 2] == [1, anything]",
        "if anything { 1 } else { 2 }",
        "client.custom.nosuch + 1",
        "client.custom.nosuch == \"x\"",
        "client.custom.nosuch.deeper + 1",
        "client.custom.colour.shade",
        "client.contacts[2].id",
        "client.contacts[0 - 1].id",
        "money(anything, \"GBP\")",
        "date(anything)",
        "job_for_service(\"audit\")",
        "add_days(today(), 1000000)",
        "round(1.5, 40)",
        "anything.map(|x| x)",
        "client.custom.map(|x| x)",
    ]));
}

#[test]
fn facts_are_asked_for_once_and_only_when_needed() {
    let practice = Practice::new();
    say_in(
        "client.id == client.name || client.status == \"active\" || inputs.limit > 1",
        &scope(Type::Bool),
        &practice,
    );
    assert_eq!(*practice.asked.borrow(), ["client"]);
}

#[test]
fn an_expression_tells_what_it_reads() {
    let text = "client.contacts.filter(|c| c.id == inputs.limit.nope).len() > tasks.prepare.outputs.headcount";
    let any = Scope::new(["client", "inputs", "tasks"].map(|name| (name, Type::Any)), Type::Bool);
    let expression = Expression::compile(text, &any).unwrap();
    let reads: Vec<_> = expression.reads().iter().map(|read| (read.path.as_str(), &text[read.span.clone()])).collect();
    let paths = ["client.contacts", "inputs.limit.nope", "tasks.prepare.outputs.headcount"];
    assert_eq!(reads, paths.map(|path| (path, path)));
}

#[test]
fn the_time_is_closed_where_it_would_change_the_answer() {
    expect![[r#"
        not-allowed: `today()` cannot be asked here at `today`
            help: the time is known to `when` and to scripts
    "#]]
    .assert_eq(&say_in("today() > dates.pay_date", &scope(Type::Bool), &Practice::new()));
}

// The traps of rhai that were measured, each closed.

#[test]
fn a_property_nobody_has_is_never_folded_to_nothing() {
    assert!(say("client.nosuch").contains("`client` has no property `nosuch`"));
    assert!(say("if true { 1 } else { client.nosuch }").contains("`client` has no property `nosuch`"));
}

#[test]
fn mixed_kinds_never_compare_as_false() {
    for pair in ["money(\"1.10\", \"GBP\") > 1", "client.turnover == \"95000.5\"", "1 == \"1\"", "\"a\" == 1"] {
        assert!(say(pair).starts_with("mixed-types"), "{pair}: {}", say(pair));
    }
    let kinds = ["1", "\"1\"", "true", "money(\"1\", \"GBP\")", "date(\"2026-01-01\")", "[1]", "#{ a: 1 }"];
    for one in kinds {
        for other in kinds.iter().filter(|other| **other != one) {
            for sign in ["==", "!=", "<", ">="] {
                assert!(say(&format!("{one} {sign} {other}")).starts_with("mixed-types"), "{one} {sign} {other}");
                let hidden = format!("[{one}, anything][0] {sign} [{other}, anything][0]");
                let said = say_in(&hidden, &Scope::new([("anything", Type::Any)], Type::Any), &Practice::new());
                assert!(said.starts_with("error"), "{hidden}: {said}");
            }
        }
    }
}

#[test]
fn there_are_no_floats() {
    assert_eq!(say("0.1 + 0.2 == 0.3"), "bool true");
    assert_eq!(say("0.1 + 0.2 - 0.3 == 0.0"), "bool true");
    assert_eq!(say("1.10"), "decimal 1.10");
    assert_eq!(say("0.30000000000000004 == 0.3"), "bool false");
    assert_eq!(say("9007199254740993.0 + 0"), "decimal 9007199254740993.0");
}

#[test]
fn text_and_a_number_never_join() {
    assert!(say("\"Acme\" + 1").starts_with("mixed-types"));
    assert_eq!(say("anything + 1"), "error: `+` adds a number to text at `+`");
}

#[test]
fn nothing_sleeps_prints_or_evaluates_text() {
    for call in ["sleep(1)", "print(\"x\")", "debug(\"x\")", "eval(\"1\")", "timestamp()", "rand()", "Fn(\"f\")"] {
        let said = say(call);
        assert!(said.starts_with("not-allowed") || said.starts_with("syntax"), "{call}: {said}");
    }
}

#[test]
fn division_of_whole_numbers_keeps_its_rest() {
    assert_eq!(say("10 / 4"), "decimal 2.5");
    assert_eq!(say("money(10, \"GBP\") / 4"), "money 2.50 GBP");
}

#[test]
fn halves_are_rounded_in_one_way_only() {
    assert_eq!(say("round(1.005, 2)"), "decimal 1.01");
    assert_eq!(say("round(-1.005, 2)"), "decimal -1.01");
    assert_eq!(say("money(\"2.665\", \"GBP\").round()"), "money 2.67 GBP");
    assert_eq!(say("round(0.5)"), "int 1");
}

#[test]
fn a_number_too_large_for_a_whole_one_does_not_become_another() {
    assert_eq!(say("12345678901234567890"), "decimal 12345678901234567890");
    assert!(say("123456789012345678901234567890123").starts_with("syntax: invalid number"));
    assert_eq!(say("0x10"), "int 16");
}

#[test]
fn an_expression_takes_a_bounded_number_of_operations() {
    let many = Practice::new().with("anything", Value::List((0..200).map(Value::Int).collect()));
    let text = "anything.all(|a| anything.all(|b| a + b >= 0))";
    let said = say_in(text, &scope(Type::Bool), &many);
    assert!(said.starts_with("error: this takes more operations than it may"), "{said}");
}

#[test]
fn a_text_cannot_grow_without_bound() {
    let long = Practice::new().with("anything", Value::Text("a".repeat(60_000)));
    let said = say_in("replace(anything, \"a\", anything)", &scope(Type::Text), &long);
    assert!(said.starts_with("error: this text is longer than 65536 bytes"), "{said}");
}

#[test]
fn deep_and_long_texts_are_refused_and_not_run() {
    let nested = format!("{}1{}", "(".repeat(5_000), ")".repeat(5_000));
    assert!(say(&nested).starts_with("too-large"), "{}", say(&nested));
    let long = format!("\"{}\"", "a".repeat(70_000));
    assert!(say(&long).starts_with("too-large"));
    let wide = vec!["inputs.limit > 1"; 30].join(" && ");
    assert_eq!(say(&wide), "bool true");
    let deep = format!("{}1{}", "[".repeat(30), "]".repeat(30));
    assert!(say(&deep).starts_with("list"), "{}", say(&deep));
}

#[test]
fn one_expression_serves_many_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Expression>();
    shared::<crate::Script>();
    shared::<crate::Template>();
}
