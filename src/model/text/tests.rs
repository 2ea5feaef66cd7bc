//! Folding and word breaking, script by script.

use proptest::prelude::*;

use super::*;

fn broken(text: &str) -> String {
    tokens(text).join("|")
}

#[test]
fn folding_is_nfkc_and_lower_case() {
    for (text, folded) in [
        ("OOTD", "ootd"),
        ("ＯＯＴＤ", "ootd"),
        ("İstanbul", "i\u{307}stanbul"),
        ("ｶﾞ", "ガ"),
        ("ΜΟΔΑΣ", "μοδας"),
        ("𝐙", "z"),
        ("ПорадуйМаму", "порадуймаму"),
        ("❤️", "❤️"),
    ] {
        assert_eq!(fold(text), folded, "{text}");
    }
}

#[test]
fn folding_any_character_twice_changes_nothing() {
    for character in '\0'..=char::MAX {
        let once = fold(character.encode_utf8(&mut [0; 4]));
        assert_eq!(fold(&once), once, "{character:?}");
    }
}

#[test]
fn words_break_by_uax_29_and_emoji_stay() {
    for (text, expected) in [
        ("Summer daily outfit✨ #fashion #summer_look", "summer|daily|outfit|✨|fashion|summer_look"),
        ("beautiful😍50tonarmy😜", "beautiful|😍|50tonarmy|😜"),
        ("🐍🐍 👩🏼‍❤️‍💋‍👩🏻", "🐍|🐍|👩🏼‍❤‍💋‍👩🏻"),
        ("#السعودية🇸🇦", "السعودية|🇸🇦"),
        ("❤️ and ❤", "❤|and|❤"),
        ("don’t don't", "don't|don't"),
        ("\u{200f}שלום\u{200f} \u{200e}hi", "שלום|hi"),
        ("beniöneçıkart ti̇ktok", "beniöneçıkart|ti̇ktok"),
        ("cschd.gov.vn blowup? ???", "cschd.gov.vn|blowup"),
        ("a\u{200d}😍b", "a|😍|b"),
        ("한국어 배우기", "한국어|배우기"),
        ("... — !", ""),
        ("nbsp\u{a0}here\u{3000}x", "nbsp|here|x"),
        // Found by fuzzing: U+001C is whitespace to Java alone, and a mark joined it to its token.
        ("a\u{1c}\u{65a}b", "a|\u{65a}|b"),
    ] {
        assert_eq!(broken(text), expected, "{text}");
    }
}

#[test]
fn runs_of_unspaced_scripts_become_pairs() {
    for (text, expected) in [
        ("ABC手机壳", "abc|手机|机壳|壳"),
        ("手机iPhone手", "手机|机|iphone|手"),
        ("食べるケーキ、好き", "食べ|べる|るケ|ケー|ーキ|キ|好き|き"),
        ("fypシ゚", "fyp|シ゚"),
        ("ที่นี่", "ที่นี่|นี่"),
        ("ไทย\u{200b}ไทย", "ไท|ทย|ยไ|ไท|ทย|ย"),
        ("カナ_abc", "カナ|ナ|_abc"),
        ("ICAR03年轻人的车", "icar03|年轻|轻人|人的|的车|车"),
    ] {
        assert_eq!(broken(text), expected, "{text}");
    }
}

#[test]
fn the_search_text_holds_each_tag_once() {
    assert_eq!(search_text("My #OOTD today", &["ootd", "sale"]), ["my ootd today", "sale"]);
    assert_eq!(search_text("", &["Summer Look", "summer look"]), ["summer look"]);
    assert_eq!(search_text("ootds", &["ootd"]), ["ootds", "ootd"]);
    assert_eq!(search_text("好手机壳", &["手机", "壳"]), ["好手 手机 机壳 壳"]);
    assert_eq!(search_text("...", &["???"]), Vec::<String>::new());
}

/// Found by fuzzing: each tag was sought in the whole text, so that a long caption of tags took minutes.
#[test]
fn a_text_of_very_many_tags_holds_each_of_the_first_and_lists_the_rest() {
    let tags: Vec<String> = (0..60_000).map(|number| format!("tag{number}")).collect();
    let hashtags: Vec<&str> = tags.iter().map(String::as_str).collect();
    let elements = search_text(&tags.join(" "), &hashtags);
    assert_eq!(elements.len(), 1 + tags.len() - MOST_HASHTAGS_SOUGHT);
    assert_eq!(elements[1..], tags[MOST_HASHTAGS_SOUGHT..]);
}

#[test]
fn a_token_is_cut_in_the_document_as_in_the_query() {
    let long = "é".repeat(300);
    assert_eq!(tokens(&long), ["é".repeat(LONGEST_TOKEN)]);
}

#[test]
fn pictographs_are_told_from_letters_and_signs() {
    for emoji in ['😀', '✨', '❤', '🇸', '🏽', '🅰', '©', '🪿'] {
        assert!(is_emoji(emoji), "{emoji}");
    }
    for other in ['a', '#', '1', 'ー', '手', '、', '→', '€', '\u{200d}', '\u{fe0f}', '\u{3099}'] {
        assert!(!is_emoji(other), "{other}");
    }
}

proptest! {
    #[test]
    fn folding_twice_changes_nothing(text in "\\PC{0,40}|[ΑΣσςİıßﬁ\u{301}\u{307}\u{345} .']{0,12}") {
        let once = fold(&text);
        prop_assert_eq!(fold(&once), once);
    }

    #[test]
    fn tokens_are_short_folded_and_without_whitespace(text in any::<String>()) {
        for token in tokens(&text) {
            prop_assert!(!token.is_empty() && token.chars().count() <= LONGEST_TOKEN, "{:?}", token);
            prop_assert!(!token.chars().any(|character| character.is_whitespace() || character.is_control()), "{:?}", token);
        }
    }
}
