//! Links the program without a C runtime.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = std::env::var("CARGO_CFG_TARGET_OS");
    if target.as_deref() != Ok("windows") {
        return;
    }
    for argument in ["/NODEFAULTLIB", "/ENTRY:start", "/SUBSYSTEM:CONSOLE"] {
        println!("cargo::rustc-link-arg-bins={argument}");
    }
}
