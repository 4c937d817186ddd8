//! A small driver image made here, with everything that the checker looks at, so that tests can break one thing at a time.

/// An instruction, or several.
#[derive(Clone)]
pub enum Op {
    Bytes(&'static [u8]),
    /// `call`, `jmp`, `lea rcx` of a function by name.
    Call(&'static str),
    Jump(&'static str),
    AddressOf(&'static str),
    /// `call`, `jmp` through the slot of an import.
    CallImport(&'static str),
    JumpImport(&'static str),
}

pub const RETURN: Op = Op::Bytes(&[0xc3]);

impl Op {
    fn length(&self) -> u32 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u32,
            Self::Call(_) | Self::Jump(_) => 5,
            Self::CallImport(_) | Self::JumpImport(_) => 6,
            Self::AddressOf(_) => 7,
        }
    }
}

#[derive(Clone)]
pub struct Function {
    pub name: &'static str,
    /// What its prologue allocates; without it the function has no unwind information.
    pub allocates: Option<u32>,
    pub code: Vec<Op>,
}

pub fn function(name: &'static str, allocates: Option<u32>, code: &[Op]) -> Function {
    let code = code.to_vec();
    Function {
        name,
        allocates,
        code,
    }
}

/// What the image is made from.
#[derive(Clone)]
pub struct Sample {
    pub machine: u16,
    pub characteristics: u16,
    pub subsystem: u16,
    pub os_version: u16,
    pub subsystem_version: u16,
    pub loader_flags: u16,
    pub entry: &'static str,
    pub exports: Vec<&'static str>,
    pub imports: Vec<(&'static str, Vec<&'static str>)>,
    pub functions: Vec<Function>,
    pub pdb: &'static str,
    pub hashed_stamp: bool,
    pub relocated: bool,
    pub load_config: bool,
    /// Text in the constants.
    pub text: &'static str,
    pub checksum_off_by: u32,
    /// Name and attributes of each section.
    pub sections: [(&'static str, u32); 5],
    pub symbols: Vec<&'static str>,
}

const TEXT: u32 = 0x1000;
const CONSTANTS: u32 = 0x4000;
const VARIABLES: u32 = 0x8000;
const UNWIND: u32 = 0x9000;
const RELOCATIONS: u32 = 0xa000;
const END: u32 = 0xb000;
const HEADERS: u32 = 0x400;
const BASE: u64 = 0x1_4000_0000;

impl Sample {
    /// A driver that is right in everything.
    pub fn driver() -> Self {
        Self {
            machine: 0x8664,
            characteristics: 0x22,
            subsystem: 1,
            os_version: 10,
            subsystem_version: 10,
            loader_flags: 0x1e0,
            entry: "DriverEntry",
            exports: Vec::new(),
            imports: vec![
                ("ntoskrnl.exe", vec!["DbgPrint", "KeBugCheckEx"]),
                ("NETIO.SYS", vec!["WskRegister"]),
            ],
            functions: vec![
                function(
                    "DriverEntry",
                    Some(0x28),
                    &[Op::Call("work"), Op::CallImport("WskRegister"), RETURN],
                ),
                function("work", Some(0x3f0), &[Op::CallImport("DbgPrint"), RETURN]),
                function("leaf", None, &[Op::Bytes(&[0x31, 0xc0]), RETURN]),
            ],
            pdb: "sample.pdb",
            hashed_stamp: true,
            relocated: true,
            load_config: false,
            text: "",
            checksum_off_by: 0,
            sections: [
                (".text", 0x6800_0020),
                (".rdata", 0x4800_0040),
                (".data", 0xc800_0040),
                (".pdata", 0x4800_0040),
                (".reloc", 0x4200_0040),
            ],
            symbols: Vec::new(),
        }
    }

    /// The image's bytes, and its link map.
    pub fn build(&self) -> (Vec<u8>, String) {
        let constants = self.constants();
        let (unwind, table) = self.unwind(CONSTANTS + constants.bytes.len() as u32);
        let mut read_only = constants.bytes.clone();
        read_only.extend(&unwind);
        let text = self.text_section(&constants);
        let bodies = [text, read_only, vec![0; 16], table, self.relocations()];
        let image = self.image(&bodies, &constants);
        (image, self.map())
    }

    fn address(&self, name: &str) -> u32 {
        let mut rva = TEXT;
        for function in &self.functions {
            if function.name == name {
                return rva;
            }
            rva += size(function).next_multiple_of(16);
        }
        panic!("no function {name}");
    }

    fn text_section(&self, constants: &Constants) -> Vec<u8> {
        let mut bytes = Vec::new();
        for function in &self.functions {
            for op in &function.code {
                let next = TEXT + bytes.len() as u32 + op.length();
                let relative = |target: u32| target.wrapping_sub(next).to_le_bytes();
                let (opcode, target): (&[u8], _) = match op {
                    Op::Bytes(code) => {
                        bytes.extend(*code);
                        continue;
                    }
                    Op::Call(name) => (&[0xe8], self.address(name)),
                    Op::Jump(name) => (&[0xe9], self.address(name)),
                    Op::AddressOf(name) => (&[0x48, 0x8d, 0x0d], self.address(name)),
                    Op::CallImport(name) => (&[0xff, 0x15], constants.slot(name)),
                    Op::JumpImport(name) => (&[0xff, 0x25], constants.slot(name)),
                };
                bytes.extend(opcode);
                bytes.extend(relative(target));
            }
            bytes.resize(bytes.len().next_multiple_of(16), 0xcc);
        }
        bytes
    }

    /// Imports, exports, debug directory, load configuration.
    fn constants(&self) -> Constants {
        let mut out = Constants::default();
        let modules = self.imports.len() as u32;
        out.import_table = (CONSTANTS, (modules + 1) * 20);
        let mut descriptors = Vec::new();
        let mut rest = Vec::new();
        let start = CONSTANTS + out.import_table.1;
        for (module, names) in &self.imports {
            let at = |rest: &Vec<u8>| start + rest.len() as u32;
            let hints: Vec<u32> = names
                .iter()
                .map(|name| {
                    let here = at(&rest);
                    rest.extend([0, 0]);
                    rest.extend(name.as_bytes());
                    rest.resize(rest.len().next_multiple_of(2) + 2, 0);
                    here
                })
                .collect();
            let module_name = at(&rest);
            rest.extend(module.as_bytes());
            rest.resize((rest.len() + 1).next_multiple_of(8), 0);
            let tables = [at(&rest), at(&rest) + (names.len() as u32 + 1) * 8];
            for _ in tables {
                for hint in &hints {
                    rest.extend(u64::from(*hint).to_le_bytes());
                }
                rest.extend([0; 8]);
            }
            for (index, name) in names.iter().enumerate() {
                out.slots.push((name, tables[1] + index as u32 * 8));
            }
            for word in [tables[0], 0, 0, module_name, tables[1]] {
                descriptors.extend(word.to_le_bytes());
            }
        }
        descriptors.extend([0; 20]);
        out.bytes = [descriptors, rest].concat();
        self.exports(&mut out);
        self.debug(&mut out);
        if self.load_config {
            out.load_config = (out.end(), 0xc0);
            out.bytes.extend([0; 0xc0]);
        }
        out.bytes.extend(self.text.as_bytes());
        out.bytes.resize(out.bytes.len().next_multiple_of(4) + 4, 0);
        out
    }

    fn exports(&self, out: &mut Constants) {
        if self.exports.is_empty() {
            return;
        }
        let count = self.exports.len() as u32;
        let directory = out.end();
        let (functions, names) = (directory + 40, directory + 40 + count * 4);
        let (ordinals, texts) = (names + count * 4, names + count * 6);
        let mut words = vec![0, 0, 0, texts, 1, count, count, functions, names, ordinals];
        words.extend(self.exports.iter().map(|_| self.address(self.entry)));
        let mut text = Vec::new();
        for name in &self.exports {
            words.push(texts + text.len() as u32);
            text.extend(name.as_bytes());
            text.push(0);
        }
        out.bytes
            .extend(words.iter().flat_map(|word| word.to_le_bytes()));
        out.bytes
            .extend((0..count as u16).flat_map(u16::to_le_bytes));
        out.bytes.extend(text);
        out.bytes.resize(out.bytes.len().next_multiple_of(4), 0);
        out.export_table = (directory, out.end() - directory);
    }

    fn debug(&self, out: &mut Constants) {
        let code_view = [
            b"RSDS".to_vec(),
            vec![7; 20],
            self.pdb.as_bytes().to_vec(),
            vec![0],
        ]
        .concat();
        let entries = if self.hashed_stamp { 2 } else { 1 };
        out.debug = (out.end(), entries * 28);
        let data = out.end() + entries * 28;
        let in_file = data - CONSTANTS + self.file_offset(1);
        let mut words = vec![0, 0, 0, 2, code_view.len() as u32, data, in_file];
        if self.hashed_stamp {
            words.extend([0, 0, 0, 16, 0, 0, 0]);
        }
        out.bytes
            .extend(words.iter().flat_map(|word| word.to_le_bytes()));
        out.bytes.extend(code_view);
        out.bytes.resize(out.bytes.len().next_multiple_of(4), 0);
    }

    /// The unwind information at `rva`, and the table of functions that points to it.
    fn unwind(&self, rva: u32) -> (Vec<u8>, Vec<u8>) {
        let (mut information, mut table) = (Vec::new(), Vec::new());
        for function in &self.functions {
            let Some(bytes) = function.allocates else {
                continue;
            };
            let begin = self.address(function.name);
            let place = rva + information.len() as u32;
            for word in [begin, begin + size(function), place] {
                table.extend(word.to_le_bytes());
            }
            // One UWOP_ALLOC_LARGE in units of eight bytes.
            information.extend([1, 0, 2, 0, 0, 0x01]);
            information.extend(((bytes / 8) as u16).to_le_bytes());
        }
        (information, table)
    }

    fn relocations(&self) -> Vec<u8> {
        [
            &VARIABLES.to_le_bytes()[..],
            &12u32.to_le_bytes(),
            &[0x00, 0xa0, 0, 0],
        ]
        .concat()
    }

    /// Where a section starts in the file: each has one or more whole blocks of its address range.
    fn file_offset(&self, section: usize) -> u32 {
        let sizes = [0x3000, 0x4000, 0x200, 0x1000, 0x200];
        HEADERS + sizes[..section].iter().sum::<u32>()
    }

    fn image(&self, bodies: &[Vec<u8>; 5], constants: &Constants) -> Vec<u8> {
        let mut out = vec![0; 0x80];
        out[..2].copy_from_slice(b"MZ");
        out[0x3c] = 0x80;
        out.extend(b"PE\0\0");
        let half = |out: &mut Vec<u8>, values: &[u16]| {
            out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        };
        let word = |out: &mut Vec<u8>, values: &[u32]| {
            out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        };
        half(&mut out, &[self.machine, 5]);
        word(&mut out, &[0x1234_5678, 0, 0]);
        half(&mut out, &[240, self.characteristics]);
        half(&mut out, &[0x20b, 14]);
        word(
            &mut out,
            &[0x3000, 0x5000, 0, self.address(self.entry), TEXT],
        );
        out.extend(BASE.to_le_bytes());
        word(&mut out, &[0x1000, 0x200]);
        half(
            &mut out,
            &[self.os_version, 0, 10, 0, self.subsystem_version, 0],
        );
        word(&mut out, &[0, END, HEADERS]);
        let checksum_at = out.len();
        word(&mut out, &[0]);
        half(&mut out, &[self.subsystem, self.loader_flags]);
        out.extend([0; 32]);
        word(&mut out, &[0, 16]);
        let mut directories = [(0, 0); 16];
        directories[0] = constants.export_table;
        directories[1] = constants.import_table;
        directories[3] = (UNWIND, bodies[3].len() as u32);
        if self.relocated {
            directories[5] = (RELOCATIONS, 12);
        }
        directories[6] = constants.debug;
        directories[10] = constants.load_config;
        for (rva, size) in directories {
            word(&mut out, &[rva, size]);
        }
        let starts = [TEXT, CONSTANTS, VARIABLES, UNWIND, RELOCATIONS];
        for (index, (name, flags)) in self.sections.iter().enumerate() {
            let mut short = [0; 8];
            short[..name.len()].copy_from_slice(name.as_bytes());
            out.extend(short);
            let size = bodies[index].len() as u32;
            let in_file = self.file_offset(index + 1) - self.file_offset(index);
            word(
                &mut out,
                &[
                    size,
                    starts[index],
                    in_file,
                    self.file_offset(index),
                    0,
                    0,
                    0,
                    *flags,
                ],
            );
        }
        for (index, body) in bodies.iter().enumerate() {
            out.resize(self.file_offset(index) as usize, 0);
            out.extend(body);
        }
        out.resize(self.file_offset(5) as usize, 0);
        let image = crate::pe::image::Image::parse(&out).unwrap();
        let sum = crate::pe::headers::checksum(&image) + self.checksum_off_by;
        out[checksum_at..checksum_at + 4].copy_from_slice(&sum.to_le_bytes());
        out
    }

    fn map(&self) -> String {
        let mut text = format!(" Preferred load address is {BASE:016x}\n");
        let functions = self.functions.iter().map(|function| function.name);
        for name in functions {
            let rva = self.address(name);
            let address = BASE + u64::from(rva);
            text += &format!(
                " 0001:{:08x}       {name} {address:016x}     a.o\n",
                rva - TEXT
            );
        }
        for name in &self.symbols {
            let address = BASE + u64::from(VARIABLES);
            text += &format!(" 0003:00000000       {name} {address:016x}     a.o\n");
        }
        text
    }
}

#[derive(Default)]
struct Constants {
    bytes: Vec<u8>,
    slots: Vec<(&'static str, u32)>,
    import_table: (u32, u32),
    export_table: (u32, u32),
    debug: (u32, u32),
    load_config: (u32, u32),
}

impl Constants {
    fn end(&self) -> u32 {
        CONSTANTS + self.bytes.len() as u32
    }

    fn slot(&self, name: &str) -> u32 {
        let found = self.slots.iter().find(|(known, _)| *known == name);
        found.expect("an import of that name").1
    }
}

fn size(function: &Function) -> u32 {
    function.code.iter().map(Op::length).sum()
}
