// Forms that ask for a passkey first: <form data-passkey="get|create" data-options="where the options are">.
// What the authenticator says goes into the field `credential`, and then the form is sent like any other.

const toBytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));

function toText(buffer) {
  const letters = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

const named = (list) => list?.map((each) => ({ ...each, id: toBytes(each.id) }));

// The options as they come in JSON, with bytes where the browser wants bytes.
function ready(options) {
  const made = { ...options, challenge: toBytes(options.challenge) };
  if (options.user) made.user = { ...options.user, id: toBytes(options.user.id) };
  if (options.excludeCredentials) made.excludeCredentials = named(options.excludeCredentials);
  if (options.allowCredentials) made.allowCredentials = named(options.allowCredentials);
  return made;
}

// The other way: every part that is bytes, as text.
function asJson(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = toText(credential.response[name]);
  }
  return JSON.stringify({ id: credential.id, rawId: toText(credential.rawId), type: credential.type, response });
}

class Told extends Error {}

async function optionsFor(form) {
  const headers = { "X-Form-Token": form.elements.form_token.value };
  const answer = await fetch(form.dataset.options, { method: "POST", headers, cache: "no-store" });
  const said = await answer.json();
  if (!answer.ok) throw new Told(said.detail);
  return { publicKey: ready(said) };
}

function words(form, error) {
  if (error instanceof Told) return error.message;
  if (error.name === "NotAllowedError" || error.name === "AbortError") return form.dataset.stopped;
  return error.name === "InvalidStateError" ? form.dataset.known : form.dataset.failed;
}

async function ask(form) {
  const fault = form.querySelector("[role=alert]");
  const button = form.querySelector("button");
  fault.hidden = true;
  button.disabled = true;
  try {
    if (location.origin !== form.dataset.origin) throw new Told(form.dataset.elsewhere);
    const options = await optionsFor(form);
    const credential = await navigator.credentials[form.dataset.passkey](options);
    form.elements.credential.value = asJson(credential);
    form.requestSubmit();
  } catch (error) {
    fault.textContent = words(form, error);
    fault.hidden = false;
  } finally {
    button.disabled = false;
  }
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.hidden = !globalThis.PublicKeyCredential;
  form.addEventListener("submit", (event) => {
    if (form.elements.credential.value) return;
    event.preventDefault();
    event.stopPropagation();  // the page's own guard against sending twice must not count this one
    ask(form);
  });
}

addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-passkey]")) form.elements.credential.value = "";
});
