//! Links a driver as Wine's kernel wants it: a native image whose entry point is `DriverEntry`. The harness and the offender are
//! both built with this.

/// Where Debian's mingw-w64-x86-64-dev keeps the import libraries of ntoskrnl.exe and hal.dll.
const IMPORT_LIBRARIES: &str = "/usr/x86_64-w64-mingw32/lib";

fn main() {
    println!("cargo::rerun-if-changed=../harness/build.rs");
    let target = std::env::var("CARGO_CFG_TARGET_OS");
    if target.as_deref() != Ok("windows") {
        return;
    }
    println!("cargo::rustc-link-search=native={IMPORT_LIBRARIES}");
    for argument in [
        "/DRIVER",
        "/NODEFAULTLIB",
        "/SUBSYSTEM:NATIVE",
        "/ENTRY:DriverEntry",
        "/NXCOMPAT",
        "/DYNAMICBASE",
        "/OPT:REF,ICF",
        "/MANIFEST:NO",
    ] {
        println!("cargo::rustc-link-arg-cdylib={argument}");
    }
}
