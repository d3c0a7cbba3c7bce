// What every page has: moments in the reader's own time, and no form sent twice.

for (const time of document.querySelectorAll("time[datetime]")) {
  if ("day" in time.dataset) continue;
  const moment = new Date(time.dateTime);
  if (Number.isNaN(moment.getTime())) continue;
  const language = document.documentElement.lang;
  time.textContent = moment.toLocaleString(language, { dateStyle: "medium", timeStyle: "short" });
  time.title = time.dateTime;
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
});

// A page that comes back out of the browser's memory can send its forms again.
addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

// <button data-copy="text to copy" data-copied="Copied">
document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  button.textContent = button.dataset.copied;
});
