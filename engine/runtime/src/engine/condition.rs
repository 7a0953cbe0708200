//! A condition over clients, for starting many jobs at once.

use super::Engine;
use crate::Error;
use crate::facts::{client_alone, contact_alone};
use jobwright_core::{
    directory::{Client, Contact, Staff},
    value::{Type, Value},
};
use jobwright_expression::{Expression, Scope};
use jobwright_store::directory;
use std::collections::BTreeMap;

/// A compiled condition.
pub struct Condition {
    expression: Expression,
    staff: Vec<Staff>,
}

impl Engine {
    /// Compiles a condition over `client`.
    ///
    /// # Errors
    /// When it is no expression, or staff cannot be read.
    pub fn condition(&self, text: &str) -> Result<Condition, Error> {
        self.condition_over(text, Scope::new([("client", Type::Any)], Type::Any))
    }

    /// Compiles a condition over `client` and `contact`.
    ///
    /// # Errors
    /// When it is not an expression, or staff cannot be read.
    pub fn contact_condition(&self, text: &str) -> Result<Condition, Error> {
        self.condition_over(text, Scope::new([("client", Type::Any), ("contact", Type::Any)], Type::Any))
    }

    fn condition_over(&self, text: &str, scope: Scope) -> Result<Condition, Error> {
        let told = |faults: Vec<jobwright_expression::Fault>| {
            let words: Vec<String> = faults.into_iter().map(|fault| fault.message).collect();
            Error::Condition(words.join("; "))
        };
        let expression = Expression::compile(text, &scope).map_err(told)?;
        Ok(Condition { expression, staff: directory::staff(&self.reader())?.value })
    }
}

impl Condition {
    /// Whether it holds for a client.
    ///
    /// # Errors
    /// What is wrong, in words: anything but true or false is an error.
    pub fn holds(&self, client: &Client) -> Result<bool, String> {
        self.is_true(&BTreeMap::from([("client".to_string(), client_alone(client, &self.staff))]))
    }

    /// Whether it holds for a contact of a client.
    ///
    /// # Errors
    /// What is wrong, in words: anything but true or false is an error.
    pub fn holds_for(&self, client: &Client, contact: &Contact) -> Result<bool, String> {
        let client = client_alone(client, &self.staff);
        self.is_true(&BTreeMap::from([("client".to_string(), client), ("contact".to_string(), contact_alone(contact))]))
    }

    fn is_true(&self, facts: &BTreeMap<String, Value>) -> Result<bool, String> {
        match self.expression.evaluate(facts) {
            Ok(Value::Bool(holds)) => Ok(holds),
            Ok(other) => Err(format!("the condition gives {}, not true or false", other.kind())),
            Err(error) => Err(error.message),
        }
    }
}
