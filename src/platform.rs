//! The one module that knows where the driver is built for: it brings in what the image must link and nothing calls by name.

// The same symbols, from our RDBSS or from Microsoft's rdbsslib.lib and rxce.lib.
#[cfg(feature = "microsoft-rdbss")]
use rdbss_microsoft as _;

#[cfg(feature = "openrdbss")]
use openrdbss as _;

// In Windows' kernel there is no one to panic to, and no allocator but the pool.
#[cfg(windows)]
use wdk_panic as _;

#[cfg(windows)]
#[global_allocator]
static ALLOCATOR: wdk_alloc::WdkAllocator = wdk_alloc::WdkAllocator;
