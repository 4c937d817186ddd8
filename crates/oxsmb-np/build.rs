//! Links the provider without a C runtime, where cargo itself links it. (`cargo xtask sys` does so with the same arguments, and the
//! ordinals of oxsmbnp.def.)

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = std::env::var("CARGO_CFG_TARGET_OS");
    if target.as_deref() != Ok("windows") {
        return;
    }
    for argument in ["/NODEFAULTLIB", "/ENTRY:DllMain", "/SUBSYSTEM:WINDOWS"] {
        println!("cargo::rustc-link-arg-cdylib={argument}");
    }
}
