//! Frames, and the elements that packets are made of.

use bytes::{Buf, BufMut, Bytes, BytesMut};

use super::{Broken, Version};

/// One whole packet: its first byte and what is behind its fixed header.
pub(super) struct Frame {
    pub(super) first: u8,
    pub(super) body: Bytes,
}

/// Takes the next whole packet out of `input`; `None` if there is none yet.
pub(super) fn frame(
    input: &mut BytesMut,
    version: Version,
    max_bytes: usize,
) -> Result<Option<Frame>, Broken> {
    let Some(&first) = input.first() else {
        return Ok(None);
    };
    check_first(first, version)?;
    let Some((bytes, width)) = var_int(&input[1..])? else {
        return Ok(None);
    };
    let bytes = bytes as usize;
    if bytes > max_bytes {
        return Err(Broken::Oversized { bytes, max_bytes });
    }
    if input.len() < 1 + width + bytes {
        return Ok(None);
    }
    let mut frame = input.split_to(1 + width + bytes);
    frame.advance(1 + width);
    Ok(Some(Frame {
        first,
        body: frame.freeze(),
    }))
}

/// Type and flags of a packet that a client may send.
fn check_first(first: u8, version: Version) -> Result<(), Broken> {
    let flags = first & 0x0f;
    let good = match first >> 4 {
        3 => flags & 0b0110 != 0b0110 && flags & 0b1110 != 0b1000, // no QoS 3, no repetition of QoS 0
        1 | 4 | 5 | 7 | 12 | 14 => flags == 0,
        6 | 8 | 10 => flags == 2,
        15 if version == Version::V5 => flags == 0,
        _ => return Err(Broken::Malformed("packet type")),
    };
    if good {
        Ok(())
    } else {
        Err(Broken::Malformed("flags of the fixed header"))
    }
}

/// A number of one to four bytes, and how many there were; `None` if it is not whole yet.
fn var_int(bytes: &[u8]) -> Result<Option<(u32, usize)>, Broken> {
    let mut value = 0;
    for (at, byte) in bytes.iter().take(4).enumerate() {
        value |= u32::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Ok(Some((value, at + 1)));
        }
    }
    if bytes.len() >= 4 {
        Err(Broken::Malformed("length of more than four bytes"))
    } else {
        Ok(None)
    }
}

const EARLY: Broken = Broken::Malformed("packet ends too early");

/// What is left of a packet, or of its properties.
pub(super) struct Body(pub(super) Bytes);

impl Body {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn byte(&mut self) -> Result<u8, Broken> {
        self.0.try_get_u8().map_err(|_| EARLY)
    }

    /// 0 or 1.
    pub(super) fn flag(&mut self) -> Result<bool, Broken> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Broken::Protocol("a flag that is neither 0 nor 1")),
        }
    }

    pub(super) fn two(&mut self) -> Result<u16, Broken> {
        self.0.try_get_u16().map_err(|_| EARLY)
    }

    pub(super) fn four(&mut self) -> Result<u32, Broken> {
        self.0.try_get_u32().map_err(|_| EARLY)
    }

    pub(super) fn number(&mut self) -> Result<u32, Broken> {
        let (value, width) = var_int(&self.0)?.ok_or(EARLY)?;
        self.0.advance(width);
        Ok(value)
    }

    pub(super) fn pkid(&mut self) -> Result<u16, Broken> {
        match self.two()? {
            0 => Err(Broken::Malformed("packet identifier 0")),
            pkid => Ok(pkid),
        }
    }

    pub(super) fn take(&mut self, bytes: usize) -> Result<Bytes, Broken> {
        if bytes > self.0.len() {
            return Err(EARLY);
        }
        Ok(self.0.split_to(bytes))
    }

    pub(super) fn bytes(&mut self) -> Result<Bytes, Broken> {
        let length = usize::from(self.two()?);
        self.take(length)
    }

    pub(super) fn text(&mut self) -> Result<String, Broken> {
        let bytes = self.bytes()?;
        let text =
            std::str::from_utf8(&bytes).map_err(|_| Broken::Malformed("text is not UTF-8"))?;
        if text.contains('\0') {
            return Err(Broken::Malformed("text contains U+0000"));
        }
        Ok(text.to_owned())
    }

    pub(super) fn end(&self) -> Result<(), Broken> {
        if self.is_empty() {
            Ok(())
        } else {
            Err(Broken::Malformed("bytes after the end of the packet"))
        }
    }
}

/// How many bytes a number takes.
pub(super) fn width(value: usize) -> usize {
    match value {
        0..0x80 => 1,
        0x80..0x4000 => 2,
        0x4000..0x20_0000 => 3,
        _ => 4,
    }
}

pub(super) fn put_number(mut value: usize, out: &mut BytesMut) {
    debug_assert!(value < 1 << 28, "longer than any packet");
    loop {
        let low = u8::try_from(value & 0x7f).expect("seven bits");
        value >>= 7;
        if value == 0 {
            out.put_u8(low);
            return;
        }
        out.put_u8(low | 0x80);
    }
}

/// Everything sent as text came in as text, so that its length fits.
pub(super) fn put_text(text: &str, out: &mut BytesMut) {
    let length = u16::try_from(text.len()).expect("no longer than what a client can send");
    out.put_u16(length);
    out.put_slice(text.as_bytes());
}
