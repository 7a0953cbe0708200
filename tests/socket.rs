//! A running engine and the commands that others type meanwhile.
//!
//! Owns: that a command is answered as if it had the store to itself, whose files, terminal and account it is about, and
//! callers who are many, gone, of another version or no callers at all. Everything is said by real processes.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::thread;

use serde_json::{Value as Json, json};

use crate::support::practice::{PAYROLL, Practice, TO_FILES};
use crate::support::program::{Said, jobwright, run};
use crate::support::running::{Running, hear, say, socket, wait_until};

const PAYROLL_FILE: &str = "payroll.job.yaml";

fn words(line: &str) -> Vec<&str> {
    line.split(' ').collect()
}

/// The practice with a job of May for a client, and its id.
fn with_job(client: &str) -> (Practice, String) {
    let practice = Practice::open_for_business(TO_FILES);
    let job = start(&practice, client);
    (practice, job)
}

fn start(practice: &Practice, client: &str) -> String {
    let started = practice.json(&["start", "monthly-payroll", "--client", client, "--period", "2026-05"]);
    started["job"].as_str().expect("a job").to_owned()
}

#[test]
fn a_command_that_only_looks_is_answered_byte_for_byte_as_without_an_engine() {
    let (practice, job) = with_job("birchwood");
    practice.write("wrong.job.yaml", "format: 1\nid: wrong\nname: Wrong\ntasks: [{ id: a, typ: email }]\n");
    practice.done(["work"]);
    let job = job.as_str();
    let typed: Vec<String> = [
        "jobs",
        "jobs --json --all",
        "show JOB",
        "show JOB --letters",
        "show JOB --json",
        "show nothing",
        "show nothing --json",
        "why JOB",
        "why JOB ask_changes --json",
        "why JOB ask_change",
        "client list",
        "client list --search café",
        "client show birchwood --json",
        "client show nobody",
        "contact list birchwood",
        "contact form",
        "staff list --json",
        "role list",
        "check payroll.job.yaml wrong.job.yaml",
        "check wrong.job.yaml --json",
        "publish wrong.job.yaml",
        "publish wrong.job.yaml --json",
        "publish payroll.job.yaml --dry-run",
        "publish not-there.job.yaml",
        "import not-there.csv",
        "import people.yaml --dry-run",
        "approve JOB nothing --as contact:ann",
        "complete JOB prepare --as nobody",
        "start monthly-payroll --client nobody",
        "start monthly-payroll --where true",
    ]
    .map(|line| line.replace("JOB", job))
    .into();
    // Colours are the caller's too: an engine without a terminal answers one who has them.
    let look = |line: &String, environment: &[(&str, &str)]| practice.run_with(environment, words(line));
    let alone = typed.iter().map(|line| [look(line, &[]), look(line, &[("CLICOLOR_FORCE", "1")])]);
    let alone: Vec<[Said; 2]> = alone.collect();
    let running = Running::start(&practice, &[]);
    for (line, [plain, coloured]) in typed.iter().zip(&alone) {
        assert_eq!(&look(line, &[]), plain, "{line}");
        assert_eq!(&look(line, &[("CLICOLOR_FORCE", "1")]), coloured, "{line}");
    }
    assert!(alone.iter().any(|[plain, coloured]| plain != coloured), "somebody sees colours");
    assert_eq!(running.stop().code, Some(0));
}

/// What a command said and how it ended, without what differs from one practice to the next.
fn masked(said: Said, job: &str) -> Said {
    let mask = |text: String| text.replace(job, "JOB").replace(&job[24..], "SHORT");
    // An engine that goes on needs no `work`, so that nobody is told to give it.
    let waits = |line: &&str| !line.contains("`jobwright work` send");
    let is_time = |word: &str| word.len() == 5 && word.as_bytes()[2] == b':';
    let words = |line: &str| {
        let words = line.split(' ').map(|word| if is_time(word) { "hh:mm" } else { word });
        words.collect::<Vec<_>>().join(" ")
    };
    let out = mask(said.out).lines().filter(waits).map(|line| words(line) + "\n").collect();
    Said { out, errors: mask(said.errors), ..said }
}

#[test]
fn a_command_that_changes_something_does_so_as_without_an_engine() {
    let practices = [(); 2].map(|()| with_job("birchwood"));
    for (practice, _) in &practices {
        practice.done(["work"]);
        practice.write("hours.csv", "name,hours\n");
        practice.write("more.csv", "client_id,client_name,contact_id,contact_name\nzeta,Zeta Ltd,z,Zoe\neta\n,,\n");
    }
    let [(alone, alone_job), (served, served_job)] = &practices;
    let running = Running::start(served, &[]);
    for line in [
        "answer JOB changes_in changes --as contact:ann --file hours.csv",
        "answer JOB changes_in changes --as contact:ann --file hours.csv",
        "complete JOB prepare --as kim --set headcount=12 --set net_total=18400.00 --set tax_total=20",
        "contact add birchwood/eve Eve email=eve@birchwood.example roles=payroll",
        "contact tick copperfield/jess payroll",
        "client set birchwood office=York",
        "client set birchwood office=Nowhere",
        "staff add max Max",
        "role add night Nights --hint At_night",
        "role remove night",
        "import more.csv",
        "import more.csv --all-or-nothing --json",
        "skip JOB nothing --note Enough --as pat",
        "cancel JOB --as pat",
        "cancel JOB --as pat --note Enough",
        "cancel JOB --as pat --note Enough",
    ] {
        let [alone, served] = [(alone, alone_job), (served, served_job)]
            .map(|(practice, job)| masked(practice.run(words(&line.replace("JOB", job))), job));
        assert_eq!(served, alone, "{line}");
    }
    assert_eq!(running.stop().code, Some(0));
    for (practice, job) in &practices {
        assert_eq!(practice.json(&["show", job])["state"], "cancelled");
        assert_eq!(practice.client("zeta").name, "Zeta Ltd");
    }
}

#[test]
fn files_are_the_callers_own_wherever_they_stand() {
    let (practice, job) = with_job("birchwood");
    let running = Running::start(&practice, &[]);
    wait_until("the first letter left", || practice.folder().join("letters").is_dir());
    let elsewhere = practice.folder().join("elsewhere");
    fs::create_dir(&elsewhere).expect("a folder");
    fs::write(elsewhere.join("hours.csv"), [0, 159, 146, 150]).expect("a file that is no text");
    let there = |line: &str| run(&elsewhere, words(&format!("-C .. {line}")));
    let typed = |line: &str| {
        let said = there(&line.replace("JOB", &job));
        assert_eq!((said.code, said.errors.as_str()), (Some(0), ""), "{line}: {said:#?}");
    };
    wait_until("it is asked for the changes", || {
        practice.json(&["show", &job])["tasks"][1]["state"] == "awaiting_client"
    });
    typed("answer JOB changes_in changes --as contact:ann --file hours.csv");
    typed("show JOB --document changes_in/changes --as kim --to copy.csv");
    assert_eq!(fs::read(elsewhere.join("copy.csv")).expect("a copy"), [0, 159, 146, 150]);
    let again = there(&format!("show {job} --document changes_in/changes --as kim --to copy.csv"));
    again.refuses(1, &["copy.csv is there already"]);
    let mut raw = jobwright(&elsewhere);
    let shown = raw.args(["-C", "..", "show", &job, "--document", "changes_in/changes", "--as", "kim"]).output();
    assert_eq!(shown.expect("the program runs").stdout, [0, 159, 146, 150]);
    // Nothing lies where the engine was started.
    assert!(!practice.folder().join("copy.csv").exists());
    drop(running);
}

#[test]
fn who_acts_is_who_typed_it_and_not_who_started_the_engine() {
    let (practice, job) = with_job("birchwood");
    practice.done(["work"]);
    let account = |practice: &Practice, number: usize| {
        practice.json(&["show", &job])["events"][number]["by"]["entered_by"].clone()
    };
    let alone = account(&practice, 0);
    assert!(alone.is_string(), "{alone}");
    let running = Running::start(&practice, &[("JOBWRIGHT_AS", "ros"), ("USER", "daemon")]);
    let note = "by telephone";
    let said =
        practice.run_with(&[("JOBWRIGHT_AS", "contact:ann")], ["answer", &job, "changes_in", "changes", "--nothing"]);
    assert_eq!(said.code, Some(0), "{said:#?}");
    let said = practice.run(["skip", &job, "prepare", "--as", "lee", "--note", note]);
    assert_eq!(said.code, Some(0), "{said:#?}");
    let nobody = practice.run(["answer", &job, "changes_in", "changes", "--nothing", "--as", "contact:nobody"]);
    nobody.refuses(3, &["there is no contact of client birchwood `nobody`"]);
    let told = practice.json(&["show", &job])["events"].to_string();
    let acts = practice.json(&["show", &job])["events"].as_array().expect("events").clone();
    for (kind, who) in [("item_answered", "ann"), ("task_skipped", "lee")] {
        let act = acts.iter().find(|event| event["kind"] == kind).expect("the act");
        let by = [&act["by"], &act["why"]["by"]].into_iter().find(|by| by["id"] == who);
        assert_eq!(by.map(|by| &by["entered_by"]), Some(&alone), "{act}");
    }
    assert!(!told.contains(r#""id":"ros""#), "{told}");
    drop(running);
}

#[test]
fn what_was_asked_of_a_running_engine_is_worked_on_at_once() {
    let practice = Practice::open_for_business(TO_FILES);
    practice.write("review.job.yaml", include_str!("../workflows/salary-review.job.yaml"));
    practice.done(["publish", "review.job.yaml"]);
    let running = Running::start(&practice, &[]);
    let started = practice.run(["start", "salary-review", "--client", "copperfield", "--period", "2026"]);
    assert_eq!(started.code, Some(0), "{started:#?}");
    assert!(!started.out.contains("`jobwright work`"), "nobody needs to give another command: {}", started.out);
    let letters = || fs::read_dir(practice.folder().join("letters")).map_or(0, Iterator::count);
    wait_until("the client's own contact at the practice is told", || letters() == 1);
    practice.done(["contact", "tick", "copperfield/jess", "payroll"]);
    wait_until("the letter goes out by itself", || letters() >= 2);
    assert_eq!(running.stop().code, Some(0));
}

#[test]
fn many_ask_at_once_and_each_is_answered() {
    let practice = Practice::open_for_business(TO_FILES);
    let running = Running::start(&practice, &[]);
    let months: Vec<String> = (0..30).map(|month| format!("{}-{:02}", 2020 + month / 12, month % 12 + 1)).collect();
    thread::scope(|scope| {
        for month in &months {
            let typed = ["start", "monthly-payroll", "--client", "birchwood", "--period", month];
            let practice = &practice;
            scope.spawn(move || practice.done(typed));
        }
    });
    let jobs = practice.done(["jobs", "--client", "birchwood", "--json"]);
    assert_eq!(jobs.lines().count(), months.len());
    assert_eq!(running.stop().code, Some(0));
    assert_eq!(practice.done(["jobs", "--client", "birchwood", "--json"]).lines().count(), months.len());
}

#[test]
fn only_its_own_account_reaches_the_socket_and_it_is_gone_with_the_engine() {
    let practice = Practice::with_people(TO_FILES);
    let running = Running::start(&practice, &[]);
    let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(&running.socket()), 0o600);
    assert_eq!(mode(&practice.folder().join(".jobwright")), 0o700);
    assert_eq!(running.stop().code, Some(0));
    assert!(!socket(practice.folder()).exists());
}

#[test]
fn a_socket_that_a_killed_engine_left_is_in_nobodys_way() {
    let practice = Practice::with_people(TO_FILES);
    Running::start(&practice, &[]).kill();
    assert!(socket(practice.folder()).exists(), "a killed engine cannot tidy up");
    practice.done(["jobs"]);
    assert!(!socket(practice.folder()).exists(), "whoever has the store next takes it away");
    drop(Running::start(&practice, &[]));
    let running = Running::start(&practice, &[]);
    practice.done(["jobs"]);
    assert_eq!(running.stop().code, Some(0));
}

#[test]
fn a_second_engine_is_told_who_has_the_store() {
    let practice = Practice::with_people(TO_FILES);
    let running = Running::start(&practice, &[]);
    let holds = format!("in use by process {}", running.id());
    thread::scope(|scope| {
        let verbs = [&["work", "--follow"][..], &["work", "--follow", "-v"]];
        let practice = &practice;
        let refused = verbs.map(|verb| scope.spawn(move || practice.run(verb)));
        let words = ["cannot use the store", &holds, "wait until it is done, or end it"];
        refused.into_iter().for_each(|said| said.join().expect("a run").refuses(4, &words));
    });
    let real = practice.run(["run", "not-there.yaml", "--client", "birchwood", "--clock", "real"]);
    real.refuses(4, &["a running engine drives this practice already", "jobwright publish", "jobwright start"]);
    assert_eq!(running.stop().code, Some(0));
}

/// Somebody who speaks to the engine without our program.
fn stranger(running: &Running) -> (UnixStream, Json) {
    let mut stream = UnixStream::connect(running.socket()).expect("it serves");
    let (greeting, _) = hear(&mut stream).expect("it speaks").expect("it greets");
    (stream, greeting)
}

fn request(can_answer: bool) -> Json {
    let stream = json!({ "colour": false, "is_terminal": false });
    json!({
        "program": env!("CARGO_PKG_VERSION"), "acting": null, "account": "somebody", "out": stream, "errors": stream,
        "can_answer": can_answer,
    })
}

/// The folder and the words of a command, as they stand beside a request.
fn typed(practice: &Practice, words: &[&str]) -> Vec<u8> {
    let folder = practice.folder().to_str().expect("text");
    let all = [folder, "jobwright"].into_iter().chain(words.iter().copied());
    all.flat_map(|word| [word.as_bytes(), &[0]].concat()).collect()
}

#[test]
fn a_caller_who_goes_away_or_talks_nonsense_harms_nobody() {
    let practice = Practice::open_for_business(TO_FILES);
    let running = Running::start(&practice, &[]);
    drop(stranger(&running));
    for nonsense in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[255; 64], &[0, 0, 0, 2, 0, 0, 0, 0, b'{', b'}'], &[0, 0]] {
        let (mut stream, _) = stranger(&running);
        std::io::Write::write_all(&mut stream, nonsense).expect("it listens");
        stream.shutdown(std::net::Shutdown::Write).expect("open");
        let mut rest = Vec::new();
        // It may close before it has read everything.
        let _ = stream.read_to_end(&mut rest);
        assert_eq!(rest, b"", "{nonsense:?}");
    }
    // Gone before the answer: what was asked is done all the same, or not at all.
    for month in 1..=9 {
        let (mut stream, _) = stranger(&running);
        let period = format!("2025-0{month}");
        let words = ["start", "monthly-payroll", "--client", "birchwood", "--period", &period];
        say(&mut stream, &request(false), &typed(&practice, &words)).expect("it listens");
    }
    // Gone in the middle of a file that the engine wants to read.
    let (mut stream, _) = stranger(&running);
    say(&mut stream, &request(false), &typed(&practice, &["import", "more.csv"])).expect("it listens");
    while hear(&mut stream).expect("it speaks").expect("it goes on").0 != json!("Open") {}
    say(&mut stream, &json!({ "File": [0, 1000] }), b"").expect("it listens");
    drop(stream);
    // What no verb of a running engine is.
    for words in [&["work", "--follow"][..], &["init", "x"], &["frobnicate"], &[]] {
        let (mut stream, _) = stranger(&running);
        say(&mut stream, &request(false), &typed(&practice, words)).expect("it listens");
        let mut said = Vec::new();
        while let Some((message, _)) = hear(&mut stream).expect("it speaks") {
            said.push(message);
        }
        assert_eq!(said.last(), Some(&json!({ "Ended": 2 })), "{words:?}: {said:?}");
    }
    let all = practice.done(["jobs", "--json"]);
    assert!(all.lines().count() <= 9);
    assert_eq!(running.stop().code, Some(0));
    practice.done(["jobs"]);
}

#[test]
fn a_question_is_put_where_the_command_was_typed() {
    let (practice, _) = with_job("birchwood");
    practice.write(PAYROLL_FILE, PAYROLL.replace("Monthly payroll\n", "Monthly payrolls\n"));
    let running = Running::start(&practice, &[]);
    let unasked = practice.run(["publish", PAYROLL_FILE]);
    unasked.refuses(1, &["nothing was published: 1 running jobs want an answer"]);
    let (mut stream, _) = stranger(&running);
    say(&mut stream, &request(true), &typed(&practice, &["publish", PAYROLL_FILE])).expect("it listens");
    let (out, asked, code) = play_the_program(stream, &practice, "keep\n");
    assert_eq!((code, asked.as_str()), (json!(0), "Move them to the new version? [keep/update] "));
    assert!(out.contains("Published monthly-payroll as version 2"), "{out}");
    drop(running);
}

/// Does what the engine says, as our program would; gives the output, the question and the exit code.
fn play_the_program(mut stream: UnixStream, practice: &Practice, answer: &str) -> (String, String, Json) {
    let (mut out, mut asked, mut file) = (String::new(), String::new(), None);
    loop {
        let (message, beside) = hear(&mut stream).expect("it speaks").expect("it goes on");
        let text = String::from_utf8(beside).expect("text");
        let mut reply = |message: &Json, beside: &[u8]| say(&mut stream, message, beside).expect("it listens");
        match (message.as_str(), &message) {
            (Some("Out"), _) => out += &text,
            (Some("Ask"), _) => {
                asked += &text;
                reply(&json!("Done"), answer.as_bytes());
            }
            (Some("Open"), _) => {
                match File::open(practice.folder().join(text)) {
                    Ok(opened) => {
                        reply(&json!({ "File": [0, opened.metadata().expect("a file").len()] }), b"");
                        file = Some(opened);
                    }
                    // A file that may stand beside the one that was typed.
                    Err(error) => reply(&json!({ "Failed": [error.raw_os_error(), error.to_string()] }), b""),
                }
            }
            (None, say) if say["Read"].is_array() => {
                let mut piece = vec![0; say["Read"][1].as_u64().expect("a number") as usize];
                let found = file.as_mut().expect("an open file").read(&mut piece).expect("it can be read");
                reply(&json!("Done"), &piece[..found]);
            }
            (None, say) if say["Close"].is_number() => reply(&json!("Done"), b""),
            (None, say) if say["Ended"].is_number() => return (out, asked, say["Ended"].clone()),
            _ => {}
        }
    }
}

#[test]
fn as_many_as_it_can_serve_are_served_and_the_next_is_told() {
    let practice = Practice::with_people(TO_FILES);
    let running = Running::start(&practice, &[]);
    let greeted: Vec<(UnixStream, Json)> = (0..40).map(|_| stranger(&running)).collect();
    let ready = greeted.iter().filter(|(_, greeting)| greeting["ready"] == true).count();
    // The look whether it serves may hold the place of one a little longer.
    assert!((15..=16).contains(&ready), "{ready}");
    drop(greeted);
    // Their places are free again.
    practice.done(["jobs"]);
    drop(running);
}

/// Something at the socket that greets like this, while the test runs.
fn impostor(practice: &Practice, greeting: Json) {
    let listener = UnixListener::bind(socket(practice.folder())).expect("a socket");
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = say(&mut stream, &greeting, b"");
        }
    });
}

#[test]
fn an_engine_of_another_version_or_a_busy_one_is_told_as_such() {
    let (other, busy) = (Practice::with_people(TO_FILES), Practice::with_people(TO_FILES));
    impostor(&other, json!({ "protocol": 1, "program": "0.0.1", "process": 17, "ready": true }));
    let words = ["the running engine is of another version", "process 17 runs jobwright 0.0.1", "start it again"];
    other.run(["jobs"]).refuses(4, &words);
    let ours = env!("CARGO_PKG_VERSION");
    impostor(&busy, json!({ "protocol": 1, "program": ours, "process": 18, "ready": false }));
    busy.run(["jobs"]).refuses(4, &["the running engine is busy", "process 18", "try again"]);
}

#[test]
fn an_engine_that_ends_in_the_middle_leaves_no_doubt_unsaid() {
    let practice = Practice::with_people(TO_FILES);
    let listener = UnixListener::bind(socket(practice.folder())).expect("a socket");
    let ours = env!("CARGO_PKG_VERSION");
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let greeting = json!({ "protocol": 1, "program": ours, "process": 19, "ready": true });
            let _ = say(&mut stream, &greeting, b"").and_then(|()| hear(&mut stream));
            let _ = say(&mut stream, &json!("Taken"), b"");
        }
    });
    let words = ["the running engine ended before it had answered", "process 19", "may be done or not"];
    practice.run(["role", "add", "night", "Nights"]).refuses(4, &words);
}
