//! The words of a query, among flags in any order.
//!
//! clap hands everything behind the first value of a positional of many values to that positional, if its values may
//! start with a hyphen; behind a positional of one value it still knows its flags. So there is one for each word.

use clap::{Arg, ArgMatches, Args, Command, Error, FromArgMatches};

/// So many words can be typed one by one; a longer query goes between quotes.
const MOST_WORDS: usize = 64;

const HELP: &str = "\
Words that must all be there: word, start*, \"a phrase\", #tag, #start*; a leading - excludes [default: every post]";

/// The words, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueryWords(pub Vec<String>);

impl FromArgMatches for QueryWords {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        Ok(Self((0..MOST_WORDS).filter_map(|number| matches.get_one::<String>(&id(number)).cloned()).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for QueryWords {
    fn augment_args(command: Command) -> Command {
        (0..MOST_WORDS).fold(command, |command, number| {
            let word = Arg::new(id(number)).value_name("QUERY").help(HELP).hide(number > 0);
            command.arg(word.allow_hyphen_values(true).value_parser(query_word))
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// How the names of files end that `report -o` may be meant to write.
const PAGE_ENDINGS: [&str; 7] = ["html", "htm", "xhtml", "json", "txt", "gz", "zst"];

fn id(number: usize) -> String {
    format!("query word {number}")
}

/// clap hands over what starts with a hyphen and is no flag it knows; a mistyped flag is no word to exclude.
fn query_word(text: &str) -> Result<String, String> {
    let name = text.strip_prefix("--").unwrap_or_default();
    if name.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return Err("there is no such flag (to exclude a word, write one hyphen: -word)".to_owned());
    }
    let count = text.strip_prefix("-n").map(|rest| rest.strip_prefix('=').unwrap_or(rest));
    if count
        .is_some_and(|count| count == "all" || (!count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit())))
    {
        return Err("write -n and the number apart (to exclude it as a word, write it as a phrase: -\"n5\")".to_owned());
    }
    let is_page = |name: &str| {
        let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
        name.contains('/') || PAGE_ENDINGS.contains(&ending.as_str())
    };
    if text.strip_prefix("-o").is_some_and(is_page) {
        return Err(
            "write -o and the file apart (to exclude it as a word, write it as a phrase: -\"a.html\")".to_owned()
        );
    }
    Ok(text.to_owned())
}
