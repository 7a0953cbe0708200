//! practice.yaml read from text: settings, defaults, and everything wrong at once.

use expect_test::{Expect, expect};
use jobwright_core::value::{Type, Value};

use super::*;
use crate::syntax::testing::decoded;

fn read(text: &str) -> PracticeFile {
    let (file, picture) = decoded(text, practice);
    assert_eq!(picture, "");
    file.expect("a practice")
}

fn refused(text: &str, expected: Expect) {
    let (file, picture) = decoded(text, practice);
    assert_eq!(file, None);
    expected.assert_eq(&picture);
}

#[test]
fn a_practice_needs_only_its_name() {
    let file = read("format: 1\nname: Larkfield & Rowe\n");
    assert_eq!(file.practice.name, "Larkfield & Rowe");
    assert_eq!((file.timezone.value.as_str(), file.calendar.value.as_str()), (TIMEZONE, CALENDAR));
    assert_eq!((file.opening, file.closing), (OPENING_HOUR, CLOSING_HOUR));
    assert_eq!((file.practice.currency.as_str(), file.practice.portal_required), (CURRENCY, false));
    assert_eq!((file.mail.transport, file.mail.from), (Transport::Files, None));
}

#[test]
fn all_settings_are_read() {
    let file = read(
        "format: 1
name: Larkfield
operator: pat
timezone: Europe/Dublin
calendar: northern-ireland
opening_hour: 08:30
closing_hour: 16:45
currency: EUR
client_access: portal
offices: [Leeds, York]
services:
  vat: VAT returns
  payroll: { label: Payroll, definition: monthly-payroll }
fields:
  client:
    vat.registered: bool
    vat.flat_rate: { type: decimal, min: 0, max: 100, label: Flat rate }
    entity_type: { type: enum, values: [trust, charity], required: true }
assignment: { default: pat }
mail:
  from: { name: Larkfield, address: office@larkfield.example }
  reply_to: answers@larkfield.example
  transport: smtp
  host: mail.larkfield.example
  tls: tls
  user: office
limits: { letters_at_once: 2 }
store: { cache_mib: 128, view: redb }
plugins: { calls_at_once: 500, calls_at_once_per_plugin: 50, wall_ms: 60000, requests: 5, require_signed: true,
  trusted_keys: [{ name: Larkfield, key: \"ed25519:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\" }] }
",
    );
    let smtp = Transport::Smtp {
        host: "mail.larkfield.example".into(),
        port: 465,
        tls: Tls::Tls,
        user: Some("office".into()),
    };
    assert_eq!(file.mail.transport, smtp);
    assert_eq!(file.mail.message_domain(), Some("larkfield.example"));
    assert_eq!(file.practice.default_assignee, file.practice.operator);
    assert_eq!(
        file.practice.services["payroll"].definition.as_ref().map(DefinitionId::as_str),
        Some("monthly-payroll")
    );
    assert_eq!((file.opening.to_string(), file.closing.to_string()), ("08:30:00".into(), "16:45:00".into()));
    assert_eq!((file.limits.letters_at_once, file.store.cache_mib, file.store.view), (2, 128, StoreView::Redb));
    let plugins = PluginSettings {
        calls_at_once: 500,
        calls_at_once_per_plugin: 50,
        trusted_keys: vec![("Larkfield".into(), format!("ed25519:{}", "00112233445566778899aabbccddeeff".repeat(2)))],
        require_signed: true,
        ceilings: vec![("wall_ms", 60_000), ("requests", 5)],
    };
    assert_eq!(file.plugins, plugins);
}

#[test]
fn everything_wrong_with_the_bounds_of_plugins_is_told_at_once() {
    refused(
        "format: 1\nname: L\nplugins:\n  calls_at_once: 1001\n  memory_mb: 10\n  cpu_ms: 0\n  wall_ms: soon\n  trusted_keys: \
         [{ nam: L, key: abc }]\n",
        expect![[r#"
            error[WF0208]: 1001 is not between 1 and 1000
             --> vat.job.yaml:4:18
              |
            4 |   calls_at_once: 1001
              |                  ^^^^

            error[WF0203]: unknown key `memory_mb` in the settings of plugins
             --> vat.job.yaml:5:3
              |
            5 |   memory_mb: 10
              |   ^^^^^^^^^ did you mean `memory_mib`?
              |
              = help: possible here: calls_at_once, calls_at_once_per_plugin, trusted_keys, require_signed, cpu_ms, wall_ms, memory_mib, output_kib, log_lines, requests, body_kib, checkpoints, checkpoint_kib

            error[WF0208]: 0 is not between 1 and 10000
             --> vat.job.yaml:6:11
              |
            6 |   cpu_ms: 0
              |           ^

            error[WF0205]: `soon` is not a whole number
             --> vat.job.yaml:7:12
              |
            7 |   wall_ms: soon
              |            ^^^^

            error[WF0203]: unknown key `nam` in a trusted key
             --> vat.job.yaml:8:20
              |
            8 |   trusted_keys: [{ nam: L, key: abc }]
              |                    ^^^ did you mean `name`?
              |
              = help: possible here: name, key

            error[WF0205]: a key is `ed25519:` and 64 digits, as `jobwright plugin keygen` prints it
             --> vat.job.yaml:8:33
              |
            8 |   trusted_keys: [{ nam: L, key: abc }]
              |                                 ^^^
        "#]],
    );
}

#[test]
fn declared_fields_are_a_type_nested_as_their_paths_are() {
    let file = read(
        "format: 1\nname: L\nfields:\n  client:\n    vat.registered: bool\n    vat.rates.flat: decimal\n    \
         year_end: { type: date, required: true }\n",
    );
    let Type::Record(names) = file.declared.record() else { panic!("a record") };
    assert_eq!(names["year_end"], Type::Date);
    let Type::Record(vat) = &names["vat"] else { panic!("vat is a record") };
    assert_eq!(vat["registered"], Type::Optional(Box::new(Type::Bool)));
    assert!(matches!(&vat["rates"], Type::Record(rates) if rates.contains_key("flat")));
    assert!(Value::map([("year_end", Value::Date(jiff::civil::date(2026, 3, 31)))]).get("year_end").is_some());
    assert!(file.declared.is_above("vat.rates") && !file.declared.is_above("year_end"));
    assert_eq!(file.declared.nearest("vat.regstered"), Some("vat.registered"));
}

#[test]
fn everything_wrong_is_told_at_once() {
    refused(
        "format: 2
naem: Larkfield
opening_hour: 9am
currency: pounds
fields:
  client:
    status: string
    vat: string
    vat.scheme: string
    Vat: int
mail:
  transport: smtp
  from: office
",
        expect![[r#"
            error[WF0206]: `2` is not possible here
             --> vat.job.yaml:1:9
              |
            1 | format: 2
              |         ^ did you mean `1`?
              |
              = help: possible are: 1

            error[WF0203]: unknown key `naem` in practice.yaml
             --> vat.job.yaml:2:1
              |
            2 | naem: Larkfield
              | ^^^^ did you mean `name`?
              |
              = help: possible here: format, name, operator, timezone, calendar, opening_hour, closing_hour, currency, client_access, offices, services, fields, assignment, mail, limits, store, plugins

            error[WF0205]: `9am` is no time of day; write it as `09:00`
             --> vat.job.yaml:3:15
              |
            3 | opening_hour: 9am
              |               ^^^

            error[WF0205]: `pounds` is no currency; write three capital letters, as in `GBP`
             --> vat.job.yaml:4:11
              |
            4 | currency: pounds
              |           ^^^^^^

            error[WF0341]: `status` is built in; choose another name
             --> vat.job.yaml:7:5
              |
            7 |     status: string
              |     ^^^^^^

            error[WF0341]: `vat` is declared as a value, so `vat.scheme` cannot lie below it
             --> vat.job.yaml:9:5
              |
            9 |     vat.scheme: string
              |     ^^^^^^^^^^

            error[WF0341]: `Vat` is no path: write names of a-z, 0-9 and `_` with dots between, such as `vat.scheme`, at most 4 names
              --> vat.job.yaml:10:5
               |
            10 |     Vat: int
               |     ^^^

            error[WF0202]: letters by smtp need `host`, the mail server's name
              --> vat.job.yaml:12:3
               |
            12 |   transport: smtp
               |   ^^^^^^^^^

            error[WF0205]: `office` is not an e-mail address: it has no `@`
              --> vat.job.yaml:13:9
               |
            13 |   from: office
               |         ^^^^^^
        "#]],
    );
}

#[test]
fn a_password_is_refused_with_the_place_where_it_belongs() {
    refused(
        "format: 1\nname: L\nmail:\n  transport: smtp\n  host: mail.example\n  password: hunter2\n",
        expect![[r#"
            error[WF0220]: `password` does not belong in practice.yaml
             --> vat.job.yaml:6:3
              |
            6 |   password: hunter2
              |   ^^^^^^^^
              |
              = help: set JOBWRIGHT_SMTP_PASSWORD, or write it into .jobwright/secrets.toml, readable by you alone
        "#]],
    );
}

#[test]
fn a_day_that_closes_before_it_opens_is_refused() {
    refused(
        "format: 1\nname: L\nopening_hour: 18:00\n",
        expect![[r#"
            error[WF0205]: the day closes at 17:00, before it opens at 18:00
             --> vat.job.yaml:3:1
              |
            3 | opening_hour: 18:00
              | ^^^^^^^^^^^^
        "#]],
    );
}
