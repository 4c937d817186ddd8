//! Serves an empty share named `data` to the user `user` with the password `pass`, until it is killed:
//! `cargo run -p smb-server --example serve -- 127.0.0.1:4450`.

use smb_server::{Share, builder};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "127.0.0.1:4450".into());
    let share = Share::new("data")?;
    let server = builder()
        .share(&share)
        .user("user", "pass")
        .allow_guest()
        .allow_anonymous()
        .bind(address)?;
    println!("{}", server.address());
    loop {
        std::thread::park();
    }
}
