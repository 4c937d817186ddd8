//! Byte ranges of locks: 64-bit starts and lengths, which may reach past the largest offset.

/// A range of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub start: u64,
    pub length: u64,
}

impl Range {
    /// True if the ranges have a byte in common. A range of no bytes has none, except that it lies inside a range that has bytes
    /// on both of its sides.
    pub fn overlaps(self, other: Range) -> bool {
        self.start < other.end() && other.start < self.end()
    }

    fn end(self) -> u64 {
        self.start.saturating_add(self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(start: u64, length: u64) -> Range {
        Range { start, length }
    }

    #[test]
    fn neighbours_do_not_overlap() {
        assert!(!range(0, 10).overlaps(range(10, 10)));
        assert!(range(0, 11).overlaps(range(10, 10)));
    }

    #[test]
    fn a_range_to_the_largest_offset_overlaps_what_lies_in_it() {
        assert!(range(u64::MAX - 5, u64::MAX).overlaps(range(u64::MAX - 1, 1)));
    }

    #[test]
    fn an_empty_range_conflicts_only_inside_another() {
        assert!(!range(10, 0).overlaps(range(10, 5)));
        assert!(range(12, 0).overlaps(range(10, 5)));
    }
}
