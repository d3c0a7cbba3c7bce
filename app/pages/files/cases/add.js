// Several photos at once: dropped or picked, previewed, dated one by one, sent with progress, their faces boxed.

import { boxesOf } from "./boxes.js";

const form = document.querySelector("form[data-add]");
if (form) begin();

function begin() {
  const input = form.elements.file;
  const token = form.elements.form_token.value;
  const list = document.querySelector("[data-uploads]");
  const status = document.querySelector("[data-status]");
  const ending = document.querySelector("[data-done]");
  const sendAll = document.querySelector("[data-send-all]");
  const rows = new Set();
  let count = 0;

  input.multiple = true;
  input.required = false;
  form.querySelector("[data-drop]").classList.add("can-drop");
  form.querySelector("[data-drop-hint]").hidden = false;
  for (const name of ["[data-dates]", ".buttons"]) form.querySelector(name).hidden = true;

  input.addEventListener("change", () => {
    take(input.files);
    input.value = "";
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation();
  });
  takeDrops();
  sendAll.addEventListener("click", async () => {
    for (const row of [...rows]) if (!row.sent) await send(row);
  });
  addEventListener("beforeunload", (event) => {
    if ([...rows].some((row) => !row.sent)) event.preventDefault();
  });

  function takeDrops() {
    const place = form.querySelector("[data-drop]");
    const over = (event, is) => {
      event.preventDefault();
      place.classList.toggle("over", is);
    };
    place.addEventListener("dragover", (event) => over(event, true));
    place.addEventListener("dragleave", (event) => over(event, false));
    place.addEventListener("drop", (event) => {
      over(event, false);
      take(event.dataTransfer.files);
    });
  }

  function take(files) {
    const made = [...files].map(addRow);
    refresh();
    made[0]?.place.querySelector("input").focus();
  }

  function addRow(file) {
    const place = document.getElementById("upload").content.firstElementChild.cloneNode(true);
    const row = { file, place, sent: false, once: newOnce() };
    nameApart(place, ++count);
    place.querySelector("[data-name]").textContent = file.name;
    const picture = place.querySelector("img");
    row.address = picture.src = URL.createObjectURL(file);
    picture.addEventListener("error", () => { picture.hidden = true; });
    place.querySelector("[data-send-one]").addEventListener("click", async () => {
      await send(row);
      if (row.sent) place.querySelector("[data-open]").focus();
    });
    place.querySelector("[data-remove]").addEventListener("click", () => drop(row));
    rows.add(row);
    list.append(place);
    return row;
  }

  function drop(row) {
    URL.revokeObjectURL(row.address);
    row.place.remove();
    rows.delete(row);
    refresh();
  }

  function refresh() {
    ending.hidden = rows.size === 0;
    sendAll.hidden = [...rows].every((row) => row.sent);
  }

  async function send(row) {
    const fields = [...row.place.querySelectorAll("[data-fields] input")];
    if (row.sending || !fields.every((field) => field.reportValidity())) return;
    if (row.file.size > Number(form.dataset.limit)) {
      fail(row, word("too-large"));
      return;
    }
    row.sending = true;
    working(row, true);
    const body = new FormData();
    body.append("once", row.once);
    for (const field of fields) body.append(field.name, field.value);
    body.append("file", row.file);
    try {
      const [code, answer] = await posted(row, body);
      if (code === 201) done(row, answer);
      else fail(row, told(answer));
    } catch {
      fail(row, word("failed"));
    }
    row.sending = false;
    working(row, false);
    refresh();
  }

  function posted(row, body) {
    const bar = row.place.querySelector("progress");
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", form.action);
      request.setRequestHeader("X-Form-Token", token);
      request.responseType = "json";
      request.upload.addEventListener("progress", (event) => {
        if (event.lengthComputable) bar.value = event.loaded / event.total;
      });
      request.upload.addEventListener("load", () => {
        bar.removeAttribute("value"); // it arrived, and nobody knows how long the rest takes
        status.textContent = `${row.file.name}: ${word("reading")}`;
      });
      request.addEventListener("load", () => resolve([request.status, request.response]));
      request.addEventListener("error", reject);
      request.send(body);
    });
  }

  function working(row, is) {
    row.place.querySelector("progress").hidden = !is;
    for (const button of row.place.querySelectorAll("button")) button.disabled = is;
    if (!is) return;
    row.place.querySelector("progress").value = 0;
    row.place.querySelector("[data-fault]").hidden = true;
    status.textContent = `${row.file.name}: ${word("sending")}`;
  }

  function fail(row, why) {
    const place = row.place.querySelector("[data-fault]");
    place.textContent = why;
    place.hidden = false;
    status.textContent = `${row.file.name}: ${why}`;
    row.once = newOnce(); // another date makes another request
  }

  function done(row, reference) {
    row.sent = true;
    const { place } = row;
    if (reference.faces.length) place.querySelector(".picture").replaceChildren(boxesOf(reference, row.address));
    for (const part of place.querySelectorAll("[data-fields], [data-send-one], [data-remove]")) part.hidden = true;
    const open = place.querySelector("[data-open]");
    open.href = `${form.action}/${reference.id}`;
    open.hidden = false;
    const sentences = found(reference);
    for (const sentence of sentences) {
      const line = document.createElement("p");
      line.textContent = sentence;
      place.querySelector("[data-told]").append(line);
    }
    const all = [...rows].every((each) => each.sent) ? word("all-sent") : "";
    status.textContent = `${row.file.name}: ${word("sent")} ${sentences.join(" ")} ${all}`;
  }
}

// What the page says, in the reader's language.
function word(name) {
  return document.getElementById("words").content.querySelector(`[data-word="${name}"]`)?.textContent ?? "";
}

function told(answer) {
  if (!answer) return word("failed");
  return answer.detail ?? (answer.faults ?? []).map(word).join(" ");
}

function found({ state, faces, chosen }) {
  const which = { ready: "one-face", needs_face: "several-faces", no_face: "no-face" }[state];
  const weak = faces.find((face) => face.number === chosen)?.reasons ?? [];
  return [word(which), ...(weak.length ? [`${word("weak")} ${weak.map(word).join(", ")}`] : [])];
}

// Ids within one row, so that labels find their fields.
function nameApart(place, number) {
  for (const name of ["id", "for", "aria-describedby"]) {
    for (const each of place.querySelectorAll(`[${name}]`)) {
      each.setAttribute(name, each.getAttribute(name).split(" ").map((id) => `${id}-${number}`).join(" "));
    }
  }
}

function newOnce() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
