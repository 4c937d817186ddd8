//! Text of bounded length.

use super::Code;

/// UTF-16 text of less than `N` units, with a NUL always behind it.
#[derive(Clone, Debug)]
pub struct Text<const N: usize> {
    units: [u16; N],
    length: usize,
}

impl<const N: usize> Text<N> {
    /// No text.
    pub const fn new() -> Self {
        Self {
            units: [0; N],
            length: 0,
        }
    }

    /// The text of these units.
    ///
    /// # Errors
    /// `too_long` if they are too many.
    pub fn collect(units: impl IntoIterator<Item = u16>, too_long: Code) -> Result<Self, Code> {
        let mut text = Self::new();
        for unit in units {
            // The last unit stays a NUL.
            if text.length.saturating_add(1) >= N {
                return Err(too_long);
            }
            *text.units.get_mut(text.length).ok_or(too_long)? = unit;
            text.length = text.length.saturating_add(1);
        }
        Ok(text)
    }

    /// The text that `fill` writes into the room given to it; it says how many units that were.
    pub fn filled(fill: impl FnOnce(&mut [u16]) -> usize) -> Self {
        let mut text = Self::new();
        let most = N.saturating_sub(1);
        let length = fill(text.units.get_mut(..most).unwrap_or_default()).min(most);
        if let Some(rest) = text.units.get_mut(length..) {
            rest.fill(0);
        }
        text.length = length;
        text
    }

    /// The units, without the NUL.
    pub fn units(&self) -> &[u16] {
        self.units.get(..self.length).unwrap_or_default()
    }

    /// The units with the NUL.
    pub fn terminated(&self) -> &[u16] {
        self.units
            .get(..self.length.saturating_add(1))
            .unwrap_or_default()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }
}

impl<const N: usize> Default for Text<N> {
    fn default() -> Self {
        Self::new()
    }
}

/// Writes text with a NUL into a caller's buffer.
///
/// # Errors
/// [`Failure::MoreData`](super::Failure::MoreData) with the needed room in units.
pub fn give(
    text: impl Iterator<Item = u16> + Clone,
    buffer: &mut [u16],
) -> Result<(), super::Failure> {
    let needed = text.clone().count().saturating_add(1);
    let Some(room) = buffer.get_mut(..needed) else {
        let needed = u32::try_from(needed).unwrap_or(u32::MAX);
        return Err(super::Failure::MoreData(needed));
    };
    for (place, unit) in room.iter_mut().zip(text.chain([0])) {
        *place = unit;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::Failure;

    #[test]
    fn a_text_leaves_room_for_its_nul() {
        let text = Text::<4>::collect([1, 2, 3], Code::BAD_VALUE).unwrap();
        assert_eq!(text.terminated(), [1, 2, 3, 0]);
        assert_eq!(
            Text::<4>::collect([1, 2, 3, 4], Code::BAD_VALUE).unwrap_err(),
            Code::BAD_VALUE
        );
    }

    #[test]
    fn a_filled_text_ends_where_its_filler_says() {
        let text = Text::<6>::filled(|room| {
            room.fill(7);
            2
        });
        assert_eq!(
            (text.units(), text.terminated()),
            (&[7, 7][..], &[7, 7, 0][..])
        );
        assert_eq!(Text::<3>::filled(|_| 100).units(), [0, 0]);
    }

    #[test]
    fn a_buffer_without_room_is_not_written_but_measured() {
        let mut buffer = [9; 3];
        let text = [1, 2, 3].into_iter();
        assert_eq!(give(text.clone(), &mut buffer), Err(Failure::MoreData(4)));
        assert_eq!(buffer, [9; 3]);
        let mut buffer = [9; 5];
        assert_eq!(give(text, &mut buffer), Ok(()));
        assert_eq!(buffer, [1, 2, 3, 0, 9]);
    }
}
