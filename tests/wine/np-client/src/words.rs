//! A command line, cut into words.

/// Longest word, in UTF-16 units with the NUL.
pub const LONGEST: usize = 1024;

/// A word with its NUL.
#[derive(Clone, Copy)]
pub struct Word {
    units: [u16; LONGEST],
    length: usize,
}

impl Word {
    /// The units without the NUL.
    pub fn units(&self) -> &[u16] {
        self.units.get(..self.length).unwrap_or_default()
    }

    /// The units with the NUL.
    pub fn terminated(&self) -> &[u16] {
        self.units.get(..=self.length).unwrap_or_default()
    }

    /// Whether it is this word.
    pub fn is(&self, text: &str) -> bool {
        self.units().iter().copied().eq(text.encode_utf16())
    }

    /// The number that it is, if it is one.
    pub fn number(&self) -> Option<u32> {
        self.units().iter().try_fold(0u32, |value, &unit| {
            let digit = char::from_u32(unit.into())?.to_digit(10)?;
            value.checked_mul(10)?.checked_add(digit)
        })
    }
}

/// The words of a command line: apart by spaces, together in quotation marks.
pub struct Words<'a>(pub &'a [u16]);

impl Iterator for Words<'_> {
    type Item = Word;

    fn next(&mut self) -> Option<Word> {
        const SPACE: u16 = b' ' as u16;
        const QUOTE: u16 = b'"' as u16;
        while let Some(rest) = self.0.strip_prefix(&[SPACE]) {
            self.0 = rest;
        }
        if self.0.is_empty() {
            return None;
        }
        let mut word = Word {
            units: [0; LONGEST],
            length: 0,
        };
        let mut quoted = false;
        while let [unit, rest @ ..] = self.0 {
            self.0 = rest;
            match *unit {
                SPACE if !quoted => break,
                QUOTE => quoted = !quoted,
                unit => {
                    // The last one stays a NUL: what is too long is cut.
                    if let Some([place, _, ..]) = word.units.get_mut(word.length..) {
                        *place = unit;
                        word.length = word.length.saturating_add(1);
                    }
                }
            }
        }
        Some(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        let units: Vec<u16> = line.encode_utf16().collect();
        Words(&units)
            .map(|word| String::from_utf16(word.units()).unwrap())
            .collect()
    }

    #[test]
    fn words_are_apart_by_spaces_and_together_in_quotation_marks() {
        assert_eq!(
            words(r#""c:\my programs\x.exe"  add \\s@OX\x ann "" "a b"  "#),
            [
                r"c:\my programs\x.exe",
                "add",
                r"\\s@OX\x",
                "ann",
                "",
                "a b"
            ]
        );
        assert_eq!(words("   "), [""; 0]);
    }

    #[test]
    fn a_word_that_is_too_long_is_cut_and_keeps_its_nul() {
        let line: Vec<u16> = "x".repeat(3000).encode_utf16().collect();
        let word = Words(&line).next().unwrap();
        assert_eq!(word.units().len(), LONGEST - 1);
        assert_eq!(word.terminated().last(), Some(&0));
    }

    #[test]
    fn a_number_is_told_from_a_word() {
        let number = |text: &str| {
            let units: Vec<u16> = text.encode_utf16().collect();
            Words(&units).next().unwrap().number()
        };
        assert_eq!(number("12"), Some(12));
        assert_eq!(number("1x"), None);
        assert_eq!(number("99999999999"), None);
    }
}
