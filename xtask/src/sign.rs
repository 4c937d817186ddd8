//! `cargo xtask sign`: the images of `cargo xtask sys` with a test signature, so that a Windows machine in test-signing
//! mode loads them. The certificate is made here, once; it says nothing about who made the driver.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::inf;
use crate::step::{self, Outcome};

/// Where the images are, from the workspace's root.
const IMAGES: &str = "target/sys";
/// Where they go, with the certificate and the installation file.
const PACKAGE: &str = "target/sys/package";
/// Where certificate and key are kept from one run to the next.
const KEYS: &str = "target/sign";
/// The certificate's name, by which tests/windows/uninstall.ps1 finds it.
const SUBJECT: &str = "OxSMB test";
const DAYS: &str = "730";

/// Signs driver and provider, and checks the signatures.
pub fn run() -> Outcome {
    for (program, package) in [("openssl", "openssl"), ("osslsigncode", "osslsigncode")] {
        let there = Command::new(program)
            .arg("version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if there.is_err() {
            return Err(format!(
                "{program} is missing: install the package {package}"
            ));
        }
    }
    let root = step::workspace();
    make_directory(&root.join(PACKAGE))?;
    let (certificate, key) = certificate(&root.join(KEYS))?;
    for file in ["oxsmb.sys", "oxsmbnp.dll"] {
        let image = root.join(IMAGES).join(file);
        if !image.exists() {
            return Err(format!("no {IMAGES}/{file}: `cargo xtask sys` makes it"));
        }
        sign(&image, &root.join(PACKAGE).join(file), &certificate, &key)?;
    }
    let public = root.join(PACKAGE).join("OxSmbTest.cer");
    let form = ["x509", "-outform", "der", "-in"];
    openssl(&form, &[&certificate, Path::new("-out"), &public])?;
    inf::write_stamped("amd64", &root.join(PACKAGE).join("oxsmb.inf"))?;
    println!("signed by CN={SUBJECT}, with the certificate and oxsmb.inf, in {PACKAGE}");
    println!("a catalog takes Windows: tests/windows/install.ps1 -ByHand does without");
    Ok(())
}

/// Certificate and private key, made when there are none.
fn certificate(place: &Path) -> Result<(PathBuf, PathBuf), String> {
    let certificate = place.join("certificate.pem");
    let key = place.join("key.pem");
    if !(certificate.exists() && key.exists()) {
        make_directory(place)?;
        let name = format!("/CN={SUBJECT}");
        let request = [
            ["req", "-x509", "-noenc"].as_slice(),
            &[
                "-newkey", "rsa:3072", "-sha256", "-days", DAYS, "-subj", &name,
            ],
            &["-addext", "basicConstraints=critical,CA:FALSE"],
            &["-addext", "keyUsage=critical,digitalSignature"],
            &["-addext", "extendedKeyUsage=codeSigning", "-keyout"],
        ];
        openssl(&request.concat(), &[&key, Path::new("-out"), &certificate])?;
    }
    Ok((certificate, key))
}

fn sign(from: &Path, to: &Path, certificate: &Path, key: &Path) -> Outcome {
    if to.exists() {
        fs::remove_file(to).map_err(|error| format!("{}: {error}", to.display()))?;
    }
    let mut signing = Command::new("osslsigncode");
    // -ph: memory integrity wants a hash of each page.
    signing.args(["sign", "-h", "sha256", "-ph", "-n", SUBJECT, "-certs"]);
    signing.arg(certificate).arg("-key").arg(key);
    signing.arg("-in").arg(from).arg("-out").arg(to);
    finish(signing)?;
    let mut checking = Command::new("osslsigncode");
    checking.arg("verify").arg("-CAfile").arg(certificate);
    checking.arg("-in").arg(to);
    finish(checking)
}

fn openssl(words: &[&str], paths: &[&Path]) -> Outcome {
    let mut command = Command::new("openssl");
    command.args(words).args(paths);
    finish(command)
}

/// Runs a program that only matters when it fails.
fn finish(mut command: Command) -> Outcome {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .map_err(|error| format!("`{program}` could not be started: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let mut said = String::from_utf8_lossy(&output.stdout).into_owned();
    said.push_str(&String::from_utf8_lossy(&output.stderr));
    Err(format!("`{program}` ended with {}:\n{said}", output.status))
}

fn make_directory(path: &Path) -> Outcome {
    fs::create_dir_all(path).map_err(|error| format!("cannot make {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signed_image_verifies_and_a_changed_one_does_not() {
        let place = std::env::temp_dir().join(format!("oxsmb-sign-{}", std::process::id()));
        let (certificate, key) = certificate(&place).unwrap();
        // The smallest PE that can be signed will do; every Rust toolchain for Windows has larger ones.
        let (image, signed) = (place.join("a.sys"), place.join("b.sys"));
        fs::write(&image, smallest_image()).unwrap();
        sign(&image, &signed, &certificate, &key).unwrap();
        let mut bytes = fs::read(&signed).unwrap();
        assert!(bytes.len() > smallest_image().len());
        bytes[0x210] ^= 1;
        fs::write(&image, bytes).unwrap();
        let mut checking = Command::new("osslsigncode");
        checking.arg("verify").arg("-CAfile").arg(&certificate);
        assert!(
            finish({
                checking.arg("-in").arg(&image);
                checking
            })
            .is_err()
        );
        fs::remove_dir_all(&place).unwrap();
    }

    /// Headers of 512 bytes and one section of 512 bytes.
    fn smallest_image() -> Vec<u8> {
        let mut image = vec![0; 0x400];
        let mut put = |at: usize, bytes: &[u8]| image[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, b"MZ");
        put(0x3c, &0x80_u32.to_le_bytes());
        put(0x80, b"PE\0\0\x64\x86\x01\0");
        put(0x94, &240_u16.to_le_bytes());
        put(0x96, &0x22_u16.to_le_bytes());
        put(0x98, &0x20b_u16.to_le_bytes());
        put(0xb8, &0x1000_u32.to_le_bytes());
        put(0xbc, &0x200_u32.to_le_bytes());
        put(0xd0, &0x2000_u32.to_le_bytes());
        put(0xd4, &0x200_u32.to_le_bytes());
        put(0xdc, &1_u16.to_le_bytes());
        put(0x104, &16_u32.to_le_bytes());
        put(0x188, b".text\0\0\0");
        put(0x190, &0x200_u32.to_le_bytes());
        put(0x194, &0x1000_u32.to_le_bytes());
        put(0x198, &0x200_u32.to_le_bytes());
        put(0x19c, &0x200_u32.to_le_bytes());
        image
    }
}
