//! The table of requests in flight, behind its lock.

use nt::Result;
use nt::pool::PoolBox;
use nt::sync::SpinLock;
use smb_client::{Config, Refusal, Request, SharedTable, Submitted, Time};

use super::{TAG, now};
use crate::exchange::Requester;
use crate::status;

/// The protocol engine's table, with our token.
pub type Table = smb_client::Connection<Requester>;

/// The table, and until when the keeper will not look at it.
pub struct LockedTable(SpinLock<State>);

struct State {
    table: Table,
    keeper_wakes: Time,
}

impl LockedTable {
    /// An empty table that no keeper watches yet.
    #[inline(never)]
    pub fn boxed(config: &Config) -> Result<PoolBox<Self>> {
        let state = State {
            table: Table::new(config, now()).map_err(status::from_client)?,
            keeper_wakes: Time(u64::MAX),
        };
        PoolBox::new(TAG, Self(SpinLock::new(state)))
    }

    /// Submits a request. The second result is whether its deadline comes before the keeper would look.
    pub fn submit(
        &self,
        request: Request<Requester>,
        now: Time,
    ) -> (core::result::Result<Submitted, Refusal>, bool) {
        let deadline = now.after(request.timeout);
        let (submitted, oversleeps) = {
            let mut state = self.0.lock();
            let oversleeps = deadline < state.keeper_wakes;
            (state.table.submit(request, now), oversleeps)
        };
        // The token of a refused request is dropped here, outside of the lock.
        (submitted.map_err(|refused| refused.why), oversleeps)
    }

    /// When the keeper has to look next, and no later than `latest`. It promises to.
    pub fn keeper_sleeps(&self, latest: Time) -> Time {
        let mut state = self.0.lock();
        let wakes = state
            .table
            .deadline()
            .map_or(latest, |deadline| deadline.min(latest));
        state.keeper_wakes = wakes;
        wakes
    }
}

impl SharedTable<Requester> for LockedTable {
    fn with<R>(&self, work: impl FnOnce(&mut Table) -> R) -> R {
        work(&mut self.0.lock().table)
    }
}
