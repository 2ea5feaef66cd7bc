//! Sizes of files and disks as people read them: whoever shows one (status, doctor, plans) says it alike.

/// `0 B`, `12.3 MB`: powers of a thousand, as disks are sold.
#[must_use]
pub fn size_in_words(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    let mut size = bytes as f64;
    let mut unit = 0;
    while size >= 999.5 && unit + 1 < UNITS.len() {
        size /= 1000.0;
        unit += 1;
    }
    if unit == 0 { format!("{bytes} B") } else { format!("{size:.1} {}", UNITS[unit]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_at_a_glance() {
        let texts = [0, 999, 1_000, 12_345_678, 5_000_000_000].map(size_in_words);
        assert_eq!(texts, ["0 B", "999 B", "1.0 kB", "12.3 MB", "5.0 GB"]);
    }
}
