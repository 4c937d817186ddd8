//! The image's functions: their frames, whom they call, and which instructions they must not contain.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use iced_x86::{
    Code as Opcode, CpuidFeature, Decoder, DecoderOptions, EncodingKind, FlowControl, Instruction,
    InstructionInfoFactory, Mnemonic, OpKind,
};

use super::image::Image;
use super::link_map::LinkMap;
use super::unwind;

/// One function.
pub struct Function {
    /// Where it is in the image; more than one piece when its unwind information is chained.
    pub pieces: Vec<Range<u32>>,
    /// All names of it, the first of them for the report.
    pub names: Vec<String>,
    /// Bytes of stack that it takes, its return address included.
    pub frame: u32,
    pub body: Body,
}

impl Function {
    /// The name for the report.
    pub fn name(&self) -> &str {
        self.names.first().map_or("", String::as_str)
    }

    /// Whether it is known by this name.
    pub fn is_named(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }
}

/// What the instructions of a function do.
#[derive(Default)]
pub struct Body {
    /// Functions that it calls, jumps to, or takes the address of.
    pub mentions: BTreeSet<usize>,
    /// Functions that its jumps end in.
    pub tail_calls: BTreeSet<usize>,
    /// Imports that it calls or jumps to.
    pub imports: BTreeSet<String>,
    /// It has a `ret`, or a jump to a place not known.
    pub returns: bool,
    /// Instructions that end the machine: `ud2`, `int 29h`, a jump to itself. Not counted behind a call, where the
    /// compiler puts them after a routine that does not return.
    pub stops: Vec<String>,
    /// Instructions that use floating-point or vector registers beyond XMM.
    pub wide: Vec<String>,
    /// Instruction set extensions that it uses.
    pub extensions: BTreeSet<String>,
}

/// All code of the image.
pub struct Code {
    pub functions: Vec<Function>,
}

impl Code {
    /// Finds and reads all functions of the executable sections.
    pub fn read(image: &Image<'_>, map: &LinkMap) -> Result<Self, String> {
        let mut functions = functions(image, map)?;
        let starts: BTreeMap<u32, (u32, usize)> = functions
            .iter()
            .enumerate()
            .flat_map(|(index, function)| {
                let pieces = function.pieces.iter();
                pieces.map(move |piece| (piece.start, (piece.end, index)))
            })
            .collect();
        let reader = Reader {
            image,
            starts,
            slots: image
                .import_slots()
                .into_iter()
                .map(|(slot, import)| (slot, import.name.as_str()))
                .collect(),
        };
        let bodies: Vec<Body> = (0..functions.len())
            .map(|index| reader.body(index, &functions[index]))
            .collect();
        for (function, body) in functions.iter_mut().zip(bodies) {
            function.body = body;
        }
        Ok(Self { functions })
    }
}

impl Code {
    /// The functions that mention this one.
    pub fn mentioning(&self, function: usize) -> impl Iterator<Item = usize> {
        let all = self.functions.iter().enumerate();
        all.filter(move |(_, other)| other.body.mentions.contains(&function))
            .map(|(index, _)| index)
    }
}

/// Functions with unwind information, and in the gaps between them those without (leaves and import thunks), by name.
fn functions(image: &Image<'_>, map: &LinkMap) -> Result<Vec<Function>, String> {
    let entries = unwind::runtime_functions(image)?;
    let mut found = BTreeMap::<u32, Function>::new();
    for entry in &entries {
        let frame = unwind::frame(image, *entry)?;
        let function = found
            .entry(frame.function)
            .or_insert_with(|| function_at(map, frame.function));
        function.pieces.push(entry.begin..entry.end);
        function.frame = function.frame.max(frame.bytes);
    }

    for section in image.sections.iter().filter(|section| section.is_code()) {
        let end_of_code = section.rva + section.virtual_size.min(section.file_size);
        let inside = entries.iter().filter(|entry| section.holds(entry.begin));
        let mut gap_start = section.rva;
        let mut gaps = Vec::new();
        for entry in inside {
            gaps.push(gap_start..entry.begin);
            gap_start = entry.end;
        }
        gaps.push(gap_start..end_of_code);
        for gap in gaps.into_iter().filter(|gap| !gap.is_empty()) {
            for leaf in leaves(image, map, gap) {
                let mut function = function_at(map, leaf.start);
                // A leaf moves the stack pointer by nothing but its caller's call.
                function.frame = 8;
                function.pieces.push(leaf.clone());
                found.insert(leaf.start, function);
            }
        }
    }
    Ok(found.into_values().collect())
}

fn function_at(map: &LinkMap, rva: u32) -> Function {
    let names = match map.at(rva) {
        [] => vec![format!("(no name, at {rva:#x})")],
        names => names.to_vec(),
    };
    Function {
        pieces: Vec::new(),
        names,
        frame: 0,
        body: Body::default(),
    }
}

/// The named functions of a gap, and what stands before the first name unless it is padding.
fn leaves(image: &Image<'_>, map: &LinkMap, gap: Range<u32>) -> Vec<Range<u32>> {
    let named: Vec<u32> = map.addresses(gap.clone()).collect();
    let first = named.first().copied().unwrap_or(gap.end);
    let lead = image
        .bytes_at(gap.start)
        .and_then(|bytes| bytes.get(..(first - gap.start) as usize))
        .unwrap_or_default();
    let starts: Vec<u32> = first_instruction(lead, gap.start)
        .into_iter()
        .chain(named)
        .collect();
    let ends = starts.iter().copied().skip(1).chain([gap.end]);
    starts
        .iter()
        .copied()
        .zip(ends)
        .map(|(start, end)| start..end)
        .collect()
}

/// The address of the first instruction that is no padding.
fn first_instruction(bytes: &[u8], rva: u32) -> Option<u32> {
    let decoder = Decoder::with_ip(64, bytes, rva.into(), DecoderOptions::NONE);
    let padding = |instruction: &Instruction| {
        matches!(instruction.mnemonic(), Mnemonic::Nop | Mnemonic::Int3)
    };
    let instruction = decoder
        .into_iter()
        .find(|instruction| !padding(instruction))?;
    u32::try_from(instruction.ip()).ok()
}

struct Reader<'image> {
    image: &'image Image<'image>,
    /// Start of each piece, with its end and function.
    starts: BTreeMap<u32, (u32, usize)>,
    slots: BTreeMap<u32, &'image str>,
}

impl Reader<'_> {
    fn body(&self, index: usize, function: &Function) -> Body {
        let mut body = Body::default();
        let mut info = InstructionInfoFactory::new();
        for piece in &function.pieces {
            let bytes = self.image.bytes_at(piece.start).unwrap_or_default();
            let length = (piece.end - piece.start) as usize;
            let bytes = bytes.get(..length).unwrap_or(bytes);
            let mut decoder = Decoder::with_ip(64, bytes, piece.start.into(), DecoderOptions::NONE);
            let mut after_call = false;
            let mut instruction = Instruction::default();
            while decoder.can_decode() {
                decoder.decode_out(&mut instruction);
                self.flow(index, &instruction, &mut body);
                registers(&instruction, &mut info, &mut body);
                if !after_call {
                    stops(&instruction, &mut body);
                }
                after_call = matches!(
                    instruction.flow_control(),
                    FlowControl::Call | FlowControl::IndirectCall
                );
            }
        }
        body
    }

    fn flow(&self, index: usize, instruction: &Instruction, body: &mut Body) {
        let jumps = matches!(
            instruction.flow_control(),
            FlowControl::UnconditionalBranch | FlowControl::ConditionalBranch
        );
        if instruction.op_count() > 0 && instruction.op0_kind() == OpKind::NearBranch64 {
            if let Some(target) = self.function_of(instruction.near_branch_target())
                && target != index
            {
                body.mentions.insert(target);
                if jumps {
                    body.tail_calls.insert(target);
                }
            }
        } else if instruction.is_ip_rel_memory_operand() {
            let address = instruction.ip_rel_memory_address();
            let import = u32::try_from(address)
                .ok()
                .and_then(|rva| self.slots.get(&rva));
            if let Some(import) = import {
                body.imports.insert((*import).to_owned());
            } else if let Some(target) = self.function_of(address) {
                body.mentions.insert(target);
            }
        }
        body.returns |= match instruction.flow_control() {
            FlowControl::Return => true,
            FlowControl::IndirectBranch => !self.within_import_jump(instruction),
            _ => false,
        };
    }

    /// A jump through an import's slot goes where the import goes.
    fn within_import_jump(&self, instruction: &Instruction) -> bool {
        instruction.is_ip_rel_memory_operand()
            && u32::try_from(instruction.ip_rel_memory_address())
                .is_ok_and(|rva| self.slots.contains_key(&rva))
    }

    fn function_of(&self, address: u64) -> Option<usize> {
        let rva = u32::try_from(address).ok()?;
        let (_, &(end, function)) = self.starts.range(..=rva).next_back()?;
        (rva < end).then_some(function)
    }
}

fn stops(instruction: &Instruction, body: &mut Body) {
    let to_itself = instruction.op_count() == 1
        && instruction.op0_kind() == OpKind::NearBranch64
        && instruction.flow_control() == FlowControl::UnconditionalBranch
        && instruction.near_branch_target() == instruction.ip();
    let what = match instruction.code() {
        Opcode::Ud2 => "ud2",
        Opcode::Int_imm8 if instruction.immediate8() == 0x29 => "int 29h",
        Opcode::INVALID => "no instruction",
        _ if to_itself => "jump to itself",
        _ => return,
    };
    body.stops
        .push(format!("{what} at {:#x}", instruction.ip()));
}

/// The kernel saves XMM registers for every driver; x87, MMX, YMM, ZMM and mask registers only for one that asks
/// (KeSaveExtendedProcessorState), which we never do.
fn registers(instruction: &Instruction, info: &mut InstructionInfoFactory, body: &mut Body) {
    let wide = info.info(instruction).used_registers().iter().any(|used| {
        let register = used.register();
        let vector = register.is_xmm() && instruction.encoding() != EncodingKind::Legacy;
        register.is_ymm()
            || register.is_zmm()
            || register.is_k()
            || register.is_st()
            || register.is_mm()
            || register.is_tmm()
            || vector
    });
    let x87 = |feature: &CpuidFeature| {
        matches!(
            feature,
            CpuidFeature::FPU | CpuidFeature::FPU287 | CpuidFeature::FPU387
        )
    };
    if wide || instruction.cpuid_features().iter().any(x87) {
        body.wide.push(format!(
            "{:?} at {:#x}",
            instruction.mnemonic(),
            instruction.ip()
        ));
    }
    let names = instruction
        .cpuid_features()
        .iter()
        .map(|feature| format!("{feature:?}"));
    body.extensions
        .extend(names.filter(|name| !BASELINE.contains(&name.as_str())));
}

/// What every x64 processor has, by iced's names.
const BASELINE: &[&str] = &[
    "INTEL8086",
    "INTEL8086_ONLY",
    "INTEL186",
    "INTEL286",
    "INTEL386",
    "INTEL486",
    "X64",
    "CMOV",
    "CPUID",
    "CX8",
    "FXSR",
    "MULTIBYTENOP",
    "PAUSE",
    "SSE",
    "SSE2",
    "TSC",
];
