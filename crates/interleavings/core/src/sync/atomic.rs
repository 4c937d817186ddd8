//! `core::sync::atomic`, sequentially consistent whatever ordering is asked for: one thread runs at a time.

use std::sync::atomic::{AtomicBool as Bool, AtomicU32 as U32, AtomicU64 as U64};

pub use std::sync::atomic::Ordering;

use crate::step;

macro_rules! atomic {
    ($name:ident, $inner:ident, $value:ty) => {
        /// As its namesake.
        #[derive(Debug, Default)]
        pub struct $name($inner);

        impl $name {
            /// A new one.
            pub const fn new(value: $value) -> Self {
                Self($inner::new(value))
            }

            /// The value.
            pub fn load(&self, order: Ordering) -> $value {
                step();
                self.0.load(order)
            }

            /// Sets the value.
            pub fn store(&self, value: $value, order: Ordering) {
                step();
                self.0.store(value, order);
            }

            /// Sets the value and gives the old one.
            pub fn swap(&self, value: $value, order: Ordering) -> $value {
                step();
                self.0.swap(value, order)
            }

            /// The value, which nobody else can have.
            pub fn get_mut(&mut self) -> &mut $value {
                self.0.get_mut()
            }
        }
    };
}

atomic!(AtomicBool, Bool, bool);
atomic!(AtomicU32, U32, u32);
atomic!(AtomicU64, U64, u64);

macro_rules! counting {
    ($name:ident, $value:ty) => {
        impl $name {
            /// Adds and gives the old value.
            pub fn fetch_add(&self, value: $value, order: Ordering) -> $value {
                step();
                self.0.fetch_add(value, order)
            }

            /// Subtracts and gives the old value.
            pub fn fetch_sub(&self, value: $value, order: Ordering) -> $value {
                step();
                self.0.fetch_sub(value, order)
            }
        }
    };
}

counting!(AtomicU32, u32);
counting!(AtomicU64, u64);
