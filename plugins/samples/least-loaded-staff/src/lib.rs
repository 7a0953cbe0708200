//! A sample plugin: chooses whoever of the staff has the fewest open tasks.
//!
//! Owns: the recipient selector `office.least_loaded`.

use jobwright_guest::{Call, Choice, Failure, Selector, plugin, records};
use serde::Deserialize;

/// The selector `office.least_loaded`.
pub struct LeastLoaded;

/// What a definition says.
#[derive(Deserialize)]
pub struct Settings {
    role: Option<String>,
}

/// A member of staff, as far as it matters here.
#[derive(Deserialize)]
pub struct Person {
    id: String,
    #[serde(default)]
    roles: Vec<String>,
    #[serde(default)]
    open_tasks: u32,
}

impl Selector for LeastLoaded {
    const NAME: &'static str = "office.least_loaded";
    type Settings = Settings;

    fn select(settings: Settings, _: &Call) -> Result<Vec<Choice>, Failure> {
        let staff: Vec<Person> =
            records::staff(&["id", "roles", "open_tasks"]).map_err(|error| error.failure("staff-unread"))?;
        let (number, chosen) = least_loaded(&staff, settings.role.as_deref());
        let among = settings.role.map_or_else(|| format!("{number} staff"), |role| format!("{number} who fill {role}"));
        let because = |person: &Person| format!("has the fewest open tasks, {}, of {among}", person.open_tasks);
        Ok(chosen.map(|person| Choice { id: person.id.clone(), because: because(person) }).into_iter().collect())
    }
}

/// Of how many, and who; of two with as few, the one whose id comes first, so that the same staff give the same answer.
fn least_loaded<'a>(staff: &'a [Person], role: Option<&str>) -> (usize, Option<&'a Person>) {
    let fills = |person: &&Person| role.is_none_or(|role| person.roles.iter().any(|known| known == role));
    let eligible: Vec<&Person> = staff.iter().filter(fills).collect();
    (eligible.len(), eligible.into_iter().min_by_key(|person| (person.open_tasks, &person.id)))
}

plugin!(selectors: [LeastLoaded]);

#[cfg(test)]
mod tests {
    use super::*;
    use jobwright_guest::{given, json};

    fn check(example: &str) {
        let example: json::Value = json::from_str(example).expect("the example is JSON");
        given::staff(example["given"]["staff"].clone());
        let chosen = given::select::<LeastLoaded>(&example["settings"].to_string()).expect("it chooses");
        let chosen = chosen.iter().map(|choice| json::json!({"id": choice.id, "because": choice.because}));
        assert_eq!(chosen.collect::<json::Value>(), example["choices"]);
    }

    #[test]
    fn the_one_with_the_fewest_tasks_is_chosen() {
        check(include_str!("../examples/reviewer.json"));
    }

    #[test]
    fn of_two_with_as_few_the_answer_is_always_the_same() {
        check(include_str!("../examples/anybody.json"));
    }

    #[test]
    fn a_role_that_nobody_fills_gives_nobody() {
        check(include_str!("../examples/nobody.json"));
    }

    #[test]
    fn staff_that_may_not_be_read_need_a_person() {
        let failure = given::select::<LeastLoaded>("{}").expect_err("nothing is granted");
        assert_eq!(failure.code, "staff-unread");
    }
}
