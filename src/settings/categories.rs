//! A file of categories: tags and words by name. Read here, so that what is wrong with it is told with its line.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::UsageError;
use crate::jobs::ask::categories::Category;
use crate::model::Query;
use crate::model::text::fold;

/// The file that stands in where none is named; `categories --sample` prints it.
pub const SAMPLE: &str = include_str!("categories/sample.toml");

const SAMPLE_NAME: &str = "the sample of categories";

/// One category, as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    tags: Vec<Spanned<String>>,
    #[serde(default)]
    words: Vec<Spanned<String>>,
}

/// The categories of a file, or of the sample, in the order in which they stand there.
pub fn load(file: Option<&Path>) -> Result<Vec<Category>, UsageError> {
    let Some(path) = file else { return parse(SAMPLE, SAMPLE_NAME) };
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|error| UsageError(format!("--categories: cannot read {name}: {error}")))?;
    parse(&text, &name)
}

/// The category of a name, in any spelling.
pub fn named(categories: Vec<Category>, name: &str) -> Result<Category, UsageError> {
    let wanted = fold(name.trim());
    let known: Vec<String> = categories.iter().map(|category| category.name.clone()).collect();
    categories.into_iter().find(|category| fold(&category.name) == wanted).ok_or_else(|| {
        UsageError(format!(
            "--category {name}: there is none of this name; known are {} (another file is named with --categories)",
            known.join(", ")
        ))
    })
}

/// Reads a file's text; `name` names it in errors.
pub fn parse(text: &str, name: &str) -> Result<Vec<Category>, UsageError> {
    let at = |offset: usize, words: &str| {
        let line = text.get(..offset).map_or(1, |before| before.matches('\n').count() + 1);
        UsageError(format!("{name}:{line}: {words}"))
    };
    let text_without_mark = text.strip_prefix('\u{feff}').unwrap_or(text);
    let cut = text.len() - text_without_mark.len();
    let written: BTreeMap<Spanned<String>, Spanned<Written>> = toml::from_str(text_without_mark)
        .map_err(|error| at(cut + error.span().map_or(0, |span| span.start), &in_our_words(error.message())))?;
    let mut written: Vec<(Spanned<String>, Spanned<Written>)> = written.into_iter().collect();
    written.sort_by_key(|(title, _)| title.span().start);
    let mut categories: Vec<Category> = Vec::with_capacity(written.len());
    for (title, parts) in written {
        let (line, title) = (cut + title.span().start, title.into_inner());
        if title.trim().is_empty() {
            return Err(at(line, "a category without a name"));
        }
        if categories.iter().any(|known| fold(&known.name) == fold(&title)) {
            return Err(at(line, &format!("the category {title:?} is there twice")));
        }
        let parts = parts.into_inner();
        let tags = parts.tags.iter().map(|tag| (tag, tag_query(tag.get_ref())));
        let words = parts.words.iter().map(|words| (words, words_query(words.get_ref())));
        let mut any = Vec::new();
        for (written, query) in tags.chain(words) {
            any.push(query.map_err(|reason| at(cut + written.span().start, &reason))?);
        }
        if any.is_empty() {
            return Err(at(line, &format!("the category {title:?} has no tag and no word; write tags = [\"ootd\"]")));
        }
        categories.push(Category { name: title, query: Query::Or(any) });
    }
    if categories.is_empty() {
        return Err(at(0, "no category; write a name in brackets, and below it tags = […] and words = […]"));
    }
    Ok(categories)
}

fn tag_query(tag: &str) -> Result<Query, String> {
    let name = tag.trim().trim_start_matches(['#', '＃']);
    let bare = name.trim_end_matches('*');
    let key = fold(bare).trim().to_owned();
    if key.is_empty() || key.starts_with(['-', '*']) || key.contains([' ', '#', '*']) {
        return Err(format!("{tag:?} is no tag: write one tag, or its start with a * behind it"));
    }
    Ok(Query::Tag { key, prefix: bare.len() < name.len() })
}

fn words_query(words: &str) -> Result<Query, String> {
    match Query::parse(words) {
        Ok(Query::All) => Err("empty words, which every post would meet".to_owned()),
        Ok(query) if is_exclusion(&query) => Err(format!(
            "{words:?} only excludes, and so nearly every post would meet it: write it beside a word, as in \"dress {}\"",
            words.trim()
        )),
        Ok(query) => Ok(query),
        Err(error) => Err(error.to_string()),
    }
}

fn is_exclusion(query: &Query) -> bool {
    match query {
        Query::Not(_) => true,
        Query::And(parts) => parts.iter().all(|part| *part == Query::All || is_exclusion(part)),
        _ => false,
    }
}

/// What the reader of TOML says, in words of the file.
fn in_our_words(message: &str) -> String {
    if message.starts_with("invalid type") || message.starts_with("unknown field") {
        let shape = "a category is [name] with tags = [\"…\"] and words = [\"…\"] below it";
        return format!("this is no category ({}): {shape}", message.replace("struct Written", "tags and words"));
    }
    message.to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn error(text: &str) -> String {
        parse(text, "mine.toml").unwrap_err().0
    }

    #[test]
    fn categories_come_in_the_order_of_the_file() {
        let text = "[shoes]\nwords = ['\"running shoes\"']\n\n[\"Phone cases\"]\ntags = [\"#PhoneCase\", \"case*\"]\n";
        let categories = parse(text, "mine.toml").unwrap();
        let tag = |key: &str, prefix| Query::Tag { key: key.into(), prefix };
        let phrase = Query::Words { tokens: vec!["running".into(), "shoes".into()], prefix: false };
        assert_eq!(categories[0], Category { name: "shoes".into(), query: Query::Or(vec![phrase]) });
        let any = Query::Or(vec![tag("phonecase", false), tag("case", true)]);
        assert_eq!(categories[1], Category { name: "Phone cases".into(), query: any });
        assert_eq!(named(categories.clone(), " phone CASES").unwrap(), categories[1]);
        let unknown = named(categories, "hats").unwrap_err().0;
        assert!(unknown.contains("--category hats") && unknown.contains("shoes, Phone cases"), "{unknown}");
    }

    #[test]
    fn the_sample_is_read() {
        let categories = load(None).unwrap();
        assert!(categories.len() >= 10 && categories[0].name == "dresses", "{categories:?}");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, told) in [
            ("", "mine.toml:1: no category"),
            ("[a]\n\n[b]\ntags = [\"x\"]\n", "mine.toml:1: the category \"a\" has no tag and no word"),
            ("[a]\ntags = [\"x\",\n  \"#\"]\n", "mine.toml:3: \"#\" is no tag"),
            ("[a]\nwords = [\"x\", '\"open']\n", "mine.toml:2: the query has a quote"),
            ("[a]\nwords = [\" \"]\n", "mine.toml:2: empty words"),
            ("[a]\ntag = [\"x\"]\n", "mine.toml:2: this is no category (unknown field `tag`"),
            ("[a]\ntags = [\"x\"]\n[A]\ntags = [\"y\"]\n", "mine.toml:3: the category \"A\" is there twice"),
            ("[a]\nwords = [\"yoga\", \"-fyp\"]\n", "mine.toml:2: \"-fyp\" only excludes"),
            ("[a]\ntags = [\"a b\"]\n", "mine.toml:2: \"a b\" is no tag"),
            ("a = 3\n", "mine.toml:1: this is no category (invalid type: integer `3`, expected tags and words)"),
            ("[a\n", "mine.toml:1: "),
        ] {
            let error = error(text);
            assert!(error.starts_with(told), "{error}");
        }
        let missing = load(Some(Path::new("nope.toml"))).unwrap_err().0;
        assert!(missing.starts_with("--categories: cannot read nope.toml: "), "{missing}");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_with_a_line(text in "(\\[[a-c]\\]|tags ?= ?|words = |\\[|\\]|\"|#|x|\n|\\PC){0,20}") {
            match parse(&text, "x.toml") {
                Ok(categories) => prop_assert!(!categories.is_empty()),
                Err(UsageError(told)) => prop_assert!(told.starts_with("x.toml:"), "{}", told),
            }
        }
    }
}
