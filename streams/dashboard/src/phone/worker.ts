/**
 * The service worker of the officer's phone: the page opens without a line. It keeps the page's own code and nothing else; what the
 * centre said and what the officer wrote are in the page's database.
 */

/// <reference lib="webworker" />
declare const self: ServiceWorkerGlobalScope;
export {};

const KEPT = "phone";
const PAGE = "/phone";

/** Keep the page with every asset that it names: together, or not at all. */
async function keep(): Promise<void> {
  const answer = await fetch(PAGE, { cache: "no-store" });
  if (!answer.ok || answer.redirected) return;
  const cache = await caches.open(KEPT);
  const text = await answer.clone().text();
  const assets = [...new Set(text.match(/\/assets\/[\w.-]+/g) ?? [])];
  if (!assets.length) return;
  const known = await cache.match(PAGE);
  if (known && (await known.text()) === text) return;
  await cache.addAll(assets);
  await cache.put(PAGE, answer);
  for (const request of await cache.keys()) {
    const path = new URL(request.url).pathname;
    if (path !== PAGE && !assets.includes(path)) await cache.delete(request);
  }
}

self.addEventListener("install", (event) => {
  event.waitUntil(keep().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(self.clients.claim());
});

self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (origin !== location.origin || event.request.method !== "GET") return;
  if (pathname === PAGE) {
    // The code is the same with a line and without; a newer one is there at the next start.
    event.respondWith(caches.match(PAGE).then((known) => known ?? fetch(event.request)));
    event.waitUntil(keep().catch(() => undefined));
  } else if (pathname.startsWith("/assets/")) {
    event.respondWith(caches.match(pathname).then((known) => known ?? fetch(event.request)));
  }
});
