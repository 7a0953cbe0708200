//! How a letter greets a person.
//!
//! Owns: reading a full name as people write it (titles, `Last, First`, initials, particles, departments) for the part
//! that stands after "Dear". Where no first name can be told for certain the whole name stands: it is never wrong, while
//! "Dear Mr," is. Leaves greetings that a person wrote down to the contact's own field.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

use super::Contact;

/// Before a name, in lower case and without a dot.
const TITLES: &[&str] = &[
    "mr",
    "mrs",
    "ms",
    "miss",
    "mx",
    "master",
    "sir",
    "dame",
    "lord",
    "lady",
    "rev",
    "revd",
    "reverend",
    "fr",
    "hon",
    "dr",
    "prof",
    "professor",
    "doctor",
    "capt",
    "col",
    "major",
    "herr",
    "hr",
    "frau",
    "fräulein",
    "ing",
    "dipl",
    "dipl-ing",
    "dipl-kfm",
    "mag",
    "dkfm",
    "ra",
    "rain",
    "stb",
    "m",
    "mm",
    "mme",
    "mlle",
    "monsieur",
    "madame",
    "mademoiselle",
    "me",
    "maître",
    "sr",
    "sra",
    "srta",
    "señor",
    "señora",
    "sig",
    "sigra",
    "dott",
    "dottssa",
    "avv",
    "dhr",
    "mevr",
    "mw",
    "drs",
    "ir",
    "mgr",
    "mudr",
    "judr",
    "pani",
    "pan",
    "h",
    "c",
    "hc",
    "univ-prof",
    "em",
];

/// Titles that are letters as initials are, and titles only with another before or behind them.
const TITLES_IN_COMPANY: &[&str] = &["h", "c", "hc", "em", "m", "mm"];

/// Behind a name and a comma, in lower case and without dots: `Ann Bell, ACA`.
const SUFFIXES: &[&str] = &[
    "jr", "jnr", "sr", "snr", "ii", "iii", "iv", "phd", "md", "dds", "esq", "aca", "acca", "fca", "fcca", "cpa", "cfa",
    "cta", "mba", "ma", "ba", "msc", "bsc", "llm", "llb", "mbe", "obe", "cbe", "kc", "qc", "rn", "pe", "dphil", "att",
];

/// Words by which a name is that of a company, a department or a mailbox, in lower case and without dots.
const NO_PERSON: &[&str] = &[
    "accounting",
    "accounts",
    "admin",
    "administration",
    "ag",
    "and",
    "associates",
    "assistant",
    "billing",
    "board",
    "bookkeeping",
    "buchhaltung",
    "bureau",
    "bv",
    "cie",
    "club",
    "co",
    "committee",
    "company",
    "contact",
    "corp",
    "council",
    "customer",
    "department",
    "dept",
    "desk",
    "directors",
    "ek",
    "enquiries",
    "et",
    "family",
    "familie",
    "finance",
    "firma",
    "foundation",
    "gbr",
    "general",
    "gmbh",
    "group",
    "help",
    "hello",
    "household",
    "hr",
    "inc",
    "info",
    "invoices",
    "kanzlei",
    "kg",
    "kontakt",
    "limited",
    "llc",
    "llp",
    "ltd",
    "mail",
    "management",
    "manager",
    "nv",
    "office",
    "ohg",
    "ops",
    "partners",
    "payroll",
    "personal",
    "plc",
    "post",
    "postmaster",
    "purchase",
    "reception",
    "rechnung",
    "sa",
    "sales",
    "sarl",
    "school",
    "secretary",
    "sekretariat",
    "service",
    "services",
    "shop",
    "society",
    "sons",
    "srl",
    "staff",
    "studio",
    "support",
    "tax",
    "team",
    "the",
    "treasurer",
    "trust",
    "trustees",
    "und",
    "vat",
    "verein",
    "webmaster",
];

/// In lower case before a last name: a name that begins so has no first name in it.
const PARTICLES: &[&str] = &[
    "al", "am", "bin", "da", "dal", "de", "del", "della", "den", "der", "des", "di", "do", "dos", "du", "el", "la",
    "le", "ten", "ter", "van", "vom", "von", "zu", "zum", "zur",
];

/// The name by which a letter greets a person: the first name where one can be told, else the whole name.
///
/// ```
/// use jobwright_core::directory::first_name;
///
/// assert_eq!(first_name("Dr. Ann van der Berg"), "Ann");
/// assert_eq!(first_name("Bell, Ann"), "Ann");
/// assert_eq!(first_name("Mr J. Bell"), "Mr Bell");
/// assert_eq!(first_name("Accounts Department"), "Accounts Department");
/// ```
pub fn first_name(name: &str) -> String {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    told(&name).unwrap_or_else(|| name.trim_matches([',', ' ']).to_string())
}

/// What stands after "Dear" in a letter: what a person wrote down, else the first name.
pub fn greeting(contact: &Contact) -> String {
    match contact.greeting.as_deref().map(str::trim) {
        Some(greeting) if !greeting.is_empty() => greeting.to_string(),
        _ => first_name(&contact.name),
    }
}

/// What can be told of a name for certain.
fn told(name: &str) -> Option<String> {
    let ordered = in_order(name)?;
    // What stands in brackets is about the person and not a name.
    let words: Vec<&str> = ordered.split(' ').filter(|word| !word.starts_with('(')).collect();
    let is_no_person = |word: &&str| NO_PERSON.contains(&plain(word).as_str()) && !is_title(word, &words);
    let has_signs = ordered.contains(|c: char| c.is_ascii_digit() || "@&+/|_:;".contains(c));
    if has_signs || words.iter().any(is_no_person) {
        return None;
    }
    let titles = words.iter().take_while(|word| is_title(word, &words)).count();
    let rest = &words[titles..];
    let (first, last) = (rest.first()?, rest.last()?);
    let is_first_name = !is_initial(first) && !PARTICLES.contains(first) && (rest.len() > 1 || titles == 0);
    if is_first_name && !is_family_name_first(first) {
        return Some((*first).to_string());
    }
    // "Mr J. Bell" is greeted as Mr Bell; without a title an initial needs the whole name.
    let after_initials = rest.iter().position(|word| !is_initial(word))?;
    let has_title_and_initial = titles > 0 && after_initials > 0 && !last.is_empty();
    has_title_and_initial.then(|| format!("{} {}", words[..titles].join(" "), rest[after_initials..].join(" ")))
}

/// The name with its first names first: `Bell, Ann` is turned, `Ann Bell, ACA` loses its suffix. Nothing when it has
/// commas that mean neither.
fn in_order(name: &str) -> Option<String> {
    let parts: Vec<&str> = name.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
    let is_suffix = |part: &&str| part.split(' ').all(|word| SUFFIXES.contains(&plain(word).as_str()));
    let kept: Vec<&str> =
        parts.iter().take(1).copied().chain(parts.iter().skip(1).copied().filter(|part| !is_suffix(part))).collect();
    match kept[..] {
        [one] => Some(one.to_string()),
        [last, first] => Some(format!("{first} {last}")),
        _ => None,
    }
}

/// A word in lower case and without dots.
fn plain(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_alphanumeric()).replace('.', "").to_lowercase()
}

fn is_title(word: &str, words: &[&str]) -> bool {
    let plain = plain(word);
    if !TITLES.contains(&plain.as_str()) {
        return false;
    }
    // `M. Bell` begins with an initial, unless another title says that it is one too.
    let is_sure = |word: &str| TITLES.contains(&word) && !TITLES_IN_COMPANY.contains(&word);
    is_sure(&plain) || words.iter().any(|word| is_sure(&self::plain(word)))
}

/// `J.`, `J`, `J.R.`, `JR.`: letters that stand for names.
fn is_initial(word: &str) -> bool {
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    let is_latin = word.chars().all(|c| c == '.' || c == '-' || (c.is_alphabetic() && c.is_uppercase()));
    is_latin && (letters == 1 || (word.contains('.') && letters <= 4))
}

/// Written Chinese, Japanese and Korean put the family's name first, with or without a space behind it.
fn is_family_name_first(word: &str) -> bool {
    word.chars().any(|c| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}'))
}

#[cfg(test)]
mod tests {
    use super::first_name;

    #[test]
    fn r56_a_person_is_greeted_as_a_person_would() {
        for (name, greeted) in [
            ("Ann Bell", "Ann"),
            ("  Ann   Bell ", "Ann"),
            ("Moll", "Moll"),
            ("Mr John Smith", "John"),
            ("Mr. John Smith", "John"),
            ("MR JOHN SMITH", "JOHN"),
            ("Mr J. Bell", "Mr Bell"),
            ("Mr J Bell", "Mr Bell"),
            ("Mrs A. M. Bell", "Mrs Bell"),
            ("Mr J.R. Bell", "Mr Bell"),
            ("Mr Bell", "Mr Bell"),
            ("Dr. Bell", "Dr. Bell"),
            ("Dr. Ann Bell", "Ann"),
            ("Dr. Ann van der Berg", "Ann"),
            ("Prof. Dr. Zoë Müller", "Zoë"),
            ("Prof. Dr. h.c. Zoë Müller", "Zoë"),
            ("Herr Dr. Jürgen Groß", "Jürgen"),
            ("Frau Müller", "Frau Müller"),
            ("Mme Zoé Durand", "Zoé"),
            ("Bell, Ann", "Ann"),
            ("BELL, ANN", "ANN"),
            ("Bell, Mr J.", "Mr Bell"),
            ("Bell, Dr. Ann", "Ann"),
            ("van der Berg, Edwin", "Edwin"),
            ("van der Berg", "van der Berg"),
            ("Ann Bell, ACA", "Ann"),
            ("Ann Bell, ACA, CTA", "Ann"),
            ("John Smith, Jr.", "John"),
            ("Bell, Ann, ACA", "Ann"),
            ("Bell,", "Bell"),
            ("J. Bell", "J. Bell"),
            ("J.R. Bell", "J.R. Bell"),
            ("M. Bell", "M. Bell"),
            ("Ann (payroll) Bell", "Ann"),
            ("Ann-Marie Bell", "Ann-Marie"),
            ("Jo Bell", "Jo"),
            ("O'Brien Kelly", "O'Brien"),
            ("Accounts Department", "Accounts Department"),
            ("Accounts Dept.", "Accounts Dept."),
            ("The Directors", "The Directors"),
            ("Ann and Tom Bell", "Ann and Tom Bell"),
            ("Ann & Tom Bell", "Ann & Tom Bell"),
            ("Mr and Mrs Bell", "Mr and Mrs Bell"),
            ("Acme Foundry Ltd", "Acme Foundry Ltd"),
            ("Müller GmbH", "Müller GmbH"),
            ("Müller GmbH & Co. KG", "Müller GmbH & Co. KG"),
            ("info", "info"),
            ("info@acme.example", "info@acme.example"),
            ("田中太郎", "田中太郎"),
            ("田中 太郎", "田中 太郎"),
            ("Иван Петров", "Иван"),
            ("Smith, John, of Acme", "Smith, John, of Acme"),
            ("Mr", "Mr"),
            ("", ""),
        ] {
            assert_eq!(first_name(name), greeted, "{name}");
        }
    }
}
