//! What is a hashtag, and what only looks like one.

use proptest::prelude::*;

use super::*;

fn tags(names: &[&str], text: &str) -> Vec<String> {
    let names: Vec<Cow<'_, str>> = names.iter().copied().map(Cow::Borrowed).collect();
    collect(&names, text).0.into_iter().map(Cow::into_owned).collect()
}

#[test]
fn names_come_first_then_the_text() {
    assert_eq!(tags(&["fashion", "ootd"], "x #fashion #ootd #summerlook"), ["fashion", "ootd", "summerlook"]);
    assert_eq!(tags(&["b"], "#a #b"), ["b", "a"]);
}

#[test]
fn no_space_is_needed_and_nothing_is_no_tag() {
    assert_eq!(tags(&[], "#fyp#family＃pov"), ["fyp", "family", "pov"]);
    assert_eq!(tags(&[], "# ## #! a# #@x #"), [""; 0]);
    assert_eq!(tags(&[], "交作业来晚了！#世界杯手势舞#黑丝"), ["世界杯手势舞", "黑丝"]);
}

#[test]
fn emoji_marks_and_joiners_belong_to_the_tag() {
    for tag in
        ["beautiful😍", "🏳️‍🌈", "❤️", "السعودية🇸🇦", "fypシ゚", "ti̇ktok", "2024", "_", "р_е_к", "👩🏼‍❤️‍💋‍👩🏻", "می‌خواهم", "1️⃣st"]
    {
        assert_eq!(tags(&[], &format!("a #{tag} b")), [tag]);
        assert_eq!(tags(&[], &format!("#{tag}#{tag}.")), [tag]);
    }
    assert_eq!(tags(&[], "dial #️⃣ now #️⃣fashion"), [""; 0]);
    assert_eq!(tags(&[], "#fashion\u{200D} #\u{FE0F} x"), ["fashion"]);
    assert_eq!(tags(&["fashion"], "#\u{FE0F}fashion #\u{FE0F}ootd"), ["fashion", "ootd"]);
}

#[test]
fn a_flag_made_of_tag_characters_is_kept_whole() {
    let england = "england\u{1F3F4}\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}";
    assert_eq!(tags(&[], &format!("#{england} #{england}.")), [england]);
    assert_eq!(tags(&[england], &format!("#{england}")), [england]);
    assert_eq!(tags(&[], "#\u{E0067}\u{E007F} x"), [""; 0]);
}

#[test]
fn a_name_that_stands_there_is_consumed_longest_first_in_any_case() {
    assert_eq!(tags(&["super", "SuperBowl"], "#SUPERBOWL"), ["super", "SuperBowl"]);
    assert_eq!(tags(&["blowup?", "cschd.gov.vn"], "#blowup? #CSCHD.gov.vn"), ["blowup?", "cschd.gov.vn"]);
    assert_eq!(tags(&["amici pizza"], "#Amici Pizza #x"), ["amici pizza", "x"]);
    assert_eq!(tags(&["ti̇ktok"], "#TİKTOK"), ["ti̇ktok"]);
    assert_eq!(tags(&[], "#blowup? #cschd.gov.vn"), ["blowup", "cschd"]);
}

#[test]
fn a_name_that_holds_a_sign_is_two_tags() {
    assert_eq!(tags(&["经典港片#吴彦祖"], "#经典港片#吴彦祖"), ["经典港片", "吴彦祖"]);
    assert_eq!(tags(&["#fashion", " # "], ""), ["fashion"]);
}

#[test]
fn the_first_spelling_wins() {
    assert_eq!(tags(&["casetify", "Casetify"], "#CASETIFY #Heco #heco"), ["casetify", "Heco"]);
    let many = (0..100).map(|number| format!("#T{number}#t{number}")).collect::<Vec<_>>().concat();
    assert_eq!(tags(&[], &many).len(), 100);
}

/// Found by looking for what fuzzing is too small for: each name was tried at each sign.
#[test]
fn names_are_looked_for_behind_the_first_signs_alone() {
    let near = format!("{}#a b", "#".repeat(MAX_SIGNS_SOUGHT - 1));
    assert_eq!(tags(&["a b"], &near), ["a b"]);
    assert_eq!(tags(&["a b"], &format!("#{near}")), ["a b", "a"]);
}

proptest! {
    #[test]
    fn never_a_panic_never_a_duplicate(names in proptest::collection::vec("\\PC{0,6}", 0..5), text in "([#＃ aAİß😍\u{FE0F}\u{200D}\u{20E3}]|\\PC){0,40}") {
        let names: Vec<Cow<'_, str>> = names.iter().map(|name| Cow::Borrowed(name.as_str())).collect();
        let (shown, keys) = collect(&names, &text);
        prop_assert_eq!(shown.len(), keys.len());
        let unique: HashSet<&String> = keys.iter().collect();
        prop_assert_eq!(unique.len(), keys.len());
        for (tag, key) in shown.iter().zip(&keys) {
            prop_assert_eq!(&fold(tag), key);
            prop_assert!(!tag.contains(SIGNS) && !tag.is_empty());
        }
    }
}
