//! Options of a connection.

use tdi_sys::{
    CO_TL_ENTITY, INFO_CLASS_PROTOCOL, INFO_TYPE_CONNECTION, TCP_REQUEST_SET_INFORMATION_EX,
    TDIEntityID, TDIObjectID,
};

/// The request that sets an option of TCP.
pub(super) const fn set(option: u32, value: u32) -> TCP_REQUEST_SET_INFORMATION_EX {
    TCP_REQUEST_SET_INFORMATION_EX {
        ID: TDIObjectID {
            toi_entity: TDIEntityID {
                tei_entity: CO_TL_ENTITY,
                tei_instance: 0,
            },
            toi_class: INFO_CLASS_PROTOCOL,
            toi_type: INFO_TYPE_CONNECTION,
            toi_id: option,
        },
        BufferSize: size_of::<u32>() as u32,
        Buffer: value.to_le_bytes(),
    }
}
