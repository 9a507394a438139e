// A Japanese face for machines that have none. Where one of the usual faces is installed nothing is fetched: neither
// the slices nor the long style sheet that names them.

const USUAL = [
  "BIZ UDPGothic", "BIZUDPGothic-Regular", "Hiragino Sans W4", "HiraginoSans-W4", "Noto Sans JP", "NotoSansJP-Regular",
  "Noto Sans CJK JP", "NotoSansCJKjp-Regular", "Yu Gothic UI", "YuGothic", "Meiryo",
];

/** Resolves to the name of the face that text is set in; never rejects, since text is shown in any case. */
export async function ensureJapaneseFace(): Promise<string> {
  for (const name of USUAL) {
    try {
      await new FontFace("hinan-probe", `local("${name}")`).load();
      return name;
    } catch {
      // Not on this machine; the next one may be.
    }
  }
  try {
    await import("@fontsource-variable/noto-sans-jp/index.css");
    return "Noto Sans JP Variable";
  } catch {
    return "sans-serif";
  }
}
