//! Scripts by name, and whether a word is written in one.

use unicode_script::{Script, UnicodeScript};

/// The script of this name ("latin", "Han", "old italic", "Cyrl"); `None` when Unicode has none such.
#[must_use]
pub fn named(name: &str) -> Option<Script> {
    let words = name.split([' ', '_', '-']).filter(|word| !word.is_empty());
    let capitals: Vec<String> = words
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_uppercase().chain(letters.flat_map(char::to_lowercase)).collect())
        })
        .map(Option::unwrap_or_default)
        .collect();
    let name = capitals.join("_");
    let found = Script::from_full_name(&name).or_else(|| Script::from_short_name(&name))?;
    (!matches!(found, Script::Common | Script::Inherited | Script::Unknown)).then_some(found)
}

/// Whether a text holds a letter of a script.
#[must_use]
pub fn holds(text: &str, script: Script) -> bool {
    text.chars().any(|character| character.script() == script)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_known_by_any_spelling_of_their_name() {
        for name in ["cyrillic", "Cyrillic", "CYRILLIC", "cyrl"] {
            assert_eq!(named(name), Some(Script::Cyrillic), "{name}");
        }
        assert_eq!(named("old italic"), Some(Script::Old_Italic));
        for name in ["", "klingon", "common", "zyyy", "zzzz"] {
            assert_eq!(named(name), None, "{name}");
        }
        assert!(holds("платье", Script::Cyrillic) && holds("iphone 手机", Script::Han));
        assert!(!holds("dress 2025", Script::Cyrillic) && !holds("2025", Script::Latin));
    }
}
