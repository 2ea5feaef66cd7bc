//! Which words a text has, script by script, and what is none of them.

use proptest::prelude::*;

use super::*;
use crate::model::text::fold;

fn words(text: &str, hashtags: &[&str], region: &str) -> String {
    collect(text, hashtags, Some(region)).join("|")
}

#[test]
fn words_and_pairs_stand_in_the_order_of_the_text() {
    for (text, expected) in [
        ("Summer daily outfit", "summer|daily|summer daily|outfit|daily outfit"),
        ("the dress and the shoes", "dress|shoes"),
        ("Dress, shoes. New-in!", "dress|shoes|new"),
        ("black dress\nsummer", "black|dress|black dress|summer"),
        ("case – cover - phone (pink) \"case\"", "case|cover|phone|pink"),
        ("dress✨dress ✨ shoes", "dress|shoes"),
        ("iphone 15 pro 2024 10", "iphone|iphone 15|pro|15 pro|pro 2024"),
        ("v neck, t-shirt", "neck|shirt"),
        ("girls’ night, GIRLS' night; don't", "girls|night|girls night"),
        ("ＤＲＥＳＳ Dress dress", "dress|dress dress"),
        ("100% cotton & silk 50€", "cotton|silk|silk 50"),
    ] {
        assert_eq!(words(text, &[], "US"), expected, "{text}");
    }
}

#[test]
fn hashtags_mentions_and_links_are_no_words() {
    for (text, expected) in [
        ("summer #ootd dress", "summer|dress"),
        ("#fashion#style", ""),
        ("＃ootd look", "look"),
        ("see #Amici Pizza now", "see"),
        ("thanks @lily.b_c and @＿x dress", "thanks|dress"),
        ("mail info@shop.co.uk dress", "mail|dress"),
        ("https://x.y/z?a=b dress www.shop.com bit.ly/abc, Shop.com! shoes", "dress|shoes"),
        ("点击https://x.com/手机", "点击|手机"),
        ("感谢@李佳琦 手机壳", "感谢|手机|机壳"),
        ("1️⃣ dress #️⃣ shoes", "dress|shoes"),
        ("a@@@b # dress", "dress"),
    ] {
        assert_eq!(words(text, &["amici pizza"], "US"), expected, "{text}");
    }
}

#[test]
fn other_scripts_have_words_too() {
    for (text, region, expected) in [
        ("手机壳很好看", "CN", "手机|机壳|壳很|很好|好看"),
        ("我们的手机", "CN", "们的|的手|手机"),
        ("한국어 배우기", "KR", "한국어|배우기|한국어 배우기"),
        ("что красивое платье", "RU", "красивое|платье|красивое платье"),
        ("فستان جميل في الصيف", "SA", "فستان|جميل|فستان جميل|الصيف"),
        ("सुंदर कपड़े", "IN", "सुंदर|कपड़े|सुंदर कपड़े"),
        ("iPhone手机", "CN", "iphone|手机"),
        ("das schöne Kleid", "DE", "schöne|kleid|schöne kleid"),
    ] {
        assert_eq!(words(text, &[], region), expected, "{text}");
    }
}

#[test]
fn a_long_text_gives_its_first_words() {
    let text = (0..5_000).map(|number| format!("w{number}")).collect::<Vec<_>>().join(" ");
    let found = collect::<&str>(&text, &[], None);
    assert_eq!((found.len(), found[0].as_str(), found[2].as_str()), (MOST_WORDS, "w0", "w0 w1"));
}

#[test]
fn a_text_of_signs_takes_no_time() {
    for unit in ["@", "a@b.", "#", "www.", "@a", "＠"] {
        collect(&unit.repeat(100_000), &["a"], None);
    }
}

#[test]
fn only_other_spellings_are_kept() {
    let keys = ["ootd", "a\tb", "платье", "fi"].map(str::to_owned);
    assert_eq!(spellings(&["OOTD", "A\tb", "платье", "ﬁ"], &keys), ["ootd\tOOTD", "fi\tﬁ"]);
}

proptest! {
    #[test]
    fn words_are_distinct_folded_and_found_in_the_text(text in "([#@. a-dé1ß手机ไท😍'-]|\\PC){0,60}") {
        let found = collect::<&str>(&text, &[], Some("US"));
        prop_assert!(found.len() <= MOST_WORDS);
        let distinct: HashSet<&String> = found.iter().collect();
        prop_assert_eq!(distinct.len(), found.len());
        let stop_words = StopWords::of(Some("US"));
        for word in &found {
            prop_assert!(word.chars().any(char::is_alphabetic), "{:?}", word);
            prop_assert!(word.split(' ').all(|part| !part.is_empty() && !stop_words.hold(part)), "{:?}", word);
            prop_assert!(word.split(' ').count() <= 2, "{:?}", word);
            prop_assert_eq!(&fold(word), word);
        }
    }

    /// A tag, a mention or a link says nothing, wherever it stands between words.
    #[test]
    fn what_is_no_text_gives_no_word(
        before in "[a-d ]{0,12}", tag in "[a-zé手]{1,6}", after in "[a-d ]{0,12}", sign in "#|@|https://|www\\."
    ) {
        let with = collect::<&str>(&format!("{before} {sign}{tag} {after}"), &[], None);
        let without = collect::<&str>(&format!("{before}\n{after}"), &[], None);
        prop_assert!(sign.ends_with(['/', '.']) && !tag.is_ascii() || with == without, "{:?} {:?}", with, without);
    }
}
