//! Each reader against the shapes that it takes and those that it refuses.

use super::*;

fn raw(json: &str) -> &RawValue {
    serde_json::from_str(json).unwrap()
}

#[test]
fn ids_stay_exact_and_what_floating_point_touched_is_absent() {
    let ids = [
        (r#""7528963259874125698""#, Some("7528963259874125698")),
        ("7528963259874125698", Some("7528963259874125698")),
        (r#"" 12 ""#, Some("12")),
        (r#""7.506832745952218e+18""#, None),
        ("7.506832745952218e+18", None),
        ("1e999", None),
        ("-5", None),
        (r#""""#, None),
        ("null", None),
        ("true", None),
        ("{}", None),
    ];
    for (json, expected) in ids {
        assert_eq!(id(raw(json)).as_deref(), expected, "{json}");
    }
    assert_eq!(id(raw(&format!("\"{}\"", "7".repeat(MAX_ID_BYTES + 1)))), None);
}

#[test]
fn rounded_numbers_are_known() {
    assert!(is_rounded_number(raw("7470969632736710000")));
    assert!(is_rounded_number(raw("6826943794529897000")));
    assert!(!is_rounded_number(raw("6948086714175621121")));
    assert!(!is_rounded_number(raw("9007199254740992")));
    assert!(!is_rounded_number(raw(r#""7470969632736710000""#)));
}

#[test]
fn counts_come_as_numbers_texts_and_abbreviations() {
    let counts = [
        ("503200000000", Some(503_200_000_000)),
        (r#""4800000""#, Some(4_800_000)),
        (r#""686000.0""#, Some(686_000)),
        ("686000.0", Some(686_000)),
        (r#""541.2K""#, Some(541_200)),
        (r#""1.4M""#, Some(1_400_000)),
        (r#""2 b""#, Some(2_000_000_000)),
        ("9223372036854775807", Some(MAX_COUNT)),
        ("9223372036854775808", None),
        ("1e999", None),
        ("-1", None),
        (r#""many""#, None),
        (r#""K""#, None),
        (r#""NaN""#, None),
        ("[]", None),
    ];
    for (json, expected) in counts {
        assert_eq!(count(raw(json)), expected, "{json}");
    }
}

#[test]
fn flags_come_as_booleans_numbers_and_texts() {
    for json in ["true", "1", r#""true""#, r#"" TRUE ""#, r#""1""#, "1.0"] {
        assert_eq!(flag(raw(json)), Some(true), "{json}");
    }
    for json in ["false", "0", r#""false""#, r#""0""#] {
        assert_eq!(flag(raw(json)), Some(false), "{json}");
    }
    for json in ["null", r#""""#, r#""perhaps""#, r#""NaN""#, "[]", "{}"] {
        assert_eq!(flag(raw(json)), None, "{json}");
    }
}

#[test]
fn texts_survive_half_surrogates_and_long_escapes() {
    assert_eq!(text(raw(r#""a\/b""#)).as_deref(), Some("a/b"));
    assert_eq!(text(raw(r#""\ud83d\ude00 \ud83d x""#)).as_deref(), Some("😀 \u{fffd} x"));
    assert_eq!(text(raw(r#""\\ud83d \ude00\"""#)).as_deref(), Some("\\ud83d \u{fffd}\""));
    assert_eq!(text(raw("7")), None);
}

#[test]
fn addresses_are_texts_or_lists() {
    assert_eq!(address(raw(r#""https://a""#)).as_deref(), Some("https://a"));
    assert_eq!(address(raw(r#"{"url_list":[null,"","https://b","https://c"]}"#)).as_deref(), Some("https://b"));
    for json in [r#"{"url_list":null}"#, r#"{"url_list":[]}"#, "{}", "null", "3", "[]", r#""""#] {
        assert_eq!(address(raw(json)), None, "{json}");
    }
}

#[test]
fn a_half_surrogate_in_a_key_fails_nothing() {
    let json = r#"{"\ud83d":1,"url_list":["https://a"]}"#;
    assert_eq!(address(raw(json)).as_deref(), Some("https://a"));
}
