// Sends what waits, one after the other. Sending one twice is harmless: the service knows it by its digest.

import * as store from "./store.js";

export class SignInNeeded extends Error {}
export class Offline extends Error {}
export class Enough extends Error {
  constructor(seconds) { super(); this.seconds = seconds; }
}

async function ticket(address) {
  let answer;
  try {
    answer = await fetch(address, { redirect: "manual", cache: "no-store" });
  } catch {
    throw new Offline();
  }
  if (!answer.ok) throw answer.status >= 500 ? new Offline() : new SignInNeeded();
  return (await answer.json()).form_token;
}

function post(photo, token, tell) {
  const form = new FormData();
  for (const [name, value] of Object.entries(photo.details)) if (value !== "") form.append(name, value);
  form.append("file", photo.file, photo.name);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();  // fetch does not say how far an upload has come
    request.open("POST", "/photos");
    request.setRequestHeader("X-Form-Token", token);
    request.upload.onprogress = (event) => tell(photo.id, event.loaded / event.total);
    request.onload = () => resolve(request);
    request.onerror = () => reject(new Offline());
    request.ontimeout = () => reject(new Offline());
    request.timeout = 120_000;
    request.send(form);
  });
}

function reason(request) {
  try {
    const said = JSON.parse(request.responseText);
    return said.detail ?? (said.faults ?? []).join(", ");
  } catch {
    return String(request.status);
  }
}

// Sends everything that waits; how many the service has safely. Throws Offline, SignInNeeded or Enough: what is left, waits.
export async function send(ticketAddress, tell) {
  let safe = 0;
  for (const photo of await store.all()) {
    if (photo.refused) continue;
    const request = await post(photo, await ticket(ticketAddress), tell);
    if (request.status === 202) {
      await store.remove(photo.id);
      safe += 1;
    } else if (request.status === 401 || request.status === 403) {
      throw new SignInNeeded();
    } else if (request.status === 429) {
      throw new Enough(Number(request.getResponseHeader("Retry-After")) || 60);
    } else if (request.status >= 500 || request.status === 0) {
      throw new Offline();
    } else {
      await store.refuse(photo, reason(request));
    }
  }
  return safe;
}
