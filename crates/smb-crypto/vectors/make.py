"""Makes sealed.txt, signed.txt and keys.txt: what another implementation says that sealing, signing and key derivation give.

    python3 -m venv venv && venv/bin/pip install cryptography==50.0.2 && venv/bin/python make.py

The other implementation is OpenSSL 4.0.3, as Python's `cryptography` brings it along. All inputs are counted, not random, so
that the files come out the same each time.
"""

import hashlib
from pathlib import Path

from cryptography.hazmat.primitives import cmac, hashes, hmac
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM
from cryptography.hazmat.primitives.kdf.kbkdf import CounterLocation, KBKDFHMAC, Mode

HERE = Path(__file__).parent
LENGTHS = [0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 80, 111, 112, 127, 128, 129, 255, 256, 257, 271, 300, 4095, 4113]


def counted(length, seed):
    """Bytes that look random and are the same each time."""
    return hashlib.shake_128(seed.encode()).digest(length)


def sealed():
    for wire_id, key_length, nonce_length, cipher in [
        (1, 16, 11, AESCCM),
        (2, 16, 12, AESGCM),
        (3, 32, 11, AESCCM),
        (4, 32, 12, AESGCM),
    ]:
        for length in LENGTHS:
            seed = f"{wire_id}/{length}"
            key = counted(key_length, seed + "/key")
            # The header from its nonce field on; what follows the nonce in that field is zeros in real life, but authenticated.
            header = counted(32, seed + "/header")
            plain = counted(length, seed + "/plain")
            both = cipher(key).encrypt(header[:nonce_length], plain, header)
            fields = [key, header, plain, both[:length], both[length:]]
            yield " ".join([str(wire_id)] + [field.hex() or "-" for field in fields])


def signature(algorithm, key, message):
    """MS-SMB2 3.1.4.1; the signature field of `message` holds zeros."""
    if algorithm == "gmac":
        flags, message_id = int.from_bytes(message[16:20], "little"), message[24:32]
        from_server, cancel = flags & 1, message[12:14] == b"\x0c\0"
        nonce = message_id + (from_server | cancel << 1).to_bytes(4, "little")
        return AESGCM(key).encrypt(nonce, b"", message)
    code = cmac.CMAC(algorithms.AES(key)) if algorithm == "cmac" else hmac.HMAC(key, hashes.SHA256())
    code.update(message)
    return code.finalize()[:16]


def signed():
    for algorithm in ["hmac", "cmac", "gmac"]:
        for length in [64, 65, 79, 80, 81, 127, 128, 129, 300, 1025]:
            for command in [0x0009, 0x000C]:
                for flags in [0x08, 0x09]:
                    seed = f"{algorithm}/{length}/{command}/{flags}"
                    key, message = counted(16, seed + "/key"), bytearray(counted(length, seed))
                    message[12:14] = command.to_bytes(2, "little")
                    message[16:20] = flags.to_bytes(4, "little")
                    message[48:64] = bytes(16)
                    message[48:64] = signature(algorithm, key, bytes(message))
                    yield f"{algorithm} {key.hex()} {message.hex()}"


def keys():
    for session_key_length in [16, 32]:
        session_key = counted(session_key_length, f"session {session_key_length}")
        preauth = counted(64, f"preauth {session_key_length}")
        for label in [b"SMBC2SCipherKey\0", b"SMBS2CCipherKey\0"]:
            for length in [16, 32]:
                kdf = KBKDFHMAC(
                    algorithm=hashes.SHA256(),
                    mode=Mode.CounterMode,
                    length=length,
                    rlen=4,
                    llen=4,
                    location=CounterLocation.BeforeFixed,
                    label=label,
                    context=preauth,
                    fixed=None,
                )
                direction = "c2s" if b"C2S" in label else "s2c"
                derived = kdf.derive(session_key)
                yield f"{direction} {session_key.hex()} {preauth.hex()} {derived.hex()}"


for name, lines in [("sealed.txt", sealed()), ("signed.txt", signed()), ("keys.txt", keys())]:
    (HERE / name).write_text("".join(line + "\n" for line in lines))
