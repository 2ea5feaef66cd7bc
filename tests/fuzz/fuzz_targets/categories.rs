//! Any text as a file of categories.
//!
//! Asserted besides that nothing panics: categories that are read have names of their own and something to find; an
//! error names the file and a line of it.
#![no_main]

use std::collections::BTreeSet;

use libfuzzer_sys::fuzz_target;
use viralmine::model::Query;
use viralmine::model::text::fold;
use viralmine::settings::categories;

fuzz_target!(|text: &str| match categories::parse(text, "mine.toml") {
    Ok(categories) => {
        assert!(!categories.is_empty());
        let names: BTreeSet<String> = categories.iter().map(|category| fold(&category.name)).collect();
        assert_eq!(names.len(), categories.len());
        assert!(categories.iter().all(|category| !matches!(&category.query, Query::Or(any) if any.is_empty())));
    }
    Err(error) => {
        let lines = text.matches('\n').count() + 1;
        let line = error.0.strip_prefix("mine.toml:").and_then(|rest| rest.split_once(':'));
        let number: Option<usize> = line.and_then(|(number, _)| number.parse().ok());
        assert!(number.is_some_and(|number| (1..=lines).contains(&number)), "{error}");
    }
});
