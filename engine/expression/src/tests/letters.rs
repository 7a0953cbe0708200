//! Letters: what they say, what is said about wrong ones, and what they never do.

use super::*;
use crate::{MergeContext, MergeError, Template, TemplateKind};
use expect_test::expect;
use jiff::tz::{TimeZone, offset};

fn ctx() -> MergeContext {
    MergeContext { zone: TimeZone::fixed(offset(1)) }
}

fn write(text: &str, kind: TemplateKind, facts: &dyn Facts) -> String {
    let template = match Template::compile(text, kind) {
        Ok(template) => template,
        Err(faults) => return told(text, &faults),
    };
    let faults = template.check(&scope(Type::Text));
    if !faults.is_empty() {
        return told(text, &faults);
    }
    match template.render(facts, &ctx()) {
        Ok(text) => text,
        Err(MergeError::EmptyField { path, span }) => format!("empty {path} at `{}`", &text[span]),
        Err(MergeError::Fault { span, message }) => format!("error: {message} at `{}`", &text[span]),
    }
}

fn body(text: &str) -> String {
    write(text, TemplateKind::Body, &Practice::new())
}

fn letters(texts: &[&str]) -> String {
    let line = |text: &&str| format!("{text}\n  {}\n", body(text).trim_end().replace('\n', "\n  "));
    texts.iter().map(line).collect()
}

#[test]
fn letters_say_what_a_person_would_write() {
    expect![[r#"
        Dear {{ client.contacts[0].first_name }},
          Dear Ann,
        We pay on {{ dates.pay_date | date }}.
          We pay on 22 May 2026.
        We pay on {{ dates.pay_date }}.
          We pay on 22 May 2026.
        Opened {{ dates.opened | datetime }}, {{ dates.opened | date }}
          Opened 15 May 2026 at 12:00, 15 May 2026
        It comes to {{ inputs.fee | money }} or {{ inputs.budget }}.
          It comes to £1,200.00 or €10.00.
        {{ tasks.prepare.outputs.headcount | number }} people, rate {{ inputs.rate | number(1) }}, {{ 1234567 | number }}
          12 people, rate 1.1, 1,234,567
        {{ client.name | upper }} {{ client.name | lower }} {{ "acme ltd" | title }}
          HARBOUR & SONS harbour & sons Acme Ltd
        {{ client.trading_name | default(client.name) }}
          Harbour & Sons
        {% if client.trading_name %}{{ client.trading_name }}{% else %}no other name{% endif %}
          no other name
        {% if client.trading_name is defined %}{{ client.trading_name }}{% endif %}.
          .
        {{ client.services | join(", ") }}: {{ client.services | length }}, {{ client.services | first | default("-") }}
          payroll, vat: 2, payroll
        {% for c in client.contacts %}{{ loop.index }}. {{ c.first_name }}{% if not loop.last %}, {% endif %}{% endfor %}.
          1. Ann, 2. Bob.
        {% for c in client.contacts %}{% if c.email %}{{ c.email }}{% else %}no address{% endif %} {% endfor %}
          ann@example.com no address
        {% if inputs.fee > inputs.fee * 2 %}dear{% elif client.status == "active" and "vat" in client.services %}fair{% endif %}
          fair
        {{ "yes" if client.status != "former" else "no" }}
          yes
        {{ inputs.limit + 1 }} {{ 0.1 + 0.2 }} {{ 1.10 }}
          11 0.3 1.10
        {{ client.name ~ "/" ~ inputs.limit }}
          Harbour & Sons/10
        {# a note #}{% raw %}{{ as it is }}{% endraw %}
          {{ as it is }}
        one
        two

          one
          two
    "#]].assert_eq(&letters(&[
        "Dear {{ client.contacts[0].first_name }},",
        "We pay on {{ dates.pay_date | date }}.",
        "We pay on {{ dates.pay_date }}.",
        "Opened {{ dates.opened | datetime }}, {{ dates.opened | date }}",
        "It comes to {{ inputs.fee | money }} or {{ inputs.budget }}.",
        "{{ tasks.prepare.outputs.headcount | number }} people, rate {{ inputs.rate | number(1) }}, {{ 1234567 | number }}",
        "{{ client.name | upper }} {{ client.name | lower }} {{ \"acme ltd\" | title }}",
        "{{ client.trading_name | default(client.name) }}",
        "{% if client.trading_name %}{{ client.trading_name }}{% else %}no other name{% endif %}",
        "{% if client.trading_name is defined %}{{ client.trading_name }}{% endif %}.",
        "{{ client.services | join(\", \") }}: {{ client.services | length }}, {{ client.services | first | default(\"-\") }}",
        "{% for c in client.contacts %}{{ loop.index }}. {{ c.first_name }}{% if not loop.last %}, {% endif %}{% endfor %}.",
        "{% for c in client.contacts %}{% if c.email %}{{ c.email }}{% else %}no address{% endif %} {% endfor %}",
        "{% if inputs.fee > inputs.fee * 2 %}dear{% elif client.status == \"active\" and \"vat\" in client.services %}fair{% endif %}",
        "{{ \"yes\" if client.status != \"former\" else \"no\" }}",
        "{{ inputs.limit + 1 }} {{ 0.1 + 0.2 }} {{ 1.10 }}",
        "{{ client.name ~ \"/\" ~ inputs.limit }}",
        "{# a note #}{% raw %}{{ as it is }}{% endraw %}",
        "one\ntwo\n",
    ]));
}

#[test]
fn wrong_letters_say_what_to_write_instead() {
    expect![[r#"
        {{ clinet.name }}
          unknown-name: unknown name `clinet` at `clinet`
              help: did you mean `client`?
        {{ client.nmae }}
          unknown-property: `client` has no property `nmae` at `nmae`
              help: did you mean `name`?
        {{ client.name | uper }}
          unknown-function: unknown filter `uper` at `uper`
              help: did you mean `upper`?
        {{ client.name | safe }}
          unknown-function: unknown filter `safe` at `safe`
              help: values in HTML are always escaped
        {{ client.name | tojson }} {{ range(3) }} {{ client.name | date }}
          unknown-function: unknown filter `tojson` at `tojson`
              help: there are date datetime default first join last length lower money number title upper
          not-allowed: a call is not part of a letter at `range(3)`
              help: use a filter, as in {{ value | upper }}
        {{ client.trading_name }}
          may-be-empty: `client.trading_name` may be empty here at `client.trading_name`
              help: write client.trading_name | default("…"), or test it with {% if client.trading_name is defined %}
        {% if client.name %}{{ client.trading_name }}{% endif %}
          may-be-empty: `client.trading_name` may be empty here at `client.trading_name`
              help: write client.trading_name | default("…"), or test it with {% if client.trading_name is defined %}
        {% if false %}{{ client.nosuch }}{% endif %}
          unknown-property: `client` has no property `nosuch` at `nosuch`
              help: there are contacts, custom, id, name, services, status, trading_name, turnover, vat, year_end
        {{ client.vat.scheme }}
          may-be-empty: `client.vat.scheme` may be empty here at `client.vat.scheme`
              help: write client.vat.scheme | default("…"), or test it with {% if client.vat.scheme is defined %}
        {{ client.services }}
          wrong-type: a list cannot be written out at `client.services`
              help: write {{ list | join(", ") }} or a {% for %}
        {{ client.contacts[0] }}
          wrong-type: a map cannot be written out at `client.contacts[0]`
              help: write one of its properties
        {% if inputs.limit %}x{% endif %}
          wrong-type: a number is neither true nor false at `inputs.limit`
              help: write {% if inputs.limit is defined %} or compare it
        {% if inputs.fee > 100 %}x{% endif %}
          mixed-types: `>` compares money with a number at `>`
              `inputs.fee` is money in GBP
              `100` is int
              help: write money("100", "GBP")
        {% for c in client.contacts %}{{ c.emial }}{% endfor %}
          unknown-property: `c` has no property `emial` at `emial`
              help: did you mean `email`?
        {% for c in client.name %}x{% endfor %}
          wrong-type: this is text, where a list is asked at `client.name`
        {% include "other" %}{% set x = 1 %}{% macro m() %}{% endmacro %}
          not-allowed: `include` is not part of a letter at `include "other"`
              help: a letter has {{ value }}, {% if %} and {% for %}
          not-allowed: `set` is not part of a letter at `set x = 1`
              help: a letter has {{ value }}, {% if %} and {% for %}
          not-allowed: `macro` is not part of a letter at `macro m() %}{% endmacro`
              help: a letter has {{ value }}, {% if %} and {% for %}
        {% if client.name is even %}x{% endif %}
          unknown-function: unknown test `even` at `even`
              help: there are defined, undefined and none
        {{ client.name
          syntax: unexpected end of input, expected end of variable block at `name`
        {% if client.name %}
          syntax: unexpected end of input, expected end of block at `%}`
        {% endfor %}
          syntax: unknown statement endfor at `endfor`
        {{ client.name | default }}
          wrong-arguments: `default` needs one value at `default`
              help: write {{ value | default("…") }}
        {{ client.name[1:2] }}
          not-allowed: this is not part of a letter at `.name[1:2]`
              help: compute it in a script and write its output here
        {{ 1e3 }} {{ 10 // 3 }}
          not-allowed: this number is not part of a letter at `1e3`
              help: write it with digits and one point
          not-allowed: `//` is not part of a letter at `10 // 3`
              help: write `/`
    "#]]
    .assert_eq(&letters(&[
        "{{ clinet.name }}",
        "{{ client.nmae }}",
        "{{ client.name | uper }}",
        "{{ client.name | safe }}",
        "{{ client.name | tojson }} {{ range(3) }} {{ client.name | date }}",
        "{{ client.trading_name }}",
        "{% if client.name %}{{ client.trading_name }}{% endif %}",
        "{% if false %}{{ client.nosuch }}{% endif %}",
        "{{ client.vat.scheme }}",
        "{{ client.services }}",
        "{{ client.contacts[0] }}",
        "{% if inputs.limit %}x{% endif %}",
        "{% if inputs.fee > 100 %}x{% endif %}",
        "{% for c in client.contacts %}{{ c.emial }}{% endfor %}",
        "{% for c in client.name %}x{% endfor %}",
        "{% include \"other\" %}{% set x = 1 %}{% macro m() %}{% endmacro %}",
        "{% if client.name is even %}x{% endif %}",
        "{{ client.name",
        "{% if client.name %}",
        "{% endfor %}",
        "{{ client.name | default }}",
        "{{ client.name[1:2] }}",
        "{{ 1e3 }} {{ 10 // 3 }}",
    ]));
}

#[test]
fn a_value_is_never_read_as_a_letter() {
    let practice = Practice::new().with("anything", Value::text("{{ client.name }}{% if x %} {# no #}"));
    assert_eq!(write("{{ anything }}", TemplateKind::Body, &practice), "{{ client.name }}{% if x %} {# no #}");
}

#[test]
fn only_html_is_escaped_and_once() {
    let practice = Practice::new().with("anything", Value::text("<b>\"&amp;'"));
    assert_eq!(write("<p>{{ anything }}</p>", TemplateKind::Html, &practice), "<p>&lt;b&gt;&quot;&amp;amp;&#39;</p>");
    assert_eq!(write("<p>{{ anything }}</p>", TemplateKind::Body, &practice), "<p><b>\"&amp;'</p>");
    assert_eq!(write("{{ anything | upper }}", TemplateKind::Html, &practice), "&lt;B&gt;&quot;&amp;AMP;&#39;");
}

#[test]
fn a_subject_stays_on_one_line() {
    let practice = Practice::new().with("anything", Value::text("Accounts\r\nBcc: all@example.com\n\n\u{2028}now"));
    assert_eq!(
        write("Re: {{ anything }}\n", TemplateKind::Subject, &practice),
        "Re: Accounts Bcc: all@example.com now"
    );
}

#[test]
fn an_empty_field_is_told_apart_from_a_fault() {
    let without_name = Value::map([("first_name", Value::Nothing)]);
    let practice = Practice::new().with("anything", without_name);
    assert_eq!(
        write("Dear {{ anything.first_name }},", TemplateKind::Body, &practice),
        "empty anything.first_name at `anything.first_name`"
    );
    assert_eq!(
        write("Dear {{ anything.last_name | upper }},", TemplateKind::Body, &practice),
        "empty anything.last_name at `anything.last_name`"
    );
    assert_eq!(
        write("{{ anything.first_name + 1 }}", TemplateKind::Body, &practice),
        "empty anything.first_name at `anything.first_name`"
    );
    let other = Practice::new().with("anything", Value::text("x"));
    assert_eq!(write("{{ anything + 1 }}", TemplateKind::Body, &other), "error: `+` adds a number to text at `+`");
}

#[test]
fn nothing_is_never_written_as_none() {
    for kind in [TemplateKind::Subject, TemplateKind::Body, TemplateKind::Html] {
        let practice = Practice::new().with("anything", Value::Nothing);
        assert!(write("{{ anything }}", kind, &practice).starts_with("empty anything"));
        assert!(write("{{ none }}", kind, &practice).contains("may-be-empty"));
    }
}

#[test]
fn a_letter_takes_a_bounded_number_of_operations() {
    let many = Practice::new().with("anything", Value::List((0..1_000).map(Value::Int).collect()));
    let text = "{% for a in anything %}{% for b in anything %}{{ b }}{% endfor %}{% endfor %}";
    assert!(write(text, TemplateKind::Body, &many).starts_with("error: this takes more operations than it may"));
    let heavy = format!("{{% for a in anything %}}{}{{% endfor %}}", "x".repeat(2_000));
    assert!(write(&heavy, TemplateKind::Body, &many).starts_with("error: this letter is longer"));
}

#[test]
fn a_letter_tells_what_it_reads() {
    let text = "{{ client.name }} {% for c in client.contacts %}{{ c.email | default(inputs.fee) }}{% endfor %}";
    let template = Template::compile(text, TemplateKind::Body).unwrap();
    let paths: Vec<_> = template.reads().iter().map(|read| read.path.as_str()).collect();
    assert_eq!(paths, ["client.name", "client.contacts", "inputs.fee"]);
}
