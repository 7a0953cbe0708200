//! Machine code: where it lies, and that none comes with a practice.

use std::fs;
use std::path::PathBuf;

use super::{at_work, good, with};
use crate::support::practice::Practice;

fn names(folder: PathBuf) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// Files of a practice that hold machine code, or seal it.
fn compiled(practice: &Practice) -> Vec<String> {
    let kept = names(practice.folder().join(".jobwright/plugins"));
    kept.into_iter().filter(|name| !name.ends_with(".wasm")).collect()
}

#[test]
fn r01_a_practice_folder_carries_no_machine_code_and_what_somebody_put_there_is_not_run() {
    let practice = at_work(&good(), "");
    assert_eq!(compiled(&practice), <[&str; 0]>::default());
    for name in ["key", "00.cwasm", "00.seal", "00.known"] {
        practice.write(&format!(".jobwright/plugins/{name}"), [7; 32]);
    }
    practice.done(["work"]);
    assert_eq!(compiled(&practice), <[&str; 0]>::default(), "what earlier versions left is deleted");
    assert!(practice.done(["show", "one/birchwood"]).contains("ok true"));
}

#[test]
fn r01_a_cache_within_the_practice_or_none_at_all_is_said_once_and_plugins_run_all_the_same() {
    let practice = with(&good());
    let within = practice.folder().join("home");
    fs::create_dir(&within).expect("a folder");
    let within = within.to_str().expect("a path");
    let said = practice.run_with(&[("XDG_CACHE_HOME", within)], ["plugin", "add", "test.wasm"]);
    assert_eq!(said.code, Some(0), "{said:#?}");
    assert_eq!(said.errors.matches("compiled anew each time").count(), 1, "{}", said.errors);
    assert_eq!(names(practice.folder().join("home")), <[&str; 0]>::default());
    let said = practice.run_with(&[("XDG_CACHE_HOME", ""), ("HOME", "")], ["plugin", "list"]);
    assert_eq!(said.code, Some(0), "{said:#?}");
    assert_eq!(said.errors.matches("has no cache folder").count(), 1, "{}", said.errors);
}

#[test]
fn r20_a_damaged_key_is_made_anew_and_doctor_speaks_of_plugins() {
    let practice = at_work(&good(), "");
    let cache = practice
        .folder()
        .parent()
        .expect("a folder")
        .join(format!("{}-cache", practice.folder().file_name().expect("a name").to_string_lossy()));
    let environment = [("XDG_CACHE_HOME", cache.to_str().expect("a path"))];
    let run = |arguments: &[&str]| practice.run_with(&environment, arguments);
    assert_eq!(run(&["plugin", "list"]).code, Some(0));
    fs::write(cache.join("jobwright/plugins/key"), b"ab").expect("written");
    assert_eq!(run(&["plugin", "list"]).code, Some(0));
    assert_eq!(run(&["work"]).code, Some(0));
    assert!(practice.done(["show", "one/birchwood"]).contains("ok true"));
    let well = run(&["doctor", "--quick"]).out;
    assert!(well.contains("test 1.0.0 runs, signed by nobody"), "{well}");
    assert!(well.contains("compiled plugins lie in"), "{well}");
    fs::remove_dir_all(&cache).expect("removed");
    // A wish that is not granted, a file that is damaged, a secret that others may read.
    let plugin = practice.folder().join("plugins/test.wasm");
    let whole = fs::read(&plugin).expect("a component");
    fs::write(&plugin, &whole[..whole.len() - 1]).expect("written");
    practice.write("plugins/grants.toml", format!("[gone]\ndigest = \"sha256:{:064}\"\n", 0));
    let ill = practice.run(["doctor", "--quick"]);
    assert_eq!(ill.code, Some(1), "{ill:#?}");
    for words in ["bad   plugins         test: plugins/test.wasm is sha256:", "gone: is granted something"] {
        assert!(ill.out.contains(words), "{words}:\n{}", ill.out);
    }
    practice.write(".jobwright/secrets.toml", "[plugins]\ntoken = \"s3cret-of-somebody\"\n");
    let open = practice.run(["doctor", "--quick"]);
    assert!(open.out.contains("chmod 600"), "{}", open.out);
}
