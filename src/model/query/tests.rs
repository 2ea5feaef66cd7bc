//! What is typed, and what it asks for.

use proptest::prelude::*;

use super::*;

fn parse(text: &str) -> Query {
    Query::parse(text).unwrap()
}

fn phrase(tokens: &[&str]) -> Query {
    Query::Words { tokens: tokens.iter().map(ToString::to_string).collect(), prefix: false }
}

fn start(tokens: &[&str]) -> Query {
    Query::Words { tokens: tokens.iter().map(ToString::to_string).collect(), prefix: true }
}

fn tag(key: &str) -> Query {
    Query::Tag { key: key.to_owned(), prefix: false }
}

fn not(query: Query) -> Query {
    Query::Not(Box::new(query))
}

#[test]
fn words_phrases_prefixes_and_tags() {
    assert_eq!(parse("  "), Query::All);
    assert_eq!(parse("Dress"), phrase(&["dress"]));
    assert_eq!(parse("summer dress"), Query::And(vec![phrase(&["summer"]), phrase(&["dress"])]));
    assert_eq!(parse("\"Summer dress\""), phrase(&["summer", "dress"]));
    assert_eq!(parse("t-shirt"), phrase(&["t", "shirt"]));
    assert_eq!(parse("t-sh*"), start(&["t", "sh"]));
    assert_eq!(parse("\"summer dr\"*"), start(&["summer", "dr"]));
    assert_eq!(parse("#OOTD"), tag("ootd"));
    assert_eq!(parse("＃ootd*"), Query::Tag { key: "ootd".to_owned(), prefix: true });
    assert_eq!(parse("#fyp#Family"), Query::And(vec![tag("fyp"), tag("family")]));
    assert_eq!(parse("#\"经典港片#吴彦祖\""), tag("经典港片#吴彦祖"));
    assert_eq!(parse("#???"), tag("???"));
    assert_eq!(parse("#a, #b"), Query::And(vec![tag("a"), tag("b")]));
    assert_eq!(parse("#\"a,\""), tag("a,"));
}

#[test]
fn negations() {
    assert_eq!(parse("#ootd -sale"), Query::And(vec![tag("ootd"), not(phrase(&["sale"]))]));
    assert_eq!(parse("-sale"), Query::And(vec![Query::All, not(phrase(&["sale"]))]));
    let all = vec![Query::All, not(phrase(&["a", "b"])), not(tag("ad")), not(start(&["x"]))];
    assert_eq!(parse("-\"a b\" -#ad -x*"), Query::And(all));
}

#[test]
fn unspaced_scripts_ask_for_pairs() {
    assert_eq!(parse("手机壳"), phrase(&["手机", "机壳"]));
    assert_eq!(parse("手机"), phrase(&["手机"]));
    assert_eq!(parse("手"), start(&["手"]));
    assert_eq!(parse("iPhone手机"), phrase(&["iphone", "手机"]));
    assert_eq!(parse("iPhone手"), start(&["iphone", "手"]));
    assert_eq!(parse("手机iPhone"), phrase(&["手机", "机", "iphone"]));
}

#[test]
fn what_has_nothing_to_search_for_is_passed_over_unless_it_is_all() {
    assert_eq!(parse("summer & winter - # *** \"\""), parse("summer winter"));
    for text in ["***", "-", "#", "\"...\"", "-!"] {
        assert_eq!(Query::parse(text), Err(QueryError::Empty(text.to_owned())));
    }
    assert_eq!(Query::parse("dress \"open"), Err(QueryError::OpenQuote));
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "[-#＃\"* a手\u{200d}😀é\u{301}]{0,20}|\\PC{0,30}") {
        let _ = Query::parse(&text);
    }
}
