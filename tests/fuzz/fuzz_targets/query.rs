//! Any text as a query, and as a caption: `model::query`, folding and word breaking.
//!
//! Asserted besides that nothing panics: tokens and keys are folded, filled, without blanks, and short enough for both
//! stores; a query reads alike twice, and a plain one of its own tokens reads as itself; the tree is one that the
//! stores know (negations are not nested, and never alone); folding twice changes nothing; a caption is found by
//! itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use viralmine::model::query::Query;
use viralmine::model::text::{LONGEST_TOKEN, fold, search_text, tokens};

fuzz_target!(|text: &str| {
    let folded = fold(text);
    assert_eq!(fold(&folded), folded, "folding twice");
    let of_document = tokens(text);
    of_document.iter().for_each(|token| check_token(token));
    for element in search_text(text, &[text, "tag"]) {
        element.split(' ').for_each(check_token);
    }
    let Ok(query) = Query::parse(text) else { return };
    assert_eq!(Query::parse(text).as_ref(), Ok(&query));
    check_query(&query);
    is_found_by_itself(text, &of_document);
});

fn check_token(token: &str) {
    assert!(!token.is_empty() && token.chars().count() <= LONGEST_TOKEN, "{token:?}");
    assert!(!token.chars().any(|character| character.is_whitespace() || character.is_control()), "{token:?}");
    assert_eq!(fold(token), token, "a token is folded");
}

fn check_query(query: &Query) {
    match query {
        Query::And(terms) => {
            assert!(terms.len() > 1 && terms.iter().any(|term| !matches!(term, Query::Not(_))), "{query:?}");
            for term in terms {
                assert!(!matches!(term, Query::And(_)), "{query:?}");
                check_query(term);
            }
        }
        Query::Not(inner) => check_term(inner),
        Query::All => {}
        Query::Words { .. } | Query::Tag { .. } => check_term(query),
        Query::Or(_) => panic!("nobody types it: {query:?}"),
    }
}

fn check_term(term: &Query) {
    match term {
        Query::Words { tokens, .. } => {
            assert!(!tokens.is_empty());
            tokens.iter().for_each(|token| check_token(token));
            reads_as_itself(term, tokens);
        }
        Query::Tag { key, .. } => {
            assert!(!key.trim().is_empty() && fold(key) == *key, "{key:?} is no key");
        }
        Query::All | Query::And(_) | Query::Or(_) | Query::Not(_) => panic!("{term:?} is no term"),
    }
}

/// Of ASCII words: pairs of unspaced scripts would be paired again.
fn reads_as_itself(term: &Query, tokens: &[String]) {
    let is_plain = |token: &String| token.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if let Query::Words { prefix, .. } = term
        && tokens.iter().all(is_plain)
    {
        let typed = format!("\"{}\"{}", tokens.join(" "), if *prefix { "*" } else { "" });
        assert_eq!(Query::parse(&typed).as_ref(), Ok(term), "{typed}");
    }
}

/// The whole text between quotes asks for tokens that stand one after another in the text's own.
fn is_found_by_itself(text: &str, of_document: &[String]) {
    let plain: String = text.replace('"', " ").trim_matches('*').to_owned();
    let Ok(Query::Words { tokens, prefix }) = Query::parse(&format!("\"{plain}\"")) else { return };
    let (last, whole) = tokens.split_last().expect("at least one");
    let of_document = if plain == text { of_document.to_vec() } else { viralmine::model::text::tokens(&plain) };
    let stands_there = of_document.windows(tokens.len()).any(|window| {
        let found = &window[whole.len()];
        window.starts_with(whole) && if prefix { found.starts_with(last.as_str()) } else { found == last }
    });
    assert!(stands_there, "{tokens:?} is not in {of_document:?}");
}
