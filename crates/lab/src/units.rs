//! Numbers as people read them.

use std::time::Duration;

const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];

/// `0 B`, `4 KiB`, `1.5 MiB`: at most four digits, and one decimal where it says something.
pub fn bytes(count: u64) -> String {
    let mut value = count as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let tenths = (value * 10.0).round() / 10.0;
    if tenths.fract() == 0.0 || tenths >= 100.0 {
        format!("{value:.0} {}", UNITS[unit])
    } else {
        format!("{tenths:.1} {}", UNITS[unit])
    }
}

/// Bytes a second, such as `830 MiB/s`.
pub fn speed(count: u64, time: Duration) -> String {
    format!("{}/s", bytes(rate(count, time) as u64))
}

/// How many a second.
pub fn rate(count: u64, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64().max(1e-9)
}

/// `830 ns`, `41 us`, `3.2 ms`, `1.5 s`.
pub fn time(time: Duration) -> String {
    let nanoseconds = time.as_nanos() as f64;
    let (value, unit) = match time.as_nanos() {
        0..1_000 => (nanoseconds, "ns"),
        1_000..1_000_000 => (nanoseconds / 1e3, "us"),
        1_000_000..1_000_000_000 => (nanoseconds / 1e6, "ms"),
        _ => (nanoseconds / 1e9, "s"),
    };
    if value < 10.0 && unit != "ns" {
        format!("{value:.1} {unit}")
    } else {
        format!("{value:.0} {unit}")
    }
}

/// A count with its digits in groups of three: `12,345`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 file`, `12,345 files`.
pub fn files(number: u64) -> String {
    let noun = if number == 1 { "file" } else { "files" };
    format!("{} {noun}", count(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_in_binary_units_with_a_decimal_where_it_matters() {
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(4096), "4 KiB");
        assert_eq!(bytes(1_572_864), "1.5 MiB");
        assert_eq!(bytes(830 << 20), "830 MiB");
        assert_eq!(bytes(1 << 30), "1 GiB");
    }

    #[test]
    fn times_take_the_unit_that_suits_them() {
        assert_eq!(time(Duration::from_nanos(830)), "830 ns");
        assert_eq!(time(Duration::from_nanos(4_100)), "4.1 us");
        assert_eq!(time(Duration::from_micros(41)), "41 us");
        assert_eq!(time(Duration::from_millis(1500)), "1.5 s");
    }

    #[test]
    fn counts_are_grouped() {
        assert_eq!(count(7), "7");
        assert_eq!(count(12_345), "12,345");
        assert_eq!(count(1_234_567), "1,234,567");
    }
}
