//! Which message ids a client may use (MS-SMB2 3.3.1.1, 3.3.1.2).

use std::collections::BTreeSet;

/// The window of message ids that were granted and not used yet.
#[derive(Debug)]
pub(crate) struct CreditWindow {
    /// The lowest id not used yet.
    low: u64,
    /// The first id not granted yet.
    end: u64,
    /// Ids above `low` that were used out of order.
    used: BTreeSet<u64>,
    limit: u64,
}

/// The client used an id that it has not, or no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OutOfWindow;

impl CreditWindow {
    /// A new connection's window: message id 0, for NEGOTIATE.
    pub(crate) fn new(limit: u16) -> Self {
        Self {
            low: 0,
            end: 1,
            used: BTreeSet::new(),
            limit: limit.max(1).into(),
        }
    }

    /// Takes `charge` ids from `message_id` on.
    pub(crate) fn take(&mut self, message_id: u64, charge: u16) -> Result<(), OutOfWindow> {
        let last = message_id
            .checked_add(u64::from(charge.max(1)))
            .ok_or(OutOfWindow)?;
        if message_id < self.low
            || last > self.end
            || self.used.range(message_id..last).next().is_some()
        {
            return Err(OutOfWindow);
        }
        if message_id == self.low {
            self.low = last;
        } else {
            self.used.extend(message_id..last);
        }
        while self.used.remove(&self.low) {
            self.low += 1;
        }
        Ok(())
    }

    /// Grants up to `wanted` more ids; at least one if the client would have none left.
    pub(crate) fn grant(&mut self, wanted: u16) -> u16 {
        let held = self.end - self.low - self.used.len() as u64;
        let room = self.limit.saturating_sub(held);
        let granted = u64::from(wanted).min(room).max(u64::from(held == 0)) as u16;
        self.end += u64::from(granted);
        granted
    }

    /// Grants exactly `credits`, as a fault script wants it.
    pub(crate) fn grant_exactly(&mut self, credits: u16) -> u16 {
        self.end += u64::from(credits);
        credits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_can_be_used_once_and_only_when_granted() {
        let mut window = CreditWindow::new(16);
        assert_eq!(window.take(1, 1), Err(OutOfWindow));
        assert_eq!(window.take(0, 1), Ok(()));
        assert_eq!(window.take(0, 1), Err(OutOfWindow));
        assert_eq!(window.grant(4), 4);
        assert_eq!(window.take(3, 2), Ok(()));
        assert_eq!(window.take(2, 2), Err(OutOfWindow));
        assert_eq!(window.take(1, 2), Ok(()));
        assert_eq!(window.take(4, 1), Err(OutOfWindow));
    }

    #[test]
    fn the_limit_bounds_what_a_client_holds_and_nobody_is_left_with_none() {
        let mut window = CreditWindow::new(4);
        window.take(0, 1).unwrap();
        assert_eq!(window.grant(100), 4);
        assert_eq!(window.grant(100), 0);
        window.take(1, 4).unwrap();
        assert_eq!(window.grant(0), 1);
    }
}
