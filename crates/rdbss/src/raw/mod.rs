//! RDBSS as the WDK headers declare it: structures, constants, callback types, functions.
//!
//! Names are the headers' own (`mrx.h`, `mrxfcb.h`, `fcb.h`, `rxcontx.h`, `lowio.h`, ...), so that the DDI pages can be read
//! beside this code. An anonymous union or struct of C has a name here. Every size and offset is that of the x64 free build with
//! `RDBSS_TRACKER`, and is checked at compile time.
//!
//! One structure is not as the headers have it: the FCB, whose head grows with the WDK release. See [`fcb`].
#![allow(non_camel_case_types, non_snake_case, non_upper_case_globals)]
// A field has the name that its DDI page explains; it is documented here where that name does not say enough.
#![allow(missing_docs)]

/// Checks a structure's size, and the offsets of its fields, at compile time.
macro_rules! assert_layout {
    ($type:ty, $size:literal, { $($field:ident $(. $inner:ident)* : $offset:literal),* $(,)? }) => {
        const _: () = assert!(core::mem::size_of::<$type>() == $size);
        $(const _: () = assert!(core::mem::offset_of!($type, $field $(. $inner)*) == $offset);)*
    };
}

pub mod callbacks;
pub mod connect;
pub mod context;
pub mod context_flags;
pub mod device;
pub mod dispatch;
pub mod fcb;
pub mod fcb_state;
pub mod functions;
pub mod library_objects;
pub mod lowio;
pub mod node_types;
pub mod nt_types;
pub mod object_flags;
pub mod objects;
pub mod pool_tags;
pub mod scavenger;
pub mod tables;
pub mod work;

pub use callbacks::*;
pub use connect::*;
pub use context::*;
pub use context_flags::*;
pub use device::*;
pub use dispatch::*;
pub use fcb::{
    FCB, FCB_BODY, FCB_BUFFERED_LOCKS, FCB_INIT_PACKET, FCB_LOCK, FcbHead, FcbLayout, FcbRef,
    MRX_FCB, MRX_FCB_BODY, UnknownFcbVersion,
};
pub use fcb_state::*;
pub use functions::*;
pub use library_objects::*;
pub use lowio::*;
pub use node_types::*;
pub use nt_types::*;
pub use object_flags::*;
pub use objects::*;
pub use pool_tags::*;
pub use scavenger::*;
pub use tables::*;
pub use work::*;
