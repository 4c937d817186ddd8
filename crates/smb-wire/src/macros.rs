/// Defines the fixed part of a message: fields in wire order, little-endian, without padding.
macro_rules! wire_struct {
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($(#[$field_meta:meta])* $field_vis:vis $field:ident: $ty:ty,)* }) => {
        $(#[$meta])*
        #[derive(
            Clone,
            Copy,
            Debug,
            PartialEq,
            Eq,
            ::zerocopy::FromBytes,
            ::zerocopy::IntoBytes,
            ::zerocopy::KnownLayout,
            ::zerocopy::Immutable,
            ::zerocopy::Unaligned,
        )]
        #[repr(C)]
        $vis struct $name { $($(#[$field_meta])* $field_vis $field: $ty,)* }
    };
}

/// Defines an open enum: a newtype over the wire's integer with named constants, which keeps values it has no name for.
macro_rules! open_enum {
    (
        $(#[$meta:meta])*
        pub struct $name:ident($int:ty) {
            $($(#[$const_meta:meta])* $variant:ident = $value:expr,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub $int);

        impl $name {
            $(
                #[doc = concat!("`", stringify!($variant), "` (", stringify!($value), "). ")]
                $(#[$const_meta])*
                pub const $variant: Self = Self($value);
            )*

            /// The constant's name, or `None` for a value without one.
            pub const fn name(self) -> Option<&'static str> {
                $(if self.0 == Self::$variant.0 {
                    return Some(stringify!($variant));
                })*
                None
            }
        }

        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                match self.name() {
                    Some(name) => f.write_str(name),
                    None => write!(f, concat!(stringify!($name), "({:#x})"), self.0),
                }
            }
        }
    };
}

/// Defines bitflags over a wire integer; unknown bits are kept.
macro_rules! wire_flags {
    (
        $(#[$meta:meta])*
        pub struct $name:ident: $int:ty {
            $($(#[$($const_meta:tt)*])* const $flag:ident = $value:expr;)*
        }
    ) => {
        ::bitflags::bitflags! {
            $(#[$meta])*
            #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
            pub struct $name: $int {
                $(
                    #[doc = concat!("`", stringify!($flag), "` (", stringify!($value), "). ")]
                    $(#[$($const_meta)*])*
                    const $flag = $value;
                )*
            }
        }
    };
}
