//! Every diagnostic code, once, with what it means.
//!
//! Owns: the numbers and their one-line meanings, which `check --explain`, the SARIF rules and the docs read. A code is
//! `WF` and four digits, the first two the level; it is for ever, so a retired one is never given to something else.

macro_rules! codes {
    ($($name:ident = $id:literal, $meaning:literal;)+) => {
        $(#[doc = $meaning] pub const $name: &str = $id;)+

        /// Each code with its meaning, in order.
        pub const ALL: &[(&str, &str)] = &[$(($id, $meaning)),+];
    };
}

codes! {
    // Level 1, syntax: what is not our subset of YAML, or not YAML at all.
    ALIAS = "WF0101", "an alias (`*name`) repeats another part of the file";
    TAG = "WF0102", "a value begins with `!`, which YAML takes for a tag";
    ANCHOR = "WF0103", "an anchor (`&name`) marks a value for repetition";
    DUPLICATE_KEY = "WF0104", "a key stands twice in one mapping";
    MERGE_KEY = "WF0105", "a merge key (`<<`) copies another mapping";
    DIRECTIVE = "WF0106", "a line begins with `%`, a YAML directive";
    SEVERAL_DOCUMENTS = "WF0107", "a second document begins in the same file";
    KEY_NOT_PLAIN = "WF0108", "a key is not a plain word";
    TAB = "WF0109", "a tab stands in the file";
    CONTROL_CHARACTER = "WF0110", "an invisible control character stands in the file";
    NOT_UTF8 = "WF0111", "the file is not UTF-8";
    TOO_LARGE = "WF0112", "the file is too large";
    TOO_DEEP = "WF0113", "values are nested too deeply";
    TOO_MANY_VALUES = "WF0114", "the file holds too many values";
    NOT_YAML = "WF0115", "the text cannot be read as YAML";
    UNQUOTED_TEMPLATE = "WF0116", "a text which begins with `{` is not quoted";
    EMPTY_FILE = "WF0117", "the file says nothing";
    NOT_JSON = "WF0118", "the text cannot be read as JSON";
    CUT_BY_COMMENT = "WF0119", "a text ends at ` #`, and what follows may belong to it";
    LEFT_OUT = "WF0190", "there is more wrong than is listed";

    // Level 2, shape: keys, kinds and values.
    WRONG_KIND = "WF0201", "a text, a list or a mapping stands where another kind belongs";
    MISSING_KEY = "WF0202", "a required key is missing";
    UNKNOWN_KEY = "WF0203", "a key is not known here";
    EMPTY_VALUE = "WF0204", "a key has no value";
    BAD_VALUE = "WF0205", "a value cannot be read as what belongs here";
    UNKNOWN_CHOICE = "WF0206", "a word is not among the choices";
    BAD_RULE = "WF0207", "a date rule or a length of time cannot be read";
    OUT_OF_RANGE = "WF0208", "a number is too small or too large";
    ONE_OF = "WF0209", "exactly one of several keys belongs here";
    NOT_YET = "WF0210", "a key or value is part of the language and cannot run yet";
    TYPE_NOT_YET = "WF0211", "a task type is part of the language and cannot run yet";
    NOT_INSTALLED = "WF0212", "a task type of a plugin that is not installed";
    BAD_NAME = "WF0213", "a name is not written as names are";
    UNREADABLE_FILE = "WF0214", "a file beside the definition cannot be read";
    STAFF_ONLY = "WF0215", "work is assigned to staff, and this selector finds others";
    PICK_MISSING = "WF0216", "a selector may find several people and does not say who is asked";
    PLUGIN_LACKS = "WF0217", "a plugin that is used lacks a grant, or its file is not the one that was added";
    BAD_SETTINGS = "WF0218", "settings do not fit the schema of the plugin";
    SECRET_IN_SETTINGS = "WF0220", "a password stands in the settings";

    // Level 3, references: names of things that must exist.
    EQUAL_IDS = "WF0301", "two things have one id";
    UNKNOWN_TASK = "WF0302", "a task is named that is not there";
    UNKNOWN_TEMPLATE = "WF0303", "a template is named that is not there";
    UNKNOWN_ROLE = "WF0304", "a contact role is neither declared nor known to the practice";
    UNKNOWN_STAFF_ROLE = "WF0305", "nobody of the staff holds a staff role";
    UNKNOWN_CALENDAR = "WF0306", "a calendar is not known";
    UNKNOWN_ZONE = "WF0307", "a time zone is not known";
    UNKNOWN_OUTCOME = "WF0308", "a task cannot end with an outcome";
    UNKNOWN_ANCHOR = "WF0309", "a date rule hangs on something that is not there";
    UNKNOWN_SIGNER = "WF0310", "a signer waits for one that is not there";
    UNKNOWN_OFFICE = "WF0311", "the practice has no such office";
    UNKNOWN_DEFINITION = "WF0312", "a job definition is named that the practice does not have";
    UNKNOWN_CLIENT_FIELD = "WF0313", "the practice has not declared a field of clients";
    UNKNOWN_ORDER = "WF0314", "people are put in an order by something that they do not have";
    OTHER_JOB = "WF0315", "what is handed to another job, or taken from it, does not fit its definition";
    UNUSED_ROLE = "WF0320", "a contact role is declared and never used";
    UNUSED_TEMPLATE = "WF0321", "a template is written and never used";
    CLIENT_UNCHECKED = "WF0330", "what a definition reads of the client was not checked";
    NOT_THERE = "WF0340", "people, settings or a test name something that is not there";
    FIELD_CLASH = "WF0341", "a declared field has a path that cannot be used";

    // Level 4, types: expressions, scripts and texts.
    EXPRESSION_SYNTAX = "WF0401", "an expression, script or text does not read";
    MIXED_TYPES = "WF0402", "two kinds of value that do not go together";
    UNKNOWN_NAME = "WF0403", "a name that is not known here";
    UNKNOWN_PROPERTY = "WF0404", "a property that the value before it does not have";
    MAY_BE_EMPTY = "WF0405", "a value that may be empty is used as if it were there";
    UNKNOWN_FUNCTION = "WF0406", "a function, filter or test that does not exist";
    WRONG_ARGUMENTS = "WF0407", "a function is given too few, too many or the wrong things";
    WRONG_TYPE = "WF0408", "a value of another type is needed here";
    NOT_ALLOWED = "WF0409", "this part of the expression language is closed";
    EXPRESSION_TOO_LARGE = "WF0410", "an expression, script or text is too large";
    NEVER_TRUE = "WF0411", "a comparison with a word that the value never holds";
    NOT_DECLARED_READ = "WF0412", "a script reads what its `reads` does not name";
    UNROUNDED = "WF0413", "an amount of money is divided, and nothing rounds it";

    // Level 5, data flow: what is read is there.
    MAY_BE_ABSENT = "WF0501", "an output is read of a task that has not surely completed";
    COMES_LATER = "WF0502", "an output is read before its task can have given it";

    // Level 6, flow: every task can begin, and every loop ends.
    CYCLE = "WF0601", "tasks wait for one another in a ring";
    UNREACHABLE = "WF0602", "a task waits for states that never come together";
    CANNOT_HAPPEN = "WF0603", "a task waits for something that cannot happen";
    REOPEN_NOT_BEFORE = "WF0604", "a task is reopened that does not come before";
    DUE_BEFORE_START = "WF0605", "a task is due before it may start";
    DATE_CYCLE = "WF0606", "key dates hang on one another in a ring";
    NO_EFFECT = "WF0607", "a key never has an effect on its task";
    JOB_RING = "WF0608", "jobs start one another in a ring that nothing ends";
    OTHER_ITEMS = "WF0609", "a task waits for the same item of a task that has other items";
    NEVER_ENOUGH = "WF0620", "more people must decide or sign than can ever be asked";
    BY_HAND = "WF0690", "jobs do not open by themselves yet";

    // Level 7, clients: what can be kept, and will be in somebody's way.
    BAD_ADDRESS = "WF0720", "an e-mail address cannot be written to";
    STAFF_LEFT = "WF0721", "a client is in the hands of somebody who has left";

    // Level 8, tests: what a definition's own tests expect of it.
    TEST_MISSED = "WF0801", "a test of the definition does not hold";
}

/// What a code means, in one line.
pub fn meaning(code: &str) -> Option<&'static str> {
    ALL.iter().find(|(id, _)| *id == code).map(|(_, meaning)| *meaning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_stand_in_order() {
        for pair in ALL.windows(2) {
            assert!(pair[0].0 < pair[1].0, "{} stands before {}", pair[0].0, pair[1].0);
        }
    }

    #[test]
    fn a_code_is_wf_and_four_digits_and_means_something() {
        for (id, meaning) in ALL {
            let digits = id.strip_prefix("WF").unwrap_or_else(|| panic!("{id} begins with WF"));
            assert!(digits.len() == 4 && digits.bytes().all(|digit| digit.is_ascii_digit()), "{id}");
            assert!(!meaning.is_empty() && !meaning.ends_with('.'), "{id}: {meaning}");
        }
    }
}
