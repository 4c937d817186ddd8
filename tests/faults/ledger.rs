//! What a server has acknowledged, to be found on its share whatever happened afterwards.

use smb_server::Share;

/// The acknowledged state of the one file and the one directory of a piece of work.
pub struct Ledger {
    content: Vec<u8>,
    directory: String,
    /// Where the file may be: more than one place while a rename has no answer.
    paths: Vec<String>,
    /// A change of its existence was asked for and not acknowledged.
    may_be_gone: bool,
    is_gone: bool,
    directory_made: bool,
    directory_may_be_gone: bool,
    directory_is_gone: bool,
    /// Acknowledged writes: where, and how long.
    written: Vec<(usize, usize)>,
    /// The file's acknowledged size.
    size: Option<usize>,
}

impl Ledger {
    /// Nothing is there yet. `content` is what will be written, each byte at its place.
    pub fn new(directory: &str, content: &[u8]) -> Self {
        Self {
            content: content.to_vec(),
            directory: directory.into(),
            paths: Vec::new(),
            may_be_gone: true,
            is_gone: false,
            directory_made: false,
            directory_may_be_gone: false,
            directory_is_gone: false,
            written: Vec::new(),
            size: None,
        }
    }

    /// The directory was made.
    pub fn made_directory(&mut self) {
        self.directory_made = true;
    }

    /// The file was made.
    pub fn made(&mut self, path: &str) {
        self.paths = vec![path.into()];
        self.may_be_gone = false;
    }

    /// A part was written.
    pub fn written(&mut self, offset: usize, length: usize) {
        self.written.push((offset, length));
    }

    /// The file was cut.
    pub fn cut(&mut self, size: usize) {
        self.size = Some(size);
    }

    /// The file's size is going to change.
    pub fn cutting(&mut self, size: usize) {
        for (offset, length) in &mut self.written {
            *length = (*length).min(size.saturating_sub(*offset));
        }
    }

    /// The file is going to be renamed.
    pub fn renaming(&mut self, path: &str) {
        self.paths.push(path.into());
    }

    /// The file was renamed.
    pub fn renamed(&mut self, path: &str) {
        self.paths = vec![path.into()];
    }

    /// The file is going to be deleted.
    pub fn deleting(&mut self) {
        self.may_be_gone = true;
    }

    /// The file was deleted, and nobody has it open.
    pub fn deleted(&mut self) {
        self.is_gone = true;
    }

    /// The directory is going to be deleted.
    pub fn deleting_directory(&mut self) {
        self.directory_may_be_gone = true;
    }

    /// The directory was deleted, and nobody has it open.
    pub fn deleted_directory(&mut self) {
        self.directory_is_gone = true;
    }

    /// Compares what was made and written with what the server has.
    ///
    /// # Errors
    /// What is acknowledged and not so.
    pub fn check(&self, share: &Share) -> Result<(), String> {
        let may_be_gone = self.directory_may_be_gone || !self.directory_made;
        if !may_be_gone && !share.exists(&self.directory) {
            return Err("the directory was made and is not there".into());
        }
        match self.found(share).as_slice() {
            [] if self.may_be_gone => Ok(()),
            [] => Err("the file was made and is not there".into()),
            [content] => self.check_content(content),
            _ => Err("the file is in two places".into()),
        }
    }

    /// Compares what was deleted with what the server has, once it has closed all files: no user hears of that.
    ///
    /// # Errors
    /// What is acknowledged and not so.
    pub fn check_gone(&self, share: &Share) -> Result<(), String> {
        if self.directory_is_gone && share.exists(&self.directory) {
            return Err("the directory was deleted and is there".into());
        }
        if self.is_gone && !self.found(share).is_empty() {
            return Err("the file was deleted and is there".into());
        }
        Ok(())
    }

    /// The file, wherever it may be.
    fn found(&self, share: &Share) -> Vec<Vec<u8>> {
        let paths = self.paths.iter();
        paths
            .filter_map(|path| share.read_file(path).ok())
            .collect()
    }

    fn check_content(&self, content: &[u8]) -> Result<(), String> {
        if let Some(size) = self.size.filter(|&size| size != content.len()) {
            return Err(format!(
                "the file was cut to {size} and has {}",
                content.len()
            ));
        }
        for &(offset, length) in &self.written {
            let range = offset..offset + length;
            if content.get(range.clone()) != self.content.get(range) {
                return Err(format!("{length} bytes written at {offset} are not there"));
            }
        }
        Ok(())
    }
}
