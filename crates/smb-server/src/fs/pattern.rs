//! Wildcard patterns of directory listings (MS-FSA 2.1.4.4).

use super::name::upcase;

const ANY: u16 = b'*' as u16;
const ONE: u16 = b'?' as u16;
/// `<`: as `*`, but not past the name's last dot.
const DOS_STAR: u16 = b'<' as u16;
/// `>`: as `?`, but nothing where the name has a dot or ends.
const DOS_ONE: u16 = b'>' as u16;
/// `"`: a dot, or nothing where the name ends.
const DOS_DOT: u16 = b'"' as u16;
const DOT: u16 = b'.' as u16;

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct Pattern {
    units: Box<[u16]>,
    matches_all: bool,
}

impl Pattern {
    /// The pattern spelled by `text`; an empty one matches everything, as `*` does.
    pub fn new(text: &[u16]) -> Self {
        Self {
            units: text.iter().copied().map(upcase).collect(),
            matches_all: text.is_empty() || text == [ANY],
        }
    }

    /// Whether the pattern has a wildcard.
    pub fn has_wildcards(&self) -> bool {
        self.matches_all
            || self
                .units
                .iter()
                .any(|unit| [ANY, ONE, DOS_STAR, DOS_ONE, DOS_DOT].contains(unit))
    }

    /// The folded name that a pattern without wildcards stands for.
    pub(super) fn literal(&self) -> Option<&[u16]> {
        (!self.has_wildcards()).then_some(&*self.units)
    }

    /// Whether `name`, in any case, matches. Takes time in proportion to the product of both lengths, whatever the pattern.
    pub fn matches(&self, name: &[u16]) -> bool {
        if self.matches_all {
            return true;
        }
        let last_dot = name.iter().rposition(|unit| *unit == DOT);
        // `reached[i]`: the name read so far can be matched by the pattern's first `i` units.
        let mut reached = vec![false; self.units.len() + 1];
        let mut next = reached.clone();
        reached[0] = true;
        for (at, unit) in name.iter().copied().map(upcase).enumerate() {
            next.fill(false);
            for i in 0..self.units.len() {
                if !reached[i] {
                    continue;
                }
                match self.units[i] {
                    ANY => {
                        reached[i + 1] = true;
                        next[i] = true;
                    }
                    ONE => next[i + 1] = true,
                    DOS_STAR => {
                        reached[i + 1] = true;
                        let stays = last_dot != Some(at);
                        next[if stays { i } else { i + 1 }] = true;
                    }
                    DOS_ONE if unit == DOT => reached[i + 1] = true,
                    DOS_ONE => next[i + 1] = true,
                    DOS_DOT => next[i + 1] |= unit == DOT,
                    literal => next[i + 1] |= literal == unit,
                }
            }
            std::mem::swap(&mut reached, &mut next);
        }
        for i in 0..self.units.len() {
            if reached[i] && [ANY, DOS_STAR, DOS_ONE, DOS_DOT].contains(&self.units[i]) {
                reached[i + 1] = true;
            }
        }
        reached[self.units.len()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, name: &str) -> bool {
        let units = |text: &str| text.encode_utf16().collect::<Vec<_>>();
        Pattern::new(&units(pattern)).matches(&units(name))
    }

    #[test]
    fn star_and_question_mark_match_in_any_case() {
        assert!(matches("*.TXT", "readme.txt"));
        assert!(matches("r?adme*", "README.TXT"));
        assert!(!matches("?", "ab"));
        assert!(matches("*", ""));
        assert!(!matches("?", ""));
    }

    #[test]
    fn dos_star_stops_at_the_last_dot() {
        assert!(matches("<.c", "a.b.c"));
        assert!(matches("<", "noextension"));
        assert!(!matches("<", "with.extension"));
    }

    #[test]
    fn dos_question_mark_matches_nothing_at_a_dot_or_the_end() {
        assert!(matches(">>>>.txt", "ab.txt"));
        assert!(matches(">>>>", "ab"));
        assert!(!matches(">", "ab"));
    }

    #[test]
    fn dos_dot_matches_a_dot_or_the_end() {
        assert!(matches("a\"", "a"));
        assert!(matches("a\"b", "a.b"));
        assert!(matches("<\"*", "name"));
        assert!(!matches("a\"b", "ab"));
    }

    #[test]
    fn many_stars_do_not_take_exponential_time() {
        let pattern = "*a".repeat(100);
        let name = "a".repeat(99) + "b";
        assert!(!matches(&pattern, &name));
    }
}
