//! What is typed, as clap reads it.

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

use super::*;

#[derive(Debug, Parser)]
enum Typed {
    Search(SearchArgs),
    Hashtags(HashtagsArgs),
}

fn search(line: &[&str]) -> Result<SearchArgs, clap::Error> {
    match Typed::try_parse_from([&["viralmine", "search"], line].concat())? {
        Typed::Search(args) => Ok(args),
        Typed::Hashtags(_) => unreachable!("search was typed"),
    }
}

#[test]
fn the_definition_is_sound() {
    Typed::command().debug_assert();
}

#[test]
fn words_may_start_with_a_hyphen_and_flags_may_follow() {
    let args = search(&["-sale", "#ootd", "-\"a b\"", "--limit", "5", "dress", "--sort", "date", "-ad"]).unwrap();
    assert_eq!(args.query.0, ["-sale", "#ootd", "-\"a b\"", "dress", "-ad"]);
    assert_eq!((args.limit, args.sort), (5, SearchSort::Date));
    assert_eq!(search(&["#ootd -sale"]).unwrap().query.0, ["#ootd -sale"]);
    assert_eq!(search(&["--", "-n", "x"]).unwrap().query.0, ["-n", "x"]);
    assert!(search(&[]).unwrap().query.0.is_empty());
}

#[test]
fn a_mistyped_flag_is_no_word() {
    let error = search(&["dress", "--limt", "5"]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ValueValidation);
    assert!(error.to_string().contains("--limt"), "{error}");
}

#[test]
fn values_are_judged_before_any_request() {
    for (flag, value) in [
        ("--limit", "0"),
        ("--limit", "-3"),
        ("--since", "30x"),
        ("--until", "30d"),
        ("--timezone", "Mars/Base"),
        ("--hashtag", "#"),
        ("--creator", "@"),
        ("--min-plays", "many"),
        ("--kind", "live"),
        ("--format", "xml"),
    ] {
        let error = search(&[flag, value]).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().contains(flag), "{error}");
    }
    let args = search(&["--limit", "all", "--hashtag", "＃OOTD", "--hashtag", "sale", "--creator", "@lily"]).unwrap();
    assert_eq!((args.limit, args.filters.hashtag), (usize::MAX, vec!["ootd".to_owned(), "sale".to_owned()]));
    assert_eq!(args.filters.creator.as_deref(), Some("lily"));
}

#[test]
fn the_help_shows_one_query_and_examples() {
    let help = Typed::command().find_subcommand_mut("search").unwrap().render_long_help().to_string();
    assert_eq!(help.matches("[QUERY]").count(), 2, "{help}"); // In the usage line and in the list.
    assert!(help.contains("viralmine search summer dress") && help.contains("--timezone"), "{help}");
}

#[test]
fn a_creator_is_a_handle_an_id_or_a_link_that_carries_one() {
    for (typed, asked) in [
        ("@lily_fashion_us", "lily_fashion_us"),
        ("https://www.tiktok.com/@lily_fashion_us?lang=en", "lily_fashion_us"),
        ("https://www.tiktok.com/@lily/video/7528963259874125698", "lily"),
        ("https://x.example/user/MS4wLjABAAAA8fKxxxxxxx?from=y", "MS4wLjABAAAA8fKxxxxxxx"),
        ("6952369874521", "6952369874521"),
    ] {
        assert_eq!(super::creator(typed).as_deref(), Ok(asked));
    }
    assert!(super::creator("https://www.tiktok.com/").is_err());
    assert_eq!(super::region(" us").as_deref(), Ok("US"));
}
