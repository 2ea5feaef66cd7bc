//! Which characters are emoji: Unicode's `Extended_Pictographic`, regional indicators and skin tones.
//!
//! From `emoji-data.txt` of Unicode 15.1, without the ranges that it reserves for later. ASCII is left out:
//! there it has only `#`, `*` and the digits, as starts of keycaps.

use std::cmp::Ordering;

const EMOJI: &[(u32, u32)] = &[
    (0xA9, 0xA9),
    (0xAE, 0xAE),
    (0x203C, 0x203C),
    (0x2049, 0x2049),
    (0x2122, 0x2122),
    (0x2139, 0x2139),
    (0x2194, 0x2199),
    (0x21A9, 0x21AA),
    (0x231A, 0x231B),
    (0x2328, 0x2328),
    (0x2388, 0x2388),
    (0x23CF, 0x23CF),
    (0x23E9, 0x23F3),
    (0x23F8, 0x23FA),
    (0x24C2, 0x24C2),
    (0x25AA, 0x25AB),
    (0x25B6, 0x25B6),
    (0x25C0, 0x25C0),
    (0x25FB, 0x25FE),
    (0x2600, 0x2605),
    (0x2607, 0x2612),
    (0x2614, 0x2685),
    (0x2690, 0x2705),
    (0x2708, 0x2712),
    (0x2714, 0x2714),
    (0x2716, 0x2716),
    (0x271D, 0x271D),
    (0x2721, 0x2721),
    (0x2728, 0x2728),
    (0x2733, 0x2734),
    (0x2744, 0x2744),
    (0x2747, 0x2747),
    (0x274C, 0x274C),
    (0x274E, 0x274E),
    (0x2753, 0x2755),
    (0x2757, 0x2757),
    (0x2763, 0x2767),
    (0x2795, 0x2797),
    (0x27A1, 0x27A1),
    (0x27B0, 0x27B0),
    (0x27BF, 0x27BF),
    (0x2934, 0x2935),
    (0x2B05, 0x2B07),
    (0x2B1B, 0x2B1C),
    (0x2B50, 0x2B50),
    (0x2B55, 0x2B55),
    (0x3030, 0x3030),
    (0x303D, 0x303D),
    (0x3297, 0x3297),
    (0x3299, 0x3299),
    (0x1_F000, 0x1_F0FF),
    (0x1_F10D, 0x1_F10F),
    (0x1_F12F, 0x1_F12F),
    (0x1_F16C, 0x1_F171),
    (0x1_F17E, 0x1_F17F),
    (0x1_F18E, 0x1_F18E),
    (0x1_F191, 0x1_F19A),
    (0x1_F1E6, 0x1_F1FF),
    (0x1_F201, 0x1_F202),
    (0x1_F21A, 0x1_F21A),
    (0x1_F22F, 0x1_F22F),
    (0x1_F232, 0x1_F23A),
    (0x1_F250, 0x1_F251),
    (0x1_F300, 0x1_F53D),
    (0x1_F546, 0x1_F64F),
    (0x1_F680, 0x1_F6FF),
    (0x1_F774, 0x1_F77F),
    (0x1_F7D5, 0x1_F7FF),
    (0x1_F90C, 0x1_F93A),
    (0x1_F93C, 0x1_F945),
    (0x1_F947, 0x1_FAFF),
];

/// Whether `character` is an emoji or a part of one.
pub(super) fn is_emoji(character: char) -> bool {
    let code = u32::from(character);
    let place = |&(first, last): &(u32, u32)| match code {
        _ if last < code => Ordering::Less,
        _ if first > code => Ordering::Greater,
        _ => Ordering::Equal,
    };
    EMOJI.binary_search_by(place).is_ok()
}

/// Zero-width joiner and non-joiner, and the tag characters of flags (variation selectors are marks).
pub(super) fn is_joiner(character: char) -> bool {
    matches!(character, '\u{200C}' | '\u{200D}' | '\u{E0020}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order() {
        assert!(EMOJI.iter().all(|(first, last)| first <= last));
        assert!(EMOJI.windows(2).all(|pair| pair[0].1 < pair[1].0));
    }

    #[test]
    fn emoji_are_told_from_other_signs() {
        assert!("😍🏳🌈❤🇸🏼✨🛒🪞🫶".chars().all(is_emoji));
        assert!(!"aé漢€°≥⠀…。·".chars().any(is_emoji));
    }
}
