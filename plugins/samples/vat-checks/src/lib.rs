//! A sample plugin: checks the nine boxes of a UK VAT return.
//!
//! Owns: the task type `vat.checks`, its settings and its outputs. Leaves to `boxes` how an amount is read, and to
//! `checks` what should agree with what.

mod boxes;
mod checks;

use boxes::{Amount, Return};
use jobwright_guest::{Call, Failure, Level, Outcome, Task, json::json, log, plugin};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// By how many percent a box may differ from the return before.
const TOLERANCE: i64 = 25;

/// The task type `vat.checks`.
pub struct VatChecks;

/// What a definition says: the boxes by name, and what to compare them with.
#[derive(Deserialize)]
pub struct Settings {
    #[serde(flatten)]
    boxes: BTreeMap<String, jobwright_guest::json::Value>,
    #[serde(default)]
    previous: BTreeMap<String, String>,
    tolerance: Option<String>,
}

/// What a reviewer reads.
#[derive(Serialize)]
pub struct Outputs {
    ok: bool,
    warnings: Vec<String>,
    payable: String,
}

impl Task for VatChecks {
    const TYPE: &'static str = "vat.checks";
    type Settings = Settings;
    type Outputs = Outputs;

    fn run(settings: Settings, _: &Call) -> Result<Outcome<Outputs>, Failure> {
        let now = Return::read(|name| settings.boxes.get(name)?.as_str())?;
        let previous = settings.previous.iter().map(|(name, text)| {
            let amount = Amount::read(text).map_err(|why| bad_box(name, &why).at(format!("/previous/{name}")))?;
            Ok((name.as_str(), amount))
        });
        let previous = previous.collect::<Result<Vec<_>, Failure>>()?;
        let tolerance = settings.tolerance.and_then(|text| text.parse().ok()).unwrap_or(TOLERANCE);
        let mut warnings = checks::sums(&now);
        warnings.extend(checks::changes(&now, &previous, tolerance));
        let payable = checks::payable(&now).to_string();
        log(Level::Info, "checked a VAT return", json!({"warnings": warnings.len(), "payable": payable}));
        let note = match warnings.len() {
            0 => format!("the VAT return adds up; payable {payable}"),
            count => format!("the VAT return has {count} to look at; payable {payable}"),
        };
        Ok(Outcome::done(Outputs { ok: warnings.is_empty(), warnings, payable }).note(note))
    }
}

fn bad_box(name: &str, why: &str) -> Failure {
    Failure::permanent("bad-box", format!("{name} {why}")).at(format!("/{name}"))
}

plugin!(tasks: [VatChecks]);

#[cfg(test)]
mod tests {
    use super::*;
    use jobwright_guest::{given, json};

    fn check(example: &str) {
        let example: json::Value = json::from_str(example).expect("the example is JSON");
        match given::run::<VatChecks>(&example["settings"].to_string()) {
            Ok(outputs) => assert_eq!(outputs, example["outputs"]),
            Err(failure) => {
                assert_eq!(
                    (&*failure.code, failure.at.as_deref()),
                    (
                        example["failure"]["code"].as_str().expect("a failure was expected"),
                        example["failure"]["at"].as_str(),
                    )
                );
            }
        }
    }

    #[test]
    fn a_return_that_adds_up_needs_no_look() {
        check(include_str!("../examples/adds-up.json"));
        assert_eq!(given::said(), [r#"info: checked a VAT return {"payable":"750.00","warnings":0}"#]);
    }

    #[test]
    fn a_box_that_does_not_agree_is_named() {
        check(include_str!("../examples/does-not-add-up.json"));
    }

    #[test]
    fn a_text_that_is_no_amount_is_pointed_at() {
        check(include_str!("../examples/no-amount.json"));
    }
}
