//! The map at the top of `src/lib.rs` is true: a room imports only from rooms above its line, each outside crate
//! that stands for one concern is named in one place, and every file is short and says what it is.
//!
//! The sources are read as tokens, so comments, doc links and texts are no imports. Test modules are held to the
//! map like all other code (what needs a room further down is a test of the joint, and lives in `tests/it`), but
//! may name any crate.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::repository::{files_under, relative, root};

/// Where each of these crates may be named, as paths of files or folders.
const CRATES: [(&str, &[&str]); 7] = [
    ("backoff", &["src/throttle/retry.rs"]),
    ("comfy_table", &["src/output/table.rs"]),
    ("elasticsearch", &["src/store/elastic"]),
    ("fs4", &["src/model/host.rs"]),
    ("indicatif", &["src/output/progress.rs"]),
    // The API, the store, Kibana, and the webhook: each has its own secrets, time limits and words.
    ("reqwest", &["src/kibana", "src/source", "src/store/elastic", "src/notify/webhook.rs"]),
    ("tantivy", &["src/store/embedded"]),
];

/// No file is longer (lines); about 100 is usual.
const LONGEST_FILE: usize = 400;

/// Rooms by name, with the number of their line in the map.
fn map() -> BTreeMap<String, u32> {
    let text = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let rooms: BTreeMap<String, u32> = text.lines().filter_map(map_line).flatten().collect();
    assert!(rooms.len() >= 12 && rooms["model"] == 1, "the map in src/lib.rs cannot be read: {rooms:?}");
    rooms
}

/// ` 5 source · store  what they do` → source and store, both on line 5.
fn map_line(line: &str) -> Option<Vec<(String, u32)>> {
    let (number, rest) = line.strip_prefix("//!")?.trim_start().split_once(' ')?;
    let number = number.parse().ok()?;
    let names = rest.split("  ").next()?.split(" · ");
    Some(names.map(|name| (name.trim().to_owned(), number)).collect())
}

/// The modules that lead to a file of `src`: `src/store/elastic/mod.rs` → store, elastic.
fn module_path(file: &Path) -> Vec<String> {
    let inside = file.strip_prefix(root().join("src")).unwrap().with_extension("");
    let mut path: Vec<String> = inside.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
    if path.last().is_some_and(|last| last == "mod") || path == ["lib"] {
        path.pop();
    }
    path
}

/// What one file names.
#[derive(Default)]
struct Names {
    /// Rooms named by way of `crate::`, or of `super::` as far as the crate's root.
    rooms: Vec<String>,
    /// First segments of paths outside test modules: crates, mostly.
    firsts: Vec<String>,
}

/// One token, without what comments, texts and numbers say.
#[derive(Clone, PartialEq)]
enum Piece {
    Word(String),
    PathSeparator,
    Other,
    Group(Delimiter, Vec<Piece>),
}

fn pieces(stream: TokenStream) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut after_colon = false;
    for token in stream {
        let is_colon = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == ':');
        if is_colon && after_colon {
            found.pop();
            found.push(Piece::PathSeparator);
        } else {
            found.push(match token {
                TokenTree::Ident(word) => Piece::Word(word.to_string()),
                TokenTree::Group(group) => Piece::Group(group.delimiter(), pieces(group.stream())),
                TokenTree::Punct(_) | TokenTree::Literal(_) => Piece::Other,
            });
        }
        after_colon = is_colon && !after_colon;
    }
    found
}

impl Names {
    fn of(file: &Path) -> Self {
        let text = fs::read_to_string(file).unwrap();
        let stream: TokenStream = text.parse().unwrap_or_else(|error| panic!("{}: {error}", relative(file)));
        let path = module_path(file);
        let mut names = Self::default();
        let in_tests = path.iter().any(|module| module == "tests");
        names.read(&pieces(stream), path.len(), in_tests);
        names
    }

    /// Reads the code of a module that lies `depth` modules below the crate's root.
    fn read(&mut self, code: &[Piece], depth: usize, in_tests: bool) {
        for (at, piece) in code.iter().enumerate() {
            match piece {
                Piece::Group(Delimiter::Brace, inner) if is_module_body(&code[..at]) => {
                    let opens_tests = matches!(&code[at - 1], Piece::Word(name) if name == "tests");
                    self.read(inner, depth + 1, in_tests || opens_tests);
                }
                Piece::Group(_, inner) => self.read(inner, depth, in_tests),
                Piece::Word(word) if starts_a_path(code, at) => {
                    if !in_tests {
                        self.firsts.push(word.clone());
                    }
                    self.rooms.extend(rooms_of_path(code, at, depth));
                }
                _ => {}
            }
        }
    }
}

fn is_module_body(before: &[Piece]) -> bool {
    matches!(before, [.., Piece::Word(keyword), Piece::Word(_)] if keyword == "mod")
}

/// A word before `::` or after `use`, that is not itself behind a `::`.
fn starts_a_path(code: &[Piece], at: usize) -> bool {
    let before = at.checked_sub(1).map(|before| &code[before]);
    let is_used = matches!(before, Some(Piece::Word(word)) if word == "use");
    is_used || (before != Some(&Piece::PathSeparator) && code.get(at + 1) == Some(&Piece::PathSeparator))
}

/// The rooms that the path at `at` leads to: none when it stays within its own modules or starts with a crate.
fn rooms_of_path(code: &[Piece], at: usize, depth: usize) -> Vec<String> {
    let mut segments = code[at..].iter().step_by(2);
    let mut ups = 0;
    loop {
        match segments.next() {
            Some(Piece::Word(word)) if word == "crate" => break,
            Some(Piece::Word(word)) if word == "self" && ups == 0 => {}
            Some(Piece::Word(word)) if word == "super" => {
                ups += 1;
                if ups == depth {
                    break;
                }
            }
            _ => return Vec::new(),
        }
    }
    match segments.next() {
        Some(Piece::Word(room)) => vec![room.clone()],
        Some(Piece::Group(Delimiter::Brace, list)) => first_words(list),
        _ => Vec::new(),
    }
}

/// `{a::b, c, d::{e, f}}` → a, c, d.
fn first_words(list: &[Piece]) -> Vec<String> {
    let elements = list.split(|piece| *piece == Piece::Other);
    elements
        .filter_map(|element| if let Some(Piece::Word(word)) = element.first() { Some(word.clone()) } else { None })
        .collect()
}

fn sources() -> Vec<PathBuf> {
    files_under("src").into_iter().filter(|file| file.extension().is_some_and(|extension| extension == "rs")).collect()
}

#[test]
fn rooms_import_only_from_rooms_above() {
    let map = map();
    let mut faults = Vec::new();
    for file in sources() {
        let Some(room) = module_path(&file).first().cloned() else { continue };
        let line = map.get(&room).unwrap_or_else(|| panic!("{}: no room of the map in src/lib.rs", relative(&file)));
        for named in Names::of(&file).rooms {
            let stands_above = map.get(&named).is_some_and(|other| other < line);
            if named != room && !stands_above {
                faults.push(format!("{}: {room} imports {named}, which is not above it", relative(&file)));
            }
        }
    }
    assert!(faults.is_empty(), "see the map in src/lib.rs:\n{}", faults.join("\n"));
}

#[test]
fn every_room_of_the_map_is_there() {
    let rooms: Vec<String> = sources().iter().filter_map(|file| module_path(file).first().cloned()).collect();
    let missing: Vec<String> = map().into_keys().filter(|room| !rooms.contains(room)).collect();
    assert!(missing.is_empty(), "the map in src/lib.rs names rooms that src/ has not: {missing:?}");
}

#[test]
fn each_crate_is_named_in_its_place_alone() {
    let mut faults = Vec::new();
    for file in sources() {
        let path = relative(&file);
        let firsts = Names::of(&file).firsts;
        for (name, places) in CRATES {
            let is_allowed = places.iter().any(|place| Path::new(&path).starts_with(place));
            if !is_allowed && firsts.iter().any(|first| first == name) {
                faults.push(format!("{path} names {name}, which belongs in {}", places.join(" and ")));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_file_says_what_it_is_and_is_short() {
    let mut faults = Vec::new();
    for file in
        sources().into_iter().chain(files_under("tests")).filter(|file| file.extension().is_some_and(|e| e == "rs"))
    {
        let text = fs::read_to_string(&file).unwrap();
        if !text.starts_with("//! ") {
            faults.push(format!("{} does not open with a //! text on what it is", relative(&file)));
        }
        let lines = text.lines().count();
        if lines > LONGEST_FILE {
            faults.push(format!("{} has {lines} lines, more than {LONGEST_FILE}: split it by step", relative(&file)));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The reader of imports, tried on each way to write one.
#[test]
fn imports_are_found_however_they_are_written() {
    let code = "
        //! crate::comment
        use crate::{a::x, b, c::{d, e}};
        use super::super::f::y;
        mod inner { use super::own; use super::super::super::g; }
        /// [`crate::link`]
        fn z() -> crate::h::Z { let t = \"crate::text\"; i!(crate::j::K, super::stays); backoff::new(t) }
        mod tests { use reqwest::Client; }
    ";
    let mut names = Names::default();
    names.read(&pieces(code.parse().unwrap()), 2, false);
    assert_eq!(names.rooms, ["a", "b", "c", "f", "g", "h", "j"]);
    assert!(names.firsts.contains(&"backoff".to_owned()) && !names.firsts.contains(&"reqwest".to_owned()));
}
