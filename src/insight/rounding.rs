//! Figures to so many significant digits, as they are stored and shown: the same wherever they are computed.

/// `value` to four significant digits, as scores are stored; what is not finite stays as it is.
#[must_use]
pub fn to_four_digits(value: f64) -> f64 {
    to_digits(value, 4)
}

/// `value` to two significant digits, as a pass rounds what it takes from the whole corpus, so that a small run changes
/// few documents; what is not finite stays as it is.
#[must_use]
pub fn to_two_digits(value: f64) -> f64 {
    to_digits(value, 2)
}

/// `value` to four decimals, as logarithms are stored; never -0.
#[must_use]
pub fn to_four_decimals(value: f64) -> f64 {
    (value * 1e4).round() / 1e4 + 0.0
}

fn to_digits(value: f64, digits: i32) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    #[expect(clippy::cast_possible_truncation, reason = "a finite f64 has an exponent between -324 and 308")]
    let decimals = digits - 1 - value.abs().log10().floor() as i32;
    // Powers of ten up to 10^22 are exact, so that the division gives the nearest double of the decimal.
    if decimals >= 0 {
        let power = 10_f64.powi(decimals);
        let scaled = value * power;
        // Below 10^-300 the power is beyond what a double holds: nothing there is a figure of ours.
        if scaled.is_finite() && power.is_finite() { scaled.round() / power } else { value }
    } else {
        let power = 10_f64.powi(-decimals);
        (value / power).round() * power
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn as_a_person_rounds() {
        let shown = |value: f64| value.to_string();
        assert_eq!([to_four_digits(2.345_67), to_four_digits(-2.345_67)].map(shown), ["2.346", "-2.346"]);
        let two = [9.249, 0.076_4, 1_250.0].map(|value| to_two_digits(value).to_string());
        assert_eq!(two, ["9.2", "0.076", "1300"]);
        assert_eq!([to_four_digits(0.0), to_four_decimals(-0.000_01)].map(shown), ["0", "0"]);
        assert!(to_four_decimals(-0.000_01).is_sign_positive(), "-0.0 would be written as -0.0");
    }

    proptest! {
        #[test]
        fn close_and_the_same_when_done_again(value in -1e20..1e20_f64) {
            let rounded = to_four_digits(value);
            prop_assert!((rounded - value).abs() <= value.abs() * 0.000_51);
            prop_assert_eq!(to_four_digits(rounded).to_bits(), rounded.to_bits());
            prop_assert!(to_two_digits(f64::MIN_POSITIVE * value).is_finite());
        }
    }
}
