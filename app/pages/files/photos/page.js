// The volunteer's page: what is chosen goes into the queue on this device first, and from there to the service.

import { Enough, Offline, send, SignInNeeded } from "./sender.js";
import * as store from "./store.js";

const AGAIN_MS = 30_000;
const form = document.getElementById("send");
const queue = document.getElementById("queue");
const state = document.getElementById("queue-state");
const list = document.getElementById("queue-list");
const item = document.getElementById("queue-item");
const done = document.getElementById("queue-done");
const pictures = new Map();
let sending = false;
let sent = 0;
let notBefore = 0;

for (const part of document.querySelectorAll(".scripted")) part.hidden = false;

function details() {
  const said = {};
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string" && name !== "form_token") said[name] = value.trim();
  }
  return said;
}

function picture(photo) {
  if (!pictures.has(photo.id)) pictures.set(photo.id, URL.createObjectURL(photo.file));
  return pictures.get(photo.id);
}

function row(photo) {
  const shown = item.content.cloneNode(true).firstElementChild;
  shown.dataset.id = photo.id;
  shown.querySelector("img").src = picture(photo);
  const words = shown.querySelector(".waiting-state");
  words.textContent = photo.refused ? `${words.dataset.refused} ${photo.refused}` : `${photo.name} · ${words.dataset.waiting}`;
  shown.querySelector("progress").hidden = Boolean(photo.refused);
  shown.querySelector("button").addEventListener("click", async () => {
    await store.remove(photo.id);
    await draw();
  });
  return shown;
}

async function draw() {
  const waiting = await store.all();
  list.replaceChildren(...waiting.map(row));
  queue.hidden = waiting.length === 0 && sent === 0;
  done.hidden = sent === 0;
  return waiting;
}

function say(what) {
  state.textContent = what ? state.dataset[what] : "";
}

function progress(id, share) {
  const bar = list.querySelector(`[data-id="${id}"] progress`);
  if (bar) bar.value = share;
}

async function sendAll() {
  if (sending || Date.now() < notBefore) return;
  const waiting = await draw();
  if (!waiting.some((photo) => !photo.refused)) return;
  sending = true;
  say("sending");
  try {
    sent += await send(form.dataset.ticket, progress);
    const left = await draw();
    say(left.length ? "refused" : "sent");
  } catch (error) {
    const known = [[Offline, "offline"], [SignInNeeded, "signin"], [Enough, "enough"]];
    const [, why] = known.find(([kind]) => error instanceof kind) ?? [];
    if (!why) throw error;
    if (error instanceof Enough) notBefore = Date.now() + 1000 * error.seconds;
    await draw();
    say(why);
  } finally {
    sending = false;
  }
}

async function take(files) {
  for (const file of files) await store.add(file, details());
  await navigator.storage?.persist?.();
  await sendAll();
}

form.addEventListener("submit", async (event) => {
  const files = [...form.elements.file.files];
  if (files.length === 0) return;  // the service says what is missing
  event.preventDefault();
  delete form.dataset.sent;
  await take(files);
  form.elements.file.value = "";
});

document.getElementById("camera").addEventListener("change", async (event) => {
  await take([...event.target.files]);
  event.target.value = "";
});

document.getElementById("locate").addEventListener("click", () => {
  const told = document.getElementById("located");
  const found = ({ coords }) => {
    form.elements.latitude.value = coords.latitude.toFixed(6);
    form.elements.longitude.value = coords.longitude.toFixed(6);
    told.textContent = told.dataset.found;
  };
  const missing = () => { told.textContent = told.dataset.missing; };
  navigator.geolocation ? navigator.geolocation.getCurrentPosition(found, missing) : missing();
});

addEventListener("online", sendAll);
setInterval(sendAll, AGAIN_MS);
await sendAll();

if ("serviceWorker" in navigator) {
  const ours = globalThis.trustedTypes?.createPolicy("homeward", { createScriptURL: (address) => address });
  const address = "/photos-worker.js";
  await navigator.serviceWorker.register(ours ? ours.createScriptURL(address) : address, { scope: "/photos" });
}
