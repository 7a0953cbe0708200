//! What the net answers in an author's example: `given.http`, a list of what happens in turn.
//!
//! Owns: reading the list, and holding what a plugin asks to it. Nothing leaves. Leaves the rest of `given` to `run`.

use std::sync::{Mutex, PoisonError};

use jobwright_plugin::{Rehearsed, Unsent};
use serde_json::Value as Json;

/// The turns of an example, and what did not go as they say.
#[derive(Default)]
pub struct Rehearsal {
    turns: Vec<Turn>,
    heard: Mutex<Heard>,
}

#[derive(Default)]
struct Heard {
    faults: Vec<String>,
    most: usize,
}

/// A request, as far as it is named, and what comes of it.
struct Turn {
    method: Option<String>,
    url: Option<String>,
    secrets: Option<Vec<String>>,
    answer: Rehearsed,
}

impl Rehearsal {
    /// Reads `given.http`, if it is there.
    ///
    /// # Errors
    /// In words, when a turn cannot be read.
    pub fn of(given: &Json) -> Result<Self, String> {
        let turns = match given.get("http") {
            None => Vec::new(),
            Some(Json::Array(turns)) => {
                let read = |(place, one)| turn(one).map_err(|why| format!("`given.http[{place}]` {why}"));
                turns.iter().enumerate().map(read).collect::<Result<_, _>>()?
            }
            Some(_) => return Err("`given.http` is no list of what happens in turn".into()),
        };
        Ok(Self { turns, heard: Mutex::default() })
    }

    /// What comes of a request: of the first one what the first turn says, in each call anew.
    pub fn answer(&self, request: &Unsent) -> Option<Rehearsed> {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let number = usize::try_from(request.number).unwrap_or(usize::MAX);
        heard.most = heard.most.max(number);
        let Unsent { method, url, secrets, .. } = request;
        let Some(turn) = number.checked_sub(1).and_then(|place| self.turns.get(place)) else {
            if !self.turns.is_empty() {
                heard.faults.push(format!("it asks once more than the example says: {method} {url}"));
            }
            return None;
        };
        let expected = [("the method", method, &turn.method), ("the URL", url, &turn.url)];
        for (what, is, named) in expected {
            if let Some(named) = named.as_ref().filter(|named| *named != is) {
                heard.faults.push(format!("{what} of request {number} is {is}, expected {named}"));
            }
        }
        if let Some(named) = turn.secrets.as_ref().filter(|named| *named != secrets) {
            let what = format!("request {number} asks for the secrets {secrets:?}, expected {named:?}");
            heard.faults.push(what);
        }
        Some(turn.answer.clone())
    }

    /// What did not go as the example says.
    pub fn faults(&self) -> Vec<String> {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let left = self.turns.len().saturating_sub(heard.most);
        let unasked =
            (left > 0).then(|| format!("{left} of the requests that the example gives answers for never came"));
        heard.faults.iter().cloned().chain(unasked).collect()
    }
}

fn turn(one: &Json) -> Result<Turn, String> {
    let named = |key: &str| one.get("request").and_then(|request| request.get(key));
    let text = |key: &str| named(key).and_then(Json::as_str).map(str::to_owned);
    let texts = |list: &Json| -> Option<Vec<String>> {
        list.as_array()?.iter().map(|one| one.as_str().map(str::to_owned)).collect()
    };
    let secrets =
        named("secrets").map(|list| texts(list).ok_or("has `secrets` that are no list of names")).transpose()?;
    let answer = one.get("answer").ok_or("has no `answer`")?;
    Ok(Turn { method: text("method"), url: text("url"), secrets, answer: come_back(answer)? })
}

fn come_back(answer: &Json) -> Result<Rehearsed, String> {
    match answer.get("problem").map(Json::as_str) {
        Some(Some("timeout")) => return Ok(Rehearsed::Timeout),
        Some(Some("unreachable")) => return Ok(Rehearsed::Unreachable("nobody is there".into())),
        Some(_) => return Err("has a `problem` that is neither `timeout` nor `unreachable`".into()),
        None => {}
    }
    let status = answer.get("status").and_then(Json::as_u64).and_then(|status| u16::try_from(status).ok());
    let status = status.ok_or("answers without a `status`")?;
    let headers = answer.get("headers").and_then(Json::as_object).into_iter().flatten();
    let headers = headers.map(|(name, value)| match value {
        Json::String(text) => (name.clone(), text.clone()),
        other => (name.clone(), other.to_string()),
    });
    // A text is the body as it stands; whatever else is JSON.
    let body = match answer.get("body") {
        None => Vec::new(),
        Some(Json::String(text)) => text.clone().into_bytes(),
        Some(json) => json.to_string().into_bytes(),
    };
    Ok(Rehearsed::Answer { status, headers: headers.collect(), body })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn asked(number: u64, url: &str) -> Unsent {
        Unsent { number, method: "GET".into(), url: url.into(), secrets: vec!["key".into()] }
    }

    #[test]
    fn requests_are_answered_in_turn_and_held_to_what_is_named() {
        let given = json!({ "http": [
            { "request": { "url": "https://a.example/", "secrets": ["key"] }, "answer": { "status": 200, "body": { "n": 1 } } },
            { "answer": { "problem": "timeout" } },
        ] });
        let rehearsal = Rehearsal::of(&given).expect("it is read");
        let first = Rehearsed::Answer { status: 200, headers: vec![], body: b"{\"n\":1}".to_vec() };
        assert_eq!(rehearsal.answer(&asked(1, "https://a.example/")), Some(first));
        assert_eq!(rehearsal.faults(), ["1 of the requests that the example gives answers for never came"]);
        assert_eq!(rehearsal.answer(&asked(2, "https://b.example/")), Some(Rehearsed::Timeout));
        assert_eq!(rehearsal.faults(), <[String; 0]>::default());
        rehearsal.answer(&asked(1, "https://c.example/"));
        rehearsal.answer(&asked(3, "https://d.example/"));
        assert_eq!(
            rehearsal.faults(),
            [
                "the URL of request 1 is https://c.example/, expected https://a.example/",
                "it asks once more than the example says: GET https://d.example/",
            ]
        );
    }

    #[test]
    fn an_example_that_cannot_be_read_says_where() {
        for (http, words) in [
            (json!({}), "`given.http` is no list of what happens in turn"),
            (json!([{}]), "`given.http[0]` has no `answer`"),
            (json!([{ "answer": {} }]), "`given.http[0]` answers without a `status`"),
            (json!([{ "answer": { "problem": "bad luck" } }]), "`given.http[0]` has a `problem` that is neither"),
            (json!([{ "request": { "secrets": 1 }, "answer": { "status": 1 } }]), "`given.http[0]` has `secrets` that"),
        ] {
            let why = Rehearsal::of(&json!({ "http": http })).err().expect("it is refused");
            assert!(why.starts_with(words), "{why}");
        }
    }
}
