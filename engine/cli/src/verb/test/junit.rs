//! The answers as CI servers read them: JUnit's XML.
//!
//! Owns: the few elements that all of them understand, and escaping what people wrote.

use std::fmt::Write;
use std::time::Duration;

use super::{Case, Suite};

/// The whole file.
pub(super) fn report(suites: &[Suite]) -> String {
    let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n".to_owned();
    for suite in suites {
        let (name, tests) = (escaped(&suite.name), suite.cases.len());
        let failures = suite.cases.iter().filter(|case| case.missed.is_some()).count();
        let errors = usize::from(suite.unreadable.is_some());
        let time = seconds(suite.cases.iter().map(|case| case.took).sum());
        let counts = format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" time=\"{time}\"");
        let _ = writeln!(text, "  <testsuite name=\"{name}\" {counts}>");
        if let Some(why) = &suite.unreadable {
            let _ = writeln!(text, "    <testcase classname=\"{name}\" name=\"the file can be read\" time=\"0.000\">");
            let _ = writeln!(text, "      <error message=\"{}\"/>\n    </testcase>", escaped(why));
        }
        suite.cases.iter().for_each(|one| case(&mut text, &name, one));
        text += "  </testsuite>\n";
    }
    text + "</testsuites>\n"
}

fn case(text: &mut String, suite: &str, case: &Case) {
    let (name, time) = (escaped(&case.name), seconds(case.took));
    let head = format!("    <testcase classname=\"{suite}\" name=\"{name}\" time=\"{time}\"");
    let _ = match &case.missed {
        None => writeln!(text, "{head}/>"),
        Some(missed) => {
            let (found, picture) = (escaped(&missed.miss.found), escaped(&missed.picture));
            let failure = format!("      <failure message=\"{found}\">{picture}</failure>");
            writeln!(text, "{head}>\n{failure}\n    </testcase>")
        }
    };
}

fn seconds(took: Duration) -> String {
    format!("{:.3}", took.as_secs_f64())
}

/// Text without what XML reads as its own, and without what it cannot hold at all.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe += "&amp;",
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '"' => safe += "&quot;",
            '\n' | '\t' => safe.push(letter),
            letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => safe.push('\u{fffd}'),
            letter => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn what_people_wrote_cannot_break_the_file() {
        let case = Case { name: "a \"<b>\" & \u{1b}[31mc".into(), took: Duration::from_millis(1500), missed: None };
        let broken = Suite { name: "x.job.yaml".into(), cases: vec![], unreadable: Some("2 errors".into()) };
        let suite = Suite { name: "y.job.yaml".into(), cases: vec![case], unreadable: None };
        expect![[r#"
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites>
              <testsuite name="x.job.yaml" tests="0" failures="0" errors="1" time="0.000">
                <testcase classname="x.job.yaml" name="the file can be read" time="0.000">
                  <error message="2 errors"/>
                </testcase>
              </testsuite>
              <testsuite name="y.job.yaml" tests="1" failures="0" errors="0" time="1.500">
                <testcase classname="y.job.yaml" name="a &quot;&lt;b&gt;&quot; &amp; �[31mc" time="1.500"/>
              </testsuite>
            </testsuites>
        "#]]
        .assert_eq(&report(&[broken, suite]));
    }
}
