//! Ids that carry what they name, so that a request is resolved without a table: a video id holds its second of
//! posting and its creator's number, a `sec_user_id` its creator's number, both scrambled by the seed.

use super::draws::{Purpose, hash};

/// Any odd factor can be undone modulo 2^32.
const FACTOR: u32 = 0x9e37_79b1;
const INVERSE: u32 = inverse(FACTOR);

/// Newton's iteration doubles the right bits; an odd number is its own inverse in three of them.
const fn inverse(odd: u32) -> u32 {
    let (mut result, mut bits) = (odd, 3);
    while bits < 32 {
        result = result.wrapping_mul(2_u32.wrapping_sub(odd.wrapping_mul(result)));
        bits *= 2;
    }
    result
}

/// What all real ids begin with.
const SEC_USER_ID_HEAD: &str = "MS4wLjABAAAA";
const SEC_USER_ID_DIGITS: usize = 52;

/// The id of the video that a creator posts at `time` (seconds, UTC). As real ids do, it holds the time in its upper
/// half.
pub(super) fn video_id(seed: u64, creator: u32, time: i64) -> u64 {
    let time = time.unsigned_abs();
    (time << 32) | u64::from(creator.wrapping_mul(FACTOR).wrapping_add(shift(seed, time)))
}

/// Creator and time of a video id, when it could be one of ours; whether there is such a post is another question.
pub(super) fn video_of(seed: u64, id: u64) -> Option<(u32, i64)> {
    let time = id >> 32;
    let lower = u32::try_from(id & u64::from(u32::MAX)).ok()?;
    Some((lower.wrapping_sub(shift(seed, time)).wrapping_mul(INVERSE), i64::try_from(time).ok()?))
}

/// A creator's `sec_user_id`.
pub(super) fn sec_user_id(seed: u64, creator: u32) -> String {
    let scrambled = creator.wrapping_mul(FACTOR).wrapping_add(shift(seed, 0));
    let [first, second, third] = [0, 1, 2].map(|part| creator_hash(seed, creator, part));
    let mut digits = format!("{scrambled:08x}{first:016x}{second:016x}{third:016x}");
    digits.truncate(SEC_USER_ID_DIGITS);
    format!("{SEC_USER_ID_HEAD}{digits}")
}

/// The creator's number, when the id is one that [`sec_user_id`] makes.
pub(super) fn creator_of(seed: u64, id: &str) -> Option<u32> {
    let scrambled = u32::from_str_radix(id.strip_prefix(SEC_USER_ID_HEAD)?.get(..8)?, 16).ok()?;
    let creator = scrambled.wrapping_sub(shift(seed, 0)).wrapping_mul(INVERSE);
    (sec_user_id(seed, creator) == id).then_some(creator)
}

fn creator_hash(seed: u64, creator: u32, part: u64) -> u64 {
    hash(seed, Purpose::CreatorId, &[u64::from(creator), part])
}

fn shift(seed: u64, time: u64) -> u32 {
    u32::try_from(hash(seed, Purpose::VideoId, &[time]) >> 32).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ids_lead_back_to_what_they_name(seed: u64, creator: u32, time in 300_000_000_i64..i64::from(i32::MAX)) {
            let id = video_id(seed, creator, time);
            prop_assert_eq!(id.to_string().len(), 19);
            prop_assert_eq!(video_of(seed, id), Some((creator, time)));
            prop_assert_eq!(creator_of(seed, &sec_user_id(seed, creator)), Some(creator));
        }

        #[test]
        fn foreign_ids_are_nobodys(id in "(MS4wLjABAAAA)?\\PC{0,60}") {
            prop_assert_eq!(creator_of(1, &id), None);
        }
    }
}
