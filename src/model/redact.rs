//! Strikes a secret out of what somebody else wrote: a server that echoes what it was sent may spell it as JSON, a URL
//! or HTML does, and once more on the way through a gateway. Pure; used before such a text is recorded, judged or
//! shown.

use super::Secret;

/// What stands in a secret's place.
pub const REDACTED: &str = "[redacted]";

/// The text without the secret, however each of its characters is spelt; `None` when it is not in there.
#[must_use]
pub fn without_secret(text: &[u8], secret: &Secret) -> Option<Vec<u8>> {
    let mut letters: Vec<char> = secret.expose().chars().collect();
    // Each level of escaping doubles them, so that a run is taken as a whole.
    letters.dedup_by(|next, letter| *next == '\\' && *letter == '\\');
    let first = *letters.first()?;
    let mut position = 0;
    let mut kept_from = 0;
    let mut cleaned: Option<Vec<u8>> = None;
    while position < text.len() {
        let spelt = may_begin(text[position], first).then(|| after_letters(&text[position..], &letters)).flatten();
        let Some(rest) = spelt else {
            position += 1;
            continue;
        };
        let cleaned = cleaned.get_or_insert_default();
        cleaned.extend_from_slice(&text[kept_from..position]);
        cleaned.extend_from_slice(REDACTED.as_bytes());
        position = text.len() - rest.len();
        kept_from = position;
    }
    cleaned.map(|mut cleaned| {
        cleaned.extend_from_slice(&text[kept_from..]);
        cleaned
    })
}

/// Most positions are passed over by this look at one byte.
fn may_begin(byte: u8, letter: char) -> bool {
    let mut utf8 = [0; 4];
    byte == letter.encode_utf8(&mut utf8).as_bytes()[0] || b"\\%&".contains(&byte)
}

/// What follows these letters, if the text starts with them. A `%` may be itself or begin another letter, so that every
/// reading is tried.
fn after_letters<'a>(text: &'a [u8], letters: &[char]) -> Option<&'a [u8]> {
    let Some((&letter, more)) = letters.split_first() else { return Some(text) };
    if letter == '\\' {
        return after_letters(after_backslashes(text)?, more);
    }
    let mut utf8 = [0; 4];
    let plain = letter.encode_utf8(&mut utf8).as_bytes();
    let unescaped = without_backslashes(text);
    let readings = [
        text.strip_prefix(plain),
        // Never the same reading twice: the time would double with each letter.
        (unescaped.len() < text.len()).then(|| unescaped.strip_prefix(plain)).flatten(),
        after_unicode(text, letter),
        after_percent(text, plain),
        after_html(text, letter),
    ];
    readings.into_iter().flatten().find_map(|rest| after_letters(rest, more))
}

fn without_backslashes(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|&byte| byte != b'\\').unwrap_or(text.len());
    &text[end..]
}

/// Behind one backslash or more, however each is spelt.
fn after_backslashes(text: &[u8]) -> Option<&[u8]> {
    let after_one = |text| {
        let spelt = after_unicode(text, '\\').or_else(|| after_percent(text, b"\\")).or_else(|| after_html(text, '\\'));
        spelt.or_else(|| text.strip_prefix(b"\\"))
    };
    std::iter::successors(after_one(text), |&rest| after_one(rest)).last()
}

/// Behind `%2F`, for each byte one.
fn after_percent<'a>(text: &'a [u8], bytes: &[u8]) -> Option<&'a [u8]> {
    bytes.iter().try_fold(text, |rest, byte| {
        let (code, rest) = rest.strip_prefix(b"%")?.split_at_checked(2)?;
        (hexadecimal(code)? == u32::from(*byte)).then_some(rest)
    })
}

/// Behind `\u002F`; two of them for what JSON writes as two.
fn after_unicode(text: &[u8], letter: char) -> Option<&[u8]> {
    let mut units = [0; 2];
    letter.encode_utf16(&mut units).iter().try_fold(text, |rest, unit| {
        let escaped = without_backslashes(rest);
        let (code, behind) = escaped.strip_prefix(b"u")?.split_at_checked(4)?;
        (escaped.len() < rest.len() && hexadecimal(code)? == u32::from(*unit)).then_some(behind)
    })
}

/// Behind `&amp;`, `&#38;`, `&#x26;`.
fn after_html(text: &[u8], letter: char) -> Option<&[u8]> {
    const NAMES: [(char, &str); 5] = [('&', "amp"), ('<', "lt"), ('>', "gt"), ('"', "quot"), ('\'', "apos")];
    let end = text.iter().take(12).position(|&byte| byte == b';')?;
    let (entity, rest) = (text.get(1..end)?, &text[end + 1..]);
    let code = match entity {
        [b'#', b'x' | b'X', digits @ ..] => hexadecimal(digits)?,
        [b'#', digits @ ..] => std::str::from_utf8(digits).ok()?.parse().ok()?,
        name => NAMES.iter().find(|(_, known)| known.as_bytes() == name).map(|(letter, _)| u32::from(*letter))?,
    };
    (code == u32::from(letter)).then_some(rest)
}

fn hexadecimal(digits: &[u8]) -> Option<u32> {
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cleaned(text: &str, secret: &str) -> String {
        let cleaned = without_secret(text.as_bytes(), &Secret::new(secret));
        String::from_utf8(cleaned.unwrap_or_else(|| text.into())).unwrap()
    }

    #[test]
    fn every_spelling_is_struck_out() {
        for spelling in [
            r#"tk/a+b"c\d&é"#,
            r#"tk\/a+b\"c\\d&é"#,
            r"tk\/a\u002Bb\u0022c\u005cd\u0026\u00E9",
            r#"tk\\\/a+b\\\"c\\\\d&é"#,
            "tk%2Fa%2Bb%22c%5Cd%26%C3%A9",
            "tk%2fa+b%22c%5cd&amp;%c3%a9",
            "tk/a&#43;b&quot;c&#x5c;d&amp;&#233;",
        ] {
            assert_eq!(cleaned(&format!("<{spelling}>{spelling}!"), r#"tk/a+b"c\d&é"#), "<[redacted]>[redacted]!");
        }
        assert_eq!(cleaned("no tk/a here", "tk/a+b"), "no tk/a here");
        assert_eq!(cleaned("anything", ""), "anything");
        assert_eq!(cleaned("a%b&c\\", "%b&c"), "a[redacted]\\");
    }

    #[test]
    fn what_is_nearly_a_secret_takes_no_time() {
        for letters in ["a", "%", "%25", "&amp;", "\\", "\\u005c", "%&"] {
            let text = letters.repeat(60);
            assert_eq!(cleaned(&text, &format!("{}!", letters.repeat(60))), text);
        }
    }

    #[test]
    fn what_was_json_still_is() {
        for secret in [r#""quoted"#, r"back\\slash", r"\starts"] {
            let body = serde_json::json!({ "msg": format!("key {secret} is wrong") }).to_string();
            let value: serde_json::Value = serde_json::from_str(&cleaned(&body, secret)).unwrap();
            assert_eq!(value["msg"], "key [redacted] is wrong", "{secret}");
        }
    }

    proptest! {
        #[test]
        fn a_secret_never_survives_as_json_or_in_a_url(
            secret in "[!-~é]{8,20}", before in "[a-z \\\\&%\"]{0,9}", after in "[a-z ]{0,9}",
        ) {
            let json = serde_json::json!({ "msg": format!("{before} {secret} {after}") }).to_string();
            let value: serde_json::Value = serde_json::from_str(&cleaned(&json, &secret)).unwrap();
            prop_assert!(!value["msg"].as_str().unwrap().contains(&secret), "{value}");
            let query: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
            let spared = cleaned(&format!("?key={query}&after={after}"), &secret);
            prop_assert!(spared.starts_with("?key=[redacted]"), "{spared}");
        }

        #[test]
        fn what_does_not_hold_it_is_left_alone(text in "[ -~]{0,60}") {
            prop_assert_eq!(cleaned(&text, "é-is-not-in-there"), text);
        }
    }
}
