//! What is typed, as clap reads it.

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

use super::*;

#[derive(Debug, Parser)]
enum Typed {
    Search(SearchArgs),
    Viral(ViralArgs),
    Hashtags(HashtagsArgs),
    Keywords(KeywordsArgs),
    Sounds(SoundsArgs),
    Categories(CategoriesArgs),
    Creators(CreatorsArgs),
    Timing(TimingArgs),
}

fn typed(line: &[&str]) -> Result<Typed, clap::Error> {
    Typed::try_parse_from([&["viralmine"], line].concat())
}

fn search(line: &[&str]) -> Result<SearchArgs, clap::Error> {
    match typed(&[&["search"], line].concat())? {
        Typed::Search(args) => Ok(args),
        other => unreachable!("search was typed: {other:?}"),
    }
}

#[test]
fn the_definition_is_sound() {
    Typed::command().debug_assert();
}

#[test]
fn words_may_start_with_a_hyphen_and_flags_may_follow() {
    let args = search(&["-sale", "#ootd", "-\"a b\"", "--limit", "5", "dress", "--sort", "date", "-ad"]).unwrap();
    assert_eq!(args.ask.query.0, ["-sale", "#ootd", "-\"a b\"", "dress", "-ad"]);
    assert_eq!((args.most.limit, args.sort), (5, SearchSort::Date));
    assert_eq!(search(&["#ootd -sale"]).unwrap().ask.query.0, ["#ootd -sale"]);
    assert_eq!(search(&["--", "-n", "x"]).unwrap().ask.query.0, ["-n", "x"]);
    assert!(search(&[]).unwrap().ask.query.0.is_empty());
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
    assert_eq!((args.most.limit, args.ask.filters.hashtag), (usize::MAX, vec!["ootd".to_owned(), "sale".to_owned()]));
    assert_eq!(args.ask.filters.creator.as_deref(), Some("lily"));
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
        assert_eq!(super::filters::creator(typed).as_deref(), Ok(asked));
    }
    assert!(super::filters::creator("https://www.tiktok.com/").is_err());
    assert_eq!(super::filters::region(" us").as_deref(), Ok("US"));
}

#[test]
fn every_asking_command_takes_words_filters_and_a_form() {
    for command in ["search", "viral", "hashtags", "keywords", "sounds", "categories", "creators", "timing"] {
        let line =
            [command, "dress", "--format", "csv", "-sale", "--category", "x", "--since", "30d", "--kind", "photo"];
        let args = typed(&line).unwrap_or_else(|error| panic!("{error}"));
        let ask = match args {
            Typed::Search(args) => args.ask,
            Typed::Viral(args) => args.ask,
            Typed::Hashtags(args) => args.groups.ask,
            Typed::Keywords(args) => args.groups.ask,
            Typed::Sounds(args) => args.groups.ask,
            Typed::Categories(args) => args.groups.ask,
            Typed::Creators(args) => args.ask,
            Typed::Timing(args) => args.ask,
        };
        assert_eq!((ask.query.0, ask.format), (vec!["dress".to_owned(), "-sale".to_owned()], AnswerFormat::Csv));
        assert_eq!((ask.filters.category.as_deref(), ask.filters.kind), (Some("x"), Some(KindFilter::Photo)));
    }
}

#[test]
fn values_of_single_commands_are_judged_too() {
    for line in [
        &["hashtags", "--window", "0d"][..],
        &["hashtags", "--window", "week"],
        &["hashtags", "--related", "#"],
        &["hashtags", "--sort", "score"],
        &["keywords", "--script", "klingon"],
        &["creators", "--tiers", "small"],
        &["creators", "--tiers", "small=5"],
        &["creators", "--by", "plays"],
        &["viral", "--by", "plays"],
        &["timing", "--limit", "5"],
    ] {
        let error = typed(line).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().contains(line[1]), "{error}");
    }
    let Ok(Typed::Hashtags(args)) = typed(&["hashtags", "--related", "#OOTD", "--window", "2w"]) else { panic!() };
    assert_eq!((args.related.as_deref(), args.groups.window), (Some("ootd"), 14 * 24 * 60 * 60));
    assert!(typed(&["viral", "--by", "plays_per_hour"]).is_ok() && typed(&["creators", "--by", "hit_rate"]).is_ok());
    for line in [&["viral", "--by", "growth"], &["creators", "--by", "growth"], &["search", "--sort", "growth"]] {
        assert!(typed(line).is_ok(), "{line:?}");
    }
}
