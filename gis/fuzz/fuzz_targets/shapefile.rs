//! Whatever bytes come as .shp and .dbf: a layer or a refusal. The first four bytes say how long the .shp is; their highest bit,
//! that its head is put right, so that what is behind it is reached.
#![no_main]

use hinan_gis::LayerKind;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((length, rest)) = bytes.split_first_chunk::<4>() else {
        return;
    };
    let length = u32::from_le_bytes(*length);
    let put_right = length >> 31 == 1;
    let at = (length & 0x7fff_ffff) as usize % (rest.len() + 1);
    let (shp, dbf) = rest.split_at(at);
    let mut shp = shp.to_vec();
    if put_right && shp.len() > 100 {
        let words = u32::try_from(shp.len() / 2).unwrap_or(0);
        shp[..4].copy_from_slice(&9994_u32.to_be_bytes());
        shp[24..28].copy_from_slice(&words.to_be_bytes());
        shp[28..32].copy_from_slice(&1000_u32.to_le_bytes());
    }
    let beside = vec![
        ("a.dbf".into(), dbf.to_vec()),
        ("a.cpg".into(), b"CP932".to_vec()),
    ];
    hinan_gis_fuzz::read("a.shp", shp, beside, LayerKind::Landmark);
});
