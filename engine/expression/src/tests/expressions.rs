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
