// The service signs what officers approved; without the signature it must be the very bytes that they read.

const SIGNATURE = /<ds:Signature xmlns:ds="[^"]*">.*?<\/ds:Signature>/gs;

/** A signed document without its one signature. */
export function withoutSignature(document) {
  const found = document.match(SIGNATURE) ?? [];
  if (found.length !== 1) throw new Error(`${found.length} signatures in:\n${document}`);
  return document.replace(SIGNATURE, "");
}
