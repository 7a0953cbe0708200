//! The closed list of functions.
//!
//! Owns: their names, how they are called and how many arguments they take. What they give is typed in `check::call` and
//! computed in `evaluate::call`. There is no other function: nothing that waits, prints, reads a clock or draws lots.

/// A function of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Builtin {
    Lower,
    Upper,
    Title,
    Trim,
    Contains,
    StartsWith,
    EndsWith,
    Replace,
    Split,
    Join,
    Len,
    First,
    Last,
    Filter,
    Map,
    Any,
    All,
    Sum,
    Money,
    Decimal,
    Round,
    Abs,
    Min,
    Max,
    Date,
    DaysBetween,
    AddDays,
    IsWorkingDay,
    Today,
    Now,
    JobForService,
    FormatDate,
    FormatMoment,
    FormatMoney,
    FormatNumber,
}

/// How a function is called.
pub(crate) struct Function {
    pub name: &'static str,
    pub builtin: Builtin,
    /// As it is shown to a person who called it wrongly.
    pub usage: &'static str,
    pub arguments_min: usize,
    pub arguments_max: usize,
}

/// Most numbers or amounts that `min` and `max` compare in one call.
const COMPARED_MAX: usize = 16;

const fn function(name: &'static str, builtin: Builtin, usage: &'static str, min: usize, max: usize) -> Function {
    Function { name, builtin, usage, arguments_min: min, arguments_max: max }
}

/// Functions of expressions and scripts, by name.
pub(crate) const FUNCTIONS: &[Function] = &[
    function("abs", Builtin::Abs, "abs(number or money)", 1, 1),
    function("add_days", Builtin::AddDays, "add_days(date, number)", 2, 2),
    function("all", Builtin::All, "list.all(|x| condition)", 2, 2),
    function("any", Builtin::Any, "list.any(|x| condition)", 2, 2),
    function("contains", Builtin::Contains, "contains(text or list, what)", 2, 2),
    function("date", Builtin::Date, "date(\"2026-01-31\")", 1, 1),
    function("days_between", Builtin::DaysBetween, "days_between(earlier, later)", 2, 2),
    function("decimal", Builtin::Decimal, "decimal(text, number or money)", 1, 1),
    function("ends_with", Builtin::EndsWith, "ends_with(text, ending)", 2, 2),
    function("filter", Builtin::Filter, "list.filter(|x| condition)", 2, 2),
    function("first", Builtin::First, "first(list)", 1, 1),
    function("is_working_day", Builtin::IsWorkingDay, "is_working_day(date)", 1, 1),
    function("job_for_service", Builtin::JobForService, "job_for_service(service)", 1, 1),
    function("join", Builtin::Join, "list.join(\", \")", 2, 2),
    function("last", Builtin::Last, "last(list)", 1, 1),
    function("len", Builtin::Len, "len(text, list or map)", 1, 1),
    function("lower", Builtin::Lower, "lower(text)", 1, 1),
    function("map", Builtin::Map, "list.map(|x| value)", 2, 2),
    function("max", Builtin::Max, "max(one, other) or max(list)", 1, COMPARED_MAX),
    function("min", Builtin::Min, "min(one, other) or min(list)", 1, COMPARED_MAX),
    function("money", Builtin::Money, "money(\"5000.00\", \"GBP\")", 2, 2),
    function("now", Builtin::Now, "now()", 0, 0),
    function("replace", Builtin::Replace, "replace(text, what, with)", 3, 3),
    function("round", Builtin::Round, "round(number or money, decimals)", 1, 2),
    function("split", Builtin::Split, "split(text, separator)", 2, 2),
    function("starts_with", Builtin::StartsWith, "starts_with(text, beginning)", 2, 2),
    function("sum", Builtin::Sum, "list.sum(), list.sum(|x| value) or list.sum(|x| value, beginning)", 1, 3),
    function("today", Builtin::Today, "today()", 0, 0),
    function("trim", Builtin::Trim, "trim(text)", 1, 1),
    function("upper", Builtin::Upper, "upper(text)", 1, 1),
];

/// Filters of letters, by name. The first argument stands before the bar.
pub(crate) const FILTERS: &[Function] = &[
    function("date", Builtin::FormatDate, "{{ date | date }}", 1, 1),
    function("datetime", Builtin::FormatMoment, "{{ datetime | datetime }}", 1, 1),
    function("first", Builtin::First, "{{ list | first }}", 1, 1),
    function("join", Builtin::Join, "{{ list | join(\", \") }}", 2, 2),
    function("last", Builtin::Last, "{{ list | last }}", 1, 1),
    function("length", Builtin::Len, "{{ list | length }}", 1, 1),
    function("lower", Builtin::Lower, "{{ text | lower }}", 1, 1),
    function("money", Builtin::FormatMoney, "{{ money | money }}", 1, 1),
    function("number", Builtin::FormatNumber, "{{ number | number }} or {{ number | number(2) }}", 1, 2),
    function("title", Builtin::Title, "{{ text | title }}", 1, 1),
    function("upper", Builtin::Upper, "{{ text | upper }}", 1, 1),
];

/// Functions that rhai knows and this language closes, with what to do instead.
pub(crate) const CLOSED: &[(&str, &str)] = &[
    ("eval", "write the expression itself"),
    ("print", "return what you want to see"),
    ("debug", "return what you want to see"),
    ("sleep", "use a task of type `wait`"),
    ("timestamp", "use now()"),
    ("rand", "nothing here is left to chance"),
    ("Fn", "write the function where it is used: |x| x.name"),
    ("call", "call the function by its name"),
    ("curry", "write the function where it is used: |x| x.name"),
    ("is_def_var", "declare the name"),
    ("is_def_fn", "declare the function"),
    ("is_shared", "values are never shared"),
    ("type_of", "types are known before it runs"),
];

/// The function of an expression or script by its name.
pub(crate) fn by_name(name: &str) -> Option<&'static Function> {
    FUNCTIONS.binary_search_by(|function| function.name.cmp(name)).ok().map(|index| &FUNCTIONS[index])
}

/// The filter of a letter by its name.
pub(crate) fn filter_by_name(name: &str) -> Option<&'static Function> {
    FILTERS.binary_search_by(|function| function.name.cmp(name)).ok().map(|index| &FILTERS[index])
}

/// How a function is called, for messages.
pub(crate) fn usage(builtin: Builtin) -> &'static Function {
    FUNCTIONS
        .iter()
        .chain(FILTERS)
        .find(|function| function.builtin == builtin)
        .expect("every builtin stands in a table, which a test checks")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted_so_that_every_name_is_found() {
        for table in [FUNCTIONS, FILTERS] {
            assert!(table.is_sorted_by_key(|function| function.name));
        }
        assert!(FUNCTIONS.iter().all(|function| by_name(function.name).is_some()));
        assert!(FILTERS.iter().all(|function| filter_by_name(function.name).is_some()));
    }

    #[test]
    fn no_closed_function_has_a_way_back_in() {
        assert!(CLOSED.iter().all(|(name, _)| by_name(name).is_none() && filter_by_name(name).is_none()));
    }
}
