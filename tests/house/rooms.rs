//! The house rules that a compiler does not know: the order of the rooms, where `unsafe` may stand, how long a file may be.
//! CONTRIBUTING.md explains them.

use std::fs;
use std::path::{Path, PathBuf};

/// Rooms from the ground up. A room imports only from rooms before it in the list, and from itself.
const ROOMS: [&str; 15] = [
    "numeric",
    "stats",
    "market",
    "model",
    "venue",
    "account",
    "scenario",
    "engine",
    "estimate",
    "result",
    "study",
    "calibrate",
    "report",
    "serve",
    "cli",
];

/// The room that belongs to the program and not to the library.
const PROGRAM: &str = "cli";

/// Siblings: the first of a pair does not know the second, nor the second the first. They meet only in bars.
const STRANGERS: [(&str, &str); 2] = [("model", "account"), ("model", "venue")];

/// The one file that may say `unsafe`: it calls a kernel compiled for instructions that it has just looked for.
const UNSAFE_FILE: &str = "numeric/dispatch.rs";

const LONGEST_FILE: usize = 400;

/// A source file: its path below `src/` with forward slashes, and its text.
pub struct Source {
    pub path: String,
    pub text: String,
}

impl Source {
    /// The room that the file lives in; none for `lib.rs` and `main.rs`.
    fn room(&self) -> Option<&str> {
        match self.path.split_once('/') {
            Some((room, _)) => Some(room),
            None => Some(self.path.strip_suffix(".rs")?).filter(|stem| !["lib", "main"].contains(stem)),
        }
    }
}

pub fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut files: Vec<PathBuf> = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
        .into_iter()
        .map(|file| Source {
            path: file.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/"),
            text: fs::read_to_string(&file).unwrap(),
        })
        .collect()
}

/// The text with comments and literals blanked out, byte for byte, so that places stay true.
pub fn code_only(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut code = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text[at..];
        let end = at + literal_length(rest, at > 0 && is_word(bytes[at - 1])).unwrap_or(0);
        for byte in &mut code[at..end] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        at = if end > at { end } else { at + rest.chars().next().map_or(1, char::len_utf8) };
    }
    String::from_utf8(code).unwrap()
}

pub fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Length of the comment or literal that the text starts with, if it does.
fn literal_length(text: &str, inside_a_word: bool) -> Option<usize> {
    let to_end_of =
        |mark: &str, skip: usize| text[skip..].find(mark).map_or(text.len(), |n| skip + n + mark.len());
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if text.starts_with("/*") {
        return Some(to_end_of("*/", 2));
    }
    if !inside_a_word {
        let raw = text.trim_start_matches('b');
        if let Some(hashes) = raw.strip_prefix('r') {
            let count = hashes.len() - hashes.trim_start_matches('#').len();
            if hashes[count..].starts_with('"') {
                let start = text.len() - hashes.len() + count + 1;
                return Some(to_end_of(&format!("\"{}", "#".repeat(count)), start));
            }
        }
    }
    let quote = text.chars().next()?;
    if quote == '\'' {
        // A character ('x', '\n', '"'); anything else is a lifetime.
        let mut inner = text.char_indices().skip(1);
        let (_, first) = inner.next()?;
        if first != '\\' && inner.next().is_none_or(|(_, next)| next != '\'') {
            return None;
        }
    } else if quote != '"' {
        return None;
    }
    let mut escaped = false;
    for (place, letter) in text.char_indices().skip(1) {
        if !escaped && letter == quote {
            return Some(place + 1);
        }
        escaped = !escaped && letter == '\\';
    }
    Some(text.len())
}

fn line_of(code: &str, place: usize) -> usize {
    code[..place].bytes().filter(|byte| *byte == b'\n').count() + 1
}

/// Every room named after `root` (`crate::`, or the name of the library), grouped imports included, with its line.
fn imported_rooms(code: &str, root: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (place, mark) in code.match_indices(root) {
        if place > 0 && (is_word(code.as_bytes()[place - 1]) || code.as_bytes()[place - 1] == b'$') {
            continue;
        }
        let after = place + mark.len();
        for (offset, name) in first_segments(&code[after..]) {
            found.push((line_of(code, after + offset), name));
        }
    }
    found
}

/// The first segments of a path: one name, or the names at the top level of `{a::X, b::{Y, Z}}`.
fn first_segments(path: &str) -> Vec<(usize, String)> {
    let name_at = |start: usize| {
        let name: String = path[start..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        (start, name)
    };
    if !path.starts_with('{') {
        return vec![name_at(0)];
    }
    let mut names = Vec::new();
    let mut depth = 0;
    let mut expected = false;
    for (place, letter) in path.char_indices() {
        match letter {
            '{' => {
                depth += 1;
                expected = depth == 1;
            }
            '}' => depth -= 1,
            ',' if depth == 1 => expected = true,
            _ if expected && !letter.is_whitespace() => {
                names.push(name_at(place));
                expected = false;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    names
}

/// What is wrong with this room using that one, with the remedy; none if it may.
fn objection(room: &str, used: &str) -> Option<String> {
    let position = |name: &str| ROOMS.iter().position(|known| *known == name);
    let (Some(here), there) = (position(room), position(used)) else {
        return Some(format!(
            "`{room}` is not a room; add it to the list in tests/house/rooms.rs at its place in the order"
        ));
    };
    let strangers = STRANGERS.iter().any(|pair| *pair == (room, used) || *pair == (used, room));
    match there {
        // An item of the crate root, not a room.
        None => Some(format!("imports `crate::{used}` from the crate root; name the room that it lives in")),
        Some(there) if there > here => Some(format!(
            "`{room}` imports from `{used}`, which comes after it; move the shared part up into `{room}` or a room \
             before it, or hand it in as an argument"
        )),
        Some(_) if strangers => Some(format!(
            "`{room}` and `{used}` do not know each other; let them meet in `market` (bars), or join them in `engine`"
        )),
        Some(_) => None,
    }
}

#[test]
fn a_room_imports_only_from_rooms_before_it() {
    let mut objections = Vec::new();
    for source in sources() {
        let Some(room) = source.room() else { continue };
        // The program imports from the library by name.
        let roots: &[&str] = if room == PROGRAM { &["liqsim::", "crate::"] } else { &["crate::"] };
        let code = code_only(&source.text);
        for (line, used) in roots.iter().flat_map(|root| imported_rooms(&code, root)) {
            if let Some(why) = objection(room, &used) {
                objections.push(format!("src/{}:{line}: {why}", source.path));
            }
        }
    }
    assert!(objections.is_empty(), "the order of the rooms is broken:\n{}", objections.join("\n"));
}

#[test]
fn unsafe_stands_in_the_dispatch_file_only() {
    let mut places = Vec::new();
    for source in sources().iter().filter(|source| source.path != UNSAFE_FILE) {
        let code = code_only(&source.text);
        for (place, word) in code.match_indices("unsafe") {
            let bytes = code.as_bytes();
            let whole = (place == 0 || !is_word(bytes[place - 1]))
                && bytes.get(place + word.len()).is_none_or(|next| !is_word(*next));
            if whole {
                places.push(format!("src/{}:{}", source.path, line_of(&code, place)));
            }
        }
    }
    assert!(
        places.is_empty(),
        "`unsafe` belongs in src/{UNSAFE_FILE} only, not here:\n{}",
        places.join("\n")
    );
}

#[test]
fn no_source_file_is_too_long_to_read_in_one_sitting() {
    let long: Vec<String> = sources()
        .iter()
        .map(|source| (source.text.lines().count(), &source.path))
        .filter(|(lines, _)| *lines > LONGEST_FILE)
        .map(|(lines, path)| format!("src/{path}: {lines} lines"))
        .collect();
    assert!(
        long.is_empty(),
        "more than {LONGEST_FILE} lines; one concept, one file: split along the concepts\n{}",
        long.join("\n")
    );
}

#[test]
fn every_folder_of_the_source_is_a_room_of_the_list() {
    let unknown: Vec<String> = sources()
        .iter()
        .filter(|source| source.room().is_some_and(|room| !ROOMS.contains(&room)))
        .map(|source| source.path.clone())
        .collect();
    assert!(unknown.is_empty(), "files outside the rooms listed in tests/house/rooms.rs: {unknown:?}");
}

#[test]
fn every_file_of_tests_is_run() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut forgotten = Vec::new();
    for entry in fs::read_dir(root).unwrap() {
        let folder = entry.unwrap().path();
        if !folder.is_dir() {
            forgotten.push(format!("{}: belongs into the folder of its room", folder.display()));
        }
        let Ok(list) = fs::read_to_string(folder.join("main.rs")) else { continue };
        for file in fs::read_dir(&folder).unwrap() {
            let name = file.unwrap().file_name().into_string().unwrap();
            let module = name.strip_suffix(".rs").filter(|module| *module != "main");
            if let Some(module) = module.filter(|module| !list.contains(&format!("mod {module};"))) {
                forgotten.push(format!("{}/{name}: write `mod {module};` into main.rs", folder.display()));
            }
        }
    }
    assert!(forgotten.is_empty(), "tests that nobody runs:\n{}", forgotten.join("\n"));
}

#[test]
fn the_reader_finds_imports_and_skips_comments_and_texts() {
    let text = concat!(
        "//! see crate::cli\n",
        "use crate::{market::Bars, model::{Gbm, Merton},\n    numeric};\n",
        "fn f<'a>(x: &'a str) -> char { let _ = \"crate::report \\\" unsafe\"; 'x' }\n",
        "/* crate::cli */ fn g() { let _ = (r#\"crate::cli \"unsafe\"#, '\"', crate::engine::run, b\"crate::cli\"); }\n",
        "pub(crate) use crate::stats;\n",
    );
    let found = imported_rooms(&code_only(text), "crate::");
    let expected = [(2, "market"), (2, "model"), (3, "numeric"), (5, "engine"), (6, "stats")];
    assert_eq!(found, expected.map(|(line, name)| (line, name.to_string())));
    assert!(!code_only(text).contains("unsafe"));
}

#[test]
fn the_order_forbids_upward_imports_and_strangers() {
    for (room, used) in [("numeric", "stats"), ("model", "venue"), ("venue", "model"), ("account", "model")] {
        assert!(objection(room, used).is_some(), "{room} must not use {used}");
    }
    for (room, used) in [("stats", "numeric"), ("model", "model"), ("account", "venue"), ("cli", "report")] {
        assert_eq!(objection(room, used), None);
    }
}
