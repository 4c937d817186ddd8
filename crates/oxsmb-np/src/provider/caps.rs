//! NPGetCaps: which functions there are.

/// `WNNC_NET_TYPE`: the type of this network in the high half. Types are Microsoft's to give out; this one is none of those given,
/// and spells "OX".
const NET_TYPE: u32 = (u32::from_be_bytes([0, 0, b'O', b'X'])) << 16;
/// `WNNC_SPEC_VERSION51`.
const SPEC_VERSION: u32 = 0x0005_0001;
/// Version 0.1.
const DRIVER_VERSION: u32 = 0x0000_0001;
/// `WNNC_USR_GETUSER`.
const USER: u32 = 1;
/// `WNNC_CON_ADDCONNECTION`, `_CANCELCONNECTION`, `_GETCONNECTIONS`, `_ADDCONNECTION3` and `_CANCELCONNECTION2`. Not `_DEFER`: a
/// connection is made when it is asked for.
const CONNECTION: u32 = 0x01 | 0x02 | 0x04 | 0x08 | 0x20;
/// `WNNC_DLG_FORMATNETWORKNAME`, `_GETRESOURCEPARENT` and `_GETRESOURCEINFORMATION`.
const DIALOG: u32 = 0x80 | 0x200 | 0x800;
/// `WNNC_ENUM_LOCAL`: what is connected. What else a server has cannot be told.
const ENUMERATION: u32 = 0x02;
/// The provider is ready at once.
const START: u32 = 1;

/// NPGetCaps: what the provider can do in the field that `index` (WNNC_*) names; 0 for a field that it does not know.
pub fn get_caps(index: u32) -> u32 {
    match index {
        // WNNC_SPEC_VERSION
        0x01 => SPEC_VERSION,
        // WNNC_NET_TYPE
        0x02 => NET_TYPE,
        // WNNC_DRIVER_VERSION
        0x03 => DRIVER_VERSION,
        // WNNC_USER
        0x04 => USER,
        // WNNC_CONNECTION
        0x06 => CONNECTION,
        // WNNC_DIALOG
        0x08 => DIALOG,
        // WNNC_ENUMERATION
        0x0B => ENUMERATION,
        // WNNC_START
        0x0C => START,
        // WNNC_ADMIN (0x09) too: directories have no dialogs here.
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_network_has_a_type_of_its_own_and_nothing_in_the_low_half() {
        assert_eq!(get_caps(2), 0x4F58_0000);
    }

    #[test]
    fn deferred_connections_and_administration_are_not_offered() {
        assert_eq!(get_caps(6), 0x2F);
        assert_eq!(get_caps(9), 0);
    }

    #[test]
    fn an_unknown_field_has_nothing() {
        for index in [0, 5, 7, 10, 13, 14, u32::MAX] {
            assert_eq!(get_caps(index), 0);
        }
    }
}
