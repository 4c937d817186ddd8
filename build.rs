//! Linker settings of the driver image, from the WDK where there is one.

fn main() {
    #[cfg(windows)]
    if let Err(error) = wdk_build::configure_wdk_binary_build() {
        panic!("the WDK's build settings could not be read: {error}");
    }
}
