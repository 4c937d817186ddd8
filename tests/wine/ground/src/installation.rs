//! What a session has installed before it starts: our files, their services, and a debugger for crashes.

use crate::built::Built;
use crate::prefix::Prefix;
use crate::registry::{Key, Value};

/// The driver's service.
pub const SERVICE: &str = "oxsmb";
/// The harness's service.
pub const HARNESS: &str = "oxharness";
/// Where winedbg writes, below `C:`.
pub const CRASH: &str = "crash.txt";

/// Drivers of one load order group live in one process.
const GROUP: &str = "oxsmb";
const SERVICES: &str = r"System\CurrentControlSet\Services";

/// Puts our files into a prefix, and what Windows would know of them into its registry. The harness listens on `port`.
pub fn install(prefix: &Prefix, port: u16) {
    for file in [Built::Harness, Built::Driver, Built::NetworkProvider] {
        prefix.install(file);
    }
    install_driver(prefix, HARNESS, Built::Harness);
    install_driver(prefix, SERVICE, Built::Driver);
    set_machine(
        prefix,
        &format!(r"{SERVICES}\{HARNESS}\Parameters"),
        &[("ControlPort", Value::Number(port.into()))],
    );
    install_network_provider(prefix);
    install_debugger(prefix);
}

/// A kernel service that somebody else starts.
fn install_driver(prefix: &Prefix, service: &str, file: Built) {
    let image = format!(r"C:\windows\system32\drivers\{}", file.name());
    set_machine(
        prefix,
        &format!(r"{SERVICES}\{service}"),
        &[
            ("ErrorControl", Value::Number(1)),
            ("Group", Value::Text(GROUP)),
            ("ImagePath", Value::Text(&image)),
            ("Start", Value::Number(3)),
            ("Type", Value::Number(1)),
        ],
    );
}

fn install_network_provider(prefix: &Prefix) {
    let library = format!(r"C:\windows\system32\{}", Built::NetworkProvider.name());
    set_machine(
        prefix,
        &format!(r"{SERVICES}\{SERVICE}\NetworkProvider"),
        &[
            ("Name", Value::Text("OxSMB Network")),
            ("ProviderPath", Value::Text(&library)),
        ],
    );
    set_machine(
        prefix,
        r"System\CurrentControlSet\Control\NetworkProvider\Order",
        &[("ProviderOrder", Value::Text(SERVICE))],
    );
}

/// What Wine runs when a process crashes. Full paths, for it has no PATH.
fn install_debugger(prefix: &Prefix) {
    let debugger = format!(
        r"c:\windows\system32\cmd.exe /c c:\windows\system32\winedbg.exe --auto %ld %ld > c:\{CRASH} 2>&1"
    );
    set_machine(
        prefix,
        r"Software\Microsoft\Windows NT\CurrentVersion\AeDebug",
        &[("Debugger", Value::Text(&debugger))],
    );
    prefix.set_user(&Key {
        path: r"Software\Wine\WineDbg",
        values: &[("ShowCrashDialog", Value::Number(0))],
    });
}

fn set_machine(prefix: &Prefix, path: &str, values: &[(&str, Value<'_>)]) {
    prefix.set_machine(&Key { path, values });
}
