//! Structures of nothing but integers, read and written field by field.

use super::{DeviceCharacteristics, DeviceType, DispositionFlags, FileAttributes};
use crate::smb2::AccessMask;
use crate::{EmitError, ParseError, Reader, Writer};

/// A field of fixed size.
pub(super) trait Scalar: Sized {
    fn read(r: &mut Reader<'_>, structure: &'static str) -> Result<Self, ParseError>;
    fn write(&self, w: &mut Writer<'_>) -> Result<(), EmitError>;
}

macro_rules! integer_scalars {
    ($($int:ty),*) => {$(
        impl Scalar for $int {
            fn read(r: &mut Reader<'_>, structure: &'static str) -> Result<Self, ParseError> {
                r.array(structure).map(Self::from_le_bytes)
            }

            fn write(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
                w.bytes(&self.to_le_bytes())
            }
        }
    )*};
}

integer_scalars!(u8, u32, u64, i64);

macro_rules! flag_scalars {
    ($($flags:ty),*) => {$(
        impl Scalar for $flags {
            fn read(r: &mut Reader<'_>, structure: &'static str) -> Result<Self, ParseError> {
                r.u32(structure).map(Self::from_bits_retain)
            }

            fn write(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
                w.u32(self.bits())
            }
        }
    )*};
}

flag_scalars!(
    AccessMask,
    DeviceCharacteristics,
    DispositionFlags,
    FileAttributes
);

impl Scalar for DeviceType {
    fn read(r: &mut Reader<'_>, structure: &'static str) -> Result<Self, ParseError> {
        r.u32(structure).map(Self)
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        w.u32(self.0)
    }
}

/// A BOOLEAN: any byte but zero is true.
impl Scalar for bool {
    fn read(r: &mut Reader<'_>, structure: &'static str) -> Result<Self, ParseError> {
        r.u8(structure).map(|byte| byte != 0)
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        w.u8(u8::from(*self))
    }
}

impl<const N: usize> Scalar for [u8; N] {
    fn read(r: &mut Reader<'_>, structure: &'static str) -> Result<Self, ParseError> {
        r.array(structure)
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        w.bytes(self)
    }
}

/// Defines an information class of fixed size. All that can be wrong with one is that it is cut short, so that error
/// names the structure.
macro_rules! information {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $($(#[$field_meta:meta])* $field:ident: $ty:ty,)*
        }
        reserved $reserved:literal
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
        pub struct $name {
            $($(#[$field_meta])* pub $field: $ty,)*
        }

        impl $name {
            /// The size in bytes.
            pub const LEN: usize = 0 $(+ size_of::<$ty>())* + $reserved;

            /// Reads the structure at the beginning of `bytes`.
            pub fn parse(bytes: &[u8]) -> Result<Self, $crate::ParseError> {
                Self::read(&mut $crate::Reader::new(bytes))
            }

            pub(super) fn read(r: &mut $crate::Reader<'_>) -> Result<Self, $crate::ParseError> {
                let mut r = r.sub(Self::LEN, stringify!($name))?;
                Ok(Self { $($field: $crate::fscc::scalar::Scalar::read(&mut r, stringify!($name))?,)* })
            }

            /// Appends the structure.
            pub fn emit(&self, w: &mut $crate::Writer<'_>) -> Result<(), $crate::EmitError> {
                $($crate::fscc::scalar::Scalar::write(&self.$field, w)?;)*
                w.zeros($reserved)
            }
        }
    };
}
pub(super) use information;
