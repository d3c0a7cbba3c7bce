// Photos that wait on this device, in IndexedDB. One is deleted only when the service has said that it is safe.

const NAME = "homeward";
const PHOTOS = "photos";

function asPromise(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

let opened;

function database() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(PHOTOS, { keyPath: "id", autoIncrement: true });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}

async function photos(mode) {
  return (await database()).transaction(PHOTOS, mode, { durability: "strict" }).objectStore(PHOTOS);
}

export async function add(file, details) {
  const photo = { file, name: file.name, details, refused: null };
  return asPromise((await photos("readwrite")).add(photo));
}

export async function all() {
  return asPromise((await photos("readonly")).getAll());
}

export async function refuse(photo, why) {
  return asPromise((await photos("readwrite")).put({ ...photo, refused: why }));
}

export async function remove(id) {
  return asPromise((await photos("readwrite")).delete(id));
}
