//! The import libraries that cargo links a driver with.
//!
//! The driver that ships is not linked by cargo but by xtask, with a library made from its own list of imports.

/// Debian's mingw-w64-x86-64-dev.
const MINGW: &str = "/usr/x86_64-w64-mingw32/lib";

/// Shows rustc where the libraries are.
pub(crate) fn show_libraries() {
    println!("cargo::rustc-link-search=native={MINGW}");
}

/// The `link` attributes that go into the bindings.
pub(crate) fn link_lines() -> String {
    let mut lines = String::new();
    for library in ["ntoskrnl", "hal"] {
        lines += &format!(
            "#[link(name = \"{library}\", kind = \"static\", modifiers = \"-bundle\")]\n\
             unsafe extern \"C\" {{}}\n"
        );
    }
    lines
}
