//! The object manager: reference-counted objects, handles, and the name space.

mod handle;
mod namespace;
mod object;
mod service;

pub(crate) use handle::{
    abandon_handles, close_all_of, close_handle, live_handles, look_up, open_handle,
    require_kernel_handle,
};
pub(crate) use namespace::{
    Target, add_device, add_link, remove_device, remove_link, reset as reset_namespace, resolve,
};
pub(crate) use object::{
    Kind, ObjectHeader, abandon_objects, create, create_host, dereference, kind_of, live_objects,
    reference,
};
pub use service::*;
