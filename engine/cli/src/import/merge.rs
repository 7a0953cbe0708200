//! What becomes of one value when an import says another: the rules, and nothing but them.
//!
//! Owns: the comparison of three values, what the last import said, what is there now and what this import says. What is
//! there and is no longer what the last import said was set by hand (by a person, a task, a plugin, the portal) and
//! stays, whatever the source says, unless it was named to be overwritten. Of lists each element is looked at alone, so
//! that a tick set by hand and one set by the source do not take each other away.

use jobwright_core::value::Value;

/// The values of one key.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// What is there now.
    pub now: &'a Value,
    /// What is there when nobody has ever said anything.
    pub blank: &'a Value,
    /// What the last import said.
    pub last: Option<&'a Value>,
    /// What this one says.
    pub said: &'a Value,
    /// Whether the key was named to be overwritten.
    pub overwrite: bool,
}

/// What becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// The value from now on.
    pub value: Value,
    /// Something that was set by hand stays against what this import says.
    pub is_kept: bool,
}

impl Case<'_> {
    /// The one rule.
    pub fn merged(&self) -> Merged {
        let Self { now, blank, last, said, overwrite } = *self;
        let value = match (now, said) {
            _ if overwrite || now == said => said.clone(),
            (Value::List(now), Value::List(said)) => Value::List(list(now, last, said)),
            // Nobody but imports has touched it; or nobody at all.
            _ if last.map_or(now == blank, |last| now == last) => said.clone(),
            _ => now.clone(),
        };
        Merged { is_kept: value != *said, value }
    }
}

/// What the source has added is added, what it has taken away goes, the rest stays.
fn list(now: &[Value], last: Option<&Value>, said: &[Value]) -> Vec<Value> {
    let last = match last {
        Some(Value::List(last)) => last.as_slice(),
        _ => &[],
    };
    let has_gone = |value: &Value| last.contains(value) && !said.contains(value);
    let is_new = |value: &Value| !last.contains(value) && !now.contains(value);
    let kept = now.iter().filter(|value| !has_gone(value));
    let merged: Vec<Value> = kept.chain(said.iter().filter(|value| is_new(value))).cloned().collect();
    let is_another_order = merged.len() == said.len() && said.iter().all(|value| merged.contains(value));
    if is_another_order { said.to_vec() } else { merged }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Value {
        match text {
            "-" => Value::Nothing,
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            text if text.starts_with('[') => {
                let parts = text[1..text.len() - 1].split(' ').filter(|part| !part.is_empty());
                Value::List(parts.map(Value::text).collect())
            }
            text => Value::text(text),
        }
    }

    /// blank, now, last, said → value, kept.
    type Row<'a> = (&'a str, &'a str, Option<&'a str>, &'a str, &'a str, bool);

    fn check(rows: &[Row<'_>]) {
        for (blank, now, last, said, expected, is_kept) in rows {
            let (blank, now, said) = (value(blank), value(now), value(said));
            let last = last.map(value);
            let case = Case { now: &now, blank: &blank, last: last.as_ref(), said: &said, overwrite: false };
            let merged = Merged { value: value(expected), is_kept: *is_kept };
            assert_eq!(case.merged(), merged, "now {now}, last {last:?}, said {said}");
            let forced = Case { overwrite: true, ..case }.merged();
            assert_eq!(forced, Merged { value: said.clone(), is_kept: false }, "overwritten, it is what is said");
        }
    }

    #[test]
    fn r51_the_merge_of_a_single_value() {
        check(&[
            // blank, now, last, said → value, kept
            ("-", "-", None, "1", "1", false),
            ("-", "1", Some("1"), "1", "1", false),
            ("-", "1", Some("1"), "2", "2", false),
            // Set by hand, and the source says what it always said.
            ("-", "9", Some("1"), "1", "9", true),
            ("-", "-", Some("1"), "1", "-", true),
            // Set by hand, and the source says something new: the person wins, and is told.
            ("-", "9", Some("1"), "2", "9", true),
            // Set by hand before any import spoke of it.
            ("-", "9", None, "1", "9", true),
            // By hand to what the source says now: nothing is against anything.
            ("-", "2", Some("1"), "2", "2", false),
            // Opted out by hand, left by hand; and both by the source.
            ("false", "true", Some("false"), "false", "true", true),
            ("false", "true", None, "false", "true", true),
            ("false", "false", Some("false"), "true", "true", false),
            ("true", "false", None, "true", "false", true),
            ("true", "true", None, "false", "false", false),
            // Opted in again by hand, while the source still says that the person has opted out.
            ("false", "false", Some("true"), "true", "false", true),
        ]);
    }

    #[test]
    fn r51_the_merge_of_ticks() {
        check(&[
            ("[]", "[]", None, "[a]", "[a]", false),
            ("[]", "[a]", Some("[a]"), "[a]", "[a]", false),
            ("[]", "[a]", Some("[a]"), "[a b]", "[a b]", false),
            ("[]", "[a b]", Some("[a b]"), "[a]", "[a]", false),
            ("[]", "[a b]", Some("[a b]"), "[b a]", "[b a]", false),
            // Ticked by hand.
            ("[]", "[a x]", Some("[a]"), "[a]", "[a x]", true),
            ("[]", "[a x]", Some("[a]"), "[a b]", "[a x b]", true),
            ("[]", "[a x]", Some("[a]"), "[b]", "[x b]", true),
            // Unticked by hand.
            ("[]", "[]", Some("[a]"), "[a]", "[]", true),
            ("[]", "[b]", Some("[a b]"), "[a b c]", "[b c]", true),
            // Never imported: what is there was ticked by hand.
            ("[]", "[x]", None, "[a]", "[x a]", true),
            ("[]", "[x]", None, "[]", "[x]", true),
        ]);
    }
}
