//! Credits and message ids (MS-SMB2 3.2.4.1.2, 3.2.4.1.5, 3.2.4.1.6).
//!
//! Every credit is the right to use one message id. Ids are used in order, so the window of usable ids is two numbers: the
//! next id and how many may follow.

/// The most credits one request may cost here: 8 MiB of payload.
pub const MAX_CREDIT_CHARGE: u16 = 128;

/// What one credit pays for.
const BYTES_PER_CREDIT: u64 = 65536;

/// More credits than this are not counted. It bounds what a generous or mad server can do to us.
const MAX_CREDITS: u32 = 0xFFFF;

/// How many credits a request costs that sends or asks for `payload` bytes, the larger of the two (MS-SMB2 3.1.5.2).
#[must_use]
pub const fn credit_charge(payload: u32) -> u16 {
    // A u32 of bytes is at most 2^16 credits: the cast is safe because of the limit.
    let charge = (payload as u64).div_ceil(BYTES_PER_CREDIT);
    if charge == 0 {
        1
    } else if charge > MAX_CREDIT_CHARGE as u64 {
        MAX_CREDIT_CHARGE
    } else {
        charge as u16
    }
}

/// The credits of a connection.
#[derive(Debug)]
pub(crate) struct Credits {
    next_message_id: u64,
    available: u32,
    /// Credits spent on requests whose first answer is still to come: a fair server gives as many back.
    spent: u32,
    /// How many to hold in all.
    target: u16,
}

/// The message id and CreditRequest of a request that was paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Paid {
    pub(crate) message_id: u64,
    pub(crate) credit_request: u16,
}

impl Credits {
    /// A new connection has one credit, for the NEGOTIATE with message id 0.
    pub(crate) const fn new(target: u16) -> Self {
        Self {
            next_message_id: 0,
            available: 1,
            spent: 0,
            target,
        }
    }

    /// Pays for a request of `charge` credits, or tells that there are not enough.
    pub(crate) fn pay(&mut self, charge: u16) -> Option<Paid> {
        let available = self.available.checked_sub(u32::from(charge))?;
        // The highest id of all means "unsolicited", so the ids end before it.
        let next = self
            .next_message_id
            .checked_add(u64::from(charge))
            .filter(|next| *next < u64::MAX)?;
        let message_id = self.next_message_id;
        self.available = available;
        self.next_message_id = next;
        self.spent = self.spent.saturating_add(u32::from(charge));
        let missing = u32::from(self.target)
            .saturating_sub(self.available)
            .saturating_sub(self.spent);
        let wanted = u32::from(charge).saturating_add(missing);
        Some(Paid {
            message_id,
            credit_request: u16::try_from(wanted).unwrap_or(u16::MAX),
        })
    }

    /// Takes what a response grants.
    pub(crate) fn grant(&mut self, credits: u16) {
        self.available = self
            .available
            .saturating_add(u32::from(credits))
            .min(MAX_CREDITS);
    }

    /// Notes that a request of `charge` credits has had its first answer.
    pub(crate) fn settle(&mut self, charge: u16) {
        self.spent = self.spent.saturating_sub(u32::from(charge));
    }

    /// The most credits that can come together if the server gives back what is spent and nothing more.
    pub(crate) const fn within_reach(&self) -> u32 {
        self.available.saturating_add(self.spent)
    }

    pub(crate) const fn available(&self) -> u32 {
        self.available
    }

    /// Whether no request can ever be paid for again because the ids are used up.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.next_message_id >= u64::MAX.saturating_sub(u64::from(MAX_CREDIT_CHARGE))
    }

    #[cfg(test)]
    pub(crate) fn with_next_message_id(mut self, next: u64) -> Self {
        self.next_message_id = next;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_charge_is_one_credit_for_each_begun_64_kib() {
        for (payload, charge) in [
            (0, 1),
            (1, 1),
            (65536, 1),
            (65537, 2),
            (1 << 20, 16),
            (8 << 20, 128),
        ] {
            assert_eq!(credit_charge(payload), charge, "{payload}");
        }
        assert_eq!(credit_charge(u32::MAX), MAX_CREDIT_CHARGE);
    }

    #[test]
    fn a_request_uses_as_many_message_ids_as_it_costs() {
        let mut credits = Credits::new(64);
        assert_eq!(credits.pay(1).unwrap().message_id, 0);
        credits.grant(64);
        assert_eq!(credits.pay(16).unwrap().message_id, 1);
        assert_eq!(credits.pay(1).unwrap().message_id, 17);
    }

    #[test]
    fn what_is_not_there_cannot_be_spent() {
        let mut credits = Credits::new(8);
        assert!(credits.pay(2).is_none());
        assert!(credits.pay(1).is_some());
        assert!(credits.pay(1).is_none());
        credits.grant(0);
        assert!(credits.pay(1).is_none());
    }

    #[test]
    fn enough_is_asked_for_to_reach_the_target_and_no_more() {
        let mut credits = Credits::new(10);
        assert_eq!(credits.pay(1).unwrap().credit_request, 10);
        credits.settle(1);
        credits.grant(10);
        assert_eq!(credits.pay(4).unwrap().credit_request, 4);
        assert_eq!(credits.pay(1).unwrap().credit_request, 1);
    }

    #[test]
    fn case_13_endless_grants_do_not_overflow() {
        let mut credits = Credits::new(512);
        for _ in 0..100_000 {
            credits.grant(u16::MAX);
        }
        assert_eq!(credits.available(), MAX_CREDITS);
    }

    #[test]
    fn message_ids_end_before_the_one_that_means_unsolicited() {
        let mut credits = Credits::new(512).with_next_message_id(u64::MAX - 2);
        credits.grant(100);
        assert!(credits.pay(2).is_none());
        assert_eq!(credits.pay(1).unwrap().message_id, u64::MAX - 2);
        assert!(credits.pay(1).is_none());
        assert!(credits.is_exhausted());
    }
}
