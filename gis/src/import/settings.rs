//! What the person who imports knows about a file and the file does not say.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::crs::{Axes, Crs};
use crate::{Attribution, LayerKind};

/// What is said about one file. Everything that is left out is taken from the file, or refused where the file is silent.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// What the features are; nothing where the file says so itself.
    pub kind: Option<LayerKind>,
    /// Coordinate system, where the file has none or a wrong one.
    pub crs: Option<Crs>,
    /// Axis order, where the habit of the format is not kept.
    pub axes: Option<Axes>,
    /// Encoding of text, where the file has none or a wrong one.
    pub encoding: Option<TextEncoding>,
    /// The table of a GeoPackage or the member of an archive that is meant, where there are several.
    pub table: Option<String>,
    /// Names of columns for what is asked: `depth`, `name`, `id`, `lon`, `lat` and so on.
    pub columns: BTreeMap<String, String>,
    /// What codes of the file mean, in the words of its own list: `"3" = "0.5m以上1m未満"`.
    pub codes: BTreeMap<String, String>,
    /// What the codes of a PLATEAU column of a city's own ranks (`rankOrg`) mean, in the words of its code list. Columns of
    /// the standard ranks are not read by it.
    pub codelist: BTreeMap<String, String>,
    /// The river (河川) that all zones of the file belong to.
    pub river: Option<String>,
    /// Whether outlines are an approximation.
    pub approximate: bool,
    /// Whose data it is.
    pub attribution: Option<Attribution>,
}

/// Encodings that Japanese files come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TextEncoding {
    /// UTF-8, with or without a mark at the beginning.
    #[serde(rename = "utf-8")]
    Utf8,
    /// Shift_JIS with the additions of Windows (CP932, Windows-31J).
    #[serde(rename = "cp932")]
    Cp932,
    /// EUC-JP.
    #[serde(rename = "euc-jp")]
    EucJp,
}

impl TextEncoding {
    /// The encoding with this name, as people and `.cpg` files write it.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let plain: String = name
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_lowercase();
        match plain.as_str() {
            "utf8" | "65001" => Some(Self::Utf8),
            "cp932" | "932" | "shiftjis" | "sjis" | "windows31j" | "ms932" | "ansi932" => {
                Some(Self::Cp932)
            }
            "eucjp" | "51932" => Some(Self::EucJp),
            _ => None,
        }
    }

    /// Its usual name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Cp932 => "CP932",
            Self::EucJp => "EUC-JP",
        }
    }
}
