//! No circles inside a room: a file that another one rests on does not rest on that one, by whatever way.
//!
//! Names are followed through the tables of contents (`pub use` in `mod.rs`) to the file that defines them. Unit tests do not count.

use std::collections::{BTreeMap, BTreeSet};

use crate::rooms::{code_only, is_word, sources};

/// A module: the segments of its path below the crate.
type Module = Vec<String>;

/// The files of the source by module, with their code, and what their `pub use` hands on: name and path.
struct Crate {
    code: BTreeMap<Module, String>,
    handed_on: BTreeMap<(Module, String), Vec<String>>,
}

impl Crate {
    fn new(files: impl Iterator<Item = (String, String)>) -> Self {
        let code: BTreeMap<Module, String> =
            files.map(|(path, text)| (module_of(&path), tested(&text))).collect();
        let mut handed_on = BTreeMap::new();
        for (module, code) in &code {
            for (is_public, at, _) in use_statements(code) {
                for path in paths_at(code, at).into_iter().filter(|_| is_public) {
                    let name = path[path.len() - 1].clone();
                    handed_on.insert((module.clone(), name), path);
                }
            }
        }
        Self { code, handed_on }
    }

    /// A path as it stands in a module, from the crate's root; none if it is none of the crate.
    fn absolute(&self, module: &Module, path: &[String]) -> Option<Module> {
        let (first, rest) = path.split_first()?;
        let join = |from: &[String], rest: &[String]| [from, rest].concat();
        match first.as_str() {
            "crate" => Some(rest.to_vec()),
            "self" => Some(join(module, rest)),
            "super" => {
                let ups = path.iter().take_while(|segment| *segment == "super").count();
                Some(join(&module[..module.len().checked_sub(ups)?], &path[ups..]))
            }
            _ => Some(join(module, path)).filter(|path| self.code.contains_key(&path[..=module.len()])),
        }
    }

    /// The module that defines what a path names.
    fn home(&self, path: &[String], depth: usize) -> Option<Module> {
        let known = (1..=path.len()).take_while(|length| self.code.contains_key(&path[..*length])).last()?;
        let module = path[..known].to_vec();
        let handed_on = path.get(known).and_then(|name| self.handed_on.get(&(module.clone(), name.clone())));
        let further = handed_on.filter(|_| depth < 8).and_then(|path| self.absolute(&module, path));
        further.and_then(|path| self.home(&path, depth + 1)).or(Some(module))
    }

    /// The files of its own room that a file rests on. What a table of contents hands on, it does not rest on.
    fn rests_on(&self, module: &Module) -> BTreeSet<Module> {
        let code = &self.code[module];
        let mut found = BTreeSet::new();
        let mut add = |path: &[String]| {
            let home = self.absolute(module, path).and_then(|path| self.home(&path, 0));
            found.extend(home.filter(|home| home != module && home.first() == module.first()));
        };
        let uses = use_statements(code);
        let handed_on =
            |place: usize| uses.iter().any(|(public, from, to)| *public && (*from..*to).contains(&place));
        for (_, at, _) in uses.iter().filter(|(public, ..)| !public) {
            paths_at(code, *at).iter().for_each(|path| add(path));
        }
        for root in ["crate::", "super::", "self::"] {
            for (place, _) in code.match_indices(root).filter(|(place, _)| !handed_on(*place)) {
                let before = code.as_bytes()[..place].last().copied().unwrap_or(b' ');
                if !is_word(before) && before != b':' && before != b'$' {
                    paths_at(code, place).iter().for_each(|path| add(path));
                }
            }
        }
        found
    }

    /// A circle of files, if there is one.
    fn circle(&self) -> Option<Vec<Module>> {
        let edges: BTreeMap<&Module, BTreeSet<Module>> =
            self.code.keys().map(|module| (module, self.rests_on(module))).collect();
        // Whatever rests on nothing that is left cannot be part of one.
        let mut left: BTreeSet<&Module> = self.code.keys().collect();
        loop {
            let is_free = |module: &&&Module| !edges[*module].iter().any(|other| left.contains(other));
            let free: Vec<&Module> = left.iter().filter(is_free).copied().collect();
            if free.is_empty() {
                break;
            }
            free.into_iter().for_each(|module| {
                left.remove(module);
            });
        }
        let mut way = vec![(*left.first()?).clone()];
        loop {
            let next = edges[way.last()?].iter().find(|other| left.contains(other))?;
            if let Some(start) = way.iter().position(|module| module == next) {
                return Some(way.split_off(start));
            }
            way.push(next.clone());
        }
    }
}

fn module_of(path: &str) -> Module {
    let mut segments: Module = path.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if segments.last().is_some_and(|last| last == "mod") {
        segments.pop();
    }
    segments
}

/// The code without comments, literals and unit tests.
fn tested(text: &str) -> String {
    let code = code_only(text);
    let end = code.find("#[cfg(test)]\nmod tests {").unwrap_or(code.len());
    code[..end].to_owned()
}

/// Every `use`: whether it is public, and the places of its path and of its end.
fn use_statements(code: &str) -> Vec<(bool, usize, usize)> {
    let mut found = Vec::new();
    for (place, word) in code.match_indices("use ") {
        let line = code[..place].rfind('\n').map_or(0, |end| end + 1);
        let before = code[line..place].trim();
        if before.is_empty() || before.starts_with("pub") {
            let end = code[place..].find(';').map_or(code.len(), |length| place + length);
            found.push((!before.is_empty(), place + word.len(), end));
        }
    }
    found
}

/// The paths that start at a place: one, or those of a tree such as `a::{b, c::{d, self}}`.
fn paths_at(code: &str, at: usize) -> Vec<Vec<String>> {
    let mut rest = &code[at..];
    let mut path: Vec<String> = Vec::new();
    loop {
        rest = rest.trim_start();
        if let Some(list) = rest.strip_prefix('{') {
            let of_part = |(from, to): (usize, usize)| {
                let tails = paths_at(&list[from..to], 0).into_iter();
                let whole: Vec<Vec<String>> = tails
                    .map(|tail| [&path[..], &tail].concat())
                    .map(|mut whole: Vec<String>| {
                        if whole.len() > 1 && whole.last().is_some_and(|last| last == "self") {
                            whole.pop();
                        }
                        whole
                    })
                    .collect();
                whole
            };
            return parts(list).into_iter().flat_map(of_part).collect();
        }
        let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        if name.is_empty() {
            break;
        }
        rest = rest[name.len()..].trim_start();
        path.push(name);
        match rest.strip_prefix("::") {
            Some(after) => rest = after,
            None => break,
        }
    }
    if path.is_empty() { Vec::new() } else { vec![path] }
}

/// Beginnings and ends of what stands between the commas of a list, up to the bracket that closes it.
fn parts(list: &str) -> Vec<(usize, usize)> {
    let (mut found, mut depth, mut from) = (Vec::new(), 0, 0);
    for (place, letter) in list.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => {
                found.push((from, place));
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                found.push((from, place));
                from = place + 1;
            }
            _ => {}
        }
    }
    found
}

fn named(circle: &[Module]) -> String {
    circle.iter().map(|module| module.join("/")).collect::<Vec<_>>().join(" -> ")
}

#[test]
fn no_files_of_a_room_rest_on_each_other_in_a_circle() {
    let files = Crate::new(sources().into_iter().map(|source| (source.path, source.text)));
    let circle = files.circle().map(|circle| named(&circle));
    assert_eq!(
        circle, None,
        "a circle of files: move what both need into a file of its own, or hand it in as an argument"
    );
}

#[test]
fn circles_are_found_through_tables_of_contents_and_groups() {
    let of = |files: &[(&str, &str)]| {
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
        Crate::new(files).circle().map(|circle| named(&circle))
    };
    let table = "mod one;\nmod two;\npub use one::One;\npub use two::{Two, other};\n";
    let one = ("room/one.rs", "use crate::room::{Two as Second, nothing};\n");
    let two = "// use super::one::One;\nfn f(_: super::One) {}\n";
    let straight =
        "fn f() { \"super::one\" }\n#[cfg(test)]\nmod tests {\n    use super::super::one::One;\n}\n";
    assert_eq!(of(&[("room/mod.rs", table), one, ("room/two.rs", straight)]), None);
    assert_eq!(of(&[("room/mod.rs", table), one, ("room/two.rs", two)]).unwrap(), "room/one -> room/two");
    let child = ("room/one.rs", "use super::Own;\n");
    assert_eq!(of(&[("room/mod.rs", "mod one;\nuse one::One;\n"), child]).unwrap(), "room -> room/one");
    assert_eq!(of(&[("room/mod.rs", "mod one;\npub use one::One;\n"), child]), None);
}
