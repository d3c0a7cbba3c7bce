// Keeps the volunteer's page at hand for when there is no network. It keeps nothing of anybody: the page that is kept
// has no name, no list and no token on it, and photos wait in the page's own store.

const KEPT = "homeward-1";
const SHELL = "/photos/shell";
const FILES = [
  SHELL,
  "/static/homeward.css",
  "/static/photos.css",
  "/static/homeward.js",
  "/static/sign.svg",
  "/static/photos/page.js",
  "/static/photos/sender.js",
  "/static/photos/store.js",
];

addEventListener("install", (event) => {
  event.waitUntil(caches.open(KEPT).then((kept) => kept.addAll(FILES)).then(() => skipWaiting()));
});

addEventListener("activate", (event) => {
  const gone = async () => {
    for (const name of await caches.keys()) if (name !== KEPT) await caches.delete(name);
    await clients.claim();
  };
  event.waitUntil(gone());
});

async function fresh(request, kept) {
  try {
    return await fetch(request);
  } catch (error) {
    const found = await caches.match(kept, { ignoreVary: true });
    if (found) return found;
    throw error;
  }
}

addEventListener("fetch", (event) => {
  const { request } = event;
  const { pathname } = new URL(request.url);
  if (request.method !== "GET") return;
  if (request.mode === "navigate" && pathname === "/photos") event.respondWith(fresh(request, SHELL));
  else if (pathname.startsWith("/static/")) event.respondWith(fresh(request, request));
});
