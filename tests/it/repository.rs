//! The repository keeps its own word: `docs/fields.md` and the mappings tell of the same fields, links between
//! documents lead somewhere, every integration test is in the index, comments are no wider than code, and no file names
//! a machine or a registry.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The repository's root.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file's path below the root, with `/`, for messages.
pub fn relative(file: &Path) -> String {
    file.strip_prefix(root()).unwrap_or(file).to_string_lossy().replace('\\', "/")
}

/// All files below a folder of the repository ("" for all), sorted, without what `.gitignore` names.
pub fn files_under(folder: &str) -> Vec<PathBuf> {
    let ignored = fs::read_to_string(root().join(".gitignore")).unwrap();
    let left_out: Vec<PathBuf> = ignored
        .lines()
        .filter_map(|line| line.strip_prefix('/'))
        .chain([".git"])
        .map(|name| root().join(name))
        .collect();
    let mut folders = vec![root().join(folder)];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.unwrap().path();
            if left_out.contains(&path) || path.is_symlink() {
                continue;
            }
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Adds every field that holds values, by its full name, with its type. A subfield (`hashtags.text`) is one too.
fn collect_fields(properties: &Value, prefix: &str, fields: &mut BTreeMap<String, String>) {
    for (name, field) in properties.as_object().unwrap() {
        let name = format!("{prefix}{name}");
        if let Some(inner) = field.get("properties") {
            collect_fields(inner, &format!("{name}."), fields);
            continue;
        }
        fields.insert(name.clone(), field["type"].as_str().unwrap_or("object").to_owned());
        if let Some(subfields) = field.get("fields") {
            collect_fields(subfields, &format!("{name}."), fields);
        }
    }
}

/// The rows of the tables below `## heading`, as field and type, both written as code: `` | `a.b` | `keyword` | … ``.
fn documented_fields(text: &str, heading: &str) -> BTreeMap<String, String> {
    let heading_line = format!("## {heading}");
    let section =
        text.lines().skip_while(|line| *line != heading_line).skip(1).take_while(|line| !line.starts_with("## "));
    let code = |cell: &str| cell.trim().strip_prefix('`')?.strip_suffix('`').map(ToOwned::to_owned);
    section
        .filter_map(|line| {
            let mut cells = line.strip_prefix('|')?.split('|');
            Some((code(cells.next()?)?, code(cells.next()?)?))
        })
        .collect()
}

#[test]
fn every_mapped_field_is_documented_and_no_other() {
    let text = read("docs/fields.md");
    let mut compared = Vec::new();
    for file in files_under("mappings").into_iter().filter(|file| file.extension().is_some_and(|e| e == "json")) {
        let body: Value = serde_json::from_str(&read(&relative(&file))).unwrap();
        let properties = &body["template"]["mappings"]["properties"];
        if properties.is_null() {
            continue;
        }
        let mut mapped = BTreeMap::new();
        collect_fields(properties, "", &mut mapped);
        let heading = file.file_stem().unwrap().to_str().unwrap();
        let documented = documented_fields(&text, heading);
        let differing: BTreeSet<&String> =
            mapped.keys().chain(documented.keys()).filter(|name| mapped.get(*name) != documented.get(*name)).collect();
        assert!(differing.is_empty(), "mappings/{heading}.json and docs/fields.md differ in {differing:?}");
        compared.push(heading.to_owned());
    }
    let headings: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    compared.sort_by_key(|name| headings.iter().position(|heading| heading == name));
    assert_eq!(headings, compared, "docs/fields.md has one heading for each index of mappings/");
}

/// Targets of `[text](target)`, those within this repository.
fn local_links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target).filter(|target| {
        let is_elsewhere = target.contains("://") || target.starts_with('#');
        !is_elsewhere
    })
}

#[test]
fn links_between_documents_lead_somewhere() {
    for file in files_under("").into_iter().filter(|file| file.extension().is_some_and(|extension| extension == "md")) {
        for target in local_links(&fs::read_to_string(&file).unwrap()) {
            let path = file.parent().unwrap().join(target.split('#').next().unwrap());
            assert!(path.exists(), "{} links to {target}, which is not there", relative(&file));
        }
    }
}

/// What two translations of a text have in common: levels of headings, lines of code without their comments, links, and
/// the code at the start of a table's rows. The usage is shown in one of them only.
#[derive(Debug, Default, PartialEq)]
struct Skeleton {
    headings: Vec<usize>,
    code: Vec<String>,
    links: BTreeMap<String, usize>,
    rows: Vec<String>,
}

impl Skeleton {
    fn of(text: &str) -> Self {
        let mut skeleton = Self::default();
        let (before, rest) = text.split_once("<!-- usage -->").unwrap_or((text, ""));
        let after = rest.split_once("<!-- /usage -->").map_or("", |(_, after)| after);
        let mut is_code = false;
        for line in before.lines().chain(after.lines()) {
            if line.starts_with("```") {
                is_code = !is_code;
            } else if is_code {
                let code = if line.starts_with('#') { line } else { line.split(" #").next().unwrap() };
                skeleton.code.push(code.trim_end().to_owned());
            } else if line.starts_with('#') {
                skeleton.headings.push(line.chars().take_while(|&sign| sign == '#').count());
            } else {
                let code = line.strip_prefix("| `").and_then(|rest| rest.split_once('`'));
                skeleton.rows.extend(code.map(|(code, _)| code.to_owned()));
                for link in local_links(line).filter(|link| !link.starts_with("README")) {
                    *skeleton.links.entry(link.to_owned()).or_default() += 1;
                }
            }
        }
        skeleton
    }
}

#[test]
fn both_readmes_say_the_same() {
    let (english, chinese) = (Skeleton::of(&read("README.md")), Skeleton::of(&read("README.zh-CN.md")));
    assert!(!english.code.is_empty() && !english.rows.is_empty() && !english.links.is_empty());
    assert_eq!(english.code, chinese.code, "commands");
    assert_eq!(english.headings, chinese.headings, "headings");
    assert_eq!(english.rows, chinese.rows, "rows of tables");
    assert_eq!(english.links, chinese.links, "links");
}

/// A file that the index leaves out would never run.
#[test]
fn every_integration_test_is_in_the_index_with_a_comment() {
    let index = read("tests/it/main.rs");
    for entry in fs::read_dir(root().join("tests/it")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        if name != "main" {
            let start = format!("mod {name}; // ");
            assert!(index.lines().any(|line| line.starts_with(&start)), "tests/it/main.rs lacks a line `{start}…`");
        }
    }
}

/// Columns of a line of Rust.
const WIDEST_LINE: usize = 120;

/// Code is held to the width by rustfmt, which leaves comments as they are, and texts and macros where they cannot be
/// broken. A comment of one word (an address) cannot be broken either.
#[test]
fn comments_are_as_wide_as_code() {
    for file in files_under("").into_iter().filter(|file| file.extension().is_some_and(|extension| extension == "rs")) {
        for (number, line) in fs::read_to_string(&file).unwrap().lines().enumerate() {
            let is_comment = line.trim_start().starts_with("//") && line.split_whitespace().count() > 2;
            let width = line.chars().count();
            let fits = !is_comment || width <= WIDEST_LINE;
            assert!(fits, "{}:{}: {width} columns, {WIDEST_LINE} are enough", relative(&file), number + 1);
        }
    }
}

#[test]
fn no_file_names_a_machine_or_a_package_registry() {
    // Written in halves, so that this file passes too.
    let unwanted = [
        ["/wo", "rk/"],
        ["/ro", "ot/"],
        ["//cra", "tes.io"],
        ["index.cra", "tes.io"],
        ["static.cra", "tes.io"],
        ["repo.maven.apa", "che.org"],
        ["repo1.ma", "ven.org"],
        ["registry.npm", "js.org"],
        ["py", "pi.org"],
        ["pythonho", "sted.org"],
        ["deb.deb", "ian.org"],
        ["proxy.go", "lang.org"],
    ]
    .map(|halves| halves.concat());
    for file in files_under("") {
        let bytes = fs::read(&file).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        for word in &unwanted {
            assert!(!text.contains(word.as_str()), "{} names {word}", relative(&file));
        }
    }
}
