//! What a job begins with: its inputs.
//!
//! Owns: each input from what was given, else from the client's record, else from its default; checked against its
//! type. All faults at once.

use crate::facts::{Focus, Scene};
use jobwright_core::{
    bound,
    id::Name,
    value::{Value, Values},
};

/// The inputs of a job, or everything that is wrong with them, by name.
pub type Inputs = Result<Values, Vec<(Name, String)>>;

/// Works out the inputs of the job in the scene, which has none yet.
pub fn input_values(scene: &Scene<'_>, given: &Values) -> Inputs {
    let mut values = Values::new();
    let mut faults = Vec::new();
    for input in &scene.prepared.plan.inputs {
        match value_of(scene, input, given) {
            Ok(value) => match input.field.fault(&value) {
                Some(fault) => faults.push((input.name.clone(), fault)),
                None => {
                    values.insert(input.name.clone(), value);
                }
            },
            Err(fault) => faults.push((input.name.clone(), fault)),
        }
    }
    let known = |name: &&Name| !scene.prepared.plan.inputs.iter().any(|input| input.name == **name);
    faults.extend(given.keys().filter(known).map(|name| (name.clone(), "is no input of this definition".into())));
    if faults.is_empty()
        && let Err(excess) = bound::sizes(values.values())
        && let Some(name) = values.keys().next()
    {
        faults.push((name.clone(), format!("and the other inputs together: what {excess}")));
    }
    if faults.is_empty() { Ok(values) } else { Err(faults) }
}

fn value_of(scene: &Scene<'_>, input: &jobwright_core::plan::Input, given: &Values) -> Result<Value, String> {
    if let Some(value) = given.get(&input.name) {
        return Ok(value.clone());
    }
    let from = match input.from {
        Some(from) => scene.prepared.evaluate(from, &scene.seen(Focus::default()))?,
        None => Value::Nothing,
    };
    Ok(match (from, &input.default) {
        (Value::Nothing, Some(default)) => default.clone(),
        (value, _) => value,
    })
}
