//! Winsock Kernel declarations that wdk-sys lacks.
