//! The one module that knows where the driver is built for: it brings in what the image must link and nothing calls by name.

// Without the feature, the image links Microsoft's rdbsslib.lib and rxce.lib for the same symbols.
#[cfg(feature = "openrdbss")]
use openrdbss as _;

// In Windows' kernel there is no one to panic to, and no allocator but the pool.
#[cfg(windows)]
use wdk_panic as _;

#[cfg(windows)]
#[global_allocator]
static ALLOCATOR: wdk_alloc::WdkAllocator = wdk_alloc::WdkAllocator;
