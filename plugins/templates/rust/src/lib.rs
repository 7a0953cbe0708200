//! The plugin `{{name}}`: the task type `{{type}}`.

use jobwright_guest::{Call, Failure, Outcome, Task, info, plugin};
use serde::{Deserialize, Serialize};

/// The task type `{{type}}`.
pub struct Greet;

/// What a job definition says, by `schemas/settings.json`.
#[derive(Deserialize)]
pub struct Settings {
    name: String,
}

/// What the task gives, by `schemas/outputs.json`.
#[derive(Serialize)]
pub struct Outputs {
    greeting: String,
}

impl Task for Greet {
    const TYPE: &'static str = "{{type}}";
    type Settings = Settings;
    type Outputs = Outputs;

    fn run(settings: Settings, _call: &Call) -> Result<Outcome<Outputs>, Failure> {
        let name = settings.name.trim();
        if name.is_empty() {
            return Err(Failure::permanent("no-name", "there is nobody to greet").at("/name"));
        }
        info(format!("greeting {name}"));
        Ok(Outcome::done(Outputs {
            greeting: format!("Hello, {name}!"),
        }))
    }
}

plugin!(tasks: [Greet]);

#[cfg(test)]
mod tests {
    use super::*;
    use jobwright_guest::{given, json};

    #[test]
    fn the_example_holds() {
        let example: json::Value =
            json::from_str(include_str!("../examples/greeting.json")).unwrap();
        let outputs = given::run::<Greet>(&example["settings"].to_string()).unwrap();
        assert_eq!(outputs, example["outputs"]);
    }

    #[test]
    fn nobody_cannot_be_greeted() {
        assert_eq!(
            given::run::<Greet>(r#"{"name": " "}"#).unwrap_err().code,
            "no-name"
        );
    }
}
