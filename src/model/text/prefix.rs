//! What starts with a prefix, as a range: for engines that look through their terms in order. Called by the stores.

/// All texts from the first (included) to the second (excluded; `None`: the end) start with `prefix`, and no other.
/// The order of UTF-8 bytes is that of code points, so the last letter's follower bounds it.
#[must_use]
pub fn prefix_bounds(prefix: &str) -> (&str, Option<String>) {
    let mut letters: Vec<char> = prefix.chars().collect();
    while let Some(last) = letters.pop() {
        // A range of chars steps over the surrogates.
        if let Some(next) = (last..=char::MAX).nth(1) {
            letters.push(next);
            return (prefix, Some(letters.into_iter().collect()));
        }
    }
    (prefix, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_bounds_hold_exactly_what_starts_so(prefix in "\\PC{1,3}", text in "\\PC{0,5}", joined in any::<bool>()) {
            let text = if joined { format!("{prefix}{text}") } else { text };
            let (from, to) = prefix_bounds(&prefix);
            let within = text.as_str() >= from && to.is_none_or(|to| text < to);
            prop_assert_eq!(within, text.starts_with(&prefix));
        }
    }

    #[test]
    fn the_bounds_step_over_what_is_no_letter() {
        assert_eq!(prefix_bounds("a\u{d7ff}").1.as_deref(), Some("a\u{e000}"));
        assert_eq!(prefix_bounds("a\u{10ffff}").1.as_deref(), Some("b"));
        assert_eq!(prefix_bounds("\u{10ffff}").1, None);
        assert_eq!(prefix_bounds("").1, None);
    }
}
