// Passkeys: asks the browser for a key and puts its answer into the form beside the button. It decides nothing; the server
// checks every byte. Without this script, or without passkeys, the page is as it was: password and code.
"use strict";

// A question is good for five minutes; a page that stood open longer asks for another first.
const FRESH_MS = 4 * 60 * 1000;
const shownAt = performance.now();

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const text = (buffer) =>
  btoa(Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join(""))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const named = (list) => (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));

async function refresh(form) {
  const page = await fetch(location.pathname, { credentials: "same-origin" });
  const asked = new DOMParser().parseFromString(await page.text(), "text/html").querySelector(`form[data-act=${form.dataset.act}]`);
  if (!asked) throw new Error("signed out");
  form.dataset.options = asked.dataset.options;
  form.elements.namedItem("question").value = asked.elements.namedItem("question").value;
}

async function answer(form) {
  if (performance.now() - shownAt > FRESH_MS) await refresh(form);
  const options = JSON.parse(form.dataset.options);
  const publicKey = { ...options, challenge: bytes(options.challenge) };
  if (form.dataset.act === "create") {
    publicKey.user = { ...options.user, id: bytes(options.user.id) };
    publicKey.excludeCredentials = named(options.excludeCredentials);
    return navigator.credentials.create({ publicKey });
  }
  publicKey.allowCredentials = named(options.allowCredentials);
  return navigator.credentials.get({ publicKey });
}

// As PublicKeyCredential.toJSON writes it, which not every browser has.
function written(key) {
  const { response } = key;
  const parts = { clientDataJSON: text(response.clientDataJSON) };
  if (response.attestationObject) {
    parts.attestationObject = text(response.attestationObject);
    parts.transports = response.getTransports?.() ?? [];
  } else {
    parts.authenticatorData = text(response.authenticatorData);
    parts.signature = text(response.signature);
    parts.userHandle = response.userHandle ? text(response.userHandle) : null;
  }
  return JSON.stringify({
    id: key.id, rawId: text(key.rawId), type: key.type, response: parts, clientExtensionResults: {},
    authenticatorAttachment: key.authenticatorAttachment ?? null,
  });
}

async function pressed(form) {
  const button = form.querySelector("button[type=button]");
  const said = form.querySelector("[role=status]");
  button.disabled = true;
  said.textContent = "鍵の操作を待っています… / Waiting for your key";
  try {
    form.elements.namedItem("answer").value = written(await answer(form));
    form.submit();
  } catch (error) {
    said.textContent = `鍵を使えませんでした。もう一度試すか、パスワードを使ってください / The key could not be used (${error.name})`;
    button.disabled = false;
  }
}

// Keys are bound to one name; under another (figures, an old name) the browser would refuse them.
function belongsHere(form) {
  const { rp, rpId } = JSON.parse(form.dataset.options);
  return location.hostname === (rpId ?? rp.id);
}

if (window.PublicKeyCredential) {
  for (const form of [...document.querySelectorAll("form[data-act]")].filter(belongsHere)) {
    form.hidden = false;
    form.querySelector("button[type=button]").addEventListener("click", () => pressed(form));
  }
}
