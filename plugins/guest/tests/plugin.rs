//! A plugin that offers one of each kind, in the world that its tests give it.

use jobwright_guest::{
    Call, Check, Choice, Effect, Failure, FailureKind, Found, Level, Listener, Outcome, Selector, Task, checkpoint,
    checkpointed, given,
    http::{HeaderValue, Problem, Request, Response},
    json::{Value, json},
    log, plugin, random, records,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

struct Filing;

#[derive(Deserialize)]
struct FilingSettings {
    period: String,
}

#[derive(Debug, PartialEq, Serialize)]
struct FilingOutputs {
    receipt: String,
}

impl Task for Filing {
    const TYPE: &'static str = "vat.file";
    type Settings = FilingSettings;
    type Outputs = FilingOutputs;

    fn run(settings: FilingSettings, call: &Call) -> Result<Outcome<FilingOutputs>, Failure> {
        let client: Value = records::client(&["name"]).map_err(|error| error.failure("unread"))?;
        let sent = Request::post("https://tax.example/vat")
            .json(&json!({"period": settings.period, "name": client["name"]}))
            .secret_header("authorization", "Bearer ", "filing_token")
            .send();
        let answer = sent.map_err(|problem| problem.failure("office-down"))?;
        let receipt = answer.header("Receipt").unwrap_or_default().to_owned();
        checkpoint("receipt", &receipt).map_err(|why| Failure::needs_person("filed-twice", why))?;
        log(Level::Info, "filed", json!({"receipt": receipt, "key": call.key}));
        let filed = Effect::set_client([("vat.filed", json!(settings.period))]);
        Ok(Outcome::done(FilingOutputs { receipt }).effect(filed).note("filed"))
    }

    fn find(_: FilingSettings, _: &Call) -> Result<Found<FilingOutputs>, Failure> {
        let receipt = checkpointed("receipt").map(|receipt| Found::Happened(Outcome::done(FilingOutputs { receipt })));
        Ok(receipt.unwrap_or(Found::DidNotHappen))
    }
}

struct Everybody;

impl Selector for Everybody {
    const NAME: &'static str = "office.everybody";
    type Settings = Value;

    fn select(_: Value, _: &Call) -> Result<Vec<Choice>, Failure> {
        let staff: Vec<Value> = records::staff(&["id"]).map_err(|error| error.failure("unread"))?;
        let id = |person: &Value| person["id"].as_str().unwrap_or_default().to_owned();
        Ok(staff.iter().map(|person| Choice { id: id(person), because: person.to_string() }).collect())
    }
}

struct Even;

impl Check for Even {
    const NAME: &'static str = "number.even";
    type Value = u32;

    fn check(value: u32, _: &Call) -> Result<Vec<String>, Failure> {
        Ok((value % 2 == 1).then(|| format!("{value} is odd")).into_iter().collect())
    }
}

struct Telling;

impl Listener for Telling {
    fn observe(event: &str, body: &Value, _: &Call) -> Result<Vec<Effect>, Failure> {
        Ok(vec![Effect::set_client([(event, body.clone())])])
    }
}

plugin!(tasks: [Filing], selectors: [Everybody], checks: [Even], listeners: [Telling]);

const SETTINGS: &str = r#"{"period": "2026-Q3"}"#;

fn filed() -> Response {
    Response { status: 201, headers: vec![("receipt".to_owned(), "R-7".to_owned())], body: vec![] }
}

#[test]
fn a_task_reads_sends_and_answers() {
    given::client(json!({"name": "Acme", "vat": {"number": "hidden"}}));
    given::answer(Ok(filed()));
    assert_eq!(given::run::<Filing>(SETTINGS), Ok(json!({"receipt": "R-7"})));
    let [sent] = &given::sent()[..] else { panic!("one request is sent") };
    let secret = HeaderValue::Secret("Bearer ".to_owned(), "filing_token".to_owned());
    assert_eq!(sent.headers[1], ("authorization".to_owned(), secret));
    assert_eq!(sent.body, br#"{"name":"Acme","period":"2026-Q3"}"#);
    assert_eq!(given::said(), [r#"info: filed {"key":"key-1","receipt":"R-7"}"#]);
}

#[test]
fn what_was_kept_is_found_in_the_next_attempt() {
    assert_eq!(given::find::<Filing>(SETTINGS), Ok(Found::DidNotHappen));
    given::client(json!({"name": "Acme"}));
    given::answer(Ok(filed()));
    given::run::<Filing>(SETTINGS).expect("it is filed");
    let outputs = Outcome::done(r#"{"receipt":"R-7"}"#.to_owned());
    assert_eq!(given::find::<Filing>(SETTINGS), Ok(Found::Happened(outputs)));
    given::answer(Ok(Response::default()));
    let again = given::run::<Filing>(SETTINGS).expect_err("another receipt");
    assert_eq!((again.kind, &*again.code), (FailureKind::NeedsPerson, "filed-twice"));
}

#[test]
fn what_may_pass_is_tried_again_and_what_is_not_granted_needs_a_person() {
    let unread = given::run::<Filing>(SETTINGS).expect_err("no client is given");
    assert_eq!((unread.kind, &*unread.code), (FailureKind::NeedsPerson, "unread"));
    given::client(json!({}));
    for (problem, kind) in [
        (Problem::Timeout, FailureKind::Transient),
        (Problem::NotSent, FailureKind::Transient),
        (Problem::UnknownSecret("filing_token".to_owned()), FailureKind::NeedsPerson),
        (Problem::TooMany(20), FailureKind::Permanent),
    ] {
        given::answer(Err(problem));
        assert_eq!(given::run::<Filing>(SETTINGS).expect_err("nothing came back").kind, kind);
    }
}

#[test]
fn settings_of_another_shape_are_a_failure_and_no_crash() {
    assert_eq!(given::run::<Filing>("{}").expect_err("no period").code, "bad-settings");
    assert_eq!(given::check::<Even>(r#""four""#).expect_err("no number").code, "bad-settings");
}

#[test]
fn selectors_checks_and_listeners_are_asked_in_the_same_way() {
    given::staff(json!([{"id": "ada", "salary": 1}, {"id": "ben"}]));
    let chosen = given::select::<Everybody>("{}").expect("it chooses");
    let because = r#"{"id":"ada"}"#.to_owned();
    assert_eq!(chosen[0], Choice { id: "ada".to_owned(), because });
    assert_eq!(given::check::<Even>("7"), Ok(vec!["7 is odd".to_owned()]));
    let wanted = given::observe::<Telling>("job.completed", &json!(1)).expect("it listens");
    assert_eq!(wanted[0].body, json!({"job.completed": 1}));
}

#[test]
fn an_end_that_comes_later_says_when_to_ask() {
    let outcome = Outcome::<()>::later("order-1").poll_after(Duration::from_secs(60)).note("ordered");
    assert_eq!(outcome.answer, jobwright_guest::Answer::Later("order-1".to_owned(), Some(Duration::from_secs(60))));
}

#[test]
fn random_bytes_are_the_same_for_the_same_name() {
    assert_eq!(random("nonce", 16), random("nonce", 16));
    assert_ne!(random("nonce", 16), random("other", 16));
}
