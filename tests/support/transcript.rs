//! Transcripts: what somebody types in a fresh folder, and what they then see.
//!
//! Owns: the form of the files in `tests/cli`. A line `$ …` is typed; what follows with two spaces before it was said,
//! errors have `! ` there, and the exit code stands as `[1]` when it is not 0. `$ jobwright …` runs the program,
//! `$ write FILE` takes the lines with `> ` before them, `$ cat FILE` and `$ ls [DIR]` look. Lines with `# ` are for
//! readers.

use std::fs;
use std::path::Path;

use super::Folder;
use super::program::{self, Said};

/// Types everything again and gives the transcript as it is now.
pub fn replay(transcript: &str) -> String {
    let folder = Folder::new();
    let mut lines = transcript.lines().peekable();
    let mut replayed = String::new();
    while let Some(line) = lines.next() {
        if let Some(typed) = line.strip_prefix("$ ") {
            let mut given = String::new();
            while let Some(text) = lines.next_if(|line| *line == ">" || line.starts_with("> ")) {
                given += text.strip_prefix("> ").unwrap_or_default();
                given.push('\n');
            }
            if !(replayed.is_empty() || replayed.ends_with("\n\n")) {
                replayed += if is_comment(replayed.lines().last()) { "" } else { "\n" };
            }
            replayed += &format!("$ {typed}\n{}{}", indented("> ", &given), run(&folder, &words(typed), &given));
        } else if is_comment(Some(line)) {
            replayed += if replayed.is_empty() || is_comment(replayed.lines().last()) { "" } else { "\n" };
            replayed += &format!("{line}\n");
        }
    }
    replayed
}

fn is_comment(line: Option<&str>) -> bool {
    line.is_some_and(|line| line.starts_with("# "))
}

/// Each line with a mark before it; a missing end of the last line is told.
fn indented(mark: &str, text: &str) -> String {
    let lines = text.lines().map(|line| format!("{mark}{line}").trim_end().to_owned() + "\n");
    let unended = !text.is_empty() && !text.ends_with('\n');
    lines.collect::<String>() + if unended { "[no line end]\n" } else { "" }
}

fn run(folder: &Folder, words: &[String], given: &str) -> String {
    let [verb, rest @ ..] = words else { return "[nothing typed]\n".to_owned() };
    match verb.as_str() {
        "jobwright" => jobwright(folder.path(), rest),
        "write" => {
            let path = folder.path().join(&rest[0]);
            fs::create_dir_all(path.parent().expect("a file has a folder")).expect("folders can be made");
            fs::write(path, given).expect("files can be written");
            String::new()
        }
        "cat" => match fs::read_to_string(folder.path().join(&rest[0])) {
            Ok(text) => indented("  ", &text),
            Err(error) => format!("! {error}\n"),
        },
        "ls" => indented("  ", &list(&folder.path().join(rest.first().map_or("", String::as_str)))),
        other => panic!("a transcript cannot type `{other}`"),
    }
}

fn jobwright(folder: &Path, arguments: &[String]) -> String {
    let Said { code, out, errors } = program::run(folder, arguments);
    let ended = match code {
        Some(0) => String::new(),
        Some(code) => format!("[{code}]\n"),
        None => "[killed]\n".to_owned(),
    };
    format!("{}{}{ended}", indented("  ", &out), indented("! ", &errors))
}

fn list(folder: &Path) -> String {
    let mut names: Vec<String> = fs::read_dir(folder)
        .map(|entries| entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect())
        .unwrap_or_else(|error| vec![format!("! {error}")]);
    names.sort();
    names.join("\n") + "\n"
}

/// Words as a shell cuts them, with either kind of quotes.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut open) = (Vec::new(), None::<String>, None);
    for letter in line.chars() {
        match (open, letter) {
            (Some(quote), letter) if letter == quote => open = None,
            (None, '"' | '\'') => {
                open = Some(letter);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            (_, letter) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}
