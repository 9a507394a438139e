// Screenshots as pixels, and the contrast of two colours.

// Decodes a PNG in the page that took it: the browser has the decoder.
export async function decoded(page, png) {
  const { width, height, data } = await page.evaluate(async (base64) => {
    const image = new Image();
    image.src = `data:image/png;base64,${base64}`;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const pen = canvas.getContext("2d");
    pen.drawImage(image, 0, 0);
    const bytes = pen.getImageData(0, 0, image.width, image.height).data;
    let text = "";
    for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
    return { width: image.width, height: image.height, data: btoa(text) };
  }, png.toString("base64"));
  const bytes = Buffer.from(data, "base64");
  const at = (x, y) => {
    const place = (Math.min(height - 1, Math.max(0, y)) * width + Math.min(width - 1, Math.max(0, x))) * 4;
    return `rgb(${bytes[place]}, ${bytes[place + 1]}, ${bytes[place + 2]})`;
  };
  return { width, height, bytes, at };
}

// Colours that differ by more than smoothing does, each seen at least a few times.
export function distinctColours({ bytes }) {
  const seen = new Map();
  for (let place = 0; place < bytes.length; place += 4) {
    const key = ((bytes[place] >> 4) << 8) | ((bytes[place + 1] >> 4) << 4) | (bytes[place + 2] >> 4);
    seen.set(key, (seen.get(key) ?? 0) + 1);
  }
  return [...seen.values()].filter((n) => n >= 4).length;
}

// Contrast as WCAG defines it, of two colours of the form rgb(r, g, b).
export function ratio(one, other) {
  const light = (colour) => {
    const [red, green, blue] = colour.match(/[\d.]+/g).slice(0, 3).map((value) => {
      const share = Number(value) / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}
